#include "store/look_store.h"

#include "store/stmt.h"

/* A caller of look_store_list, called for each row. */
struct listing {
    look_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    const char *name = stmt_text(st, 0, arena);
    const char *value = stmt_text(st, 1, arena);
    return name != NULL && value != NULL ? l->each(l->ctx, name, value) : ERR_MEMORY;
}

enum err look_store_list(struct db *db, look_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    struct arena row;
    arena_init(&row, 1 << 16);
    enum err e = stmt_each(db, stmt_begin(db, SQL_LOOK_LIST, ""), &row, list_row, &l);
    arena_fini(&row);
    return e;
}

enum err look_store_put(struct db *db, const char *name, const char *value)
{
    return stmt_run(db, SQL_LOOK_PUT, "ss", name, value);
}

enum err look_store_put_image(struct db *db, const char *name, const void *data, size_t len)
{
    return stmt_run(db, SQL_LOOK_PUT, "sb", name, data, len);
}

enum err look_store_image(struct db *db, const char *name, struct buf *out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_LOOK_IMAGE, "s", name);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK) {
        buf_add(out, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0));
        e = out->err;
    }
    return stmt_end(db, st, e);
}

enum err look_store_remove(struct db *db, const char *name)
{
    return stmt_run(db, SQL_LOOK_REMOVE, "s", name);
}
