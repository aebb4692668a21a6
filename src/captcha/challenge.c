#include "captcha/challenge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "captcha/rng.h"
#include "store/captcha_store.h"
#include "store/counter_store.h"
#include "store/throttle_store.h"

enum { ID_TRIES = 8, MANY_MIN = 2, MANY_DIVISOR = 1000 };

/* What a captcha counts against, and how many each may have in a minute. */
struct subjects {
    char name[2][ADDRESS_CAP + 16];
    int64_t limit[2];
    int count;
    char network[ADDRESS_CAP];
};

static void subjects_init(struct subjects *s, const struct config *cfg, const char *address)
{
    char bucket[ADDRESS_CAP];
    address_bucket(address, bucket);
    bool is_wide = address_network(address, s->network);
    snprintf(s->name[0], sizeof s->name[0], "captcha:%s", bucket);
    snprintf(s->name[1], sizeof s->name[1], "captcha:%s", s->network);
    s->limit[0] = cfg->captcha.rate;
    s->limit[1] = cfg->captcha.rate * CHALLENGE_RATE_PER_NETWORK;
    s->count = cfg->captcha.rate == 0 ? 0 : is_wide ? 2 : 1;
}

static enum err make_id(enum challenge_id_shape shape, int64_t now_s, char out[CHALLENGE_ID_CAP])
{
    unsigned char bytes[16];
    enum err e;
    switch (shape) {
    case CHALLENGE_ID_SIX:
        return random_text(out, 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    case CHALLENGE_ID_DIGITS23:
        snprintf(out, CHALLENGE_ID_CAP, "%010" PRId64, now_s % INT64_C(10000000000));
        return random_text(out + 10, 13, "0123456789");
    case CHALLENGE_ID_HEX32:
        e = random_bytes(bytes, sizeof bytes);
        codec_hex(out, bytes, sizeof bytes);
        return e;
    }
    return ERR_INTERNAL;
}

/* A short id may be taken: draw again, a bounded number of times. */
static enum err put_with_fresh_id(struct db *db, enum challenge_id_shape shape, int64_t now_s,
                                  struct captcha_row *row, struct challenge *c)
{
    enum err e = ERR_EXISTS;
    row->id = c->id;
    row->answer = c->text.answer;
    for (int i = 0; i < ID_TRIES && e == ERR_EXISTS; i++) {
        e = make_id(shape, now_s, c->id);
        if (e == ERR_OK)
            e = captcha_store_put(db, row);
    }
    return e == ERR_EXISTS ? ERR_FULL : e;
}

/* A look without the write lock, so that a flood over the limit does not hold up the others. */
static enum err check_rate(struct db *db, const struct subjects *s, int64_t now_s, int64_t *retry_after_s_out)
{
    struct throttle_count count;
    for (int i = 0; i < s->count; i++) {
        enum err e = throttle_store_get(db, s->name[i], now_s, CHALLENGE_RATE_WINDOW_S, &count);
        if (e != ERR_OK)
            return e;
        *retry_after_s_out = count.ends_s - now_s;
        if (count.count >= s->limit[i])
            return ERR_RATE;
    }
    return ERR_OK;
}

/* most_out  what the highest of the counters says; 0: nothing is counted. */
static enum err count_issue(struct db *db, const struct subjects *s, int64_t now_s, int64_t *most_out,
                            int64_t *retry_after_s_out)
{
    struct throttle_count count;
    *most_out = 0;
    for (int i = 0; i < s->count; i++) {
        enum err e = throttle_store_hit(db, s->name[i], now_s, CHALLENGE_RATE_WINDOW_S, 0, &count);
        if (e != ERR_OK)
            return e;
        *retry_after_s_out = count.ends_s - now_s;
        *most_out = count.count > *most_out ? count.count : *most_out;
        if (count.count > s->limit[i])
            return ERR_RATE;
    }
    return ERR_OK;
}

/* Whether so many captchas in a minute are so many that their network pays for a full ring: a thousandth of it. */
static bool is_many(const struct config *cfg, int64_t count)
{
    return count > MANY_MIN && count > cfg->captcha.max_live / MANY_DIVISOR;
}

static void report_clock(const struct log *log, int64_t ahead_s)
{
    if (ahead_s > 0)
        LOG(log, ERR_LEVEL_WARN, "clock_went_back", LOG_S("seen_in", "captcha"), LOG_N("ahead_s", ahead_s),
            LOG_S("hint", "menshen doctor"));
}

static enum err put_in_ring(struct db *db, const struct log *log, const struct config *cfg,
                            enum challenge_id_shape shape, int64_t now_s, struct captcha_row *row,
                            struct challenge *out)
{
    struct captcha_ring ring = {.max_live = cfg->captcha.max_live, .ttl_s = cfg->captcha.ttl_s};
    int64_t ahead_s = 0;
    row->expires_s = now_s + ring.ttl_s;
    enum err e = captcha_store_make_room(db, &ring, row->network, now_s, &ahead_s);
    report_clock(log, ahead_s);
    return e == ERR_OK ? put_with_fresh_id(db, shape, now_s, row, out) : e;
}

static enum err make_text(const struct captcha_profile *profile, struct captcha_text *out)
{
    unsigned char seed[32];
    struct captcha_rng rng;
    enum err e = random_bytes(seed, sizeof seed);
    if (e != ERR_OK)
        return e;
    captcha_rng_seed(&rng, seed);
    e = captcha_kind_make(profile, &rng, out);
    secure_wipe(seed, sizeof seed);
    secure_wipe(&rng, sizeof rng);
    return e;
}

enum err challenge_issue(struct db *db, const struct log *log, const struct config *cfg,
                         enum dialect_id dialect, const struct captcha_profile *profile,
                         enum challenge_id_shape shape, const char *address, int64_t now_s,
                         struct challenge *out, int64_t *retry_after_s_out)
{
    struct subjects s;
    subjects_init(&s, cfg, address);
    struct captcha_row row = {.dialect = config_dialect_name(dialect)};
    int64_t most = 0;
    enum err e = check_rate(db, &s, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = make_text(profile, &out->text);
    if (e == ERR_OK)
        e = db_begin(db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = count_issue(db, &s, now_s, &most, retry_after_s_out);
    if (e == ERR_RATE) {
        /* A decision, not a failure: what was counted stays so. */
        counter_add(db, COUNTER_CAPTCHA_LIMITED, 0, now_s);
        enum err committed = db_commit(db);
        return committed == ERR_OK ? e : committed;
    }
    if (is_many(cfg, most))
        row.network = s.network;
    if (e == ERR_OK)
        e = put_in_ring(db, log, cfg, shape, now_s, &row, out);
    if (e == ERR_OK)
        counter_add(db, COUNTER_CAPTCHA_ISSUED, 0, now_s);
    if (e == ERR_FULL)
        *retry_after_s_out = 1;
    return db_end(db, e);
}

enum err challenge_draw(struct captcha_engine *engine, const struct captcha_profile *profile,
                        const struct challenge *challenge, struct buf *image_out)
{
    unsigned char seed[32];
    enum err e = random_bytes(seed, sizeof seed);
    if (e == ERR_OK)
        e = captcha_engine_draw(engine, profile, challenge->text.shown, seed, image_out);
    secure_wipe(seed, sizeof seed);
    return e;
}

/* Within a transaction. ERR_OK and ERR_CAPTCHA: it is consumed. */
static enum err take_and_compare(struct db *db, const struct config *cfg, enum dialect_id dialect,
                                 const char *id, const char *given, int64_t now_s)
{
    struct captcha_taken taken;
    enum err e = captcha_store_take(db, id, config_dialect_name(dialect), cfg->captcha.ttl_s, now_s, &taken);
    if (e != ERR_OK)
        return e;
    int64_t took_s = now_s - (taken.expires_s - cfg->captcha.ttl_s);
    took_s = took_s > 0 ? took_s : 0;
    e = captcha_answer_matches(taken.answer, given) ? ERR_OK : ERR_CAPTCHA;
    counter_add(db, e == ERR_OK ? counter_solved(took_s) : COUNTER_CAPTCHA_WRONG, took_s, now_s);
    secure_wipe(&taken, sizeof taken);
    return e;
}

enum err challenge_answer(struct db *db, const struct config *cfg, enum dialect_id dialect, const char *id,
                          const char *given, int64_t now_s)
{
    enum err e = db_begin(db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = take_and_compare(db, cfg, dialect, id, given, now_s);
    if (e == ERR_OK || e == ERR_CAPTCHA) {
        enum err committed = db_commit(db);
        return committed == ERR_OK ? e : committed;
    }
    db_rollback(db);
    if (e != ERR_NOT_FOUND)
        return e;
    counter_add(db, COUNTER_CAPTCHA_UNKNOWN, 0, now_s);
    return ERR_CAPTCHA;
}
