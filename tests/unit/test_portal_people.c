/*
 * What administrators of the portal see of an import, and the passwords that they hand over.
 */
#include "scratch.h"

#include "admin/export.h"
#include "admin/handover.h"
#include "admin/import.h"
#include "admin/site.h"
#include "admin/users.h"
#include "auth/browser.h"
#include "portal/import_words.h"
#include "portal/people.h"
#include "store/db_inside.h"
#include "store/group_store.h"
#include "store/tenant_store.h"

enum { NOW_S = 1800000000 };

#define HASH "{SHA}eHh4eHh4eHh4eHh4eHh4eHh4eHg="

struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
};

static int set_up(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    s->app = (struct app){.log = s->scratch.sink, .db = s->scratch.db};
    config_defaults(&s->app.cfg);
    s->app.cfg.login.argon2_memory_kib = 8;
    s->app.cfg.login.argon2_passes = 1;
    arena_init(&s->arena, 1 << 20);
    assert_err(password_decoy(app_password_cost(&s->app), s->app.decoy_hash), ERR_OK);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(site_put_essentials(&s->app, NOW_S), ERR_OK);
    tenant_store_put(s->app.db, &(struct tenant){.id = "000000", .name = "x", .created_s = NOW_S});
    assert_err(db_commit(s->app.db), ERR_OK);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct site *s = *state;
    arena_fini(&s->arena);
    scratch_close(&s->scratch);
    free(s);
    return 0;
}

/* ---- Import ---- */

static void no_step(void *ctx, const char *what, size_t done, size_t total)
{
    (void)ctx, (void)what, (void)done, (void)total;
}

static enum err read_file(struct site *s, struct import *im, struct import_rules rules,
                          enum people_format format, const char *text)
{
    rules.tenant_id = "000000";
    import_init(im, &s->app, &rules, NOW_S, &(struct watch){.step = no_step});
    return import_read(im, format, text, strlen(text));
}

