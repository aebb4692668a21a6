#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/io.h"
#include "server/pace.h"
#include "server/server.h"

/* Who sends more than this beyond what was asked for is not answered politely. */
enum { DRAIN_MAX = 2 * 1024 * 1024 };

struct input {
    struct pace pace;
    sigset_t usual; /* the signals that were held back before this program did */
};

/* Wait until something can be read. While this waits, and only then, a signal may end the process. */
static bool wait_for_input(struct input *in)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int ready;
    do {
        int64_t left_us = pace_deadline_us(&in->pace) - clock_monotonic_us();
        struct timespec left = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
        ready = left_us > 0 ? ppoll(&input, 1, &left, &in->usual) : 0;
    } while (ready < 0 && errno == EINTR);
    return ready != 0;
}

static long read_stdin(void *ctx, char *out, size_t cap)
{
    struct input *in = ctx;
    ssize_t n;
    if (!wait_for_input(in))
        return REQUEST_READ_SLOW;
    do
        n = read(STDIN_FILENO, out, cap);
    while (n < 0 && errno == EINTR);
    in->pace.bytes += n > 0 ? n : 0;
    return (long)n;
}

/* The bytes that the server has for this program (RFC 3875 §4.2: not one more may be read, it could block).
 */
static int64_t promised(void)
{
    const char *length = getenv("CONTENT_LENGTH");
    int64_t n = 0;
    if (length != NULL && length[0] != '\0')
        return codec_parse_int(length, 0, INT64_MAX, &n) ? n : 0;
    return getenv("HTTP_TRANSFER_ENCODING") != NULL ? DRAIN_MAX : 0;
}

/* Apache's mod_cgid cuts the answer off when the program ends with input unread. */
static void drain(struct input *in)
{
    char rest[4096];
    int64_t left = promised() < DRAIN_MAX ? promised() : DRAIN_MAX;
    for (long n = 1; n > 0 && in->pace.bytes < left;) {
        int64_t more = left - in->pace.bytes;
        n = read_stdin(in, rest, more < (int64_t)sizeof rest ? (size_t)more : sizeof rest);
    }
}

/*
 * The variables as they are now, in an array of their own: setenv(3), which setting the time zone calls, may
 * move or free the one that environ points to. NULL without memory.
 */
static char **keep_environment(void)
{
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **env = calloc(count + 1, sizeof *env);
    for (size_t i = 0; env != NULL && i < count; i++)
        env[i] = environ[i];
    return env;
}

int server_cgi(const char *conf_path)
{
    struct server s;
    struct input in = {.pace = {.start_us = clock_monotonic_us()}};
    struct buf out;
    char **env = keep_environment();
    if (env == NULL)
        return 1;
    server_hold_signals(&in.usual);
    buf_init(&out);
    server_init(&s, conf_path);
    server_answer(&s, env, read_stdin, &in, &out);
    bool sent = out.err == ERR_OK && io_write_all(STDOUT_FILENO, out.data, out.len);
    drain(&in);
    buf_free(&out);
    server_rest(&s);
    server_fini(&s);
    free(env);
    return sent ? 0 : 1;
}
