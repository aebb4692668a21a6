#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/codec.h"
#include "server/server.h"

/* Who sends more than this beyond what was asked for is not answered politely. */
enum { DRAIN_MAX = 2 * 1024 * 1024 };

struct input {
    int64_t taken; /* bytes read so far */
};

static long read_stdin(void *ctx, char *out, size_t cap)
{
    struct input *in = ctx;
    ssize_t n;
    do
        n = read(STDIN_FILENO, out, cap);
    while (n < 0 && errno == EINTR);
    in->taken += n > 0 ? n : 0;
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
    for (long n = 1; n > 0 && in->taken < left;)
        n = read_stdin(in, rest,
                       left - in->taken < (int64_t)sizeof rest ? (size_t)(left - in->taken) : sizeof rest);
}

static bool write_all(const unsigned char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

int server_cgi(const char *conf_path)
{
    struct server s;
    struct input in = {0};
    struct buf out;
    buf_init(&out);
    server_init(&s, conf_path);
    server_answer(&s, environ, read_stdin, &in, &out);
    drain(&in);
    bool sent = out.err == ERR_OK && write_all(out.data, out.len);
    buf_free(&out);
    server_fini(&s);
    return sent ? 0 : 1;
}
