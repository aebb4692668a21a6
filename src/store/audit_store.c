#include "store/audit_store.h"

#include "base/clock.h"
#include "store/columns.h"
#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct audit_row, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) AUDIT_COLUMNS(COLUMN) COLUMN(count) COLUMN(first_s)
                                                COLUMN(last_s)};
static const struct row_table table = ROW_TABLE(columns);

enum err audit_store_put(struct db *db, const struct audit_row *row)
{
    return row_run(db, SQL_AUDIT_PUT, &table, row);
}

/* A caller of audit_store_list, called for each row. */
struct listing {
    audit_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct audit_row row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err audit_store_list(struct db *db, const struct audit_filter *filter, struct arena *arena,
                          audit_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db,
                     stmt_begin(db, SQL_AUDIT_LIST, "iissiiiss", filter->after, filter->since_s, filter->who,
                                filter->action, filter->limit, filter->before, filter->until_s,
                                filter->result, filter->address),
                     arena, list_row, &l);
}

/* A caller of audit_store_parts. */
struct parting {
    audit_store_part *each;
    void *ctx;
};

static enum err list_part(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct parting *p = ctx;
    (void)arena;
    return p->each(p->ctx, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1));
}

enum err audit_store_parts(struct db *db, const struct audit_filter *filter, int64_t rows,
                           audit_store_part *each, void *ctx)
{
    struct parting p = {each, ctx};
    struct arena none;
    arena_init(&none, 0);
    enum err e = stmt_each(db,
                           stmt_begin(db, SQL_AUDIT_PARTS, "iissiiiss", filter->after, filter->since_s,
                                      filter->who, filter->action, rows, filter->before, filter->until_s,
                                      filter->result, filter->address),
                           &none, list_part, &p);
    arena_fini(&none);
    return e;
}

enum err audit_store_recent(struct db *db, const char *actor, const char *action, int64_t limit,
                            struct arena *arena, audit_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(
        db, stmt_begin(db, SQL_AUDIT_RECENT, "ssii", actor, action, (int64_t)AUDIT_RECENT_ROWS, limit), arena,
        list_row, &l);
}

enum err audit_store_about(struct db *db, const char *who, int64_t limit, struct arena *arena,
                           audit_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_AUDIT_ABOUT, "sii", who, (int64_t)AUDIT_RECENT_ROWS, limit),
                     arena, list_row, &l);
}

enum err audit_sum_add(struct db *db, const struct audit_row *row)
{
    return stmt_run_one(db, SQL_AUDIT_SUM_ADD, "ssssssi", row->action, row->actor, row->result,
                        row->client_id, row->dialect, row->address, row->at_s);
}

enum err audit_sum_put(struct db *db, const struct audit_row *row, int64_t ends_s)
{
    return stmt_run(db, SQL_AUDIT_SUM_PUT, "ssssssii", row->action, row->actor, row->result, row->client_id,
                    row->dialect, row->address, row->at_s, ends_s);
}

enum err audit_sum_count(struct db *db, int64_t *count_out)
{
    return stmt_number(db, stmt_begin(db, SQL_AUDIT_SUM_COUNT, ""), count_out);
}

enum err audit_sum_due(struct db *db, int64_t now_s, int64_t window_s, bool *due_out)
{
    int64_t due = 0;
    enum err e = stmt_number(
        db, stmt_begin(db, SQL_AUDIT_SUM_DUE, "ii", now_s, now_s + window_s + CLOCK_SKEW_S), &due);
    *due_out = due != 0;
    return e;
}

enum err audit_sum_fold(struct db *db, int64_t now_s, int64_t window_s, int64_t expires_s)
{
    int64_t latest_s = now_s + window_s + CLOCK_SKEW_S;
    enum err e = stmt_run(db, SQL_AUDIT_SUM_FOLD, "iiii", now_s, latest_s, now_s, expires_s);
    return e == ERR_OK ? stmt_run(db, SQL_AUDIT_SUM_CLEAR, "ii", now_s, latest_s) : e;
}

enum err audit_sum_list(struct db *db, struct arena *arena, audit_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_AUDIT_SUM_LIST, ""), arena, list_row, &l);
}
