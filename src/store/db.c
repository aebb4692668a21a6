#include "store/db_inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_YIELDS = 64, BUSY_WAIT_FIRST_US = 50, BUSY_WAIT_LONGEST_US = 5000 };

/*
 * SQLite's own timeout starts with naps of a millisecond and more; a transaction here takes a fraction of a
 * tenth of that, so two busy workers would spend most of their time asleep. This one gives the processor to
 * the other first.
 */
static int wait_while_busy(void *ctx, int tries)
{
    const struct db *db = ctx;
    int64_t waited = 0, nap = BUSY_WAIT_FIRST_US;
    if (tries < BUSY_YIELDS) {
        sched_yield();
        return 1;
    }
    for (int i = BUSY_YIELDS; i < tries && waited < db->patience_us; i++) {
        waited += nap;
        nap = nap * 3 / 2 < BUSY_WAIT_LONGEST_US ? nap * 3 / 2 : BUSY_WAIT_LONGEST_US;
    }
    if (waited >= db->patience_us)
        return 0;
    usleep((useconds_t)nap);
    return 1;
}

enum err db_read_begin(struct db *db)
{
    assert(!db->in_transaction && !db->in_read);
    enum err e = stmt_run(db, SQL_BEGIN_READ, "");
    db->in_read = e == ERR_OK;
    return e;
}

void db_read_end(struct db *db)
{
    if (db == NULL)
        return;
    bool in_read = db->in_read;
    db->in_read = false;
    if (in_read && sqlite3_get_autocommit(db->handle) == 0)
        stmt_run(db, SQL_COMMIT, "");
}

enum err db_begin(struct db *db, enum db_durability durability)
{
    assert(!db->in_transaction);
    db->durability = durability;
    enum err e = stmt_run(db, SQL_BEGIN, "");
    db->in_transaction = e == ERR_OK;
    return e;
}

void db_rollback(struct db *db)
{
    if (db->in_transaction && sqlite3_get_autocommit(db->handle) == 0)
        stmt_run(db, SQL_ROLLBACK, "");
    db->in_transaction = false;
}

enum err db_commit(struct db *db)
{
    enum err e = counter_write(db);
    if (e == ERR_OK)
        e = stmt_run(db, SQL_COMMIT, "");
    if (e != ERR_OK)
        db_rollback(db);
    counter_committed(db, e == ERR_OK);
    db->in_transaction = false;
    if (e == ERR_OK && db->durability == DB_DURABLE)
        e = db_sync(db);
    if (!db->defers_sync && db_checkpoint_is_due(db))
        db_checkpoint(db);
    return e;
}

enum err db_end(struct db *db, enum err e)
{
    if (e == ERR_OK)
        return db_commit(db);
    db_rollback(db);
    return e;
}

static const enum sql purges[] = {SQL_CAPTCHA_PURGE, SQL_THROTTLE_PURGE, SQL_TOKEN_PURGE, SQL_SESSION_PURGE,
                                  SQL_BROWSER_PURGE, SQL_LINK_PURGE,     SQL_MAIL_PURGE,  SQL_AUDIT_PURGE};
enum { PURGES = sizeof purges / sizeof purges[0] };

/* Which of the purges have rows to delete. */
static enum err purges_due(struct db *db, int64_t now_s, int rows_max, bool due_out[PURGES])
{
    sqlite3_stmt *st = stmt_begin(db, SQL_PURGE_DUE, "ii", now_s, (int64_t)rows_max);
    enum err e = stmt_step(db, st);
    for (int i = 0; e == ERR_OK && i < PURGES; i++)
        due_out[i] = sqlite3_column_int(st, i) != 0;
    return stmt_end(db, st, e);
}

enum err db_purge_step(struct db *db, int64_t now_s, int rows_max)
{
    bool due[PURGES];
    enum err e = purges_due(db, now_s, rows_max, due);
    for (int i = 0; e == ERR_OK && i < PURGES; i++)
        if (due[i])
            e = stmt_run(db, purges[i], "ii", now_s, (int64_t)rows_max);
    return e;
}

const char *const db_ahead_tables[DB_AHEAD_TABLES] = {"token",  "session",         "captcha", "throttle",
                                                      "audit",  "sign_key",        "client",  "user",
                                                      "tenant", "browser_session", "link",    "mail"};

enum err db_ahead_count(struct db *db, int64_t now_s, int64_t counts_out[DB_AHEAD_TABLES])
{
    sqlite3_stmt *st = stmt_begin(db, SQL_AHEAD_COUNT, "i", now_s);
    enum err e = stmt_step(db, st);
    for (int i = 0; e == ERR_OK && i < DB_AHEAD_TABLES; i++)
        counts_out[i] = sqlite3_column_int64(st, i);
    return stmt_end(db, st, e);
}

