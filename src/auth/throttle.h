/*
 * Failed logins, counted per account, per address and per client; past a limit nobody looks at the password.
 *
 * An address past its limit is locked. An account past its limit, or a client, is under attack, most likely
 * from elsewhere: whoever comes with a right captcha from an address without a failure is let in to have the
 * password looked at, so that nobody can lock another person out for ever; a guesser gets one guess per
 * captcha and address.
 *
 * Whether a captcha is due is decided here, by these counters (step-up), never by what the client asks for.
 *
 * Depends on auth/app, store/throttle_store, base/address.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "auth/app.h"

/* Who tries, from where. All borrowed. */
struct throttle_try {
    const char *tenant_id, *account;
    const char *client_id;
    const char *address; /* canonical */
    bool has_captcha;    /* with a captcha that was answered right */
};

/*
 * Whether the password may be looked at.
 *
 * retry_after_s_out  on ERR_LOGIN_LOCKED the seconds until the lock ends.
 *
 * ERR_OK; ERR_LOGIN_LOCKED; ERR_CAPTCHA_REQUIRED; ERR_STORE; ERR_MEMORY.
 */
enum err throttle_check(struct app *app, const struct throttle_try *t, int64_t now_s,
                        int64_t *retry_after_s_out);

/*
 * Count a failure against all three, within a transaction of the caller. ERR_OK; or what throttle_check says
 * of the counters before this failure, ERR_LOGIN_LOCKED with retry_after_s_out or ERR_CAPTCHA_REQUIRED, which
 * is no reason to roll back: of guesses that were let in at the same moment, the right one is asked again
 * when it is about to succeed, and wrong ones must look the same. ERR_STORE, ERR_MEMORY.
 */
enum err throttle_failed(struct app *app, const struct throttle_try *t, int64_t now_s,
                         int64_t *retry_after_s_out);

/*
 * Forget the account's failures, not the address': whoever knows one password must not get more tries at
 * others'. Those of an account that is past its limit stay: they are somebody else's, who would get a fresh
 * set of tries. Within a transaction of the caller.
 */
enum err throttle_succeeded(struct app *app, const struct throttle_try *t);

/* Forget the account's failures, however many: what an administrator does. Within a transaction. */
enum err throttle_unlock(struct app *app, const char *tenant_id, const char *account);

/*
 * Wrong client secrets, counted per address, whichever client they were for: ids are the visitor's to choose,
 * and one counter tells nothing of which of them exist. throttle_secret_check: ERR_OK; ERR_RATE with
 * retry_after_s_out; ERR_STORE. throttle_secret_failed counts one, within a transaction of the caller.
 */
enum err throttle_secret_check(struct app *app, const char *address, int64_t now_s,
                               int64_t *retry_after_s_out);
enum err throttle_secret_failed(struct app *app, const char *address, int64_t now_s);

#endif
