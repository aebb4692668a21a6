/*
 * store/wal.c: what is on the disk when, which is what is left after a power cut. Between SQLite and the
 * system stands a model of Linux' page cache: what is written reaches the disk with the next sync of its
 * file; a sync that fails forgets it, and the next one says that all is well.
 */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "store/captcha_store.h"

enum { NOW_S = 1700000000, PAGE = 4096, OPS_MAX = 4096 };

/* ---- The disk ---------------------------------------------------------------------------------------- */

struct op {
    off_t at;
    size_t len; /* 0: the file was cut off at `at` */
};

/* One file as the disk has it, and what only the memory has. */
struct file {
    const char *name;
    unsigned char *disk;
    size_t size, cap;
    struct op op[OPS_MAX];
    size_t ops;
    int fails;  /* so many of the next syncs fail */
    int syncs;  /* that were asked for */
    bool eager; /* the disk gets everything at once */
};

static struct file files[] = {{.name = DB_FILE}, {.name = DB_FILE "-wal"}, {.name = DB_FILE "-journal"}};
static struct file *const database = &files[0], *const wal = &files[1], *const journal = &files[2];
static bool is_off;              /* the power is cut */
static const char *watched = ""; /* the folder */
static int steps_left = -1;      /* so many changes of the disk until the power is cut; -1: it is not */

