/*
 * store/restore.c: a process that ends at any step of it leaves the old database or the new one, each whole,
 * never the one with the log of the other.
 */
#include "scratch.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "store/setting_store.h"

/* ---- A process that ends at a step ---- */

static int steps_left = -1; /* so many changes of a folder until the end; -1: it does not come */

static void step(void)
{
    if (steps_left == 0)
        _exit(1);
    steps_left -= steps_left > 0;
}

int rename(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_rename, from, to);
}

int link(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_link, from, to);
}

int unlink(const char *path)
{
    step();
    return (int)syscall(SYS_unlink, path);
}

static int syncs_left = -1; /* so many until one fails; -1: none does */

int fsync(int fd)
{
    step();
    if (syncs_left >= 0 && syncs_left-- == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* ---- Databases that can be told apart ---- */

static void put(struct db *db, const char *id)
{
    assert_err(db_begin(db, DB_DURABLE), ERR_OK);
    assert_err(setting_store_put(db, id, "x", 1), ERR_OK);
    assert_err(db_commit(db), ERR_OK);
}

static bool has(struct db *db, const char *id)
{
    char value[1];
    return setting_store_get(db, id, value, sizeof value) == ERR_OK;
}

static void fill(struct db *db)
{
    static const unsigned char pepper[SETTING_SEED_LEN];
    assert_err(db_begin(db, DB_DURABLE), ERR_OK);
    assert_err(setting_store_put(db, SETTING_CLIENT_PEPPER, pepper, sizeof pepper), ERR_OK);
    assert_err(db_commit(db), ERR_OK);
}

static struct db *open_there(const char *dir, const struct log *log)
{
    struct db *db = NULL;
    struct buf why;
    buf_init(&why);
    enum err e = db_open(dir, log, &db, &why);
    assert_case(e == ERR_OK, "%s", buf_str(&why));
    assert_err(db_integrity(db, &why), ERR_OK);
    assert_string_equal(buf_str(&why), "ok");
    buf_free(&why);
    return db;
}

/* Wait for a byte, restore, and end at the step. Nothing of SQLite's may be inherited. */
static void run_child(const struct scratch *s, const char *copy, int from_parent, int steps)
{
    struct buf kept, why;
    char byte;
    buf_init(&kept);
    buf_init(&why);
    if (read(from_parent, &byte, 1) != 1)
        _exit(2);
    steps_left = steps;
    enum err e = db_restore(s->dir, copy, &s->sink, &kept, &why);
    if (e != ERR_OK)
        fprintf(stderr, "%s\n", buf_str(&why));
    _exit(e == ERR_OK ? 0 : 3);
}

/* What a process that ended left of its work. */
static void remove_work(const char *dir)
{
    char path[320];
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (strncmp(entry->d_name, "restore-", 8) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        db_discard(path);
        assert_int_equal(rmdir(path), 0);
    }
    closedir(d);
}

/* Whether the restore came to its end. */
static bool end_after(int steps)
{
    struct scratch s;
    char copy[96];
    struct buf why;
    int pipe_fd[2], status = 0;
    buf_init(&why);
    scratch_open(&s);
    fill(s.db);
    put(s.db, "copied");
    snprintf(copy, sizeof copy, "%s.copy", s.dir);
    assert_err(db_backup(s.db, copy, &why), ERR_OK);
    put(s.db, "later");
    db_close(s.db);

    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    if (child == 0)
        run_child(&s, copy, pipe_fd[0], steps);
    /* A worker that has written, and reads, so that the log cannot be copied back. */
    s.db = open_there(s.dir, &s.sink);
    put(s.db, "last");
    assert_err(db_read_begin(s.db), ERR_OK);
    assert_err(db_integrity(s.db, &why), ERR_OK);
    assert_int_equal(write(pipe_fd[1], "", 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    bool is_replaced = db_is_replaced(s.db);
    db_read_end(s.db);
    db_close(s.db);

    s.db = open_there(s.dir, &s.sink);
    assert_true(has(s.db, "copied"));
    assert_int_equal(has(s.db, "later"), !is_replaced);
    assert_int_equal(has(s.db, "last"), !is_replaced);
    assert_true(is_replaced || WEXITSTATUS(status) != 0);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    unlink(copy);
    remove_work(s.dir);
    buf_free(&why);
    scratch_close(&s);
    return WEXITSTATUS(status) == 0;
}

static void test_an_end_at_any_step(void **state)
{
    int steps = 0;
    (void)state;
    while (!end_after(steps))
        steps++;
    assert_true(steps > 5);
}

static void keep_the_old_one(bool is_read)
{
    struct scratch s;
    char copy[96];
    struct buf kept, why;
    buf_init(&kept);
    buf_init(&why);
    scratch_open(&s);
    fill(s.db);
    snprintf(copy, sizeof copy, "%s.copy", s.dir);
    assert_err(db_backup(s.db, copy, &why), ERR_OK);
    struct db *reader = scratch_connect(&s);
    if (is_read) {
        assert_err(db_read_begin(reader), ERR_OK);
        assert_false(has(reader, "later"));
    }
    put(s.db, "later");
    assert_err(db_restore(s.dir, copy, &s.sink, &kept, &why), ERR_OK);
    assert_true(db_is_replaced(s.db));
    db_read_end(reader);
    db_close(reader);
    assert_err(db_flush(s.db), ERR_NOT_DURABLE); /* whoever commits to the old one is told nothing */
    db_close(s.db);
    s.db = open_there(s.dir, &s.sink);
    assert_false(has(s.db, "later"));
    db_close(s.db);
    char *old = strdup(buf_str(&kept));
    assert_err(db_restore(s.dir, old, &s.sink, &kept, &why), ERR_OK);
    free(old);
    s.db = open_there(s.dir, &s.sink);
    assert_true(has(s.db, "later"));
    unlink(copy);
    buf_free(&kept);
    buf_free(&why);
    scratch_close(&s);
}

/* The old one can be put back, also with what was only in its log, which a reader may have kept from being copied. */
static void test_the_old_one_is_kept_whole(void **state)
{
    (void)state;
    keep_the_old_one(false);
    keep_the_old_one(true);
}

/* Whatever sync fails: what is said is true, and the folder holds nothing of the work. */
static void test_what_is_said_of_a_failed_sync_is_true(void **state)
{
    enum err e = ERR_STORE;
    int unconfirmed = 0;
    (void)state;
    for (int n = 0; e != ERR_OK; n++) {
        struct scratch s;
        char copy[96];
        struct buf kept, why;
        buf_init(&kept);
        buf_init(&why);
        scratch_open(&s);
        fill(s.db);
        snprintf(copy, sizeof copy, "%s.copy", s.dir);
        assert_err(db_backup(s.db, copy, &why), ERR_OK);
        put(s.db, "later");
        syncs_left = n;
        e = db_restore(s.dir, copy, &s.sink, &kept, &why);
        syncs_left = -1;
        db_close(s.db);
        s.db = open_there(s.dir, &s.sink);
        assert_case(has(s.db, "later") == (e != ERR_OK && e != ERR_NOT_DURABLE), "sync %d: %s: %s", n,
                    err_info(e)->name, buf_str(&why));
        unconfirmed += e == ERR_NOT_DURABLE;
        unlink(copy);
        buf_free(&kept);
        buf_free(&why);
        scratch_close(&s);
    }
    assert_int_equal(unconfirmed, 2);
}

static sqlite3_syscall_ptr real_open;
static const char *replaced_by; /* what takes the place of the database as soon as that is opened */

static int open_and_replace(const char *path, int flags, int mode)
{
    int fd = ((int (*)(const char *, int, int))real_open)(path, flags, mode);
    const char *name = strrchr(path, '/');
    if (replaced_by != NULL && name != NULL && strcmp(name + 1, DB_FILE) == 0) {
        assert_int_equal(syscall(SYS_rename, replaced_by, path), 0);
        replaced_by = NULL;
    }
    return fd;
}

/* Between the opening and whatever comes after it: a worker would keep the old one for good. */
static void test_one_that_is_replaced_while_it_is_opened_is_noticed(void **state)
{
    struct scratch s;
    char copy[96];
    struct buf why;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    (void)state;
    buf_init(&why);
    scratch_open(&s);
    snprintf(copy, sizeof copy, "%s.copy", s.dir);
    assert_err(db_backup(s.db, copy, &why), ERR_OK);
    db_close(s.db);
    real_open = vfs->xGetSystemCall(vfs, "open");
    vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_and_replace);
    replaced_by = copy;
    enum err e = db_open(s.dir, &s.sink, &s.db, &why);
    vfs->xSetSystemCall(vfs, "open", NULL);
    assert_null(replaced_by);
    assert_true(e != ERR_OK || db_is_replaced(s.db));
    if (e != ERR_OK)
        s.db = NULL;
    buf_free(&why);
    scratch_close(&s);
}

/* A copy that lies beside the log of another database, as where an older one was copied by hand. */
static void test_a_log_beside_the_copy_that_is_not_its_own(void **state)
{
    struct scratch s;
    char copy[96], log[104];
    struct buf kept, why;
    (void)state;
    buf_init(&kept);
    buf_init(&why);
    scratch_open(&s);
    fill(s.db);
    snprintf(copy, sizeof copy, "%s.copy", s.dir);
    snprintf(log, sizeof log, "%s-wal", copy);
    assert_err(db_backup(s.db, copy, &why), ERR_OK);
    FILE *other = fopen(log, "we");
    assert_non_null(other);
    assert_true(fputs("of another", other) >= 0 && fclose(other) == 0);
    assert_err(db_restore(s.dir, copy, &s.sink, &kept, &why), ERR_OK);
    unlink(copy);
    unlink(log);
    buf_free(&kept);
    buf_free(&why);
    scratch_close(&s); /* which finds no folder */
}

/* A writer that does not come to an end: nothing is touched. */
static void test_a_locked_database_is_left_alone(void **state)
{
    struct scratch s;
    char copy[96];
    struct buf kept, why;
    (void)state;
    buf_init(&kept);
    buf_init(&why);
    scratch_open(&s);
    fill(s.db);
    snprintf(copy, sizeof copy, "%s.copy", s.dir);
    assert_err(db_backup(s.db, copy, &why), ERR_OK);
    assert_err(db_begin(s.db, DB_RELAXED), ERR_OK);
    assert_err(db_restore(s.dir, copy, &s.sink, &kept, &why), ERR_BUSY);
    db_rollback(s.db);
    assert_false(db_is_replaced(s.db));
    unlink(copy);
    buf_free(&kept);
    buf_free(&why);
    scratch_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_end_at_any_step),
        cmocka_unit_test(test_the_old_one_is_kept_whole),
        cmocka_unit_test(test_what_is_said_of_a_failed_sync_is_true),
        cmocka_unit_test(test_one_that_is_replaced_while_it_is_opened_is_noticed),
        cmocka_unit_test(test_a_log_beside_the_copy_that_is_not_its_own),
        cmocka_unit_test(test_a_locked_database_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
