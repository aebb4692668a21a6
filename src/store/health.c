/*
 * Whether the database can be written, and what to say where it cannot: the file, its owner and mode, and who
 * we are.
 */
#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Whether this process may not do `what` (access(2)) with the path; says so if it may not. */
static bool is_closed(const char *path, int what, struct buf *why)
{
    struct stat st;
    if (faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0 || errno == ENOENT)
        return false;
    int reason = errno;
    if (stat(path, &st) != 0)
        buf_addf(why, "%s: %s; this process is user %u, group %u", path, strerror(reason),
                 (unsigned)geteuid(), (unsigned)getegid());
    else
        buf_addf(why, "%s: %s; it belongs to user %u, group %u, mode %03o; this process is user %u, group %u",
                 path, strerror(reason), (unsigned)st.st_uid, (unsigned)st.st_gid,
                 (unsigned)st.st_mode & 0777, (unsigned)geteuid(), (unsigned)getegid());
    return true;
}

bool health_explain(const char *dir, struct buf *why)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[DB_PATH_CAP];
    if (is_closed(dir, R_OK | W_OK | X_OK, why))
        return true;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        db_path(dir, suffixes[i], path);
        if (is_closed(path, R_OK | W_OK, why))
            return true;
    }
    return false;
}

static void explain(const struct db *db, struct buf *why)
{
    struct statvfs fs;
    if (health_explain(db->dir, why))
        return;
    buf_addf(why, "%s/%s: %s", db->dir, DB_FILE,
             db->complaint[0] != '\0' ? db->complaint : "cannot be written");
    if (statvfs(db->dir, &fs) == 0)
        buf_addf(why, "; %" PRIu64 " KiB are free there", (uint64_t)fs.f_bavail * fs.f_frsize >> 10);
}

bool db_is_read_only(const struct db *db)
{
    return db->is_read_only;
}

/* One page into the log: the version is what it was. What is rolled back would never reach the file. */
static enum err write_version(struct db *db)
{
    char sql[48];
    int64_t version = 0;
    enum err e = db_pragma_int(db, "PRAGMA user_version", &version);
    snprintf(sql, sizeof sql, "PRAGMA user_version = %" PRId64, version);
    return e == ERR_OK ? db_exec(db, sql) : e;
}

enum err db_test_write(struct db *db, struct buf *why)
{
    db_read_end(db);
    enum err e = db_begin(db, DB_RELAXED);
    if (e == ERR_OK)
        e = db_end(db, write_version(db));
    if (e == ERR_OK && wal_is_unsynced(db))
        e = db_flush(db);
    if (e == ERR_BUSY)
        buf_addf(why, "%s/%s: another process kept it locked", db->dir, DB_FILE);
    else if (e == ERR_NOT_DURABLE)
        buf_addf(why, "%s/%s: the disk does not confirm what is written; nothing is durable", db->dir,
                 DB_FILE);
    else if (e != ERR_OK)
        explain(db, why);
    return e;
}
