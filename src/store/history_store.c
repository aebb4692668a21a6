#include "store/history_store.h"

#include "store/stmt.h"

enum err history_store_put_present(struct db *db, int64_t user_id)
{
    return stmt_run(db, SQL_HISTORY_PUT_PRESENT, "i", user_id);
}

enum err history_store_keep(struct db *db, int64_t user_id, int64_t keep)
{
    return stmt_run(db, SQL_HISTORY_KEEP, "ii", user_id, keep);
}

enum err history_store_list(struct db *db, int64_t user_id, int64_t limit, struct arena *arena,
                            history_store_each *each, void *ctx)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_HISTORY_LIST, "ii", user_id, limit);
    enum err e = stmt_step(db, st);
    for (; e == ERR_OK; e = stmt_step(db, st)) {
        const char *hash = stmt_text(st, 0, arena);
        e = hash != NULL ? each(ctx, hash) : ERR_MEMORY;
        if (e != ERR_OK)
            break;
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
