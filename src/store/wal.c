/*
 * The log and the disk, all of it: whether a sync is owed, waiting for the disk, what follows when the disk
 * fails, and copying the log back (checkpoints).
 *
 * A failed sync is a state, not an event. Linux forgets pages that it could not write: it marks them clean,
 * and the next fdatasync says that all is well, over a hole in the log behind which nothing is found after a
 * power cut. So after one failure nothing counts as durable until heal() has put the whole log on the disk
 * again.
 *
 * Linux tells of a failure once for each open file (errseq_t): every process that had the log open hears of
 * it by itself, at its next sync; one that opens the log later does not. For those there is a file beside the
 * database, menshen.db-unsynced, that whoever fails leaves and whoever heals removes. It need not be durable:
 * after a power cut there are no pages that only the memory has.
 */
#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    CHECKPOINT_FRAMES = 4000, /* 16 MiB */
    CHECKPOINT_RETRY_FRAMES = 500,
    CHECKPOINT_WAIT_US = 20 * 1000,
    KEPT_FRAMES = 64, /* all of them are read at the next open */
    COPY_BYTES = 32 * 1024
};

static bool has_log(const struct db *db)
{
    return strcmp(db->journal_mode, "wal") == 0;
}

/* SQLite's own open file: it knows whether the name in the folder is still to be synced. NULL: there is none.
 */
static sqlite3_file *log_file(struct db *db)
{
    sqlite3_file *file = NULL;
    int rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return rc == SQLITE_OK && file->pMethods != NULL ? file : NULL;
}

/* ---- The failed state -------------------------------------------------------------------------------- */

static bool is_marked(const struct db *db)
{
    char path[DB_PATH_CAP];
    db_path(db->dir, DB_UNSYNCED_SUFFIX, path);
    return access(path, F_OK) == 0;
}

