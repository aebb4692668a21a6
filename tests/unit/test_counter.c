/*
 * store/counter_store: what is counted goes with the transactions that happen anyway, and is neither lost nor counted
 * twice.
 */
#include "scratch.h"

#include "store/captcha_store.h"
#include "store/counter_store.h"

enum { HOUR_S = COUNTER_HOUR_S, NOW_S = 472222 * HOUR_S + 100, THIS_HOUR_S = 472222 * HOUR_S };

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

struct found {
    enum counter id;
    int64_t hour_s, count, sum;
    int hours;
};

static enum err find(void *ctx, const struct counter_row *row)
{
    struct found *f = ctx;
    if (row->id == f->id && (f->hour_s == 0 || row->hour_s == f->hour_s)) {
        f->count += row->count;
        f->sum += row->sum;
        f->hours++;
    }
    return ERR_OK;
}

/* As another process sees it. hour_s 0: of all hours. */
static struct found in_database(struct scratch *s, enum counter id, int64_t hour_s)
{
    struct found f = {.id = id, .hour_s = hour_s};
    struct db *other = scratch_connect(s);
    assert_err(counter_store_list(other, 0, INT64_MAX, find, &f), ERR_OK);
    db_close(other);
    return f;
}

static void commit_something(struct scratch *s)
{
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    assert_err(db_commit(s->db), ERR_OK);
}

static void test_it_is_written_with_the_next_commit(void **state)
{
    struct scratch *s = *state;
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S + 1);
    counter_add(s->db, COUNTER_CAPTCHA_WRONG, 7, NOW_S);
    assert_true(counter_is_pending(s->db));
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 0);
    commit_something(s);
    assert_false(counter_is_pending(s->db));
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, THIS_HOUR_S).count, 2);
    assert_int_equal(in_database(s, COUNTER_CAPTCHA_WRONG, THIS_HOUR_S).sum, 7);
    commit_something(s);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S + HOUR_S);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, THIS_HOUR_S).count, 2);
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, THIS_HOUR_S + HOUR_S).count, 1);
}

static void test_each_goes_into_the_hour_that_it_happened_in(void **state)
{
    struct scratch *s = *state;
    counter_add(s->db, COUNTER_REFRESH_OK, 0, THIS_HOUR_S - 1);
    counter_add(s->db, COUNTER_REFRESH_OK, 0, THIS_HOUR_S);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_REFRESH_OK, THIS_HOUR_S - HOUR_S).count, 1);
    assert_int_equal(in_database(s, COUNTER_REFRESH_OK, THIS_HOUR_S).count, 1);
}

static void test_a_rollback_keeps_it_for_the_next(void **state)
{
    struct scratch *s = *state;
    assert_err(db_begin(s->db, DB_RELAXED), ERR_OK);
    counter_add(s->db, COUNTER_LOCK_ADDRESS, 0, NOW_S);
    db_rollback(s->db);
    assert_true(counter_is_pending(s->db));
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_LOCK_ADDRESS, 0).count, 1);
}

static void test_a_worker_writes_every_few_seconds(void **state)
{
    struct scratch *s = *state;
    counter_collect(s->db);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S);
    commit_something(s); /* the first at once: nothing was written before */
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 1);
    for (int64_t t = 1; t < 5; t++) {
        counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S + t);
        commit_something(s);
        assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 1);
    }
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S + 5);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 6);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S - HOUR_S); /* the clock was set back */
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 7);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S - HOUR_S + 1);
    assert_err(counter_flush(s->db), ERR_OK); /* it has nothing else to do */
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 8);
    assert_false(counter_is_pending(s->db));
}

static void test_a_flush_waits_for_nobody(void **state)
{
    struct scratch *s = *state;
    struct db *other = scratch_connect(s);
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S);
    assert_err(db_begin(other, DB_RELAXED), ERR_OK);
    assert_true(counter_is_pending(s->db));
    assert_err(counter_flush(s->db), ERR_BUSY);
    assert_false(counter_is_pending(s->db)); /* until there is more, nobody tries again */
    db_rollback(other);
    assert_err(counter_flush(s->db), ERR_OK);
    assert_int_equal(in_database(s, COUNTER_LOGIN_OK, 0).count, 1);
    db_close(other);
}

