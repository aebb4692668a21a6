#include "admin/stats.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"

enum { DAY_S = 86400 };

/* Midnight of the day that `t_s` is in. */
static int64_t midnight(int64_t t_s)
{
    char local[CLOCK_LOCAL_CAP];
    int64_t at_s = t_s - t_s % DAY_S;
    clock_local(t_s, local);
    local[sizeof "YYYY-MM-DD" - 1] = '\0';
    clock_parse_local(local, &at_s);
    return at_s;
}

static void set_starts(struct stats *s, int64_t now_s)
{
    int64_t today_s = midnight(now_s);
    for (size_t i = 0; i < s->points; i++) {
        int64_t back = (int64_t)(s->points - 1 - i);
        /* Noon of that day lies in it, also where a day has 23 or 25 hours. */
        s->start_s[i] = s->unit == STATS_DAYS ? midnight(today_s + DAY_S / 2 - back * DAY_S)
                                              : now_s - now_s % COUNTER_HOUR_S - back * COUNTER_HOUR_S;
    }
}

static bool is_sample(enum counter id)
{
    return id == COUNTER_TOKENS_LIVE || id == COUNTER_BROWSERS_LIVE;
}

/* Rows come in the order of time. */
struct reading {
    struct stats *stats;
    size_t point;
};

static enum err add_row(void *ctx, const struct counter_row *row)
{
    struct reading *r = ctx;
    struct stats *s = r->stats;
    while (r->point + 1 < s->points && s->start_s[r->point + 1] <= row->hour_s)
        r->point++;
    int64_t *count = &s->count[row->id][r->point];
    if (is_sample(row->id))
        *count = row->count > *count ? row->count : *count;
    else
        *count += row->count;
    s->sum[row->id][r->point] += row->sum;
    return ERR_OK;
}

/* An hour without any row has no sample: what was open before is. */
static void fill_samples(struct stats *s)
{
    for (size_t i = 1; s->unit == STATS_HOURS && i < s->points; i++) {
        bool is_empty = true;
        for (int id = 0; id < COUNTER_COUNT; id++)
            is_empty = is_empty && s->count[id][i] == 0;
        for (int id = 0; is_empty && id < COUNTER_COUNT; id++)
            if (is_sample((enum counter)id))
                s->count[id][i] = s->count[id][i - 1];
    }
}

enum err stats_read(struct db *db, enum stats_unit unit, size_t points, int64_t now_s, struct arena *arena,
                    struct stats **out)
{
    assert(points >= 1 && points <= STATS_POINTS_MAX);
    struct stats *s = arena_alloc(arena, sizeof *s);
    struct reading reading = {.stats = s};
    if (s == NULL)
        return ERR_MEMORY;
    s->unit = unit;
    s->points = points;
    set_starts(s, now_s);
    enum err e = counter_store_list(db, s->start_s[0], now_s + 1, add_row, &reading);
    if (e == ERR_OK)
        fill_samples(s);
    *out = s;
    return e;
}

int64_t stats_total(const struct stats *s, enum counter id)
{
    int64_t total = 0;
    for (size_t i = 0; i < s->points; i++)
        total += s->count[id][i];
    return total;
}

int64_t stats_total_sum(const struct stats *s, enum counter id)
{
    int64_t total = 0;
    for (size_t i = 0; i < s->points; i++)
        total += s->sum[id][i];
    return total;
}
