#include <arpa/inet.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/secure.h"
#include "server/intake.h"
#include "server/pace.h"
#include "server/server.h"

enum { KEPT_BYTES = 8 * 1024 * 1024 };
enum { SECOND_US = 1000 * 1000 };
enum {
    CONNECTIONS_MAX = 256,
    FLOOD_MIN = 64,           /* connections that may have taken much memory */
    WAITING_MAX = 16,         /* answers that wait for the disk at most, */
    WAITING_US = 4000,        /* and about so long, while the worker has other things to do */
    DRAIN_US = 5 * SECOND_US, /* for the rest of a request that was answered without it */
    SEND_S = 5,               /* for a peer that does not read its answer */
    IDLE_US = 3 * SECOND_US,  /* without a request: what was counted is written */
    ENDING_US = 2 * SECOND_US /* for requests that are still coming when the end has come */
};

enum connection_state {
    CLOSED,
    READING,  /* a request is coming, or, on a kept connection, may come */
    WAITING,  /* its answer waits for the disk */
    DRAINING, /* answered before it was there; what still comes is thrown away */
};

struct connection {
    enum connection_state state;
    int fd;
    int64_t deadline_us; /* READING (but not idle), DRAINING */
    struct pace pace;
    struct intake in;
    size_t body_read;
    FCGX_Request request; /* when begun */
    bool begun;           /* the head is there, and with libfcgi */
    bool keeps;           /* DRAINING: another request may follow this one */
    struct buf out;       /* the answer */
};

/*
 * One thread. It works at one request at a time, once that is there; until then its connection is parked
 * beside the listening socket. Answers wait for the disk together: one sync serves all of them.
 */
struct worker {
    struct server server;
    int signal_fd;
    int feed[2];       /* a pipe: from it libfcgi reads the head of a request that has come whole */
    const char *peers; /* addresses that may connect over TCP; NULL: all */
    bool is_ending;
    size_t most;                               /* connections at once, since memory was given back */
    size_t count;                              /* connections that are open; */
    struct connection *all[CONNECTIONS_MAX];   /* behind them closed ones, kept for their memory, and NULL */
    struct pollfd polled[2 + CONNECTIONS_MAX]; /* signals, the listening socket, `all` */
    struct connection *waiting[WAITING_MAX];   /* in the order they came */
    size_t waiting_count;
    int64_t waiting_since_us;
};

/*
 * FCGX_IsCGI() would say the same after starting the library, which a CGI request or a command has no use
 * for: a listening socket has no peer.
 */
bool server_is_fastcgi(void)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    return getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &len) != 0 && errno == ENOTCONN;
}

/* ---- Connections ------------------------------------------------------------------------------------- */

static bool is_idle(const struct connection *c)
{
    return c->state == READING && intake_is_empty(&c->in) && c->deadline_us == INT64_MAX;
}

/* Wait for a request, the connection's first or its next. */
static void expect(struct connection *c)
{
    c->state = READING;
    c->in.body_max = ROUTE_BODY_MAX + 1; /* until the head says more */
    c->begun = false;
    c->body_read = 0;
    c->pace = (struct pace){.start_us = clock_monotonic_us()};
    c->deadline_us = pace_deadline_us(&c->pace);
}

/* A closed one, with memory from before, or a new one. NULL without memory. */
static struct connection *take_connection(struct worker *w)
{
    struct connection *c = w->all[w->count];
    if (c == NULL) {
        c = calloc(1, sizeof *c);
        if (c == NULL)
            return NULL;
        intake_init(&c->in, ROUTE_BODY_MAX + 1);
        w->all[w->count] = c;
    }
    w->count++;
    return c;
}

static void close_connection(struct connection *c)
{
    if (c->begun)
        FCGX_Free(&c->request, 0);
    close(c->fd);
    intake_clear(&c->in);
    buf_clear(&c->out);
    c->begun = false;
    c->state = CLOSED;
}

/* Closed ones go behind those that are open. */
static void sort_out_closed(struct worker *w)
{
    for (size_t i = w->count; i-- > 0;) {
        struct connection *c = w->all[i];
        if (c->state != CLOSED)
            continue;
        w->all[i] = w->all[--w->count];
        w->all[w->count] = c;
    }
}

static void free_connections(struct worker *w)
{
    for (size_t i = 0; i < CONNECTIONS_MAX && w->all[i] != NULL; i++) {
        intake_free(&w->all[i]->in);
        buf_free(&w->all[i]->out);
        free(w->all[i]);
    }
}

/* ---- Sending ----------------------------------------------------------------------------------------- */

