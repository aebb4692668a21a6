/*
 * store/: the schema and every statement against it; what each table's file promises; transactions, two
 * connections at once, refusals at opening.
 */
#include "scratch.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store/audit_store.h"
#include "store/captcha_store.h"
#include "store/client_store.h"
#include "store/group_store.h"
#include "store/key_store.h"
#include "store/setting_store.h"
#include "store/sql.h"
#include "store/tenant_store.h"
#include "store/throttle_store.h"
#include "store/token_store.h"
#include "store/user_store.h"

enum { NOW_S = 1700000000, CAPTCHA_TTL_S = 300 };

static int setup(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    scratch_open(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scratch *s = *state;
    scratch_close(s);
    free(s);
    return 0;
}

/* Run SQL beside the program, as a hand on the file would. */
static void by_hand(const struct scratch *s, const char *sql)
{
    char path[64];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Run statements of the store in a transaction of their own. */
#define COMMITTED(DB, EXPRESSION)                                                                            \
    do {                                                                                                     \
        assert_err(db_begin((DB), DB_DURABLE), ERR_OK);                                                      \
        assert_err(EXPRESSION, ERR_OK);                                                                      \
        assert_err(db_commit(DB), ERR_OK);                                                                   \
    } while (0)

/* ---- Schema and statements ---- */

static void test_every_statement_prepares(void **state)
{
    struct scratch *s = *state;
    for (int i = 0; i < SQL_COUNT; i++)
        assert_case(sql_text[i] != NULL, "statement %d was forgotten", i);
    assert_case(db_prepare_all(s->db) == ERR_OK, "%s", buf_str(&s->log));
}

/* What requests run has to find its rows by an index, however many there are, and without sorting them. */
static const struct {
    enum sql id;
    const char *limited; /* a pass over a table's oldest rows that LIMIT ends */
} indexed[] = {
    {SQL_CAPTCHA_TAKE, NULL},
    {SQL_CAPTCHA_ENDS, "SCAN captcha"},
    {SQL_CAPTCHA_PURGE, "SCAN captcha"},
    {SQL_CAPTCHA_CLEAR, "SCAN captcha"},
    {SQL_CAPTCHA_EVICT, "SCAN captcha"},
    {SQL_THROTTLE_GET, NULL},
    {SQL_THROTTLE_CLEAR, NULL},
    {SQL_THROTTLE_PURGE, NULL},
    {SQL_SETTING_GET, NULL},
    {SQL_TENANT_GET, NULL},
    {SQL_CLIENT_GET, NULL},
    {SQL_USER_FIND, NULL},
    {SQL_USER_NEIGHBOUR, NULL},
    {SQL_USER_GET, NULL},
    {SQL_USER_REHASH, NULL},
    {SQL_USER_SET_PASSWORD, NULL},
    {SQL_BROWSER_FIND, NULL},
    {SQL_BROWSER_GET, NULL},
    {SQL_BROWSER_LIST_USER, NULL},
    {SQL_BROWSER_PURGE, NULL},
    {SQL_LINK_FIND, NULL},
    {SQL_LINK_TAKE, NULL},
    {SQL_LINK_PURGE, NULL},
    {SQL_HISTORY_LIST, NULL},
    {SQL_GROUP_HAS, NULL},
    {SQL_GROUP_NETWORKS, NULL},
    {SQL_MAIL_IS_DUE, NULL},
    {SQL_MAIL_PURGE, NULL},
    {SQL_USER_FIND_EMAIL, NULL},
    {SQL_SESSION_LIST_USER, NULL},
    {SQL_SESSION_EXTEND, NULL},
    {SQL_SESSION_REVOKE, NULL},
    {SQL_SESSION_REVOKE_USER, NULL},
    {SQL_SESSION_PURGE, NULL},
    {SQL_TOKEN_BY_JTI, NULL},
    {SQL_TOKEN_BY_ID, NULL},
    {SQL_TOKEN_USE, NULL},
    {SQL_TOKEN_PURGE, NULL},
    {SQL_TOKEN_NEWEST, NULL},
    {SQL_TOKEN_NOTE_REUSE, NULL},
    {SQL_AUDIT_PURGE, "SCAN audit"},
    {SQL_AUDIT_SUM_ADD, NULL},
    {SQL_AUDIT_SUM_DUE, NULL},
};

/* Whether a line of EXPLAIN QUERY PLAN is all right. "oldest" and its like are subqueries, at most as long as their
 * LIMIT. */
static bool is_bounded(const char *step, const char *limited)
{
    bool scans = strncmp(step, "SCAN ", 5) == 0;
    bool is_allowed = strcmp(step, "SCAN CONSTANT ROW") == 0 || strcmp(step, "SCAN oldest") == 0 ||
                      strcmp(step, "SCAN newest") == 0 || strcmp(step, "SCAN far") == 0 ||
                      strcmp(step, "SCAN over") == 0 || strcmp(step, "SCAN ahead") == 0 ||
                      (limited != NULL && strcmp(step, limited) == 0);
    return (!scans || is_allowed) && strstr(step, "TEMP B-TREE") == NULL && strstr(step, "AUTOMATIC") == NULL;
}

static void test_requests_find_rows_by_index(void **state)
{
    const struct scratch *s = *state;
    char path[64], sql[1024];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof indexed / sizeof indexed[0]; i++) {
        sqlite3_stmt *st = NULL;
        int steps = 0;
        const char *text = sql_text[indexed[i].id];
        assert_true(snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text) < (int)sizeof sql);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
        for (; sqlite3_step(st) == SQLITE_ROW; steps++) {
            const char *step = (const char *)sqlite3_column_text(st, 3);
            assert_case(is_bounded(step, indexed[i].limited), "%s: %s", text, step);
        }
        assert_case(steps > 0, "%s: no plan", text);
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
}

static void test_a_new_database_is_whole_and_private(void **state)
{
    struct scratch *s = *state;
    struct buf lines;
    struct stat st;
    char path[64];
    buf_init(&lines);
    assert_err(db_integrity(s->db, &lines), ERR_OK);
    assert_string_equal(buf_str(&lines), "ok");
    assert_string_equal(db_journal_mode(s->db), "wal");
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    buf_free(&lines);
}

/* ---- Opening ---- */

static enum err open_again(const struct scratch *s, const char *said)
{
    struct db *db = NULL;
    struct buf why;
    buf_init(&why);
    enum err e = db_open(s->dir, &s->sink, &db, &why);
    assert_case(e == ERR_OK || strstr(buf_str(&why), said) != NULL, "%s", buf_str(&why));
    buf_free(&why);
    db_close(db);
    return e;
}

static void test_creating_twice_leaves_the_first(void **state)
{
    struct scratch *s = *state;
    struct buf why;
    buf_init(&why);
    COMMITTED(s->db, setting_store_put(s->db, "x", "1", 1));
    assert_err(db_create(s->dir, &why), ERR_EXISTS);
    char x = 0;
    assert_err(setting_store_get(s->db, "x", &x, 1), ERR_OK);
    assert_int_equal(x, '1');
    buf_free(&why);
}

static void test_opening_refuses_what_others_can_read(void **state)
{
    struct scratch *s = *state;
    char path[64];
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(chmod(path, 0640), 0);
    assert_err(open_again(s, "chmod 600"), ERR_CONFIG);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(s->dir, 0711), 0);
    assert_err(open_again(s, "chmod 700"), ERR_CONFIG);
    assert_int_equal(chmod(s->dir, 0700), 0);
    assert_err(open_again(s, ""), ERR_OK);
}

static void test_opening_refuses_another_schema(void **state)
{
    struct scratch *s = *state;
    by_hand(s, "PRAGMA user_version = 1000");
    assert_err(open_again(s, "schema version 1000"), ERR_CONFIG);
    by_hand(s, "PRAGMA user_version = 0");
    assert_err(open_again(s, "schema version 0"), ERR_CONFIG);
}

static void test_opening_what_is_not_there(void **state)
{
    (void)state;
    struct scratch s = {.dir = "/tmp/menshen-unit-none", .sink = {.fd = -1}};
    assert_err(open_again(&s, "menshen init"), ERR_NOT_FOUND);
}

/* ---- Transactions ---- */

static int64_t log_bytes(const struct scratch *s)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s-wal", s->dir, DB_FILE);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* Two connections write 48 MiB of log between them; it is copied back and starts anew at about 16. */
static void test_the_log_starts_anew(void **state)
{
    struct scratch *s = *state;
    struct db *dbs[2] = {s->db, NULL};
    struct buf why;
    char value[6000];
    buf_init(&why);
    assert_err(db_open(s->dir, &s->sink, &dbs[1], &why), ERR_OK);
    for (int i = 0; i < 6000; i++) {
        struct db *db = dbs[i % 2];
        memset(value, i, sizeof value); /* what does not change is not written */
        assert_err(db_begin(db, DB_RELAXED), ERR_OK);
        assert_err(setting_store_put(db, "x", value, sizeof value), ERR_OK);
        assert_err(db_commit(db), ERR_OK);
    }
    assert_in_range(log_bytes(s), 15 << 20, 20 << 20);
    db_close(dbs[1]);
    buf_free(&why);
}

static void test_what_is_rolled_back_has_not_happened(void **state)
{
    struct scratch *s = *state;
    char x = 0;
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(setting_store_put(s->db, "x", "1", 1), ERR_OK);
    db_rollback(s->db);
    assert_err(setting_store_get(s->db, "x", &x, 1), ERR_NOT_FOUND);
    assert_err(db_begin(s->db, DB_DURABLE), ERR_OK);
    assert_err(db_end(s->db, ERR_FULL), ERR_FULL);
    assert_err(db_begin(s->db, DB_DURABLE), ERR_OK);
    assert_err(setting_store_put(s->db, "x", "2", 1), ERR_OK);
    assert_err(db_end(s->db, ERR_OK), ERR_OK);
    assert_err(setting_store_get(s->db, "x", &x, 1), ERR_OK);
    assert_int_equal(x, '2');
    assert_err(setting_store_get(s->db, "x", &x, 0), ERR_STORE); /* another length */
}

static void test_a_second_writer_is_told_that_it_is_busy(void **state)
{
    struct scratch *s = *state;
    struct db *other = scratch_connect(s);
    assert_err(db_begin(s->db, DB_DURABLE), ERR_OK);
    assert_err(db_begin(other, DB_DURABLE), ERR_BUSY);
    assert_err(db_begin(other, DB_RELAXED), ERR_BUSY);
    assert_err(db_commit(s->db), ERR_OK);
    assert_err(db_begin(other, DB_DURABLE), ERR_OK);
    assert_err(db_commit(other), ERR_OK);
    db_close(other);
}

