#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/migration.h"
#include "store/stmt.h"

/* schema.sql, embedded by the build. */
extern const char schema_sql[];

struct db {
    sqlite3 *handle;
    sqlite3_stmt *stmt[SQL_COUNT];
    const struct log *log;         /* borrowed */
    enum db_durability durability; /* of the transaction */
    int64_t patience_us;           /* how long to wait for other processes */
    int checkpoint_frames;         /* the log's length from which on it is copied back */
    bool in_transaction;
    bool in_read;     /* between db_read_begin and db_read_end */
    bool defers_sync; /* the caller waits for the disk */
    bool sync_due;    /* and has to */
    char journal_mode[16];
};

enum {
    BUSY_YIELDS = 64,
    BUSY_WAIT_TOTAL_US = 5 * 1000 * 1000,
    BUSY_WAIT_FIRST_US = 50,
    BUSY_WAIT_LONGEST_US = 5000
};
enum {
    CHECKPOINT_FRAMES = 4000, /* 16 MiB */
    CHECKPOINT_RETRY_FRAMES = 500,
    CHECKPOINT_WAIT_US = 20 * 1000
};

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

static enum err result(struct db *db, int rc, const char *doing)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return ERR_OK;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        LOG(db->log, ERR_LEVEL_WARN, "db_busy", LOG_S("doing", doing));
        return ERR_BUSY;
    default:
        LOG(db->log, ERR_LEVEL_ERROR, "db_error", LOG_S("doing", doing), LOG_N("code", rc),
            LOG_S("message", sqlite3_errmsg(db->handle)));
        return ERR_STORE;
    }
}

static sqlite3_stmt *prepared(struct db *db, enum sql id)
{
    if (db->stmt[id] == NULL) {
        int rc =
            sqlite3_prepare_v3(db->handle, sql_text[id], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[id], NULL);
        result(db, rc, sql_text[id]);
    }
    return db->stmt[id];
}

static int bind_one(sqlite3_stmt *st, int at, char type, va_list *ap)
{
    if (type == 's')
        return sqlite3_bind_text(st, at, va_arg(*ap, const char *), -1, SQLITE_STATIC);
    if (type == 'i')
        return sqlite3_bind_int64(st, at, va_arg(*ap, int64_t));
    if (type == 'o') {
        const int64_t *v = va_arg(*ap, const int64_t *);
        return v != NULL ? sqlite3_bind_int64(st, at, *v) : sqlite3_bind_null(st, at);
    }
    const void *data = va_arg(*ap, const void *);
    size_t len = va_arg(*ap, size_t);
    return sqlite3_bind_blob64(st, at, data, len, SQLITE_STATIC);
}

static sqlite3_stmt *begin_v(struct db *db, enum sql id, const char *types, va_list *ap)
{
    sqlite3_stmt *st = prepared(db, id);
    int rc = SQLITE_OK;
    if (db->in_read && st != NULL && sqlite3_stmt_readonly(st) == 0)
        db_read_end(db); /* what others wrote since could not be written over */
    for (int i = 0; st != NULL && rc == SQLITE_OK && types[i] != '\0'; i++)
        rc = bind_one(st, i + 1, types[i], ap);
    if (rc != SQLITE_OK) {
        result(db, rc, sql_text[id]);
        sqlite3_clear_bindings(st);
        return NULL;
    }
    return st;
}

sqlite3_stmt *stmt_begin(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *st = begin_v(db, id, types, &ap);
    va_end(ap);
    return st;
}

enum err stmt_step(struct db *db, sqlite3_stmt *st)
{
    if (st == NULL)
        return ERR_STORE;
    int rc = sqlite3_step(st);
    return rc == SQLITE_DONE ? ERR_NOT_FOUND : result(db, rc, sqlite3_sql(st));
}

enum err stmt_end(struct db *db, sqlite3_stmt *st, enum err e)
{
    if (st == NULL)
        return e != ERR_OK ? e : ERR_STORE;
    enum err rest = ERR_OK;
    while (e == ERR_OK && rest == ERR_OK)
        rest = stmt_step(db, st);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e != ERR_OK || rest == ERR_NOT_FOUND ? e : rest;
}

static enum err run_v(struct db *db, enum sql id, const char *types, va_list *ap, bool wants_row)
{
    sqlite3_stmt *st = begin_v(db, id, types, ap);
    enum err e = stmt_end(db, st, stmt_step(db, st));
    return e == ERR_NOT_FOUND && !wants_row ? ERR_OK : e;
}

enum err stmt_run(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    enum err e = run_v(db, id, types, &ap, false);
    va_end(ap);
    return e;
}

enum err stmt_run_one(struct db *db, enum sql id, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    enum err e = run_v(db, id, types, &ap, true);
    va_end(ap);
    return e;
}

