/*
 * admin/: what the command line and any other face of the administration share, called as by somebody who has neither
 * options nor a terminal.
 * Source: schema.sql; DESIGN, "Command line and configuration".
 */
#include "scratch.h"

#include "admin/clients.h"
#include "admin/demo.h"
#include "admin/doctor.h"
#include "admin/export.h"
#include "admin/groups.h"
#include "admin/import.h"
#include "admin/keys.h"
#include "admin/site.h"
#include "admin/tenants.h"
#include "admin/users.h"
#include "auth/client.h"
#include "dialect/dialects.h"
#include "store/client_store.h"
#include "store/token_store.h"

enum { NOW_S = 1700000000 };

/* A site as `init --demo` leaves it. */
struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
    struct buf why;
};

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    struct user u;
    char hash[PASSWORD_HASH_CAP];
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    s->app = (struct app){.log = s->scratch.sink, .db = s->scratch.db};
    config_defaults(&s->app.cfg);
    s->app.cfg.login.argon2_memory_kib = 8;
    s->app.cfg.login.argon2_passes = 1;
    arena_init(&s->arena, 1 << 20);
    buf_init(&s->why);
    assert_err(password_decoy(app_password_cost(&s->app), s->app.decoy_hash), ERR_OK);
    assert_err(users_hash_password(&s->app, DEMO_PASSWORD, strlen(DEMO_PASSWORD), hash), ERR_OK);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(site_put_essentials(&s->app, NOW_S), ERR_OK);
    assert_err(site_put_demo(&s->app, hash, NOW_S), ERR_OK);
    /* While somebody can administer the site, the last one is not locked. */
    assert_err(users_find(s->app.db, DEMO_TENANT, DEMO_ACCOUNT, &s->arena, &u), ERR_OK);
    assert_err(group_store_remove_member(s->app.db, GROUPS_ADMINS, u.id), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct site *s = *state;
    keyring_forget(&s->app);
    buf_free(&s->why);
    arena_fini(&s->arena);
    scratch_close(&s->scratch);
    free(s);
    return 0;
}

/* ---- Clients ----------------------------------------------------------------------------------------- */

static size_t field(const char *name)
{
    size_t i = 0;
    while (clients_field(i) != NULL && strcmp(clients_field(i), name) != 0)
        i++;
    assert_non_null(clients_field(i));
    return i;
}

static void test_a_clients_fields_are_checked_as_they_are_set(void **state)
{
    static const struct {
        const char *field, *value, *why; /* why NULL: it is good */
    } cases[] = {
        {"grants", "captcha,password", NULL},
        {"grants", "captcha,implicit", "implicit: expected a list of captcha"},
        {"grants", "captcha,captcha", "twice"},
        {"grants", "", "without empty elements"},
        {"grants", "captcha,", "without empty elements"},
        {"scope", "all,read:x", NULL},
        {"scope", "a b", "list of words"},
        {"password-wire", "sm2", NULL},
        {"password-wire", "", "expected one of md5,plain,sm2"},
        {"alg", "EdDSA", NULL},
        {"alg", "none", "expected one of site,HS256"},
        {"alg", "HS256,RS256", "expected one of"},
        {"audience", "", NULL},
        {"audience", "a\nb", "control character"},
        {"access-ttl", "0", NULL},
        {"access-ttl", "31536000", NULL},
        {"access-ttl", "31536001", "from 0 to 31536000"},
        {"access-ttl", "1h", "whole number"},
        {"refresh-reuse", "same-address", NULL},
        {"refresh-reuse", "never", "expected one of dialect,end"},
        {"redirect-uris", "", NULL},
        {"redirect-uris", "https://app.example/back", NULL},
        {"redirect-uris",
         "https://app.example:8443/back?a=b,http://127.0.0.1/,http://[::1]:5000/x,http://localhost:1/", NULL},
        {"redirect-uris", "com.example.app:/callback,https://[2001:db8::1]/x", NULL},
        {"redirect-uris", "http://app.example/back", "take https"},
        {"redirect-uris", "http://localhost.evil.example/", "take https"},
        {"redirect-uris", "http://127.0.0.1@evil.example/", "take https"},
        {"redirect-uris", "https://user@app.example/", "the host is none"},
        {"redirect-uris", "https://user:1@app.example/", "the host is none"},
        {"redirect-uris", "https://[::1/", "the host is none"},
        {"redirect-uris", "https:///x", "the host is none"},
        {"redirect-uris", "https://", "begins with https://"},
        {"redirect-uris", "https:app.example", "begins with https://"},
        {"redirect-uris", "https://*.app.example/", "no wildcard"},
        {"redirect-uris", "https://app.example/#x", "no fragment"},
        {"redirect-uris", "https://app.example/a b", "are written %20"},
        {"redirect-uris", "https://app.example/\\", "are written %20"},
        {"redirect-uris", "https://\xE4\xB8\xAD/", "are written %20"},
        {"redirect-uris", "javascript:alert(1)", "has a dot in it"},
        {"redirect-uris", "9.a:/x", "has a dot in it"},
        {"redirect-uris", "/back", "begins with https://"},
        {"redirect-uris", "https://a.example/,https://a.example/", "twice"},
        {"redirect-uris", "https://a.example/,", "comma at the end"},
        {"redirect-uris", ",https://a.example/", "empty"},
    };
    struct site *s = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clients_draft d;
        clients_init(&d, "app", NOW_S);
        buf_clear(&s->why);
        enum err e = clients_set_field(&d, field(cases[i].field), cases[i].value, &s->why);
        const char *why = cases[i].why;
        assert_case(e == (why == NULL ? ERR_OK : ERR_BAD_REQUEST), "%s %s", cases[i].field, cases[i].value);
        assert_case(why == NULL ? s->why.len == 0 : strstr(buf_str(&s->why), why) != NULL, "%s %s: %s",
                    cases[i].field, cases[i].value, buf_str(&s->why));
    }
}

