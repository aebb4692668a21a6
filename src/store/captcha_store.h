/*
 * Captchas that wait for their answer. Depends on store/db, base/clock.
 * Source: schema.sql, table captcha; contracts, "Rules that hold in every dialect".
 */
#ifndef STORE_CAPTCHA_STORE_H
#define STORE_CAPTCHA_STORE_H

#include "store/db.h"

/* The ring: how many captchas there may be, and how long each can live. */
struct captcha_ring {
    int64_t max_live; /* issued since the oldest that is still there */
    int64_t ttl_s;    /* what expires later was written by a clock that was ahead, and is dead */
};

/*
 * Make room for one more: clear away a few of the oldest that are dead, or, when the ring is full, let the newest take
 * the place of an older one: of the oldest of `network`, if the new one is of a network that asks for many (NULL: it
 * is not); else of the oldest of such a network that asks now; else of the oldest of all. Whoever floods the ring
 * loses captchas of his own. Within a transaction of the caller.
 *
 * ahead_s_out  how far the newest captcha was issued ahead of `now_s`; 0: it was not.
 *
 * ERR_OK, ERR_STORE.
 */
enum err captcha_store_make_room(struct db *db, const struct captcha_ring *ring, const char *network,
                                 int64_t now_s, int64_t *ahead_s_out);

struct captcha_row {
    const char *id, *dialect, *answer;
    const char *network; /* NULL: it asks for few */
    int64_t expires_s;
};

/* Record a challenge. Within a transaction of the caller. ERR_OK; ERR_EXISTS (the id is taken); ERR_STORE. */
enum err captcha_store_put(struct db *db, const struct captcha_row *row);

struct captcha_taken {
    char answer[64]; /* what is right, NUL-terminated: a secret, the caller wipes it */
    int64_t expires_s;
};

/*
 * Consume the challenge `id` of `dialect`, in one statement. At most one caller ever succeeds. Within a transaction of
 * the caller, which it is consumed with.
 *
 * ttl_s  as in struct captcha_ring.
 *
 * ERR_OK; ERR_NOT_FOUND (absent, used, expired, of another dialect: not told apart; `out` is untouched); ERR_STORE.
 */
enum err captcha_store_take(struct db *db, const char *id, const char *dialect, int64_t ttl_s, int64_t now_s,
                            struct captcha_taken *out);

#endif