static struct file *file_of(int fd)
{
    char link[32], path[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    size_t len = strlen(watched);
    for (size_t i = 0; strncmp(path, watched, len) == 0 && i < COUNT_OF(files); i++)
        if (path[len] == '/' && strcmp(path + len + 1, files[i].name) == 0)
            return &files[i];
    return NULL;
}

static void set_size(struct file *f, size_t size)
{
    if (size > f->cap) {
        f->cap = size * 2;
        f->disk = realloc(f->disk, f->cap);
        assert_non_null(f->disk);
    }
    if (size > f->size)
        memset(f->disk + f->size, 0, size - f->size);
    f->size = size;
}

/* Whole pages, as the system writes them. */
static void reach_disk(struct file *f, int fd, const struct op *op)
{
    is_off = is_off || steps_left == 0;
    if (is_off)
        return;
    steps_left -= steps_left > 0;
    if (op->len == 0) {
        set_size(f, (size_t)op->at < f->size ? (size_t)op->at : f->size);
        return;
    }
    off_t from = op->at / PAGE * PAGE, to = (op->at + (off_t)op->len + PAGE - 1) / PAGE * PAGE;
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    to = to < st.st_size ? to : st.st_size;
    if (to > from) {
        set_size(f, (size_t)to > f->size ? (size_t)to : f->size);
        assert_int_equal(pread(fd, f->disk + from, (size_t)(to - from), from), to - from);
    }
}

static void note(int fd, off_t at, size_t len)
{
    struct file *f = file_of(fd);
    if (f == NULL)
        return;
    struct op op = {at, len};
    if (f->eager) {
        reach_disk(f, fd, &op);
        return;
    }
    assert_true(f->ops < OPS_MAX);
    f->op[f->ops++] = op;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    ssize_t n = syscall(SYS_pwrite64, fd, data, len, at);
    if (n > 0)
        note(fd, at, (size_t)n);
    return n;
}

int ftruncate64(int fd, off_t size)
{
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (rc == 0)
        note(fd, size, 0);
    return rc;
}

int fdatasync(int fd)
{
    struct file *f = file_of(fd);
    if (f == NULL)
        return 0;
    f->syncs++;
    if (f->fails > 0) {
        f->fails--;
        f->ops = 0;
        errno = EIO;
        return -1;
    }
    for (size_t i = 0; i < f->ops; i++)
        reach_disk(f, fd, &f->op[i]);
    f->ops = 0;
    return 0;
}

/* ---- What is left of it ------------------------------------------------------------------------------ */

static void write_file(const char *dir, const struct file *f)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", dir, f->name);
    FILE *out = fopen(path, "we");
    assert_non_null(out);
    assert_int_equal(fwrite(f->disk, 1, f->size, out), f->size);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Which of the captchas a, b, c, … are there after a power cut; the database is whole. */
static void after_power_cut(struct scratch *s, char found[16])
{
    char dir[] = "/tmp/menshen-unit-XXXXXX";
    struct captcha_taken taken;
    struct db *db = NULL;
    struct buf why;
    buf_init(&why);
    assert_non_null(mkdtemp(dir));
    write_file(dir, database);
    write_file(dir, wal);
    enum err e = db_open(dir, &s->sink, &db, &why);
    assert_case(e == ERR_OK, "%s", buf_str(&why));
    assert_err(db_integrity(db, &why), ERR_OK);
    assert_string_equal(buf_str(&why), "ok");
    for (char id[] = "a"; id[0] < 'm'; id[0]++)
        if (captcha_store_take(db, id, "blade", 60, NOW_S, &taken) == ERR_OK)
            *found++ = id[0];
    *found = '\0';
    db_close(db);
    buf_free(&why);
    scratch_remove(dir);
}

#define assert_left(S, EXPECTED)                                                                             \
    do {                                                                                                     \
        char found_[16];                                                                                     \
        after_power_cut((S), found_);                                                                        \
        assert_string_equal(found_, EXPECTED);                                                               \
    } while (0)

/* Within a transaction. */
static enum err put_captcha(struct db *db, const char *id)
{
    const struct captcha_row row = {
        .id = id, .network = "192.0.2.0", .dialect = "blade", .answer = "x", .expires_s = NOW_S + 9};
    return captcha_store_put(db, &row);
}

static enum err put(struct db *db, const char *id)
{
    enum err e = db_begin(db, DB_DURABLE);
    if (e == ERR_OK)
        e = put_captcha(db, id);
    return db_end(db, e);
}

static bool was_logged(struct scratch *s, const char *event)
{
    return strstr(buf_str(&s->log), event) != NULL;
}

static int setup(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        files[i] = (struct file){.name = files[i].name};
    steps_left = -1;
    is_off = false;
    watched = s->dir;
    scratch_open(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scratch *s = *state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        files[i].fails = 0;
    scratch_close(s);
    watched = "";
    for (size_t i = 0; i < COUNT_OF(files); i++)
        free(files[i].disk);
    free(s);
    return 0;
}

/* ---- Tests ------------------------------------------------------------------------------------------- */

static void test_what_was_committed_is_on_disk(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(put_captcha(s->db, "b"), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
    assert_left(s, "a");
    assert_err(db_flush(s->db), ERR_OK);
    assert_left(s, "ab");
}

static void test_after_a_failed_sync_nobody_is_told_until_all_is_on_disk(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    wal->fails = 100;
    assert_err(put(s->db, "b"), ERR_NOT_DURABLE);
    assert_err(put(s->db, "c"), ERR_NOT_DURABLE);
    assert_true(was_logged(s, "sync_failed"));
    assert_left(s, "a");
    wal->fails = 0;
    assert_err(put(s->db, "d"), ERR_OK);
    assert_true(was_logged(s, "sync_healed"));
    assert_left(s, "abcd");
    assert_err(put(s->db, "e"), ERR_OK);
    assert_left(s, "abcde");
}

/* The sync after the failed one says that all is well. */
static void test_one_failure_is_healed_at_once(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    wal->fails = 1;
    assert_err(put(s->db, "b"), ERR_OK);
    assert_left(s, "ab");
    assert_err(put(s->db, "c"), ERR_OK);
    assert_left(s, "abc");
}

static void test_the_deferred_path_is_the_same(void **state)
{
    struct scratch *s = *state;
    db_defer_sync(s->db);
    assert_err(put(s->db, "a"), ERR_OK);
    assert_err(put(s->db, "b"), ERR_OK);
    assert_true(db_take_due(s->db));
    wal->fails = 2; /* the sync, and that of the log written again */
    assert_err(db_flush(s->db), ERR_NOT_DURABLE);
    assert_true(was_logged(s, "sync_failed"));
    assert_left(s, "");
    assert_err(db_flush(s->db), ERR_OK);
    assert_left(s, "ab");
}

/* A database that the checkpoint could not sync: the log is whole, and stays. */
static void test_the_checkpoint_that_heals_may_fail_too(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    wal->fails = 1;
    database->fails = 1;
    assert_err(put(s->db, "b"), ERR_NOT_DURABLE);
    assert_left(s, "ab");
    assert_err(put(s->db, "c"), ERR_OK);
    assert_left(s, "abc");
}

/* Linux tells who opens the log after the failure nothing about it. */
static void test_who_comes_later_knows_too(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    wal->fails = 2;
    assert_err(put(s->db, "b"), ERR_NOT_DURABLE);
    struct db *other = scratch_connect(s);
    assert_err(put(other, "c"), ERR_OK); /* it heals */
    assert_left(s, "abc");
    assert_err(put(other, "d"), ERR_OK);
    wal->fails = 2;
    assert_err(put(other, "e"), ERR_NOT_DURABLE);
    db_close(other);
    other = scratch_connect(s);
    wal->fails = 2;
    assert_err(put(other, "f"), ERR_NOT_DURABLE);
    assert_err(put(s->db, "g"), ERR_OK);
    assert_left(s, "abcdefg");
    assert_err(put(other, "h"), ERR_OK);
    db_close(other);
}

/* A checkpoint syncs by itself, and may be the one that hears of it. */
static void test_a_checkpoint_that_hears_of_the_failure(void **state)
{
    struct scratch *s = *state;
    assert_err(put(s->db, "a"), ERR_OK);
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(put_captcha(s->db, "b"), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
    wal->fails = 1;
    db_checkpoint(s->db);
    assert_true(was_logged(s, "sync_failed"));
    assert_left(s, "a");
    assert_err(db_flush(s->db), ERR_OK);
    assert_left(s, "ab");
}

/* A copy in the database's place gets its log with the first one that opens it: not if the disk fails meanwhile. */
static void test_a_disk_that_fails_while_a_copy_gets_its_log(void **state)
{
    struct scratch *s = *state;
    char path[64], copy[64];
    struct buf why;
    buf_init(&why);
    snprintf(path, sizeof path, "%s/" DB_FILE, s->dir);
    snprintf(copy, sizeof copy, "%s/copy", s->dir);
    assert_err(put(s->db, "a"), ERR_OK);
    assert_err(db_backup(s->db, copy, &why), ERR_OK);
    db_close(s->db);
    s->db = NULL;
    assert_int_equal(rename(copy, path), 0);
    journal->fails = 1;
    assert_err(db_open(s->dir, &s->sink, &s->db, &why), ERR_STORE);
    assert_true(was_logged(s, "sync_failed"));
    s->db = scratch_connect(s);
    assert_string_equal(db_journal_mode(s->db), "wal");
    assert_false(db_is_replaced(s->db));
    assert_err(put(s->db, "b"), ERR_OK);
    buf_free(&why);
}

/* The power goes after each single change of the disk: what was acknowledged is there, and the database
 * whole, whatever the disk got of the database before it was asked to. */
static void test_a_power_cut_at_any_moment(void **state)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f"};
    bool is_over = false;
    for (int cut = 0; !is_over; cut++) {
        char done[16] = "", told[16] = "", found[16];
        struct scratch *s = *state;
        database->eager = true;
        assert_err(put(s->db, "z"), ERR_OK);
        db_checkpoint(s->db);
        steps_left = cut;
        for (size_t i = 0; i < COUNT_OF(ids); i++) {
            wal->fails = i == 1 || i == 2 ? 2 : i == 4 ? 1 : 0;
            enum err e = put(s->db, ids[i]);
            assert_true(e == ERR_OK || e == ERR_NOT_DURABLE || e == ERR_STORE);
            if (e != ERR_STORE)
                done[strlen(done)] = ids[i][0];
            if (e == ERR_OK && !is_off)
                memcpy(told, done, sizeof told); /* and all before */
        }
        is_over = !is_off;
        after_power_cut(s, found);
        assert_case(strncmp(found, told, strlen(told)) == 0, "cut %d: %s told, %s found", cut, told, found);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_committed_is_on_disk),
        TEST(test_after_a_failed_sync_nobody_is_told_until_all_is_on_disk),
        TEST(test_one_failure_is_healed_at_once),
        TEST(test_the_deferred_path_is_the_same),
        TEST(test_the_checkpoint_that_heals_may_fail_too),
        TEST(test_who_comes_later_knows_too),
        TEST(test_a_checkpoint_that_hears_of_the_failure),
        TEST(test_a_disk_that_fails_while_a_copy_gets_its_log),
        TEST(test_a_power_cut_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
