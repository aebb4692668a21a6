/*
 * The database: one SQLite file that all worker processes share. This header is what the layers above see of
 * it; no SQLite type leaves store/.
 *
 * Depends on sqlite3, base/log, base/err.
 * Source: DESIGN, section SQLite; schema.sql.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

#define DB_FILE           "menshen.db"
#define DB_APPLICATION_ID 0x4D656E53 /* "MenS", as schema.sql sets it */

struct db;

enum db_durability {
    DB_RELAXED, /* captchas and counters: a power cut may lose the last moment of them, never corrupt the file
                 */
    DB_DURABLE, /* users, clients, keys, tokens: on disk before the commit returns */
};

/*
 * Create folder (0700), a .htaccess that keeps Apache from giving it out, and database (0600) from
 * schema.sql.
 *
 * dir      absolute path.
 * why      receives what is wrong and what to do.
 *
 * ERR_OK; ERR_EXISTS if there is a database already; ERR_CONFIG if the folder looks public (place_check);
 * ERR_IO; ERR_STORE. A failure leaves no database behind.
 */
enum err db_create(const char *dir, struct buf *why);

/* Remove the database in `dir`: what db_create made and could not be filled. It must not be open. */
void db_discard(const char *dir);

/*
 * Make a database that nobody sees before it is filled: db_create in a new folder within `dir`, whose path is written
 * to hidden_out (PATH_MAX bytes). Open, fill and close it there; then db_publish puts it into `dir`, if none stands
 * there by now, and db_discard_hidden does away with what is not wanted any more. Of any number of processes that do
 * this at once, one succeeds.
 *
 * ERR_OK; ERR_EXISTS, with the one that is there left as it is; else as db_create. db_publish also ERR_NOT_DURABLE: it
 * is in place, and the disk has not confirmed it.
 */
enum err db_create_hidden(const char *dir, char hidden_out[PATH_MAX], struct buf *why);
enum err db_publish(const char *hidden, const char *dir, struct buf *why);
void db_discard_hidden(const char *hidden);

/*
 * Whether there was never a database in `dir`, as far as can be told: it is not there, or has nothing in it but what
 * is made before a database is, the log (its path, NULL or any text if it is no file) among it. False if it cannot be
 * looked into.
 */
bool db_folder_is_new(const char *dir, const char *log_path);

/* Write a small file beside the database, 0600, whole or not at all; one of that name is replaced. ERR_OK; ERR_IO with
 * `why` filled. */
enum err db_put_beside(const char *dir, const char *name, const char *text, struct buf *why);

/*
 * Lock an empty file beside the database, which is made if it is missing, among the processes that do one thing of a site
 * one at a time; until the descriptor that is returned is closed, or the process ends.
 *
 * waits  for whoever has it.
 *
 * -1, with errno: EWOULDBLOCK if somebody has it; anything else: it cannot be locked here.
 */
int db_lock_beside(const char *dir, const char *name, bool waits);

/*
 * Open the database in `dir`, and bring an older one to this version's schema.
 *
 * log      borrowed; receives database errors. db_out is to be closed with db_close.
 * why      as db_create.
 *
 * ERR_OK; ERR_NOT_FOUND (no database: init was not run); ERR_CONFIG (others may read it; newer than this
 * binary); ERR_STORE.
 */
enum err db_open(const char *dir, const struct log *log, struct db **db_out, struct buf *why);
void db_close(struct db *db);

/*
 * A write transaction (BEGIN IMMEDIATE). ERR_OK; ERR_BUSY after 5 s of waiting; ERR_STORE. What db_commit did
 * not return ERR_OK for has not happened: it rolls back by itself. But for ERR_NOT_DURABLE: that has
 * happened, all see it, and the disk has not confirmed it.
 */
enum err db_begin(struct db *db, enum db_durability durability);
enum err db_commit(struct db *db);
void db_rollback(struct db *db);

/*
 * Let the reads that follow see the database as it is at the first of them, which costs less than looking
 * anew each time: SQLite locks, and compares what it has in memory, once. It ends with the first statement
 * that writes, with db_begin, or with db_read_end, which does nothing if it has ended, or on NULL. While it lasts the log
 * cannot start anew: end it before anything slow. ERR_OK, ERR_STORE.
 */
enum err db_read_begin(struct db *db);
void db_read_end(struct db *db);

/*
 * Wait until all that was committed so far, by whatever process, is on disk. A durable commit ends with it.
 * (By synchronous = FULL the disk would work within the transaction, where it keeps the others from writing.)
 * For an answer that repeats what another process has just issued, or finds done what it was asked to do.
 * ERR_OK; ERR_NOT_DURABLE: nobody may be told.
 */
enum err db_sync(struct db *db);

/*
 * Leave the waiting for the disk to the caller: from now on durable commits and db_sync do not wait, they
 * note that nobody may be told yet. For a worker that goes on with the next request meanwhile. On a network
 * file system, where there is no log, commits go on waiting.
 */
