/*
 * Routes as data: what a path requires stands in the columns of its row, and the dispatcher checks it once,
 * for all. Adding an endpoint is one row, one handler, one end-to-end test.
 *
 * Depends on http/request, http/params, http/response, http/text, auth.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "auth/app.h"
#include "auth/client.h"
#include "auth/token.h"
#include "http/params.h"
#include "http/request.h"
#include "http/response.h"
#include "http/text.h"

#define ROUTE_ACCOUNT_MAX 128   /* bytes of an account or a fingerprint */
#define ROUTE_BODY_MAX    65536 /* bytes; contracts: a body over 64 KiB is 413 */
#define ROUTE_UPLOAD_MAX                                                                                     \
    1048576 /* bytes of a body of ROUTE_UPLOAD: what our examples for web servers let through */
#define ROUTE_CACHED_S "300" /* seconds */

enum route_flags {
    ROUTE_JSON = 1 << 0,          /* reads a JSON body */
    ROUTE_FORM = 1 << 1,          /* reads a form body, urlencoded or multipart */
    ROUTE_QUERY = 1 << 2,         /* reads the query string */
    ROUTE_CLIENT = 1 << 3,        /* the client must authenticate */
    ROUTE_BEARER = 1 << 4,        /* a valid bearer token is required */
    ROUTE_BEARER_IF_ANY = 1 << 5, /* a bearer token is looked at if there is one; a bad one counts as none */
    ROUTE_BEARER_IF_CONFIGURED =
        1 << 6,            /* ROUTE_BEARER if the dialect's require_bearer is on, else ROUTE_BEARER_IF_ANY */
    ROUTE_SOURCE = 1 << 7, /* the configured source header must name an allowed channel */
    ROUTE_ABSOLUTE = 1 << 8, /* the pattern is the whole path: the dialect's prefix does not go before it */
    ROUTE_CACHED = 1 << 9,   /* public and the same for all: may be kept for ROUTE_CACHED_S */
    ROUTE_BESIDE = 1 << 10, /* the pattern takes the place of the prefix' last segment: a service beside it */
    ROUTE_YIELDS = 1 << 11, /* of another dialect, if that serves the same path: their answers are alike */
    ROUTE_FOREVER = 1 << 12, /* the path names its content: whoever has it need not ask again */
    ROUTE_UPLOAD =
        1 << 13, /* with ROUTE_FORM: takes a file, and a body up to ROUTE_UPLOAD_MAX (struct dialect) */
};

struct dialect;

/* Everything a handler works with. */
struct call {
    struct app *app;
    struct arena *arena;
    struct request *req;
    struct response *res;
    const struct dialect *dialect;
    const struct dialect *const *dialects; /* all there are, by enum dialect_id */
    const struct config_dialect *cfg;      /* the dialect's section */
    const struct route *route;             /* a row of dialect->routes; NULL: none fits */
    size_t body_max;                       /* bytes that its body may have */
    const char *segment;                   /* what {…} in the pattern matched; "" if there is none */
    struct params params;
    struct multipart_file file; /* ROUTE_UPLOAD; data NULL: none came */
    struct client client;       /* ROUTE_CLIENT */
    struct token_bearer bearer; /* if has_bearer */
    const char *bearer_jwt;     /* if has_bearer: the token as it came */
    bool has_bearer;
    struct failure failure; /* filled before an error is returned; err itself is the return value */
};

typedef enum err route_handler(struct call *c);

struct route {
    const char *method;
    const char
        *pattern; /* below the prefix, unless a flag says otherwise: literal segments, and at most one {name}
                            for a whole segment, or a * for all the rest */
    unsigned flags;
    route_handler *handler;
};

struct dialect {
    enum dialect_id id;
    const struct route *routes;
    size_t count;
    /* Header parameters: CGI variable and the parameter it is a second place for; ends with NULL. */
    const char *const (*headers)[2];
    /* Client credentials in Authorization: Basic are form-encoded, a '+' is a blank (RFC 6749 §2.3.1). Off:
     * only percent-encoding is undone, for clients that do not encode at all. */
    bool basic_is_form;
    /* CGI variable of a header that a bearer token may come in besides Authorization; NULL: none. */
    const char *bearer_header;
    /* Pages for people, which read cookies: pages of other origins never get at their answers (CORS). */
    bool is_for_people;
    /* Its captcha answer has a field of its own for what [captcha] expose_answer hands out. */
    bool shows_answer;
    /* Further request headers that its front ends send and a browser must be told of before; comma-joined, or
     * NULL. */
    const char *also_sent;
    /* Whether this request may bring more than ROUTE_BODY_MAX to a route of ROUTE_UPLOAD, by its headers alone: asked
     * before the body is there, more than once. ERR_OK, or why not. NULL: none may. */
    enum err (*admit_upload)(struct call *c);
    /* Write the error answer of c->failure: status, headers of its own, body. */
    void (*render_error)(struct call *c);
};

/*
 * The parameter `names` (NULL-terminated list of aliases). On failure c->failure says which field and why.
 * ERR_OK with *value_out NULL if it is absent; route_require: ERR_MISSING_PARAM then.
 */
enum err route_param(struct call *c, const char *const *names, const char **value_out);
enum err route_require(struct call *c, const char *const *names, const char **value_out);

/* route_require, for text of at most `max` bytes: ERR_BAD_REQUEST beyond. */
enum err route_require_text(struct call *c, const char *const *names, size_t max, const char **value_out);

/* Fill c->failure and return `e`: for `return route_fail(c, ERR_…, "field", DETAIL_…)`. */
enum err route_fail(struct call *c, enum err e, const char *field, enum detail detail);

#endif
