/*
 * Tokens: issue, verify, refresh, revoke. Both kinds are JWTs (RFC 7519) signed as crypto/jws does: access
 * tokens with the algorithm of their client, refresh tokens with the site's own HMAC key, since nobody but
 * this program reads them. What is recorded is the jti, never the token. Claims are a function of the row, so
 * a token can be minted again from it: that is how a used refresh token answers, within the grace window,
 * with the very pair it was used for.
 *
 * Depends on auth/app, auth/audit, auth/client, auth/keyring, store/token_store, store/user_store.
 * Source: contracts, section blade and "Rules that hold in every dialect"; RFC 9700 §4.14; RFC 9068 §2.2 for
 * the claims of the dialect oauth; RFC 8725.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>

#include "auth/app.h"
#include "auth/client.h"
#include "store/token_store.h"
#include "store/user_store.h"

/* What a login, a client's own request or a refresh hands out. Everything lives in the request's arena. */
struct token_pair {
    char *access;
    char *refresh;        /* NULL: none */
    int64_t expires_in_s; /* the access token's life when it was issued; the same in a repeated answer */
    struct token_row row;
    struct user user; /* id 0: client_credentials; password_expired says what the token says */
};

/* Claim iss: [token] issuer, else base_url, else "menshen". Borrowed from the configuration. */
const char *token_issuer(const struct app *app);

/* Claim aud of this row's access token; "": it has none. Borrowed from the row or the configuration. */
const char *token_audience(const struct app *app, const struct token_row *row);

/* The scope of this row's tokens as RFC 6749 §3.3 has it, separated by blanks; in the arena, NULL without
 * memory. */
char *token_scope(const struct token_row *row, struct arena *arena);

/* Who asks, for what. */
struct token_grant {
    enum dialect_id dialect;
    const struct client *client;
    const struct user *user; /* NULL: client_credentials */
    const char *tenant_id;
    const char *scope;       /* comma-joined */
    const char *fingerprint; /* "" if the client sends none */
    const char *address;
    bool with_refresh;
};

/*
 * Start a session and issue its first tokens. Within a durable transaction of the caller; what is in `out`
 * may be shown once that is committed. ERR_OK, ERR_RANDOM, ERR_STORE, ERR_CRYPTO, ERR_MEMORY.
 */
enum err token_issue(struct app *app, const struct token_grant *grant, int64_t now_s, struct arena *arena,
                     struct token_pair *out);

/*
 * token_issue in a transaction of its own, for client_credentials. Also ERR_CLIENT_SECRET (locked meanwhile);
 * ERR_NOT_FOUND (no tenant of that id that is not locked).
 */
enum err token_issue_for_client(struct app *app, const struct token_grant *grant, int64_t now_s,
                                struct arena *arena, struct token_pair *out);

/* A token that was accepted. */
struct token_bearer {
    struct token_row row;
    struct user user; /* id 0: a client's own token; password_expired says what the token says */
};

/*
 * Verify an access token: header and signature, type, issuer, times, audience, and that neither it nor its
 * session was ended, and that neither client nor user nor tenant is locked. ERR_OK; ERR_TOKEN_INVALID for
 * everything that is wrong with it; ERR_STORE; ERR_MEMORY.
 */
enum err token_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                      struct token_bearer *out);

/*
 * The same for a token of either kind, for introspection (RFC 7662) and revocation (RFC 7009). A refresh
 * token is valid while it could be used: not after it was.
 */
enum err token_inspect(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                       struct token_bearer *out, bool *is_refresh_out);

/*
 * Use a refresh token of `client`: rotate it. A second use within [token] refresh_grace answers with the same
 * pair, although ES256 signs it anew; a later one ends the whole family and is audited as coming from
 * `address`.
 *
 * scope  separated by blanks; NULL or "": what it had. Less than that is accepted and the pair keeps what it
 *        had, which is for the answer to say (RFC 6749 §3.3, §6).
 *
 * ERR_OK; ERR_REFRESH_INVALID for everything that is wrong with the token; ERR_SCOPE (it asks for more than
 * was granted; the token stays unused); ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_refresh(struct app *app, const struct client *client, const char *refresh_jwt,
                       const char *scope, const char *address, int64_t now_s, struct arena *arena,
                       struct token_pair *out);

/*
 * The same where the access token itself is what is refreshed (eplatform): only for tokens that came without
 * a refresh token, of clients that may refresh. A client's own token is shared by all who open its page, so
 * that its reuse ends nothing. ERR_TOKEN_INVALID takes the place of ERR_REFRESH_INVALID.
 */
enum err token_refresh_bearer(struct app *app, const struct token_bearer *bearer, const char *address,
                              int64_t now_s, struct arena *arena, struct token_pair *out);

/*
 * One more access token in the bearer's session, once less than half of the bearer's life is left. The bearer
 * stays as it is: a client that does not take the new one loses nothing. ERR_OK; ERR_NOT_FOUND: it is not
 * due, or cannot be had; ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_renew(struct app *app, const struct token_bearer *bearer, int64_t now_s, struct arena *arena,
                     struct token_pair *out);

/*
 * End the session of a token and record it, in a transaction of its own, on disk before it returns.
 *
 * action   AUDIT_LOGOUT or AUDIT_TOKEN_REVOKE.
 * address  who asks for it.
 *
 * ERR_OK; ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_end_session(struct app *app, const struct token_bearer *bearer, const char *action,
                           const char *address, int64_t now_s);

#endif
