/*
 * Inside store/: rows of a table as structs, by a description of each column. What a description says is used both
 * ways: to read what a statement selects, and to bind what it inserts or changes.
 * Depends on sqlite3, store/stmt, base/arena.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "store/stmt.h"

enum row_kind {
    ROW_TEXT,  /* const char *; NULL is written as "" */
    ROW_INT,   /* int64_t */
    ROW_BOOL,  /* bool */
    ROW_CHARS, /* char[], NUL-terminated */
    ROW_BYTES, /* unsigned char[]: as long as len_at says, or of full length if flag_at says that it is there */
};

struct row_column {
    const char *parameter; /* its name in statements that write it: ":name" */
    size_t offset;         /* of the member in the struct */
    size_t size;           /* of the member, in bytes */
    enum row_kind kind;
    bool optional;  /* the struct's "" or 0 is NULL in the database */
    size_t len_at;  /* of ROW_BYTES: offset of the size_t that counts them; 0: there is none */
    size_t flag_at; /* of ROW_BYTES: offset of the bool that says whether they are there; 0: there is none */
};

/*
 * A description: one column after the other as the statement selects them, the kind from the member's type.
 * ROW_NAMED is for a member whose path in the struct is longer than its name.
 */
#define ROW_COLUMN(TYPE, MEMBER, ...) ROW_NAMED(MEMBER, TYPE, MEMBER, __VA_ARGS__)
#define ROW_NAMED(NAME, TYPE, MEMBER, ...)                                                                     \
    {                                                                                                          \
        .parameter = ":" #NAME, .offset = offsetof(TYPE, MEMBER), .size = sizeof((TYPE *)0)->MEMBER,         \
        .kind = _Generic(((TYPE *)0)->MEMBER, const char *                                                   \
                         : ROW_TEXT, int64_t                                                                 \
                         : ROW_INT, bool                                                                     \
                         : ROW_BOOL, char *                                                                  \
                         : ROW_CHARS, unsigned char *                                                        \
                         : ROW_BYTES),                                                                       \
        __VA_ARGS__ \
    }

struct row_table {
    const struct row_column *column;
    size_t count;
};

#define ROW_TABLE(COLUMNS)                                                                                   \
    {                                                                                                        \
        COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS)[0]                                                        \
    }

/*
 * Read the statement's current row into the struct at `out`, texts in `arena`; NULL is "" or 0. Members that the
 * table does not describe are left as they are. ERR_OK; ERR_MEMORY; ERR_STORE (a value that does not fit).
 */
enum err row_read(sqlite3_stmt *st, const struct row_table *t, struct arena *arena, void *out);

/* The same for the first row, and end the statement. ERR_NOT_FOUND: no row. */
enum err row_one(struct db *db, sqlite3_stmt *st, const struct row_table *t, struct arena *arena, void *out);

/* Get a statement with those of its parameters bound that are named after a column. As stmt_begin. */
sqlite3_stmt *row_begin(struct db *db, enum sql id, const struct row_table *t, const void *row);

/* Begin, run to the end, reset. As stmt_run and stmt_run_one. */
enum err row_run(struct db *db, enum sql id, const struct row_table *t, const void *row);
enum err row_run_one(struct db *db, enum sql id, const struct row_table *t, const void *row);

#endif
