/*
 * One answer, buffered whole, so that an error can replace a half-built one. `Status:` is always its first
 * line. Depends on base/buf.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/buf.h"

struct response {
    int status;
    struct buf headers; /* "Name: value\r\n" … */
    struct buf body;
    const char *type; /* Content-Type; NULL: JSON. Borrowed until the response is rendered */
};

/* An empty 200. The buffers serve many requests: response_reset empties, response_fini releases. */
void response_init(struct response *r);
void response_reset(struct response *r);
void response_fini(struct response *r);

/* Add a header. A value with a control byte is left out: it would start a line of its own. */
void response_header(struct response *r, const char *name, const char *value);

/* Forget everything built so far and start over with `status`. */
void response_restart(struct response *r, int status);

/*
 * Append the whole CGI response (RFC 3875 §6) to `out`. Without its body, which HEAD does not get, the headers
 * are the same, Content-Length included (RFC 9110 §9.3.2).
 */
void response_render(const struct response *r, bool with_body, struct buf *out);

#endif
