#include "store/db_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/io.h"
#include "base/place.h"
#include "store/migration.h"

/* schema.sql, embedded by the build. */
extern const char schema_sql[];

/* SQL's account_folded(ACCOUNT). What has no such form stands for itself. */
static void account_folded(sqlite3_context *context, int count, sqlite3_value **values)
{
    char folded[ACCOUNT_FOLDED_CAP];
    const char *account = (const char *)sqlite3_value_text(values[0]);
    (void)count;
    if (account != NULL && account_fold(account, folded))
        sqlite3_result_text(context, folded, -1, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(context, values[0]);
}

enum err db_migrate(struct db *db, struct buf *why)
{
    int64_t version = 0;
    int64_t id = 0;
    enum err e = db_pragma_int(db, "PRAGMA application_id", &id);
    if (e == ERR_OK && id != DB_APPLICATION_ID) {
        buf_add_str(why, "the file is no database of Menshen (application_id)");
        return ERR_CONFIG;
    }
    if (e == ERR_OK)
        e = db_pragma_int(db, "PRAGMA user_version", &version);
    if (e != ERR_OK || version == DB_SCHEMA_VERSION)
        return e;
    if (version > DB_SCHEMA_VERSION || version < 1) {
        buf_addf(why,
                 "the database has schema version %lld, this program knows 1 to %d; use the program it was "
                 "made with",
                 (long long)version, DB_SCHEMA_VERSION);
        return ERR_CONFIG;
    }
    e = db_exec(db, "PRAGMA foreign_keys = OFF"); /* it cannot be changed within a transaction */
    if (e == ERR_OK)
        e = db_result(db,
                      sqlite3_create_function(db->handle, "account_folded", 1,
                                              SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, account_folded, NULL,
                                              NULL),
                      "account_folded");
    if (e == ERR_OK)
        e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    /* Another process may have migrated while this one waited for the lock. */
    e = db_pragma_int(db, "PRAGMA user_version", &version);
    for (; e == ERR_OK && version < DB_SCHEMA_VERSION; version++) {
        char stamp[48];
        snprintf(stamp, sizeof stamp, "PRAGMA user_version = %lld", (long long)version + 1);
        e = db_exec(db, migration_sql[version]);
        if (e == ERR_OK)
            e = db_exec(db, stamp);
    }
    e = db_end(db, e);
    return e == ERR_OK ? db_exec(db, "PRAGMA foreign_keys = ON") : e;
}

/* As a file belongs to its folder's owner (db_give_to_owner), so does a folder. */
static void give_to_parents_owner(const char *path)
{
    char parent[DB_PATH_CAP];
    snprintf(parent, sizeof parent, "%s/..", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    db_give_to_owner(fd, parent);
    close(fd);
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
        if (mkdir(path, 0700) == 0) {
            give_to_parents_owner(path);
        } else if (errno != EEXIST) {
            buf_addf(why, "%s: %s; set [server] data_dir to a folder that this user may write", path,
                     strerror(errno));
            return ERR_IO;
        }
        *p = end;
        if (end == '\0')
            return ERR_OK;
    }
}

/* Should the folder be given out some day, Apache refuses; of 2.2 and of 2.4. What stands there already stays. */
static void forbid_folder(const char *dir)
{
    static const char rules[] =
        "# The database of Menshen: nothing here is for visitors.\n"
        "<IfModule mod_authz_core.c>\n    Require all denied\n</IfModule>\n"
        "<IfModule !mod_authz_core.c>\n    Order allow,deny\n    Deny from all\n</IfModule>\n";
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/.htaccess", dir);
    int fd =
        n > 0 && (size_t)n < sizeof path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    /* It is a second guard: where it cannot be written, the mode 0700 of the folder is still there. */
    if (write(fd, rules, sizeof rules - 1) != (ssize_t)sizeof rules - 1)
        unlink(path);
    db_give_to_owner(fd, dir);
    close(fd);
}

enum err db_make_folder(const char *dir, struct buf *why)
{
    enum err e = place_check(dir, why);
    if (e == ERR_OK)
        e = make_dirs(dir, why);
    if (e == ERR_OK)
        forbid_folder(dir);
    return e;
}

enum err db_create(const char *dir, struct buf *why)
{
    static const struct log silent = {.fd = -1};
    char path[DB_PATH_CAP];
    enum err e = db_make_folder(dir, why);
    if (e != ERR_OK)
        return e;
    db_path(dir, "", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        buf_addf(why, "%s: %s", path,
                 errno == EEXIST ? "exists already; it was left as it is" : strerror(errno));
        return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    db_give_to_owner(fd, dir);
    close(fd);
    struct db *db = db_new(dir, &silent);
    if (db == NULL)
        e = ERR_MEMORY;
    else
        e = db_check_private(dir, why);
    if (e == ERR_OK)
        e = db_open_file(db, why);
    if (e == ERR_OK)
        e = db_begin(db, DB_DURABLE);
    if (e == ERR_OK)
        e = db_end(db, db_exec(db, schema_sql));
    if (e == ERR_NOT_DURABLE)
        buf_addf(why, "%s: the disk did not confirm it", path);
    if (e != ERR_OK && why->len == 0)
        buf_addf(why, "%s: %s", path, db != NULL ? sqlite3_errmsg(db->handle) : "out of memory");
    db_close(db);
    if (e != ERR_OK)
        db_discard(dir);
    return e;
}

void db_discard(const char *dir)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", DB_UNSYNCED_SUFFIX};
    char path[DB_PATH_CAP];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        db_path(dir, suffixes[i], path);
        unlink(path);
    }
}

