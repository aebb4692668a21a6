/*
 * Logging a person in: the captcha first, the throttle second, the password last; and changing a password. Through a
 * client of a dialect, which gets tokens, or in the portal, where the browser gets a session: by the same steps.
 * Depends on auth/browser, auth/client, auth/link, auth/throttle, auth/token, captcha/challenge.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/app.h"
#include "auth/browser.h"
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
 * public face); ERR_PASSWORD_EXPIRED (right, but [policy] wants another first); ERR_CLIENT_SECRET (the client was locked meanwhile); ERR_BUSY; ERR_STORE; ERR_CRYPTO.
 */
enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out);

/* What the person behind a bearer token types again. All borrowed. */
struct login_again {
    const struct token_bearer *bearer;
    const char *wire;     /* the form the passwords came in, as in client.password_wire */
    const char *password; /* as it came; a secret */
    const char *address;  /* canonical */
};

/*
 * Give the bearer's user the password `fresh`, which came in the same form, and end the user's other sessions.
 * Tries of the old password count and lock as those of logins with a captcha do: what stands in for the captcha
 * is the session, or one that the caller has taken.
 *
 * ERR_OK; ERR_BAD_REQUEST (`fresh` has not the form); ERR_PASSWORD (the old one is not right);
 * what policy_check and history_check say, ERR_PASSWORD_SM2 (of the new one, once the old one was right); ERR_LOGIN_LOCKED with retry_after_s_out; ERR_TOKEN_INVALID
 * (ended meanwhile); ERR_BUSY; ERR_STORE; ERR_CRYPTO.
 */
enum err login_change_password(struct app *app, const struct login_again *r, const char *fresh, int64_t now_s,
                               struct arena *arena, int64_t *retry_after_s_out);

/*
 * Whether the bearer's user knows the password still: a screen is unlocked. Counts as a try of the old password
 * in login_change_password. ERR_OK; ERR_PASSWORD; ERR_LOGIN_LOCKED with retry_after_s_out; ERR_TOKEN_INVALID
 * (ended meanwhile); ERR_BUSY; ERR_STORE; ERR_CRYPTO.
 */
enum err login_unlock_screen(struct app *app, const struct login_again *r, int64_t now_s, struct arena *arena,
                             int64_t *retry_after_s_out);

/* Somebody who signs in to the portal. All borrowed. */
struct login_browser {
    const char *tenant_id, *account;
    const char *password;   /* as it was typed; a secret */
    const char *captcha_id; /* NULL: none came */
    const char *captcha_answer;
    const char *address; /* canonical */
    const char *user_agent;
    bool remember;
};

/*
 * Sign in and start a browser session. There is no client: failures count by account and address.
 *
 * secret_out  the cookie's; wiped unless ERR_OK.
 * user_out    who it is, texts in `arena`; last_login_s is when he was here before.
 *
 * Errors as login(), but for those about clients. ERR_BAD_REQUEST: the password is longer than any can be.
 */
enum err login_browser(struct app *app, const struct login_browser *r, int64_t now_s, struct arena *arena,
                       char secret_out[BROWSER_SECRET_CAP], struct user *user_out,
                       int64_t *retry_after_s_out);

/*
 * The person of a browser session types the password again: the session is proved anew. Counts as a try of the
 * password in login_change_password, with its errors.
 */
enum err login_browser_prove(struct app *app, const struct browser_session *s, const struct user *u,
                             const char *password, const char *address, int64_t now_s, struct arena *arena,
                             int64_t *retry_after_s_out);

/*
 * Change the password: the person's other sessions of either kind end, and his links. This session goes on under the
 * new secret; the old one is gone. Errors as login_change_password; secret_out is wiped unless ERR_OK.
 */
enum err login_browser_change_password(struct app *app, const struct browser_session *s, const struct user *u,
                                       const char *old, const char *fresh, const char *address, int64_t now_s,
                                       struct arena *arena, char secret_out[BROWSER_SECRET_CAP],
                                       int64_t *retry_after_s_out);

/*
 * Set a password by a link, an invitation's or a reset's, and use that up; all sessions end, and a new one starts. Not
 * within a transaction of the caller: hashing takes its time.
 *
 * ERR_OK; ERR_NOT_FOUND (the link is not good, or was used meanwhile, or auth/admission keeps the person out); what policy_check and history_check say, and
 * ERR_BAD_REQUEST (not UTF-8): the link stays good; ERR_BUSY; ERR_STORE;
 * ERR_RANDOM; ERR_CRYPTO. secret_out and user_out as login_browser.
 */
enum err login_by_link(struct app *app, const char *link_secret, const char *fresh, const char *address,
                       const char *user_agent, int64_t now_s, struct arena *arena,
                       char secret_out[BROWSER_SECRET_CAP], struct user *user_out);

#endif
