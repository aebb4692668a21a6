#include "store/client_store.h"

#include <string.h>

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    struct client *out = ctx;
    *out = (struct client){
        .id = stmt_text(st, 0, arena),
        .has_secret = sqlite3_column_bytes(st, 1) == CLIENT_MAC_LEN,
        .has_old_secret = sqlite3_column_bytes(st, 2) == CLIENT_MAC_LEN,
        .old_secret_until_s = sqlite3_column_int64(st, 3),
        .grants = stmt_text(st, 4, arena),
        .scope = stmt_text(st, 5, arena),
        .password_wire = stmt_text(st, 6, arena),
        .alg = "",
        .audience = stmt_text(st, 8, arena),
        .access_ttl_s = sqlite3_column_int64(st, 9),
        .refresh_ttl_s = sqlite3_column_int64(st, 10),
        .locked = sqlite3_column_int(st, 11) != 0,
        .created_s = sqlite3_column_int64(st, 12),
        .refresh_reuse = "",
    };
    if (out->has_secret)
        memcpy(out->secret_mac, sqlite3_column_blob(st, 1), CLIENT_MAC_LEN);
    if (out->has_old_secret)
        memcpy(out->old_secret_mac, sqlite3_column_blob(st, 2), CLIENT_MAC_LEN);
    if (sqlite3_column_type(st, 7) != SQLITE_NULL)
        out->alg = stmt_text(st, 7, arena);
    if (sqlite3_column_type(st, 13) != SQLITE_NULL)
        out->refresh_reuse = stmt_text(st, 13, arena);
    bool whole = out->id != NULL && out->grants != NULL && out->scope != NULL && out->password_wire != NULL &&
                 out->alg != NULL && out->audience != NULL && out->refresh_reuse != NULL;
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

/* NULL where "" stands for "none". */
static const char *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

enum err client_store_put(struct db *db, const struct client *row)
{
    return stmt_run(db, SQL_CLIENT_PUT, "sbbosssssooiis", row->id, row->has_secret ? row->secret_mac : NULL,
                    (size_t)CLIENT_MAC_LEN, row->has_old_secret ? row->old_secret_mac : NULL,
                    (size_t)CLIENT_MAC_LEN, stmt_or_null(&row->old_secret_until_s), row->grants, row->scope,
                    row->password_wire, text_or_null(row->alg), row->audience != NULL ? row->audience : "",
                    stmt_or_null(&row->access_ttl_s), stmt_or_null(&row->refresh_ttl_s), (int64_t)row->locked,
                    row->created_s, text_or_null(row->refresh_reuse));
}

enum err client_store_set(struct db *db, const struct client *row)
{
    return stmt_run_one(
        db, SQL_CLIENT_SET, "sbbosssssoois", row->id, row->has_secret ? row->secret_mac : NULL,
        (size_t)CLIENT_MAC_LEN, row->has_old_secret ? row->old_secret_mac : NULL, (size_t)CLIENT_MAC_LEN,
        stmt_or_null(&row->old_secret_until_s), row->grants, row->scope, row->password_wire,
        text_or_null(row->alg), row->audience != NULL ? row->audience : "", stmt_or_null(&row->access_ttl_s),
        stmt_or_null(&row->refresh_ttl_s), (int64_t)row->locked, text_or_null(row->refresh_reuse));
}

enum err client_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_CLIENT_REMOVE, "s", id);
}
