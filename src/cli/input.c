#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/encoding.h"

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

/* --encoding, else what the file's byte order mark says, else UTF-8. *sure_out: nobody has to guess. */
static enum cli_status take_encoding(const struct cli *cli, const struct buf *file, enum encoding *out,
                                     bool *sure_out)
{
    const char *name = cli_value(cli, "encoding");
    *out = ENCODING_UTF8;
    *sure_out = name != NULL || encoding_of_mark(file->data, file->len, out);
    if (name != NULL && !encoding_find(name, out))
        return cli_misuse(cli, "--encoding %s: expected utf-8, gbk, gb18030, big5, utf-16le or utf-16be",
                          name);
    return CLI_DONE;
}

#define ENCODING_ADVICE                                                                                      \
    "give --encoding gbk (simplified Chinese) or --encoding big5 (traditional), or save it as \"CSV UTF-8\""

/* Replace the file's content by the same in UTF-8. */
static enum cli_status to_utf8(const struct cli *cli, struct buf *file)
{
    const char *path = cli->operand[0];
    enum encoding from;
    struct buf text;
    size_t line = 0;
    bool sure = false;
    enum cli_status status = take_encoding(cli, file, &from, &sure);
    if (status != CLI_DONE)
        return status;
    buf_init(&text);
    enum err e = encoding_to_utf8(from, file->data, file->len, &text, &line);
    if (e == ERR_BAD_REQUEST && sure)
        status = cli_fail(cli, "%s:%zu: a character that is not of the encoding", path, line);
    else if (e == ERR_BAD_REQUEST)
        status = cli_fail(cli, "%s:%zu: not UTF-8; if Excel wrote it, " ENCODING_ADVICE, path, line);
    else if (e == ERR_OK && !sure && encoding_is_doubtful(file->data, file->len))
        status = cli_fail(cli,
                          "%s: UTF-8 by accident only, it seems: its names would be garbled; " ENCODING_ADVICE
                          "; if it is UTF-8 all the same, --encoding utf-8",
                          path);
    else
        status = cli_result(cli, e);
    buf_free(file);
    *file = text;
    return status;
}

enum cli_status input_read(const struct cli *cli, struct buf *out)
{
    enum cli_status status = read_file(cli, out);
    return status == CLI_DONE ? to_utf8(cli, out) : status;
}
