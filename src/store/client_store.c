#include "store/client_store.h"

#include <string.h>

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, struct client *out)
{
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
    sqlite3_stmt *st = stmt_begin(db, SQL_CLIENT_GET, "s", id);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = read_row(st, arena, out);
    return stmt_end(db, st, e);
}

enum err client_store_list(struct db *db, struct arena *arena, client_store_each *each, void *ctx)
{
    struct client row;
    sqlite3_stmt *st = stmt_begin(db, SQL_CLIENT_LIST, "");
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

static const int64_t *or_null(const int64_t *v)
{
    return *v != 0 ? v : NULL;
}

enum err client_store_put(struct db *db, const struct client *row)
{
    return stmt_run(db, SQL_CLIENT_PUT, "sbsssooii", row->id, row->has_secret ? row->secret_mac : NULL,
                    (size_t)CLIENT_MAC_LEN, row->grants, row->scope, row->password_wire,
                    or_null(&row->access_ttl_s), or_null(&row->refresh_ttl_s), (int64_t)row->locked,
                    row->created_s);
}

enum err client_store_set(struct db *db, const struct client *row)
{
    return stmt_run_one(db, SQL_CLIENT_SET, "sbsssooi", row->id, row->has_secret ? row->secret_mac : NULL,
                        (size_t)CLIENT_MAC_LEN, row->grants, row->scope, row->password_wire,
                        or_null(&row->access_ttl_s), or_null(&row->refresh_ttl_s), (int64_t)row->locked);
}

enum err client_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_CLIENT_REMOVE, "s", id);
}
