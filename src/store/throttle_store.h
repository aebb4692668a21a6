/*
 * Counters over fixed windows: failed logins, issued captchas. Depends on store/db.
 * Source: schema.sql, table throttle.
 */
#ifndef STORE_THROTTLE_STORE_H
#define STORE_THROTTLE_STORE_H

#include "store/db.h"

struct throttle_count {
    int64_t count;  /* within the window; 0 if there is none */
    int64_t ends_s; /* when the window ends */
};

/*
 * Count one more for `subject`; a window of `window_s` seconds starts if none runs, and with the hit that
 * makes the count `limit` (0: none does). Within a transaction.
 */
enum err throttle_store_hit(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            int64_t limit, struct throttle_count *out);

/* The counter as it stands. ERR_OK also when there is none. */
enum err throttle_store_get(struct db *db, const char *subject, int64_t now_s, struct throttle_count *out);

/* Forget the counter, if it counts fewer than `below`. ERR_OK also when there was none. */
enum err throttle_store_clear(struct db *db, const char *subject, int64_t below);

#endif
