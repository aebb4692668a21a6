#include "store/key_store.h"

#include "base/secure.h"
#include "store/columns.h"
#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct key_row, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(kid) KEY_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);

static enum err each_row(struct db *db, sqlite3_stmt *st, key_store_each *each, void *ctx)
{
    struct key_row row;
    enum err e;
    while ((e = stmt_step(db, st)) == ERR_OK) {
        e = row_read(st, &table, NULL, &row);
        if (e == ERR_OK)
            e = each(ctx, &row);
        if (e != ERR_OK)
            break;
    }
    secure_wipe(&row, sizeof row);
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err key_store_list(struct db *db, key_store_each *each, void *ctx)
{
    return each_row(db, stmt_begin(db, SQL_KEY_LIST, ""), each, ctx);
}

enum err key_store_in_use(struct db *db, int64_t now_s, key_store_each *each, void *ctx)
{
    return each_row(db, stmt_begin(db, SQL_KEY_IN_USE, "i", now_s), each, ctx);
}

enum err key_store_put(struct db *db, const struct key_row *row)
{
    return row_run(db, SQL_KEY_PUT, &table, row);
}

enum err key_store_retire(struct db *db, const char *kid, int64_t retired_s)
{
    return stmt_run_one(db, SQL_KEY_RETIRE, "si", kid, retired_s);
}
