/*
 * Refreshing: a token is used once, and its successor takes its place in the same session (a family).
 * Depends on auth/token. Source: contracts, "Rules that hold in every dialect"; RFC 6749 §6; RFC 9700 §4.14.
 */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include "auth/token.h"

/*
 * Use a refresh token of `client`: rotate it. A second use within [token] refresh_grace answers with the same
 * pair, although ES256 signs it anew. Of a later one client.refresh_reuse, or else the dialect of the login,
 * says what becomes (auth/token_style.h): it ends the whole family; or it is refused; or, from the address of
 * the family's last refresh, it is answered with the newest pair, which is rotated first if its access token
 * has expired. It is audited as coming from `address`, what ends nothing once for each token.
 *
 * scope  separated by blanks; NULL or "": what it had. Less than that is accepted and the pair keeps what it
 *        had, which is for the answer to say (RFC 6749 §3.3, §6).
 *
 * ERR_OK; ERR_REFRESH_INVALID for everything that is wrong with the token; ERR_SCOPE (it asks for more than
 * was granted; the token stays unused); ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err refresh_use(struct app *app, const struct client *client, const char *refresh_jwt, const char *scope,
                     const char *address, int64_t now_s, struct arena *arena, struct token_pair *out);

/*
 * The same where the access token itself is what is refreshed (eplatform): only for tokens that came without
 * a refresh token, of clients that may refresh. A client's own token is shared by all who open its page, so
 * that its reuse ends nothing. ERR_TOKEN_INVALID takes the place of ERR_REFRESH_INVALID.
 */
enum err refresh_bearer(struct app *app, const struct token_bearer *bearer, const char *address,
                        int64_t now_s, struct arena *arena, struct token_pair *out);

/*
 * One more access token in the bearer's session, once less than half of the bearer's life is left. The bearer
 * stays as it is: a client that does not take the new one loses nothing. ERR_OK; ERR_NOT_FOUND: it is not
 * due, or cannot be had; ERR_BUSY; ERR_STORE; ERR_MEMORY.
 */
enum err refresh_renew(struct app *app, const struct token_bearer *bearer, const char *address, int64_t now_s,
                       struct arena *arena, struct token_pair *out);

#endif
