#include "http/cors.h"

#include <string.h>

#include "base/origin.h"

/* Seconds that a browser remembers a preflight: what Chromium takes at most. */
#define MAX_AGE_S "7200"

/* What front ends of every dialect send. */
#define COMMON_HEADERS "authorization, content-type, x-requested-with"

/* The request's origin, if its pages may read the answers; NULL otherwise. */
static const char *allowed_origin(const struct call *c)
{
    const char *origin = request_env(c->req, "HTTP_ORIGIN");
    return origin != NULL && !(c->dialect != NULL && c->dialect->is_for_people) &&
                   origin_in_list(origin, c->app->cfg.server.allowed_origins)
               ? origin
               : NULL;
}

/*
 * Credentials are allowed, to named origins only: Sabers set withCredentials for all they send, and a browser
 * hides the answers otherwise. What reads cookies (is_for_people) is for no other origin.
 */
void cors_answer(const struct call *c)
{
    const char *origin = allowed_origin(c);
    if (c->app->cfg.server.allowed_origins[0] != '\0')
        response_header(c->res, "Vary", "Origin");
    if (origin == NULL)
        return;
    response_header(c->res, "Access-Control-Allow-Origin", origin);
    response_header(c->res, "Access-Control-Allow-Credentials", "true");
    response_header(c->res, "Access-Control-Expose-Headers", "Authorization, Retry-After, X-Captcha-Code");
}

bool cors_is_preflight(const struct call *c)
{
    return strcmp(c->req->method, "OPTIONS") == 0 && allowed_origin(c) != NULL &&
           request_env(c->req, "HTTP_ACCESS_CONTROL_REQUEST_METHOD") != NULL;
}

/* Append ", tenant-id" for HTTP_TENANT_ID. */
static void add_variable(struct buf *list, const char *variable)
{
    buf_add_str(list, ", ");
    for (const char *p = variable + strlen("HTTP_"); *p != '\0'; p++) {
        char letter = (char)(*p == '_' ? '-' : *p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
        buf_add(list, &letter, 1);
    }
}

/* The request headers that the dialect reads, and those that its front ends send besides. */
static void add_dialect_headers(struct buf *list, const struct call *c)
{
    const struct dialect *d = c->dialect;
    for (const char *const(*h)[2] = d->headers; h != NULL && (*h)[0] != NULL; h++)
        add_variable(list, (*h)[0]);
    if (d->bearer_header != NULL)
        add_variable(list, d->bearer_header);
    if (c->cfg->source_header[0] != '\0')
        buf_addf(list, ", %s", c->cfg->source_header);
    if (d->also_sent != NULL)
        buf_addf(list, ", %s", d->also_sent);
}

enum err cors_preflight(const struct call *c, const char *methods)
{
    struct buf list;
    buf_init(&list);
    buf_add_str(&list, COMMON_HEADERS);
    if (c->dialect != NULL)
        add_dialect_headers(&list, c);
    enum err e = list.err;
    response_header(c->res, "Access-Control-Allow-Methods", methods);
    response_header(c->res, "Access-Control-Allow-Headers", buf_str(&list));
    response_header(c->res, "Access-Control-Max-Age", MAX_AGE_S);
    buf_free(&list);
    return e;
}
