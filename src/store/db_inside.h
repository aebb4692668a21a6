/*
 * Inside store/: what a struct db is, and what its files say to each other: db.c (opening, transactions),
 * stmt.c (statements), wal.c (the log and the disk), create.c (making, migrating), backup.c, counter_store.c (what
 * commits with whatever else does).
 *
 * Depends on sqlite3, store/db, store/stmt.
 */
#ifndef STORE_DB_INSIDE_H
#define STORE_DB_INSIDE_H

#include <limits.h>
#include <sys/types.h>

#include "store/counter_store.h"
#include "store/stmt.h"

#define DB_UNSYNCED_SUFFIX "-unsynced"  /* wal.c: the marker of the failed state */
#define DB_ASIDE_SUFFIX    "-wal.aside" /* wal.c: a log of another database */

/* Which file it is, whatever its name. */
struct db_file {
    dev_t dev;
    ino_t ino;
};

/* What was counted and is not in the database: one entry per counter and hour. */
enum { DB_COUNTERS_MAX = 3 * COUNTER_COUNT };
struct db_counters {
    struct counter_row pending[DB_COUNTERS_MAX];
    size_t count;
    int64_t newest_s;  /* when something was counted last */
    int64_t written_s; /* up to when all is in the database */
    int64_t keep_s;    /* how long rows are kept; 0: for ever */
    bool collects;     /* for a few seconds, not only until the next commit */
    bool is_written;   /* within the transaction that is to commit */
    bool was_refused;  /* counter_flush failed, and nothing was counted since */
};

struct db {
    sqlite3 *handle;
    sqlite3_stmt *stmt[SQL_COUNT];
    const struct log *log;         /* borrowed */
    enum db_durability durability; /* of the transaction */
    int64_t patience_us;           /* how long to wait for other processes */
    int log_frames;                /* the log's length after the last commit */
    int checkpoint_frames;         /* from which on it is tried again to copy it back */
    bool in_transaction;
    bool in_read;     /* between db_read_begin and db_read_end */
    bool keeps_log;   /* at the end: db_keep_log */
    bool defers_sync; /* the caller waits for the disk */
    bool sync_due;    /* and has to */
    bool is_unsynced; /* a sync failed, and nothing has healed it: wal.c */
    bool is_healing;
    bool is_read_only;             /* a write was refused for that: db_is_read_only */
    bool has_folder;               /* while the journal is set: db_lock_folder, which would wait for itself */
    struct db_file file, log_file; /* that are open */
    struct db_counters counters;
    char journal_mode[16];
    char complaint[128]; /* what SQLite said last */
    char dir[PATH_MAX];
};

enum { DB_PATIENCE_US = 5 * 1000 * 1000 };

/* `dir`/menshen.db and a suffix ("-wal", ""). What is longer than PATH_MAX, the system will refuse. */
#define DB_PATH_CAP (PATH_MAX + 64)
void db_path(const char *dir, const char *suffix, char out[DB_PATH_CAP]);

/* A struct db of the folder `dir` that is not open yet. NULL without memory. */
struct db *db_new(const char *dir, const struct log *log);

/* Open db->dir's menshen.db and configure the connection. ERR_OK; ERR_STORE with `why` filled. */
enum err db_open_file(struct db *db, struct buf *why);

/* Whether nobody but its owner may come near `path`. ERR_OK; ERR_NOT_FOUND, ERR_IO, ERR_CONFIG with `why`
 * filled. */
enum err db_check_private(const char *path, struct buf *why);

/* Keep other processes from the few things that happen to the files themselves. The descriptor ends it when
 * it is closed; -1 where that cannot be had (on some network file systems). */
int db_lock_folder(const char *dir);

/* What root creates belongs to the owner of the data folder, or the web server could not use it. `fd` may be
 * -1. */
void db_give_to_owner(int fd, const char *dir);

/* backup.c: wait until a new file's content is on disk, and its name in its folder. False: errno says why. */
bool file_sync(int fd, const char *path);

/* create.c: mkdir -p with 0700 for what is missing, and a .htaccess. ERR_OK; ERR_IO, and ERR_CONFIG if the
 * folder looks public, with `why` filled. */
enum err db_make_folder(const char *dir, struct buf *why);

/* create.c: bring the schema to this version. ERR_OK; ERR_CONFIG with `why` filled; ERR_BUSY; ERR_STORE. */
enum err db_migrate(struct db *db, struct buf *why);

/* counter_store.c: write what was counted, if it is time to, as the last step of a transaction; and be told whether that
 * was committed. ERR_OK, ERR_STORE. */
enum err counter_write(struct db *db);
void counter_committed(struct db *db, bool is_committed);

/* stmt.c: SQLite's result code as an outcome; failures are logged with what was being done. */
enum err db_result(struct db *db, int rc, const char *doing);

/* SQL without parameters and rows. */
enum err db_exec(struct db *db, const char *sql);

/* The one number that `sql` gives. */
enum err db_pragma_int(struct db *db, const char *sql, int64_t *out);

/* The statement, prepared at its first use. NULL after a failure, which is logged. */
sqlite3_stmt *stmt_prepared(struct db *db, enum sql id);

/* wal.c: a sync failed, ours or one of SQLite's own; errno says how. */
void wal_sync_failed(struct db *db);

/* wal.c: whether a sync failed, here or elsewhere, and nothing has healed it. */
bool wal_is_unsynced(const struct db *db);

/* wal.c: ask for the journal that the file system bears, and for what goes with it. ERR_OK, ERR_STORE. */
enum err wal_configure(struct db *db);

/* wal.c: give the log's index the database's mode, which it may have been made with another of. SQLite does so with the
 * log alone; a site whose database could not be written for a while would not be written again. */
void wal_mend_index(const struct db *db);

/* wal.c: remember which file is about to be opened. (Before, so that one which is replaced meanwhile is noticed.) */
void wal_note_file(struct db *db);

/* wal.c: remember which log was opened, by the first read. */
void wal_note_log(struct db *db);

/* wal.c: before the connection is closed. */
void wal_close(struct db *db);

/* health.c: which of the files in `dir` this process may not use, and why. False if there is none. */
bool health_explain(const char *dir, struct buf *why);

#endif
