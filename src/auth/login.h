/*
 * Logging a person in: the captcha first, the throttle second, the password last; and changing a password.
 * Depends on auth/client, auth/throttle, auth/token, captcha/challenge.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/app.h"
#include "auth/client.h"
#include "auth/token.h"

struct login_request {
    enum dialect_id dialect;
    const struct client *client;
    const char *tenant_id;
    const char *account;
    const char *password;   /* as it came over the wire; a secret */
    const char *captcha_id; /* NULL: none came, as the password grant allows while none is due */
    const char *captcha_answer;
    const char *scope;       /* comma-joined, granted */
    const char *fingerprint; /* "" if none */
    const char *address;     /* canonical */
    bool with_refresh;
};

/*
 * Log in and issue tokens. A hash is computed only for a request whose captcha was right, or not due, and
 * that auth/throttle lets through; an unknown account is verified against another's verifier. A verifier of
 * another scheme or cost than today's is replaced, if it looked at all of the password.
 *
 * retry_after_s_out  on ERR_LOGIN_LOCKED the seconds until the lock ends.
 *
 * ERR_OK; ERR_BAD_REQUEST (the password has not the form this client sends; nothing was consumed);
 * ERR_CAPTCHA; ERR_LOGIN_LOCKED; ERR_CAPTCHA_REQUIRED; ERR_USER_UNKNOWN, ERR_PASSWORD, ERR_USER_LOCKED (one
 * public face); ERR_CLIENT_SECRET (the client was locked meanwhile); ERR_BUSY; ERR_STORE; ERR_CRYPTO.
 */
enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out);

/*
 * Give the bearer's user a new password, both as MD5 hex, and end the user's other sessions. The caller has
 * taken a captcha; tries of the old password count and lock as logins do.
 * ERR_OK; ERR_PASSWORD; ERR_PASSWORD_ACCOUNT, ERR_PASSWORD_COMMON (the new one, known only once the old one
 * was right); ERR_LOGIN_LOCKED with retry_after_s_out; ERR_TOKEN_INVALID (ended meanwhile); ERR_BUSY;
 * ERR_STORE; ERR_CRYPTO.
 */
enum err login_change_password(struct app *app, const struct token_bearer *bearer, const char *old_md5,
                               const char *new_md5, const char *address, int64_t now_s, struct arena *arena,
                               int64_t *retry_after_s_out);

#endif
