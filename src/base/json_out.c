#include "base/json_out.h"

#include <assert.h>
#include <string.h>

#include "base/codec.h"

void json_out_init(struct json_out *j, struct buf *buf)
{
    *j = (struct json_out){.buf = buf};
}

static void lead(struct json_out *j, const char *name)
{
    if (j->comma)
        buf_add_char(j->buf, ',');
    j->comma = true;
    if (name != NULL) {
        buf_add_char(j->buf, '"');
        codec_json_escape(j->buf, name, strlen(name));
        buf_add_str(j->buf, "\":");
    }
}

static void open_with(struct json_out *j, const char *name, char bracket)
{
    lead(j, name);
    buf_add_char(j->buf, bracket);
    j->comma = false;
    j->depth++;
}

static void close_with(struct json_out *j, char bracket)
{
    assert(j->depth > 0);
    j->depth--;
    buf_add_char(j->buf, bracket);
    j->comma = true;
}

void json_open_object(struct json_out *j, const char *name)
{
    open_with(j, name, '{');
}

void json_close_object(struct json_out *j)
{
    close_with(j, '}');
}

void json_open_array(struct json_out *j, const char *name)
{
    open_with(j, name, '[');
}

void json_close_array(struct json_out *j)
{
    close_with(j, ']');
}

static void quoted(struct json_out *j, const char *s, size_t len)
{
    buf_add_char(j->buf, '"');
    codec_json_escape(j->buf, s, len);
    buf_add_char(j->buf, '"');
}

void json_str(struct json_out *j, const char *name, const char *value)
{
    if (value == NULL) {
        json_null(j, name);
        return;
    }
    lead(j, name);
    quoted(j, value, strlen(value));
}

void json_int(struct json_out *j, const char *name, int64_t value)
{
    lead(j, name);
    char digits[20]; /* of the largest, or its sign with one less */
    size_t n = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--n] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    if (value < 0)
        digits[--n] = '-';
    buf_add(j->buf, digits + n, sizeof digits - n);
}

void json_bool(struct json_out *j, const char *name, bool value)
{
    lead(j, name);
    buf_add_str(j->buf, value ? "true" : "false");
}

void json_null(struct json_out *j, const char *name)
{
    lead(j, name);
    buf_add_str(j->buf, "null");
}

void json_base64(struct json_out *j, const char *name, const char *prefix, const void *data, size_t len)
{
    lead(j, name);
    buf_add_char(j->buf, '"');
    codec_json_escape(j->buf, prefix, strlen(prefix));
    codec_base64(j->buf, data, len);
    buf_add_char(j->buf, '"');
}

void json_list(struct json_out *j, const char *name, const char *comma_joined)
{
    json_open_array(j, name);
    const char *p = comma_joined;
    while (*p != '\0') {
        size_t len = strcspn(p, ",");
        if (len > 0) {
            lead(j, NULL);
            quoted(j, p, len);
        }
        p += len;
        if (*p == ',')
            p++;
    }
    json_close_array(j);
}
