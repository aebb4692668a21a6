/*
 * Putting a copy in the place of the database, under running workers.
 *
 * The copy is examined, and brought to this version's schema, in a folder of its own. The one moment that
 * decides is the rename of it to menshen.db: before it the old database is there, after it the new one. The
 * new one has no log yet and says so, so that the old one's log, if it is still there, is set aside and not
 * read (wal.c). Workers that have the old one open see that it is another file (db_is_replaced); what they
 * commit to it until then is told to nobody. The old database is never overwritten: it keeps its name with a
 * suffix.
 */
#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/secure.h"
#include "store/setting_store.h"

enum { COPY_BYTES = 64 * 1024, KEPT_NAMES_MAX = 100, SHORTEN_WAIT_US = 200 * 1000 };

/* What a restore has in hand. */
struct restore {
    const char *dir;
    const struct log *log;
    char work[DB_PATH_CAP]; /* a folder in `dir`, for the copy */
    char kept[DB_PATH_CAP]; /* where the old database goes; "": there was none */
    struct db *old;         /* open, and its write lock taken; NULL: it cannot be used */
    struct buf *why;
};

static enum err fail_io(struct restore *r, const char *doing)
{
    buf_addf(r->why, "%s: %s", doing, strerror(errno));
    return ERR_IO;
}

/* ---- The copy ---------------------------------------------------------------------------------------- */

static bool copy_bytes(int from, int to)
{
    char bytes[COPY_BYTES];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && !io_write_all(to, bytes, (size_t)n))
            return false;
    return n == 0;
}

/* ERR_OK; ERR_NOT_FOUND (there is no such file); ERR_IO. */
static enum err copy_file(struct restore *r, const char *from, const char *to)
{
    enum err e = ERR_OK;
    int out = -1, in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : fail_io(r, "cannot be read");
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0 || !copy_bytes(in, out))
        e = fail_io(r, out < 0 ? to : "copying it failed");
    db_give_to_owner(out, r->dir);
    if (out >= 0)
        close(out);
    close(in);
    return e;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* The file, and the log beside it if it is a copy of a database in use. */
