#include "store/tenant_store.h"

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    struct tenant *out = ctx;
    *out = (struct tenant){
        .id = stmt_text(st, 0, arena),
        .name = stmt_text(st, 1, arena),
        .locked = sqlite3_column_int(st, 2) != 0,
        .created_s = sqlite3_column_int64(st, 3),
    };
    return out->id != NULL && out->name != NULL ? ERR_OK : ERR_MEMORY;
}

enum err tenant_store_get(struct db *db, const char *id, struct arena *arena, struct tenant *out)
{
    return stmt_one(db, stmt_begin(db, SQL_TENANT_GET, "s", id), arena, read_row, out);
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
    enum err e = read_row(st, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err tenant_store_list(struct db *db, struct arena *arena, tenant_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_TENANT_LIST, ""), arena, list_row, &l);
}

enum err tenant_store_put(struct db *db, const struct tenant *row)
{
    return stmt_run(db, SQL_TENANT_PUT, "ssii", row->id, row->name, (int64_t)row->locked, row->created_s);
}

enum err tenant_store_set(struct db *db, const struct tenant *row)
{
    return stmt_run_one(db, SQL_TENANT_SET, "ssi", row->id, row->name, (int64_t)row->locked);
}

enum err tenant_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_TENANT_REMOVE, "s", id);
}

enum err tenant_store_users(struct db *db, const char *id, int64_t *count_out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_TENANT_USERS, "s", id);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        *count_out = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}
