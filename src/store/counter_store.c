#include "store/counter_store.h"

#include <string.h>

#include "store/db_inside.h"

/* How long a worker keeps what it counted; and how many old rows each hour clears away, more than it adds. */
enum { COLLECT_S = 5, CLEAR_ROWS = 4 * COUNTER_COUNT };

static const char *const names[COUNTER_COUNT] = {
    [COUNTER_LOGIN_OK] = "login.ok",
    [COUNTER_LOGIN_WRONG] = "login.wrong",
    [COUNTER_LOGIN_LOCKED] = "login.locked",
    [COUNTER_LOGIN_REFUSED] = "login.refused",
    [COUNTER_CAPTCHA_ISSUED] = "captcha.issued",
    [COUNTER_CAPTCHA_LIMITED] = "captcha.limited",
    [COUNTER_CAPTCHA_SOLVED_5] = "captcha.solved.5",
    [COUNTER_CAPTCHA_SOLVED_10] = "captcha.solved.10",
    [COUNTER_CAPTCHA_SOLVED_20] = "captcha.solved.20",
    [COUNTER_CAPTCHA_SOLVED_40] = "captcha.solved.40",
    [COUNTER_CAPTCHA_SOLVED_MORE] = "captcha.solved.more",
    [COUNTER_CAPTCHA_WRONG] = "captcha.wrong",
    [COUNTER_CAPTCHA_UNKNOWN] = "captcha.unknown",
    [COUNTER_LOCK_ACCOUNT] = "lock.account",
    [COUNTER_LOCK_ADDRESS] = "lock.address",
    [COUNTER_TOKEN_ISSUED] = "token.issued",
    [COUNTER_REFRESH_OK] = "refresh.ok",
    [COUNTER_REFRESH_REUSED] = "refresh.reused",
    [COUNTER_BROWSER_STARTED] = "browser.started",
    [COUNTER_TOKENS_LIVE] = "tokens.live",
    [COUNTER_BROWSERS_LIVE] = "browsers.live",
};

const char *counter_name(enum counter id)
{
    return names[id];
}

enum counter counter_solved(int64_t took_s)
{
    return took_s <= 5    ? COUNTER_CAPTCHA_SOLVED_5
           : took_s <= 10 ? COUNTER_CAPTCHA_SOLVED_10
           : took_s <= 20 ? COUNTER_CAPTCHA_SOLVED_20
           : took_s <= 40 ? COUNTER_CAPTCHA_SOLVED_40
                          : COUNTER_CAPTCHA_SOLVED_MORE;
}

/* ---- Collecting -------------------------------------------------------------------------------------- */

void counter_add(struct db *db, enum counter id, int64_t sum, int64_t now_s)
{
    struct db_counters *c = &db->counters;
    int64_t hour_s = now_s - now_s % COUNTER_HOUR_S;
    size_t i = 0;
    while (i < c->count && (c->pending[i].id != id || c->pending[i].hour_s != hour_s))
        i++;
    if (i == DB_COUNTERS_MAX)
        return;
    if (i == c->count)
        c->pending[c->count++] = (struct counter_row){.hour_s = hour_s, .id = id};
    c->pending[i].count++;
    c->pending[i].sum += sum;
    c->newest_s = now_s;
    c->was_refused = false;
}

void counter_collect(struct db *db)
{
    db->counters.collects = true;
}

void counter_keep(struct db *db, int64_t keep_s)
{
    db->counters.keep_s = keep_s;
}

bool counter_is_pending(const struct db *db)
{
    return db->counters.count > 0 && !db->counters.was_refused;
}

/* ---- Writing ----------------------------------------------------------------------------------------- */

static enum err put(struct db *db, const struct counter_row *row, int64_t *total_out)
{
    return stmt_number(
        db, stmt_begin(db, SQL_COUNTER_ADD, "isii", row->hour_s, names[row->id], row->count, row->sum),
        total_out);
}

enum err counter_store_add(struct db *db, int64_t hour_s, enum counter id, int64_t count, int64_t sum)
{
    int64_t total = 0;
    const struct counter_row row = {.hour_s = hour_s, .id = id, .count = count, .sum = sum};
    return put(db, &row, &total);
}

