#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "admin/import.h"

#define FILE_CAP ((size_t)256 * 1024 * 1024)

/* The whole of FILE, or of standard input; a secret. CLI_FAILED after saying why. */
static enum cli_status read_file(const struct cli *cli, struct buf *out)
{
    const char *path = cli->operand[0];
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = -1;
    if (fd < 0)
        return cli_fail(cli, "%s: %s", path, strerror(errno));
    do {
        unsigned char *at = out->len <= FILE_CAP ? buf_reserve(out, 1024 * 1024) : NULL;
        n = at != NULL ? read(fd, at, 1024 * 1024) : -1;
        if (n > 0)
            out->len += (size_t)n;
    } while (n > 0 || (n < 0 && errno == EINTR && out->err == ERR_OK && out->len <= FILE_CAP));
    int error = errno;
    if (fd != STDIN_FILENO)
        close(fd);
    if (out->len > FILE_CAP)
        return cli_fail(cli, "%s: larger than %zu MiB; split it", path, FILE_CAP >> 20);
    if (n < 0)
        return cli_fail(cli, "%s: %s", path, out->err == ERR_OK ? strerror(error) : "out of memory");
    return CLI_DONE;
}

/* Replace the file's content by the same in UTF-8. */
static enum cli_status decode(const struct cli *cli, struct buf *file)
{
    const char *path = cli->operand[0], *name = cli_value(cli, "encoding");
    enum encoding given;
    struct buf why;
    size_t line = 0;
    if (name != NULL && !encoding_find(name, &given))
        return cli_misuse(cli, "--encoding %s: expected utf-8, gbk, gb18030, big5, utf-16le or utf-16be",
                          name);
    buf_init(&why);
    enum err e = import_decode(name != NULL ? &given : NULL, file, &line, &why);
    enum cli_status status = e != ERR_BAD_REQUEST ? cli_result(cli, e)
                             : line > 0           ? cli_fail(cli, "%s:%zu: %s", path, line, buf_str(&why))
                                                  : cli_fail(cli, "%s: %s", path, buf_str(&why));
    buf_free(&why);
    return status;
}

enum cli_status input_read(const struct cli *cli, struct buf *out)
{
    enum cli_status status = read_file(cli, out);
    return status == CLI_DONE ? decode(cli, out) : status;
}
