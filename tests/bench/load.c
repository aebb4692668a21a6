/*
 * Load on a web server of this machine: connections that are kept open, each with one request at a time on
 * its way.
 *
 *   load PORT CONNECTIONS MILLISECONDS REQUEST [FIELD VALUES]
 *
 * PORT         on 127.0.0.1; no other address is ever asked.
 * CONNECTIONS  1 to 64.
 * MILLISECONDS 1 to 60000; requests on their way at the end are waited for and counted.
 * REQUEST      file with the request as it is sent, without Content-Length, which is added where there is a
 * body or the method is POST. FIELD        of the JSON answer, a text: its value takes the place of @VALUE@
 * in the connection's next request. So each connection walks a chain, such as one of refresh tokens. Or "-":
 * the lines of VALUES take that place one after the other, and with the last of them it ends. VALUES
 * file with the first value of each connection, or with all of them, one in a line.
 *
 * Prints one line of JSON: {"requests":N,"seconds":S,"body_bytes":B,"p50_us":…,"p99_us":…,"p999_us":…,
 * "max_us":…}, B being the mean size of an answer's body; the times are those from sending a request until
 * its answer is complete. Exit code 0 if every answer was a 200; 1, with the first other answer on standard
 * error, if not; 2 for misuse.
 *
 * Depends on the C library alone. One thread: it shares the machine with what it measures and is to cost
 * little.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 64,
    MILLISECONDS_MAX = 60000,
    REQUEST_CAP = 16384,
    ANSWER_CAP = 131072,
    VALUE_CAP = 4096,
    PATIENCE_MS = 10000, /* longer than any answer takes */
    TIMES_MAX = 4000000
};

#define PLACE "@VALUE@"

/* What to send, in pieces. */
struct plan {
    int port;
    const char *field;      /* NULL: the same request for ever, or values from the file */
    FILE *values;           /* NULL: none, or only the first ones */
    char text[REQUEST_CAP]; /* NUL-terminated */
    const char *body;       /* within text */
    size_t head_len;        /* without the empty line */
    bool has_length;        /* Content-Length is to be sent */
};

struct connection {
    int fd;
    char value[VALUE_CAP];
    char answer[ANSWER_CAP + 1]; /* NUL-terminated while it is read */
    size_t answer_len;
    double sent_s;
};

struct tally {
    unsigned long requests, body_bytes;
    unsigned time_us[TIMES_MAX]; /* of the first requests */
};

static void fail(const char *what)
{
    fprintf(stderr, "load: %s%s%s\n", what, errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    exit(1);
}

/* A whole number from 1 to `max`; 0 if it is not one. */
static int number(const char *text, int max)
{
    char *end = NULL;
    errno = 0;
    long n = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && n >= 1 && n <= max ? (int)n : 0;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void plan_read(struct plan *p, const char *path)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        fail(path);
    p->text[fread(p->text, 1, sizeof p->text - 1, f)] = '\0';
    fclose(f);
    char *end = strstr(p->text, "\r\n\r\n");
    if (end == NULL) {
        errno = 0;
        fail("the request has no empty line after its head");
    }
    p->head_len = (size_t)(end - p->text);
    p->body = end + 4;
    p->has_length = p->body[0] != '\0' || strncmp(p->text, "POST ", 5) == 0;
}

/* The next line; false at the end. */
static bool value_read(FILE *f, struct connection *c)
{
    if (fgets(c->value, VALUE_CAP, f) == NULL)
        return false;
    c->value[strcspn(c->value, "\n")] = '\0';
    return true;
}

/* A first value for each connection; the file stays open for the others, if it holds all of them. */
static void values_read(struct plan *p, const char *path, struct connection *connections, int count)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        fail(path);
    for (int i = 0; i < count; i++) {
        errno = 0;
        if (!value_read(f, &connections[i]))
            fail("fewer values than connections");
    }
    if (p->field != NULL)
        fclose(f);
    else
        p->values = f;
}

static void open_connection(const struct plan *p, struct connection *c, int poller)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)p->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail("connecting");
}

static void send_request(const struct plan *p, struct connection *c)
{
    char out[REQUEST_CAP + VALUE_CAP + 64];
    const char *place = p->field != NULL || p->values != NULL ? strstr(p->body, PLACE) : NULL;
    int before = place != NULL ? (int)(place - p->body) : (int)strlen(p->body);
    const char *value = place != NULL ? c->value : "", *after = place != NULL ? place + strlen(PLACE) : "";
    size_t body_len = (size_t)before + strlen(value) + strlen(after);
    char length[48] = "";
    if (p->has_length)
        snprintf(length, sizeof length, "\r\nContent-Length: %zu", body_len);
    int len = snprintf(out, sizeof out, "%.*s%s\r\n\r\n%.*s%s%s", (int)p->head_len, p->text, length, before,
                       p->body, value, after);
    c->sent_s = now_s();
    if (send(c->fd, out, (size_t)len, MSG_NOSIGNAL) != len)
        fail("sending");
    c->answer_len = 0;
}

