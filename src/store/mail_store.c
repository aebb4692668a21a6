#include "store/mail_store.h"

#include "store/columns.h"
#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct mail_row, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) MAIL_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);

enum err mail_store_put(struct db *db, const struct mail_row *row)
{
    return row_run(db, SQL_MAIL_PUT, &table, row);
}

enum err mail_store_is_due(struct db *db, int64_t now_s, bool *out)
{
    int64_t found = 0;
    enum err e = stmt_number(db, stmt_begin(db, SQL_MAIL_IS_DUE, "i", now_s), &found);
    *out = found != 0;
    return e;
}

enum err mail_store_claim(struct db *db, int64_t now_s, struct arena *arena, struct mail_row *out)
{
    return row_one(db, stmt_begin(db, SQL_MAIL_CLAIM, "i", now_s), &table, arena, out);
}

enum err mail_store_remove(struct db *db, int64_t id)
{
    return stmt_run_one(db, SQL_MAIL_REMOVE, "i", id);
}

enum err mail_store_remove_all(struct db *db)
{
    return stmt_run(db, SQL_MAIL_REMOVE_ALL, "");
}

enum err mail_store_hurry(struct db *db, int64_t now_s)
{
    return stmt_run(db, SQL_MAIL_HURRY, "i", now_s);
}

enum err mail_store_count(struct db *db, int64_t *out)
{
    return stmt_number(db, stmt_begin(db, SQL_MAIL_COUNT, ""), out);
}

struct listing {
    mail_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct mail_row row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err mail_store_list(struct db *db, struct arena *arena, mail_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_MAIL_LIST, ""), arena, list_row, &l);
}
