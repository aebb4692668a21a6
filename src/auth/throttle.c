#include "auth/throttle.h"

#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/address.h"
#include "base/buf.h"
#include "base/clock.h"
#include "captcha/challenge.h"
#include "crypto/digest.h"
#include "store/counter_store.h"
#include "store/throttle_store.h"

/* Secrets are long and random: what guesses at them is a wrong configuration more often than an attacker. */
enum { SECRET_FAILURES_PER_LOGIN_FAILURE = 10 };

/*
 * Rows that strangers make are bounded: an account that does not exist counts in one of so many buckets, and of new
 * addresses no more than these have counters of their own within a window.
 */
enum { STRANGER_BUCKETS = 16384, NEW_ADDRESSES_MAX = 20000 };

/* How many new addresses there were in this window. */
static const char new_addresses[] = "address:";
static const char new_secret_addresses[] = "secret:";

enum subject { ACCOUNT, STRANGER, ADDRESS, CLIENT, SUBJECTS };

/* The counters of one try. Both of an account's are looked at, so that nothing tells which of them counts it. */
struct subjects {
    struct buf name[SUBJECTS]; /* an account is of any length that a request can have */
    int64_t limit[SUBJECTS];
    bool counts[SUBJECTS]; /* a failure */
};

/* The bucket of an account that does not exist. Under a key of ours, so that nobody finds two that share one. */
static enum err add_bucket(const struct app *app, const char *tenant_id, const char *account, struct buf *out)
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t len = 0;
    struct buf name;
    buf_init(&name);
    buf_addf(&name, "%s/%s", tenant_id, account);
    enum err e = name.err;
    if (e == ERR_OK)
        e = digest_hmac(DIGEST_SHA256, app->client_pepper, sizeof app->client_pepper, buf_str(&name),
                        name.len, mac, &len);
    if (e == ERR_OK)
        buf_addf(out, "account:#%u", ((unsigned)mac[0] << 8 | mac[1]) % STRANGER_BUCKETS);
    buf_free(&name);
    return e == ERR_OK ? out->err : e;
}

static enum err subjects_init(struct subjects *s, const struct app *app, const struct throttle_try *t)
{
    char bucket[ADDRESS_CAP], folded[ACCOUNT_FOLDED_CAP];
    address_bucket(t->address, bucket);
    /* However it is spelled, it is the same account: each spelling would get tries of its own. */
    const char *account = account_fold(t->account, folded) ? folded : t->account;
    for (int i = 0; i < SUBJECTS; i++) {
        buf_init(&s->name[i]);
        s->limit[i] = i == CLIENT ? app->cfg.login.client_max_failures : app->cfg.login.max_failures;
        s->counts[i] = true;
    }
    s->counts[t->exists ? STRANGER : ACCOUNT] = false;
    s->counts[CLIENT] = t->client_id[0] != '\0'; /* the portal has none */
    buf_addf(&s->name[ACCOUNT], "account:%s/%s", t->tenant_id, account);
    buf_addf(&s->name[ADDRESS], "address:%s", bucket);
    buf_addf(&s->name[CLIENT], "client:%s", t->client_id);
    enum err e = add_bucket(app, t->tenant_id, account, &s->name[STRANGER]);
    for (int i = 0; i < SUBJECTS && e == ERR_OK; i++)
        e = s->name[i].err;
    return e;
}

static void subjects_fini(struct subjects *s)
{
    for (int i = 0; i < SUBJECTS; i++)
        buf_free(&s->name[i]);
}

static enum err verdict(const struct app *app, const struct subjects *s,
                        const struct throttle_count count[SUBJECTS], bool crowded, bool has_captcha,
                        int64_t now_s, int64_t *retry_after_s_out)
{
    int64_t captcha_after = app->cfg.login.captcha_after, ends_s = 0;
    bool attacked = false, due = crowded;
    for (int i = 0; i < SUBJECTS; i++) {
        attacked = attacked || (i != ADDRESS && count[i].count >= s->limit[i]);
        due = due || (i != CLIENT && count[i].count >= captcha_after);
    }
    bool locked = count[ADDRESS].count >= s->limit[ADDRESS] || (attacked && count[ADDRESS].count > 0);
    for (int i = 0; locked && i < SUBJECTS; i++)
        if (count[i].count >= s->limit[i] && count[i].ends_s > ends_s)
            ends_s = count[i].ends_s;
    if (locked) {
        *retry_after_s_out = ends_s - now_s;
        return ERR_LOGIN_LOCKED;
    }
    return (attacked || due) && !has_captcha ? ERR_CAPTCHA_REQUIRED : ERR_OK;
}

