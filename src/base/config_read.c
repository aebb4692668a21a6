#include "base/config_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1024 * 1024 };

static const char blanks[] = " \t\f\v";

struct reader {
    const char *section; /* the last one's name, "" before the first */
    char *line_start;
    int line;
    config_take *take;
    void *ctx;
    struct buf *why; /* without the place */
    struct config_place wrong;
};

/* Where `at` stands in the line; the bytes that continue a character are not counted. */
static struct config_place place_of(const struct reader *r, const char *at)
{
    struct config_place place = {.line = r->line, .column = 1};
    for (const char *p = r->line_start; p < at; p++)
        place.column += ((unsigned char)*p & 0xC0) != 0x80;
    return place;
}

static enum err wrong(struct reader *r, const char *at, const char *what)
{
    r->wrong = place_of(r, at);
    buf_add_str(r->why, what);
    return ERR_CONFIG;
}

/* Ends the text [start, end) before its last blanks. */
static void cut(char *start, char *end)
{
    while (end > start && strchr(blanks, end[-1]) != NULL)
        end--;
    *end = '\0';
}

static enum err give(struct reader *r, const struct config_line *line)
{
    r->wrong = line->at;
    return r->take(r->ctx, line, &r->wrong, r->why);
}

/* `p` is the opening bracket. */
static enum err read_section(struct reader *r, char *p)
{
    char *end = strchr(p, ']');
    if (end == NULL)
        return wrong(r, p, "expected [section] in one line: the ] is missing");
    char *rest = end + 1 + strspn(end + 1, blanks);
    if (*rest != '\0' && *rest != ';' && *rest != '#')
        return wrong(r, rest,
                     "nothing may follow a [section] in its line: settings go into lines of their own");
    *end = '\0';
    r->section = p + 1;
    return give(r, &(struct config_line){.section = r->section, .at = place_of(r, p + 1)});
}

static enum err read_setting(struct reader *r, char *key)
{
    char *sign = strpbrk(key, "=:");
    if (sign == NULL || sign == key)
        return wrong(r, key, "expected [section], key = value, or a comment starting with ; or #");
    if (r->section[0] == '\0')
        return wrong(r, key, "a setting before the first [section]");
    char *value = sign + 1 + strspn(sign + 1, blanks);
    struct config_line line = {.section = r->section,
                               .key = key,
                               .value = value,
                               .at = place_of(r, key),
                               .value_at = place_of(r, value)};
    cut(key, sign);
    cut(value, value + strlen(value));
    return give(r, &line);
}

/* One line, NUL-terminated. */
static enum err read_line(struct reader *r)
{
    char *p = r->line_start + strspn(r->line_start, blanks);
    if (*p == '\0' || *p == ';' || *p == '#')
        return ERR_OK;
    return *p == '[' ? read_section(r, p) : read_setting(r, p);
}

/* All lines of `text`, which is NUL-terminated after `len` bytes. */
static enum err read_lines(struct reader *r, char *text, size_t len)
{
    enum err e = ERR_OK;
    for (char *p = text, *end = text + len; e == ERR_OK && p <= end;) {
        char *stop = p + strcspn(p, "\r\n");
        r->line_start = p;
        r->line++;
        if (*stop == '\0' && stop < end)
            return wrong(r, stop, "a NUL byte: this is no text file");
        p = stop + (stop[0] == '\r' && stop < end && stop[1] == '\n' ? 2 : 1);
        *stop = '\0';
        e = read_line(r);
    }
    return e;
}

static bool is_utf16(const unsigned char *text, size_t len)
{
    return len >= 2 && ((text[0] == 0xFF && text[1] == 0xFE) || (text[0] == 0xFE && text[1] == 0xFF) ||
                        text[0] == 0 || text[1] == 0);
}

static enum err load(int fd, struct buf *text)
{
    while (text->len <= FILE_MAX) {
        unsigned char *room = buf_reserve(text, 4096);
        if (room == NULL)
            return text->err;
        ssize_t n = read(fd, room, 4096);
        if (n == 0)
            return ERR_OK;
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        text->len += n > 0 ? (size_t)n : 0;
    }
    return ERR_TOO_LARGE;
}

static void explain_unreadable(const char *path, struct buf *why)
{
    struct stat st;
    int reason = errno;
    buf_addf(why, "%s: %s", path, strerror(reason));
    if (reason == EACCES && stat(path, &st) == 0)
        buf_addf(why, "; it belongs to user %u, mode %03o: make it readable for user %u, who this is",
                 (unsigned)st.st_uid, (unsigned)st.st_mode & 0777, (unsigned)geteuid());
}

/* The whole file. `why` receives "FILE: …". */
static enum err load_file(const char *path, struct buf *text, struct buf *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum err e = fd >= 0 ? load(fd, text) : ERR_IO;
    if (e == ERR_IO)
        explain_unreadable(path, why);
    else if (e == ERR_TOO_LARGE)
        buf_addf(why, "%s: larger than a configuration can be (%d KiB)", path, FILE_MAX / 1024);
    else if (e == ERR_OK && is_utf16(text->data, text->len))
        buf_addf(why, "%s: this is UTF-16, as some editors of Windows save text: save it as UTF-8", path);
    if (fd >= 0)
        close(fd);
    return e == ERR_OK && why->len > 0 ? ERR_CONFIG : e == ERR_TOO_LARGE ? ERR_CONFIG : e;
}

enum err config_read(const char *path, config_take *take, void *ctx, struct buf *why)
{
    struct buf text, said;
    struct reader r = {.section = "", .take = take, .ctx = ctx, .why = &said};
    buf_init(&text);
    buf_init(&said);
    enum err e = load_file(path, &text, why);
    if (e == ERR_OK)
        buf_add_char(&text, '\0'); /* an empty file, too, ends with one */
    if (e == ERR_OK)
        e = text.err;
    if (e == ERR_OK) {
        size_t mark = text.len > 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        e = read_lines(&r, (char *)text.data + mark, text.len - 1 - mark);
        if (e != ERR_OK)
            buf_addf(why, "%s:%d:%d: %s", path, r.wrong.line, r.wrong.column, buf_str(&said));
    }
    buf_free(&said);
    buf_free(&text);
    return e;
}
