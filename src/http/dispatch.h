/*
 * From a request to an answer: find the route, check what its row requires, call the handler, turn an error
 * into the dialect's shape. The loop body of every transport.
 *
 * Depends on http/routes, http/authn.
 */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/route.h"

#define DISPATCH_ROOT_CAP 1024

/* The dialects that this program knows, by enum dialect_id. Owned by the layer above, which passes it down.
 */
struct dispatch {
    struct app *app;
    const struct dialect *const *dialects; /* DIALECT_COUNT of them */
    struct arena arena;                    /* of the request in work */
    struct response response;
    /* The document roots that the data folder was last found to lie outside of; "" at first. */
    char safe_root[2][DISPATCH_ROOT_CAP];
};

void dispatch_init(struct dispatch *d, struct app *app, const struct dialect *const *dialects);
void dispatch_fini(struct dispatch *d);

/* What was found out by the configuration before does not count any more. */
void dispatch_forget(struct dispatch *d);

/*
 * How many bytes the body of the request of these CGI variables (RFC 3875 §4.1) may have, if its answer depends on
 * it. 0 where there is none, on an unknown path or with the wrong method, on routes that read none, and for what is
 * refused by its headers already: source, length, media type. dispatch_run reads nothing then: the request can
 * be answered at once. Between two requests, with the configuration read: without one no path is known.
 */
size_t dispatch_wants_body(struct dispatch *d, char **env, int64_t now_s);

/* Whether the data folder, which need not be there yet, lies below a document root of this request: then the web server
 * could hand the database out. */
bool dispatch_is_exposed(struct dispatch *d, const struct request *req);

/* Answer one request: appends the whole CGI response to `out`. Nothing of the request is kept. */
void dispatch_run(struct dispatch *d, struct request *req, struct buf *out);

/*
 * Answer a request with the failure `e`, in the shape of the dialect that its path belongs to: for what fails
 * after dispatch_run. The request's body need not be readable any more.
 */
void dispatch_fail(struct dispatch *d, struct request *req, enum err e, struct buf *out);

/*
 * Answer without a database: the start failed with `e`, which was logged, and which the answer does not say. What is in
 * the program itself (ROUTE_FOREVER) is handed out.
 * 429 where waiting helps (ERR_BUSY), else 500, in the shape of the dialect that the path belongs to by what
 * is known of the configuration: all of it, what stands before its first mistake, or the defaults.
 */
void dispatch_unavailable(struct dispatch *d, struct request *req, enum err e, struct buf *out);

#endif
