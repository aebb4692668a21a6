#include "admin/purge.h"

#include <unistd.h>

/* Transactions of a few rows, with a pause behind each in which those who wait get their turn. */
enum { PURGE_ROWS = 8, PURGE_PAUSE_US = 500 };

static enum err purge_step(struct db *db, int64_t now_s)
{
    enum err e = db_begin(db, DB_RELAXED);
    return e == ERR_OK ? db_end(db, db_purge_step(db, now_s, PURGE_ROWS)) : e;
}

/* As many steps as `rows` rows can take. */
static enum err purge_rows(struct db *db, int64_t now_s, int64_t rows, const struct watch *watch)
{
    enum err e = ERR_OK;
    for (int64_t done = 0; e == ERR_OK && done < rows; done += PURGE_ROWS) {
        e = purge_step(db, now_s);
        watch->step(watch->ctx, "Purging", (size_t)done, (size_t)rows);
        usleep(PURGE_PAUSE_US);
    }
    return e;
}

/* Until nothing is left, or what is left stays. Counted rarely: that is a pass over all that has expired. */
enum err purge_expired(struct db *db, int64_t now_s, const struct watch *watch, int64_t *purged_out)
{
    int64_t first = 0, left = 0, before = INT64_MAX;
    enum err e = db_expired_count(db, now_s, &first);
    left = first;
    while (e == ERR_OK && left > 0 && left < before) {
        before = left;
        e = purge_rows(db, now_s, left, watch);
        if (e == ERR_OK)
            e = db_expired_count(db, now_s, &left);
    }
    *purged_out = first - left;
    return e;
}

static enum err count_ahead(struct db *db, int64_t now_s, int64_t *count_out)
{
    int64_t counts[DB_AHEAD_TABLES];
    *count_out = 0;
    enum err e = db_ahead_count(db, now_s, counts);
    for (int i = 0; e == ERR_OK && i < DB_AHEAD_TABLES; i++)
        *count_out += counts[i];
    return e;
}

enum err purge_ahead(struct db *db, int64_t now_s, int64_t *purged_out)
{
    int64_t left = 0;
    enum err e = count_ahead(db, now_s, purged_out);
    if (e == ERR_OK)
        e = db_purge_ahead(db, now_s);
    if (e == ERR_OK)
        e = count_ahead(db, now_s, &left);
    *purged_out -= left;
    return e;
}
