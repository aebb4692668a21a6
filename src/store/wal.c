/*
 * The log and the disk: what is durable and when, and when the log is copied back.
 */
#include "store/db_inside.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    CHECKPOINT_FRAMES = 4000, /* 16 MiB */
    CHECKPOINT_RETRY_FRAMES = 500,
    CHECKPOINT_WAIT_US = 20 * 1000
};

static bool has_log(const struct db *db)
{
    return strcmp(db->journal_mode, "wal") == 0;
}

enum err db_sync(struct db *db)
{
    sqlite3_file *file = NULL;
    if (!has_log(db))
        return ERR_OK; /* synchronous = FULL, see configure */
    if (db->defers_sync) {
        db->sync_due = true;
        return ERR_OK;
    }
    int rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (rc == SQLITE_OK && file->pMethods != NULL)
        rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
    return db_result(db, rc, "sync");
}

/* The log stays the file that it is while any connection is open, and SQLite takes no POSIX locks on it, so
 * that closing another descriptor of it is harmless. */
enum err db_defer_sync(struct db *db, int *fd_out)
{
    *fd_out = -1;
    if (!has_log(db))
        return ERR_OK;
    enum err e = db_sync(db); /* SQLite's first one writes the log's name in its folder */
    if (e != ERR_OK)
        return e;
    *fd_out = open(sqlite3_filename_wal(sqlite3_db_filename(db->handle, "main")), O_RDWR | O_CLOEXEC);
    db->defers_sync = *fd_out >= 0;
    return db->defers_sync ? ERR_OK : ERR_STORE;
}

bool db_take_due(struct db *db)
{
    bool due = db->sync_due;
    db->sync_due = false;
    return due;
}

const char *db_journal_mode(const struct db *db)
{
    return db->journal_mode;
}

/* WAL keeps its index in shared memory, which network and user-space file systems do not share between hosts.
 */
static bool is_network_fs(const char *dir)
{
    struct statfs fs;
    if (statfs(dir, &fs) != 0)
        return true;
    switch ((unsigned long)fs.f_type & 0xFFFFFFFFUL) {
    case 0x6969UL:     /* NFS */
    case 0xFF534D42UL: /* CIFS */
    case 0xFE534D42UL: /* SMB2 */
    case 0x517BUL:     /* SMB */
    case 0x65735546UL: /* FUSE */
    case 0x01021997UL: /* 9P */
        return true;
    default:
        return false;
    }
}

/* Ask for the journal that the file system bears, and remember which one SQLite gave. */
static enum err set_journal(struct db *db, const char *dir)
{
    const char *sql = is_network_fs(dir) ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL";
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        snprintf(db->journal_mode, sizeof db->journal_mode, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return db_result(db, rc, sql);
}

/*
 * After a commit. SQLite's own hook copies the log back after every commit once it is long, and with two busy
 * processes it stays long: while one copies, the other commits, so that the log never starts anew and commits
 * wait for the disk again and again. This one copies rarely: most of it while the others go on writing, and
 * then, while they are kept from it, what they added meanwhile, so that the log starts anew. Where somebody
 * else is at it already, it is left to them.
 */
static int checkpoint(void *ctx, sqlite3 *handle, const char *name, int frames)
{
    struct db *db = ctx;
    if (frames < CHECKPOINT_FRAMES)
        db->checkpoint_frames = CHECKPOINT_FRAMES;
    if (frames < db->checkpoint_frames)
        return SQLITE_OK;
    int rc = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    db->patience_us = CHECKPOINT_WAIT_US;
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    db->patience_us = DB_PATIENCE_US;
    /* While somebody reads for long, as a backup does, the log goes on growing. */
    db->checkpoint_frames = rc == SQLITE_OK ? CHECKPOINT_FRAMES : frames + CHECKPOINT_RETRY_FRAMES;
    return SQLITE_OK;
}

enum err wal_configure(struct db *db, const char *dir)
{
    sqlite3_wal_hook(db->handle, checkpoint, db);
    enum err e = set_journal(db, dir);
    return e == ERR_OK
               ? db_exec(db, has_log(db) ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL")
               : e;
}
