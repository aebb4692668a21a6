#include "server/intake.h"

#include <string.h>

#include "base/secure.h"

/* FastCGI 1.0, sections 3.3 and 8. */
enum { RECORD_HEADER = 8, VERSION = 1 };
enum { BEGIN_REQUEST = 1, ABORT_REQUEST = 2, PARAMS = 4, STDIN = 5 };

struct record {
    int type;
    uint16_t id;
    const unsigned char *content;
    size_t content_len;
    size_t len; /* of all of it, header and padding included */
};

void intake_init(struct intake *in, size_t body_max)
{
    *in = (struct intake){.body_max = body_max};
}

void intake_free(struct intake *in)
{
    buf_free(&in->raw);
    buf_free(&in->head);
    buf_free(&in->body);
}

/* The record at the beginning of `data`. False if it has not come whole. */
static bool read_record(const unsigned char *data, size_t len, struct record *out)
{
    if (len < RECORD_HEADER)
        return false;
    out->type = data[1];
    out->id = (uint16_t)(data[2] << 8 | data[3]);
    out->content = data + RECORD_HEADER;
    out->content_len = (size_t)(data[4] << 8 | data[5]);
    out->len = RECORD_HEADER + out->content_len + data[6];
    return len >= out->len;
}

/* Go through the variables of a whole head, which may be cut into records anywhere. */
struct cursor {
    const unsigned char *at, *end; /* of the record's content */
    const unsigned char *next;     /* the record after it */
    const unsigned char *head_end;
};

/* Move to where there is something to read. False at the end. */
static bool has_more(struct cursor *c)
{
    struct record r;
    while (c->at == c->end && c->next < c->head_end &&
           read_record(c->next, (size_t)(c->head_end - c->next), &r)) {
        c->at = c->end = r.content;
        c->end += r.type == PARAMS ? r.content_len : 0;
        c->next += r.len;
    }
    return c->at < c->end;
}

static bool skip(struct cursor *c, size_t len)
{
    while (len > 0 && has_more(c)) {
        size_t there = (size_t)(c->end - c->at);
        size_t n = len < there ? len : there;
        c->at += n;
        len -= n;
    }
    return len == 0;
}

/* A length: one byte, or four with the highest bit set (section 3.4). */
static bool read_length(struct cursor *c, size_t *out)
{
    size_t more = 0;
    if (!has_more(c))
        return false;
    *out = *c->at++;
    if (*out < 0x80)
        return true;
    *out &= 0x7F;
    for (; more < 3 && has_more(c); more++)
        *out = *out << 8 | *c->at++;
    return more == 3;
}

/* Whether the variables are as long as they say: libfcgi allocates first, and aborts when it cannot. */
static bool is_sound(const struct intake *in)
{
    const unsigned char *head = in->head.data;
    struct cursor c = {.at = head, .end = head, .next = head, .head_end = head + in->head.len};
    while (has_more(&c)) {
        size_t name = 0, value = 0;
        if (!read_length(&c, &name) || !read_length(&c, &value) || !skip(&c, name) || !skip(&c, value))
            return false;
    }
    return true;
}

static enum intake_state take_head(struct intake *in, const unsigned char *data, const struct record *r)
{
    if (in->id == 0 && r->type == BEGIN_REQUEST)
        in->id = r->id;
    else if (in->id == 0 || r->type != PARAMS || in->head.len + r->len > INTAKE_HEAD_MAX)
        return INTAKE_BAD;
    buf_add(&in->head, data, r->len);
    if (in->head.err != ERR_OK)
        return INTAKE_BAD;
    if (r->type != PARAMS || r->content_len > 0)
        return INTAKE_HEAD;
    return is_sound(in) ? INTAKE_BODY : INTAKE_BAD;
}

static enum intake_state take_body(struct intake *in, const struct record *r)
{
    if (r->type != STDIN)
        return INTAKE_BAD;
    if (r->content_len == 0)
        return INTAKE_DONE;
    size_t room = in->body_max - in->body.len;
    buf_add(&in->body, r->content, r->content_len < room ? r->content_len : room);
    if (in->body.err != ERR_OK)
        return INTAKE_BAD;
    return in->body.len < in->body_max ? INTAKE_BODY : INTAKE_FULL;
}

/* Records of no request (management) are no web server's habit, and nothing depends on an answer to them. */
static enum intake_state take(struct intake *in, const unsigned char *data, const struct record *r)
{
    if (r->id == 0)
        return in->state;
    if (in->id != 0 && r->id != in->id)
        return INTAKE_BAD;
    return in->state == INTAKE_HEAD ? take_head(in, data, r) : take_body(in, r);
}

/* Take the whole records from the front of `raw`; what is left moves there. */
static void take_records(struct intake *in)
{
    struct record r;
    size_t at = 0;
    while (in->state <= INTAKE_BODY && in->raw.len > at && in->raw.data[at] == VERSION &&
           read_record(in->raw.data + at, in->raw.len - at, &r)) {
        in->state = take(in, in->raw.data + at, &r);
        at += r.len;
    }
    if (in->state <= INTAKE_BODY && in->raw.len > at && in->raw.data[at] != VERSION)
        in->state = INTAKE_BAD;
    if (at == 0)
        return;
    size_t left = in->raw.len - at;
    memmove(in->raw.data, in->raw.data + at, left);
    secure_wipe(in->raw.data + left, at);
    in->raw.len = left;
}

void intake_add(struct intake *in, const void *data, size_t len)
{
    if (in->state > INTAKE_DONE)
        return;
    buf_add(&in->raw, data, len);
    if (in->raw.err != ERR_OK)
        in->state = INTAKE_BAD;
    else
        take_records(in);
}

/* Empty it; the memory of an ordinary request is kept. */
static void empty(struct buf *b)
{
    if (b->cap > INTAKE_KEPT)
        buf_free(b);
    else
        buf_clear(b);
}

void intake_next(struct intake *in)
{
    in->state = INTAKE_HEAD;
    in->id = 0;
    empty(&in->head);
    empty(&in->body);
    take_records(in);
}

void intake_clear(struct intake *in)
{
    empty(&in->raw);
    intake_next(in);
}

int64_t intake_size(const struct intake *in)
{
    return (int64_t)(in->raw.len + in->head.len + in->body.len);
}

bool intake_is_empty(const struct intake *in)
{
    return in->raw.len == 0 && in->head.len == 0;
}