static enum err get(struct app *app, const char *subject, int64_t now_s, struct throttle_count *out)
{
    return throttle_store_get(app->db, subject, now_s, app->cfg.login.window_s, out);
}

static enum err hit(struct app *app, const char *subject, int64_t now_s, int64_t limit,
                    struct throttle_count *out)
{
    return throttle_store_hit(app->db, subject, now_s, app->cfg.login.window_s, limit, out);
}

/* Whether an address without a counter would get none: too many have come in this window. */
static enum err is_crowded(struct app *app, const char *all, const struct throttle_count *own, int64_t now_s,
                           bool *out)
{
    struct throttle_count new_ones;
    *out = false;
    if (own->count > 0)
        return ERR_OK;
    enum err e = get(app, all, now_s, &new_ones);
    *out = e == ERR_OK && new_ones.count >= NEW_ADDRESSES_MAX;
    return e;
}

/* Count a failure of an address, unless it would be one too many. `all` counts the new ones. */
static enum err hit_address(struct app *app, const char *subject, const char *all, int64_t now_s,
                            int64_t limit)
{
    struct throttle_count own, new_ones;
    bool crowded = false;
    enum err e = get(app, subject, now_s, &own);
    if (e == ERR_OK)
        e = is_crowded(app, all, &own, now_s, &crowded);
    if (e == ERR_OK && own.count == 0 && !crowded)
        e = hit(app, all, now_s, 0, &new_ones);
    if (e == ERR_OK && !crowded)
        e = hit(app, subject, now_s, limit, &own);
    if (e == ERR_OK && !crowded && own.count == limit)
        counter_add(app->db, COUNTER_LOCK_ADDRESS, 0, now_s);
    return e;
}

/* What the counters say, as they stand. */
static enum err judge(struct app *app, const struct subjects *s, bool has_captcha, int64_t now_s,
                      int64_t *retry_after_s_out)
{
    struct throttle_count count[SUBJECTS];
    bool crowded = false;
    enum err e = ERR_OK;
    for (int i = 0; e == ERR_OK && i < SUBJECTS; i++)
        e = get(app, buf_str(&s->name[i]), now_s, &count[i]);
    if (e == ERR_OK)
        e = is_crowded(app, new_addresses, &count[ADDRESS], now_s, &crowded);
    return e == ERR_OK ? verdict(app, s, count, crowded, has_captcha, now_s, retry_after_s_out) : e;
}

enum err throttle_check(struct app *app, const struct throttle_try *t, int64_t now_s,
                        int64_t *retry_after_s_out)
{
    struct subjects s;
    enum err e = subjects_init(&s, app, t);
    if (e == ERR_OK)
        e = judge(app, &s, t->has_captcha, now_s, retry_after_s_out);
    subjects_fini(&s);
    return e;
}

enum err throttle_captcha_due(struct app *app, const char *address, int64_t now_s, bool *out)
{
    char bucket[ADDRESS_CAP], subject[sizeof new_addresses + ADDRESS_CAP];
    struct throttle_count count;
    address_bucket(address, bucket);
    snprintf(subject, sizeof subject, "%s%s", new_addresses, bucket);
    enum err e = get(app, subject, now_s, &count);
    if (e == ERR_OK)
        e = is_crowded(app, new_addresses, &count, now_s, out);
    if (e == ERR_OK)
        *out = *out || count.count >= app->cfg.login.captcha_after;
    return e;
}

