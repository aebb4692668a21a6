#include "store/throttle_store.h"

#include "base/clock.h"
#include "store/stmt.h"

/* Ended ones that a new one clears away: more than it adds. */
enum { CLEAR_ROWS = 2 };

static enum err read_count(struct db *db, sqlite3_stmt *st, int64_t latest_s, struct throttle_count *out)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        out->count = sqlite3_column_int64(st, 0);
        out->ends_s = sqlite3_column_int64(st, 1);
        if (out->ends_s > latest_s)
            out->ends_s = latest_s;
    }
    return stmt_end(db, st, e);
}

enum err throttle_store_hit(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            int64_t limit, struct throttle_count *out)
{
    int64_t end_s = now_s + window_s;
    sqlite3_stmt *st =
        stmt_begin(db, SQL_THROTTLE_HIT, "siiii", subject, now_s, window_s, limit, end_s + CLOCK_SKEW_S);
    enum err e = read_count(db, st, end_s, out);
    if (e == ERR_OK && out->count == 1)
        e = stmt_run(db, SQL_THROTTLE_PURGE, "ii", now_s, (int64_t)CLEAR_ROWS);
    return e;
}

enum err throttle_store_get(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            struct throttle_count *out)
{
    int64_t end_s = now_s + window_s;
    *out = (struct throttle_count){0};
    enum err e = read_count(db, stmt_begin(db, SQL_THROTTLE_GET, "sii", subject, now_s, end_s + CLOCK_SKEW_S),
                            end_s, out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err throttle_store_clear(struct db *db, const char *subject, int64_t below)
{
    return stmt_run(db, SQL_THROTTLE_CLEAR, "si", subject, below);
}

enum err throttle_store_remove(struct db *db, const char *subject)
{
    return stmt_run_one(db, SQL_THROTTLE_CLEAR, "si", subject, INT64_MAX);
}

enum err throttle_store_remove_all(struct db *db)
{
    return stmt_run(db, SQL_THROTTLE_REMOVE_ALL, "");
}

/* A caller of throttle_store_list, called for each row. */
struct listing {
    throttle_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    const char *subject = stmt_text(st, 0, arena);
    struct throttle_count count = {.count = sqlite3_column_int64(st, 1),
                                   .ends_s = sqlite3_column_int64(st, 2)};
    return subject != NULL ? l->each(l->ctx, subject, &count) : ERR_MEMORY;
}

enum err throttle_store_list(struct db *db, int64_t now_s, struct arena *arena, throttle_store_each *each,
                             void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_THROTTLE_LIST, "i", now_s), arena, list_row, &l);
}
