/*
 * admin/setup, admin/site_create and the making of databases: the first administrator's code, and places where a site may
 * begin.
 */
#include "scratch.h"

#include <sys/stat.h>

#include "admin/groups.h"
#include "admin/setup.h"
#include "admin/site.h"
#include "base/place.h"
#include "store/group_store.h"

enum { NOW_S = 1700000000 };

struct place {
    char root[48];
    char dir[64]; /* where the data is to be; not there yet */
    struct buf why;
    struct app app;
    struct arena arena;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    if (p == NULL)
        return -1;
    snprintf(p->root, sizeof p->root, "/tmp/menshen-unit-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->dir, sizeof p->dir, "%s/data", p->root);
    buf_init(&p->why);
    arena_init(&p->arena, 1 << 20);
    p->app.log = (struct log){.fd = -1};
    config_defaults(&p->app.cfg);
    snprintf(p->app.cfg.server.data_dir, sizeof p->app.cfg.server.data_dir, "%s", p->dir);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    char command[80];
    db_close(p->app.db);
    buf_free(&p->why);
    arena_fini(&p->arena);
    snprintf(command, sizeof command, "rm -rf %s", p->root);
    assert_int_equal(system(command), 0);
    free(p);
    return 0;
}

static void make(struct place *p)
{
    assert_err(site_create(&p->app, NULL, NOW_S, &p->why), ERR_OK);
    assert_null(p->app.db);
    assert_err(db_open(p->dir, &p->app.log, &p->app.db, &p->why), ERR_OK);
}

/* Whether what was filled out of sight is gone. */
static bool is_tidy(const char *dir)
{
    bool tidy = true;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        tidy = tidy && strncmp(entry->d_name, ".new", 4) != 0;
    closedir(d);
    return tidy;
}

/* ---- Making a site ---- */

static void test_a_site_is_made_whole_or_not_at_all(void **state)
{
    struct place *p = *state;
    bool is_due = false;
    make(p);
    assert_err(setup_is_due(p->app.db, &is_due), ERR_OK);
    assert_true(is_due);
    assert_err(site_create(&p->app, NULL, NOW_S, &p->why), ERR_EXISTS);
    assert_true(is_tidy(p->dir));
}

static void test_of_two_that_were_filled_the_first_stays(void **state)
{
    struct place *p = *state;
    char one[PATH_MAX], two[PATH_MAX];
    assert_err(db_create_hidden(p->dir, one, &p->why), ERR_OK);
    assert_err(db_create_hidden(p->dir, two, &p->why), ERR_OK);
    assert_true(db_folder_is_new(p->dir, NULL)); /* what is being made is no site yet */
    assert_err(db_publish(one, p->dir, &p->why), ERR_OK);
    assert_err(db_publish(two, p->dir, &p->why), ERR_EXISTS);
    assert_false(db_folder_is_new(p->dir, NULL));
    assert_true(is_tidy(p->dir));
}

static void test_what_makes_a_folder_used(void **state)
{
    struct place *p = *state;
    char path[96];
    static const char *const names[] = {"menshen.db-wal", "setup-code.txt", "anything", "menshen.log.1"};
    assert_true(db_folder_is_new(p->dir, NULL));
    assert_int_equal(mkdir(p->dir, 0700), 0);
    snprintf(path, sizeof path, "%s/menshen.log", p->dir);
    assert_err(db_put_beside(p->dir, "menshen.log", "x", &p->why), ERR_OK);
    assert_err(db_put_beside(p->dir, ".htaccess", "x", &p->why), ERR_OK);
    assert_true(db_folder_is_new(p->dir, path));
    assert_false(db_folder_is_new(p->dir, "stderr"));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char file[96];
        assert_err(db_put_beside(p->dir, names[i], "", &p->why), ERR_OK);
        assert_case(!db_folder_is_new(p->dir, path), "%s", names[i]);
        snprintf(file, sizeof file, "%s/%s", p->dir, names[i]);
        assert_int_equal(unlink(file), 0);
    }
}

