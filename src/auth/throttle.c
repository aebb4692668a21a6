#include "auth/throttle.h"

#include <stdio.h>

#include "base/address.h"
#include "base/buf.h"
#include "store/throttle_store.h"

enum { PURGE_ROWS = 4 };

/* The two counters of one try. */
struct subjects {
    struct buf account; /* of any length that a request can have */
    char address[ADDRESS_CAP + 16];
};

static enum err subjects_init(struct subjects *s, const char *tenant_id, const char *account,
                              const char *address)
{
    char bucket[ADDRESS_CAP];
    address_bucket(address, bucket);
    snprintf(s->address, sizeof s->address, "address:%s", bucket);
    buf_init(&s->account);
    buf_addf(&s->account, "account:%s/%s", tenant_id, account);
    return s->account.err;
}

static enum err check_one(struct app *app, const char *subject, int64_t now_s, int64_t *retry_after_s_out)
{
    struct throttle_count count;
    enum err e = throttle_store_get(app->db, subject, now_s, &count);
    if (e != ERR_OK || count.count < app->cfg.login.max_failures)
        return e;
    if (count.ends_s - now_s > *retry_after_s_out)
        *retry_after_s_out = count.ends_s - now_s;
    return ERR_LOGIN_LOCKED;
}

enum err throttle_check(struct app *app, const char *tenant_id, const char *account, const char *address,
                        int64_t now_s, int64_t *retry_after_s_out)
{
    struct subjects s;
    int64_t retry_after_s = 0;
    enum err e = subjects_init(&s, tenant_id, account, address);
    if (e == ERR_OK)
        e = check_one(app, buf_str(&s.account), now_s, &retry_after_s);
    if (e == ERR_OK || e == ERR_LOGIN_LOCKED) {
        enum err by_address = check_one(app, s.address, now_s, &retry_after_s);
        e = e == ERR_OK ? by_address : e;
    }
    if (e == ERR_LOGIN_LOCKED)
        *retry_after_s_out = retry_after_s;
    buf_free(&s.account);
    return e;
}

/* Count once against `subject`; *over_out and *retry_after_s_out when that was one more than the limit. */
static enum err count_failure(struct app *app, const char *subject, int64_t now_s, bool *over_out,
                              int64_t *retry_after_s_out)
{
    struct throttle_count count;
    int64_t limit = app->cfg.login.max_failures;
    enum err e = throttle_store_hit(app->db, subject, now_s, app->cfg.login.window_s, limit, &count);
    if (e == ERR_OK && count.count > limit) {
        *over_out = true;
        if (count.ends_s - now_s > *retry_after_s_out)
            *retry_after_s_out = count.ends_s - now_s;
    }
    return e;
}

enum err throttle_failed(struct app *app, const char *tenant_id, const char *account, const char *address,
                         int64_t now_s, int64_t *retry_after_s_out)
{
    struct subjects s;
    bool over = false;
    *retry_after_s_out = 0;
    enum err e = subjects_init(&s, tenant_id, account, address);
    if (e == ERR_OK)
        e = db_begin(app->db, DB_RELAXED);
    if (e == ERR_OK) {
        e = count_failure(app, buf_str(&s.account), now_s, &over, retry_after_s_out);
        if (e == ERR_OK)
            e = count_failure(app, s.address, now_s, &over, retry_after_s_out);
        if (e == ERR_OK)
            e = db_purge_step(app->db, now_s, PURGE_ROWS);
        e = db_end(app->db, e);
    }
    buf_free(&s.account);
    return e == ERR_OK && over ? ERR_LOGIN_LOCKED : e;
}

enum err throttle_succeeded(struct app *app, const char *tenant_id, const char *account)
{
    struct subjects s;
    enum err e = subjects_init(&s, tenant_id, account, "");
    if (e == ERR_OK)
        e = throttle_store_clear(app->db, buf_str(&s.account));
    buf_free(&s.account);
    return e;
}
