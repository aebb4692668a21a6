/*
 * From a request to an answer: find the route, check what its row requires, call the handler, turn an error
 * into the dialect's shape. The loop body of every transport.
 *
 * Depends on http/route, http/authn.
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

/*
 * Check the enabled dialects against each other. ERR_OK; ERR_CONFIG, with `why` saying which two claim the
 * same method and path and what to do.
 */
enum err dispatch_check(const struct config *cfg, const struct dialect *const *dialects, struct buf *why);

void dispatch_init(struct dispatch *d, struct app *app, const struct dialect *const *dialects);
void dispatch_fini(struct dispatch *d);

/* Answer one request: appends the whole CGI response to `out`. Nothing of the request is kept. */
void dispatch_run(struct dispatch *d, struct request *req, struct buf *out);

/*
 * Answer a request with the failure `e`, in the shape of the dialect that its path belongs to: for what fails
 * after dispatch_run. The request's body need not be readable any more.
 */
void dispatch_fail(struct dispatch *d, struct request *req, enum err e, struct buf *out);

/*
 * Answer without an application, when the start failed: 500 in the general shape. What is wrong was logged;
 * the answer does not say it.
 */
void dispatch_unavailable(struct buf *out);

#endif
