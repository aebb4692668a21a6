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
#include "store/throttle_store.h"

enum { RATE_WINDOW_S = 60, ID_TRIES = 8, PURGE_EVERY = 2, PURGE_ROWS = 4 };

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
static enum err put_with_fresh_id(struct db *db, const char *dialect, enum challenge_id_shape shape,
                                  int64_t now_s, int64_t expires_s, struct challenge *c)
{
    enum err e = ERR_EXISTS;
    for (int i = 0; i < ID_TRIES && e == ERR_EXISTS; i++) {
        e = make_id(shape, now_s, c->id);
        if (e == ERR_OK)
            e = captcha_store_put(db, c->id, dialect, c->text.answer, expires_s);
    }
    return e == ERR_EXISTS ? ERR_FULL : e;
}

/*
 * What comes before a captcha is put: counting it, and seeing whether there is room. Expired rows are cleared
 * away in one of PURGE_EVERY calls (`tidy`), for all of these, and when there is no room.
 */
static enum err count_issue(struct db *db, const struct config *cfg, const char *subject, bool tidy,
                            int64_t now_s, int64_t *retry_after_s_out)
{
    struct throttle_count count;
    int64_t live = 0;
    if (cfg->captcha.rate > 0) {
        enum err e = throttle_store_hit(db, subject, now_s, RATE_WINDOW_S, 0, &count);
        if (e != ERR_OK)
            return e;
        *retry_after_s_out = count.ends_s - now_s;
        if (count.count > cfg->captcha.rate)
            return ERR_RATE;
    }
    enum err e = captcha_store_span(db, &live);
    if (e == ERR_OK && (tidy || live >= cfg->captcha.max_live)) {
        e = db_purge_step(db, now_s, PURGE_ROWS);
        if (e == ERR_OK)
            e = captcha_store_span(db, &live);
    }
    if (e == ERR_OK && live >= cfg->captcha.max_live) {
        *retry_after_s_out = 1;
        e = ERR_FULL;
    }
    return e;
}

/* A look without the write lock, so that a flood over the limit does not hold up the others. */
static enum err check_rate(struct db *db, const struct config *cfg, const char *subject, int64_t now_s,
                           int64_t *retry_after_s_out)
{
    struct throttle_count count;
    if (cfg->captcha.rate == 0)
        return ERR_OK;
    enum err e = throttle_store_get(db, subject, now_s, &count);
    if (e == ERR_OK && count.count >= cfg->captcha.rate) {
        *retry_after_s_out = count.ends_s - now_s;
        e = ERR_RATE;
    }
    return e;
}

enum err challenge_issue(struct db *db, const struct config *cfg, enum dialect_id dialect,
                         enum challenge_id_shape shape, const char *address, int64_t now_s,
                         struct challenge *out, int64_t *retry_after_s_out)
{
    char bucket[ADDRESS_CAP], subject[ADDRESS_CAP + 16];
    unsigned char seed[32];
    struct captcha_rng rng;
    address_bucket(address, bucket);
    snprintf(subject, sizeof subject, "captcha:%s", bucket);
    enum err e = check_rate(db, cfg, subject, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = random_bytes(seed, sizeof seed);
    if (e != ERR_OK)
        return e;
    captcha_rng_seed(&rng, seed);
    e = captcha_kind_make(&cfg->dialect[dialect].captcha, &rng, &out->text);
    bool tidy = captcha_rng_below(&rng, PURGE_EVERY) == 0;
    secure_wipe(seed, sizeof seed);
    secure_wipe(&rng, sizeof rng);
    if (e == ERR_OK)
        e = db_begin(db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = count_issue(db, cfg, subject, tidy, now_s, retry_after_s_out);
    if (e == ERR_RATE || e == ERR_FULL) {
        /* A decision, not a failure: what was counted and purged stays so, or a full table would never empty.
         */
        enum err committed = db_commit(db);
        return committed == ERR_OK ? e : committed;
    }
    if (e == ERR_OK)
        e = put_with_fresh_id(db, config_dialect_name(dialect), shape, now_s, now_s + cfg->captcha.ttl_s,
                              out);
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

enum err challenge_answer(struct db *db, enum dialect_id dialect, const char *id, const char *given,
                          int64_t now_s)
{
    char answer[CAPTCHA_ANSWER_CAP];
    enum err e = captcha_store_take(db, id, config_dialect_name(dialect), now_s, answer, sizeof answer);
    if (e == ERR_NOT_FOUND)
        return ERR_CAPTCHA;
    if (e != ERR_OK)
        return e;
    e = captcha_answer_matches(answer, given) ? ERR_OK : ERR_CAPTCHA;
    secure_wipe(answer, sizeof answer);
    return e;
}
