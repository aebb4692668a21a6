#include "store/db_inside.h"

#include <stdarg.h>
#include <stdio.h>

enum err db_result(struct db *db, int rc, const char *doing)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ERR_OK;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        LOG_SOME(db->log, ERR_LEVEL_WARN, "db_busy", LOG_S("error", err_info(ERR_BUSY)->name),
                 LOG_S("doing", doing));
        return ERR_BUSY;
    default:
        LOG_SOME(db->log, ERR_LEVEL_ERROR, "db_error", LOG_S("error", err_info(ERR_STORE)->name),
                 LOG_S("doing", doing), LOG_N("code", rc), LOG_S("message", sqlite3_errmsg(db->handle)));
        if (rc == SQLITE_IOERR_FSYNC)
            wal_sync_failed(db);
        if ((rc & 0xFF) == SQLITE_READONLY)
            db->is_read_only = true;
        snprintf(db->complaint, sizeof db->complaint, "%s", sqlite3_errmsg(db->handle));
        return ERR_STORE;
    }
}

sqlite3_stmt *stmt_prepared(struct db *db, enum sql id)
{
    if (db->stmt[id] == NULL) {
        int rc =
            sqlite3_prepare_v3(db->handle, sql_text[id], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[id], NULL);
        db_result(db, rc, sql_text[id]);
    }
    return db->stmt[id];
}

static int bind_one(sqlite3_stmt *st, int at, char type, va_list *ap)
{
    if (type == 's')
        return sqlite3_bind_text(st, at, va_arg(*ap, const char *), -1, SQLITE_STATIC);
    if (type == 'i')
        return sqlite3_bind_int64(st, at, va_arg(*ap, int64_t));
    if (type == 'o') {
        const int64_t *v = va_arg(*ap, const int64_t *);
        return v != NULL ? sqlite3_bind_int64(st, at, *v) : sqlite3_bind_null(st, at);
    }
    const void *data = va_arg(*ap, const void *);
    size_t len = va_arg(*ap, size_t);
    return sqlite3_bind_blob64(st, at, data, len, SQLITE_STATIC);
}

static sqlite3_stmt *begin_v(struct db *db, enum sql id, const char *types, va_list *ap)
{
    sqlite3_stmt *st = stmt_prepared(db, id);
    int rc = SQLITE_OK;
    if (db->in_read && st != NULL && sqlite3_stmt_readonly(st) == 0)
        db_read_end(db); /* what others wrote since could not be written over */
    for (int i = 0; st != NULL && rc == SQLITE_OK && types[i] != '\0'; i++)
        rc = bind_one(st, i + 1, types[i], ap);
    if (rc != SQLITE_OK) {
        db_result(db, rc, sql_text[id]);
        sqlite3_clear_bindings(st);
        return NULL;
    }
    return st;
}

sqlite3_stmt *stmt_begin(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *st = begin_v(db, id, types, &ap);
    va_end(ap);
    return st;
}

enum err stmt_step(struct db *db, sqlite3_stmt *st)
{
    if (st == NULL)
        return ERR_STORE;
    int rc = sqlite3_step(st);
    return rc == SQLITE_DONE ? ERR_NOT_FOUND : db_result(db, rc, sqlite3_sql(st));
}

enum err stmt_end(struct db *db, sqlite3_stmt *st, enum err e)
{
    if (st == NULL)
        return e != ERR_OK ? e : ERR_STORE;
    enum err rest = ERR_OK;
    while (e == ERR_OK && rest == ERR_OK)
        rest = stmt_step(db, st);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e != ERR_OK || rest == ERR_NOT_FOUND ? e : rest;
}

static enum err run_v(struct db *db, enum sql id, const char *types, va_list *ap, bool wants_row)
{
    sqlite3_stmt *st = begin_v(db, id, types, ap);
    enum err e = stmt_end(db, st, stmt_step(db, st));
    return e == ERR_NOT_FOUND && !wants_row ? ERR_OK : e;
}

enum err stmt_run(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    enum err e = run_v(db, id, types, &ap, false);
    va_end(ap);
    return e;
}

enum err stmt_run_one(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    enum err e = run_v(db, id, types, &ap, true);
    va_end(ap);
    return e;
}

enum err stmt_one(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = row(st, arena, ctx);
    return stmt_end(db, st, e);
}

enum err stmt_number(struct db *db, sqlite3_stmt *st, int64_t *out)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        *out = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}

enum err stmt_each(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx)
{
    enum err e;
    bool is_for_rows = arena->used == 0;
    while ((e = stmt_step(db, st)) == ERR_OK) {
        e = row(st, arena, ctx);
        if (is_for_rows)
            arena_reset(arena);
        if (e != ERR_OK)
            break;
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

const int64_t *stmt_or_null(const int64_t *v)
{
    return *v != 0 ? v : NULL;
}

char *stmt_text(sqlite3_stmt *st, int column, struct arena *arena)
{
    const char *s = (const char *)sqlite3_column_text(st, column);
    return s != NULL ? arena_strndup(arena, s, (size_t)sqlite3_column_bytes(st, column)) : NULL;
}

enum err db_exec(struct db *db, const char *sql)
{
    return db_result(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL), sql);
}

enum err db_pragma_int(struct db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return db_result(db, rc, sql);
}