enum err stmt_one(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx)
{
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = row(st, arena, ctx);
    return stmt_end(db, st, e);
}

enum err stmt_each(struct db *db, sqlite3_stmt *st, struct arena *arena, stmt_row *row, void *ctx)
{
    enum err e;
    while ((e = stmt_step(db, st)) == ERR_OK) {
        e = row(st, arena, ctx);
        arena_reset(arena);
        if (e != ERR_OK)
            break;
    }
    e = stmt_end(db, st, e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

const int64_t *stmt_or_null(const int64_t *v)
{
    return *v != 0 ? v : NULL;
}

char *stmt_text(sqlite3_stmt *st, int column, struct arena *arena)
{
    const char *s = (const char *)sqlite3_column_text(st, column);
    return s != NULL ? arena_strndup(arena, s, (size_t)sqlite3_column_bytes(st, column)) : NULL;
}

static enum err exec(struct db *db, const char *sql)
{
    return result(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL), sql);
}

static enum err pragma_int(struct db *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return result(db, rc, sql);
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
    return result(db, rc, "sync");
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

enum err db_commit(struct db *db)
{
    enum err e = stmt_run(db, SQL_COMMIT, "");
    if (e != ERR_OK)
        db_rollback(db);
    db->in_transaction = false;
    return e == ERR_OK && db->durability == DB_DURABLE ? db_sync(db) : e;
}

enum err db_end(struct db *db, enum err e)
{
    if (e == ERR_OK)
        return db_commit(db);
    db_rollback(db);
    return e;
}

static const enum sql purges[] = {SQL_CAPTCHA_PURGE, SQL_THROTTLE_PURGE, SQL_TOKEN_PURGE, SQL_SESSION_PURGE,
                                  SQL_AUDIT_PURGE};
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

enum err db_expired_count(struct db *db, int64_t now_s, int64_t *count_out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_EXPIRED_COUNT, "i", now_s);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        *count_out = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}

const char *db_journal_mode(const struct db *db)
{
    return db->journal_mode;
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
    return result(db, rc, "integrity_check");
}

enum err db_prepare_all(struct db *db)
{
    for (int id = 0; id < SQL_COUNT; id++)
        if (sql_text[id] == NULL || prepared(db, (enum sql)id) == NULL)
            return ERR_STORE;
    return ERR_OK;
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
    return result(db, rc, sql);
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
    db->patience_us = BUSY_WAIT_TOTAL_US;
    /* While somebody reads for long, as a backup does, the log goes on growing. */
    db->checkpoint_frames = rc == SQLITE_OK ? CHECKPOINT_FRAMES : frames + CHECKPOINT_RETRY_FRAMES;
    return SQLITE_OK;
}

static enum err configure(struct db *db, const char *dir)
{
    db->patience_us = BUSY_WAIT_TOTAL_US;
    sqlite3_busy_handler(db->handle, wait_while_busy, db);
    sqlite3_wal_hook(db->handle, checkpoint, db);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    enum err e = set_journal(db, dir);
    if (e == ERR_OK)
        e = exec(db, has_log(db) ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL");
    return e == ERR_OK ? exec(db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
                                  "PRAGMA temp_store = MEMORY")
                       : e;
}

static enum err open_file(struct db *db, const char *dir, int flags, struct buf *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, DB_FILE);
    /* Nobody asks for these figures. Too late, and refused, when there is a connection already. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    int rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(db->handle, 1);
        if (configure(db, dir) == ERR_OK)
            return ERR_OK;
    }
    buf_addf(why, "%s: %s", path, db->handle != NULL ? sqlite3_errmsg(db->handle) : "out of memory");
    return ERR_STORE;
}

/* Only the owner may come near the secrets in the file. */
static enum err check_private(const char *path, struct buf *why)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        bool absent = errno == ENOENT;
        buf_addf(why, "%s: %s; %s", path, strerror(errno),
                 absent ? "create the database with: menshen init"
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

static enum err migrate(struct db *db, struct buf *why)
{
    int64_t version = 0;
    int64_t id = 0;
    enum err e = pragma_int(db, "PRAGMA application_id", &id);
    if (e == ERR_OK && id != DB_APPLICATION_ID) {
        buf_add_str(why, "the file is no database of Menshen (application_id)");
        return ERR_CONFIG;
    }
    if (e == ERR_OK)
        e = pragma_int(db, "PRAGMA user_version", &version);
    if (e != ERR_OK || version == DB_SCHEMA_VERSION)
        return e;
    if (version > DB_SCHEMA_VERSION || version < 1) {
        buf_addf(why,
                 "the database has schema version %lld, this program knows 1 to %d; use the program it was "
                 "made with",
                 (long long)version, DB_SCHEMA_VERSION);
        return ERR_CONFIG;
    }
    e = exec(db, "PRAGMA foreign_keys = OFF"); /* it cannot be changed within a transaction */
    if (e == ERR_OK)
        e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    /* Another process may have migrated while this one waited for the lock. */
    e = pragma_int(db, "PRAGMA user_version", &version);
    for (; e == ERR_OK && version < DB_SCHEMA_VERSION; version++) {
        char stamp[48];
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld", (long long)version + 1);
        e = exec(db, migration_sql[version]);
        if (e == ERR_OK)
            e = exec(db, stamp);
    }
    e = db_end(db, e);
    return e == ERR_OK ? exec(db, "PRAGMA foreign_keys = ON") : e;
}

static struct db *db_new(const struct log *log)
{
    struct db *db = calloc(1, sizeof *db);
    if (db != NULL)
        db->log = log;
    return db;
}

enum err db_open(const char *dir, const struct log *log, struct db **db_out, struct buf *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, DB_FILE);
    enum err e = check_private(path, why);
    if (e == ERR_OK)
        e = check_private(dir, why);
    if (e != ERR_OK)
        return e;
    struct db *db = db_new(log);
    if (db == NULL)
        return ERR_MEMORY;
    e = open_file(db, dir, SQLITE_OPEN_READWRITE, why);
    if (e == ERR_OK)
        e = migrate(db, why);
    if (e != ERR_OK) {
        if (why->len == 0)
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
    sqlite3_close(db->handle);
    free(db);
}

/* mkdir -p with 0700 for what is missing. */
static enum err make_dirs(const char *dir, struct buf *why)
{
    char path[PATH_MAX];
    if (strlen(dir) >= sizeof path) {
        buf_addf(why, "%s: path too long", dir);
        return ERR_IO;
    }
    memcpy(path, dir, strlen(dir) + 1);
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            buf_addf(why, "%s: %s; set [server] data_dir to a folder that this user may write", path,
                     strerror(errno));
            return ERR_IO;
        }
        *p = end;
        if (end == '\0')
            return ERR_OK;
    }
}

enum err db_create(const char *dir, struct buf *why)
{
    static const struct log silent = {.fd = -1};
    char path[PATH_MAX];
    enum err e = make_dirs(dir, why);
    if (e != ERR_OK)
        return e;
    snprintf(path, sizeof path, "%s/%s", dir, DB_FILE);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        buf_addf(why, "%s: %s", path,
                 errno == EEXIST ? "exists already; it was left as it is" : strerror(errno));
        return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    close(fd);
    struct db *db = db_new(&silent);
    if (db == NULL)
        e = ERR_MEMORY;
    else
        e = check_private(dir, why);
    if (e == ERR_OK)
        e = open_file(db, dir, SQLITE_OPEN_READWRITE, why);
    if (e == ERR_OK)
        e = db_begin(db, DB_DURABLE);
    if (e == ERR_OK)
        e = db_end(db, exec(db, schema_sql));
    if (e != ERR_OK && why->len == 0)
        buf_addf(why, "%s: %s", path, db != NULL ? sqlite3_errmsg(db->handle) : "out of memory");
    db_close(db);
    if (e != ERR_OK)
        db_discard(dir);
    return e;
}

void db_discard(const char *dir)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s/%s%s", dir, DB_FILE, suffixes[i]);
        unlink(path);
    }
}