static void expect_next(struct worker *w, struct connection *c)
{
    if (w->is_ending) {
        close_connection(c);
        return;
    }
    intake_next(&c->in);
    expect(c);
    if (intake_is_empty(&c->in))
        c->deadline_us = INT64_MAX;
}

/*
 * The request was read to its end: the connection is closed, or waits for the next one if the peer asked for
 * that. Else the rest is let come; the kernel would reset a connection for what is unread, and cut the answer
 * off.
 */
static void after_answer(struct worker *w, struct connection *c, bool keeps)
{
    bool was_read = c->in.state == INTAKE_DONE;
    c->keeps = keeps && c->in.state <= INTAKE_DONE;
    if (was_read && keeps && c->in.raw.len == 0) { /* no web server sends before it has the answer */
        expect_next(w, c);
    } else if (!was_read && (c->keeps || shutdown(c->fd, SHUT_WR) == 0)) {
        c->state = DRAINING;
        c->deadline_us = clock_monotonic_us() + (w->is_ending ? ENDING_US : DRAIN_US);
    } else {
        close_connection(c);
    }
}

static void send_answer(struct worker *w, struct connection *c)
{
    if (c->out.err == ERR_OK)
        FCGX_PutStr((const char *)c->out.data, (int)c->out.len, c->request.out);
    FCGX_FClose(c->request.err);
    bool sent = FCGX_FClose(c->request.out) == 0;
    bool keeps = c->request.keepConnection != 0;
    FCGX_Free(&c->request, 0);
    c->begun = false;
    buf_clear(&c->out);
    if (sent)
        after_answer(w, c, keeps);
    else
        close_connection(c);
}

static void send_failure(struct worker *w, struct connection *c, enum err e)
{
    buf_clear(&c->out);
    server_fail(&w->server, c->request.envp, e, &c->out);
    send_answer(w, c);
}

/* Let go the answers that wait, after one sync for them all. */
static void flush(struct worker *w)
{
    size_t count = w->waiting_count;
    if (count == 0)
        return;
    enum err e = server_flush(&w->server);
    w->waiting_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (e == ERR_OK)
            send_answer(w, w->waiting[i]);
        else
            send_failure(w, w->waiting[i], e);
    }
}

/* Answers are not held up by a request that takes long: a password's hash, a checkpoint. */
static void before_slow(void *ctx)
{
    flush(ctx);
}

static void let_wait(struct worker *w, struct connection *c)
{
    if (w->waiting_count == 0)
        w->waiting_since_us = clock_monotonic_us();
    c->state = WAITING;
    w->waiting[w->waiting_count++] = c;
    if (w->waiting_count == WAITING_MAX)
        flush(w);
}

/* ---- Receiving --------------------------------------------------------------------------------------- */

static long read_body(void *ctx, char *out, size_t cap)
{
    struct connection *c = ctx;
    size_t left = c->in.body.len - c->body_read;
    size_t n = left < cap ? left : cap;
    if (n > 0)
        memcpy(out, c->in.body.data + c->body_read, n);
    c->body_read += n;
    return (long)n;
}

static void answer(struct worker *w, struct connection *c)
{
    if (server_answer(&w->server, c->request.envp, read_body, c, &c->out))
        let_wait(w, c);
    else
        send_answer(w, c);
}

static void close_feed(struct worker *w)
{
    for (int i = 0; i < 2; i++)
        if (w->feed[i] >= 0)
            close(w->feed[i]);
    w->feed[0] = w->feed[1] = -1;
}

