#include "store/token_store.h"

#include <string.h>

#include "store/stmt.h"

enum err session_store_put(struct db *db, struct session *s, int64_t expires_s)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_SESSION_PUT, "ossssssiii", stmt_or_null(&s->user_id), s->client_id,
                                  s->tenant_id, s->dialect, s->scope, s->fingerprint, s->address,
                                  s->created_s, s->family_end_s, expires_s);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        s->id = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
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

enum err session_store_end(struct db *db, int64_t id, int64_t now_s)
{
    return stmt_run_one(db, SQL_SESSION_REVOKE, "ii", id, now_s);
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
    struct session_row row = {.session = {.id = sqlite3_column_int64(st, 0),
                                          .user_id = sqlite3_column_int64(st, 8),
                                          .created_s = sqlite3_column_int64(st, 9),
                                          .family_end_s = sqlite3_column_int64(st, 12)},
                              .refreshed_s = sqlite3_column_int64(st, 10),
                              .expires_s = sqlite3_column_int64(st, 11)};
    struct session *s = &row.session;
    const char **texts[] = {&s->tenant_id, &row.account,    &s->client_id, &s->dialect,
                            &s->scope,     &s->fingerprint, &s->address};
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        *texts[i] = stmt_text(st, i + 1, arena);
        if (*texts[i] == NULL)
            return ERR_MEMORY;
    }
    return l->each(l->ctx, &row);
}

enum err session_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s,
                            int64_t limit, struct arena *arena, session_store_each *each, void *ctx)
{
    struct session_listing l = {each, ctx};
    return stmt_each(
        db, stmt_begin(db, SQL_SESSION_LIST, "osii", stmt_or_null(&user_id), client_id, now_s, limit), arena,
        list_session, &l);
}

enum err token_store_put(struct db *db, struct token_row *row)
{
    const char *refresh = row->refresh_jti[0] != '\0' ? row->refresh_jti : NULL;
    sqlite3_stmt *st = stmt_begin(db, SQL_TOKEN_PUT, "issiii", row->session.id, row->jti, refresh,
                                  row->issued_s, row->access_expires_s, row->refresh_expires_s);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        row->id = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}

static void read_jti(sqlite3_stmt *st, int column, char out[CODEC_UUID_CAP])
{
    const char *s = (const char *)sqlite3_column_text(st, column);
    size_t len = s != NULL ? strnlen(s, CODEC_UUID_CAP - 1) : 0;
    memcpy(out, s != NULL ? s : "", len);
    out[len] = '\0';
}

static enum err read_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    struct token_row *out = ctx;
    struct session *s = &out->session;
    const char **texts[] = {&s->client_id, &s->tenant_id,   &s->dialect,
                            &s->scope,     &s->fingerprint, &s->address};
    *out = (struct token_row){
        .id = sqlite3_column_int64(st, 0),
        .issued_s = sqlite3_column_int64(st, 3),
        .access_expires_s = sqlite3_column_int64(st, 4),
        .refresh_expires_s = sqlite3_column_int64(st, 5),
        .used_s = sqlite3_column_int64(st, 6),
        .successor_id = sqlite3_column_int64(st, 7),
        .session = {.id = sqlite3_column_int64(st, 8),
                    .user_id = sqlite3_column_int64(st, 9),
                    .created_s = sqlite3_column_int64(st, 16),
                    .family_end_s = sqlite3_column_int64(st, 17),
                    .revoked_s = sqlite3_column_int64(st, 18),
                    .client_locked = sqlite3_column_int(st, 19) != 0},
    };
    read_jti(st, 1, out->jti);
    read_jti(st, 2, out->refresh_jti);
    for (int i = 0; i < 6; i++) {
        *texts[i] = stmt_text(st, 10 + i, arena);
        if (*texts[i] == NULL)
            return ERR_MEMORY;
    }
    s->client_alg = sqlite3_column_type(st, 20) != SQLITE_NULL ? stmt_text(st, 20, arena) : "";
    s->client_audience = stmt_text(st, 21, arena);
    s->refresh_address = stmt_text(st, 22, arena);
    return s->client_alg != NULL && s->client_audience != NULL && s->refresh_address != NULL ? ERR_OK
                                                                                             : ERR_MEMORY;
}

enum err token_store_by_jti(struct db *db, const char *jti, struct arena *arena, struct token_row *out)
{
    return stmt_one(db, stmt_begin(db, SQL_TOKEN_BY_JTI, "s", jti), arena, read_row, out);
}

enum err token_store_by_id(struct db *db, int64_t id, struct arena *arena, struct token_row *out)
{
    return stmt_one(db, stmt_begin(db, SQL_TOKEN_BY_ID, "i", id), arena, read_row, out);
}

enum err token_store_newest(struct db *db, int64_t session_id, struct arena *arena, struct token_row *out)
{
    return stmt_one(db, stmt_begin(db, SQL_TOKEN_NEWEST, "i", session_id), arena, read_row, out);
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

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct token_row row;
    enum err e = read_row(st, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err token_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s, int64_t limit,
                          struct arena *arena, token_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db,
                     stmt_begin(db, SQL_TOKEN_LIST, "osii", stmt_or_null(&user_id), client_id, now_s, limit),
                     arena, list_row, &l);
}