static void test_the_words_for_nothing_chosen_are_empty_in_the_row(void **state)
{
    struct site *s = *state;
    struct clients_draft d;
    clients_init(&d, "app", NOW_S);
    assert_err(clients_set_field(&d, field("alg"), "RS256", &s->why), ERR_OK);
    assert_string_equal(d.row.alg, "RS256");
    assert_err(clients_set_field(&d, field("alg"), CLIENTS_ALG_SITE, &s->why), ERR_OK);
    assert_err(clients_set_field(&d, field("refresh-reuse"), CLIENTS_REUSE_DIALECT, &s->why), ERR_OK);
    assert_string_equal(d.row.alg, "");
    assert_string_equal(d.row.refresh_reuse, "");
}

static void test_a_clients_id_is_none_of_a_users(void **state)
{
    struct site *s = *state;
    assert_err(clients_check_id("portal-2.x_y", &s->why), ERR_OK);
    assert_err(clients_check_id("2124117423587437108", &s->why), ERR_BAD_REQUEST);
    assert_err(clients_check_id("", &s->why), ERR_BAD_REQUEST);
    assert_err(clients_check_id("a:b", &s->why), ERR_BAD_REQUEST);
}

static void test_a_client_gets_a_key_for_the_algorithm_that_is_chosen(void **state)
{
    struct site *s = *state;
    struct clients_draft d;
    clients_init(&d, "app", NOW_S);
    assert_err(clients_set_field(&d, field("grants"), "captcha", &s->why), ERR_OK);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(clients_add(&s->app, &d, NULL, NOW_S), ERR_OK);
    assert_false(d.made_key);
    assert_err(clients_set_field(&d, field("alg"), "ES256", &s->why), ERR_OK);
    assert_err(clients_set(&s->app, &d, NOW_S), ERR_OK);
    assert_true(d.made_key);
    d.made_key = false;
    assert_err(clients_set(&s->app, &d, NOW_S), ERR_OK);
    assert_false(d.made_key);
    assert_err(db_commit(s->app.db), ERR_OK);
}

/* ---- Locking ----------------------------------------------------------------------------------------- */

static int64_t put_session(struct site *s, int64_t user_id)
{
    struct session row = {.user_id = user_id,
                          .client_id = DEMO_CLIENT,
                          .tenant_id = DEMO_TENANT,
                          .dialect = "blade",
                          .scope = "all",
                          .fingerprint = "",
                          .address = "192.0.2.7",
                          .created_s = NOW_S,
                          .family_end_s = NOW_S + 1000};
    assert_err(session_store_put(s->app.db, &row, NOW_S + 500), ERR_OK);
    return row.id;
}

