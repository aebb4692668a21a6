/*
 * Counters over fixed windows: failed logins, issued captchas. Depends on store/db,
 * base/arena, base/clock.
 * Source: schema.sql, table throttle.
 */
#ifndef STORE_THROTTLE_STORE_H
#define STORE_THROTTLE_STORE_H

#include "base/arena.h"
#include "store/db.h"

struct throttle_count {
    int64_t count;  /* within the window; 0 if there is none */
    int64_t ends_s; /* when the window ends: at most a whole window from now, whatever the row says */
};

/*
 * Count one more for `subject`; a window of `window_s` seconds starts if none runs, and with the hit that
 * makes the count `limit` (0: none does). A row that says that it ends later than a window can was written by a
 * clock that was ahead, and counts as ended. A new window clears away a few that have ended. Within a
 * transaction.
 */
enum err throttle_store_hit(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            int64_t limit, struct throttle_count *out);

/* The counter as it stands, of a window that is `window_s` long. ERR_OK also when there is none. */
enum err throttle_store_get(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            struct throttle_count *out);

/* Forget the counter, if it counts fewer than `below`. ERR_OK also when there was none. */
enum err throttle_store_clear(struct db *db, const char *subject, int64_t below);

/* Forget the counter. ERR_OK; ERR_NOT_FOUND if there was none. */
enum err throttle_store_remove(struct db *db, const char *subject);

/* Forget all of them. */
enum err throttle_store_remove_all(struct db *db);

/* The counters that have not ended, by subject; the text lives in `arena` until the callback returns. */
typedef enum err throttle_store_each(void *ctx, const char *subject, const struct throttle_count *count);
enum err throttle_store_list(struct db *db, int64_t now_s, struct arena *arena, throttle_store_each *each,
                             void *ctx);

#endif
