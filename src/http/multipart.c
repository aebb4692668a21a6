#include "http/multipart.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/codec.h"

/* RFC 2045 §5.1: what a parameter's value may hold without quotes. */
#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`{|}~"
/* RFC 2046 §5.1.1. */
#define BOUNDARY "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=? "

/* ---- Header values ---- */

/* One parameter of a header such as `form-data; name="x"`. */
struct parameter {
    const char *name, *value; /* not NUL-terminated; the value without its quotes */
    size_t name_len, value_len;
};

static bool is_named(const struct parameter *p, const char *name)
{
    return p->name_len == strlen(name) && strncasecmp(p->name, name, p->name_len) == 0;
}

/* Read `; name=value` at *at and move behind it. False if it is none. Escapes are refused: browsers write %22 for
 * a quote, and others disagree about what a backslash means. */
static bool next_parameter(const char **at, struct parameter *out)
{
    const char *s = *at + strspn(*at, " \t");
    if (*s != ';')
        return false;
    s += 1 + strspn(s + 1, " \t");
    out->name = s;
    out->name_len = strspn(s, TOKEN);
    s += out->name_len;
    if (out->name_len == 0 || *s != '=')
        return false;
    bool quoted = *++s == '"';
    out->value = s + quoted;
    out->value_len = quoted ? strcspn(out->value, "\"\\") : strspn(s, TOKEN);
    s = out->value + out->value_len;
    if (quoted ? *s != '"' : out->value_len == 0)
        return false;
    *at = s + quoted;
    return true;
}

/* Whether a header's value is `kind` and perhaps parameters; *at moves behind the kind. */
static bool is_kind(const char **at, const char *kind)
{
    size_t len = strlen(kind);
    if (strncasecmp(*at, kind, len) != 0 || strchr("; \t", (*at)[len]) == NULL)
        return false;
    *at += len;
    return true;
}

static bool is_at_end(const char *at)
{
    return at[strspn(at, " \t")] == '\0';
}

/* ---- One part's headers ---- */

struct part {
    struct parameter name;     /* name.name NULL: none so far */
    struct parameter filename; /* of a file; value NULL: it was not said */
    bool is_file;
};

static bool read_disposition(const char *value, struct part *part)
{
    struct parameter p;
    if (part->name.name != NULL || !is_kind(&value, "form-data"))
        return false;
    while (!is_at_end(value)) {
        if (!next_parameter(&value, &p))
            return false;
        if (is_named(&p, "filename"))
            part->filename = p;
        if (is_named(&p, "filename") || is_named(&p, "filename*"))
            part->is_file = true;
        else if (!is_named(&p, "name") || part->name.name != NULL)
            return false;
        else
            part->name = p;
    }
    return part->name.name != NULL;
}

static bool is_text(const char *value)
{
    struct parameter p;
    if (!is_kind(&value, "text/plain"))
        return false;
    while (!is_at_end(value)) {
        if (!next_parameter(&value, &p))
            return false;
        bool utf8 = (p.value_len == 5 && strncasecmp(p.value, "utf-8", 5) == 0) ||
                    (p.value_len == 8 && strncasecmp(p.value, "us-ascii", 8) == 0);
        if (is_named(&p, "charset") && !utf8)
            return false;
    }
    return true;
}

/* RFC 2045 §6.2: these say that nothing is encoded. */
static bool is_unencoded(const char *value)
{
    return strcasecmp(value, "7bit") == 0 || strcasecmp(value, "8bit") == 0 ||
           strcasecmp(value, "binary") == 0;
}

/* Read one line "Name: value", without its end. A file may be of any type: it is refused by its name. */
static bool read_line(const char *line, struct part *part)
{
    const char *value = line + strspn(line, TOKEN);
    size_t name_len = (size_t)(value - line);
    if (name_len == 0 || *value != ':')
        return false;
    value += 1 + strspn(value + 1, " \t");
    if (name_len == 19 && strncasecmp(line, "Content-Disposition", 19) == 0)
        return read_disposition(value, part);
    if (name_len == 12 && strncasecmp(line, "Content-Type", 12) == 0)
        return part->is_file || is_text(value);
    if (name_len == 25 && strncasecmp(line, "Content-Transfer-Encoding", 25) == 0)
        return part->is_file || is_unencoded(value);
    return true;
}

static bool is_printable(const char *from, const char *end)
{
    for (; from < end; from++)
        if (((unsigned char)*from < 0x20 && *from != '\t') || *from == 0x7F)
            return false;
    return true;
}