/* Where the kernel refuses so large a pipe, only heads up to 64 KiB are served. */
static bool open_feed(struct worker *w)
{
    if (pipe2(w->feed, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    fcntl(w->feed[1], F_SETPIPE_SZ, INTAKE_HEAD_MAX);
    return true;
}

/*
 * Give the head to libfcgi. It reads from the descriptor of a connection that was kept, which the feed stands
 * in for; when it does not like what it reads, it closes that and would accept another, from nowhere.
 */
static bool begin(struct worker *w, struct connection *c)
{
    if (w->feed[0] < 0 && !open_feed(w))
        return false;
    if (write(w->feed[1], c->in.head.data, c->in.head.len) != (ssize_t)c->in.head.len) {
        close_feed(w);
        return false;
    }
    FCGX_InitRequest(&c->request, -1, FCGI_FAIL_ACCEPT_ON_INTR);
    c->request.ipcFd = w->feed[0];
    c->request.keepConnection = 1;
    if (FCGX_Accept_r(&c->request) != 0) {
        w->feed[0] = -1;
        close_feed(w);
        return false;
    }
    c->request.ipcFd = c->fd;
    c->begun = true;
    return true;
}

/* Go as far as what has arrived allows. */
static void progress(struct worker *w, struct connection *c)
{
    enum intake_state has = c->in.state;
    if (has == INTAKE_HEAD)
        return;
    if (has == INTAKE_BAD || (!c->begun && !begin(w, c))) {
        close_connection(c);
        return;
    }
    size_t max = has == INTAKE_BODY ? server_wants_body(&w->server, c->request.envp) : 0;
    if (max == 0)
        answer(w, c);
    else
        c->in.body_max = max + 1;
}

/* The request goes on, or another begins. */
static void take_in(struct worker *w, struct connection *c, const char *data, size_t len)
{
    if (is_idle(c))
        expect(c);
    intake_add(&c->in, data, len);
    c->pace.bytes = intake_size(&c->in);
    if (!w->is_ending)
        c->deadline_us = pace_deadline_us(&c->pace);
    progress(w, c);
}

/* What follows an answer: nobody wants it, but it ends where another request may begin. */
static void take_rest(struct worker *w, struct connection *c, const char *data, size_t len)
{
    if (!c->keeps)
        return;
    intake_add(&c->in, data, len);
    if (c->in.state == INTAKE_DONE)
        expect_next(w, c);
    else if (c->in.state > INTAKE_DONE)
        close_connection(c);
    if (c->state == READING)
        progress(w, c);
}

/* Read what is there, without waiting. */
static void receive(struct worker *w, struct connection *c)
{
    char data[16384];
    ssize_t n = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        close_connection(c);
    else if (c->state == READING)
        take_in(w, c, data, (size_t)n);
    else
        take_rest(w, c, data, (size_t)n);
    if (n > 0)
        secure_wipe(data, (size_t)n);
}

/* Too slow, or in the way of others: answered so if that is possible. */
static void give_up(struct worker *w, struct connection *c)
{
    if (c->state == READING && c->begun)
        send_failure(w, c, ERR_SLOW);
    else
        close_connection(c);
}

/* ---- Accepting --------------------------------------------------------------------------------------- */

/* The one whose loss harms least: with no request on it, else the one that has brought least for its time. */
static struct connection *least_useful(struct worker *w)
{
    struct connection *least = NULL;
    for (size_t i = 0; i < w->count; i++) {
        struct connection *c = w->all[i];
        if (c->state == WAITING)
            continue;
        if (c->state == DRAINING || is_idle(c))
            return c;
        if (least == NULL || c->deadline_us < least->deadline_us)
            least = c;
    }
    return least;
}

static bool make_room(struct worker *w)
{
    struct connection *c = least_useful(w);
    if (c == NULL)
        return false;
    give_up(w, c);
    if (c->state != CLOSED)
        close_connection(c);
    sort_out_closed(w);
    return true;
}

/* FCGI_WEB_SERVER_ADDRS (FastCGI 1.0, section 3.2) names who may connect, where that is TCP. */
static bool is_welcome(const struct worker *w, const struct sockaddr_storage *peer)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
    char text[INET6_ADDRSTRLEN], address[ADDRESS_CAP];
    if (w->peers == NULL || peer->ss_family == AF_UNIX)
        return true;
    const void *bytes =
        peer->ss_family == AF_INET ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr;
    return inet_ntop(peer->ss_family, bytes, text, sizeof text) != NULL &&
           address_canonical(text, strlen(text), address) && address_in_list(address, w->peers);
}

static void set_up(int fd, const struct sockaddr_storage *peer)
{
    const struct timeval patience = {.tv_sec = SEND_S};
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (peer->ss_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* What accept(2) says when the listening socket is none any more. */
static bool is_final(int error)
{
    return error == EBADF || error == EINVAL || error == ENOTSOCK || error == EOPNOTSUPP;
}

static void accept_one(struct worker *w)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof peer;
    if (w->count == CONNECTIONS_MAX && !make_room(w))
        return;
    int fd = accept4(STDIN_FILENO, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
    if (fd < 0) {
        w->is_ending = w->is_ending || is_final(errno);
        bool is_short = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (is_short && !make_room(w))
            poll(NULL, 0, 10);
        return;
    }
    struct connection *c = is_welcome(w, &peer) ? take_connection(w) : NULL;
    if (c == NULL) {
        close(fd);
        return;
    }
    set_up(fd, &peer);
    c->fd = fd;
    expect(c);
    receive(w, c);
}

/* ---- The loop ---------------------------------------------------------------------------------------- */

static void end(struct worker *w)
{
    int64_t last_us = clock_monotonic_us() + ENDING_US;
    w->is_ending = true;
    for (size_t i = 0; i < w->count; i++) {
        struct connection *c = w->all[i];
        if (is_idle(c))
            close_connection(c);
        else if (c->state != WAITING && c->deadline_us > last_us)
            c->deadline_us = last_us;
    }
}

/* Signals are held back and read here, so that none comes between two steps of a request. */
static void take_signal(struct worker *w)
{
    struct signalfd_siginfo signal;
    if (read(w->signal_fd, &signal, sizeof signal) != (ssize_t)sizeof signal)
        return;
    if (signal.ssi_signo == SIGHUP) {
        flush(w);
        server_settle(&w->server);
        server_reload(&w->server);
    } else {
        end(w);
    }
}

static bool open_signals(struct worker *w)
{
    const sigset_t set = server_hold_signals(NULL);
    w->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return w->signal_fd >= 0;
}

/* Milliseconds until something is too late, or is to be written for want of anything else to do; -1: nothing can be. */
static int patience_ms(const struct worker *w)
{
    int64_t now_us = clock_monotonic_us();
    int64_t first_us = server_has_unsettled(&w->server) ? now_us + IDLE_US : INT64_MAX;
    for (size_t i = 0; i < w->count; i++)
        if (w->all[i]->state != WAITING && w->all[i]->deadline_us < first_us)
            first_us = w->all[i]->deadline_us;
    if (first_us == INT64_MAX)
        return -1;
    int64_t left_us = first_us - now_us;
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

static int wait_for_events(struct worker *w, int timeout_ms)
{
    w->polled[0] = (struct pollfd){.fd = w->signal_fd, .events = POLLIN};
    w->polled[1] = (struct pollfd){.fd = w->is_ending ? -1 : STDIN_FILENO, .events = POLLIN};
    for (size_t i = 0; i < w->count; i++) {
        const struct connection *c = w->all[i];
        w->polled[2 + i] = (struct pollfd){.fd = c->state == WAITING ? -1 : c->fd, .events = POLLIN};
    }
    return poll(w->polled, 2 + w->count, timeout_ms);
}

static void handle_events(struct worker *w)
{
    if (w->polled[0].revents != 0)
        take_signal(w);
    for (size_t i = w->count; i-- > 0;)
        if (w->polled[2 + i].revents != 0 && w->all[i]->state != CLOSED)
            receive(w, w->all[i]);
    sort_out_closed(w);
    if (w->polled[1].revents != 0 && !w->is_ending)
        accept_one(w);
}

static void end_the_slow(struct worker *w)
{
    int64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < w->count; i++) {
        struct connection *c = w->all[i];
        if ((c->state == READING || c->state == DRAINING) && c->deadline_us <= now_us)
            give_up(w, c);
    }
}

/* Hosts count it for good: what a flood took goes back to the system when it is over. */
static void give_back_memory(struct worker *w)
{
    w->most = w->count > w->most ? w->count : w->most;
    if (w->most < FLOOD_MIN || w->count > w->most / 4)
        return;
    malloc_trim(KEPT_BYTES);
    w->most = 0;
}

/* Until a signal has come and what had begun is done. */
static void serve(struct worker *w)
{
    while (!w->is_ending || w->count > 0) {
        bool waits = w->waiting_count > 0;
        int found = wait_for_events(w, waits ? 0 : patience_ms(w));
        if (found > 0)
            handle_events(w);
        if (found == 0 || clock_monotonic_us() - w->waiting_since_us >= WAITING_US)
            flush(w);
        if (found == 0 && !waits)
            server_settle(&w->server);
        end_the_slow(w);
        sort_out_closed(w);
        give_back_memory(w);
        if (w->waiting_count == 0)
            server_rest(&w->server);
    }
}

static bool open_worker(struct worker *w, const char *conf_path)
{
    if (FCGX_Init() != 0 || !open_signals(w))
        return false;
    /* Several workers may wait at the socket: who comes too late must not wait there for the next one. */
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    /* Pictures are encoded in buffers of a few hundred KiB: keep them, instead of asking the kernel for each.
     */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    w->feed[0] = w->feed[1] = -1;
    w->peers = getenv("FCGI_WEB_SERVER_ADDRS");
    server_init(&w->server, conf_path);
    w->server.defers = true;
    w->server.mailer.keeps_stderr = true;
    w->server.app.before_slow = before_slow;
    w->server.app.slow_ctx = w;
    return true;
}

int server_fastcgi(const char *conf_path)
{
    struct worker *w = calloc(1, sizeof *w);
    if (w == NULL || !open_worker(w, conf_path)) {
        free(w);
        return 1;
    }
    serve(w);
    server_settle(&w->server);
    free_connections(w);
    close_feed(w);
    close(w->signal_fd);
    server_fini(&w->server);
    free(w);
    return 0;
}