static void test_places_below_a_root(void **state)
{
    struct place *p = *state;
    char path[128];
    static const struct {
        const char *dir;
        bool is_below;
    } cases[] = {{"", true},        {"/x", true},         {"/x/y/z", true},  {"/../x", false},
                 {"/x/../y", true}, {"/x/../../y", true}, {"/./data", true}, {"-beside", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(path, sizeof path, "%s%s", p->root, cases[i].dir);
        assert_case(place_is_below(path, p->root) == cases[i].is_below, "%s", cases[i].dir);
    }
    assert_false(place_is_below(p->root, "/"));
    assert_false(place_is_below(p->root, "/nowhere"));
    snprintf(path, sizeof path, "%s/link", p->root);
    assert_int_equal(symlink("/tmp", path), 0);
    snprintf(path, sizeof path, "%s/link/elsewhere", p->root);
    assert_false(place_is_below(path, p->root)); /* what it leads to counts */
}

/* ---- The code ---- */

static void test_a_code_stays_until_it_is_used(void **state)
{
    struct place *p = *state;
    char code[SETUP_CODE_CAP], again[SETUP_CODE_CAP], path[96];
    struct stat st;
    make(p);
    assert_err(setup_code(p->dir, code, &p->why), ERR_OK);
    assert_err(setup_code(p->dir, again, &p->why), ERR_OK);
    assert_string_equal(code, again);
    assert_int_equal(strlen(code), SETUP_CODE_CAP - 1);
    snprintf(path, sizeof path, "%s/" SETUP_CODE_FILE, p->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_codes_that_are_right_and_wrong(void **state)
{
    struct place *p = *state;
    char code[SETUP_CODE_CAP], typed[2 * SETUP_CODE_CAP];
    make(p);
    assert_false(setup_code_is(p->dir, "0000-0000-0000-0000-0000-0000-0000-0000")); /* there is none */
    assert_err(setup_code(p->dir, code, &p->why), ERR_OK);
    assert_true(setup_code_is(p->dir, code));
    snprintf(typed, sizeof typed, "  %.4s %s\r\n", code, code + 5);
    assert_true(setup_code_is(p->dir, typed));
    for (char *c = typed; *c != '\0'; c++)
        *c = (char)(*c >= 'a' && *c <= 'f' ? *c - 32 : *c);
    assert_true(setup_code_is(p->dir, typed));
    code[0] = (char)(code[0] == '0' ? '1' : '0');
    assert_false(setup_code_is(p->dir, code));
    assert_false(setup_code_is(p->dir, ""));
    snprintf(typed, sizeof typed, "%sf", code);
    assert_false(setup_code_is(p->dir, typed));
    code[0] = 'g';
    assert_false(setup_code_is(p->dir, code));
}

static void test_what_is_no_code_is_replaced(void **state)
{
    struct place *p = *state;
    char code[SETUP_CODE_CAP], path[96];
    make(p);
    assert_err(db_put_beside(p->dir, SETUP_CODE_FILE, "no code", &p->why), ERR_OK);
    assert_err(setup_code(p->dir, code, &p->why), ERR_OK);
    assert_true(setup_code_is(p->dir, code));
    snprintf(path, sizeof path, "%s/" SETUP_CODE_FILE, p->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_err(setup_code(p->dir, code, &p->why), ERR_OK); /* the link is replaced, not followed */
    assert_true(setup_code_is(p->dir, code));
}

static void test_one_first_administrator(void **state)
{
    struct place *p = *state;
    struct user u = {.tenant_id = "000000", .account = "zhang", .password_hash = "$x$"}, other = u;
    char code[SETUP_CODE_CAP];
    bool is_due = true, is_admin = false;
    make(p);
    assert_err(setup_code(p->dir, code, &p->why), ERR_OK);
    assert_err(db_begin(p->app.db, DB_DURABLE), ERR_OK);
    assert_err(setup_first_admin(&p->app, &u, NOW_S, &p->arena), ERR_OK);
    assert_err(db_commit(p->app.db), ERR_OK);
    assert_false(setup_code_is(p->dir, code));
    assert_err(setup_is_due(p->app.db, &is_due), ERR_OK);
    assert_false(is_due);
    assert_err(group_store_has(p->app.db, GROUPS_ADMINS, u.id, &is_admin), ERR_OK);
    assert_true(is_admin);
    other.account = "li";
    assert_err(db_begin(p->app.db, DB_DURABLE), ERR_OK);
    assert_err(setup_first_admin(&p->app, &other, NOW_S, &p->arena), ERR_EXISTS);
    db_rollback(p->app.db);
}

#define CASE(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_site_is_made_whole_or_not_at_all), CASE(test_of_two_that_were_filled_the_first_stays),
        CASE(test_what_makes_a_folder_used),           CASE(test_places_below_a_root),
        CASE(test_a_code_stays_until_it_is_used),      CASE(test_codes_that_are_right_and_wrong),
        CASE(test_what_is_no_code_is_replaced),        CASE(test_one_first_administrator),
    };
    return cmocka_run_group_tests_name("setup", tests, NULL, NULL);
}
