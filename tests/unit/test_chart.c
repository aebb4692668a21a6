/*
 * portal/chart: the axis, numbers, and a chart as it stands in the page, byte for byte (tests/golden/chart).
 */
#include "unit.h"

#include "portal/chart.h"

static void test_the_axis_has_round_steps(void **state)
{
    (void)state;
    static const struct {
        int64_t max, step;
        int steps;
    } cases[] = {{0, 1, 1},      {1, 1, 1},      {5, 1, 5},          {6, 2, 3},   {10, 2, 5},
                 {11, 5, 3},     {25, 5, 5},     {26, 10, 3},        {51, 20, 3}, {101, 50, 3},
                 {1000, 200, 5}, {1001, 500, 3}, {123456, 50000, 3}, {-7, 1, 1}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chart_axis axis = chart_axis(cases[i].max);
        assert_case(axis.step == cases[i].step && axis.steps == cases[i].steps, "%d: %d times %d",
                    (int)cases[i].max, axis.steps, (int)axis.step);
    }
}

static void test_the_axis_holds_every_number(void **state)
{
    (void)state;
    for (int64_t max = 1; max < INT64_MAX / 3; max = max * 3 + 1) {
        struct chart_axis axis = chart_axis(max);
        assert_in_range(axis.steps, 1, 5);
        assert_true((double)axis.step * axis.steps >= (double)max);
    }
    struct chart_axis axis = chart_axis(INT64_MAX);
    assert_true((double)axis.step * axis.steps >= (double)INT64_MAX * 0.999);
}

static void test_numbers_are_grouped(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        const char *text;
    } cases[] = {{0, "0"},
                 {999, "999"},
                 {1000, "1,000"},
                 {-1000, "-1,000"},
                 {-100, "-100"},
                 {1234567, "1,234,567"},
                 {INT64_MIN, "-9,223,372,036,854,775,808"}};
    char text[CHART_NUMBER_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        chart_number(cases[i].n, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* ---- Golden ---- */

#define GOLDEN "tests/golden/chart/"

static void read_golden(const char *name, struct buf *out)
{
    char path[128], data[4096];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    FILE *file = fopen(path, "rb");
    assert_case(file != NULL, "%s is missing", path);
    for (size_t n; (n = fread(data, 1, sizeof data, file)) > 0;)
        buf_add(out, data, n);
    fclose(file);
}

/* With MENSHEN_GOLDEN=write in the environment they are written instead: look at them before they are committed. */
static void assert_golden(const char *name, const struct buf *got)
{
    const char *mode = getenv("MENSHEN_GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        char path[128];
        snprintf(path, sizeof path, GOLDEN "%s", name);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got->data, 1, got->len, file), got->len);
        fclose(file);
        return;
    }
    struct buf expected;
    buf_init(&expected);
    read_golden(name, &expected);
    assert_string_equal(buf_str(got), buf_str(&expected));
    buf_free(&expected);
}

static struct chart logins(void)
{
    static const int64_t ok[] = {0, 12, 1250, 3, 900, 7}, wrong[] = {0, 3, 1, 0, 400, 1};
    static const struct chart_point points[] = {{"11-24 20:00", "20:00"}, {"11-24 21:00", NULL},
                                                {"11-24 22:00", NULL},    {"11-24 23:00", "23:00"},
                                                {"11-25 00:00", NULL},    {"11-25 01:00", "01:00"}};
    static const struct chart_series series[] = {{"signed in", CHART_GOOD, ok, "2,172"},
                                                 {"wrong <password> & \"more\"", CHART_BAD, wrong, NULL}};
    return (struct chart){.id = "logins",
                          .title = "Sign-ins by hour",
                          .summary = "2,172 sign-ins and 405 failures.",
                          .table_word = "Numbers",
                          .point_word = "Hour",
                          .point = points,
                          .points = COUNT_OF(points),
                          .series = series,
                          .series_count = COUNT_OF(series)};
}

static void test_a_chart_as_it_stands(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out);
    struct chart c = logins();
    chart_draw(&c, &out);
    assert_err(out.err, ERR_OK);
    assert_golden("logins.html", &out);
    buf_free(&out);
}

static void test_a_chart_of_nothing(void **state)
{
    (void)state;
    static const int64_t none[6] = {0};
    const struct chart_series series[] = {{"signed in", CHART_GOOD, none, NULL}};
    struct buf out;
    buf_init(&out);
    struct chart c = logins();
    c.series = series;
    c.series_count = 1;
    chart_draw(&c, &out);
    assert_null(strstr(buf_str(&out), "chart-bar-good\" x"));
    assert_null(strstr(buf_str(&out), "chart-peak"));
    buf_clear(&out);
    c.points = 0;
    chart_draw(&c, &out);
    assert_err(out.err, ERR_OK);
    assert_non_null(strstr(buf_str(&out), "</figure>"));
    buf_free(&out);
}

static void test_bars_stay_within_the_lines(void **state)
{
    (void)state;
    static const int64_t small[] = {1, INT64_MAX / 4}, great[] = {INT64_MAX / 4, 1};
    const struct chart_series series[] = {{"a", CHART_GOOD, small, NULL}, {"b", CHART_WARN, great, NULL}};
    struct buf out;
    buf_init(&out);
    struct chart c = logins();
    c.points = 2;
    c.series = series;
    c.series_count = 2;
    chart_draw(&c, &out);
    int bars = 0;
    for (const char *at = buf_str(&out); (at = strstr(at, "<rect class=\"chart-bar-")) != NULL; at++) {
        int y = 0, height = 0;
        const char *numbers = strstr(at, " y=\"");
        if (numbers == NULL || strstr(at, "<rect class=\"chart-bar-") + strcspn(at, ">") < numbers)
            continue; /* a key of the legend */
        assert_int_equal(sscanf(numbers, " y=\"%d\" height=\"%d\"", &y, &height), 2);
        assert_in_range(y, 20, 173);
        assert_in_range(y + height, 21, 174);
        bars++;
    }
    assert_int_equal(bars, 4); /* the smallest too */
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_axis_has_round_steps), cmocka_unit_test(test_the_axis_holds_every_number),
        cmocka_unit_test(test_numbers_are_grouped),      cmocka_unit_test(test_a_chart_as_it_stands),
        cmocka_unit_test(test_a_chart_of_nothing),       cmocka_unit_test(test_bars_stay_within_the_lines),
    };
    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
