#include "store/setting_store.h"

#include <string.h>

#include "store/stmt.h"

enum err setting_store_get(struct db *db, const char *name, void *out, size_t len)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_SETTING_GET, "s", name);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK && (size_t)sqlite3_column_bytes(st, 0) != len)
        e = ERR_STORE;
    if (e == ERR_OK)
        memcpy(out, sqlite3_column_blob(st, 0), len);
    return stmt_end(db, st, e);
}

enum err setting_store_put_new(struct db *db, const char *name, const void *value, size_t len)
{
    return stmt_run(db, SQL_SETTING_PUT_NEW, "sb", name, value, len);
}

enum err setting_store_put(struct db *db, const char *name, const void *value, size_t len)
{
    return stmt_run(db, SQL_SETTING_PUT, "sb", name, value, len);
}
