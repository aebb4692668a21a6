/*
 * One request as every transport delivers it: CGI variables (RFC 3875) and a body. All of it lives in the
 * arena of the request; strings are NUL-terminated and never NULL unless said so.
 *
 * Depends on base/arena, base/address.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"

/* Reads up to `cap` bytes of the body: the number read, 0 at its end, -1 on failure, REQUEST_READ_SLOW. */
#define REQUEST_READ_SLOW (-2L) /* it does not come in time */
typedef long request_read(void *ctx, char *out, size_t cap);

struct request {
    const char *method;
    const char *path;  /* PATH_INFO, "/" when empty */
    const char *query; /* not decoded */
    const char *content_type;
    const char *content_length; /* as sent, "" if absent */
    char address[ADDRESS_CAP];  /* of the client, canonical */
    char *body;                 /* NUL-terminated; "" until request_read_body */
    size_t body_len;
    int64_t now_s;

    struct arena *arena; /* borrowed; for what has to be put together */
    char **env;          /* "NAME=value", NULL-terminated; borrowed from the transport */
    request_read *read;
    void *read_ctx;
};

/*
 * Fill `r` from CGI variables. `trusted` is the configuration's list of trusted proxies; `arena` lives as
 * long as the request and is borrowed.
 */
void request_init(struct request *r, char **env, const char *trusted, int64_t now_s, struct arena *arena,
                  request_read *read, void *read_ctx);

/*
 * A CGI variable, NULL if absent: request_env(r, "HTTP_TENANT_ID") is the header Tenant-Id. One that came
 * twice (nginx hands doubled headers over so) is joined with ", " as the other servers do (RFC 9110 §5.3).
 */
const char *request_env(const struct request *r, const char *name);

/*
 * What Content-Length promises; 0 if it says nothing. ERR_OK; ERR_TOO_LARGE if it is more than `max`;
 * ERR_BAD_REQUEST if it is no number.
 */
enum err request_length(const struct request *r, size_t max, int64_t *out);

/* Whether there is a body to read: one of a length, or a chunked one, whose length only its end tells. */
bool request_has_body(const struct request *r);

/*
 * Read the body, once. Its length is checked before a byte of it is read.
 * ERR_OK; ERR_TOO_LARGE if it has more than `max` bytes; ERR_BAD_REQUEST for a Content-Length that is no
 * number or that promises more than came; ERR_SLOW; ERR_IO; ERR_MEMORY.
 */
enum err request_read_body(struct request *r, size_t max, struct arena *arena);

/* Whether the media type is `type` ("application/json"), parameters and case aside. */
bool request_content_is(const struct request *r, const char *type);

#endif