/* Leave the marker for the others. Not while somebody heals, who would remove it for the failure before. */
static void mark(struct db *db)
{
    char path[DB_PATH_CAP];
    int lock = db->has_folder ? -1 : db_lock_folder(db->dir);
    db_path(db->dir, DB_UNSYNCED_SUFFIX, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        LOG(db->log, ERR_LEVEL_ERROR, "unsynced_not_marked", LOG_S("path", path),
            LOG_S("message", strerror(errno)));
    db_give_to_owner(fd, db->dir);
    close(fd);
    close(lock);
}

void wal_sync_failed(struct db *db)
{
    if (db->is_healing)
        return; /* the state lasts */
    LOG_SOME(db->log, ERR_LEVEL_ERROR, "sync_failed", LOG_S("message", strerror(errno)),
             LOG_S("data_dir", db->dir),
             LOG_S("hint", "nothing is durable until the log could be written again; check the disk"));
    db->is_unsynced = true;
    mark(db);
}

bool wal_is_unsynced(const struct db *db)
{
    return db->is_unsynced || is_marked(db);
}

static bool sync_log(struct db *db)
{
    sqlite3_file *file = log_file(db);
    return file == NULL ||
           file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK;
}

/* Read the log, as all see it in memory, and write it to where it stands: the pages are to be written again
 * then. Nobody else may be writing. */
static bool write_log_again(struct db *db)
{
    char bytes[COPY_BYTES];
    sqlite3_int64 size = 0;
    sqlite3_file *file = log_file(db);
    if (file == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return false;
    for (sqlite3_int64 at = 0; at < size; at += COPY_BYTES) {
        int n = size - at < COPY_BYTES ? (int)(size - at) : COPY_BYTES;
        if (file->pMethods->xRead(file, bytes, n, at) != SQLITE_OK ||
            file->pMethods->xWrite(file, bytes, n, at) != SQLITE_OK)
            return false;
    }
    return sync_log(db);
}

static enum err make_log_whole(struct db *db)
{
    enum err e = stmt_run(db, SQL_BEGIN, "");
    if (e != ERR_OK)
        return e;
    bool whole = write_log_again(db);
    e = stmt_run(db, SQL_ROLLBACK, "");
    return whole ? e : ERR_STORE;
}

/*
 * Put on the disk what may have been lost: first the log, and then, by a checkpoint that copies and syncs all
 * of it, the database. In this order: a checkpoint out of a log that the disk has only in part would, after a
 * power cut in the midst of it, leave new pages in the database and old ones in what is readable of the log.
 */
static enum err heal(struct db *db)
{
    char path[DB_PATH_CAP];
    if (db->in_transaction)
        return ERR_NOT_DURABLE;
    db_read_end(db);
    db_path(db->dir, DB_UNSYNCED_SUFFIX, path);
    int lock = db_lock_folder(db->dir);
    db->is_healing = true;
    enum err e = make_log_whole(db);
    if (e == ERR_OK)
        e = db_result(db,
                      sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
                      "healing checkpoint");
    db->is_healing = false;
    if (e == ERR_OK && unlink(path) != 0 && errno != ENOENT)
        e = ERR_STORE;
    db->is_unsynced = e != ERR_OK;
    close(lock);
    LOG_SOME(db->log, e == ERR_OK ? ERR_LEVEL_WARN : ERR_LEVEL_ERROR,
             e == ERR_OK ? "sync_healed" : "sync_not_healed", LOG_S("result", err_info(e)->name),
             LOG_S("data_dir", db->dir));
    return e == ERR_OK ? ERR_OK : ERR_NOT_DURABLE;
}

/* ---- Waiting for the disk ---------------------------------------------------------------------------- */

enum err db_flush(struct db *db)
{
    if (db_is_replaced(db)) {
        LOG(db->log, ERR_LEVEL_ERROR, "database_replaced", LOG_S("data_dir", db->dir));
        return ERR_NOT_DURABLE;
    }
    if (!has_log(db))
        return ERR_OK; /* synchronous = FULL: the commits have waited */
    if (!db->is_unsynced && !sync_log(db))
        wal_sync_failed(db);
    /* Looked for after the sync: of a failure before it the marker is there by now. */
    return wal_is_unsynced(db) ? heal(db) : ERR_OK;
}

enum err db_sync(struct db *db)
{
    if (!db->defers_sync)
        return db_flush(db);
    db->sync_due = true;
    return ERR_OK;
}

void db_defer_sync(struct db *db)
{
    db->defers_sync = has_log(db);
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

/* Whether the database's header says that it is written by way of a log (SQLite's file format, section 1.3).
 * Read without any lock, as a glance. */
static bool is_log_mode(const struct db *db)
{
    unsigned char version[2] = {0, 0};
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file->pMethods == NULL)
        return false;
    file->pMethods->xRead(file, version, sizeof version, 18);
    return version[0] == 2 && version[1] == 2;
}

/*
 * A log beside a database that says that it has none belongs to another one, whose place a copy has taken;
 * SQLite would read it all the same. Copies that VACUUM makes (`menshen backup`) say so, and `menshen
 * restore` relies on it.
 */
static void set_log_aside(struct db *db)
{
    char path[DB_PATH_CAP], aside[DB_PATH_CAP];
    struct stat st;
    db_path(db->dir, "-shm", path);
    unlink(path);
    db_path(db->dir, "-wal", path);
    db_path(db->dir, DB_ASIDE_SUFFIX, aside);
    if (stat(path, &st) != 0)
        return;
    if (st.st_size == 0 ? unlink(path) != 0 : rename(path, aside) != 0)
        LOG(db->log, ERR_LEVEL_ERROR, "log_not_set_aside", LOG_S("path", path),
            LOG_S("message", strerror(errno)));
    else if (st.st_size > 0)
        LOG(db->log, ERR_LEVEL_WARN, "log_set_aside", LOG_S("path", aside),
            LOG_S("hint", "it belongs to the database that was here before"));
}

/* Ask for a journal, and remember which one SQLite gave. */
static enum err ask_for_journal(struct db *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    while (rc == SQLITE_ROW) {
        snprintf(db->journal_mode, sizeof db->journal_mode, "%s", (const char *)sqlite3_column_text(st, 0));
        rc = sqlite3_step(st); /* it is only now that the database's header is written, which may fail */
    }
    sqlite3_finalize(st);
    return db_result(db, rc, sql);
}

/* The journal that the file system bears. A database that has its log already is not asked. */
static enum err set_journal(struct db *db)
{
    bool wants_log = !is_network_fs(db->dir);
    if (wants_log && is_log_mode(db)) {
        memcpy(db->journal_mode, "wal", sizeof "wal");
        return ERR_OK;
    }
    int lock = db_lock_folder(db->dir);
    db->has_folder = true;
    if (!is_log_mode(db)) /* nobody was faster */
        set_log_aside(db);
    enum err e =
        ask_for_journal(db, wants_log ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = TRUNCATE");
    db->has_folder = false;
    close(lock);
    return e;
}

/* ---- The files that are open, and those that are there ----------------------------------------------- */

static bool is_file(const char *path, const struct db_file *f)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

static struct db_file file_at(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (struct db_file){st.st_dev, st.st_ino} : (struct db_file){0};
}

void wal_mend_index(const struct db *db)
{
    char path[DB_PATH_CAP], index[DB_PATH_CAP];
    struct stat file, st;
    db_path(db->dir, "", path);
    db_path(db->dir, "-shm", index);
    bool differs = stat(path, &file) == 0 && lstat(index, &st) == 0 && S_ISREG(st.st_mode) &&
                   st.st_uid == file.st_uid && ((st.st_mode ^ file.st_mode) & 0777) != 0;
    int ignored = differs ? chmod(index, file.st_mode & 0777) : 0; /* if it fails, opening it says why */
    (void)ignored;
}

void wal_note_file(struct db *db)
{
    char path[DB_PATH_CAP];
    db_path(db->dir, "", path);
    db->file = file_at(path);
}

void wal_note_log(struct db *db)
{
    char path[DB_PATH_CAP];
    db_path(db->dir, "-wal", path);
    db->log_file = file_at(path);
}

bool db_is_replaced(const struct db *db)
{
    char path[DB_PATH_CAP];
    db_path(db->dir, "", path);
    if (!is_file(path, &db->file))
        return true;
    db_path(db->dir, "-wal", path);
    return has_log(db) && ((db->log_file.ino != 0 && !is_file(path, &db->log_file)) || !is_log_mode(db));
}

/* ---- Checkpoints ------------------------------------------------------------------------------------- */

static int note_length(void *ctx, sqlite3 *handle, const char *name, int frames)
{
    struct db *db = ctx;
    (void)handle, (void)name;
    db->log_frames = frames;
    return SQLITE_OK;
}

static int copy_back(struct db *db, int mode)
{
    int rc = sqlite3_wal_checkpoint_v2(db->handle, "main", mode, NULL, NULL);
    if (rc != SQLITE_OK && (rc & 0xFF) != SQLITE_BUSY)
        db_result(db, rc, "checkpoint");
    return rc;
}

bool db_checkpoint_is_due(const struct db *db)
{
    int limit = db->checkpoint_frames > CHECKPOINT_FRAMES ? db->checkpoint_frames : CHECKPOINT_FRAMES;
    return db->log_frames >= limit;
}

/*
 * SQLite's own hook copies the log back after every commit once it is long, and with two busy processes it
 * stays long: while one copies, the other commits, so that the log never starts anew and commits wait for the
 * disk again and again. This one copies rarely: most of it while the others go on writing, and then, while
 * they are kept from it, what they added meanwhile, so that the log starts anew. Where somebody else is at it
 * already, it is left to them.
 */
void db_checkpoint(struct db *db)
{
    int frames = db->log_frames;
    db->log_frames = 0;
    if (wal_is_unsynced(db)) {
        heal(db);
        return;
    }
    int rc = copy_back(db, SQLITE_CHECKPOINT_PASSIVE);
    db->patience_us = CHECKPOINT_WAIT_US;
    if (rc == SQLITE_OK)
        rc = copy_back(db, SQLITE_CHECKPOINT_RESTART);
    db->patience_us = DB_PATIENCE_US;
    /* While somebody reads for long, as a backup does, the log goes on growing. */
    db->checkpoint_frames = rc == SQLITE_OK ? CHECKPOINT_FRAMES : frames + CHECKPOINT_RETRY_FRAMES;
}

/* SQLite itself would copy the log back and remove it when the last one closes. */
void wal_close(struct db *db)
{
    int keep = db->keeps_log ? KEPT_FRAMES : 0;
    if (!has_log(db) || db->log_frames <= keep || wal_is_unsynced(db) || db_is_replaced(db))
        return;
    db->patience_us = 0;
    if (copy_back(db, SQLITE_CHECKPOINT_PASSIVE) == SQLITE_OK) /* while others write */
        copy_back(db, SQLITE_CHECKPOINT_TRUNCATE);
}

void db_keep_log(struct db *db)
{
    db->keeps_log = true;
}

enum err wal_configure(struct db *db)
{
    sqlite3_wal_hook(db->handle, note_length, db);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    enum err e = set_journal(db);
    return e == ERR_OK
               ? db_exec(db, has_log(db) ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL")
               : e;
}
