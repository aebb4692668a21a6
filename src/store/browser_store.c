#include "store/browser_store.h"

#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct browser_session, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) BROWSER_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);

enum err browser_store_put(struct db *db, struct browser_session *row)
{
    return stmt_number(db, row_begin(db, SQL_BROWSER_PUT, &table, row), &row->id);
}

enum err browser_store_find(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                            struct arena *arena, struct browser_session *out)
{
    return row_one(
        db, stmt_begin(db, SQL_BROWSER_FIND, "bi", (const void *)secret_hash, sizeof out->secret_hash, now_s),
        &table, arena, out);
}

enum err browser_store_get(struct db *db, int64_t id, int64_t now_s, struct arena *arena,
                           struct browser_session *out)
{
    return row_one(db, stmt_begin(db, SQL_BROWSER_GET, "ii", id, now_s), &table, arena, out);
}

enum err browser_store_seen(struct db *db, int64_t id, int64_t seen_s, int64_t idle_end_s)
{
    return stmt_run(db, SQL_BROWSER_SEEN, "iii", id, seen_s, idle_end_s);
}

enum err browser_store_prove(struct db *db, int64_t id, const char *proof, int64_t proved_s)
{
    return stmt_run_one(db, SQL_BROWSER_PROVE, "isi", id, proof, proved_s);
}

enum err browser_store_renew(struct db *db, int64_t id, const unsigned char secret_hash[32])
{
    return stmt_run_one(db, SQL_BROWSER_RENEW, "ib", id, (const void *)secret_hash, (size_t)32);
}

enum err browser_store_end(struct db *db, int64_t id, int64_t user_id)
{
    return stmt_run_one(db, SQL_BROWSER_END, "io", id, stmt_or_null(&user_id));
}

enum err browser_store_end_user(struct db *db, int64_t user_id, int64_t keep_id)
{
    return stmt_run(db, SQL_BROWSER_END_USER, "ii", user_id, keep_id);
}

enum err browser_store_end_tenant(struct db *db, const char *tenant_id)
{
    return stmt_run(db, SQL_BROWSER_END_TENANT, "s", tenant_id);
}

/* A caller of browser_store_list, called for each row. */
struct listing {
    browser_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct browser_session row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err browser_store_list(struct db *db, int64_t user_id, int64_t now_s, int64_t limit, struct arena *arena,
                            browser_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    enum sql id = user_id != 0 ? SQL_BROWSER_LIST_USER : SQL_BROWSER_LIST;
    return stmt_each(db, stmt_begin(db, id, "oii", stmt_or_null(&user_id), now_s, limit), arena, list_row,
                     &l);
}

enum err browser_store_count(struct db *db, int64_t now_s, int64_t *out)
{
    return stmt_number(db, stmt_begin(db, SQL_BROWSER_COUNT, "i", now_s), out);
}