/* Read the headers at m->at and move behind the empty line that ends them. */
static bool read_part(struct multipart *m, struct part *part)
{
    for (int lines = 0;; lines++) {
        char *line = m->at;
        char *end = memmem(line, (size_t)(m->end - line), "\r\n", 2);
        if (end == NULL || end - line > MULTIPART_LINE_MAX || lines > MULTIPART_LINES_MAX)
            return false;
        m->at = end + 2;
        if (end == line)
            return part->name.name != NULL;
        *end = '\0';
        if (!is_printable(line, end) || !read_line(line, part))
            return false;
    }
}

/* ---- Parts ---- */

/* Move behind what follows a delimiter, at `s`: the end of its line and another part, or nothing at all. */
static bool pass_delimiter(struct multipart *m, char *s)
{
    size_t left = (size_t)(m->end - s);
    if (left >= 2 && memcmp(s, "\r\n", 2) == 0) {
        m->at = s + 2;
        return true;
    }
    m->at = NULL;
    return (left == 2 && memcmp(s, "--", 2) == 0) || (left == 4 && memcmp(s, "--\r\n", 4) == 0);
}

static bool find_boundary(const char *content_type, struct parameter *out)
{
    struct parameter p;
    bool found = false;
    if (!is_kind(&content_type, "multipart/form-data"))
        return false;
    while (!is_at_end(content_type)) {
        if (!next_parameter(&content_type, &p))
            return false;
        if (is_named(&p, "boundary")) {
            if (found)
                return false;
            found = true;
            *out = p;
        }
    }
    return found && out->value_len > 0 && out->value_len <= MULTIPART_BOUNDARY_MAX &&
           strspn(out->value, BOUNDARY) >= out->value_len && out->value[out->value_len - 1] != ' ';
}

enum err multipart_open(struct multipart *m, const char *content_type, char *body, size_t len,
                        struct multipart_file *file)
{
    struct parameter boundary;
    *m = (struct multipart){.at = body, .end = body + len, .file = file};
    if (file != NULL)
        *file = (struct multipart_file){0};
    if (!find_boundary(content_type, &boundary))
        return ERR_BAD_REQUEST;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.value, boundary.value_len);
    m->delimiter_len = 4 + boundary.value_len;
    /* The first has no line before it. */
    if (len < m->delimiter_len - 2 || memcmp(body, m->delimiter + 2, m->delimiter_len - 2) != 0 ||
        !pass_delimiter(m, body + m->delimiter_len - 2))
        return ERR_BAD_REQUEST;
    return ERR_OK;
}

/* A parameter as a C string: within the body, which may be changed once its headers were read. */
static char *terminated(const struct parameter *p)
{
    char *value = (char *)p->value;
    value[p->value_len] = '\0';
    return value;
}

/* The next part as it is: its name and value, NUL-terminated. False if it is malformed. */
static bool next_part(struct multipart *m, struct part *part, char **name_out, char **value_out,
                      size_t *len_out)
{
    if (!read_part(m, part))
        return false;
    char *value = m->at;
    char *end = memmem(value, (size_t)(m->end - value), m->delimiter, m->delimiter_len);
    if (end == NULL || !pass_delimiter(m, end + m->delimiter_len))
        return false;
    *end = '\0';
    *name_out = terminated(&part->name);
    *value_out = value;
    *len_out = (size_t)(end - value);
    return true;
}

/* Whether a file may come, and in this form none has come yet. */
static bool takes_file(const struct multipart *m, const struct part *part)
{
    return part->is_file && m->file != NULL && m->file->data == NULL;
}

enum err multipart_next(struct multipart *m, const char **name_out, const char **value_out,
                        enum detail *detail_out)
{
    char *name = NULL, *value = NULL;
    size_t len = 0;
    *name_out = NULL;
    for (;;) {
        struct part part = {0};
        *detail_out = DETAIL_MULTIPART;
        if (m->at == NULL)
            return ERR_OK;
        if (!next_part(m, &part, &name, &value, &len))
            return ERR_BAD_REQUEST;
        *detail_out = DETAIL_UTF8;
        if (!codec_utf8_valid(name, strlen(name)))
            return ERR_BAD_REQUEST;
        if (takes_file(m, &part)) {
            const char *filename = part.filename.value != NULL ? terminated(&part.filename) : "";
            if (!codec_utf8_valid(filename, strlen(filename)))
                return ERR_BAD_REQUEST;
            *m->file = (struct multipart_file){name, filename, value, len};
            continue;
        }
        if (!codec_utf8_valid(value, len))
            return ERR_BAD_REQUEST;
        *name_out = name;
        *value_out = value;
        *detail_out = part.is_file ? DETAIL_FILE : strlen(value) < len ? DETAIL_NUL : DETAIL_NONE;
        return *detail_out == DETAIL_NONE ? ERR_OK : ERR_BAD_REQUEST;
    }
}
