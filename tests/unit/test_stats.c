/*
 * admin/stats: hours and days of the site's zone out of hourly rows.
 */
#include "scratch.h"

#include "admin/stats.h"
#include "base/clock.h"

/* 2023-11-15 06:13:20 in the zone CST-8. */
enum { HOUR_S = COUNTER_HOUR_S, DAY_S = 86400, NOW_S = 1700000000, THIS_HOUR_S = NOW_S - NOW_S % HOUR_S };
enum { MIDNIGHT_S = 1699977600 };

struct fixture {
    struct scratch scratch;
    struct arena arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    scratch_open(&f->scratch);
    arena_init(&f->arena, 1 << 20);
    assert_err(clock_set_zone("CST-8"), ERR_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_fini(&f->arena);
    scratch_close(&f->scratch);
    free(f);
    return 0;
}

static void put(struct fixture *f, int64_t hour_s, enum counter id, int64_t count, int64_t sum)
{
    assert_err(db_begin(f->scratch.db, DB_RELAXED), ERR_OK);
    assert_err(counter_store_add(f->scratch.db, hour_s, id, count, sum), ERR_OK);
    assert_err(db_commit(f->scratch.db), ERR_OK);
}

static struct stats *read_stats(struct fixture *f, enum stats_unit unit, size_t points)
{
    struct stats *s = NULL;
    assert_err(stats_read(f->scratch.db, unit, points, NOW_S, &f->arena, &s), ERR_OK);
    return s;
}

static void test_hours_end_with_this_one(void **state)
{
    struct fixture *f = *state;
    put(f, THIS_HOUR_S, COUNTER_LOGIN_OK, 3, 0);
    put(f, THIS_HOUR_S - 47 * HOUR_S, COUNTER_LOGIN_OK, 5, 0);
    put(f, THIS_HOUR_S - 48 * HOUR_S, COUNTER_LOGIN_OK, 7, 0); /* too old */
    put(f, THIS_HOUR_S + HOUR_S, COUNTER_LOGIN_OK, 9, 0);      /* by a clock that was ahead */
    put(f, THIS_HOUR_S - HOUR_S, COUNTER_CAPTCHA_SOLVED_5, 2, 7);
    struct stats *s = read_stats(f, STATS_HOURS, 48);
    assert_int_equal(s->points, 48);
    assert_int_equal(s->start_s[47], THIS_HOUR_S);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][47], 3);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][0], 5);
    assert_int_equal(stats_total(s, COUNTER_LOGIN_OK), 8);
    assert_int_equal(s->count[COUNTER_CAPTCHA_SOLVED_5][46], 2);
    assert_int_equal(stats_total_sum(s, COUNTER_CAPTCHA_SOLVED_5), 7);
}

static void test_days_are_those_of_the_zone(void **state)
{
    struct fixture *f = *state;
    put(f, MIDNIGHT_S, COUNTER_LOGIN_OK, 1, 0);
    put(f, MIDNIGHT_S - HOUR_S, COUNTER_LOGIN_OK, 2, 0);
    put(f, MIDNIGHT_S - DAY_S, COUNTER_LOGIN_OK, 4, 0);
    put(f, MIDNIGHT_S - DAY_S - HOUR_S, COUNTER_LOGIN_OK, 8, 0);
    struct stats *s = read_stats(f, STATS_DAYS, 2);
    assert_int_equal(s->start_s[1], MIDNIGHT_S);
    assert_int_equal(s->start_s[0], MIDNIGHT_S - DAY_S);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][1], 1);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][0], 6);
    s = read_stats(f, STATS_DAYS, STATS_POINTS_MAX);
    for (size_t i = 1; i < s->points; i++)
        assert_int_equal(s->start_s[i] - s->start_s[i - 1], DAY_S);
}

/* Midnight there is at half past an hour: the hour in which it lies is the day's before. */
static void test_a_zone_with_half_an_hour(void **state)
{
    struct fixture *f = *state;
    assert_err(clock_set_zone("Asia/Kolkata"), ERR_OK);
    struct stats *s = read_stats(f, STATS_DAYS, 2);
    int64_t midnight_s = s->start_s[1], hour_s = midnight_s - midnight_s % HOUR_S;
    assert_int_equal(midnight_s % HOUR_S, HOUR_S / 2);
    put(f, hour_s, COUNTER_LOGIN_OK, 1, 0);
    put(f, hour_s + HOUR_S, COUNTER_LOGIN_OK, 2, 0);
    s = read_stats(f, STATS_DAYS, 2);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][0], 1);
    assert_int_equal(s->count[COUNTER_LOGIN_OK][1], 2);
}

/* In New York the fifth of November 2023 had 25 hours. */
static void test_days_of_other_lengths(void **state)
{
    struct fixture *f = *state;
    int long_ones = 0;
    assert_err(clock_set_zone("America/New_York"), ERR_OK);
    struct stats *s = read_stats(f, STATS_DAYS, 30);
    for (size_t i = 1; i < s->points; i++) {
        int64_t length_s = s->start_s[i] - s->start_s[i - 1];
        assert_true(length_s == DAY_S || length_s == DAY_S + HOUR_S);
        long_ones += length_s != DAY_S;
    }
    assert_int_equal(long_ones, 1);
}

static void test_samples_are_not_added_up(void **state)
{
    struct fixture *f = *state;
    put(f, MIDNIGHT_S, COUNTER_TOKENS_LIVE, 40, 0);
    put(f, MIDNIGHT_S + HOUR_S, COUNTER_TOKENS_LIVE, 30, 0);
    struct stats *s = read_stats(f, STATS_DAYS, 1);
    assert_int_equal(s->count[COUNTER_TOKENS_LIVE][0], 40);
    s = read_stats(f, STATS_HOURS, 6); /* nothing was counted since: what was open is */
    for (size_t i = 0; i < s->points; i++)
        assert_int_equal(s->count[COUNTER_TOKENS_LIVE][i], 30);
}

static void test_a_full_arena_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct arena small;
    struct stats *s = NULL;
    arena_init(&small, 1000);
    assert_err(stats_read(f->scratch.db, STATS_DAYS, 30, NOW_S, &small, &s), ERR_MEMORY);
    arena_fini(&small);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hours_end_with_this_one),  TEST(test_days_are_those_of_the_zone),
        TEST(test_a_zone_with_half_an_hour), TEST(test_days_of_other_lengths),
        TEST(test_samples_are_not_added_up), TEST(test_a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