/* The text of `field` in the answer's JSON, for the next request. */
static void take_value(const struct plan *p, struct connection *c, const char *body)
{
    char mark[64];
    int mark_len = snprintf(mark, sizeof mark, "\"%s\":\"", p->field);
    const char *start = strstr(body, mark);
    size_t len = start != NULL ? strcspn(start + mark_len, "\"") : 0;
    if (len == 0 || len >= VALUE_CAP) {
        errno = 0;
        fail("an answer without the field that the next request needs");
    }
    memcpy(c->value, start + mark_len, len);
    c->value[len] = '\0';
}

/* The body of the answer if it is here to its end, with its length; else NULL. */
static const char *complete_body(const struct connection *c, size_t *len_out)
{
    const char *end = strstr(c->answer, "\r\n\r\n");
    if (end == NULL)
        return NULL;
    const char *length = strcasestr(c->answer, "\r\nContent-Length:");
    errno = 0;
    if (length == NULL || length > end)
        fail("an answer without Content-Length");
    *len_out = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
    size_t head_len = (size_t)(end + 4 - c->answer);
    if (head_len + *len_out > ANSWER_CAP)
        fail("an answer that is too long");
    return c->answer_len >= head_len + *len_out ? end + 4 : NULL;
}

static bool closes(const struct connection *c, const char *body)
{
    const char *said = strcasestr(c->answer, "\r\nConnection: close");
    return said != NULL && said < body;
}

/* Read what has come. True once the answer is complete; the connection can be used again. */
static bool receive(const struct plan *p, struct connection *c, int poller, struct tally *t)
{
    ssize_t n = recv(c->fd, c->answer + c->answer_len, ANSWER_CAP - c->answer_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0)
        fail("the server closed a connection");
    c->answer_len += (size_t)n;
    c->answer[c->answer_len] = '\0';
    size_t len = 0;
    const char *body = complete_body(c, &len);
    if (body == NULL)
        return false;
    if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0) {
        fprintf(stderr, "load: after %lu requests:\n%s\n", t->requests, c->answer);
        exit(1);
    }
    if (t->requests < TIMES_MAX)
        t->time_us[t->requests] = (unsigned)((now_s() - c->sent_s) * 1e6);
    t->requests++;
    t->body_bytes += len;
    if (p->field != NULL)
        take_value(p, c, body);
    if (closes(c, body)) {
        close(c->fd);
        open_connection(p, c, poller);
    }
    return true;
}

static void run(const struct plan *p, struct connection *connections, int count, double seconds,
                struct tally *t)
{
    int poller = epoll_create1(EPOLL_CLOEXEC), on_their_way = count;
    if (poller < 0)
        fail("epoll");
    for (int i = 0; i < count; i++)
        open_connection(p, &connections[i], poller);
    double end = now_s() + seconds;
    for (int i = 0; i < count; i++)
        send_request(p, &connections[i]);
    while (on_their_way > 0) {
        struct epoll_event events[CONNECTIONS_MAX];
        errno = 0;
        int ready = epoll_wait(poller, events, CONNECTIONS_MAX, PATIENCE_MS);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            fail("no answer in ten seconds");
        bool over = now_s() >= end;
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!receive(p, c, poller, t))
                continue;
            if (over || (p->values != NULL && !value_read(p->values, c)))
                on_their_way--;
            else
                send_request(p, c);
        }
    }
    close(poller);
}

static int compare_times(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

static void print_tally(struct tally *t, double seconds)
{
    size_t n = t->requests < TIMES_MAX ? t->requests : TIMES_MAX;
    qsort(t->time_us, n, sizeof t->time_us[0], compare_times);
    printf("{\"requests\":%lu,\"seconds\":%.4f,\"body_bytes\":%.1f,\"p50_us\":%u,\"p99_us\":%u,"
           "\"p999_us\":%u,\"max_us\":%u}\n",
           t->requests, seconds, (double)t->body_bytes / (double)t->requests, t->time_us[n / 2],
           t->time_us[n * 99 / 100], t->time_us[n * 999 / 1000], t->time_us[n - 1]);
}

int main(int argc, char **argv)
{
    static struct connection connections[CONNECTIONS_MAX];
    static struct plan plan;
    static struct tally tally;
    bool complete = argc == 5 || argc == 7;
    int count = complete ? number(argv[2], CONNECTIONS_MAX) : 0;
    int milliseconds = complete ? number(argv[3], MILLISECONDS_MAX) : 0;
    plan.port = complete ? number(argv[1], 65535) : 0;
    if (count == 0 || milliseconds == 0 || plan.port == 0) {
        fprintf(stderr, "usage: load PORT CONNECTIONS MILLISECONDS REQUEST [FIELD VALUES]\n");
        return 2;
    }
    plan_read(&plan, argv[4]);
    if (argc == 7) {
        plan.field = strcmp(argv[5], "-") != 0 ? argv[5] : NULL;
        values_read(&plan, argv[6], connections, count);
    }
    double start = now_s();
    run(&plan, connections, count, milliseconds / 1e3, &tally);
    print_tally(&tally, now_s() - start);
    return 0;
}