/* ---- Captchas ---- */

static void put_captcha(struct scratch *s, const char *id, const char *dialect, const char *answer,
                        int64_t expires_s)
{
    struct captcha_row row = {.id = id, .dialect = dialect, .answer = answer, .expires_s = expires_s};
    COMMITTED(s->db, captcha_store_put(s->db, &row));
}

/* With a ttl that is long enough for what the tests put. */
static enum err take(struct db *db, const char *id, const char *dialect, int64_t now_s, char *answer,
                     size_t cap)
{
    struct captcha_taken taken;
    enum err e = db_begin(db, DB_RELAXED);
    if (e == ERR_OK)
        e = db_end(db, captcha_store_take(db, id, dialect, CAPTCHA_TTL_S, now_s, &taken));
    if (e == ERR_OK)
        snprintf(answer, cap, "%s", taken.answer);
    return e;
}

static void test_a_captcha_is_taken_once(void **state)
{
    struct scratch *s = *state;
    char answer[32] = "untouched";
    put_captcha(s, "k", "blade", "ywdf4", NOW_S + 1);
    assert_err(take(s->db, "k", "ebaas", NOW_S, answer, sizeof answer), ERR_NOT_FOUND);
    assert_err(take(s->db, "K", "blade", NOW_S, answer, sizeof answer), ERR_NOT_FOUND);
    assert_string_equal(answer, "untouched");
    assert_err(take(s->db, "k", "blade", NOW_S, answer, sizeof answer), ERR_OK);
    assert_string_equal(answer, "ywdf4");
    assert_err(take(s->db, "k", "blade", NOW_S, answer, sizeof answer), ERR_NOT_FOUND);
}

static void test_a_captcha_lives_while_expires_is_after_now(void **state)
{
    struct scratch *s = *state;
    char answer[32];
    put_captcha(s, "a", "blade", "1", NOW_S);
    put_captcha(s, "b", "blade", "2", NOW_S + 1);
    assert_err(take(s->db, "a", "blade", NOW_S, answer, sizeof answer), ERR_NOT_FOUND);
    assert_err(take(s->db, "b", "blade", NOW_S, answer, sizeof answer), ERR_OK);
}

static void test_a_captchas_id_is_unique(void **state)
{
    struct scratch *s = *state;
    put_captcha(s, "a", "ebaas", "1", NOW_S + 1);
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    struct captcha_row row = {
        .id = "a", .network = "", .dialect = "ebaas", .answer = "2", .expires_s = NOW_S + 1};
    assert_err(captcha_store_put(s->db, &row), ERR_EXISTS);
    row.id = "b";
    assert_err(captcha_store_put(s->db, &row), ERR_OK); /* the transaction goes on */
    assert_err(db_commit(s->db), ERR_OK);
}

static void test_an_answer_that_does_not_fit_is_not_cut(void **state)
{
    struct scratch *s = *state;
    char answer[80] = "xyz", long_one[sizeof((struct captcha_taken *)NULL)->answer + 1];
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    put_captcha(s, "a", "blade", long_one, NOW_S + 1);
    assert_err(take(s->db, "a", "blade", NOW_S, answer, sizeof answer), ERR_STORE);
    assert_string_equal(answer, "xyz");
}

/* ---- The ring of captchas ---- */

enum { RING = 100 };

static int64_t count_of(struct scratch *s, const char *sql)
{
    char path[64];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return count;
}

