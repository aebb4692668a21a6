#include "store/token_store.h"

#include "store/columns.h"
#include "store/row.h"

#define LISTED(...)            ROW_COLUMN(struct session_row, __VA_ARGS__),
#define SESSION_COLUMN(m, ...) ROW_NAMED(m, struct session_row, session.m, __VA_ARGS__),
static const struct row_column session_columns[] = {
    SESSION_COLUMN(id) SESSION_COLUMNS(SESSION_COLUMN) LISTED(account) LISTED(refreshed_s) LISTED(expires_s)};
static const struct row_table session_table = ROW_TABLE(session_columns);

#define COLUMN(...)    ROW_COLUMN(struct token_row, __VA_ARGS__),
#define WITHIN(m, ...) ROW_NAMED(m, struct token_row, session.m, __VA_ARGS__),
static const struct row_column columns[] = {
    COLUMN(id) TOKEN_COLUMNS(COLUMN) ROW_NAMED(session_id, struct token_row, session.id),
    SESSION_COLUMNS(WITHIN) WITHIN(client_locked) WITHIN(client_alg) WITHIN(client_audience)};
static const struct row_table table = ROW_TABLE(columns);

enum err session_store_put(struct db *db, struct session *s, int64_t expires_s)
{
    struct session_row row = {.session = *s, .expires_s = expires_s};
    return stmt_number(db, row_begin(db, SQL_SESSION_PUT, &session_table, &row), &s->id);
}

enum err session_store_extend(struct db *db, int64_t id, int64_t expires_s, int64_t newest_token_id,
                              const char *address)
{
    return stmt_run(db, SQL_SESSION_EXTEND, "iiis", id, expires_s, newest_token_id, address);
}

enum err session_store_revoke(struct db *db, int64_t id, int64_t now_s)
{
    return stmt_run(db, SQL_SESSION_REVOKE, "ii", id, now_s);
}

/* Run a statement that returns a row for each that it changed, and add their number. */
static enum err count_changed(struct db *db, sqlite3_stmt *st, int64_t *count)
{
    enum err e;
    while ((e = stmt_step(db, st)) == ERR_OK)
        (*count)++;
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err session_store_displace(struct db *db, int64_t user_id, int64_t now_s, int64_t keep,
                                int64_t *ended_out)
{
    static const enum sql both[] = {SQL_SESSION_DISPLACE, SQL_BROWSER_DISPLACE};
    enum err e = ERR_OK;
    *ended_out = 0;
    for (int i = 0; e == ERR_OK && i < 2; i++)
        e = count_changed(db, stmt_begin(db, both[i], "iii", user_id, now_s, keep), ended_out);
    return e;
}

enum err session_store_end(struct db *db, int64_t id, int64_t now_s)
{
    return stmt_run_one(db, SQL_SESSION_REVOKE, "ii", id, now_s);
}

enum err session_store_end_own(struct db *db, int64_t id, int64_t user_id, int64_t now_s)
{
    return stmt_run_one(db, SQL_SESSION_REVOKE_OWN, "iii", id, user_id, now_s);
}

enum err session_store_revoke_user(struct db *db, int64_t user_id, int64_t keep_id, int64_t now_s)
{
    return stmt_run(db, SQL_SESSION_REVOKE_USER, "iii", user_id, now_s, keep_id);
}

enum err session_store_revoke_client(struct db *db, const char *client_id, int64_t now_s)
{
    return stmt_run(db, SQL_SESSION_REVOKE_CLIENT, "si", client_id, now_s);
}

enum err session_store_revoke_tenant(struct db *db, const char *tenant_id, int64_t now_s)
{
    return stmt_run(db, SQL_SESSION_REVOKE_TENANT, "si", tenant_id, now_s);
}

/* A caller of session_store_list, called for each row. */
struct session_listing {
    session_store_each *each;
    void *ctx;
};

static enum err list_session(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct session_listing *l = ctx;
    struct session_row row = {.expires_s = 0};
    enum err e = row_read(st, &session_table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err session_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s,
                            int64_t limit, struct arena *arena, session_store_each *each, void *ctx)
{
    struct session_listing l = {each, ctx};
    enum sql id = user_id != 0 ? SQL_SESSION_LIST_USER : SQL_SESSION_LIST;
    return stmt_each(db, stmt_begin(db, id, "osii", stmt_or_null(&user_id), client_id, now_s, limit), arena,
                     list_session, &l);
}

enum err token_store_put(struct db *db, struct token_row *row)
{
    return stmt_number(db, row_begin(db, SQL_TOKEN_PUT, &table, row), &row->id);
}

enum err token_store_by_jti(struct db *db, const char *jti, struct arena *arena, struct token_row *out)
{
    return row_one(db, stmt_begin(db, SQL_TOKEN_BY_JTI, "s", jti), &table, arena, out);
}

enum err token_store_by_id(struct db *db, int64_t id, struct arena *arena, struct token_row *out)
{
    return row_one(db, stmt_begin(db, SQL_TOKEN_BY_ID, "i", id), &table, arena, out);
}

enum err token_store_newest(struct db *db, int64_t session_id, struct arena *arena, struct token_row *out)
{
    return row_one(db, stmt_begin(db, SQL_TOKEN_NEWEST, "i", session_id), &table, arena, out);
}

enum err token_store_use(struct db *db, int64_t id, int64_t now_s, int64_t successor_id)
{
    return stmt_run_one(db, SQL_TOKEN_USE, "iii", id, now_s, successor_id);
}

enum err token_store_note_reuse(struct db *db, int64_t id)
{
    return stmt_run_one(db, SQL_TOKEN_NOTE_REUSE, "i", id);
}

/* A caller of token_store_list, called for each row. */
struct listing {
    token_store_each *each;
    void *ctx;
};

static enum err list_token(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct token_row row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err token_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s, int64_t limit,
                          struct arena *arena, token_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db,
                     stmt_begin(db, SQL_TOKEN_LIST, "osii", stmt_or_null(&user_id), client_id, now_s, limit),
                     arena, list_token, &l);
}