/* ---- A database that is seen only when it is whole ----------------------------------------------------- */

#define HIDDEN ".new-" /* and six characters */

enum err db_create_hidden(const char *dir, char hidden_out[PATH_MAX], struct buf *why)
{
    char path[DB_PATH_CAP];
    struct stat st;
    enum err e = db_make_folder(dir, why);
    if (e != ERR_OK)
        return e;
    db_path(dir, "", path);
    if (stat(path, &st) == 0) {
        buf_addf(why, "%s: exists already; it was left as it is", path);
        return ERR_EXISTS;
    }
    e = db_check_private(dir, why);
    if (e != ERR_OK)
        return e;
    if (snprintf(hidden_out, PATH_MAX, "%s/" HIDDEN "XXXXXX", dir) >= PATH_MAX ||
        mkdtemp(hidden_out) == NULL) {
        buf_addf(why, "%s: %s", dir, strerror(errno));
        return ERR_IO;
    }
    give_to_parents_owner(hidden_out);
    e = db_create(hidden_out, why);
    if (e != ERR_OK)
        db_discard_hidden(hidden_out);
    return e;
}

void db_discard_hidden(const char *hidden)
{
    char path[PATH_MAX + sizeof "/.htaccess"];
    db_discard(hidden);
    snprintf(path, sizeof path, "%s/.htaccess", hidden);
    unlink(path);
    rmdir(hidden);
}

/* Give the file another name that nothing may have yet. Some file systems know no second names. */
static bool move_to_new(const char *from, const char *to)
{
    if (link(from, to) == 0)
        return true;
    return errno != EEXIST && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
}

/* Whether what was written is in the file itself, and not in a log that could not be copied back. */
static bool is_in_one_file(const char *hidden)
{
    char log[DB_PATH_CAP];
    struct stat st;
    db_path(hidden, "-wal", log);
    return stat(log, &st) == 0 ? st.st_size == 0 : errno == ENOENT;
}

enum err db_publish(const char *hidden, const char *dir, struct buf *why)
{
    char from[DB_PATH_CAP], to[DB_PATH_CAP];
    db_path(hidden, "", from);
    db_path(dir, "", to);
    if (!is_in_one_file(hidden)) {
        buf_addf(why, "%s: could not be written", from);
        db_discard_hidden(hidden);
        return ERR_IO;
    }
    bool moved = move_to_new(from, to);
    enum err e = moved ? ERR_OK : errno == EEXIST ? ERR_EXISTS : ERR_IO;
    if (!moved)
        buf_addf(why, "%s: %s", to,
                 e == ERR_EXISTS ? "exists already; it was left as it is" : strerror(errno));
    int fd = moved ? open(to, O_RDONLY | O_CLOEXEC) : -1;
    if (moved && (fd < 0 || !file_sync(fd, to))) {
        buf_addf(why, "%s: the disk did not confirm it", to);
        e = ERR_NOT_DURABLE;
    }
    if (fd >= 0)
        close(fd);
    db_discard_hidden(hidden);
    return e;
}

/* Whether a name in the data folder may be there before there was ever a database. */
static bool is_there_before(const char *name, const char *log_path)
{
    const char *log_name = log_path != NULL ? strrchr(log_path, '/') : NULL;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".htaccess") == 0 ||
           strncmp(name, HIDDEN, sizeof HIDDEN - 1) == 0 ||
           (log_name != NULL && strcmp(name, log_name + 1) == 0);
}

bool db_folder_is_new(const char *dir, const char *log_path)
{
    bool is_new = true;
    DIR *d = opendir(dir);
    if (d == NULL)
        return errno == ENOENT;
    for (struct dirent *entry; is_new && (entry = readdir(d)) != NULL;)
        is_new = is_there_before(entry->d_name, log_path);
    closedir(d);
    return is_new;
}

enum err db_put_beside(const char *dir, const char *name, const char *text, struct buf *why)
{
    char path[PATH_MAX], fresh[PATH_MAX + sizeof ".XXXXXX"];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        buf_addf(why, "%s: path too long", dir);
        return ERR_IO;
    }
    snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
    int fd = mkostemp(fresh, O_CLOEXEC);
    bool done = fd >= 0 && io_write_all(fd, text, strlen(text)) && fsync(fd) == 0;
    db_give_to_owner(fd, dir);
    done = done && rename(fresh, path) == 0;
    if (!done)
        buf_addf(why, "%s: %s", path, strerror(errno));
    if (fd >= 0 && !done)
        unlink(fresh);
    if (fd >= 0)
        close(fd);
    return done ? ERR_OK : ERR_IO;
}

int db_lock_beside(const char *dir, const char *name, bool waits)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    db_give_to_owner(fd, dir);
    while (fd >= 0 && flock(fd, LOCK_EX | (waits ? 0 : LOCK_NB)) != 0) {
        int why = errno;
        if (why == EINTR)
            continue;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}
