/*
 * Inside store/: running the statements of sql.h. The only header that shows SQLite's types.
 * Depends on sqlite3, store/db, store/sql, base/arena.
 */
#ifndef STORE_STMT_H
#define STORE_STMT_H

#include <sqlite3.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/sql.h"

/*
 * Get a statement with its parameters bound, one letter each in `types`:
 *   s  const char *, NULL for NULL      i  int64_t
 *   o  const int64_t *, NULL for NULL   b  const void *, size_t (a NULL pointer is NULL)
 * Texts and blobs are borrowed until stmt_end. NULL after a failure, which is logged.
 */
sqlite3_stmt *stmt_begin(struct db *db, enum sql id, const char *types, ...);

/* Step once: ERR_OK with a row; ERR_NOT_FOUND at the end; ERR_EXISTS, ERR_BUSY, ERR_STORE. Accepts NULL. */
enum err stmt_step(struct db *db, sqlite3_stmt *st);

/*
 * Step to the end, so that a failure of the statement itself is seen, then reset and unbind. Hands `e`
 * through unless it is ERR_OK and the rest fails. Accepts NULL.
 */
enum err stmt_end(struct db *db, sqlite3_stmt *st, enum err e);

/* Begin, run to the end, reset. For statements whose rows do not matter. */
enum err stmt_run(struct db *db, enum sql id, const char *types, ...);

/* Begin and run; ERR_NOT_FOUND if it returned no row (RETURNING tells that something was changed). */
enum err stmt_run_one(struct db *db, enum sql id, const char *types, ...);

/*
 * Read one row, or call for every row, and end the statement. `row` reads with texts in `arena`; stmt_each
 * stops at the first result that is not ERR_OK. An arena that is empty it resets after each row, so that there may be
 * any number of them; in one that holds something already, a request's, the texts of all rows stay. ERR_NOT_FOUND
 * from stmt_one: no row.
 */
typedef enum err stmt_row(sqlite3_stmt *st, struct arena *arena, void *ctx);
enum err stmt_one(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx);
enum err stmt_each(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx);

/* The same for a row that is one number. */
enum err stmt_number(struct db *db, sqlite3_stmt *st, int64_t *out);

/* For the letter o: NULL where 0 stands for "none". */
const int64_t *stmt_or_null(const int64_t *v);

/* A text column copied into the arena; NULL for NULL, or when the arena is full. */
char *stmt_text(sqlite3_stmt *st, int column, struct arena *arena);

#endif
