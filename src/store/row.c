#include "store/row.h"

#include <string.h>

/* ---- Reading ---- */

static enum err read_text(sqlite3_stmt *st, int i, struct arena *arena, const char **out)
{
    *out = sqlite3_column_type(st, i) != SQLITE_NULL ? stmt_text(st, i, arena) : "";
    return *out != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err read_chars(sqlite3_stmt *st, int i, char *out, size_t size)
{
    const char *s = (const char *)sqlite3_column_text(st, i);
    size_t len = s != NULL ? strlen(s) : 0;
    if (len >= size)
        return ERR_STORE;
    memcpy(out, s != NULL ? s : "", len + 1);
    return ERR_OK;
}

static enum err read_bytes(sqlite3_stmt *st, int i, const struct row_column *c, char *row)
{
    const void *data = sqlite3_column_blob(st, i);
    size_t len = data != NULL ? (size_t)sqlite3_column_bytes(st, i) : 0;
    bool there = len == c->size;
    if (len > c->size)
        return ERR_STORE;
    memset(row + c->offset, 0, c->size);
    if (len > 0)
        memcpy(row + c->offset, data, len);
    if (c->len_at != 0)
        memcpy(row + c->len_at, &len, sizeof len);
    if (c->flag_at != 0)
        memcpy(row + c->flag_at, &there, sizeof there);
    return ERR_OK;
}

static enum err read_column(sqlite3_stmt *st, int i, const struct row_column *c, struct arena *arena,
                            char *row)
{
    void *at = row + c->offset;
    switch (c->kind) {
    case ROW_TEXT:
        return read_text(st, i, arena, at);
    case ROW_INT:
        *(int64_t *)at = sqlite3_column_int64(st, i);
        return ERR_OK;
    case ROW_BOOL:
        *(bool *)at = sqlite3_column_int(st, i) != 0;
        return ERR_OK;
    case ROW_CHARS:
        return read_chars(st, i, at, c->size);
    default:
        return read_bytes(st, i, c, row);
    }
}

enum err row_read(sqlite3_stmt *st, const struct row_table *t, struct arena *arena, void *out)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < t->count; i++)
        e = read_column(st, (int)i, &t->column[i], arena, out);
    return e;
}

enum err row_one(struct db *db, sqlite3_stmt *st, const struct row_table *t, struct arena *arena, void *out)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = row_read(st, t, arena, out);
    return stmt_end(db, st, e);
}

/* ---- Writing ---- */

static int bind_text(sqlite3_stmt *st, int at, const char *text, bool optional)
{
    if (optional && (text == NULL || text[0] == '\0'))
        return sqlite3_bind_null(st, at);
    return sqlite3_bind_text(st, at, text != NULL ? text : "", -1, SQLITE_STATIC);
}

static int bind_int(sqlite3_stmt *st, int at, int64_t value, bool optional)
{
    return optional && value == 0 ? sqlite3_bind_null(st, at) : sqlite3_bind_int64(st, at, value);
}

static int bind_bytes(sqlite3_stmt *st, int at, const struct row_column *c, const char *row)
{
    size_t len = c->size;
    if (c->len_at != 0)
        memcpy(&len, row + c->len_at, sizeof len);
    if (c->flag_at != 0 && !*(const bool *)(row + c->flag_at))
        return sqlite3_bind_null(st, at);
    return sqlite3_bind_blob64(st, at, row + c->offset, len, SQLITE_STATIC);
}

static int bind_column(sqlite3_stmt *st, int at, const struct row_column *c, const char *row)
{
    const void *value = row + c->offset;
    switch (c->kind) {
    case ROW_TEXT:
        return bind_text(st, at, *(const char *const *)value, c->optional);
    case ROW_INT:
        return bind_int(st, at, *(const int64_t *)value, c->optional);
    case ROW_BOOL:
        return sqlite3_bind_int64(st, at, *(const bool *)value);
    case ROW_CHARS:
        return bind_text(st, at, value, c->optional);
    default:
        return bind_bytes(st, at, c, row);
    }
}

sqlite3_stmt *row_begin(struct db *db, enum sql id, const struct row_table *t, const void *row)
{
    sqlite3_stmt *st = stmt_begin(db, id, "");
    for (size_t i = 0; st != NULL && i < t->count; i++) {
        int at = sqlite3_bind_parameter_index(st, t->column[i].parameter);
        if (at == 0 || bind_column(st, at, &t->column[i], row) == SQLITE_OK)
            continue;
        sqlite3_clear_bindings(st);
        st = NULL;
    }
    return st;
}

enum err row_run_one(struct db *db, enum sql id, const struct row_table *t, const void *row)
{
    sqlite3_stmt *st = row_begin(db, id, t, row);
    return stmt_end(db, st, stmt_step(db, st));
}

enum err row_run(struct db *db, enum sql id, const struct row_table *t, const void *row)
{
    enum err e = row_run_one(db, id, t, row);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
