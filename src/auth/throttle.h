/*
 * Failed logins, counted per account, per address and per client; past a limit nobody looks at the password.
 *
 * An address past its limit is locked. An account past its limit, or a client, is under attack, most likely
 * from elsewhere: whoever comes with a right captcha from an address without a failure is let in to have the
 * password looked at, so that nobody can lock another person out for ever; a guesser gets one guess per
 * captcha and address.
 *
 * What strangers make up is bounded: failures of accounts that do not exist count in 16384 buckets, which are looked
 * at for every account, so that nothing tells which of them exist; and of new addresses 20000 within a window get
 * counters of their own, so that those who come after them need a captcha.
 *
 * Whether a captcha is due is decided here, by these counters (step-up), never by what the client asks for.
 *
 * Depends on auth/app, captcha/challenge, store/throttle_store, crypto/digest, base.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "auth/app.h"
#include "base/arena.h"

/* Who tries, from where. All borrowed. */
struct throttle_try {
    const char *tenant_id, *account;
    const char *client_id; /* "": none, as in the portal */
    const char *address;   /* canonical */
    bool has_captcha;      /* with a captcha that was answered right */
    bool exists;           /* the account; asked for when a failure is counted */
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

/* Whether a captcha is due for whoever comes from `address`, whatever the account: what a page shows before anybody has
 * said who he is. ERR_OK, ERR_STORE. */
enum err throttle_captcha_due(struct app *app, const char *address, int64_t now_s, bool *out);

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

/*
 * Wrong client secrets, counted per address, whichever client they were for: ids are the visitor's to choose,
 * and one counter tells nothing of which of them exist. throttle_secret_check: ERR_OK; ERR_RATE with
 * retry_after_s_out; ERR_STORE. throttle_secret_failed counts one, within a transaction of the caller.
 */
enum err throttle_secret_check(struct app *app, const char *address, int64_t now_s,
                               int64_t *retry_after_s_out);
enum err throttle_secret_failed(struct app *app, const char *address, int64_t now_s);

/* What is counted, and what follows from that now. */
enum throttle_kind { THROTTLE_ACCOUNT, THROTTLE_ADDRESS, THROTTLE_CLIENT, THROTTLE_SECRET, THROTTLE_CAPTCHA };
enum throttle_state {
    THROTTLE_COUNTING,    /* nothing */
    THROTTLE_CAPTCHA_DUE, /* the password grant needs a captcha */
    THROTTLE_ATTACKED,    /* a captcha, and an address that has not failed */
    THROTTLE_LOCKED,      /* nothing is looked at until the window ends */
};

/* "account", "address", "client", "secret", "captcha". */
const char *throttle_kind_name(enum throttle_kind kind);
bool throttle_kind_find(const char *name, enum throttle_kind *out);

struct throttle_entry {
    enum throttle_kind kind;
    const char
        *name; /* "000000/zhangsan", "#17": accounts that do not exist, "2001:db8::/64"; "": new addresses */
    int64_t count, limit, ends_s;
    enum throttle_state state;
};

/* The counters that count now; texts live until the callback returns. ERR_OK, ERR_STORE, ERR_MEMORY, or what the
 * callback returned. */
typedef enum err throttle_each(void *ctx, const struct throttle_entry *entry);
enum err throttle_list(struct app *app, int64_t now_s, struct arena *arena, throttle_each *each, void *ctx);

/*
 * Forget what is counted against an address (an IPv6 one or its /64, "unix" or "unknown": failures, wrong secrets,
 * captchas, those of its network too), an account, a client; or all there is. Within a transaction. ERR_OK;
 * ERR_NOT_FOUND if nothing was; ERR_BAD_REQUEST (no address); ERR_STORE.
 */
enum err throttle_clear_address(struct app *app, const char *address);
enum err throttle_clear_account(struct app *app, const char *tenant_id, const char *account);
enum err throttle_clear_client(struct app *app, const char *id);
enum err throttle_clear_all(struct app *app);

/* Forget one entry of the list, as it is named there. Within a transaction. ERR_OK; ERR_NOT_FOUND; ERR_STORE. */
enum err throttle_clear_entry(struct app *app, enum throttle_kind kind, const char *name);

/* throttle_clear_account, ERR_OK also when nothing was counted. */
enum err throttle_unlock(struct app *app, const char *tenant_id, const char *account);

#endif
