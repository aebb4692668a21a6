/*
 * store/user_search: the statements use the indexes that make a page cheap among a hundred thousand, and each order is
 * walked without a gap.
 */
#include "scratch.h"

#include <sqlite3.h>

#include "store/sql.h"
#include "store/tenant_store.h"
#include "store/user_search.h"
#include "store/user_store.h"

static struct scratch scratch;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    scratch_open(&scratch);
    arena_init(&arena, 4 << 20);
    assert_err(db_begin(scratch.db, DB_RELAXED), ERR_OK);
    assert_err(tenant_store_put(scratch.db, &(struct tenant){.id = "000000", .name = "a"}), ERR_OK);
    assert_err(tenant_store_put(scratch.db, &(struct tenant){.id = "1", .name = "b"}), ERR_OK);
    assert_err(db_commit(scratch.db), ERR_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    scratch_close(&scratch);
    return 0;
}

static void add(int64_t id, const char *tenant, const char *account, const char *name, int64_t login_s)
{
    const struct user u = {.id = id,
                           .tenant_id = tenant,
                           .account = account,
                           .password_hash = "x",
                           .real_name = name,
                           .last_login_s = login_s,
                           .created_s = 1000 + id % 3};
    assert_err(user_store_put(scratch.db, &u), ERR_OK);
}

/* `count` users of both tenants, with names and dates that many have alike. */
static void fill(int count)
{
    assert_err(db_begin(scratch.db, DB_RELAXED), ERR_OK);
    for (int i = 1; i <= count; i++) {
        char account[32], name[32];
        snprintf(account, sizeof account, "%cser%05d", i % 2 ? 'U' : 'u', i * 7919 % 100003);
        snprintf(name, sizeof name, "name %d", i % 4);
        add(i, i % 10 == 0 ? "1" : "000000", account, i % 5 == 0 ? "" : name, i % 3 == 0 ? 0 : 5000 + i % 6);
    }
    assert_err(db_commit(scratch.db), ERR_OK);
}

static struct user_query query(enum user_sort sort, bool descending)
{
    return (struct user_query){
        .text = "", .tenant_id = "", .group = "", .sort = sort, .descending = descending};
}

