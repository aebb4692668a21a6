#include "store/tenant_store.h"

#include "store/columns.h"
#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct tenant, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) COLUMN(created_s) COLUMN(locked)
                                                TENANT_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);

enum err tenant_store_get(struct db *db, const char *id, struct arena *arena, struct tenant *out)
{
    return row_one(db, stmt_begin(db, SQL_TENANT_GET, "s", id), &table, arena, out);
}

/* A caller of tenant_store_list, called for each row. */
struct listing {
    tenant_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct tenant row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err tenant_store_list(struct db *db, struct arena *arena, tenant_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_TENANT_LIST, ""), arena, list_row, &l);
}

enum err tenant_store_put(struct db *db, const struct tenant *row)
{
    return row_run(db, SQL_TENANT_PUT, &table, row);
}

enum err tenant_store_set(struct db *db, const struct tenant *row)
{
    return row_run_one(db, SQL_TENANT_SET, &table, row);
}

enum err tenant_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_TENANT_REMOVE, "s", id);
}

enum err tenant_store_users(struct db *db, const char *id, int64_t *count_out)
{
    return stmt_number(db, stmt_begin(db, SQL_TENANT_USERS, "s", id), count_out);
}
