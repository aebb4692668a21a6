/*
 * What is in a token: a row of the table token becomes a pair of JWTs (RFC 7519), and a JWT tells which row
 * it is of. Both kinds are signed as crypto/jws does: access tokens with the algorithm of their client,
 * refresh tokens with the site's own HMAC key, since nobody but this program reads them. What is recorded is
 * the jti, never the token: claims are a function of the row, so a token can be minted again from it.
 *
 * Depends on auth/app, auth/keyring, auth/token_style, store/token_store, store/user_store.
 * Source: contracts, section blade; RFC 9068 §2.2 for the claims of the dialect oauth; RFC 8725.
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include <stdbool.h>

#include "auth/app.h"
#include "auth/keyring.h"
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
const char *claims_issuer(const struct app *app);

/* Claim aud of this row's access token; "": it has none. Borrowed from the row or the configuration. */
const char *claims_audience(const struct app *app, const struct token_row *row);

/* The scope of this row's tokens as RFC 6749 §3.3 has it, separated by blanks; in the arena, NULL without
 * memory. */
char *claims_scope(const struct token_row *row, struct arena *arena);

/* Set u->password_expired if the password was too old when the token was issued: by then, not by now, so that
 * a repeated answer says the same; or if it says that it was changed after now. */
void claims_note_password_age(const struct app *app, const struct token_row *row, int64_t now_s,
                              struct user *u);

/*
 * Sign the tokens that t->row and t->user stand for, with the keys of `ring`, or those that are in use now.
 * ERR_OK; ERR_STORE (also, logged: no key of the client's algorithm signs now); ERR_CRYPTO; ERR_MEMORY.
 */
enum err claims_mint_with(struct app *app, const struct keyring *ring, struct token_pair *t, int64_t now_s,
                          struct arena *arena);
enum err claims_mint(struct app *app, struct token_pair *t, int64_t now_s, struct arena *arena);

/* What a token says about itself, after its signature was found good. */
struct claims {
    bool is_refresh;
    char jti[CODEC_UUID_CAP];
    char ati[CODEC_UUID_CAP]; /* refresh tokens only */
    const char *aud;          /* in the arena; NULL: none */
};

/*
 * Header and signature, type, issuer, times and the form of the ids; nothing of the row. ERR_OK;
 * ERR_TOKEN_INVALID; ERR_STORE; ERR_MEMORY.
 */
enum err claims_verify_with(struct app *app, const struct keyring *ring, const char *jwt, int64_t now_s,
                            struct arena *arena, struct claims *out);
enum err claims_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                       struct claims *out);

#endif
