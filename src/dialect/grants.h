/*
 * A token endpoint, for the dialects that have one: which grant is asked for, whether the client may use it,
 * and the grant itself. What differs between dialects is names, and those are data.
 *
 * Depends on dialect/common, auth/login, auth/token.
 * Source: RFC 6749 §4.3, §4.4, §6; contracts, sections blade, springblade and oauth.
 */
#ifndef DIALECT_GRANTS_H
#define DIALECT_GRANTS_H

#include "http/route.h"

enum grants_kind {
    GRANTS_CAPTCHA,  /* account, password and the answer to a captcha */
    GRANTS_PASSWORD, /* account and password; the server says when it wants a captcha with them */
    GRANTS_REFRESH,
    GRANTS_CLIENT, /* the client for itself */
    GRANTS_COUNT
};

/* A list of parameter names, for the table of a dialect. */
#define GRANTS_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GRANTS_NO_NAMES   ((const char *const[]){NULL})

/* How a dialect spells it. Lists of parameter names end with NULL; one of no names is a parameter that the
 * dialect does not have. */
struct grants_wire {
    const char *value[GRANTS_COUNT]; /* what names the grant; NULL: the dialect does not have it */
    const char *unnamed;             /* the grant of a request that names none; NULL: it must */
    const char *const *grant;
    const char *const *scope;
    const char *const *tenant;
    const char *const *account;
    const char *const *password;
    const char *const *captcha_id;
    const char *const *captcha_answer;
    const char *const *refresh_token;
    const char *const *fingerprint;
};

/*
 * Serve a token request of the authenticated client c->client.
 *
 * out  what to answer with; user.id 0: client_credentials.
 *
 * ERR_OK; ERR_MISSING_PARAM, ERR_CONFLICTING_PARAM, ERR_BAD_REQUEST with c->failure filled;
 * ERR_GRANT_UNSUPPORTED; ERR_GRANT_NOT_ALLOWED; ERR_SCOPE; otherwise as login, refresh_use and
 * token_issue_for_client.
 */
enum err grants_token(struct call *c, const struct grants_wire *wire, struct token_pair *out);

#endif