enum err db_purge_ahead(struct db *db, int64_t now_s)
{
    static const enum sql statements[] = {
        SQL_TOKEN_PURGE_AHEAD,   SQL_SESSION_PURGE_AHEAD, SQL_CAPTCHA_PURGE_AHEAD, SQL_THROTTLE_PURGE_AHEAD,
        SQL_BROWSER_PURGE_AHEAD, SQL_LINK_PURGE_AHEAD,    SQL_MAIL_PURGE_AHEAD};
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < sizeof statements / sizeof statements[0]; i++)
        e = stmt_run(db, statements[i], "i", now_s);
    return e;
}

enum err db_expired_count(struct db *db, int64_t now_s, int64_t *count_out)
{
    return stmt_number(db, stmt_begin(db, SQL_EXPIRED_COUNT, "i", now_s), count_out);
}

enum err db_integrity(struct db *db, struct buf *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check", -1, &st, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(st);
        if (rc == SQLITE_ROW)
            buf_addf(out, "%s%s", out->len > 0 ? "\n" : "", (const char *)sqlite3_column_text(st, 0));
    }
    sqlite3_finalize(st);
    return db_result(db, rc, "integrity_check");
}

enum err db_prepare_all(struct db *db)
{
    for (int id = 0; id < SQL_COUNT; id++)
        if (sql_text[id] == NULL || stmt_prepared(db, (enum sql)id) == NULL)
            return ERR_STORE;
    return ERR_OK;
}

static enum err configure(struct db *db)
{
    db->patience_us = DB_PATIENCE_US;
    sqlite3_busy_handler(db->handle, wait_while_busy, db);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, (int *)NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    enum err e = wal_configure(db);
    return e == ERR_OK ? db_exec(db, "PRAGMA temp_store = MEMORY") : e;
}

enum err db_open_file(struct db *db, struct buf *why)
{
    char path[DB_PATH_CAP];
    db_path(db->dir, "", path);
    /* Nobody asks for these figures. Too late, and refused, when there is a connection already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    wal_mend_index(db);
    wal_note_file(db);
    int rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(db->handle, 1);
        if (configure(db) == ERR_OK) {
            wal_note_log(db);
            return ERR_OK;
        }
    }
    if (!health_explain(db->dir, why))
        buf_addf(why, "%s: %s", path, db->handle != NULL ? sqlite3_errmsg(db->handle) : "out of memory");
    return ERR_STORE;
}

/* Only the owner may come near the secrets in the file. */
enum err db_check_private(const char *path, struct buf *why)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        bool absent = errno == ENOENT;
        buf_addf(
            why, "%s: %s; %s", path, strerror(errno),
            absent
                ? "a new one is made by: menshen init; a backup is put in its place by: menshen restore FILE"
                : "Menshen has to run as the user that owns it: chown it to the web server's");
        return absent ? ERR_NOT_FOUND : ERR_IO;
    }
    if ((st.st_mode & 077) != 0) {
        buf_addf(why, "%s: readable by others than its owner (mode %03o); run: chmod %s %s", path,
                 (unsigned)st.st_mode & 0777, S_ISDIR(st.st_mode) ? "700" : "600", path);
        return ERR_CONFIG;
    }
    return ERR_OK;
}

struct db *db_new(const char *dir, const struct log *log)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        return NULL;
    db->log = log;
    snprintf(db->dir, sizeof db->dir, "%s", dir);
    return db;
}

void db_path(const char *dir, const char *suffix, char out[DB_PATH_CAP])
{
    snprintf(out, DB_PATH_CAP, "%.*s/%s%s", PATH_MAX, dir, DB_FILE, suffix);
}

int db_lock_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        return -1;
    }
    return fd;
}

void db_give_to_owner(int fd, const char *dir)
{
    struct stat st;
    if (fd < 0 || geteuid() != 0 || stat(dir, &st) != 0)
        return;
    int ignored = fchown(fd, st.st_uid, st.st_gid);
    (void)ignored;
}

/* The beginning of an upload, for one: SQLite would make a new database of it. */
static bool is_empty(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_size == 0;
}

enum err db_open(const char *dir, const struct log *log, struct db **db_out, struct buf *why)
{
    char path[DB_PATH_CAP];
    db_path(dir, "", path);
    enum err e = db_check_private(path, why);
    if (e == ERR_OK)
        e = db_check_private(dir, why);
    if (e == ERR_OK && is_empty(path)) {
        buf_addf(why, "%s: the file is empty; it is no database of Menshen", path);
        e = ERR_CONFIG;
    }
    if (e != ERR_OK)
        return e;
    struct db *db = db_new(dir, log);
    if (db == NULL)
        return ERR_MEMORY;
    e = db_open_file(db, why);
    if (e == ERR_OK)
        e = db_migrate(db, why);
    if (e != ERR_OK) {
        if (why->len == 0 && !health_explain(dir, why))
            buf_addf(why, "%s: cannot be used; run: menshen doctor", path);
        db_close(db);
        return e;
    }
    *db_out = db;
    return ERR_OK;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->stmt[i]);
    if (db->handle != NULL)
        wal_close(db);
    sqlite3_close(db->handle);
    free(db);
}