static void expect_ended(struct site *s, int64_t session)
{
    assert_err(session_store_end(s->app.db, session, NOW_S), ERR_NOT_FOUND);
}

/* The demo's user as an ordinary one: nobody locks the last administrator. */
static void find_ordinary_user(struct site *s, struct user *out)
{
    assert_err(users_find(s->app.db, DEMO_TENANT, "ADMIN", &s->arena, out), ERR_OK);
    assert_err(group_store_remove_member(s->app.db, GROUPS_ADMINS, out->id), ERR_OK);
}

static void test_locking_ends_sessions_and_unlocking_brings_none_back(void **state)
{
    struct site *s = *state;
    struct user u;
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    find_ordinary_user(s, &u);
    int64_t of_user = put_session(s, u.id);
    assert_err(users_set_locked(&s->app, &u, true, NOW_S), ERR_OK);
    expect_ended(s, of_user);
    assert_err(users_set_locked(&s->app, &u, false, NOW_S), ERR_OK);
    expect_ended(s, of_user);
    int64_t of_client = put_session(s, u.id);
    assert_err(clients_set_locked(s->app.db, DEMO_CLIENT, true, NOW_S, &s->arena), ERR_OK);
    expect_ended(s, of_client);
    int64_t of_tenant = put_session(s, u.id);
    assert_err(tenants_set_locked(s->app.db, DEMO_TENANT, true, NOW_S, &s->arena), ERR_OK);
    expect_ended(s, of_tenant);
    assert_err(tenants_set_locked(s->app.db, "t9", true, NOW_S, &s->arena), ERR_NOT_FOUND);
    assert_err(clients_set_locked(s->app.db, "nobody", true, NOW_S, &s->arena), ERR_NOT_FOUND);
    assert_err(users_find(s->app.db, DEMO_TENANT, "nobody", &s->arena, &u), ERR_NOT_FOUND);
    assert_err(tenants_remove(s->app.db, DEMO_TENANT, NOW_S), ERR_EXISTS);
    assert_err(db_commit(s->app.db), ERR_OK);
}

/* ---- People ------------------------------------------------------------------------------------------ */

struct seen {
    size_t steps, done, total;
};

static void note_step(void *ctx, const char *what, size_t done, size_t total)
{
    struct seen *seen = ctx;
    (void)what;
    assert_true(done <= total);
    *seen = (struct seen){seen->steps + 1, done, total};
}

static enum err keep(void *ctx, const struct buf *text)
{
    buf_add(ctx, text->data, text->len);
    return ERR_OK;
}

static const char people[] = "account,password_hash,real_name,locked\n"
                             "zhang,$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1,张三,no\n"
                             "bad\001,$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1,x,no\n"
                             "li,$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1,\"a\tb\",no\n"
                             "wang,$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1,王五,maybe\n"
                             "admin,,the admin,yes\n";

