#include "store/client_store.h"

#include "store/columns.h"
#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct client, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) COLUMN(created_s) COLUMN(locked)
                                                CLIENT_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);

enum err client_store_get(struct db *db, const char *id, struct arena *arena, struct client *out)
{
    return row_one(db, stmt_begin(db, SQL_CLIENT_GET, "s", id), &table, arena, out);
}

/* A caller of client_store_list, called for each row. */
struct listing {
    client_store_each *each;
    void *ctx;
};

static enum err list_client(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct client row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err client_store_list(struct db *db, struct arena *arena, client_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_CLIENT_LIST, ""), arena, list_client, &l);
}

enum err client_store_put(struct db *db, const struct client *row)
{
    return row_run(db, SQL_CLIENT_PUT, &table, row);
}

enum err client_store_set(struct db *db, const struct client *row)
{
    return row_run_one(db, SQL_CLIENT_SET, &table, row);
}

enum err client_store_remove(struct db *db, const char *id)
{
    return stmt_run_one(db, SQL_CLIENT_REMOVE, "s", id);
}
