/*
 * Tokens: issue, verify, end. What is in one is auth/claims; what makes one of another, auth/refresh.
 * Depends on auth/app, auth/audit, auth/claims, auth/client, store/token_store, store/user_store.
 * Source: contracts, section blade and "Rules that hold in every dialect"; RFC 8725.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>

#include "auth/app.h"
#include "auth/claims.h"
#include "auth/client.h"

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
 * The same for a token of either kind, for introspection (RFC 7662) and revocation (RFC 7009). Whether a refresh
 * token was used, out->row says: it may still be good for its successor (auth/refresh).
 */
enum err token_inspect(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                       struct token_bearer *out, bool *is_refresh_out);

/*
 * The row of the refresh token that said `claims`: used or not, ended or not. ERR_OK; ERR_TOKEN_INVALID,
 * ERR_NOT_FOUND if it is of none; ERR_STORE; ERR_MEMORY.
 */
enum err token_find_refresh(struct app *app, const struct claims *claims, struct arena *arena,
                            struct token_row *out);

/* Whether nothing has ended the row: its session, its client's lock, or time. */
bool token_is_live(const struct token_row *row, int64_t now_s);

/* The user of a session, who must still be let in; ERR_NOT_FOUND if not. A client's own session has a tenant
 * only: id 0. */
enum err token_user(struct app *app, const struct token_row *row, struct arena *arena, struct user *out);

/*
 * One more row in the session of `row`, asked for by `address`; what is in `out` is still to be minted. Within
 * a transaction.
 * ERR_OK; ERR_NOT_FOUND (the user is not let in any more); ERR_RANDOM; ERR_STORE; ERR_MEMORY.
 */
enum err token_put_successor(struct app *app, const struct client *client, const struct token_row *row,
                             bool with_refresh, const char *address, int64_t now_s, struct arena *arena,
                             struct token_pair *out);

/*
 * End the session of a token and record it, in a transaction of its own, on disk before it returns.
 *
 * action   AUDIT_LOGOUT, AUDIT_TOKEN_REVOKE or AUDIT_REFRESH_REUSE.
 * result   of the audit's row.
 * address  who asks for it.
 *
 * ERR_OK; ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err token_end_session(struct app *app, const struct token_bearer *bearer, const char *action,
                           enum err result, const char *address, int64_t now_s);

#endif