static void test_without_a_commit_for_hours_memory_stays_bounded(void **state)
{
    struct scratch *s = *state;
    for (int64_t hour = 0; hour < 1000; hour++)
        for (int id = 0; id < COUNTER_COUNT; id++)
            counter_add(s->db, (enum counter)id, 1, NOW_S + hour * HOUR_S);
    commit_something(s);
    assert_in_range(in_database(s, COUNTER_LOGIN_OK, 0).hours, 1, 10);
}

static void test_the_first_row_of_an_hour_samples_what_is_open(void **state)
{
    struct scratch *s = *state;
    counter_add(s->db, COUNTER_LOGIN_OK, 0, NOW_S);
    commit_something(s);
    counter_add(s->db, COUNTER_LOGIN_WRONG, 0, NOW_S);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_TOKENS_LIVE, THIS_HOUR_S).hours, 1);
    assert_int_equal(in_database(s, COUNTER_TOKENS_LIVE, THIS_HOUR_S).count, 0);
    assert_int_equal(in_database(s, COUNTER_BROWSERS_LIVE, THIS_HOUR_S).hours, 1);
}

static void test_old_rows_are_cleared_away_each_hour(void **state)
{
    struct scratch *s = *state;
    for (int64_t hour = 0; hour < 10; hour++) {
        counter_add(s->db, COUNTER_CAPTCHA_ISSUED, 0, NOW_S + hour * HOUR_S);
        commit_something(s);
    }
    assert_int_equal(in_database(s, COUNTER_CAPTCHA_ISSUED, 0).hours,
                     10); /* nobody said how long they stay */
    counter_keep(s->db, 4 * HOUR_S);
    counter_add(s->db, COUNTER_CAPTCHA_ISSUED, 0, NOW_S + 9 * HOUR_S);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_CAPTCHA_ISSUED, 0).hours, 10);
    counter_add(s->db, COUNTER_CAPTCHA_ISSUED, 0, NOW_S + 10 * HOUR_S);
    commit_something(s);
    assert_int_equal(in_database(s, COUNTER_CAPTCHA_ISSUED, 0).hours, 5); /* this one and four before */
    assert_int_equal(in_database(s, COUNTER_CAPTCHA_ISSUED, THIS_HOUR_S + 6 * HOUR_S).count, 1);
    assert_int_equal(in_database(s, COUNTER_TOKENS_LIVE, 0).hours, 5);
}

static void test_how_long_it_took_has_five_classes(void **state)
{
    (void)state;
    static const struct {
        int64_t took_s;
        enum counter id;
    } cases[] = {{0, COUNTER_CAPTCHA_SOLVED_5},   {5, COUNTER_CAPTCHA_SOLVED_5},
                 {6, COUNTER_CAPTCHA_SOLVED_10},  {10, COUNTER_CAPTCHA_SOLVED_10},
                 {11, COUNTER_CAPTCHA_SOLVED_20}, {20, COUNTER_CAPTCHA_SOLVED_20},
                 {40, COUNTER_CAPTCHA_SOLVED_40}, {41, COUNTER_CAPTCHA_SOLVED_MORE}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_case(counter_solved(cases[i].took_s) == cases[i].id, "%d s", (int)cases[i].took_s);
}

static void test_names_are_there_and_differ(void **state)
{
    (void)state;
    for (int i = 0; i < COUNTER_COUNT; i++) {
        assert_non_null(counter_name((enum counter)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(counter_name((enum counter)i), counter_name((enum counter)j));
    }
}

#define WITH_DATABASE(TEST) cmocka_unit_test_setup_teardown(TEST, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DATABASE(test_it_is_written_with_the_next_commit),
        WITH_DATABASE(test_each_goes_into_the_hour_that_it_happened_in),
        WITH_DATABASE(test_a_rollback_keeps_it_for_the_next),
        WITH_DATABASE(test_a_worker_writes_every_few_seconds),
        WITH_DATABASE(test_a_flush_waits_for_nobody),
        WITH_DATABASE(test_without_a_commit_for_hours_memory_stays_bounded),
        WITH_DATABASE(test_the_first_row_of_an_hour_samples_what_is_open),
        WITH_DATABASE(test_old_rows_are_cleared_away_each_hour),
        cmocka_unit_test(test_how_long_it_took_has_five_classes),
        cmocka_unit_test(test_names_are_there_and_differ),
    };
    return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