/* Nothing that the import may say of a line is left in English. */
static void test_every_fault_of_a_file_has_words(void **state)
{
    struct site *s = *state;
    static const struct {
        enum people_format format;
        const char *text;
    } rows[] = {
        {PEOPLE_CSV, ""},
        {PEOPLE_CSV, "real_name\nx\n"},
        {PEOPLE_CSV, "account,what\nx,y\n"},
        {PEOPLE_CSV, "account,account\nx,y\n"},
        {PEOPLE_CSV, "account,,real_name\na,b,c\n"},
        {PEOPLE_CSV, "account\na,b,c\n"},
        {PEOPLE_CSV, "account,real_name\na\"b,c\n\"a\"b,c\n\"a,c\n"},
        {PEOPLE_CSV, "account\na\n,\n"},
        {PEOPLE_CSV,
         "account,password_hash\n,x\n a\xE3\x80\x80z,x\na\xE2\x80\x8B,x\na\x01,x\nb,$2b$31$x\nc,$argon2id$\n"
         "d,0123456789abcdef0123456789abcdef01234567\ne,plain\n"},
        {PEOPLE_CSV,
         "account,password_hash\n"
         "f,$2y$20$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\ng,$2y$10$x\nh,$6$x$y\n"},
        {PEOPLE_CSV,
         "account,password\na,short\nb,password1234\nccccccccccccccc,ccccccccccccccc\nd,\na,$2b$10$abc\n"
         "e,d41d8cd98f00b204e9800998ecf8427e\n"},
        {PEOPLE_CSV, "account,password,password_hash\na,x," HASH "\n"},
        {PEOPLE_CSV, "account,tenant,password_hash\na,nowhere," HASH "\n"},
        {PEOPLE_CSV, "account,locked,password_hash\na,maybe," HASH "\n"},
        {PEOPLE_CSV, "account,password_changed,password_hash\na,soon," HASH "\n"},
        {PEOPLE_CSV, "account,user_id,password_hash\na,x," HASH "\n"},
        {PEOPLE_CSV, "account,groups,password_hash\na,nobodys," HASH "\n"},
        {PEOPLE_CSV, "account,email,password_hash\na,nobody," HASH "\n"},
        {PEOPLE_CSV, "account,phone,password_hash\na,abc," HASH "\n"},
        {PEOPLE_CSV, "account,locale,password_hash\na,fr," HASH "\n"},
        {PEOPLE_CSV, "account,real_name,password_hash\na,b\x01," HASH "\n"},
        {PEOPLE_CSV, "account,password_hash\na," HASH "\na," HASH "\nA," HASH "\n"},
        {PEOPLE_JSONL, "x\n[]\n{\"account\":1}\n{\"what\":\"x\"}\n{\"account\":\"a\",\"account\":\"b\"}\n"
                       "{\"account\":\"a\\u0000\"}\n"},
        {PEOPLE_HTPASSWD, "nocolon\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct import im;
        assert_err(read_file(s, &im, (struct import_rules){0}, rows[i].format, rows[i].text), ERR_OK);
        assert_case(im.faults.count + im.doubts.count > 0, "row %zu", i);
        for (size_t k = 0; k < im.faults.count + im.doubts.count; k++) {
            const char *what =
                k < im.faults.count ? im.faults.at[k].what : im.doubts.at[k - im.faults.count].what;
            const char *reason = strstr(what, ": ");
            bool has_words =
                import_word_key(what) != NULL || (reason != NULL && import_word_key(reason + 2) != NULL);
            assert_case(has_words, "row %zu: %s", i, what);
        }
        import_fini(&im);
    }
}

static void test_words_have_texts(void **state)
{
    (void)state;
    static const char *const some[] = {"missing", "expected zh-Hans",
                                       "12 values, but the header row has 3 columns"};
    for (size_t i = 0; i < COUNT_OF(some); i++) {
        const char *key = import_word_key(some[i]);
        assert_non_null(key);
        assert_non_null(words_find(key, strlen(key), SCRIPT_ENGLISH));
    }
    assert_null(import_word_key("something new"));
}

static void note_outcome(void *ctx, const struct import_row *row)
{
    buf_addf(ctx, "%zu %s %d\n", row->line, row->user->account, (int)row->outcome);
}

static void import_all(struct site *s, const char *text)
{
    struct import im;
    assert_err(read_file(s, &im, (struct import_rules){.update = true}, PEOPLE_CSV, text), ERR_OK);
    assert_int_equal(im.faults.count, 0);
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    assert_err(import_write(&im), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    import_fini(&im);
}

static void test_what_becomes_of_whom(void **state)
{
    struct site *s = *state;
    struct import im;
    struct buf outcomes;
    import_all(s,
               "account,real_name,groups,password_hash\na,A,admins," HASH "\nb,B,," HASH "\nc,C,," HASH "\n");
    const char *again = "account,real_name,groups,locked\na,A,admins,no\nb,Bee,,\nc,C,admins,\nd,D,,\n";
    assert_err(read_file(s, &im, (struct import_rules){.update = true}, PEOPLE_CSV, again), ERR_OK);
    buf_init(&outcomes);
    import_rows(&im, 10, note_outcome, &outcomes);
    assert_string_equal(buf_str(&outcomes), "2 a 2\n3 b 1\n4 c 1\n");
    assert_int_equal(im.faults.count, 1); /* d has no password */
    assert_int_equal(im.unchanged, 1);
    assert_int_equal(im.existing, 3);
    buf_clear(&outcomes);
    import_rows(&im, 1, note_outcome, &outcomes);
    assert_string_equal(buf_str(&outcomes), "2 a 2\n");
    buf_free(&outcomes);
    import_fini(&im);
    /* Who comes with a password is changed, whatever it is. */
    assert_err(read_file(s, &im, (struct import_rules){.update = true}, PEOPLE_CSV,
                         "account,password_hash\na," HASH "\n"),
               ERR_OK);
    assert_int_equal(im.unchanged, 0);
    import_fini(&im);
}

static void test_a_preview_hashes_nothing_and_is_bounded(void **state)
{
    struct site *s = *state;
    struct import im;
    const char *text = "account,password\na,lamp-river-39\nb,lamp-river-40\nc,lamp-river-41\n";
    s->app.cfg.login.argon2_memory_kib = 0; /* which no hash can be made with */
    assert_err(read_file(s, &im,
                         (struct import_rules){.is_preview = true, .people_max = 3, .passwords_max = 2},
                         PEOPLE_CSV, text),
               ERR_OK);
    assert_int_equal(im.count, 2);
    assert_int_equal(im.faults.count, 1);
    assert_int_equal(im.faults.at[0].line, 4);
    import_fini(&im);
    assert_err(
        read_file(s, &im, (struct import_rules){.is_preview = true, .people_max = 2}, PEOPLE_CSV, text),
        ERR_TOO_LARGE);
    import_fini(&im);
}

/* ---- Export ---- */

static enum err append(void *ctx, const struct buf *text)
{
    buf_add(ctx, text->data, text->len);
    return ERR_OK;
}

/* The file says of the person what the database does. */
static void expect_as_is(void *ctx, const struct import_row *row)
{
    struct site *s = ctx;
    struct user u;
    assert_err(users_find(s->app.db, "000000", row->user->account, &s->arena, &u), ERR_OK);
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        assert_string_equal(user_text_of(row->user, i), user_text_of(&u, i));
}

/* People write their names themselves, and administrators open the file in a spreadsheet. */
static void test_no_text_of_a_spreadsheet_is_a_formula_and_every_one_comes_back(void **state)
{
    struct site *s = *state;
    static const char *const guarded[] = {
        ",'＝1,", "\r\na,000000,\"'=HYPERLINK(", ",'+86 1,", ",'@x,", "\r\n'-b,", ",''=x,"};
    static const char *const plain[] = {",＝1,", ",\"=HYPERLINK(", ",+86 1,", ",@x,", "\r\n-b,", ",''=x,"};
    import_all(s, "account,real_name,phone,nick_name,external_id,password_hash\n"
                  "a,\"=HYPERLINK(\"\"x\"\",1)\",+86 1,@x,o'=x," HASH "\n"
                  "-b,''=x,,＝1,," HASH "\n");
    for (int for_excel = 0; for_excel <= 1; for_excel++) {
        struct buf file;
        struct import im;
        size_t count = 0;
        buf_init(&file);
        const struct export_rules rules = {.format = PEOPLE_CSV, .for_excel = for_excel != 0};
        assert_err(export_people(s->app.db, &rules, append, &file, &count), ERR_OK);
        for (size_t i = 0; i < COUNT_OF(guarded); i++) {
            const char *piece = for_excel != 0 ? guarded[i] : plain[i];
            assert_case(strstr(buf_str(&file), piece) != NULL, "%s in %s", piece, buf_str(&file));
        }
        assert_non_null(strstr(buf_str(&file), ",o'=x,"));
        assert_err(read_file(s, &im, (struct import_rules){.update = true}, PEOPLE_CSV,
                             strstr(buf_str(&file), "account,")),
                   ERR_OK);
        assert_int_equal(im.count, 2);
        import_rows(&im, 2, expect_as_is, s);
        import_fini(&im);
        buf_free(&file);
    }
}

/* ---- Passwords that are handed over ---- */

static void test_a_handed_password_meets_every_policy_and_expires(void **state)
{
    struct site *s = *state;
    char password[HANDOVER_PASSWORD_CAP], other[HANDOVER_PASSWORD_CAP], hash[PASSWORD_HASH_CAP];
    struct user u;
    import_all(s, "account,password_hash\na," HASH "\n");
    assert_err(users_find(s->app.db, "000000", "a", &s->arena, &u), ERR_OK);
    for (int i = 0; i < 200; i++) {
        assert_err(handover_draw(&s->app, password, hash), ERR_OK);
        assert_int_equal(strlen(password), HANDOVER_PASSWORD_CAP - 1);
        assert_null(strpbrk(password, "01IOlo"));
        assert_true(strpbrk(password, "23456789") != NULL &&
                    strpbrk(password, "abcdefghijkmnpqrstuvwxyz") != NULL &&
                    strpbrk(password, "ABCDEFGHJKLMNPQRSTUVWXYZ") != NULL && password[4] == '-');
    }
    assert_err(handover_draw(&s->app, other, hash), ERR_OK);
    assert_string_not_equal(password, other);
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    assert_err(handover_give(&s->app, u.id, hash, NOW_S, &s->arena), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    assert_err(user_store_get(s->app.db, u.id, &s->arena, &u), ERR_OK);
    assert_true(u.password_expired);
    assert_int_equal(u.password_changed_s, NOW_S);
    assert_string_equal(u.password_hash, hash);
}

/* ---- Who may change something, when it is changed ---- */

static enum err count_call(struct page *p, void *ctx)
{
    int *calls = ctx;
    (void)p;
    ++*calls;
    return ERR_OK;
}

/* In a transaction of its own. */
static void exec(struct site *s, const char *sql)
{
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    assert_err(db_exec(s->app.db, sql), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
}

static void test_who_is_no_administrator_any_more_changes_nothing(void **state)
{
    static const char *const undone[][2] = {
        {"DELETE FROM group_member",
         "INSERT INTO group_member (group_name, user_id) SELECT 'admins', id FROM user"},
        {"UPDATE user SET locked = 1", "UPDATE user SET locked = 0"},
        {"UPDATE tenant SET locked = 1", "UPDATE tenant SET locked = 0"},
        {"UPDATE browser_session SET secret_hash = randomblob(32)", "DELETE FROM browser_session"},
    };
    struct site *s = *state;
    struct request req = {.address = "192.0.2.1", .now_s = NOW_S};
    struct call call = {.app = &s->app, .req = &req, .arena = &s->arena};
    struct page p = {.call = &call,
                     .app = &s->app,
                     .arena = &s->arena,
                     .now_s = NOW_S,
                     .has_session = true,
                     .is_admin = true};
    char secret[BROWSER_SECRET_CAP];
    int calls = 0;
    import_all(s, "account,groups,password_hash\na,admins," HASH "\n");
    assert_err(users_find(s->app.db, "000000", "a", &s->arena, &p.user), ERR_OK);
    const struct browser_start start = {
        .user_id = p.user.id, .proof = BROWSER_BY_PASSWORD, .address = req.address, .user_agent = ""};
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    assert_err(browser_start(&s->app, &start, NOW_S, secret), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    assert_err(browser_find(&s->app, secret, NOW_S, &s->arena, &p.session, &p.user), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(undone); i++) {
        int before = calls;
        assert_err(people_change(&p, count_call, &calls, "user.set", "user:000000/a"), ERR_OK);
        assert_int_equal(calls, before + 1);
        exec(s, undone[i][0]);
        assert_err(people_change(&p, count_call, &calls, "user.set", "user:000000/a"), ERR_FORBIDDEN);
        assert_int_equal(calls, before + 1);
        exec(s, undone[i][1]);
    }
    assert_err(people_change(&p, count_call, &calls, "user.set", "user:000000/a"), ERR_FORBIDDEN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_fault_of_a_file_has_words, set_up, tear_down),
        cmocka_unit_test(test_words_have_texts),
        cmocka_unit_test_setup_teardown(test_what_becomes_of_whom, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_preview_hashes_nothing_and_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_text_of_a_spreadsheet_is_a_formula_and_every_one_comes_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_is_no_administrator_any_more_changes_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_handed_password_meets_every_policy_and_expires, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
