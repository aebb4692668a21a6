#include <errno.h>
#include <unistd.h>

#include "server/server.h"

static long read_stdin(void *ctx, char *out, size_t cap)
{
    ssize_t n;
    (void)ctx;
    do
        n = read(STDIN_FILENO, out, cap);
    while (n < 0 && errno == EINTR);
    return (long)n;
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
    struct buf out;
    buf_init(&out);
    server_init(&s, conf_path);
    server_answer(&s, environ, read_stdin, NULL, &out);
    bool sent = out.err == ERR_OK && write_all(out.data, out.len);
    buf_free(&out);
    server_fini(&s);
    return sent ? 0 : 1;
}
