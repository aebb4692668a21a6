/*
 * Clients: who asks for tokens, and what each may do. A secret is stored as a keyed hash: it is random, so a
 * password hash would cost time and gain nothing.
 *
 * Depends on auth/app, auth/throttle, auth/audit, store/client_store, crypto/digest.
 * Source: RFC 6749 §2.3, §3.2.1; contracts, section blade.
 */
#ifndef AUTH_CLIENT_H
#define AUTH_CLIENT_H

#include <stdbool.h>

#include "auth/app.h"
#include "store/client_store.h"

/* Bytes of a client id; no request can name a longer one. */
#define CLIENT_ID_MAX 64

/* The grants a client can be given, by their names in grant_type. */
#define CLIENT_GRANTS "captcha,password,refresh_token,client_credentials"

/* How long an old secret can be good beside a new one; what says longer was written by a clock that was ahead. */
#define CLIENT_OVERLAP_MAX_S 31536000

/* Write the keyed hash of `secret` to `mac`. ERR_OK, ERR_CRYPTO. */
enum err client_secret_mac(const struct app *app, const char *secret, unsigned char mac[CLIENT_MAC_LEN]);

/* Until when the secret before the last is good; 0: it is not. */
int64_t client_old_secret_until(const struct client *c, int64_t now_s);

/*
 * Whether `secret` is the client's, or the one before while a rotation lasts. The same work in every case.
 * ERR_OK, ERR_CRYPTO.
 */
enum err client_compare_secret(const struct app *app, const struct client *c, const char *secret,
                               int64_t now_s, bool *same_out);

/*
 * Authenticate a client by id and secret, or by the secret before that while a rotation lasts. An unknown id
 * takes the same path as a wrong secret. Failures count per address.
 *
 * address            canonical.
 * out                texts live in `arena`.
 * retry_after_s_out  on ERR_RATE the seconds to wait.
 *
 * ERR_OK; ERR_CLIENT_UNKNOWN; ERR_CLIENT_SECRET (also a locked client, and one without a secret); ERR_RATE;
 * ERR_BUSY; ERR_STORE; ERR_CRYPTO.
 */
enum err client_authenticate(struct app *app, const char *id, const char *secret, const char *address,
                             int64_t now_s, struct arena *arena, struct client *out,
                             int64_t *retry_after_s_out);

/*
 * The client that a dialect without client credentials uses.
 * ERR_OK; ERR_GRANT_NOT_ALLOWED if it is locked or may not log in with a captcha; ERR_CONFIG, logged, if the
 * one that the configuration names does not exist; ERR_STORE.
 */
enum err client_of_dialect(struct app *app, enum dialect_id dialect, struct arena *arena, struct client *out);

/* Whether the client was given the grant. */
bool client_may(const struct client *c, const char *grant);

/*
 * The scope to grant for the space-separated `requested` (NULL or "": all of the client's), comma-joined in
 * `arena`. ERR_OK; ERR_SCOPE if any of it is not the client's; ERR_MEMORY. Source: RFC 6749 §3.3.
 */
enum err client_scope(const struct client *c, const char *requested, struct arena *arena,
                      const char **scope_out);

/*
 * Whether `wire` has the form in which this client sends passwords: 32 hex digits, an SM2 ciphertext in hex,
 * or at most 128 characters. Cheap: nothing is decrypted. ERR_OK; ERR_BAD_REQUEST.
 */
enum err client_check_password_form(const struct client *c, const char *wire);

/*
 * What a password says that came in the form `wire` of client.password_wire. `out` is a secret: password_wipe
 * it. ERR_OK; ERR_BAD_REQUEST (it has not this form); ERR_PASSWORD_LONG; otherwise as client_read_password.
 */
enum err client_read_wire(struct app *app, const char *wire, const char *text, struct password *out);

/*
 * What a password sent by this client says. `out` is a secret: password_wipe it.
 * ERR_OK; ERR_BAD_REQUEST as client_check_password_form; ERR_PASSWORD_SM2 (not encrypted to this site's key,
 * or to something that is no password); ERR_BUSY, ERR_STORE, ERR_RANDOM (the site's key); ERR_CRYPTO.
 */
enum err client_read_password(struct app *app, const struct client *c, const char *wire,
                              struct password *out);

#endif
