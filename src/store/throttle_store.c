#include "store/throttle_store.h"

#include "store/stmt.h"

static enum err read_count(struct db *db, sqlite3_stmt *st, struct throttle_count *out)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        out->count = sqlite3_column_int64(st, 0);
        out->ends_s = sqlite3_column_int64(st, 1);
    }
    return stmt_end(db, st, e);
}

enum err throttle_store_hit(struct db *db, const char *subject, int64_t now_s, int64_t window_s,
                            int64_t limit, struct throttle_count *out)
{
    return read_count(db, stmt_begin(db, SQL_THROTTLE_HIT, "siii", subject, now_s, window_s, limit), out);
}

enum err throttle_store_get(struct db *db, const char *subject, int64_t now_s, struct throttle_count *out)
{
    *out = (struct throttle_count){0};
    enum err e = read_count(db, stmt_begin(db, SQL_THROTTLE_GET, "si", subject, now_s), out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err throttle_store_clear(struct db *db, const char *subject, int64_t below)
{
    return stmt_run(db, SQL_THROTTLE_CLEAR, "si", subject, below);
}
