/*
 * What was counted (store/counter_store), by hour or by day of the site's zone, as charts show it.
 * Depends on store/counter_store, base/clock, base/arena.
 */
#ifndef ADMIN_STATS_H
#define ADMIN_STATS_H

#include "base/arena.h"
#include "store/counter_store.h"

enum stats_unit { STATS_HOURS, STATS_DAYS };
enum { STATS_POINTS_MAX = 90 };

struct stats {
    enum stats_unit unit;
    size_t points;                     /* the last one has now in it */
    int64_t start_s[STATS_POINTS_MAX]; /* when each begins */
    int64_t count[COUNTER_COUNT][STATS_POINTS_MAX];
    int64_t sum[COUNTER_COUNT][STATS_POINTS_MAX];
};

/*
 * The last `points` (1 to STATS_POINTS_MAX) hours or days, in `arena` (some 30 KiB). Of what is a sample (…_LIVE) a day
 * has its highest, and an hour in which nothing was counted what the one before had. Days are those of the zone of
 * clock_set_zone; an hour that lies in two belongs to that in which it begins. ERR_OK, ERR_STORE, ERR_MEMORY.
 */
enum err stats_read(struct db *db, enum stats_unit unit, size_t points, int64_t now_s, struct arena *arena,
                    struct stats **out);

/* A counter's count, or sum, over all points. */
int64_t stats_total(const struct stats *s, enum counter id);
int64_t stats_total_sum(const struct stats *s, enum counter id);

#endif
