#include "http/response.h"

#include <stddef.h>

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 204:
        return "No Content";
    case 303:
        return "See Other";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Payload Too Large";
    case 429:
        return "Too Many Requests";
    default:
        return "Internal Server Error";
    }
}

void response_init(struct response *r)
{
    r->status = 200;
    r->type = NULL;
    buf_init(&r->headers);
    buf_init(&r->body);
}

void response_reset(struct response *r)
{
    response_restart(r, 200);
}

void response_fini(struct response *r)
{
    buf_free(&r->headers);
    buf_free(&r->body);
}

void response_restart(struct response *r, int status)
{
    r->status = status;
    r->type = NULL;
    buf_clear(&r->headers);
    buf_clear(&r->body);
}

void response_header(struct response *r, const char *name, const char *value)
{
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            return;
    buf_add_str(&r->headers, name);
    buf_add_str(&r->headers, ": ");
    buf_add_str(&r->headers, value);
    buf_add_str(&r->headers, "\r\n");
}

void response_render(const struct response *r, bool with_body, struct buf *out)
{
    buf_addf(out, "Status: %d %s\r\n", r->status, reason(r->status));
    /* RFC 9110 §8.6: a 204 has neither. */
    if (r->status != 204) {
        buf_addf(out, "Content-Type: %s\r\n", r->type != NULL ? r->type : "application/json;charset=UTF-8");
        buf_addf(out, "Content-Length: %zu\r\n", r->body.len);
    }
    buf_add(out, r->headers.data, r->headers.len);
    buf_add_str(out, "\r\n");
    if (with_body)
        buf_add(out, r->body.data, r->body.len);
}