/* What SQLite would do for a statement, line by line. */
static void plan_of(enum sql id, struct buf *out)
{
    char path[64], sql[4096];
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    snprintf(path, sizeof path, "%s/menshen.db", scratch.dir);
    snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sql_text[id]);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_case(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    while (sqlite3_step(st) == SQLITE_ROW)
        buf_addf(out, "%s\n", (const char *)sqlite3_column_text(st, 3));
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void test_every_order_has_an_index(void **state)
{
    (void)state;
    static const struct {
        enum sql id;
        const char *index;
    } rows[] = {
        {SQL_USER_BY_ACCOUNT, "SEARCH user USING INDEX user_folded ((tenant_id,account_folded)>(?,?) AND "},
        {SQL_USER_BY_ACCOUNT_DOWN,
         "SEARCH user USING INDEX user_folded ((tenant_id,account_folded)>(?,?) AND "},
        {SQL_USER_BY_NAME, "SEARCH user USING INDEX user_name (real_name>?)"},
        {SQL_USER_BY_NAME_DOWN, "SEARCH user USING INDEX user_name (real_name<?)"},
        {SQL_USER_BY_LOGIN, "SEARCH user USING INDEX user_login (<expr>>?)"},
        {SQL_USER_BY_LOGIN_DOWN, "SEARCH user USING INDEX user_login (<expr><?)"},
        {SQL_USER_BY_CREATED, "SEARCH user USING INDEX user_created (created_s>?)"},
        {SQL_USER_BY_CREATED_DOWN, "SEARCH user USING INDEX user_created (created_s<?)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf plan;
        buf_init(&plan);
        plan_of(rows[i].id, &plan);
        assert_case(strncmp(buf_str(&plan), rows[i].index, strlen(rows[i].index)) == 0, "row %zu: %s", i,
                    buf_str(&plan));
        assert_case(strstr(buf_str(&plan), "B-TREE") == NULL, "row %zu: %s", i, buf_str(&plan));
        buf_free(&plan);
    }
}

/* Forth to the end and back to the beginning: everybody once, in one order. */
static void walk(struct user_query q, size_t expected)
{
    static int64_t seen[1000];
    size_t count = 0;
    struct user_page page;
    for (bool more = true; more; more = page.has_after) {
        assert_err(user_search(scratch.db, &q, &arena, &page), ERR_OK);
        assert_false(page.is_cut);
        assert_int_equal(page.has_before, count > 0);
        assert_true(count + page.count <= COUNT_OF(seen));
        memcpy(seen + count, page.id, page.count * sizeof *seen);
        count += page.count;
        q.after = page.count > 0 ? page.id[page.count - 1] : 0;
        arena_reset(&arena);
    }
    assert_case(count == expected, "%zu instead of %zu", count, expected);
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            assert_true(seen[i] != seen[k]);
    for (size_t end = count - count % USER_PAGE; end > 0; end -= USER_PAGE) {
        if (end == count)
            continue;
        q.after = 0;
        q.before = seen[end];
        assert_err(user_search(scratch.db, &q, &arena, &page), ERR_OK);
        assert_int_equal(page.count, USER_PAGE);
        assert_memory_equal(page.id, seen + end - USER_PAGE, USER_PAGE * sizeof *seen);
        assert_int_equal(page.has_before, end > USER_PAGE);
        assert_true(page.has_after);
        arena_reset(&arena);
    }
}

static void test_every_order_is_walked_without_a_gap(void **state)
{
    (void)state;
    fill(333);
    for (int sort = 0; sort < USER_SORTS; sort++) {
        for (int down = 0; down < 2; down++) {
            struct user_query q = query((enum user_sort)sort, down);
            walk(q, 333);
            q.tenant_id = "1";
            walk(q, 33);
            q.tenant_id = "000000";
            q.state = USER_NEVER;
            walk(q, 100);
        }
    }
}

static size_t found(const char *text)
{
    struct user_query q = query(USER_BY_ACCOUNT, false);
    struct user_page page;
    q.text = text;
    assert_err(user_search(scratch.db, &q, &arena, &page), ERR_OK);
    arena_reset(&arena);
    return page.count;
}

static void test_a_text_is_looked_for_as_it_stands(void **state)
{
    (void)state;
    add(1, "000000", "Zhang_San", "100% \\ 张三", 0);
    add(2, "000000", "zhang-si", "张四", 0);
    static const struct {
        const char *text;
        size_t count;
    } rows[] = {{"zhang", 2}, {"ZHANG_S", 1}, {"g_s", 1},        {"g%s", 0},    {"100%", 1}, {"% \\ ", 1},
                {"张", 2},    {"张三", 1},    {"ｚｈａｎｇ", 2}, {"' OR 1", 0}, {"\\", 1},   {"\xFF", 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_case(found(rows[i].text) == rows[i].count, "row %zu: %zu", i, found(rows[i].text));
}

static void test_a_user_who_is_gone_leads_to_the_first_page(void **state)
{
    (void)state;
    struct user_query q = query(USER_BY_ACCOUNT, false);
    struct user_page first, page;
    fill(120);
    assert_err(user_search(scratch.db, &q, &arena, &first), ERR_OK);
    q.after = 99999;
    assert_err(user_search(scratch.db, &q, &arena, &page), ERR_OK);
    assert_memory_equal(page.id, first.id, sizeof page.id);
    assert_false(page.has_before);
    q.after = 0;
    q.before = 99999;
    assert_err(user_search(scratch.db, &q, &arena, &page), ERR_OK);
    assert_memory_equal(page.id, first.id, sizeof page.id);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_order_has_an_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_order_is_walked_without_a_gap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_text_is_looked_for_as_it_stands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_user_who_is_gone_leads_to_the_first_page, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
