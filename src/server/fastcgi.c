#include <errno.h>
#include <fcgiapp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/durable.h"
#include "server/server.h"

enum { KEPT_BYTES = 8 * 1024 * 1024 };

/* A request and its answer, from accept to the last byte. */
struct slot {
    struct durable_item waiting; /* first: while it waits, this is what stands for it */
    FCGX_Request request;
    struct buf out;
    struct slot *next_free;
};

/*
 * A worker works at one request at a time, in one thread; several answers may wait for the disk.
 */
struct worker {
    struct server server;
    struct durable *durable; /* NULL: every request waits for the disk itself */
    pthread_mutex_t failing; /* one server_fail at a time */
    pthread_mutex_t lock;    /* of `free` */
    struct slot *free;
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

static long read_fcgi(void *ctx, char *out, size_t cap)
{
    return FCGX_GetStr(out, (int)(cap > 65536 ? 65536 : cap), ctx);
}

static void stop(int signal_number)
{
    (void)signal_number;
    FCGX_ShutdownPending();
}

/* Without SA_RESTART, so that a waiting accept(2) returns and sees that the end has come. */
static void catch_signals(void)
{
    struct sigaction on_stop = {.sa_handler = stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&on_stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTERM, &on_stop, NULL);
    sigaction(SIGUSR1, &on_stop, NULL);
    sigaction(SIGINT, &on_stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Hold back, or let through again, the signals that end the process: a request that was begun is finished. */
static void hold_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGINT);
    pthread_sigmask(how, &set, NULL);
}

/* ---- Slots ------------------------------------------------------------------------------------------- */

static struct slot *new_slot(void)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (slot != NULL && FCGX_InitRequest(&slot->request, 0, FCGI_FAIL_ACCEPT_ON_INTR) == 0)
        return slot;
    free(slot);
    return NULL;
}

/* A free one, or one more: durable bounds how many there can be. NULL without memory. */
static struct slot *take_slot(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    struct slot *slot = w->free;
    if (slot != NULL)
        w->free = slot->next_free;
    pthread_mutex_unlock(&w->lock);
    return slot != NULL ? slot : new_slot();
}

static void return_slot(struct worker *w, struct slot *slot)
{
    buf_clear(&slot->out);
    pthread_mutex_lock(&w->lock);
    slot->next_free = w->free;
    w->free = slot;
    pthread_mutex_unlock(&w->lock);
}

static void free_slots(struct worker *w)
{
    while (w->free != NULL) {
        struct slot *slot = w->free;
        w->free = slot->next_free;
        buf_free(&slot->out);
        free(slot);
    }
}

/* ---- Answering --------------------------------------------------------------------------------------- */

/*
 * After an answer libfcgi waits for the web server to close the connection, lest something unread makes the
 * kernel reset it and cut the answer off. When the request was read to its end there is nothing unread, and
 * the next request need not wait; FCGX_Detach says so.
 */
static void finish(FCGX_Request *request)
{
    char rest[256];
    if (FCGX_GetStr(rest, sizeof rest, request->in) == 0 && FCGX_GetError(request->in) == 0)
        FCGX_Detach(request);
    FCGX_Finish_r(request);
}

static void send_answer(struct worker *w, struct slot *slot)
{
    if (slot->out.err == ERR_OK)
        FCGX_PutStr((const char *)slot->out.data, (int)slot->out.len, slot->request.out);
    finish(&slot->request);
    return_slot(w, slot);
}

static void send_durable(void *ctx, struct durable_item *item, enum err e)
{
    struct worker *w = ctx;
    struct slot *slot = (struct slot *)item;
    if (e != ERR_OK) {
        buf_clear(&slot->out);
        pthread_mutex_lock(&w->failing);
        server_fail(&w->server, slot->request.envp, e, &slot->out);
        pthread_mutex_unlock(&w->failing);
    }
    send_answer(w, slot);
}

/* Whether another request can be accepted at once. */
static bool is_one_pending(void)
{
    struct pollfd listening = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&listening, 1, 0) > 0;
}

static void answer(struct worker *w, struct slot *slot)
{
    FCGX_Request *request = &slot->request;
    if (server_answer(&w->server, request->envp, read_fcgi, request->in, &slot->out))
        send_durable(w, &slot->waiting, db_flush(w->server.app.db));
    else
        send_answer(w, slot);
}

/* Between two requests: wait for the disk now, unless there is something else to do. */
static void settle(struct worker *w)
{
    if (!durable_is_waiting(w->durable))
        return;
    if (is_one_pending())
        durable_watch(w->durable);
    else
        durable_flush(w->durable);
}

/* Until a signal ends the waiting for requests, or nothing can be accepted any more. */
static void serve(struct worker *w)
{
    struct slot *slot;
    while ((slot = take_slot(w)) != NULL) {
        if (FCGX_Accept_r(&slot->request) != 0) {
            return_slot(w, slot);
            return;
        }
        hold_signals(SIG_BLOCK);
        answer(w, slot);
        settle(w);
        hold_signals(SIG_UNBLOCK);
    }
}

int server_fastcgi(const char *conf_path)
{
    struct worker w = {.failing = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (FCGX_Init() != 0)
        return 1;
    catch_signals();
    /* Pictures are encoded in buffers of a few hundred KiB: keep them, instead of asking the kernel for each.
     */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    server_init(&w.server, conf_path);
    w.server.defers = true;
    serve(&w);
    durable_free(w.durable);
    free_slots(&w);
    server_fini(&w.server);
    return 0;
}
