#include "store/tenant_store.h"

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, struct tenant *out)
{
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
    sqlite3_stmt *st = stmt_begin(db, SQL_TENANT_GET, "s", id);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = read_row(st, arena, out);
    return stmt_end(db, st, e);
}

enum err tenant_store_list(struct db *db, struct arena *arena, tenant_store_each *each, void *ctx)
{
    struct tenant row;
    sqlite3_stmt *st = stmt_begin(db, SQL_TENANT_LIST, "");
    enum err e;
    while ((e = stmt_step(db, st)) == ERR_OK) {
        e = read_row(st, arena, &row);
        if (e == ERR_OK)
            e = each(ctx, &row);
        arena_reset(arena);
        if (e != ERR_OK)
            break;
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
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