enum err throttle_failed(struct app *app, const struct throttle_try *t, int64_t now_s,
                         int64_t *retry_after_s_out)
{
    struct subjects s;
    struct throttle_count count;
    enum err counted = ERR_OK, e = subjects_init(&s, app, t);
    if (e == ERR_OK)
        e = judge(app, &s, t->has_captcha, now_s, retry_after_s_out);
    for (int i = 0; counted == ERR_OK && i < SUBJECTS; i++) {
        const char *name = buf_str(&s.name[i]);
        if (i == ADDRESS)
            counted = hit_address(app, name, new_addresses, now_s, s.limit[i]);
        else if (s.counts[i])
            counted = hit(app, name, now_s, s.limit[i], &count);
        if (i == ACCOUNT && s.counts[i] && counted == ERR_OK && count.count == s.limit[i])
            counter_add(app->db, COUNTER_LOCK_ACCOUNT, 0, now_s);
    }
    subjects_fini(&s);
    return counted != ERR_OK ? counted : e;
}

enum err throttle_succeeded(struct app *app, const struct throttle_try *t)
{
    struct subjects s;
    enum err e = subjects_init(&s, app, t);
    if (e == ERR_OK)
        e = throttle_store_clear(app->db, buf_str(&s.name[ACCOUNT]), app->cfg.login.max_failures);
    subjects_fini(&s);
    return e;
}

/* ---- Wrong client secrets ---------------------------------------------------------------------------- */

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
        e = get(app, buf_str(&subject), now_s, &count);
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
    secret_subject(address, &subject);
    enum err e = subject.err;
    if (e == ERR_OK)
        e = hit_address(app, buf_str(&subject), new_secret_addresses, now_s, secret_limit(app));
    buf_free(&subject);
    return e;
}

/* ---- What an operator sees and clears ---------------------------------------------------------------- */

/* The kinds of counters, by what stands before the colon. */
static const char *const kind_names[] = {[THROTTLE_ACCOUNT] = "account",
                                         [THROTTLE_ADDRESS] = "address",
                                         [THROTTLE_CLIENT] = "client",
                                         [THROTTLE_SECRET] = "secret",
                                         [THROTTLE_CAPTCHA] = "captcha"};

enum { KINDS = sizeof kind_names / sizeof kind_names[0] };

const char *throttle_kind_name(enum throttle_kind kind)
{
    return kind_names[kind];
}

bool throttle_kind_find(const char *name, enum throttle_kind *out)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *out = (enum throttle_kind)i;
            return true;
        }
    }
    return false;
}

static int64_t limit_of(const struct app *app, enum throttle_kind kind)
{
    switch (kind) {
    case THROTTLE_CLIENT:
        return app->cfg.login.client_max_failures;
    case THROTTLE_SECRET:
        return secret_limit(app);
    case THROTTLE_CAPTCHA:
        return app->cfg.captcha.rate;
    case THROTTLE_ACCOUNT:
    case THROTTLE_ADDRESS:
        break;
    }
    return app->cfg.login.max_failures;
}

/* A counter of an IPv6 network, of which each has room for many addresses. */
static bool is_network(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && strcmp(name + len - 3, "/48") == 0;
}

static enum throttle_state state_of(const struct app *app, enum throttle_kind kind, const char *name,
                                    int64_t count, int64_t limit)
{
    if (name[0] == '\0')
        return count >= NEW_ADDRESSES_MAX ? THROTTLE_CAPTCHA_DUE : THROTTLE_COUNTING;
    if (count >= limit)
        return kind == THROTTLE_ACCOUNT || kind == THROTTLE_CLIENT ? THROTTLE_ATTACKED : THROTTLE_LOCKED;
    bool by_login = kind == THROTTLE_ACCOUNT || kind == THROTTLE_ADDRESS;
    return by_login && count >= app->cfg.login.captcha_after ? THROTTLE_CAPTCHA_DUE : THROTTLE_COUNTING;
}

/* A listing that goes on. */
struct listing {
    const struct app *app;
    int64_t now_s;
    throttle_each *each;
    void *ctx;
};