static enum err fetch_copy(struct restore *r, const char *from)
{
    char path[DB_PATH_CAP], log[PATH_MAX];
    db_path(r->dir, "", path);
    if (is_same_file(from, path)) {
        buf_add_str(r->why, "this is the database that is in use");
        return ERR_EXISTS;
    }
    snprintf(r->work, sizeof r->work, "%s/restore-XXXXXX", r->dir);
    if (mkdtemp(r->work) == NULL) {
        enum err e = fail_io(r, r->work);
        r->work[0] = '\0';
        return e;
    }
    db_path(r->work, "", path);
    enum err e = copy_file(r, from, path);
    if (e == ERR_NOT_FOUND)
        return fail_io(r, "cannot be read");
    if (e == ERR_OK && snprintf(log, sizeof log, "%s-wal", from) < PATH_MAX) {
        db_path(r->work, "-wal", path);
        e = copy_file(r, log, path);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- Whether it can serve ---------------------------------------------------------------------------- */

/* Rows that refer to what is not there. */
static enum err count_orphans(struct db *db, int64_t *count_out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA foreign_key_check", -1, &st, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            (*count_out)++;
    }
    sqlite3_finalize(st);
    return db_result(db, rc, "foreign_key_check");
}

static enum err examine(struct restore *r, struct db *db)
{
    unsigned char pepper[SETTING_SEED_LEN];
    int64_t orphans = 0;
    struct buf lines;
    buf_init(&lines);
    enum err e = db_integrity(db, &lines);
    if (e != ERR_OK || strcmp(buf_str(&lines), "ok") != 0) {
        buf_addf(r->why, "the file is damaged: %.200s", buf_str(&lines));
        e = ERR_CONFIG;
    }
    buf_free(&lines);
    if (e == ERR_OK)
        e = count_orphans(db, &orphans);
    if (e == ERR_OK && orphans > 0) {
        buf_addf(r->why, "the file is damaged: %lld rows refer to rows that are not there",
                 (long long)orphans);
        e = ERR_CONFIG;
    }
    if (e == ERR_OK && db_prepare_all(db) != ERR_OK) {
        buf_add_str(r->why, "the file lacks what this program needs");
        e = ERR_CONFIG;
    }
    if (e == ERR_OK && setting_store_get(db, SETTING_CLIENT_PEPPER, pepper, sizeof pepper) != ERR_OK) {
        buf_add_str(r->why, "the file is incomplete: init did not come to its end");
        e = ERR_CONFIG;
    }
    secure_wipe(pepper, sizeof pepper);
    return e;
}

/* Open the copy as any database is opened, which checks what it is and migrates it. */
static enum err prepare_copy(struct restore *r)
{
    static const struct log silent = {.fd = -1};
    char path[DB_PATH_CAP];
    struct db *db = NULL;
    enum err e = db_open(r->work, &silent, &db, r->why);
    if (e == ERR_OK)
        e = examine(r, db);
    /* No log any more: what is renamed has to be whole by itself, and to say so. */
    if (e == ERR_OK)
        e = db_exec(db, "PRAGMA journal_mode = DELETE");
    if (e != ERR_OK && r->why->len == 0)
        buf_addf(r->why, "%s: %s", r->work, db != NULL ? db->complaint : err_info(e)->name);
    db_close(db);
    if (e != ERR_OK)
        return e;
    db_path(r->work, "", path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || !file_sync(fd, path))
        e = fail_io(r, path);
    if (fd >= 0)
        close(fd);
    return e;
}

/* ---- The exchange ------------------------------------------------------------------------------------ */

/* If somebody reads for longer, as a backup does, it goes with the old one as it is (move_log). */
static void shorten_log(struct db *old)
{
    old->patience_us = SHORTEN_WAIT_US;
    sqlite3_wal_checkpoint_v2(old->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    old->patience_us = DB_PATIENCE_US;
}

/* Keep everybody from committing, and the log short. What cannot be opened is nobody's any more. */
static enum err lock_old(struct restore *r)
{
    struct buf unused;
    buf_init(&unused);
    r->old = db_new(r->dir, r->log);
    enum err e = r->old != NULL ? db_open_file(r->old, &unused) : ERR_MEMORY;
    buf_free(&unused);
    if (e == ERR_OK)
        db_flush(r->old);
    if (e == ERR_OK && !wal_is_unsynced(r->old))
        shorten_log(r->old);
    if (e == ERR_OK)
        e = db_begin(r->old, DB_RELAXED);
    if (e == ERR_BUSY)
        return e;
    if (e != ERR_OK) {
        db_close(r->old);
        r->old = NULL;
    }
    return ERR_OK;
}

/* Give the database a second name, that nothing has yet: by a link, so that there is always a menshen.db, or
 * by moving it where the file system has no links. */
static enum err keep_old(struct restore *r)
{
    char path[DB_PATH_CAP], stamp[32], suffix[80];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    db_path(r->dir, "", path);
    for (int i = 1; i < KEPT_NAMES_MAX; i++) {
        snprintf(suffix, sizeof suffix, i > 1 ? ".before-restore-%s-%d" : ".before-restore-%s", stamp, i);
        db_path(r->dir, suffix, r->kept);
        if (link(path, r->kept) == 0)
            return ERR_OK;
        if (errno == EEXIST || access(r->kept, F_OK) == 0)
            continue;
        if (errno == ENOENT || rename(path, r->kept) == 0)
            break;
        return fail_io(r, r->kept);
    }
    if (access(r->kept, F_OK) != 0)
        r->kept[0] = '\0'; /* there was none */
    return ERR_OK;
}

/* The old one's log goes with it; without it, it would be as it was at the last checkpoint. */
static void move_log(const struct restore *r)
{
    char path[DB_PATH_CAP], aside[DB_PATH_CAP + 8];
    struct stat st;
    db_path(r->dir, "-wal", path);
    snprintf(aside, sizeof aside, "%s-wal", r->kept);
    if (r->kept[0] != '\0' && stat(path, &st) == 0 && st.st_size > 0)
        rename(path, aside);
    else
        unlink(path);
    db_path(r->dir, "-shm", path);
    unlink(path);
    db_path(r->dir, DB_UNSYNCED_SUFFIX, path);
    unlink(path);
}

/* The old one is where it was, under its one name. */
static void undo_keep(struct restore *r, const char *path)
{
    if (r->kept[0] != '\0' && rename(r->kept, path) == 0)
        unlink(r->kept); /* two names of one file are left as they are by rename(2) */
}

static enum err say_not_confirmed(struct restore *r)
{
    buf_addf(r->why,
             "it is in the place of %s/%s, but the disk did not confirm it (%s): after a power cut the one "
             "before may be "
             "back",
             r->dir, DB_FILE, strerror(errno));
    if (r->kept[0] != '\0')
        buf_addf(r->why, "; that is kept as %s", r->kept);
    return ERR_NOT_DURABLE;
}

static bool sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    errno = reason;
    return synced;
}

static enum err exchange(struct restore *r)
{
    char path[DB_PATH_CAP], copy[DB_PATH_CAP];
    db_path(r->dir, "", path);
    db_path(r->work, "", copy);
    enum err e = keep_old(r);
    if (e != ERR_OK)
        return e;
    if (rename(copy, path) != 0) {
        e = fail_io(r, path);
        undo_keep(r, path);
        return e;
    }
    if (!sync_folder(r->dir))
        return say_not_confirmed(r);
    move_log(r); /* only now: the old one without its log would lack its last commits */
    return sync_folder(r->dir) ? ERR_OK : say_not_confirmed(r);
}

static enum err replace(struct restore *r)
{
    enum err e = lock_old(r);
    if (e != ERR_OK) {
        buf_add_str(
            r->why,
            "the database was locked by another process for 5 seconds; nothing was changed; try again");
        return e;
    }
    int lock = db_lock_folder(r->dir);
    e = exchange(r);
    if (lock >= 0)
        close(lock);
    if (r->old != NULL)
        db_rollback(r->old);
    return e;
}

/* What is wrong with the copy is said of the file that was named, not of where it was examined. */
static void say_of(const char *from, const struct restore *r, struct buf *why)
{
    char path[DB_PATH_CAP];
    const char *text = buf_str(r->why);
    int n = snprintf(path, sizeof path, "%s/%s: ", r->work, DB_FILE);
    bool is_of_copy = n > 0 && strncmp(text, path, (size_t)n) == 0;
    buf_addf(why, "%s: %s", from, is_of_copy ? text + n : text);
}

static enum err make_copy(struct restore *r, const char *from, struct buf *why)
{
    struct buf said;
    buf_init(&said);
    r->why = &said;
    enum err e = fetch_copy(r, from);
    if (e == ERR_OK)
        e = prepare_copy(r);
    if (e != ERR_OK && said.len > 0)
        say_of(from, r, why);
    buf_free(&said);
    r->why = why;
    return e;
}

static void remove_work(const struct restore *r)
{
    char aside[DB_PATH_CAP];
    db_path(r->work, DB_ASIDE_SUFFIX, aside); /* of a log that lay beside the copy and was not its own */
    unlink(aside);
    db_discard(r->work);
    rmdir(r->work);
}

enum err db_restore(const char *dir, const char *from, const struct log *log, struct buf *kept,
                    struct buf *why)
{
    struct restore r = {.dir = dir, .log = log};
    enum err e = db_make_folder(dir, why);
    if (e == ERR_OK)
        e = make_copy(&r, from, why);
    if (e == ERR_OK)
        e = replace(&r);
    if (e == ERR_OK)
        buf_add_str(kept, r.kept);
    db_close(r.old);
    if (r.work[0] != '\0')
        remove_work(&r);
    return e;
}