void db_defer_sync(struct db *db);

/*
 * Let db_close leave a short log as it is: for a process that lives for one request (CGI) and would copy it
 * back each time. Without this, what a connection wrote is in the database file itself when it is the last to
 * close, for whoever copies that file by hand.
 */
void db_keep_log(struct db *db);

/* Whether since the last call something was done that has to be on disk before anybody is told. */
bool db_take_due(struct db *db);

/*
 * Wait until everything that was committed so far is on disk. After one failure nothing is, until the whole
 * log could be written again and copied back, which each later call tries first. Not within a transaction.
 *
 * ERR_OK; ERR_NOT_DURABLE: what was committed is seen by all, and may be lost in a power cut: nobody may be
 * told.
 */
enum err db_flush(struct db *db);

/*
 * Whether the log is so long that db_checkpoint should copy it back, which takes its time. Without
 * db_defer_sync durable and relaxed commits do it by themselves.
 */
bool db_checkpoint_is_due(const struct db *db);
void db_checkpoint(struct db *db);

/* End a transaction by the result of its body: commit when `e` is ERR_OK, else roll back and hand `e`
 * through. */
enum err db_end(struct db *db, enum err e);

/*
 * Delete a bounded number of expired rows (captchas, counters, tokens, sessions, links, mail, audit): called inside
 * ordinary write transactions, since there is no cron. ERR_OK, ERR_STORE.
 */
enum err db_purge_step(struct db *db, int64_t now_s, int rows_max);

/*
 * How many rows of each table were, by what they say, made after now, by a clock that was ahead (or the clock is
 * behind now). They bind nobody. A pass over everything: for doctor.
 */
enum { DB_AHEAD_TABLES = 12 };
extern const char *const db_ahead_tables[DB_AHEAD_TABLES]; /* their names */
enum err db_ahead_count(struct db *db, int64_t now_s, int64_t counts_out[DB_AHEAD_TABLES]);

/* Delete those of them that nobody will miss: tokens, sessions, links, mail, captchas, counters. Within a transaction. */
enum err db_purge_ahead(struct db *db, int64_t now_s);

/* How many rows db_purge_step has still to delete. ERR_OK, ERR_STORE. */
enum err db_expired_count(struct db *db, int64_t now_s, int64_t *count_out);

/*
 * Write a copy of the database, as it is at this moment, to the new file `path` (0600), while others go on
 * using it. It is on disk before this returns.
 *
 * why  as db_create.
 *
 * ERR_OK; ERR_EXISTS if the file is there already; ERR_IO; ERR_BUSY; ERR_STORE. A failure leaves no file.
 */
enum err db_backup(struct db *db, const char *path, struct buf *why);

/*
 * Put the database `from` in the place of the one in `dir`, while others use that one: they find out by
 * db_is_replaced. It is examined first: that it is a database of Menshen, of this version's schema or an
 * older one, whole, and free of rows that refer to nothing. A crash at any moment leaves the one or the
 * other.
 *
 * from  a file that db_backup made, or a copy of a database with its -wal beside it. It is only read.
 * kept  receives the path that the old database has now; nothing if there was none.
 * why   as db_create.
 *
 * ERR_OK; ERR_IO, ERR_CONFIG (it cannot serve), ERR_EXISTS (it is the database in use), ERR_BUSY, ERR_STORE:
 * nothing was changed. ERR_NOT_DURABLE, with `why` filled: it is in place, and the disk has not confirmed it.
 */
enum err db_restore(const char *dir, const char *from, const struct log *log, struct buf *kept,
                    struct buf *why);

/*
 * Whether another file stands where the open database, or its log, was opened, or another database was copied
 * into it: what is written here, nobody will see. Close it and open what is there. Costs three system calls.
 */
bool db_is_replaced(const struct db *db);

/*
 * Whether a write was refused because the database, or its log, was opened for reading only: its mode, its owner
 * or the file system allowed no more then. When that is mended, only one that is opened anew can write.
 */
bool db_is_read_only(const struct db *db);

/*
 * Write something that changes nothing (a page of the log), to find out whether writing works.
 *
 * why  receives which file is in the way, its owner and mode, and who this process is. For the
 *      operator: it has paths.
 *
 * ERR_OK; ERR_BUSY; ERR_NOT_DURABLE (a sync has failed); ERR_STORE.
 */
enum err db_test_write(struct db *db, struct buf *why);

/* The journal mode in use: "wal", or "truncate" on a network file system. */
const char *db_journal_mode(const struct db *db);

/* PRAGMA integrity_check: appends its lines ("ok" if all is well). ERR_OK, ERR_STORE. */
enum err db_integrity(struct db *db, struct buf *out);

/* Prepare every row of the SQL table. ERR_OK; ERR_STORE after logging the row that fails. For a test and for
 * doctor. */
enum err db_prepare_all(struct db *db);

#endif
