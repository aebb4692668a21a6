#include "auth/throttle.h"

#include <limits.h>

#include "base/account.h"
#include "base/address.h"
#include "base/buf.h"
#include "store/throttle_store.h"

/* Secrets are long and random: what guesses at them is a wrong configuration more often than an attacker. */
enum { SECRET_FAILURES_PER_LOGIN_FAILURE = 10 };

enum subject { ACCOUNT, ADDRESS, CLIENT, SUBJECTS };

/* The counters of one try. */
struct subjects {
    struct buf name[SUBJECTS]; /* an account is of any length that a request can have */
    int64_t limit[SUBJECTS];
};

static enum err subjects_init(struct subjects *s, const struct app *app, const struct throttle_try *t)
{
    char bucket[ADDRESS_CAP], folded[ACCOUNT_FOLDED_CAP];
    address_bucket(t->address, bucket);
    /* However it is spelled, it is the same account: each spelling would get tries of its own. */
    const char *account = account_fold(t->account, folded) ? folded : t->account;
    for (int i = 0; i < SUBJECTS; i++) {
        buf_init(&s->name[i]);
        s->limit[i] = i == CLIENT ? app->cfg.login.client_max_failures : app->cfg.login.max_failures;
    }
    buf_addf(&s->name[ACCOUNT], "account:%s/%s", t->tenant_id, account);
    buf_addf(&s->name[ADDRESS], "address:%s", bucket);
    buf_addf(&s->name[CLIENT], "client:%s", t->client_id);
    for (int i = 0; i < SUBJECTS; i++)
        if (s->name[i].err != ERR_OK)
            return s->name[i].err;
    return ERR_OK;
}

static void subjects_fini(struct subjects *s)
{
    for (int i = 0; i < SUBJECTS; i++)
        buf_free(&s->name[i]);
}

static enum err verdict(const struct app *app, const struct subjects *s,
                        const struct throttle_count count[SUBJECTS], bool has_captcha, int64_t now_s,
                        int64_t *retry_after_s_out)
{
    int64_t captcha_after = app->cfg.login.captcha_after, ends_s = 0;
    bool attacked = count[ACCOUNT].count >= s->limit[ACCOUNT] || count[CLIENT].count >= s->limit[CLIENT];
    bool locked = count[ADDRESS].count >= s->limit[ADDRESS] || (attacked && count[ADDRESS].count > 0);
    for (int i = 0; locked && i < SUBJECTS; i++)
        if (count[i].count >= s->limit[i] && count[i].ends_s > ends_s)
            ends_s = count[i].ends_s;
    if (locked) {
        *retry_after_s_out = ends_s - now_s;
        return ERR_LOGIN_LOCKED;
    }
    bool due = attacked || count[ACCOUNT].count >= captcha_after || count[ADDRESS].count >= captcha_after;
    return due && !has_captcha ? ERR_CAPTCHA_REQUIRED : ERR_OK;
}

enum err throttle_check(struct app *app, const struct throttle_try *t, int64_t now_s,
                        int64_t *retry_after_s_out)
{
    struct subjects s;
    struct throttle_count count[SUBJECTS];
    enum err e = subjects_init(&s, app, t);
    for (int i = 0; e == ERR_OK && i < SUBJECTS; i++)
        e = throttle_store_get(app->db, buf_str(&s.name[i]), now_s, app->cfg.login.window_s, &count[i]);
    if (e == ERR_OK)
        e = verdict(app, &s, count, t->has_captcha, now_s, retry_after_s_out);
    subjects_fini(&s);
    return e;
}

enum err throttle_failed(struct app *app, const struct throttle_try *t, int64_t now_s,
                         int64_t *retry_after_s_out)
{
    struct subjects s;
    struct throttle_count count[SUBJECTS];
    enum err e = subjects_init(&s, app, t);
    for (int i = 0; e == ERR_OK && i < SUBJECTS; i++) {
        e = throttle_store_hit(app->db, buf_str(&s.name[i]), now_s, app->cfg.login.window_s, s.limit[i],
                               &count[i]);
        count[i].count--; /* as it was before */
    }
    if (e == ERR_OK)
        e = verdict(app, &s, count, t->has_captcha, now_s, retry_after_s_out);
    subjects_fini(&s);
    return e;
}

/* Forget the account's counter if it counts fewer than `below`. */
static enum err clear(struct app *app, const struct throttle_try *t, int64_t below)
{
    struct subjects s;
    enum err e = subjects_init(&s, app, t);
    if (e == ERR_OK)
        e = throttle_store_clear(app->db, buf_str(&s.name[ACCOUNT]), below);
    subjects_fini(&s);
    return e;
}

enum err throttle_succeeded(struct app *app, const struct throttle_try *t)
{
    return clear(app, t, app->cfg.login.max_failures);
}

enum err throttle_unlock(struct app *app, const char *tenant_id, const char *account)
{
    struct throttle_try t = {.tenant_id = tenant_id, .account = account, .client_id = "", .address = ""};
    return clear(app, &t, INT64_MAX);
}

static void secret_subject(const char *address, struct buf *out)
{
    char bucket[ADDRESS_CAP];
    address_bucket(address, bucket);
    buf_init(out);
    buf_addf(out, "secret:%s", bucket);
}

static int64_t secret_limit(const struct app *app)
{
    return app->cfg.login.max_failures * SECRET_FAILURES_PER_LOGIN_FAILURE;
}

enum err throttle_secret_check(struct app *app, const char *address, int64_t now_s,
                               int64_t *retry_after_s_out)
{
    struct buf subject;
    struct throttle_count count;
    secret_subject(address, &subject);
    enum err e = subject.err;
    if (e == ERR_OK)
        e = throttle_store_get(app->db, buf_str(&subject), now_s, app->cfg.login.window_s, &count);
    if (e == ERR_OK && count.count >= secret_limit(app)) {
        *retry_after_s_out = count.ends_s - now_s;
        e = ERR_RATE;
    }
    buf_free(&subject);
    return e;
}

enum err throttle_secret_failed(struct app *app, const char *address, int64_t now_s)
{
    struct buf subject;
    struct throttle_count count;
    secret_subject(address, &subject);
    enum err e = subject.err;
    if (e == ERR_OK)
        e = throttle_store_hit(app->db, buf_str(&subject), now_s, app->cfg.login.window_s, secret_limit(app),
                               &count);
    buf_free(&subject);
    return e;
}
