/*
 * Tokens: issue, verify, refresh, revoke. Both kinds are JWTs (RFC 7519) signed as crypto/jws does; what is
 * recorded is the jti, never the token. An HMAC signature is a function of the claims, so a token can be
 * minted again from its row: that is how a used refresh token answers, within the grace window, with the very
 * pair it was used for.
 *
 * Depends on auth/app, auth/client, auth/keyring, store/token_store, store/user_store.
 * Source: contracts, section blade and "Rules that hold in every dialect"; RFC 9700 §4.14.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

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
    struct user user; /* id 0: client_credentials */
};

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

/* An access token that was accepted. */
struct token_bearer {
    struct token_row row;
    struct user user; /* id 0: a client's own token */
};

/*
 * Verify an access token: signature, type, time, and that neither it nor its session was ended, and that
 * neither client nor user nor tenant is locked. ERR_OK; ERR_TOKEN_INVALID for everything that is wrong with
 * it; ERR_STORE; ERR_MEMORY.
 */
enum err token_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                      struct token_bearer *out);

/*
 * Use a refresh token of `client`: rotate it. A second use within [token] refresh_grace answers with the same
 * pair; a later one ends the whole family. ERR_OK; ERR_REFRESH_INVALID for everything that is wrong with it;
 * ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_refresh(struct app *app, const struct client *client, const char *refresh_jwt, int64_t now_s,
                       struct arena *arena, struct token_pair *out);

/*
 * The same where the access token itself is what is refreshed (eplatform): only for tokens that came without
 * a refresh token, of clients that may refresh. A client's own token is shared by all who open its page, so
 * that its reuse ends nothing. ERR_TOKEN_INVALID takes the place of ERR_REFRESH_INVALID.
 */
enum err token_refresh_bearer(struct app *app, const struct token_bearer *bearer, int64_t now_s,
                              struct arena *arena, struct token_pair *out);

/*
 * One more access token in the bearer's session, once less than half of the bearer's life is left. The bearer
 * stays as it is: a client that does not take the new one loses nothing. ERR_OK; ERR_NOT_FOUND: it is not
 * due, or cannot be had; ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_renew(struct app *app, const struct token_bearer *bearer, int64_t now_s, struct arena *arena,
                     struct token_pair *out);

/* The claim iss: [token] issuer, else [server] base_url, else "menshen". */
const char *token_issuer(const struct app *app);

/* End the session of a token, in a transaction of its own, on disk before it returns. */
enum err token_end_session(struct app *app, int64_t session_id, int64_t now_s);

#endif