/* A new file's content, and its name in its folder. */
static enum err sync_new_file(int fd, const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (len >= sizeof dir)
        return ERR_IO;
    memcpy(dir, len > 0 ? path : "./", len > 0 ? len : 2);
    dir[len > 0 ? len : 2] = '\0';
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fsync(fd) == 0 && dir_fd >= 0 && fsync(dir_fd) == 0;
    if (dir_fd >= 0)
        close(dir_fd);
    return synced ? ERR_OK : ERR_IO;
}

enum err db_backup(struct db *db, const char *path, struct buf *why)
{
    char local[PATH_MAX]; /* with "./" a name such as file:x is a name and no URI */
    if (snprintf(local, sizeof local, "%s%s", path[0] == '/' ? "" : "./", path) >= PATH_MAX) {
        buf_addf(why, "%s: path too long", path);
        return ERR_IO;
    }
    int fd = open(local, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        buf_addf(why, "%s: %s", path,
                 errno == EEXIST ? "exists already; it was left as it is" : strerror(errno));
        return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    enum err e = stmt_run(db, SQL_BACKUP, "s", local);
    if (e == ERR_STORE)
        buf_addf(why, "%s: %s", path, sqlite3_errmsg(db->handle));
    if (e == ERR_OK) {
        e = sync_new_file(fd, local);
        if (e != ERR_OK)
            buf_addf(why, "%s: %s", path, strerror(errno));
    }
    close(fd);
    if (e != ERR_OK)
        unlink(local);
    return e;
}