static enum err list_row(void *ctx, const char *subject, const struct throttle_count *row)
{
    const struct listing *l = ctx;
    const char *colon = strchr(subject, ':');
    for (int i = 0; colon != NULL && i < KINDS; i++) {
        enum throttle_kind kind = (enum throttle_kind)i;
        size_t len = strlen(kind_names[i]);
        if ((size_t)(colon - subject) != len || memcmp(subject, kind_names[i], len) != 0)
            continue;
        int64_t window_s = kind == THROTTLE_CAPTCHA ? CHALLENGE_RATE_WINDOW_S : l->app->cfg.login.window_s;
        if (row->ends_s > l->now_s + window_s + CLOCK_SKEW_S)
            return ERR_OK; /* from the future: it binds nobody */
        int64_t limit = limit_of(l->app, kind);
        if (kind == THROTTLE_CAPTCHA && is_network(colon + 1))
            limit *= CHALLENGE_RATE_PER_NETWORK;
        struct throttle_entry entry = {.kind = kind,
                                       .name = colon + 1,
                                       .count = row->count,
                                       .limit = colon[1] != '\0' ? limit : NEW_ADDRESSES_MAX,
                                       .ends_s = row->ends_s};
        entry.state = state_of(l->app, kind, entry.name, entry.count, entry.limit);
        return l->each(l->ctx, &entry);
    }
    return ERR_OK;
}

enum err throttle_list(struct app *app, int64_t now_s, struct arena *arena, throttle_each *each, void *ctx)
{
    struct listing l = {app, now_s, each, ctx};
    return throttle_store_list(app->db, now_s, arena, list_row, &l);
}

/* Forget one counter, and note whether there was one. */
static enum err remove_one(struct app *app, enum throttle_kind kind, const char *name, bool *found)
{
    struct buf subject;
    buf_init(&subject);
    buf_addf(&subject, "%s:%s", kind_names[kind], name);
    enum err e = subject.err;
    if (e == ERR_OK)
        e = throttle_store_remove(app->db, buf_str(&subject));
    *found = *found || e == ERR_OK;
    buf_free(&subject);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err throttle_clear_address(struct app *app, const char *address)
{
    static const enum throttle_kind kinds[] = {THROTTLE_ADDRESS, THROTTLE_SECRET, THROTTLE_CAPTCHA};
    char bucket[ADDRESS_CAP], network[ADDRESS_CAP], canonical[ADDRESS_CAP];
    size_t len = strcspn(address, "/");
    bool found = false;
    enum err e = ERR_OK;
    if (strcmp(address, ADDRESS_UNIX) == 0) /* whom nobody knows counts under these names too */
        memcpy(canonical, ADDRESS_UNIX, sizeof ADDRESS_UNIX);
    else if (!address_canonical(address, len, canonical) && strcmp(address, canonical) != 0)
        return ERR_BAD_REQUEST;
    if (address[len] == '/' && (strchr(address, ':') == NULL || strcmp(address + len, "/64") != 0))
        return ERR_BAD_REQUEST; /* another network would be taken for one address */
    address_bucket(canonical, bucket);
    for (size_t i = 0; e == ERR_OK && i < sizeof kinds / sizeof kinds[0]; i++)
        e = remove_one(app, kinds[i], bucket, &found);
    if (e == ERR_OK && address_network(canonical, network))
        e = remove_one(app, THROTTLE_CAPTCHA, network, &found);
    return e == ERR_OK && !found ? ERR_NOT_FOUND : e;
}

enum err throttle_clear_account(struct app *app, const char *tenant_id, const char *account)
{
    struct throttle_try t = {.tenant_id = tenant_id, .account = account, .client_id = "", .address = ""};
    struct subjects s;
    bool found = false;
    enum err e = subjects_init(&s, app, &t);
    for (int i = ACCOUNT; e == ERR_OK && i <= STRANGER; i++) {
        e = throttle_store_remove(app->db, buf_str(&s.name[i]));
        found = found || e == ERR_OK;
        if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    subjects_fini(&s);
    return e == ERR_OK && !found ? ERR_NOT_FOUND : e;
}

enum err throttle_clear_entry(struct app *app, enum throttle_kind kind, const char *name)
{
    bool found = false;
    enum err e = remove_one(app, kind, name, &found);
    return e == ERR_OK && !found ? ERR_NOT_FOUND : e;
}

enum err throttle_clear_client(struct app *app, const char *id)
{
    return throttle_clear_entry(app, THROTTLE_CLIENT, id);
}

enum err throttle_clear_all(struct app *app)
{
    return throttle_store_remove_all(app->db);
}

enum err throttle_unlock(struct app *app, const char *tenant_id, const char *account)
{
    enum err e = throttle_clear_account(app, tenant_id, account);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
