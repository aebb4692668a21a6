#include "store/client_store.h"

#include <string.h>

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    struct client *out = ctx;
    *out = (struct client){
        .id = stmt_text(st, 0, arena),
        .has_secret = sqlite3_column_bytes(st, 1) == CLIENT_MAC_LEN,
        .grants = stmt_text(st, 2, arena),
        .scope = stmt_text(st, 3, arena),
        .password_wire = stmt_text(st, 4, arena),
        .access_ttl_s = sqlite3_column_int64(st, 5),
        .refresh_ttl_s = sqlite3_column_int64(st, 6),
        .locked = sqlite3_column_int(st, 7) != 0,
        .created_s = sqlite3_column_int64(st, 8),
    };
    if (out->has_secret)
        memcpy(out->secret_mac, sqlite3_column_blob(st, 1), CLIENT_MAC_LEN);
    bool whole = out->id != NULL && out->grants != NULL && out->scope != NULL && out->password_wire != NULL;
    return whole ? ERR_OK : ERR_MEMORY;
}

enum err client_store_get(struct db *db, const char *id, struct arena *arena, struct client *out)
{
    return stmt_one(db, stmt_begin(db, SQL_CLIENT_GET, "s", id), arena, read_row, out);
}

/* A caller of client_store_list, called for each row. */
struct listing {
    client_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct client row;
    enum err e = read_row(st, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err client_store_list(struct db *db, struct arena *arena, client_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_CLIENT_LIST, ""), arena, list_row, &l);
}

enum err client_store_put(struct db *db, const struct client *row)
{
    return stmt_run(db, SQL_CLIENT_PUT, "sbsssooii", row->id, row->has_secret ? row->secret_mac : NULL,
                    (size_t)CLIENT_MAC_LEN, row->grants, row->scope, row->password_wire,
                    stmt_or_null(&row->access_ttl_s), stmt_or_null(&row->refresh_ttl_s), (int64_t)row->locked,
                    row->created_s);
}

enum err client_store_set(struct db *db, const struct client *row)
{
    return stmt_run_one(db, SQL_CLIENT_SET, "sbsssooi", row->id, row->has_secret ? row->secret_mac : NULL,
                        (size_t)CLIENT_MAC_LEN, row->grants, row->scope, row->password_wire,
                        stmt_or_null(&row->access_ttl_s), stmt_or_null(&row->refresh_ttl_s),
                        (int64_t)row->locked);
}

enum err client_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_CLIENT_REMOVE, "s", id);
}
