#include "store/key_store.h"

#include <stdio.h>
#include <string.h>

#include "base/secure.h"
#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct key_row *row)
{
    size_t len = (size_t)sqlite3_column_bytes(st, 2);
    if (len > sizeof row->secret)
        return ERR_STORE;
    snprintf(row->kid, sizeof row->kid, "%s", (const char *)sqlite3_column_text(st, 0));
    snprintf(row->alg, sizeof row->alg, "%s", (const char *)sqlite3_column_text(st, 1));
    memcpy(row->secret, sqlite3_column_blob(st, 2), len);
    row->secret_len = len;
    row->created_s = sqlite3_column_int64(st, 3);
    row->signs_from_s = sqlite3_column_int64(st, 4);
    row->retired_s = sqlite3_column_int64(st, 5);
    return ERR_OK;
}

static enum err each_row(struct db *db, sqlite3_stmt *st, key_store_each *each, void *ctx)
{
    struct key_row row;
    enum err e;
    while ((e = stmt_step(db, st)) == ERR_OK) {
        e = read_row(st, &row);
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
    return stmt_run(db, SQL_KEY_PUT, "ssbii", row->kid, row->alg, row->secret, row->secret_len,
                    row->created_s, row->signs_from_s);
}

enum err key_store_retire(struct db *db, const char *kid, int64_t retired_s)
{
    return stmt_run_one(db, SQL_KEY_RETIRE, "si", kid, retired_s);
}