enum err counter_store_live(struct db *db, int64_t now_s, int64_t *tokens_out, int64_t *browsers_out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_COUNTER_LIVE, "i", now_s);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        *tokens_out = sqlite3_column_int64(st, 0);
        *browsers_out = sqlite3_column_int64(st, 1);
    }
    return stmt_end(db, st, e);
}

/* How many sessions are open, for the chart of that. */
static enum err sample(struct db *db, int64_t hour_s)
{
    int64_t tokens = 0, browsers = 0;
    enum err e = counter_store_live(db, db->counters.newest_s, &tokens, &browsers);
    if (e == ERR_OK)
        e = counter_store_add(db, hour_s, COUNTER_TOKENS_LIVE, tokens, 0);
    return e == ERR_OK ? counter_store_add(db, hour_s, COUNTER_BROWSERS_LIVE, browsers, 0) : e;
}

static enum err clear(struct db *db, int64_t hour_s)
{
    if (db->counters.keep_s == 0)
        return ERR_OK;
    return stmt_run(db, SQL_COUNTER_PURGE, "ii", hour_s - db->counters.keep_s, (int64_t)CLEAR_ROWS);
}

/* What is done once an hour, by whoever begins one of its rows first. */
static enum err begin_hour(struct db *db)
{
    int64_t there = 0, hour_s = db->counters.newest_s - db->counters.newest_s % COUNTER_HOUR_S;
    enum err e =
        stmt_number(db, stmt_begin(db, SQL_COUNTER_GET, "is", hour_s, names[COUNTER_TOKENS_LIVE]), &there);
    if (e != ERR_NOT_FOUND)
        return e;
    e = sample(db, hour_s);
    return e == ERR_OK ? clear(db, hour_s) : e;
}

enum err counter_write(struct db *db)
{
    struct db_counters *c = &db->counters;
    int64_t age_s = c->newest_s - c->written_s;
    enum err e = ERR_OK;
    if (c->count == 0 || (c->collects && age_s >= 0 && age_s < COLLECT_S))
        return ERR_OK;
    bool is_new = false;
    for (size_t i = 0; e == ERR_OK && i < c->count; i++) {
        int64_t total = 0;
        e = put(db, &c->pending[i], &total);
        is_new = is_new || total == c->pending[i].count;
    }
    c->is_written = e == ERR_OK;
    return e == ERR_OK && is_new ? begin_hour(db) : e;
}

void counter_committed(struct db *db, bool is_committed)
{
    struct db_counters *c = &db->counters;
    if (is_committed && c->is_written) {
        c->count = 0;
        c->written_s = c->newest_s;
    }
    c->is_written = false;
}

enum err counter_flush(struct db *db)
{
    if (db->counters.count == 0)
        return ERR_OK;
    db->patience_us = 0; /* others have more to write than this */
    enum err e = db_begin(db, DB_RELAXED);
    db->patience_us = DB_PATIENCE_US;
    db->counters.written_s = 0; /* however short ago that was */
    if (e == ERR_OK)
        e = db_commit(db);
    db->counters.was_refused = e != ERR_OK;
    return e;
}

/* ---- Reading ----------------------------------------------------------------------------------------- */

static bool find_name(const char *name, enum counter *out)
{
    for (int i = 0; i < COUNTER_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum counter)i;
            return true;
        }
    }
    return false;
}

enum err counter_store_list(struct db *db, int64_t from_s, int64_t until_s, counter_each *each, void *ctx)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_COUNTER_LIST, "ii", from_s, until_s);
    enum err e = stmt_step(db, st);
    for (; e == ERR_OK; e = e == ERR_OK ? stmt_step(db, st) : e) {
        struct counter_row row = {.hour_s = sqlite3_column_int64(st, 0),
                                  .count = sqlite3_column_int64(st, 2),
                                  .sum = sqlite3_column_int64(st, 3)};
        if (find_name((const char *)sqlite3_column_text(st, 1), &row.id))
            e = each(ctx, &row);
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