static void test_people_are_read_checked_and_written(void **state)
{
    struct site *s = *state;
    struct import im;
    struct seen seen = {0};
    struct import_rules rules = {.tenant_id = DEMO_TENANT, .update = true};
    struct user u;
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    find_ordinary_user(s, &u);
    assert_err(db_commit(s->app.db), ERR_OK);
    import_init(&im, &s->app, &rules, NOW_S, &(struct watch){note_step, &seen});
    assert_err(import_read(&im, PEOPLE_CSV, people, strlen(people)), ERR_OK);
    assert_int_equal(im.count, 2);
    assert_int_equal(im.existing, 1);
    assert_int_equal(im.unseen, 1);
    assert_int_equal(seen.done, seen.total);
    assert_int_equal(im.faults.count, 3);
    for (size_t i = 0; i < im.faults.count; i++)
        assert_int_equal(im.faults.at[i].line, 3 + i);
    assert_non_null(strstr(im.faults.at[0].what, "account: "));
    assert_string_equal(im.faults.at[1].what, "real_name: the value has a control character");
    assert_string_equal(im.faults.at[2].what, "locked: expected yes or no");
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(import_write(&im), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    import_fini(&im);

    struct buf out;
    size_t count = 0;
    struct export_rules all = {.format = PEOPLE_CSV, .with_hashes = true};
    buf_init(&out);
    assert_err(export_people(s->app.db, &all, keep, &out, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_non_null(strstr(buf_str(&out), "zhang"));
    assert_non_null(strstr(buf_str(&out), "the admin"));
    import_init(&im, &s->app, &rules, NOW_S, &(struct watch){note_step, &seen});
    assert_err(import_read(&im, PEOPLE_CSV, buf_str(&out), out.len), ERR_OK);
    assert_int_equal(im.faults.count, 0);
    assert_int_equal(im.existing, 2);
    import_fini(&im);
    buf_free(&out);
}

static enum err refuse(void *ctx, const struct buf *text)
{
    (void)ctx;
    (void)text;
    return ERR_IO;
}

static void test_whoever_stops_an_export_ends_it(void **state)
{
    struct site *s = *state;
    size_t count = 0;
    struct export_rules rules = {.format = PEOPLE_JSONL};
    assert_err(export_people(s->app.db, &rules, refuse, NULL, &count), ERR_IO);
    assert_int_equal(count, 1);
}

static void test_an_encoding_is_guessed_only_where_it_is_certain(void **state)
{
    static const enum encoding gbk = ENCODING_GBK;
    static const char zhang[] = "\xD5\xC5\xC8\xFD\n"; /* 张三 */
    struct site *s = *state;
    struct buf file;
    size_t line = 7;
    buf_init(&file);
    buf_add_str(&file, zhang);
    assert_err(import_decode(NULL, &file, &line, &s->why), ERR_BAD_REQUEST);
    assert_int_equal(line, 1);
    assert_non_null(strstr(buf_str(&s->why), "not UTF-8"));
    buf_clear(&file);
    buf_add_str(&file, zhang);
    assert_err(import_decode(&gbk, &file, &line, &s->why), ERR_OK);
    assert_string_equal(buf_str(&file), "张三\n");
    buf_free(&file);
}

/* ---- Keys, doctor ------------------------------------------------------------------------------------ */

static void test_a_rotation_is_planned_by_what_the_site_has(void **state)
{
    struct site *s = *state;
    struct keys_rotation plan;
    assert_err(keys_plan_rotation(&s->app, NULL, NOW_S, &plan), ERR_OK);
    assert_int_equal(plan.alg, JWS_HS256);
    assert_int_equal(plan.publish_ahead_s, 0);
    assert_true(plan.overlap_s > 0);
    assert_err(keys_plan_rotation(&s->app, "none", NOW_S, &plan), ERR_BAD_REQUEST);
    assert_err(keys_plan_rotation(&s->app, "ES256", NOW_S, &plan), ERR_OK);
    assert_int_equal(plan.publish_ahead_s, 0); /* nothing signs with it yet */
    assert_err(keyring_generate(s->app.db, JWS_ES256, NOW_S), ERR_OK);
    assert_err(keys_plan_rotation(&s->app, "ES256", NOW_S, &plan), ERR_OK);
    assert_int_equal(plan.publish_ahead_s, 3600);
}

static void test_the_doctor_needs_no_command_line(void **state)
{
    struct site *s = *state;
    char conf[sizeof s->scratch.dir + 16];
    struct app app = {.log = {.fd = -1}};
    struct doctor d = {
        .app = &app, .conf = conf, .dialects = dialect_all, .arena = &s->arena, .now_s = NOW_S};
    snprintf(conf, sizeof conf, "%s/no.conf", s->scratch.dir);
    doctor_examine(&d);
    assert_int_equal(doctor_count(&d, DOCTOR_ERROR), 1);
    assert_string_equal(d.finding[0].name, "configuration");
    assert_non_null(strstr(d.finding[0].message, "no.conf"));
    assert_non_null(d.finding[0].advice);
    app_close(&app);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_clients_fields_are_checked_as_they_are_set, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_words_for_nothing_chosen_are_empty_in_the_row, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_clients_id_is_none_of_a_users, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_client_gets_a_key_for_the_algorithm_that_is_chosen, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_locking_ends_sessions_and_unlocking_brings_none_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_people_are_read_checked_and_written, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whoever_stops_an_export_ends_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_encoding_is_guessed_only_where_it_is_certain, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_rotation_is_planned_by_what_the_site_has, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_doctor_needs_no_command_line, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
