/*
 * Captchas that wait for their answer. Depends on store/db.
 * Source: schema.sql, table captcha; contracts, "Rules that hold in every dialect".
 */
#ifndef STORE_CAPTCHA_STORE_H
#define STORE_CAPTCHA_STORE_H

#include <stddef.h>

#include "store/db.h"

/* Record a challenge. Within a transaction of the caller. ERR_OK; ERR_EXISTS (the id is taken); ERR_STORE. */
enum err captcha_store_put(struct db *db, const char *id, const char *dialect, const char *answer,
                           int64_t expires_s);

/*
 * Consume the challenge `id` of `dialect`, in one statement. At most one caller ever succeeds.
 *
 * answer_out  cap bytes, NUL-terminated on ERR_OK, else untouched; a secret, the caller wipes it.
 *
 * ERR_OK; ERR_NOT_FOUND (absent, used, expired, of another dialect: not told apart); ERR_BUSY (nothing
 * consumed); ERR_STORE.
 */
enum err captcha_store_take(struct db *db, const char *id, const char *dialect, int64_t now_s,
                            char *answer_out, size_t cap);

/*
 * An upper bound of the live captchas, at the price of two index look-ups: those between the oldest that is
 * still there and the newest, answered ones between them included.
 */
enum err captcha_store_span(struct db *db, int64_t *count_out);

#endif