/* One more captcha in a ring of RING, from `network`, NULL if that asks for few; how far ahead the newest before it was. */
static int64_t issue_captcha(struct scratch *s, const char *id, const char *network, int64_t now_s)
{
    struct captcha_ring ring = {.max_live = RING, .ttl_s = CAPTCHA_TTL_S};
    struct captcha_row row = {
        .id = id, .network = network, .dialect = "blade", .answer = "1", .expires_s = now_s + CAPTCHA_TTL_S};
    int64_t ahead_s = -1;
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(captcha_store_make_room(s->db, &ring, network, now_s, &ahead_s), ERR_OK);
    assert_err(captcha_store_put(s->db, &row), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
    return ahead_s;
}

static void flood(struct scratch *s, const char *network, int times)
{
    static int number = 0;
    for (int i = 0; i < times; i++) {
        char id[24];
        snprintf(id, sizeof id, "flood%d", number++);
        issue_captcha(s, id, network, NOW_S);
    }
}

static bool answers(struct scratch *s, const char *id, int64_t now_s)
{
    char answer[32];
    enum err e = take(s->db, id, "blade", now_s, answer, sizeof answer);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

static void test_a_flood_costs_the_flooder_his_own_captchas(void **state)
{
    struct scratch *s = *state;
    issue_captcha(s, "before", NULL, NOW_S);
    flood(s, "2001:db8:1::/48", 3 * RING);
    issue_captcha(s, "amidst", NULL, NOW_S);
    issue_captcha(s, "neighbour", "2001:db8:1::/48", NOW_S);
    issue_captcha(s, "school", "198.51.100.0/24", NOW_S); /* many ask from there, too */
    flood(s, "2001:db8:1::/48", RING / 2);
    assert_true(count_of(s, "SELECT count(*) FROM captcha") <= RING);
    assert_true(answers(s, "before", NOW_S + 1));
    assert_true(answers(s, "amidst", NOW_S + 1));
    assert_true(answers(s, "school", NOW_S + 1));
    assert_true(answers(s, "neighbour", NOW_S + 1)); /* until it is the oldest of its network */
}

/* Who has few does not lose them to one another: the oldest of all, which is the flooder's, gives way. */
static void test_many_visitors_get_their_captchas_during_a_flood(void **state)
{
    struct scratch *s = *state;
    char id[24];
    flood(s, "2001:db8:1::/48", RING);
    for (int i = 0; i < RING / 2; i++) {
        snprintf(id, sizeof id, "visitor%d", i);
        issue_captcha(s, id, NULL, NOW_S);
        flood(s, "2001:db8:1::/48", 5);
    }
    for (int i = 0; i < RING / 2; i++) {
        snprintf(id, sizeof id, "visitor%d", i);
        assert_case(answers(s, id, NOW_S + 1), "%s", id);
    }
}

static void test_without_a_flood_the_oldest_gives_way(void **state)
{
    struct scratch *s = *state;
    char id[24];
    for (int i = 0; i < RING + 3; i++) {
        snprintf(id, sizeof id, "c%d", i);
        issue_captcha(s, id, NULL, NOW_S);
    }
    assert_int_equal(count_of(s, "SELECT count(*) FROM captcha"), RING);
    assert_false(answers(s, "c2", NOW_S));
    assert_true(answers(s, "c3", NOW_S));
}

/* Dead ones leave twice as fast as new ones come, without any other purge. */
static void test_the_ring_clears_itself(void **state)
{
    struct scratch *s = *state;
    flood(s, NULL, 20);
    for (int i = 0; i < 20; i++) {
        char id[24];
        snprintf(id, sizeof id, "later%d", i);
        issue_captcha(s, id, NULL, NOW_S + CAPTCHA_TTL_S);
    }
    assert_int_equal(count_of(s, "SELECT count(*) FROM captcha WHERE id GLOB 'flood*'"), 0);
}

/* The clock was ahead, and is set right. */
static void test_a_captcha_from_the_future_is_dead_and_in_nobodys_way(void **state)
{
    struct scratch *s = *state;
    int64_t then_s = NOW_S + 315360000;
    assert_int_equal(issue_captcha(s, "f0", "192.0.2.0/24", then_s), 0);
    for (int i = 1; i < RING; i++) {
        char id[24];
        snprintf(id, sizeof id, "f%d", i);
        assert_int_equal(issue_captcha(s, id, "192.0.2.0/24", then_s), 0);
    }
    assert_false(answers(s, "f9", NOW_S));
    assert_int_equal(issue_captcha(s, "now", NULL, NOW_S), then_s - NOW_S); /* is said once */
    assert_int_equal(issue_captcha(s, "now2", NULL, NOW_S), 0);
    flood(s, "192.0.2.0/24", RING);
    assert_true(answers(s, "now", NOW_S));
    assert_int_equal(count_of(s, "SELECT count(*) FROM captcha WHERE id GLOB 'f[0-9]*'"), 0);
    /* Another worker's clock may be a little ahead. */
    issue_captcha(s, "skewed", NULL, NOW_S + 60);
    assert_true(answers(s, "skewed", NOW_S));
}

struct taker {
    struct db *db;
    int taken;
};

static void *take_all(void *ctx)
{
    struct taker *t = ctx;
    for (int i = 0; i < 50; i++) {
        char id[16], answer[32];
        snprintf(id, sizeof id, "c%d", i);
        enum err e = take(t->db, id, "blade", NOW_S, answer, sizeof answer);
        t->taken += e == ERR_OK;
    }
    return NULL;
}

static void test_of_several_takers_one_gets_it(void **state)
{
    struct scratch *s = *state;
    struct taker takers[4];
    pthread_t threads[COUNT_OF(takers)];
    int taken = 0;
    for (int i = 0; i < 50; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%d", i);
        put_captcha(s, id, "blade", "1", NOW_S + 1);
    }
    for (size_t i = 0; i < COUNT_OF(takers); i++)
        takers[i] = (struct taker){.db = scratch_connect(s)};
    for (size_t i = 0; i < COUNT_OF(takers); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
    for (size_t i = 0; i < COUNT_OF(takers); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        taken += takers[i].taken;
        db_close(takers[i].db);
    }
    assert_int_equal(taken, 50);
}

/* ---- Counters ---- */

static void hit(struct scratch *s, const char *subject, int64_t now_s, int64_t count, int64_t ends_s)
{
    struct throttle_count c;
    COMMITTED(s->db, throttle_store_hit(s->db, subject, now_s, 60, 0, &c));
    assert_int_equal(c.count, count);
    assert_int_equal(c.ends_s, ends_s);
}

static void test_a_counter_counts_while_its_end_is_after_now(void **state)
{
    struct scratch *s = *state;
    struct throttle_count c;
    hit(s, "a", NOW_S, 1, NOW_S + 60);
    hit(s, "a", NOW_S + 30, 2, NOW_S + 60); /* the window stays where it began */
    hit(s, "a", NOW_S + 59, 3, NOW_S + 60);
    hit(s, "b", NOW_S + 59, 1, NOW_S + 119);
    assert_err(throttle_store_get(s->db, "a", NOW_S + 59, 60, &c), ERR_OK);
    assert_int_equal(c.count, 3);
    assert_err(throttle_store_get(s->db, "a", NOW_S + 60, 60, &c), ERR_OK);
    assert_int_equal(c.count, 0);
    hit(s, "a", NOW_S + 60, 1, NOW_S + 120);               /* at its end a new window begins */
    COMMITTED(s->db, throttle_store_clear(s->db, "a", 1)); /* it counts 1, which is not fewer */
    assert_err(throttle_store_get(s->db, "a", NOW_S + 60, 60, &c), ERR_OK);
    assert_int_equal(c.count, 1);
    COMMITTED(s->db, throttle_store_clear(s->db, "a", 2));
    COMMITTED(s->db, throttle_store_clear(s->db, "never", 1));
    assert_err(throttle_store_get(s->db, "a", NOW_S + 60, 60, &c), ERR_OK);
    assert_int_equal(c.count, 0);
    assert_err(throttle_store_get(s->db, "b", NOW_S + 60, 60, &c), ERR_OK);
    assert_int_equal(c.count, 1);
}

/* So that a lock lasts a whole window, whenever in a window the last failure came. */
static void test_the_hit_that_reaches_the_limit_starts_the_window_anew(void **state)
{
    struct scratch *s = *state;
    static const struct {
        int64_t at_s, count, ends_s;
    } hits[] = {{0, 1, 60}, {10, 2, 60}, {59, 3, 119}, {60, 4, 119}, {118, 5, 119}, {119, 1, 179}};
    for (size_t i = 0; i < COUNT_OF(hits); i++) {
        struct throttle_count c;
        COMMITTED(s->db, throttle_store_hit(s->db, "a", NOW_S + hits[i].at_s, 60, 3, &c));
        assert_case(c.count == hits[i].count && c.ends_s == NOW_S + hits[i].ends_s, "hit %zu: %d until %d", i,
                    (int)c.count, (int)(c.ends_s - NOW_S));
    }
}

/* Five failures while the clock was ten years ahead lock nobody for ten years. */
static void test_a_counter_from_the_future_has_ended(void **state)
{
    struct scratch *s = *state;
    struct throttle_count c;
    int64_t then_s = NOW_S + 315360000;
    for (int i = 1; i <= 5; i++)
        hit(s, "a", then_s, i, then_s + 60);
    hit(s, "b", then_s, 1, then_s + 60);
    assert_err(throttle_store_get(s->db, "a", NOW_S, 60, &c), ERR_OK);
    assert_int_equal(c.count, 0);
    hit(s, "a", NOW_S, 1, NOW_S + 60);
    hit(s, "a", NOW_S, 2, NOW_S + 60);
    assert_int_equal(count_of(s, "SELECT count(*) FROM throttle WHERE subject = 'b'"), 0); /* cleared away */
    /* A request that began a little earlier, a host whose clock is a little behind: nothing is lost, and what it is
     * told is no longer than a window. */
    hit(s, "a", NOW_S - 50, 3, NOW_S - 50 + 60);
    assert_err(throttle_store_get(s->db, "a", NOW_S - 50, 60, &c), ERR_OK);
    assert_int_equal(c.count, 3);
    assert_int_equal(c.ends_s, NOW_S - 50 + 60);
}

static void test_a_new_counter_clears_ended_ones_away(void **state)
{
    struct scratch *s = *state;
    for (int i = 0; i < 40; i++) {
        char subject[16];
        snprintf(subject, sizeof subject, "s%d", i);
        hit(s, subject, NOW_S + 60 * (i / 20), 1, NOW_S + 60 * (i / 20) + 60);
    }
    assert_int_equal(count_of(s, "SELECT count(*) FROM throttle"), 20);
}

/* ---- Tenants, clients, users, keys ---- */

static struct tenant a_tenant(const char *id)
{
    return (struct tenant){.id = id, .name = "名", .created_s = NOW_S};
}

static struct client a_client(const char *id)
{
    return (struct client){.id = id,
                           .has_secret = true,
                           .secret_mac = {1, 2, 3},
                           .grants = "captcha,password",
                           .scope = "all",
                           .password_wire = "md5",
                           .access_ttl_s = 60,
                           .created_s = NOW_S};
}

static struct user a_user(int64_t id, const char *tenant, const char *account)
{
    return (struct user){.id = id,
                         .tenant_id = tenant,
                         .account = account,
                         .password_hash = "$argon2id$",
                         .password_changed_s = NOW_S - 5,
                         .password_expired = true,
                         .real_name = "张三",
                         .nick_name = "小张",
                         .role_id = "1,2",
                         .role_name = "a,b",
                         .dept_id = "3",
                         .post_id = "4",
                         .oauth_id = "5",
                         .id_number = "6",
                         .created_s = NOW_S};
}

static enum err count_tenants(void *ctx, const struct tenant *row)
{
    int *count = ctx;
    assert_non_null(row->id);
    (*count)++;
    return ERR_OK;
}

static void test_tenants(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct tenant t = a_tenant("t1"), got;
    int count = 0;
    arena_init(&arena, 1 << 16);
    COMMITTED(s->db, tenant_store_put(s->db, &t));
    assert_err(tenant_store_put(s->db, &t), ERR_EXISTS);
    assert_err(tenant_store_get(s->db, "t1", &arena, &got), ERR_OK);
    assert_string_equal(got.name, "名");
    assert_int_equal(got.created_s, NOW_S);
    assert_false(got.locked);
    t.name = "other";
    t.locked = true;
    COMMITTED(s->db, tenant_store_set(s->db, &t));
    assert_err(tenant_store_get(s->db, "t1", &arena, &got), ERR_OK);
    assert_string_equal(got.name, "other");
    assert_true(got.locked);
    t.id = "none";
    assert_err(tenant_store_set(s->db, &t), ERR_NOT_FOUND);
    assert_err(tenant_store_get(s->db, "T1", &arena, &got), ERR_NOT_FOUND);
    assert_err(tenant_store_remove(s->db, "none"), ERR_NOT_FOUND);
    assert_err(tenant_store_list(s->db, &arena, count_tenants, &count), ERR_OK);
    assert_int_equal(count, 1);
    struct user u = a_user(1, "t1", "a");
    COMMITTED(s->db, user_store_put(s->db, &u));
    assert_err(tenant_store_remove(s->db, "t1"), ERR_EXISTS);
    COMMITTED(s->db, user_store_remove(s->db, 1));
    assert_err(tenant_store_remove(s->db, "t1"), ERR_OK);
    arena_fini(&arena);
}

static void test_clients(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct client c = a_client("c1"), got;
    arena_init(&arena, 1 << 16);
    COMMITTED(s->db, client_store_put(s->db, &c));
    assert_err(client_store_put(s->db, &c), ERR_EXISTS);
    assert_err(client_store_get(s->db, "c1", &arena, &got), ERR_OK);
    assert_memory_equal(got.secret_mac, c.secret_mac, CLIENT_MAC_LEN);
    assert_true(got.has_secret);
    assert_string_equal(got.grants, "captcha,password");
    assert_int_equal(got.access_ttl_s, 60);
    assert_int_equal(got.refresh_ttl_s, 0);
    c.has_secret = false;
    c.access_ttl_s = 0;
    c.refresh_ttl_s = 7;
    c.locked = true;
    c.password_wire = "plain";
    COMMITTED(s->db, client_store_set(s->db, &c));
    assert_err(client_store_get(s->db, "c1", &arena, &got), ERR_OK);
    assert_false(got.has_secret);
    assert_int_equal(got.access_ttl_s, 0);
    assert_int_equal(got.refresh_ttl_s, 7);
    assert_true(got.locked);
    assert_string_equal(got.password_wire, "plain");
    c.password_wire = "rot13";
    assert_err(client_store_set(s->db, &c), ERR_EXISTS); /* the schema's CHECK */
    assert_err(client_store_remove(s->db, "none"), ERR_NOT_FOUND);
    assert_err(client_store_remove(s->db, "c1"), ERR_OK);
    assert_err(client_store_get(s->db, "c1", &arena, &got), ERR_NOT_FOUND);
    arena_fini(&arena);
}

static void assert_same_user(const struct user *a, const struct user *b)
{
    const char *const texts[][2] = {
        {a->tenant_id, b->tenant_id}, {a->account, b->account},     {a->password_hash, b->password_hash},
        {a->real_name, b->real_name}, {a->nick_name, b->nick_name}, {a->role_id, b->role_id},
        {a->role_name, b->role_name}, {a->dept_id, b->dept_id},     {a->post_id, b->post_id},
        {a->oauth_id, b->oauth_id},   {a->id_number, b->id_number},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_string_equal(texts[i][0], texts[i][1]);
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->password_changed_s, b->password_changed_s);
    assert_int_equal(a->password_expired, b->password_expired);
    assert_int_equal(a->locked, b->locked);
    assert_int_equal(a->created_s, b->created_s);
}

static void test_users(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct tenant t = a_tenant("t1");
    struct user u = a_user(2123986708629917950, "t1", "zhang"), got;
    int64_t count = 0;
    arena_init(&arena, 1 << 16);
    COMMITTED(s->db, tenant_store_put(s->db, &t));
    COMMITTED(s->db, user_store_put(s->db, &u));
    assert_err(user_store_find(s->db, "t1", "zhang", &arena, &got), ERR_OK);
    assert_same_user(&got, &u);
    assert_string_equal(got.tenant_name, "名");
    assert_false(got.tenant_locked);
    assert_err(user_store_get(s->db, u.id, &arena, &got), ERR_OK);
    assert_same_user(&got, &u);
    assert_err(user_store_find(s->db, "t1", "Zhang", &arena, &got), ERR_OK);
    assert_err(user_store_find_exact(s->db, "t1", "Zhang", &arena, &got), ERR_NOT_FOUND);
    assert_err(user_store_find(s->db, "t2", "zhang", &arena, &got), ERR_NOT_FOUND);
    struct user taken = a_user(7, "t1", "zhang"), homeless = a_user(8, "t9", "li");
    assert_err(user_store_put(s->db, &taken), ERR_EXISTS);
    assert_err(user_store_put(s->db, &homeless), ERR_EXISTS);
    u.real_name = "";
    u.id_number = "new";
    u.locked = true;
    COMMITTED(s->db, user_store_set(s->db, &u));
    assert_err(user_store_set_password(s->db, u.id, "$new$", NOW_S + 9), ERR_OK);
    u.password_hash = "$new$";
    u.password_changed_s = NOW_S + 9;
    u.password_expired = false;
    assert_err(user_store_get(s->db, u.id, &arena, &got), ERR_OK);
    assert_same_user(&got, &u);
    assert_err(user_store_count(s->db, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_err(user_store_set_password(s->db, 99, "x", NOW_S), ERR_NOT_FOUND);
    assert_err(user_store_remove(s->db, 99), ERR_NOT_FOUND);
    assert_err(user_store_remove(s->db, u.id), ERR_OK);
    assert_err(user_store_get(s->db, u.id, &arena, &got), ERR_NOT_FOUND);
    arena_fini(&arena);
}

/* MySQL, which these people come from, tells no case apart; a site that has both tells both apart. */
static void test_an_account_is_found_in_any_case(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct tenant t = a_tenant("t1");
    struct user lower = a_user(1, "t1", "zhang"), upper = a_user(2, "t1", "ZHANG"), got;
    int64_t count = 0;
    arena_init(&arena, 1 << 16);
    COMMITTED(s->db, tenant_store_put(s->db, &t));
    COMMITTED(s->db, user_store_put(s->db, &lower));
    static const char *const spellings[] = {"zhang", "Zhang", "ZHANG", "\uFF3A\uFF48\uFF41\uFF4E\uFF47"};
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        assert_err(user_store_find(s->db, "t1", spellings[i], &arena, &got), ERR_OK);
        assert_string_equal(got.account, "zhang");
    }
    assert_err(user_store_lookalike(s->db, "t1", "zhang", &arena, &got), ERR_NOT_FOUND);
    assert_err(user_store_lookalike(s->db, "t1", "Zhang", &arena, &got), ERR_OK);
    assert_err(user_store_lookalikes(s->db, &count), ERR_OK);
    assert_int_equal(count, 0);
    COMMITTED(s->db, user_store_put(s->db, &upper));
    assert_err(user_store_find(s->db, "t1", "zhang", &arena, &got), ERR_OK);
    assert_int_equal(got.id, 1);
    assert_err(user_store_find(s->db, "t1", "ZHANG", &arena, &got), ERR_OK);
    assert_int_equal(got.id, 2);
    assert_err(user_store_find(s->db, "t1", "Zhang", &arena, &got), ERR_NOT_FOUND);
    assert_err(user_store_lookalikes(s->db, &count), ERR_OK);
    assert_int_equal(count, 2);
    arena_fini(&arena);
}

static void test_a_full_arena_is_an_error_and_no_cut(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct tenant t = a_tenant("t1");
    struct user u = a_user(1, "t1", "zhang"), got;
    COMMITTED(s->db, tenant_store_put(s->db, &t));
    COMMITTED(s->db, user_store_put(s->db, &u));
    for (size_t cap = 0; cap < 192; cap += 16) {
        arena_init(&arena, cap);
        enum err e = user_store_find(s->db, "t1", "zhang", &arena, &got);
        assert_case(e == ERR_MEMORY || e == ERR_OK, "cap %zu gives %s", cap, err_info(e)->name);
        assert_true(e != ERR_OK || cap > 100);
        arena_fini(&arena);
    }
}

struct keys {
    char kid[8][KEY_ID_CAP];
    bool retired[8];
    int count;
};

static enum err note_key(void *ctx, const struct key_row *row)
{
    struct keys *k = ctx;
    memcpy(k->kid[k->count], row->kid, KEY_ID_CAP);
    k->retired[k->count++] = row->retired_s != 0;
    assert_int_equal(row->secret_len, 32);
    assert_int_equal(row->secret[0], row->kid[15]);
    return ERR_OK;
}

/* The first one signs: those in use, the newest of them first. */
static void test_keys_come_in_the_order_of_their_use(void **state)
{
    struct scratch *s = *state;
    struct keys k = {.count = 0};
    for (int i = 0; i < 3; i++) {
        struct key_row row = {
            .alg = "HS256", .secret_len = 32, .created_s = NOW_S, .signs_from_s = NOW_S + (i * 2) % 3};
        snprintf(row.kid, sizeof row.kid, "%016x", (unsigned)i);
        row.secret[0] = (unsigned char)row.kid[15];
        COMMITTED(s->db, key_store_put(s->db, &row));
        assert_err(key_store_put(s->db, &row), ERR_EXISTS);
    }
    assert_err(key_store_list(s->db, note_key, &k), ERR_OK);
    assert_int_equal(k.count, 3);
    assert_string_equal(k.kid[0], "0000000000000001"); /* signs from +2 on */
    assert_string_equal(k.kid[1], "0000000000000002"); /* +1 */
    COMMITTED(s->db, key_store_retire(s->db, "0000000000000001", NOW_S + 10));
    COMMITTED(s->db, key_store_retire(s->db, "0000000000000002", NOW_S + 10));
    assert_err(key_store_retire(s->db, "0000000000000002", NOW_S + 11), ERR_NOT_FOUND); /* it ends before */
    k.count = 0;
    assert_err(key_store_list(s->db, note_key, &k), ERR_OK);
    assert_string_equal(k.kid[0], "0000000000000000");
    assert_true(!k.retired[0] && k.retired[1] && k.retired[2]);
}

/* ---- Sessions and tokens ---- */

static void add_people(struct scratch *s)
{
    struct tenant t = a_tenant("t1");
    struct client c1 = a_client("c1"), c2 = a_client("c2");
    struct user u1 = a_user(1, "t1", "one"), u2 = a_user(2, "t1", "two");
    COMMITTED(s->db, tenant_store_put(s->db, &t));
    COMMITTED(s->db, client_store_put(s->db, &c1));
    COMMITTED(s->db, client_store_put(s->db, &c2));
    COMMITTED(s->db, user_store_put(s->db, &u1));
    COMMITTED(s->db, user_store_put(s->db, &u2));
}

/* A session of a user (0: of the client itself) with one token pair; jti and refresh_jti start with `name`.
 */
static struct token_row add_token(struct scratch *s, const char *name, int64_t user_id, const char *client_id,
                                  int64_t expires_s)
{
    struct token_row row = {.issued_s = NOW_S,
                            .access_expires_s = expires_s,
                            .refresh_expires_s = expires_s,
                            .session = {.user_id = user_id,
                                        .client_id = client_id,
                                        .tenant_id = "t1",
                                        .dialect = "blade",
                                        .scope = "all",
                                        .fingerprint = "fp",
                                        .address = "10.0.0.1",
                                        .created_s = NOW_S,
                                        .family_end_s = NOW_S + 1000}};
    snprintf(row.jti, sizeof row.jti, "%s-access", name);
    snprintf(row.refresh_jti, sizeof row.refresh_jti, "%s-refresh", name);
    COMMITTED(s->db, session_store_put(s->db, &row.session, expires_s));
    COMMITTED(s->db, token_store_put(s->db, &row));
    return row;
}

static enum err list_names(void *ctx, const struct token_row *row)
{
    buf_addf(ctx, "%.*s ", (int)strcspn(row->jti, "-"), row->jti);
    return ERR_OK;
}

/* Names of the valid tokens, the newest first. */
static void assert_valid(struct scratch *s, int64_t user_id, const char *client_id, int64_t now_s,
                         int64_t limit, const char *names)
{
    struct arena arena;
    struct buf seen;
    arena_init(&arena, 1 << 16);
    buf_init(&seen);
    assert_err(token_store_list(s->db, user_id, client_id, now_s, limit, &arena, list_names, &seen), ERR_OK);
    assert_string_equal(buf_str(&seen), names);
    buf_free(&seen);
    arena_fini(&arena);
}

static void test_a_token_comes_back_with_its_session(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct token_row got;
    add_people(s);
    struct token_row row = add_token(s, "a", 1, "c1", NOW_S + 10),
                     lone = add_token(s, "b", 0, "c2", NOW_S + 10);
    arena_init(&arena, 1 << 16);
    assert_err(token_store_by_jti(s->db, "a-access", &arena, &got), ERR_OK);
    assert_int_equal(got.id, row.id);
    assert_string_equal(got.refresh_jti, "a-refresh");
    assert_int_equal(got.session.id, row.session.id);
    assert_int_equal(got.session.user_id, 1);
    assert_string_equal(got.session.client_id, "c1");
    assert_string_equal(got.session.fingerprint, "fp");
    assert_string_equal(got.session.address, "10.0.0.1");
    assert_int_equal(got.session.family_end_s, NOW_S + 1000);
    assert_int_equal(got.used_s, 0);
    assert_int_equal(got.session.revoked_s, 0);
    assert_err(token_store_by_id(s->db, lone.id, &arena, &got), ERR_OK);
    assert_int_equal(got.session.user_id, 0);
    assert_err(token_store_by_jti(s->db, "a-refresh", &arena, &got), ERR_NOT_FOUND);
    assert_err(token_store_by_id(s->db, 999, &arena, &got), ERR_NOT_FOUND);
    assert_err(token_store_put(s->db, &row), ERR_EXISTS); /* the jti is taken */
    arena_fini(&arena);
}

static void test_a_token_is_used_once(void **state)
{
    struct scratch *s = *state;
    struct arena arena;
    struct token_row got;
    add_people(s);
    struct token_row row = add_token(s, "a", 1, "c1", NOW_S + 10);
    arena_init(&arena, 1 << 16);
    COMMITTED(s->db, token_store_use(s->db, row.id, NOW_S + 3, 77));
    assert_err(token_store_use(s->db, row.id, NOW_S + 4, 78), ERR_NOT_FOUND);
    assert_err(token_store_by_id(s->db, row.id, &arena, &got), ERR_OK);
    assert_int_equal(got.used_s, NOW_S + 3);
    assert_int_equal(got.successor_id, 77);
    arena_fini(&arena);
}

static void test_the_list_of_valid_tokens(void **state)
{
    struct scratch *s = *state;
    add_people(s);
    add_token(s, "a", 1, "c1", NOW_S + 10);
    add_token(s, "b", 1, "c2", NOW_S + 20);
    add_token(s, "c", 2, "c1", NOW_S + 20);
    struct token_row used = add_token(s, "d", 2, "c1", NOW_S + 20);
    COMMITTED(s->db, token_store_use(s->db, used.id, NOW_S, 1));
    assert_valid(s, 0, NULL, NOW_S, 9, "c b a ");
    assert_valid(s, 0, NULL, NOW_S, 2, "c b ");
    assert_valid(s, 1, NULL, NOW_S, 9, "b a ");
    assert_valid(s, 0, "c1", NOW_S, 9, "c a ");
    assert_valid(s, 1, "c1", NOW_S, 9, "a ");
    assert_valid(s, 0, NULL, NOW_S + 9, 9, "c b a ");
    assert_valid(s, 0, NULL, NOW_S + 10, 9, "c b ");
    assert_valid(s, 0, NULL, NOW_S + 20, 9, "");
}

static void test_sessions_end_one_by_one_by_user_and_by_client(void **state)
{
    struct scratch *s = *state;
    add_people(s);
    struct token_row a = add_token(s, "a", 1, "c1", NOW_S + 10), b = add_token(s, "b", 1, "c2", NOW_S + 10);
    add_token(s, "c", 1, "c2", NOW_S + 10);
    add_token(s, "d", 2, "c1", NOW_S + 10);
    add_token(s, "e", 0, "c1", NOW_S + 10);
    COMMITTED(s->db, session_store_revoke(s->db, a.session.id, NOW_S));
    COMMITTED(s->db, session_store_revoke(s->db, a.session.id, NOW_S + 1));
    assert_valid(s, 0, NULL, NOW_S, 9, "e d c b ");
    COMMITTED(s->db, session_store_revoke_user(s->db, 1, b.session.id, NOW_S));
    assert_valid(s, 0, NULL, NOW_S, 9, "e d b ");
    COMMITTED(s->db, session_store_revoke_user(s->db, 1, 0, NOW_S));
    assert_valid(s, 0, NULL, NOW_S, 9, "e d ");
    COMMITTED(s->db, session_store_revoke_client(s->db, "c1", NOW_S));
    assert_valid(s, 0, NULL, NOW_S, 9, "");
    struct arena arena;
    struct token_row got;
    arena_init(&arena, 1 << 16);
    assert_err(token_store_by_id(s->db, a.id, &arena, &got), ERR_OK);
    assert_int_equal(got.session.revoked_s, NOW_S); /* the first time stays */
    arena_fini(&arena);
}

static void test_sessions_end_by_tenant_and_by_id(void **state)
{
    struct scratch *s = *state;
    add_people(s);
    struct token_row a = add_token(s, "a", 1, "c1", NOW_S + 10);
    add_token(s, "b", 2, "c2", NOW_S + 10);
    assert_err(session_store_end(s->db, a.session.id + 100, NOW_S), ERR_NOT_FOUND);
    COMMITTED(s->db, session_store_revoke_tenant(s->db, "nowhere", NOW_S));
    assert_valid(s, 0, NULL, NOW_S, 9, "b a ");
    COMMITTED(s->db, session_store_end(s->db, a.session.id, NOW_S));
    assert_err(session_store_end(s->db, a.session.id, NOW_S + 1), ERR_NOT_FOUND);
    assert_valid(s, 0, NULL, NOW_S, 9, "b ");
    COMMITTED(s->db, session_store_revoke_tenant(s->db, "t1", NOW_S));
    assert_valid(s, 0, NULL, NOW_S, 9, "");
}

static enum err note_session(void *ctx, const struct session_row *row)
{
    struct buf *out = ctx;
    buf_addf(out, "%lld/%s/%s/%lld/%lld ", (long long)row->session.id, row->account, row->session.client_id,
             (long long)(row->refreshed_s - NOW_S), (long long)(row->expires_s - NOW_S));
    return out->err;
}

static void assert_sessions(struct scratch *s, int64_t user_id, const char *client_id, int64_t now_s,
                            int64_t limit, const char *expected)
{
    struct arena arena;
    struct buf got;
    arena_init(&arena, 4096);
    buf_init(&got);
    assert_err(session_store_list(s->db, user_id, client_id, now_s, limit, &arena, note_session, &got),
               ERR_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_free(&got);
    arena_fini(&arena);
}

static void test_the_list_of_live_sessions(void **state)
{
    struct scratch *s = *state;
    add_people(s);
    struct token_row a = add_token(s, "a", 1, "c1", NOW_S + 10);
    add_token(s, "b", 0, "c2", NOW_S + 20);
    struct token_row c = add_token(s, "c", 2, "c1", NOW_S + 20);
    assert_sessions(s, 0, NULL, NOW_S, 9, "3/two/c1/0/20 2//c2/0/20 1/one/c1/0/10 ");
    assert_sessions(s, 0, NULL, NOW_S, 2, "3/two/c1/0/20 2//c2/0/20 ");
    assert_sessions(s, 1, NULL, NOW_S, 9, "1/one/c1/0/10 ");
    assert_sessions(s, 0, "c2", NOW_S, 9, "2//c2/0/20 ");
    assert_sessions(s, 1, "c2", NOW_S, 9, "");
    assert_sessions(s, 0, NULL, NOW_S + 9, 1, "3/two/c1/0/20 ");
    assert_sessions(s, 0, "c1", NOW_S + 10, 9, "3/two/c1/0/20 ");
    /* A refresh: the newest token counts. */
    strcpy(c.jti, "d");
    c.issued_s = NOW_S + 5;
    COMMITTED(s->db, token_store_put(s->db, &c));
    COMMITTED(s->db, session_store_extend(s->db, c.session.id, NOW_S + 30, c.id, "10.0.0.9"));
    COMMITTED(s->db, session_store_revoke(s->db, a.session.id, NOW_S));
    assert_sessions(s, 0, "c1", NOW_S, 9, "3/two/c1/5/30 ");
}

static void test_sessions_go_with_their_user_and_client(void **state)
{
    struct scratch *s = *state;
    add_people(s);
    add_token(s, "a", 1, "c1", NOW_S + 10);
    add_token(s, "b", 2, "c2", NOW_S + 10);
    COMMITTED(s->db, user_store_remove(s->db, 1));
    assert_valid(s, 0, NULL, NOW_S, 9, "b ");
    COMMITTED(s->db, client_store_remove(s->db, "c2"));
    assert_valid(s, 0, NULL, NOW_S, 9, "");
}

/* ---- Purging ---- */

static int64_t expired(struct scratch *s, int64_t now_s)
{
    int64_t count = -1;
    assert_err(db_expired_count(s->db, now_s, &count), ERR_OK);
    return count;
}

static void test_purging_is_bounded_and_takes_only_what_expired(void **state)
{
    struct scratch *s = *state;
    struct throttle_count c;
    add_people(s);
    for (int i = 0; i < 10; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%d", i);
        put_captcha(s, id, "blade", "1", NOW_S + i);
        COMMITTED(s->db, throttle_store_hit(s->db, id, NOW_S + i - 60, 60, 0, &c));
    }
    add_token(s, "a", 1, "c1", NOW_S);
    add_token(s, "b", 1, "c1", NOW_S + 5);
    assert_int_equal(expired(s, NOW_S - 1), 0);
    assert_int_equal(expired(s, NOW_S), 1 + 1 + 2);
    assert_int_equal(expired(s, NOW_S + 4), 5 + 5 + 2);
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 4, 2));
    assert_int_equal(expired(s, NOW_S + 4), 3 + 3);
    for (int i = 0; i < 2; i++)
        COMMITTED(s->db, db_purge_step(s->db, NOW_S + 4, 2));
    assert_int_equal(expired(s, NOW_S + 4), 0);
    assert_valid(s, 0, NULL, NOW_S + 4, 9, "b ");
    char answer[32];
    assert_err(take(s->db, "c5", "blade", NOW_S + 4, answer, sizeof answer), ERR_OK);
    assert_err(throttle_store_get(s->db, "c5", NOW_S + 4, 60, &c), ERR_OK);
    assert_int_equal(c.count, 1);
}

/* ---- Audit ---- */

static void put_audit(struct scratch *s, const char *action, int64_t at_s, int64_t expires_s)
{
    struct audit_row row = {.at_s = at_s,
                            .actor = "user:t1/one",
                            .action = action,
                            .subject = "",
                            .result = "ok",
                            .client_id = "c1",
                            .dialect = "blade",
                            .address = "192.0.2.1",
                            .expires_s = expires_s};
    COMMITTED(s->db, audit_store_put(s->db, &row));
}

static enum err note_audit(void *ctx, const struct audit_row *row)
{
    struct buf *out = ctx;
    assert_string_equal(row->actor, strcmp(row->action, "user.lock") == 0 ? "admin:root" : "user:t1/one");
    assert_string_equal(row->address, "192.0.2.1");
    buf_addf(out, "%lld%s ", (long long)row->id, row->action);
    return out->err;
}

static void assert_filtered(struct scratch *s, struct audit_filter filter, const char *expected)
{
    struct arena arena;
    struct buf got;
    arena_init(&arena, 4096);
    buf_init(&got);
    assert_err(audit_store_list(s->db, &filter, &arena, note_audit, &got), ERR_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_free(&got);
    arena_fini(&arena);
}

static void assert_audit(struct scratch *s, int64_t after, int64_t limit, const char *expected)
{
    assert_filtered(s, (struct audit_filter){.after = after, .limit = limit}, expected);
}

static void test_the_audit_is_read_in_its_order(void **state)
{
    struct scratch *s = *state;
    for (int i = 0; i < 4; i++)
        put_audit(s, "x", NOW_S + i, NOW_S + 100);
    assert_audit(s, 0, 9, "1x 2x 3x 4x ");
    assert_audit(s, 0, 2, "3x 4x ");
    assert_audit(s, 3, 9, "4x ");
    assert_audit(s, 4, 9, "");
}

static void test_the_audit_is_read_by_time_person_and_action(void **state)
{
    struct scratch *s = *state;
    struct audit_row locked = {.at_s = NOW_S + 2,
                               .actor = "admin:root",
                               .action = "user.lock",
                               .subject = "user:t1/one",
                               .result = "ok",
                               .client_id = "",
                               .dialect = "",
                               .address = "192.0.2.1",
                               .expires_s = NOW_S + 100};
    put_audit(s, "login", NOW_S, NOW_S + 100);
    put_audit(s, "logout", NOW_S + 1, NOW_S + 100);
    COMMITTED(s->db, audit_store_put(s->db, &locked));
    assert_filtered(s, (struct audit_filter){.action = "login", .limit = 9}, "1login ");
    assert_filtered(s, (struct audit_filter){.action = "log", .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.since_s = NOW_S + 1, .limit = 1}, "3user.lock ");
    assert_filtered(s, (struct audit_filter){.since_s = NOW_S + 1, .limit = 9}, "2logout 3user.lock ");
    assert_filtered(s, (struct audit_filter){.since_s = NOW_S + 3, .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.who = "admin:root", .limit = 9}, "3user.lock ");
    assert_filtered(s, (struct audit_filter){.who = "user:t1/one", .limit = 2}, "2logout 3user.lock ");
    assert_filtered(s, (struct audit_filter){.who = "user:t1/on", .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.who = "/one", .limit = 9}, "1login 2logout 3user.lock ");
    assert_filtered(s, (struct audit_filter){.who = "/ne", .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.who = "/root", .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.until_s = NOW_S + 1, .limit = 9}, "1login ");
    assert_filtered(s, (struct audit_filter){.before = 3, .limit = 1}, "2logout ");
    assert_filtered(s, (struct audit_filter){.result = "ok", .limit = 1}, "3user.lock ");
    assert_filtered(s, (struct audit_filter){.result = AUDIT_FAILED, .limit = 9}, "");
    assert_filtered(s, (struct audit_filter){.address = "192.0.2.1", .limit = 1}, "3user.lock ");
    assert_filtered(s, (struct audit_filter){.address = "192.0.2.2", .limit = 9}, "");
}

static enum err note_begin(void *ctx, int64_t id, int64_t at_s)
{
    struct buf *out = ctx;
    buf_addf(out, "%lld+%lld ", (long long)id, (long long)(at_s - NOW_S));
    return out->err;
}

static void assert_parts(struct scratch *s, struct audit_filter filter, int64_t rows, const char *expected)
{
    struct buf got;
    buf_init(&got);
    assert_err(audit_store_parts(s->db, &filter, rows, note_begin, &got), ERR_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_free(&got);
}

static void test_the_audit_is_parted(void **state)
{
    struct scratch *s = *state;
    assert_parts(s, (struct audit_filter){0}, 2, "");
    for (int i = 0; i < 5; i++)
        put_audit(s, i % 2 == 0 ? "even" : "odd", NOW_S + i, NOW_S + 100);
    assert_parts(s, (struct audit_filter){0}, 2, "1+0 3+2 5+4 ");
    assert_parts(s, (struct audit_filter){0}, 1, "1+0 2+1 3+2 4+3 5+4 ");
    assert_parts(s, (struct audit_filter){0}, 5, "1+0 ");
    assert_parts(s, (struct audit_filter){.action = "even"}, 2, "1+0 5+4 ");
    assert_parts(s, (struct audit_filter){.after = 1, .before = 5}, 2, "2+1 4+3 ");
}

/* When all rows have expired, the next one has number 1 again: whoever follows has to see it. */
static void test_the_audit_is_followed_when_it_starts_anew(void **state)
{
    struct scratch *s = *state;
    for (int i = 0; i < 3; i++)
        put_audit(s, "old", NOW_S - 100, NOW_S);
    assert_audit(s, 3, 9, "");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S, 9));
    assert_audit(s, 3, 9, "");
    put_audit(s, "new", NOW_S, NOW_S + 100);
    assert_audit(s, 3, 9, "1new ");
}

/* Rows that a clock wrote that was ahead keep nothing behind them for ten years, and go no earlier than it. */
static void test_audit_rows_from_the_future_hold_nothing_up(void **state)
{
    struct scratch *s = *state;
    int64_t then_s = NOW_S + 315360000;
    put_audit(s, "x", NOW_S - 2, NOW_S + 100);
    put_audit(s, "ahead", then_s, then_s + 100);
    put_audit(s, "ahead", then_s, then_s + 100);
    put_audit(s, "x", NOW_S + 5, NOW_S + 107);
    put_audit(s, "x", NOW_S + 6, NOW_S + 200);
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 100, 9));
    assert_audit(s, 0, 9, "2ahead 3ahead 4x 5x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 106, 9));
    assert_audit(s, 0, 9, "2ahead 3ahead 4x 5x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 107, 1));
    assert_audit(s, 0, 9, "3ahead 4x 5x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 107, 9));
    assert_audit(s, 0, 9, "5x ");
}

/* Nor do all of them have to be read with each token, however many there are. */
static void test_audit_rows_from_the_future_are_not_walked_through(void **state)
{
    struct scratch *s = *state;
    char path[64];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    const struct audit_row row = {.at_s = NOW_S + 315360000,
                                  .actor = "",
                                  .action = "ahead",
                                  .subject = "",
                                  .result = "ok",
                                  .client_id = "",
                                  .dialect = "",
                                  .address = "",
                                  .expires_s = NOW_S + 315360100};
    for (int i = 0; i < 5000; i++)
        assert_err(audit_store_put(s->db, &row), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
    put_audit(s, "x", NOW_S, NOW_S + 100);
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql_text[SQL_PURGE_DUE], -1, &st, NULL), SQLITE_OK);
    sqlite3_bind_int64(st, 1, NOW_S);
    sqlite3_bind_int64(st, 2, 2);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 4), 0);
    assert_in_range(sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0), 1, 5000);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

/* Were the clock behind, nothing that is from the future by it would be lost. */
static void test_a_clock_that_is_behind_costs_no_audit_row(void **state)
{
    struct scratch *s = *state;
    put_audit(s, "x", NOW_S, NOW_S + 100);
    put_audit(s, "behind", NOW_S - 86400, NOW_S - 86300);
    COMMITTED(s->db, db_purge_step(s->db, NOW_S - 86400, 9));
    assert_audit(s, 0, 9, "1x 2behind ");
}

static void test_what_is_from_the_future_is_named_and_can_be_purged(void **state)
{
    struct scratch *s = *state;
    struct throttle_count c;
    int64_t counts[DB_AHEAD_TABLES], then_s = NOW_S + 315360000;
    add_people(s);
    add_token(s, "a", 1, "c1", NOW_S + 100);
    assert_err(db_ahead_count(s->db, NOW_S + 100, counts), ERR_OK);
    for (int i = 0; i < DB_AHEAD_TABLES; i++)
        assert_case(counts[i] == 0, "%s", db_ahead_tables[i]);
    put_captcha(s, "f", "blade", "1", then_s);
    COMMITTED(s->db, throttle_store_hit(s->db, "b", NOW_S, 1800, 0, &c));
    by_hand(s, "INSERT INTO throttle VALUES ('a', 5, 1700000000 + 315360000)");
    put_audit(s, "x", then_s, then_s + 100);
    by_hand(s, "UPDATE token SET issued_s = issued_s + 315360000;"
               "UPDATE session SET created_s = created_s + 315360000");
    assert_err(db_ahead_count(s->db, NOW_S, counts), ERR_OK);
    for (int i = 0; i < 5; i++)
        assert_case(counts[i] == 1, "%s: %d", db_ahead_tables[i], (int)counts[i]);
    COMMITTED(s->db, db_purge_ahead(s->db, NOW_S));
    assert_err(db_ahead_count(s->db, NOW_S, counts), ERR_OK);
    for (int i = 0; i < DB_AHEAD_TABLES; i++)
        assert_case(counts[i] == (strcmp(db_ahead_tables[i], "audit") == 0), "%s", db_ahead_tables[i]);
    assert_err(throttle_store_get(s->db, "b", NOW_S, 1800, &c), ERR_OK);
    assert_int_equal(c.count, 1);
}

/* Rotated away, it does what it can: nothing is left to tell the operator to do. */
static void test_a_key_from_the_future_is_named_until_its_end_is_set(void **state)
{
    struct scratch *s = *state;
    int64_t counts[DB_AHEAD_TABLES];
    by_hand(s,
            "INSERT INTO sign_key VALUES ('0000000000000001', 'HS256', zeroblob(32), 1700000000 + 315360000, "
            "1700000000 + 315360000, NULL)");
    assert_err(db_ahead_count(s->db, NOW_S, counts), ERR_OK);
    assert_int_equal(counts[5], 1);
    by_hand(s, "UPDATE sign_key SET retired_s = 1700000000 + 100");
    assert_err(db_ahead_count(s->db, NOW_S, counts), ERR_OK);
    assert_int_equal(counts[5], 0);
}

/* One that was written under a longer retention holds up those behind it, as nothing may leave before it. */
static void test_the_audit_leaves_from_its_old_end_only(void **state)
{
    struct scratch *s = *state;
    sqlite3 *db = NULL;
    char path[64];
    static const int64_t expires[] = {NOW_S, NOW_S + 1, NOW_S + 50, NOW_S + 2};
    for (size_t i = 0; i < 4; i++)
        put_audit(s, "x", NOW_S - 100, expires[i]);
    COMMITTED(s->db, db_purge_step(s->db, NOW_S - 1, 9));
    assert_audit(s, 0, 9, "1x 2x 3x 4x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 10, 1));
    assert_audit(s, 0, 9, "2x 3x 4x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 10, 9));
    assert_audit(s, 0, 9, "3x 4x ");
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE audit SET result = 'ok' WHERE id = 3", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM audit WHERE id = 4", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
    assert_audit(s, 0, 9, "3x 4x ");
    COMMITTED(s->db, db_purge_step(s->db, NOW_S + 50, 9));
    assert_audit(s, 0, 9, "");
}

/* ---- Migrations ---- */

/* SQL without its comments, and with single blanks. */
static void plain_sql(const char *sql, struct buf *out)
{
    for (const char *p = sql; *p != '\0'; p++) {
        if (p[0] == '-' && p[1] == '-')
            p += strcspn(p, "\n");
        bool blank = *p == ' ' || *p == '\n' || *p == '\0';
        bool beside = out->len == 0 || strchr(" (", out->data[out->len - 1]) != NULL;
        if (*p == ',' && out->len > 0 && out->data[out->len - 1] == ' ')
            out->len--; /* ALTER TABLE … ADD COLUMN wrote it behind a comment */
        if (blank && !beside)
            buf_add_char(out, ' ');
        else if (!blank) {
            if (*p == ')' && out->len > 0 && out->data[out->len - 1] == ' ')
                out->len--;
            buf_add_char(out, *p);
        }
        if (*p == '\0')
            break;
    }
    buf_add_char(out, '\n');
}

static int note_schema(void *ctx, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    struct buf *out = ctx;
    buf_addf(out, "%s: ", values[0]);
    plain_sql(values[1], out);
    return 0;
}

/* What tables, indices and triggers a database has. ALTER TABLE quotes the names that it writes. */
static void schema_of(const char *dir, struct buf *out)
{
    sqlite3 *db = NULL;
    char path[64];
    snprintf(path, sizeof path, "%s/%s", dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "SELECT name, replace(sql, '\"', '') FROM sqlite_schema "
                                  "WHERE sql IS NOT NULL ORDER BY name",
                                  note_schema, out, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static enum err note_old_key(void *ctx, const struct key_row *row)
{
    struct keys *k = ctx;
    assert_int_equal(row->signs_from_s, 5);
    assert_int_equal(row->retired_s, 0);
    k->count++;
    return ERR_OK;
}

static const char rows_of_version_1[] =
    "INSERT INTO tenant VALUES ('t1', 'T', 0, 1);"
    "INSERT INTO sign_key VALUES ('0000000000000001', 'HS256', zeroblob(32), 5, NULL);"
    "INSERT INTO client VALUES ('c1', zeroblob(32), 'captcha', 'all', 'plain', 60, NULL, 0, 1);"
    "INSERT INTO user (id, tenant_id, account, password_hash, password_changed_s, created_s)"
    " VALUES (7, 't1', 'one', 'h', 1, 1);"
    "INSERT INTO session VALUES (3, 7, 'c1', 't1', 'blade', 'all', '', '::1', 1, 99, 99, NULL);"
    "INSERT INTO token VALUES (1, 3, 'j', 'r', 1, 50, 99, NULL, NULL);"
    "INSERT INTO token VALUES (2, 9, 'orphan', NULL, 1, 50, 99, NULL, NULL);"
    "INSERT INTO token VALUES (3, 3, 'adopted', NULL, 0, 50, 99, NULL, NULL);";

static const char rows_of_version_2[] =
    "INSERT INTO captcha (id, dialect, answer, expires_s) VALUES ('k', 'blade', 'ywdf4', 1700000001);"
    "INSERT INTO audit (at_s, actor, action, subject, result, client_id, dialect, address, expires_s)"
    " VALUES (1700000000, 'user:t1/one', 'login', '', 'ok', 'c1', 'blade', '192.0.2.1', 1800000000);"
    "INSERT INTO tenant VALUES ('t1', 'T', 0, 1);"
    "INSERT INTO user (id, tenant_id, account, password_hash, password_changed_s, created_s)"
    " VALUES (7, 't1', 'Bob', 'h', 1, 1), (8, 't1', 'BOB', 'h', 1, 1), (9, 't1', 'Li', 'h', 1, 1);"
    "INSERT INTO client (id, grants, created_s) VALUES ('c1', 'captcha', 1);"
    "INSERT INTO session (id, client_id, tenant_id, dialect, scope, address, created_s, family_end_s, "
    "expires_s)"
    " VALUES (3, 'c1', 't1', 'blade', 'all', '192.0.2.1', 1, 99, 99);"
    "INSERT INTO token VALUES (1, 3, 'j', 'r', 1, 50, 99, 5, 4);"
    "INSERT INTO token VALUES (4, 3, 'n', 's', 5, 50, 99, NULL, NULL);";

/* Make the database of `s` anew, as the version of that schema left it, with these rows. */
static void make_old(struct scratch *s, const char *schema_file, const char *rows)
{
    static char sql[65536];
    FILE *f = fopen(schema_file, "r");
    assert_case(f != NULL, "%s: run this from the top of the tree", schema_file);
    sql[fread(sql, 1, sizeof sql - 1, f)] = '\0';
    fclose(f);
    db_close(s->db);
    db_discard(s->dir);
    by_hand(s, sql);
    by_hand(s, rows);
    char path[64];
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Bring a database up to this version, and compare it with a new one. */
static void bring_up(struct scratch *s, const char *schema_file, const char *rows)
{
    struct buf fresh, migrated;
    buf_init(&fresh);
    buf_init(&migrated);
    schema_of(s->dir, &fresh);
    make_old(s, schema_file, rows);
    s->db = scratch_connect(s);
    schema_of(s->dir, &migrated);
    assert_string_equal(buf_str(&migrated), buf_str(&fresh));
    assert_err(db_prepare_all(s->db), ERR_OK);
    buf_free(&fresh);
    buf_free(&migrated);
}

static const char rows_of_version_3[] =
    "INSERT INTO tenant VALUES ('t1', 'T', 0, 1);"
    "INSERT INTO user (id, tenant_id, account, account_folded, password_hash, password_changed_s, real_name, "
    "created_s) VALUES (7, 't1', 'Bob', 'bob', 'h', 1, 'Robert', 1), (8, 't1', 'a/b', 'a/b', 'h', 1, '', 1), "
    "(9, 't1', 'li', 'li', 'h', 1, '', 1);"
    "INSERT INTO client (id, grants, created_s) VALUES ('c1', 'captcha', 1);"
    "INSERT INTO session (user_id, client_id, tenant_id, dialect, scope, address, created_s, family_end_s, "
    "expires_s) VALUES (9, 'c1', 't1', 'blade', 'all', '', 77, 99, 99), (9, 'c1', 't1', 'blade', 'all', '', "
    "55, 99, 99);"
    "INSERT INTO audit (at_s, actor, action, result, expires_s) VALUES (20, 'user:t1/a/b', 'login', 'ok', "
    "99), "
    "(30, 'user:t1/a/b', 'login', 'ok', 99), (40, 'user:t1/a/b', 'logout', 'ok', 99), "
    "(60, 'user:t1/li', 'login', 'ok', 99), (70, 'user:t1/nobody', 'login', 'ok', 99);";

static void test_a_database_of_version_3_is_brought_up(void **state)
{
    struct scratch *s = *state;
    struct user u;
    struct user_group g;
    struct arena arena;
    arena_init(&arena, 65536);
    bring_up(s, "tests/fixtures/schema/3.sql", rows_of_version_3);
    assert_err(user_store_find(s->db, "t1", "bob", &arena, &u), ERR_OK);
    assert_string_equal(u.real_name, "Robert");
    assert_string_equal(u.email, "");
    assert_string_equal(u.locale, "");
    assert_false(u.email_verified);
    assert_true(u.last_login_s == 0 && u.unlocked_s == 0);
    assert_err(user_store_find(s->db, "t1", "a/b", &arena, &u), ERR_OK);
    assert_int_equal(u.last_login_s, 30); /* by the audit */
    assert_err(user_store_find(s->db, "t1", "li", &arena, &u), ERR_OK);
    assert_int_equal(u.last_login_s, 77); /* by a session */
    assert_err(group_store_get(s->db, "admins", &arena, &g), ERR_OK);
    assert_int_equal(g.members, 0);
    arena_fini(&arena);
}

static void test_a_database_of_version_2_is_brought_up(void **state)
{
    struct scratch *s = *state;
    char answer[32];
    struct token_row newest;
    struct client client;
    struct arena arena;
    arena_init(&arena, 65536);
    bring_up(s, "tests/fixtures/schema/2.sql", rows_of_version_2);
    assert_err(token_store_newest(s->db, 3, &arena, &newest), ERR_OK);
    assert_string_equal(newest.jti, "n");
    assert_string_equal(newest.session.refresh_address, "192.0.2.1"); /* the login's: nobody knows better */
    assert_err(client_store_get(s->db, "c1", &arena, &client), ERR_OK);
    assert_string_equal(client.refresh_reuse, "");
    assert_err(take(s->db, "k", "blade", NOW_S, answer, sizeof answer), ERR_OK);
    assert_string_equal(answer, "ywdf4");
    assert_audit(s, 0, 9, "1login ");
    put_audit(s, "logout", NOW_S, NOW_S + 9);
    assert_audit(s, 0, 9, "1login 2logout ");
    struct user u;
    assert_err(user_store_find(s->db, "t1", "Bob", &arena, &u), ERR_OK);
    assert_int_equal(u.id, 7);
    assert_err(user_store_find(s->db, "t1", "BOB", &arena, &u), ERR_OK);
    assert_int_equal(u.id, 8);
    assert_err(user_store_find(s->db, "t1", "LI", &arena, &u), ERR_OK);
    assert_int_equal(u.id, 9);
    arena_fini(&arena);
}

static void test_a_database_of_version_1_is_brought_up(void **state)
{
    struct scratch *s = *state;
    struct token_row token;
    struct client client;
    struct keys k = {.count = 0};
    struct arena arena;
    arena_init(&arena, 65536);
    bring_up(s, "tests/fixtures/schema/1.sql", rows_of_version_1);
    assert_err(token_store_by_jti(s->db, "j", &arena, &token), ERR_OK);
    assert_int_equal(token.session.user_id, 7);
    assert_err(token_store_by_jti(s->db, "adopted", &arena, &token), ERR_NOT_FOUND);
    struct session next = {
        .client_id = "c1", .tenant_id = "t1", .dialect = "", .scope = "", .fingerprint = "", .address = ""};
    COMMITTED(s->db, session_store_put(s->db, &next, NOW_S));
    assert_int_equal(next.id, 4);
    assert_err(client_store_get(s->db, "c1", &arena, &client), ERR_OK);
    assert_string_equal(client.password_wire, "plain");
    assert_string_equal(client.alg, "");
    assert_true(client.has_secret && !client.has_old_secret && client.access_ttl_s == 60);
    assert_err(key_store_list(s->db, note_old_key, &k), ERR_OK);
    assert_int_equal(k.count, 1);
    /* Foreign keys are on again. */
    COMMITTED(s->db, client_store_remove(s->db, "c1"));
    assert_err(token_store_by_jti(s->db, "j", &arena, &token), ERR_NOT_FOUND);
    /* A second start finds nothing to do. */
    struct db *other = scratch_connect(s);
    db_close(other);
    arena_fini(&arena);
}

/* ---- Copies ---- */

static void test_a_backup_is_a_database(void **state)
{
    struct scratch *s = *state, copy = {.sink = s->sink};
    char path[64], x = 0;
    struct buf why;
    buf_init(&why);
    COMMITTED(s->db, setting_store_put(s->db, "x", "1", 1));
    snprintf(copy.dir, sizeof copy.dir, "/tmp/menshen-unit-XXXXXX");
    assert_non_null(mkdtemp(copy.dir));
    snprintf(path, sizeof path, "%s/%s", copy.dir, DB_FILE);
    assert_case(db_backup(s->db, path, &why) == ERR_OK, "%s", buf_str(&why));
    assert_err(db_backup(s->db, path, &why), ERR_EXISTS);
    assert_err(db_backup(s->db, "/no/such/folder/x", &why), ERR_IO);
    copy.db = scratch_connect(&copy);
    assert_err(setting_store_get(copy.db, "x", &x, 1), ERR_OK);
    assert_err(db_prepare_all(copy.db), ERR_OK);
    buf_init(&copy.log);
    scratch_close(&copy);
    buf_free(&why);
}

static void test_a_discarded_database_leaves_nothing(void **state)
{
    struct scratch *s = *state;
    char guard[64];
    COMMITTED(s->db, setting_store_put(s->db, "x", "1", 1));
    db_close(s->db);
    s->db = NULL;
    db_discard(s->dir);
    snprintf(guard, sizeof guard, "%s/.htaccess", s->dir);
    assert_int_equal(unlink(guard), 0); /* it belongs to the folder */
    assert_int_equal(rmdir(s->dir), 0);
    assert_int_equal(mkdir(s->dir, 0700), 0); /* for teardown */
}

/* ---- The log ---- */

static off_t size_of(const struct scratch *s, const char *suffix)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s%s", s->dir, DB_FILE, suffix);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void put_blob(struct db *db, size_t len)
{
    unsigned char *blob = calloc(1, len);
    assert_non_null(blob);
    COMMITTED(db, setting_store_put(db, "blob", blob, len));
    free(blob);
}

enum { LONG_BYTES = 17 * 1024 * 1024 };

/* A worker says when it would be slow; everybody else does it with the commit. */
static void test_a_long_log_is_copied_back(void **state)
{
    struct scratch *s = *state;
    db_defer_sync(s->db);
    put_blob(s->db, LONG_BYTES);
    assert_true(db_checkpoint_is_due(s->db));
    assert_true(size_of(s, "") < LONG_BYTES);
    db_checkpoint(s->db);
    assert_false(db_checkpoint_is_due(s->db));
    off_t size = size_of(s, "-wal");
    COMMITTED(s->db, setting_store_put(s->db, "x", "1", 1));
    assert_int_equal(size_of(s, "-wal"), size); /* it started anew */

    struct db *other = scratch_connect(s);
    put_blob(other, LONG_BYTES);
    assert_false(db_checkpoint_is_due(other));
    db_close(other);
}

static void test_what_stays_when_the_last_one_closes(void **state)
{
    struct scratch *s = *state;
    db_keep_log(s->db);
    put_blob(s->db, 100000);
    db_close(s->db);
    assert_true(size_of(s, "-wal") > 0);
    s->db = scratch_connect(s);
    put_blob(s->db, 100001);
    db_close(s->db);
    assert_int_equal(size_of(s, "-wal"), 0);
    s->db = scratch_connect(s);
    db_keep_log(s->db);
    put_blob(s->db, 1000000); /* too long to be read by each that comes */
    db_close(s->db);
    assert_int_equal(size_of(s, "-wal"), 0);
    s->db = scratch_connect(s);
}

/* VACUUM INTO and `menshen backup` make such a file. */
static void test_the_log_of_another_database_is_set_aside(void **state)
{
    struct scratch *s = *state;
    char copy[64], path[64];
    struct buf why;
    unsigned char value;
    buf_init(&why);
    snprintf(copy, sizeof copy, "%s/copy", s->dir);
    snprintf(path, sizeof path, "%s/%s", s->dir, DB_FILE);
    assert_err(db_backup(s->db, copy, &why), ERR_OK);
    assert_false(db_is_replaced(s->db));
    db_keep_log(s->db);
    COMMITTED(s->db, setting_store_put(s->db, "later", "1", 1));
    assert_int_equal(rename(copy, path), 0);
    assert_true(db_is_replaced(s->db));
    db_close(s->db);
    assert_true(size_of(s, "-wal") > 0);
    s->db = scratch_connect(s);
    assert_err(setting_store_get(s->db, "later", &value, 1), ERR_NOT_FOUND);
    assert_true(size_of(s, "-wal.aside") > 0);
    assert_non_null(strstr(buf_str(&s->log), "log_set_aside"));
    assert_false(db_is_replaced(s->db));
    buf_free(&why);
}

static void test_a_write_that_changes_nothing(void **state)
{
    struct scratch *s = *state;
    struct buf why;
    buf_init(&why);
    off_t size = size_of(s, "-wal");
    assert_err(db_test_write(s->db, &why), ERR_OK);
    assert_int_equal(why.len, 0);
    assert_true(size_of(s, "-wal") > size);
    struct db *other = scratch_connect(s); /* the version is what it was */
    db_close(other);
    buf_free(&why);
}

/* ---- One look for several reads; the disk ---- */

/* Write the setting `name`, and whether it is there. */
static enum err put_setting(struct db *db, const char *name)
{
    return setting_store_put(db, name, "1", 1);
}

static bool has_setting(struct db *db, const char *name)
{
    char value;
    enum err e = setting_store_get(db, name, &value, 1);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    return e == ERR_OK;
}

static void test_reads_in_one_look_see_one_state(void **state)
{
    struct scratch *s = *state;
    struct db *other = scratch_connect(s);
    assert_err(db_read_begin(s->db), ERR_OK);
    assert_false(has_setting(s->db, "one"));
    COMMITTED(other, put_setting(other, "one"));
    assert_false(has_setting(s->db, "one"));
    db_read_end(s->db);
    db_read_end(s->db); /* does nothing */
    assert_true(has_setting(s->db, "one"));
    db_close(other);
}

/* What was read before others wrote cannot be written over: SQLite would say so with SQLITE_BUSY. */
static void test_a_look_ends_where_writing_begins(void **state)
{
    struct scratch *s = *state;
    struct db *other = scratch_connect(s);
    COMMITTED(other, put_setting(other, "one"));
    assert_err(db_read_begin(s->db), ERR_OK);
    assert_true(has_setting(s->db, "one"));
    COMMITTED(other, put_setting(other, "two"));
    /* without a transaction */
    assert_err(put_setting(s->db, "two and a half"), ERR_OK);
    assert_err(db_read_begin(s->db), ERR_OK);
    assert_true(has_setting(s->db, "two"));
    COMMITTED(other, put_setting(other, "three"));
    COMMITTED(s->db, put_setting(s->db, "four"));
    assert_err(db_read_begin(s->db), ERR_OK); /* the one before has ended */
    db_close(other);
}

static void test_who_defers_hears_what_has_to_be_on_disk(void **state)
{
    struct scratch *s = *state;
    COMMITTED(s->db, put_setting(s->db, "one"));
    assert_false(db_take_due(s->db)); /* it is on disk */
    db_defer_sync(s->db);
    assert_false(db_take_due(s->db));
    COMMITTED(s->db, put_setting(s->db, "two"));
    assert_true(db_take_due(s->db));
    assert_false(db_take_due(s->db));
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(put_setting(s->db, "three"), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
    assert_false(db_take_due(s->db));
    assert_err(db_begin(s->db, DB_DURABLE), ERR_OK);
    db_rollback(s->db);
    assert_false(db_take_due(s->db));
    assert_err(db_sync(s->db), ERR_OK); /* an answer that repeats another's */
    assert_true(db_take_due(s->db));
    assert_err(db_flush(s->db), ERR_OK);
    assert_true(has_setting(s->db, "three"));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_statement_prepares),
        TEST(test_requests_find_rows_by_index),
        TEST(test_a_new_database_is_whole_and_private),
        TEST(test_creating_twice_leaves_the_first),
        TEST(test_opening_refuses_what_others_can_read),
        TEST(test_opening_refuses_another_schema),
        TEST(test_reads_in_one_look_see_one_state),
        TEST(test_a_look_ends_where_writing_begins),
        TEST(test_who_defers_hears_what_has_to_be_on_disk),
        cmocka_unit_test(test_opening_what_is_not_there),
        TEST(test_the_log_starts_anew),
        TEST(test_what_is_rolled_back_has_not_happened),
        TEST(test_a_second_writer_is_told_that_it_is_busy),
        TEST(test_a_captcha_is_taken_once),
        TEST(test_a_captcha_lives_while_expires_is_after_now),
        TEST(test_a_captchas_id_is_unique),
        TEST(test_an_answer_that_does_not_fit_is_not_cut),
        TEST(test_a_flood_costs_the_flooder_his_own_captchas),
        TEST(test_many_visitors_get_their_captchas_during_a_flood),
        TEST(test_without_a_flood_the_oldest_gives_way),
        TEST(test_the_ring_clears_itself),
        TEST(test_a_captcha_from_the_future_is_dead_and_in_nobodys_way),
        TEST(test_of_several_takers_one_gets_it),
        TEST(test_a_counter_counts_while_its_end_is_after_now),
        TEST(test_the_hit_that_reaches_the_limit_starts_the_window_anew),
        TEST(test_a_counter_from_the_future_has_ended),
        TEST(test_a_new_counter_clears_ended_ones_away),
        TEST(test_tenants),
        TEST(test_clients),
        TEST(test_users),
        TEST(test_an_account_is_found_in_any_case),
        TEST(test_a_full_arena_is_an_error_and_no_cut),
        TEST(test_keys_come_in_the_order_of_their_use),
        TEST(test_a_token_comes_back_with_its_session),
        TEST(test_a_token_is_used_once),
        TEST(test_the_list_of_valid_tokens),
        TEST(test_sessions_end_one_by_one_by_user_and_by_client),
        TEST(test_sessions_end_by_tenant_and_by_id),
        TEST(test_the_list_of_live_sessions),
        TEST(test_sessions_go_with_their_user_and_client),
        TEST(test_purging_is_bounded_and_takes_only_what_expired),
        TEST(test_the_audit_is_read_in_its_order),
        TEST(test_the_audit_is_read_by_time_person_and_action),
        TEST(test_the_audit_is_parted),
        TEST(test_the_audit_is_followed_when_it_starts_anew),
        TEST(test_the_audit_leaves_from_its_old_end_only),
        TEST(test_audit_rows_from_the_future_hold_nothing_up),
        TEST(test_audit_rows_from_the_future_are_not_walked_through),
        TEST(test_a_clock_that_is_behind_costs_no_audit_row),
        TEST(test_what_is_from_the_future_is_named_and_can_be_purged),
        TEST(test_a_key_from_the_future_is_named_until_its_end_is_set),
        TEST(test_a_database_of_version_1_is_brought_up),
        TEST(test_a_database_of_version_3_is_brought_up),
        TEST(test_a_database_of_version_2_is_brought_up),
        TEST(test_a_backup_is_a_database),
        TEST(test_a_discarded_database_leaves_nothing),
        TEST(test_a_long_log_is_copied_back),
        TEST(test_what_stays_when_the_last_one_closes),
        TEST(test_the_log_of_another_database_is_set_aside),
        TEST(test_a_write_that_changes_nothing),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
