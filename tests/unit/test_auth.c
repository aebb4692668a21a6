/*
 * auth/: clients, throttle, logins and tokens, at times that the tests choose.
 * Source: contracts, section blade and "Rules that hold in every dialect"; RFC 9700 §4.14.
 */
#include "scratch.h"

#include <pthread.h>

#include "auth/audit.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "auth/login.h"
#include "auth/refresh.h"
#include "auth/site_key.h"
#include "auth/throttle.h"
#include "base/address.h"
#include "base/json_in.h"
#include "captcha/rng.h"
#include "store/audit_store.h"
#include "store/captcha_store.h"
#include "store/key_store.h"
#include "store/tenant_store.h"

enum { NOW_S = 1700000000, ACCESS_S = 43200, REFRESH_S = 2592000, FAMILY_S = 7776000, GRACE_S = 30 };

static const char md5_admin[] = "21232f297a57a5a743894a0e4a801fc3";
static const char md5_fresh[] = "dfc22a44a28f9e7d274c7e04ae494a90"; /* k7#fQ2xw */
static const char md5_wrong[] = "00000000000000000000000000000000";

/* ---- A site: tenant t1, client app (secret "s"), user 1 "admin" with password admin. ---- */

struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
    struct client client;
    struct user user;
    const char *address; /* that log_in comes from */
};

static void make_app(struct site *s, struct db *db, struct app *app)
{
    *app = (struct app){.log = s->scratch.sink, .db = db};
    config_defaults(&app->cfg);
    app->cfg.login.argon2_memory_kib = 8;
    app->cfg.login.argon2_passes = 1;
    app->cfg.login.captcha_after = 1000; /* most tests are not about step-up */
    memset(app->client_pepper, 7, sizeof app->client_pepper);
    assert_err(password_decoy(app_password_cost(app), app->decoy_hash), ERR_OK);
}

static void add_people(struct site *s)
{
    char hash[PASSWORD_HASH_CAP];
    struct tenant tenant = {.id = "t1", .name = "租户", .created_s = NOW_S};
    struct client client = {.id = "app",
                            .has_secret = true,
                            .grants = "captcha,password,refresh_token",
                            .scope = "all,read",
                            .password_wire = "md5",
                            .created_s = NOW_S};
    struct user user = {.id = 1,
                        .tenant_id = "t1",
                        .account = "admin",
                        .password_hash = hash,
                        .password_changed_s = NOW_S - 100,
                        .real_name = "张\"三\"",
                        .nick_name = "",
                        .role_id = "7,8",
                        .role_name = "",
                        .dept_id = "",
                        .post_id = "",
                        .oauth_id = "",
                        .id_number = "",
                        .created_s = NOW_S - 100};
    assert_err(password_hash(app_password_cost(&s->app), md5_admin, hash), ERR_OK);
    assert_err(client_secret_mac(&s->app, "s", client.secret_mac), ERR_OK);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(keyring_generate(s->app.db, JWS_HS256, NOW_S), ERR_OK);
    assert_err(tenant_store_put(s->app.db, &tenant), ERR_OK);
    assert_err(client_store_put(s->app.db, &client), ERR_OK);
    assert_err(user_store_put(s->app.db, &user), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
}

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    make_app(s, s->scratch.db, &s->app);
    arena_init(&s->arena, 1 << 20);
    s->address = "10.0.0.1";
    add_people(s);
    assert_err(client_store_get(s->app.db, "app", &s->arena, &s->client), ERR_OK);
    assert_err(user_store_get(s->app.db, 1, &s->arena, &s->user), ERR_OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct site *s = *state;
    keyring_forget(&s->app);
    arena_fini(&s->arena);
    scratch_close(&s->scratch);
    free(s);
    return 0;
}

#define COMMITTED(S, EXPRESSION)                                                                             \
    do {                                                                                                     \
        assert_err(db_begin((S)->app.db, DB_DURABLE), ERR_OK);                                               \
        assert_err(EXPRESSION, ERR_OK);                                                                      \
        assert_err(db_commit((S)->app.db), ERR_OK);                                                          \
    } while (0)

/* A pair issued at `now_s`. */
static struct token_pair issue(struct site *s, bool with_refresh, int64_t now_s)
{
    struct token_pair pair;
    struct token_grant grant = {.dialect = DIALECT_BLADE,
                                .client = &s->client,
                                .user = &s->user,
                                .tenant_id = "t1",
                                .scope = "all",
                                .fingerprint = "fp",
                                .address = "10.0.0.1",
                                .with_refresh = with_refresh};
    COMMITTED(s, token_issue(&s->app, &grant, now_s, &s->arena, &pair));
    return pair;
}

static enum err verify(struct site *s, const char *jwt, int64_t now_s)
{
    struct token_bearer bearer;
    return token_verify(&s->app, jwt, now_s, &s->arena, &bearer);
}

static enum err refresh(struct site *s, const char *jwt, int64_t now_s, struct token_pair *out)
{
    struct token_pair unused;
    return refresh_use(&s->app, &s->client, jwt, NULL, "10.0.0.9", now_s, &s->arena,
                       out != NULL ? out : &unused);
}

static void end_session(struct site *s, const char *jwt, int64_t now_s)
{
    struct token_bearer bearer;
    assert_err(token_verify(&s->app, jwt, now_s, &s->arena, &bearer), ERR_OK);
    assert_err(token_end_session(&s->app, &bearer, AUDIT_LOGOUT, ERR_OK, "10.0.0.1", now_s), ERR_OK);
}

static void lock_user(struct site *s, bool locked)
{
    s->user.locked = locked;
    COMMITTED(s, user_store_set(s->app.db, &s->user));
}

/* ---- Clients ---- */

static enum err authenticate(struct site *s, const char *id, const char *secret, int64_t now_s,
                             struct client *out)
{
    int64_t retry_s = 0;
    enum err e = client_authenticate(&s->app, id, secret, "10.0.0.1", now_s, &s->arena, out, &retry_s);
    assert_true((e == ERR_RATE) == (retry_s > 0));
    return e;
}

static void test_a_client_is_known_by_its_secret(void **state)
{
    struct site *s = *state;
    struct client c;
    assert_err(authenticate(s, "app", "s", NOW_S, &c), ERR_OK);
    assert_string_equal(c.id, "app");
    assert_err(authenticate(s, "app", "S", NOW_S, &c), ERR_CLIENT_SECRET);
    assert_err(authenticate(s, "app", "", NOW_S, &c), ERR_CLIENT_SECRET);
    assert_err(authenticate(s, "App", "s", NOW_S, &c), ERR_CLIENT_UNKNOWN);
    s->app.client_pepper[0] ^= 1;
    assert_err(authenticate(s, "app", "s", NOW_S, &c), ERR_CLIENT_SECRET);
    s->app.client_pepper[0] ^= 1;
    c = s->client;
    c.locked = true;
    COMMITTED(s, client_store_set(s->app.db, &c));
    assert_err(authenticate(s, "app", "s", NOW_S, &c), ERR_CLIENT_SECRET);
}

static void test_two_secrets_are_good_while_a_rotation_lasts(void **state)
{
    struct site *s = *state;
    struct client c = s->client;
    memcpy(c.old_secret_mac, c.secret_mac, sizeof c.old_secret_mac);
    c.has_old_secret = true;
    c.old_secret_until_s = NOW_S + 10;
    assert_err(client_secret_mac(&s->app, "new", c.secret_mac), ERR_OK);
    COMMITTED(s, client_store_set(s->app.db, &c));
    assert_err(authenticate(s, "app", "new", NOW_S, &c), ERR_OK);
    assert_err(authenticate(s, "app", "s", NOW_S + 9, &c), ERR_OK);
    assert_err(authenticate(s, "app", "s", NOW_S + 10, &c), ERR_CLIENT_SECRET);
    /* rotated while the clock was ten years ahead: the old one is not good for ten years */
    c.old_secret_until_s = NOW_S + 315360000 + 86400;
    COMMITTED(s, client_store_set(s->app.db, &c));
    assert_int_equal(client_old_secret_until(&c, NOW_S + 10), 0); /* nor is it shown to be */
    assert_err(authenticate(s, "app", "s", NOW_S + 10, &c), ERR_CLIENT_SECRET);
    assert_err(authenticate(s, "app", "new", NOW_S + 10, &c), ERR_OK);
}

/* What the audit has: rows, and how many events these and the running sums tell of. */
struct audit_seen {
    int rows;
    int64_t events, others, first_s, last_s;
    const char *actor; /* only of this one; NULL: all */
};

static enum err see_event(void *ctx, const struct audit_row *row)
{
    struct audit_seen *seen = ctx;
    if (seen->actor != NULL && strcmp(seen->actor, row->actor) != 0)
        return ERR_OK;
    seen->rows += row->id > 0;
    seen->events += row->count;
    seen->others += strcmp(row->actor, "others") == 0 ? row->count : 0;
    int64_t first_s = row->first_s != 0 ? row->first_s : row->at_s;
    int64_t last_s = row->last_s != 0 ? row->last_s : row->at_s;
    if (seen->first_s == 0 || first_s < seen->first_s)
        seen->first_s = first_s;
    if (last_s > seen->last_s)
        seen->last_s = last_s;
    return ERR_OK;
}

static struct audit_seen see_audit(struct site *s, const char *actor)
{
    struct audit_seen seen = {.actor = actor};
    struct arena rows;
    arena_init(&rows, 1 << 16);
    assert_err(audit_store_list(s->app.db, &(struct audit_filter){.limit = 100000}, &rows, see_event, &seen),
               ERR_OK);
    assert_err(audit_sum_list(s->app.db, &rows, see_event, &seen), ERR_OK);
    arena_fini(&rows);
    return seen;
}

/* Whatever the ids are: an unknown one counts as a known one does, and what it leaves is one counter. */
static void test_wrong_secrets_lock_the_address(void **state)
{
    struct site *s = *state;
    struct client c;
    int64_t retry_s = 0;
    for (int i = 0; i < 25; i++) {
        char nobody[32];
        snprintf(nobody, sizeof nobody, "nobody%d", i);
        assert_err(authenticate(s, "app", "wrong", NOW_S, &c), ERR_CLIENT_SECRET);
        assert_err(authenticate(s, nobody, "wrong", NOW_S, &c), ERR_CLIENT_UNKNOWN);
    }
    assert_err(authenticate(s, "app", "s", NOW_S, &c), ERR_RATE);
    assert_err(authenticate(s, "nobody", "s", NOW_S, &c), ERR_RATE);
    struct audit_seen seen = see_audit(s, NULL);
    assert_int_equal(seen.rows, 1);
    assert_int_equal(seen.events, 25);
    int64_t counters = 0;
    assert_err(db_expired_count(s->app.db, NOW_S + 1800, &counters), ERR_OK);
    assert_int_equal(counters, 2); /* the address', and how many addresses there are */
    assert_err(client_authenticate(&s->app, "app", "s", "10.0.0.2", NOW_S, &s->arena, &c, &retry_s), ERR_OK);
    assert_err(authenticate(s, "app", "s", NOW_S + 1800, &c), ERR_OK);
}

static void test_a_client_without_a_secret_authenticates_with_nothing(void **state)
{
    struct site *s = *state;
    struct client open = {.id = "open", .grants = "captcha", .scope = "all", .password_wire = "plain"}, c;
    COMMITTED(s, client_store_put(s->app.db, &open));
    assert_err(authenticate(s, "open", "", NOW_S, &c), ERR_CLIENT_SECRET);
    snprintf(s->app.cfg.dialect[DIALECT_EBAAS].client, CONFIG_TEXT_CAP, "open");
    assert_err(client_of_dialect(&s->app, DIALECT_EBAAS, &s->arena, &c), ERR_OK);
    open.grants = "password";
    COMMITTED(s, client_store_set(s->app.db, &open));
    assert_err(client_of_dialect(&s->app, DIALECT_EBAAS, &s->arena, &c), ERR_GRANT_NOT_ALLOWED);
    open.grants = "captcha";
    open.locked = true;
    COMMITTED(s, client_store_set(s->app.db, &open));
    assert_err(client_of_dialect(&s->app, DIALECT_EBAAS, &s->arena, &c), ERR_GRANT_NOT_ALLOWED);
    assert_err(client_of_dialect(&s->app, DIALECT_PLATFORM, &s->arena, &c), ERR_CONFIG);
    assert_non_null(strstr(buf_str(&s->scratch.log), "no_dialect_client"));
}

static void test_what_a_client_may(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *requested, *granted; /* NULL: refused */
    } cases[] = {{NULL, "all,read"}, {"", "all,read"},         {" ", "all,read"},
                 {"read", "read"},   {"read all", "read,all"}, {" read  read ", "read"},
                 {"write", NULL},    {"read write", NULL},     {"all,read", NULL},
                 {"al", NULL}};
    assert_true(client_may(&s->client, "password"));
    assert_false(client_may(&s->client, "pass"));
    assert_false(client_may(&s->client, "client_credentials"));
    assert_false(client_may(&s->client, ""));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *granted = NULL;
        enum err e = client_scope(&s->client, cases[i].requested, &s->arena, &granted);
        assert_case(e == (cases[i].granted != NULL ? ERR_OK : ERR_SCOPE), "scope %s", cases[i].requested);
        assert_true(e != ERR_OK || strcmp(granted, cases[i].granted) == 0);
    }
}

static void test_passwords_on_the_wire(void **state)
{
    struct site *s = *state;
    struct password p;
    assert_err(client_read_password(&s->app, &s->client, "21232F297A57a5a743894a0e4a801fc3", &p), ERR_OK);
    assert_string_equal(p.md5_hex, md5_admin);
    assert_false(p.has_plain);
    static const char *const bad[] = {"admin", "", "21232f297a57a5a743894a0e4a801fc3 "};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_err(client_check_password_form(&s->client, bad[i]), ERR_BAD_REQUEST);
        assert_err(client_read_password(&s->app, &s->client, bad[i], &p), ERR_BAD_REQUEST);
    }
    s->client.password_wire = "plain";
    assert_err(client_read_password(&s->app, &s->client, "admin", &p), ERR_OK);
    assert_string_equal(p.md5_hex, md5_admin);
    assert_string_equal(p.plain, "admin");
    assert_true(p.has_plain);
    char text[130];
    memset(text, 'x', sizeof text);
    text[128] = '\0';
    assert_err(client_check_password_form(&s->client, text), ERR_OK);
    text[128] = 'x';
    text[129] = '\0';
    assert_err(client_check_password_form(&s->client, text), ERR_BAD_REQUEST);
}

/* The key of GB/T 32918.5, and "admin" as npm sm-crypto encrypted it to that. */
static void test_passwords_that_are_encrypted(void **state)
{
    struct site *s = *state;
    struct password p;
    unsigned char key[SM2_KEY_LEN], made[SM2_KEY_LEN], again[SM2_KEY_LEN];
    static const char wire[] =
        "006c844470bf26ed76eb4ce4aeb376e6a4c9bac6f68f113096c1c2b221b41c2886cc5ca89d2aa923bcb0"
        "f1f322289b5e316bb3d9efc12f24f90a1e186ccccea09965677dea58e50fdb7f4de2ca10da481337941f"
        "c42a4ca9426e6e3f8127f0ac4eb69d7a6d";
    s->client.password_wire = "sm2";
    assert_err(client_check_password_form(&s->client, wire), ERR_OK);
    assert_err(client_check_password_form(&s->client, md5_admin), ERR_BAD_REQUEST);
    assert_err(client_read_password(&s->app, &s->client, "admin", &p), ERR_BAD_REQUEST);

    /* The first need makes a key, which stays; this was not encrypted to it. */
    assert_err(setting_store_get(s->app.db, SETTING_SM2_KEY, made, sizeof made), ERR_NOT_FOUND);
    assert_err(client_read_password(&s->app, &s->client, wire, &p), ERR_PASSWORD_SM2);
    assert_err(setting_store_get(s->app.db, SETTING_SM2_KEY, made, sizeof made), ERR_OK);
    assert_err(site_key_sm2(&s->app, again), ERR_OK);
    assert_memory_equal(made, again, sizeof made);

    assert_err(sm2_key_of_hex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", key),
               ERR_OK);
    COMMITTED(s, setting_store_put(s->app.db, SETTING_SM2_KEY, key, sizeof key));
    assert_err(client_read_password(&s->app, &s->client, wire, &p), ERR_OK);
    assert_string_equal(p.plain, "admin");
    assert_string_equal(p.md5_hex, md5_admin);
    assert_true(p.has_plain);
}

/* ---- What strangers leave is bounded ---- */

static int64_t counters(struct site *s)
{
    int64_t count = 0;
    assert_err(db_expired_count(s->app.db, NOW_S + 1800, &count), ERR_OK);
    return count;
}

/* A /48 that never comes twice from the same /64: not a row for each. */
static void test_counters_of_new_addresses_are_bounded(void **state)
{
    struct site *s = *state;
    char address[ADDRESS_CAP];
    int64_t retry_s = 0;
    struct throttle_try fresh = {
        .tenant_id = "t1", .account = "admin", .client_id = "app", .address = "192.0.2.9", .exists = true};
    s->app.cfg.login.client_max_failures = 1000000000;
    assert_err(throttle_check(&s->app, &fresh, NOW_S, &retry_s), ERR_OK);
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    for (int i = 0; i < 20500; i++) {
        snprintf(address, sizeof address, "2001:db8:1:%x::1", i);
        struct throttle_try t = {.tenant_id = "t1",
                                 .account = "nobody",
                                 .client_id = "app",
                                 .address = address,
                                 .has_captcha = true};
        enum err e = throttle_failed(&s->app, &t, NOW_S, &retry_s);
        assert_case(e == ERR_OK || e == ERR_LOGIN_LOCKED, "%d: %s", i, err_info(e)->name);
        assert_err(throttle_secret_failed(&s->app, address, NOW_S), ERR_OK);
    }
    assert_err(db_commit(s->app.db), ERR_OK);
    assert_int_equal(counters(s), 2 * (20000 + 1) + 2); /* addresses, how many they are, bucket, client */
    /* Who comes now needs a captcha, and nothing more. */
    assert_err(throttle_check(&s->app, &fresh, NOW_S, &retry_s), ERR_CAPTCHA_REQUIRED);
    fresh.has_captcha = true;
    assert_err(throttle_check(&s->app, &fresh, NOW_S, &retry_s), ERR_OK);
    assert_err(throttle_check(&s->app, &fresh, NOW_S + 1800, &retry_s), ERR_OK);
}

/* Names that somebody makes up, each once: as many rows as there are buckets, at most. */
static void test_counters_of_made_up_accounts_are_bounded(void **state)
{
    struct site *s = *state;
    char account[16];
    int64_t retry_s = 0;
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    for (int i = 0; i < 40000; i++) {
        snprintf(account, sizeof account, "made%d", i);
        struct throttle_try t = {.tenant_id = "t1",
                                 .account = account,
                                 .client_id = "app",
                                 .address = "10.0.0.1",
                                 .has_captcha = true};
        throttle_failed(&s->app, &t, NOW_S, &retry_s);
    }
    assert_err(db_commit(s->app.db), ERR_OK);
    assert_true(counters(s) <= 16384 + 3);
    assert_true(counters(s) > 8192);
}

/* ---- Throttle ---- */

static struct throttle_try a_try(const char *account, const char *address, bool has_captcha)
{
    return (struct throttle_try){.tenant_id = "t1",
                                 .exists = true,
                                 .account = account,
                                 .client_id = "app",
                                 .address = address,
                                 .has_captcha = has_captcha};
}

/* Whether a try with, or without, a right captcha is let through; retry_s is 0 unless it is locked. */
static enum err try_captcha(struct site *s, const char *account, const char *address, int64_t now_s,
                            int64_t *retry_s)
{
    struct throttle_try t = a_try(account, address, true);
    *retry_s = 0;
    return throttle_check(&s->app, &t, now_s, retry_s);
}

static enum err try_plain(struct site *s, const char *account, const char *address, int64_t now_s)
{
    struct throttle_try t = a_try(account, address, false);
    int64_t retry_s = 0;
    return throttle_check(&s->app, &t, now_s, &retry_s);
}

static enum err failed(struct site *s, const char *account, const char *address, int64_t now_s,
                       int64_t *retry_s)
{
    struct throttle_try t = a_try(account, address, true);
    *retry_s = 0;
    assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
    enum err e = throttle_failed(&s->app, &t, now_s, retry_s);
    assert_err(db_commit(s->app.db), ERR_OK);
    return e;
}

static void fail_times(struct site *s, int times, const char *account, const char *address, int64_t now_s)
{
    int64_t retry_s = 0;
    for (int i = 0; i < times; i++)
        assert_err(failed(s, account, address, now_s, &retry_s), ERR_OK);
    assert_int_equal(retry_s, 0);
}

static void test_failures_lock_the_address_for_a_window(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    fail_times(s, 4, "admin", "10.0.0.1", NOW_S);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S, &retry_s), ERR_OK);
    fail_times(s, 1, "admin", "10.0.0.1", NOW_S + 100);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S + 100, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1800);
    assert_err(try_captcha(s, "other", "10.0.0.1", NOW_S + 1899, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S + 1900, &retry_s), ERR_OK);
    assert_err(try_captcha(s, "other", "10.0.0.2", NOW_S, &retry_s), ERR_OK);
}

/* An account under attack: its owner passes, with a captcha, from an address that has not failed. */
static void test_an_account_under_attack_is_open_to_clean_addresses_only(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    for (int i = 0; i < 5; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.1.0.%d", i);
        fail_times(s, 1, "admin", address, NOW_S);
    }
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S, &retry_s), ERR_OK);
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_err(try_captcha(s, "admin", "10.1.0.3", NOW_S, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1800);
    assert_err(try_captcha(s, "other", "10.1.0.3", NOW_S, &retry_s), ERR_OK);
    /* The one guess from there is over. */
    assert_err(failed(s, "admin", "10.0.0.1", NOW_S + 10, &retry_s), ERR_OK);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S + 10, &retry_s), ERR_LOGIN_LOCKED);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S + 1810, &retry_s), ERR_OK);
}

static void test_a_client_under_attack_is_open_to_clean_addresses_only(void **state)
{
    struct site *s = *state;
    struct throttle_try elsewhere = a_try("x", "10.0.0.1", true);
    int64_t retry_s = 0;
    s->app.cfg.login.client_max_failures = 3;
    fail_times(s, 1, "a", "10.1.0.1", NOW_S);
    fail_times(s, 1, "b", "10.1.0.2", NOW_S);
    assert_err(try_plain(s, "x", "10.0.0.1", NOW_S), ERR_OK);
    fail_times(s, 1, "c", "10.1.0.3", NOW_S + 5);
    assert_err(try_plain(s, "x", "10.0.0.1", NOW_S + 5), ERR_CAPTCHA_REQUIRED);
    assert_err(try_captcha(s, "x", "10.0.0.1", NOW_S + 5, &retry_s), ERR_OK);
    assert_err(try_captcha(s, "x", "10.1.0.1", NOW_S + 5, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1800);
    elsewhere.client_id = "another";
    assert_err(throttle_check(&s->app, &elsewhere, NOW_S + 5, &retry_s), ERR_OK);
}

/* Of guesses that were let in together, the wrong ones past the limit look like the right one: locked. */
static void test_a_failure_past_the_limit_is_told_as_a_lock(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    fail_times(s, 5, "admin", "10.0.0.1", NOW_S);
    assert_err(failed(s, "other", "10.0.0.1", NOW_S + 20, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1780);
    assert_err(failed(s, "admin", "10.0.0.2", NOW_S + 10, &retry_s),
               ERR_OK); /* the one guess of a clean one */
    assert_err(failed(s, "admin", "10.0.0.2", NOW_S + 10, &retry_s), ERR_LOGIN_LOCKED);
    assert_int_equal(retry_s, 1790);
}

/* The same of guesses without a captcha: once one has failed, the right one is asked for a captcha, and so
 * are the wrong ones. */
static void test_a_failure_past_the_first_is_told_as_a_captcha_that_is_due(void **state)
{
    struct site *s = *state;
    struct throttle_try t = a_try("admin", "10.0.0.1", false);
    int64_t retry_s = 0;
    s->app.cfg.login.captcha_after = 1;
    COMMITTED(s, throttle_failed(&s->app, &t, NOW_S, &retry_s));
    for (int i = 1; i < 7; i++) {
        assert_err(db_begin(s->app.db, DB_RELAXED), ERR_OK);
        assert_err(throttle_failed(&s->app, &t, NOW_S, &retry_s),
                   i < 5 ? ERR_CAPTCHA_REQUIRED : ERR_LOGIN_LOCKED);
        assert_err(db_commit(s->app.db), ERR_OK);
    }
}

static void test_step_up_after_a_failure_of_account_or_address(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    struct throttle_try mine = a_try("admin", "10.0.0.1", false);
    s->app.cfg.login.captcha_after = 1;
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S), ERR_OK);
    fail_times(s, 1, "admin", "10.0.0.9", NOW_S);
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_err(try_plain(s, "other", "10.0.0.9", NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_err(try_plain(s, "other", "10.0.0.1", NOW_S), ERR_OK);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S, &retry_s), ERR_OK);
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S + 1799), ERR_CAPTCHA_REQUIRED);
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S + 1800), ERR_OK);
    fail_times(s, 1, "admin", "10.0.0.8", NOW_S + 1800);
    COMMITTED(s, throttle_succeeded(&s->app, &mine));
    assert_err(try_plain(s, "admin", "10.0.0.1", NOW_S + 1800), ERR_OK);
    s->app.cfg.login.captcha_after = 0;
    assert_err(try_plain(s, "new", "10.0.0.7", NOW_S), ERR_CAPTCHA_REQUIRED);
}

static void test_success_forgets_the_accounts_failures_only(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    struct throttle_try mine = a_try("admin", "10.0.0.1", true);
    fail_times(s, 4, "admin", "10.0.0.1", NOW_S);
    COMMITTED(s, throttle_succeeded(&s->app, &mine));
    fail_times(s, 1, "other", "10.0.0.1", NOW_S);
    assert_err(try_captcha(s, "admin", "10.0.0.2", NOW_S, &retry_s), ERR_OK);
    assert_err(try_captcha(s, "admin", "10.0.0.1", NOW_S, &retry_s), ERR_LOGIN_LOCKED);
    fail_times(s, 4, "admin", "10.0.0.2", NOW_S); /* were they counted on, this would be one too many */
}

/* The failures of an account under attack are the attacker's, who would get five more tries. */
static void test_success_under_attack_forgets_nothing(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    struct throttle_try mine = a_try("admin", "10.0.0.1", true);
    fail_times(s, 5, "admin", "10.0.0.9", NOW_S);
    COMMITTED(s, throttle_succeeded(&s->app, &mine));
    fail_times(s, 1, "new", "10.0.0.8", NOW_S);
    assert_err(try_captcha(s, "admin", "10.0.0.8", NOW_S, &retry_s), ERR_LOGIN_LOCKED);
    COMMITTED(s, throttle_unlock(&s->app, "t1", "admin"));
    assert_err(try_captcha(s, "admin", "10.0.0.8", NOW_S, &retry_s), ERR_OK);
}

static void test_ipv6_counts_per_64(void **state)
{
    struct site *s = *state;
    int64_t retry_s = 0;
    for (int i = 0; i < 5; i++) {
        char address[32], account[16];
        snprintf(address, sizeof address, "2001:db8::%d", i + 1);
        snprintf(account, sizeof account, "user%d", i);
        fail_times(s, 1, account, address, NOW_S);
    }
    assert_err(try_captcha(s, "new", "2001:db8::ffff", NOW_S, &retry_s), ERR_LOGIN_LOCKED);
    assert_err(try_captcha(s, "new", "2001:db8:0:1::1", NOW_S, &retry_s), ERR_OK);
}

/* ---- Login ---- */

static enum err log_in(struct site *s, const char *account, const char *md5, const char *captcha_id,
                       const char *answer, int64_t now_s)
{
    struct token_pair pair;
    int64_t retry_s = 0;
    struct login_request r = {.dialect = DIALECT_BLADE,
                              .client = &s->client,
                              .tenant_id = "t1",
                              .account = account,
                              .password = md5,
                              .captcha_id = captcha_id,
                              .captcha_answer = answer,
                              .scope = "all",
                              .fingerprint = "",
                              .address = s->address,
                              .with_refresh = true};
    enum err e = login(&s->app, &r, now_s, &s->arena, &pair, &retry_s);
    assert_true(e != ERR_OK || verify(s, pair.access, now_s) == ERR_OK);
    assert_true((e == ERR_LOGIN_LOCKED) == (retry_s > 0));
    return e;
}

static void test_who_gets_in(void **state)
{
    struct site *s = *state;
    s->app.cfg.login.max_failures = 100;
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_PASSWORD);
    assert_err(log_in(s, "admin", "admin", NULL, NULL, NOW_S), ERR_BAD_REQUEST);
    assert_err(log_in(s, "admin1", md5_admin, NULL, NULL, NOW_S), ERR_USER_UNKNOWN);
    assert_err(log_in(s, "Admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(log_in(s, " admin\u3000", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(log_in(s, "\uFF41dmin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    lock_user(s, true);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_USER_LOCKED);
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_PASSWORD);
    lock_user(s, false);
    struct tenant tenant = {.id = "t1", .name = "x", .locked = true};
    COMMITTED(s, tenant_store_set(s->app.db, &tenant));
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_USER_LOCKED);
}

static enum err note_accounts(void *ctx, const struct throttle_entry *e)
{
    if (e->kind == THROTTLE_ACCOUNT)
        buf_addf(ctx, "%s %d, ", e->name[0] == '#' ? "made up" : e->name, (int)e->count);
    return ERR_OK;
}

/* However an account is spelled, it has one counter, known or not; the audit has the account's own spelling. */
static void test_all_spellings_of_an_account_share_its_tries(void **state)
{
    struct site *s = *state;
    static const char *const known[] = {"Admin", "aDmin", "adMin", "ADMIN\u3000", "\uFF41dmin"};
    static const char *const unknown[] = {"Nobody", "nObody", "noBody", "NOBODY", "\uFF4Eobody"};
    struct buf seen;
    buf_init(&seen);
    s->app.cfg.login.max_failures = 5;
    for (int i = 0; i < 5; i++) {
        char address[24];
        snprintf(address, sizeof address, "192.0.2.%d", i);
        s->address = address;
        log_in(s, known[i], md5_wrong, NULL, NULL, NOW_S);
        log_in(s, unknown[i], md5_wrong, NULL, NULL, NOW_S);
    }
    assert_err(throttle_list(&s->app, NOW_S, &s->arena, note_accounts, &seen), ERR_OK);
    assert_string_equal(buf_str(&seen), "made up 5, t1/admin 5, ");
    buf_free(&seen);
    s->address = "192.0.2.99";
    assert_err(log_in(s, "admiN", md5_admin, NULL, NULL, NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_err(log_in(s, "nobodY", md5_wrong, NULL, NULL, NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_null(strstr(buf_str(&s->scratch.log), "Admin"));
}

static enum err note_addresses(void *ctx, const struct throttle_entry *e)
{
    if (e->kind == THROTTLE_ADDRESS && e->name[0] != '\0')
        buf_addf(ctx, "%s ", e->name);
    return ERR_OK;
}

/* Whatever the list names can be cleared by that name, also what is no address: who comes over a socket. */
static void test_an_address_is_cleared_by_the_name_it_is_listed_by(void **state)
{
    struct site *s = *state;
    static const char *const listed[] = {"192.0.2.1", "2001:db8:0:1::/64", "unix", "unknown"};
    static const char *const coming[] = {"192.0.2.1", "2001:db8:0:1::7", "unix", "unknown"};
    struct buf seen;
    buf_init(&seen);
    for (int i = 0; i < 4; i++) {
        s->address = coming[i];
        log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S);
    }
    assert_err(throttle_list(&s->app, NOW_S, &s->arena, note_addresses, &seen), ERR_OK);
    assert_string_equal(buf_str(&seen), "192.0.2.1 2001:db8:0:1::/64 unix unknown ");
    for (int i = 0; i < 4; i++) {
        COMMITTED(s, throttle_clear_address(&s->app, listed[i]));
        assert_err(throttle_clear_address(&s->app, listed[i]), ERR_NOT_FOUND);
    }
    assert_err(throttle_clear_address(&s->app, "unix:"), ERR_BAD_REQUEST);
    buf_free(&seen);
}

static void test_past_the_limit_nobody_looks_at_the_password(void **state)
{
    struct site *s = *state;
    for (int i = 0; i < 5; i++)
        assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S + i), ERR_PASSWORD);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S + 4 + 1799), ERR_LOGIN_LOCKED);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S + 4 + 1800), ERR_OK);
}

static void test_unknown_accounts_count_as_failures_too(void **state)
{
    struct site *s = *state;
    for (int i = 0; i < 5; i++)
        assert_err(log_in(s, "nobody", md5_wrong, NULL, NULL, NOW_S), ERR_USER_UNKNOWN);
    assert_err(log_in(s, "nobody", md5_wrong, NULL, NULL, NOW_S), ERR_LOGIN_LOCKED);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_LOGIN_LOCKED); /* the address */
}

static void put_captcha(struct site *s, const char *id, const char *dialect)
{
    struct captcha_row row = {
        .id = id, .network = "", .dialect = dialect, .answer = "ywdf4", .expires_s = NOW_S + 300};
    COMMITTED(s, captcha_store_put(s->app.db, &row));
}

/* The captcha is consumed first, right or wrong; the throttle is asked second, the password last. */
static void test_the_captcha_comes_first(void **state)
{
    struct site *s = *state;
    put_captcha(s, "a", "blade");
    assert_err(log_in(s, "admin", md5_admin, "a", "wrong", NOW_S), ERR_CAPTCHA);
    assert_err(log_in(s, "admin", md5_admin, "a", "ywdf4", NOW_S), ERR_CAPTCHA);
    put_captcha(s, "b", "blade");
    assert_err(log_in(s, "admin", md5_admin, "b", "YWdF4", NOW_S), ERR_OK);
    assert_err(log_in(s, "admin", md5_admin, "b", "ywdf4", NOW_S), ERR_CAPTCHA);
    put_captcha(s, "c", "ebaas");
    assert_err(log_in(s, "admin", md5_admin, "c", "ywdf4", NOW_S), ERR_CAPTCHA);
    put_captcha(s, "d", "blade");
    assert_err(log_in(s, "admin", md5_admin, "d", "ywdf4", NOW_S + 300), ERR_CAPTCHA);
    put_captcha(s, "e", "blade");
    assert_err(log_in(s, "admin", "no md5", "e", "ywdf4", NOW_S), ERR_BAD_REQUEST);
    assert_err(log_in(s, "admin", md5_admin, "e", "ywdf4", NOW_S), ERR_OK); /* it was not consumed */
    fail_times(s, 5, "admin", "10.0.0.9", NOW_S);
    put_captcha(s, "f", "blade");
    assert_err(log_in(s, "admin", md5_admin, "f", "wrong", NOW_S), ERR_CAPTCHA);
    fail_times(s, 1, "other", "10.0.0.1", NOW_S);
    put_captcha(s, "g", "blade");
    assert_err(log_in(s, "admin", md5_admin, "g", "ywdf4", NOW_S), ERR_LOGIN_LOCKED);
    assert_err(log_in(s, "admin", md5_admin, "g", "ywdf4", NOW_S), ERR_CAPTCHA);
}

/* The server decides when a captcha is due: after a failure the password grant alone does not do. */
static void test_a_login_without_a_captcha_is_for_those_without_failures(void **state)
{
    struct site *s = *state;
    s->app.cfg.login.captcha_after = 1;
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_PASSWORD);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_CAPTCHA_REQUIRED);
    put_captcha(s, "a", "blade");
    assert_err(log_in(s, "admin", md5_admin, "a", "ywdf4", NOW_S), ERR_OK);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_CAPTCHA_REQUIRED); /* the address */
    s->address = "10.0.0.2";
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
}

/* Whoever attacks an account from elsewhere does not lock its owner out. */
static void test_the_owner_of_an_account_under_attack_gets_in(void **state)
{
    struct site *s = *state;
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g"};
    for (size_t i = 0; i < 7; i++)
        put_captcha(s, ids[i], "blade");
    s->address = "10.0.0.66";
    for (size_t i = 0; i < 5; i++)
        assert_err(log_in(s, "admin", md5_wrong, ids[i], "ywdf4", NOW_S), ERR_PASSWORD);
    s->address = "10.0.0.1";
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_CAPTCHA_REQUIRED);
    assert_err(log_in(s, "admin", md5_admin, "f", "ywdf4", NOW_S), ERR_OK);
    s->address = "10.0.0.66";
    assert_err(log_in(s, "admin", md5_admin, "g", "ywdf4", NOW_S), ERR_LOGIN_LOCKED);
}

static enum err note_event(void *ctx, const struct audit_row *row)
{
    buf_addf(ctx, "%s %s %s %s %s\n", row->action, row->actor, row->result, row->client_id, row->address);
    return ERR_OK;
}

/* From as many addresses as it takes, against a client that exists: two rows an hour, which tell all of it. */
static void test_ten_thousand_wrong_secrets_are_two_rows(void **state)
{
    struct site *s = *state;
    struct client c;
    int64_t retry_s = 0;
    for (int i = 0; i < 10000; i++) {
        char address[ADDRESS_CAP];
        snprintf(address, sizeof address, "2001:db8:%x:%x::1", i / 256, i % 256);
        assert_err(
            client_authenticate(&s->app, "app", "wrong", address, NOW_S + i / 10, &s->arena, &c, &retry_s),
            ERR_CLIENT_SECRET);
        arena_reset(&s->arena);
    }
    struct audit_seen seen = see_audit(s, NULL);
    assert_int_equal(seen.rows, 1); /* the first is there at once */
    assert_int_equal(seen.events, 10000);
    assert_int_equal(seen.first_s, NOW_S);
    assert_int_equal(seen.last_s, NOW_S + 999);
    assert_err(audit_close_windows(&s->app, NOW_S + AUDIT_WINDOW_S - 1), ERR_OK);
    assert_int_equal(see_audit(s, NULL).rows, 1);
    assert_err(audit_close_windows(&s->app, NOW_S + AUDIT_WINDOW_S), ERR_OK);
    seen = see_audit(s, NULL);
    assert_int_equal(seen.rows, 2);
    assert_int_equal(seen.events, 10000);
    /* A new window begins with a row at once. */
    assert_err(authenticate(s, "app", "wrong", NOW_S + AUDIT_WINDOW_S, &c), ERR_CLIENT_SECRET);
    assert_int_equal(see_audit(s, NULL).rows, 3);
}

static void fail_as(struct site *s, const char *account, int64_t now_s)
{
    struct audit_event event = {.action = AUDIT_LOGIN,
                                .tenant_id = "t1",
                                .account = account,
                                .client_id = "app",
                                .dialect = "blade",
                                .address = "10.0.0.1",
                                .result = ERR_PASSWORD};
    COMMITTED(s, audit_record(&s->app, &event, now_s));
}

/* One who tries everybody: the rows of an hour are bounded, and all failures are told of. */
static void test_a_spray_over_many_accounts_is_bounded(void **state)
{
    struct site *s = *state;
    enum { ACCOUNTS = 1000 };
    fail_as(s, "first", NOW_S);
    for (int i = 0; i < 3 * ACCOUNTS; i++) {
        char account[16];
        snprintf(account, sizeof account, "a%d", i % ACCOUNTS);
        fail_as(s, account, NOW_S);
    }
    fail_as(s, "first", NOW_S + 5);
    assert_err(audit_close_windows(&s->app, NOW_S + 2 * AUDIT_WINDOW_S), ERR_OK);
    struct audit_seen seen = see_audit(s, NULL);
    assert_int_equal(seen.events, 3 * ACCOUNTS + 2);
    assert_int_equal(seen.rows, 2 * (AUDIT_KINDS_MAX + 1));
    assert_int_equal(seen.others, 3 * (ACCOUNTS + 1 - AUDIT_KINDS_MAX));
    seen = see_audit(s, "user:t1/first");
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.last_s, NOW_S + 5);
    fail_as(s, "a999", NOW_S + 2 * AUDIT_WINDOW_S); /* there is room again */
    assert_int_equal(see_audit(s, "user:t1/a999").rows, 1);
}

/* A window that the clock says ends in ten years is over. */
static void test_a_sum_from_the_future_is_closed(void **state)
{
    struct site *s = *state;
    fail_as(s, "admin", NOW_S + 315360000);
    fail_as(s, "admin", NOW_S + 315360000);
    fail_as(s, "admin", NOW_S);
    fail_as(s, "admin", NOW_S);
    assert_int_equal(see_audit(s, NULL).rows, 3);
    assert_int_equal(see_audit(s, NULL).events, 4);
}

/* An account that does not exist may be a password in the wrong field: it is not written down. */
static void test_logins_are_recorded(void **state)
{
    struct site *s = *state;
    struct buf events;
    struct client c;
    struct arena rows;
    arena_init(&rows, 1 << 16);
    buf_init(&events);
    assert_err(log_in(s, "nobody", md5_wrong, NULL, NULL, NOW_S), ERR_USER_UNKNOWN);
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_PASSWORD);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(authenticate(s, "app", "wrong", NOW_S, &c), ERR_CLIENT_SECRET);
    assert_err(audit_store_list(s->app.db, &(struct audit_filter){.limit = 99}, &rows, note_event, &events),
               ERR_OK);
    assert_string_equal(buf_str(&events), "login  login_incorrect app 10.0.0.1\n"
                                          "login user:t1/admin login_incorrect app 10.0.0.1\n"
                                          "login user:t1/admin ok app 10.0.0.1\n"
                                          "client.authenticate  invalid_client app 10.0.0.1\n");
    s->app.cfg.audit.retention_s = 0;
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    buf_free(&events);
    buf_init(&events);
    assert_err(audit_store_list(s->app.db, &(struct audit_filter){.after = 4, .limit = 99}, &rows, note_event,
                                &events),
               ERR_OK);
    assert_string_equal(buf_str(&events), "");
    buf_free(&events);
    arena_fini(&rows);
}

/* Where costs are mixed, an unknown account takes the verifier of the account that comes next. */
static void test_an_unknown_account_is_verified_against_its_neighbour(void **state)
{
    struct site *s = *state;
    struct user broken = s->user;
    broken.id = 2;
    broken.account = "m";
    broken.password_hash = "no verifier";
    COMMITTED(s, user_store_put(s->app.db, &broken));
    assert_err(log_in(s, "a", md5_wrong, NULL, NULL, NOW_S), ERR_USER_UNKNOWN);  /* admin's */
    assert_err(log_in(s, "b", md5_wrong, NULL, NULL, NOW_S), ERR_CRYPTO);        /* m's */
    assert_err(log_in(s, "zz", md5_admin, NULL, NULL, NOW_S), ERR_USER_UNKNOWN); /* past the last: admin's */
}

/* A verifier of another cost is replaced when its password is at hand; the password is the same. */
static void test_a_login_brings_the_verifier_to_the_configured_cost(void **state)
{
    struct site *s = *state;
    struct user u;
    s->app.cfg.login.argon2_passes = 2;
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_PASSWORD);
    assert_err(user_store_get(s->app.db, 1, &s->arena, &u), ERR_OK);
    assert_string_equal(u.password_hash, s->user.password_hash);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(user_store_get(s->app.db, 1, &s->arena, &u), ERR_OK);
    assert_non_null(strstr(u.password_hash, "$m=8,t=2,p=1$"));
    assert_int_equal(u.password_changed_s, s->user.password_changed_s);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
}

static void test_an_imported_verifier_is_replaced_at_the_first_login(void **state)
{
    struct site *s = *state;
    struct user u;
    /* "admin" by `openssl passwd -apr1`, and as in Blade's table. */
    static const char apr1[] = "$apr1$saltsalt$9c0WR0Se3z5lfIgYnltHf1";
    static const char blade[] = "{BLADE}90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad";
    COMMITTED(s, user_store_rehash(s->app.db, 1, apr1));
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_PASSWORD); /* it wants the password */
    s->client.password_wire = "plain";
    assert_err(log_in(s, "admin", "wrong", NULL, NULL, NOW_S), ERR_PASSWORD);
    assert_err(log_in(s, "admin", "admin", NULL, NULL, NOW_S), ERR_OK);
    assert_err(user_store_get(s->app.db, 1, &s->arena, &u), ERR_OK);
    assert_string_equal(password_scheme_name(u.password_hash), "argon2id");
    s->client.password_wire = "md5";
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    COMMITTED(s, user_store_rehash(s->app.db, 1, blade));
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
    assert_err(user_store_get(s->app.db, 1, &s->arena, &u), ERR_OK);
    assert_string_equal(password_scheme_name(u.password_hash), "argon2id");
}

static enum err change_password(struct site *s, const struct token_bearer *bearer, const char *old_md5,
                                const char *new_md5, const char *address, int64_t now_s)
{
    int64_t retry_s = 0;
    const struct login_again r = {.bearer = bearer, .wire = "md5", .password = old_md5, .address = address};
    enum err e = login_change_password(&s->app, &r, new_md5, now_s, &s->arena, &retry_s);
    assert_true((e == ERR_LOGIN_LOCKED) == (retry_s > 0));
    return e;
}

static void test_changing_the_password_ends_the_other_sessions(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S), other = issue(s, true, NOW_S);
    struct token_bearer bearer;
    static const char md5_new[] = "11111111111111111111111111111111";
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(change_password(s, &bearer, md5_wrong, md5_new, "10.0.0.1", NOW_S), ERR_PASSWORD);
    assert_err(verify(s, other.access, NOW_S), ERR_OK);
    assert_err(change_password(s, &bearer, md5_admin, md5_new, "10.0.0.1", NOW_S + 9), ERR_OK);
    assert_err(verify(s, mine.access, NOW_S + 9), ERR_OK);
    assert_err(verify(s, other.access, NOW_S + 9), ERR_TOKEN_INVALID);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S + 9), ERR_PASSWORD);
    assert_err(log_in(s, "admin", md5_new, NULL, NULL, NOW_S + 9), ERR_OK);
}

/* Whether the new one is bad is told to those who know the old one. */
static void test_a_new_password_obeys_the_policy(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S);
    struct token_bearer bearer;
    static const char md5_common[] = "25d55ad283aa400af464c76d713c07ad"; /* 12345678 */
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(change_password(s, &bearer, md5_wrong, md5_common, "10.0.0.1", NOW_S), ERR_PASSWORD);
    assert_err(change_password(s, &bearer, md5_admin, md5_common, "10.0.0.1", NOW_S), ERR_PASSWORD_COMMON);
    assert_err(change_password(s, &bearer, md5_admin, md5_admin, "10.0.0.1", NOW_S), ERR_PASSWORD_ACCOUNT);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
}

static void test_tries_of_the_old_password_lock_as_logins_do(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S);
    struct token_bearer bearer;
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    for (int i = 0; i < 5; i++)
        assert_err(change_password(s, &bearer, md5_wrong, md5_admin, "10.0.0.1", NOW_S), ERR_PASSWORD);
    assert_err(change_password(s, &bearer, md5_admin, md5_admin, "10.0.0.1", NOW_S), ERR_LOGIN_LOCKED);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_LOGIN_LOCKED);
}

static enum err unlock_screen(struct site *s, const struct token_bearer *bearer, const char *wire,
                              const char *password)
{
    int64_t retry_s = 0;
    const struct login_again r = {
        .bearer = bearer, .wire = wire, .password = password, .address = "10.0.0.1"};
    enum err e = login_unlock_screen(&s->app, &r, NOW_S, &s->arena, &retry_s);
    assert_true((e == ERR_LOGIN_LOCKED) == (retry_s > 0));
    return e;
}

static void test_unlocking_a_screen_counts_as_a_login(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S), other = issue(s, true, NOW_S);
    struct token_bearer bearer;
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    for (int i = 0; i < 4; i++)
        assert_err(unlock_screen(s, &bearer, "plain", "wrong"), ERR_PASSWORD);
    assert_err(unlock_screen(s, &bearer, "plain", "admin"), ERR_OK);
    assert_err(unlock_screen(s, &bearer, "md5", md5_admin), ERR_OK);
    assert_err(verify(s, other.access, NOW_S), ERR_OK);                          /* nothing ends */
    assert_err(unlock_screen(s, &bearer, "sm2", "no ciphertext"), ERR_PASSWORD); /* the address' fifth */
    assert_err(unlock_screen(s, &bearer, "plain", "admin"), ERR_LOGIN_LOCKED);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_LOGIN_LOCKED);
}

/* The bearer was accepted, then its session ended, then the change came to its transaction. */
static void test_a_session_that_ended_meanwhile_changes_no_password(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S);
    struct token_bearer bearer;
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(token_end_session(&s->app, &bearer, AUDIT_LOGOUT, ERR_OK, "10.0.0.1", NOW_S), ERR_OK);
    assert_err(change_password(s, &bearer, md5_admin, md5_wrong, "10.0.0.1", NOW_S), ERR_TOKEN_INVALID);
    assert_err(log_in(s, "admin", md5_admin, NULL, NULL, NOW_S), ERR_OK);
}

/* What was read before the hash was computed has changed when the transaction looks again. */
static void test_what_changed_meanwhile_changes_no_password(void **state)
{
    struct site *s = *state;
    struct token_pair mine = issue(s, true, NOW_S);
    struct token_bearer bearer;
    struct client client;
    char hash[PASSWORD_HASH_CAP];
    assert_err(token_verify(&s->app, mine.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(client_store_get(s->app.db, bearer.row.session.client_id, &s->arena, &client), ERR_OK);

    client.locked = true;
    COMMITTED(s, client_store_set(s->app.db, &client));
    assert_err(change_password(s, &bearer, md5_admin, md5_wrong, "10.0.0.1", NOW_S), ERR_CLIENT_SECRET);
    client.locked = false;
    COMMITTED(s, client_store_set(s->app.db, &client));

    struct user locked = bearer.user;
    locked.locked = true;
    COMMITTED(s, user_store_set(s->app.db, &locked));
    assert_err(change_password(s, &bearer, md5_admin, md5_wrong, "10.0.0.1", NOW_S), ERR_USER_LOCKED);
    COMMITTED(s, user_store_set(s->app.db, &bearer.user));

    assert_err(password_hash(app_password_cost(&s->app), md5_wrong, hash), ERR_OK);
    COMMITTED(s, user_store_set_password(s->app.db, bearer.user.id, hash, NOW_S));
    assert_err(change_password(s, &bearer, md5_admin, md5_fresh, "10.0.0.1", NOW_S), ERR_PASSWORD);
    assert_err(log_in(s, "admin", md5_wrong, NULL, NULL, NOW_S), ERR_OK);
}

/* ---- Tokens: what is in them ---- */

/* The claims of a token, as JSON text in `out`. */
static void read_claims(struct site *s, const char *jwt, struct buf *out)
{
    struct keyring ring;
    assert_err(keyring_load(&s->app, NOW_S, &ring), ERR_OK);
    assert_err(jws_verify(ring.key, ring.count, jwt, strlen(jwt), out), ERR_OK);
    keyring_wipe(&ring);
}

static enum err name_member(void *ctx, const char *name, const char *value, bool is_string)
{
    (void)value;
    (void)is_string;
    buf_addf(ctx, "%s ", name);
    return ERR_OK;
}

/* Names in order, and the values that are fixed. Source: contracts, section blade. */
static void test_the_claims_are_the_samples(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S);
    const char *const jwts[] = {pair.access, pair.refresh};
    static const char *const names[] = {
        "tenant_id tenant_name password_expired user_name real_name authorities client_id role_name license "
        "post_id user_id role_id scope nick_name oauth_id exp dept_id password_last_update_date jti account "
        "token_type iss iat ",
        "token_type iss jti ati iat exp "};
    for (int i = 0; i < 2; i++) {
        struct buf text, seen;
        struct json_object *root = NULL;
        enum json_fault fault;
        buf_init(&text);
        buf_init(&seen);
        read_claims(s, jwts[i], &text);
        assert_err(json_in_parse(buf_str(&text), text.len, &root, &fault), ERR_OK);
        assert_err(json_in_members(root, name_member, &seen), ERR_OK);
        assert_string_equal(buf_str(&seen), names[i]);
        assert_true(i == 1 || strstr(buf_str(&text), "\"authorities\":[\"7\",\"8\"]") != NULL);
        assert_true(i == 1 || strstr(buf_str(&text), "\"user_id\":\"1\"") != NULL);
        assert_true(i == 1 || strstr(buf_str(&text), "\"real_name\":\"张\\\"三\\\"\"") != NULL);
        assert_true(i == 1 || strstr(buf_str(&text), "\"password_last_update_date\":1699999900000") != NULL);
        int64_t exp = 0;
        assert_err(json_in_int(root, "exp", &exp), ERR_OK);
        assert_int_equal(exp, NOW_S + (i == 0 ? ACCESS_S : REFRESH_S));
        json_in_free(root);
        buf_free(&text);
        buf_free(&seen);
    }
    assert_int_equal(pair.expires_in_s, ACCESS_S);
    assert_string_not_equal(pair.row.jti, pair.row.refresh_jti);
}

static enum err issue_for_client(struct site *s, const char *tenant_id, int64_t now_s, struct token_pair *out)
{
    struct token_grant grant = {.dialect = DIALECT_BLADE,
                                .client = &s->client,
                                .tenant_id = tenant_id,
                                .scope = "all",
                                .fingerprint = "",
                                .address = "10.0.0.1"};
    return token_issue_for_client(&s->app, &grant, now_s, &s->arena, out);
}

static void lock_client(struct site *s, bool locked)
{
    s->client.locked = locked;
    COMMITTED(s, client_store_set(s->app.db, &s->client));
}

static void lock_tenant(struct site *s, bool locked)
{
    struct tenant tenant = {.id = "t1", .name = "x", .locked = locked};
    COMMITTED(s, tenant_store_set(s->app.db, &tenant));
}

static void test_a_clients_own_token(void **state)
{
    struct site *s = *state;
    struct token_pair pair, none;
    struct token_bearer bearer;
    assert_err(issue_for_client(s, "t1", NOW_S, &pair), ERR_OK);
    assert_null(pair.refresh);
    assert_err(token_verify(&s->app, pair.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_int_equal(bearer.user.id, 0);
    assert_string_equal(bearer.row.session.client_id, "app");
    assert_err(issue_for_client(s, "t9", NOW_S, &none), ERR_NOT_FOUND);
    lock_tenant(s, true);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(issue_for_client(s, "t1", NOW_S, &none), ERR_NOT_FOUND);
    lock_tenant(s, false);
    lock_client(s, true);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(issue_for_client(s, "t1", NOW_S, &none), ERR_CLIENT_SECRET);
}

/* ---- Tokens: when they are accepted ---- */

static void test_a_token_lives_while_exp_is_after_now(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S);
    assert_err(verify(s, pair.access, NOW_S), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S + ACCESS_S - 1), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S + ACCESS_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S + REFRESH_S, NULL), ERR_REFRESH_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S + REFRESH_S - 1, NULL), ERR_OK);
}

static void test_lifetimes_are_the_clients_and_end_with_the_family(void **state)
{
    struct site *s = *state;
    struct token_pair pair, next;
    s->client.access_ttl_s = 60;
    s->client.refresh_ttl_s = FAMILY_S - 100;
    pair = issue(s, true, NOW_S);
    assert_int_equal(pair.row.access_expires_s, NOW_S + 60);
    assert_int_equal(pair.expires_in_s, 60);
    assert_err(refresh(s, pair.refresh, NOW_S + FAMILY_S - 101, &next), ERR_OK);
    assert_int_equal(next.row.access_expires_s, NOW_S + FAMILY_S - 101 + 60);
    assert_int_equal(next.row.refresh_expires_s, NOW_S + FAMILY_S);
    assert_err(refresh(s, next.refresh, NOW_S + FAMILY_S - 1, &pair), ERR_OK);
    assert_int_equal(pair.expires_in_s, 1);
    assert_err(refresh(s, pair.refresh, NOW_S + FAMILY_S, NULL), ERR_REFRESH_INVALID);
}

static void test_what_is_no_access_token(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S);
    assert_err(verify(s, pair.refresh, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.access, NOW_S, NULL), ERR_REFRESH_INVALID);
    assert_err(verify(s, "", NOW_S), ERR_TOKEN_INVALID);
    assert_err(verify(s, "a.b.c", NOW_S), ERR_TOKEN_INVALID);
    char *changed = arena_strdup(&s->arena, pair.access);
    changed[strlen(changed) / 2] ^= 1;
    assert_err(verify(s, changed, NOW_S), ERR_TOKEN_INVALID);
    snprintf(s->app.cfg.token.issuer, CONFIG_TEXT_CAP, "https://elsewhere");
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
}

/* A token that this site's key signed, but which was never recorded. */
static void test_a_good_signature_alone_is_not_enough(void **state)
{
    struct site *s = *state;
    struct keyring ring;
    struct buf jwt;
    char claims[256];
    buf_init(&jwt);
    snprintf(claims, sizeof claims,
             "{\"jti\":\"c7eba9ce-291a-4c00-8a2b-02129a2943fb\",\"exp\":%d,\"token_type\":\"access_token\","
             "\"iss\":\"menshen\"}",
             NOW_S + 10);
    assert_err(keyring_load(&s->app, NOW_S, &ring), ERR_OK);
    assert_err(jws_sign(&ring.key[0], claims, strlen(claims), &jwt), ERR_OK);
    assert_err(verify(s, buf_str(&jwt), NOW_S), ERR_TOKEN_INVALID);
    keyring_wipe(&ring);
    buf_free(&jwt);
}

static void test_locks_and_removals_end_tokens_at_once(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S), other = issue(s, true, NOW_S);
    lock_user(s, true);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    lock_user(s, false);
    assert_err(verify(s, pair.access, NOW_S), ERR_OK);
    lock_tenant(s, true);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    lock_tenant(s, false);
    lock_client(s, true);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    lock_client(s, false);
    end_session(s, pair.access, NOW_S);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    assert_err(verify(s, other.access, NOW_S), ERR_OK);
    COMMITTED(s, user_store_remove(s->app.db, 1));
    assert_err(verify(s, other.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, other.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
}

/* ---- Keys ---- */

static void test_an_imported_key_signs_and_the_old_one_is_refused(void **state)
{
    struct site *s = *state;
    char key[JWS_SECRET_CAP + 1];
    struct token_pair before = issue(s, true, NOW_S), after;
    memset(key, 'k', sizeof key);
    assert_err(keyring_import(&s->app, key, 31, NOW_S), ERR_BAD_REQUEST);
    assert_err(keyring_import(&s->app, key, sizeof key, NOW_S), ERR_BAD_REQUEST);
    assert_err(verify(s, before.access, NOW_S), ERR_OK);
    COMMITTED(s, keyring_import(&s->app, key, 64, NOW_S));
    assert_err(verify(s, before.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, before.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    after = issue(s, true, NOW_S);
    assert_memory_equal(after.access, "eyJhbGciOiJIUzUxMiIs", 20); /* {"alg":"HS512", */
    assert_err(verify(s, after.access, NOW_S), ERR_OK);
}

static enum err note_kid(void *ctx, const struct key_row *row)
{
    memcpy(ctx, row->kid, KEY_ID_CAP);
    return ERR_OK;
}

/* The one key of this site. */
static enum err retire_all(struct db *db)
{
    char kid[KEY_ID_CAP] = "";
    enum err e = key_store_list(db, note_kid, kid);
    return e == ERR_OK ? key_store_retire(db, kid, NOW_S) : e;
}

static void test_without_a_key_nothing_is_signed(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S);
    COMMITTED(s, retire_all(s->app.db));
    assert_err(verify(s, pair.access, NOW_S), ERR_STORE);
    assert_non_null(strstr(buf_str(&s->scratch.log), "no_signing_key"));
}

/* ---- Refreshing ---- */

static void assert_same_pair(const struct token_pair *a, const struct token_pair *b)
{
    assert_string_equal(a->access, b->access);
    assert_string_equal(a->refresh, b->refresh);
    assert_int_equal(a->expires_in_s, b->expires_in_s);
}

static void test_refreshing_rotates(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, true, NOW_S), second;
    assert_err(refresh(s, first.refresh, NOW_S + 100, &second), ERR_OK);
    assert_string_not_equal(first.access, second.access);
    assert_string_not_equal(first.refresh, second.refresh);
    assert_int_equal(second.row.session.id, first.row.session.id);
    assert_int_equal(second.row.access_expires_s, NOW_S + 100 + ACCESS_S);
    assert_string_equal(second.user.account, "admin");
    assert_err(verify(s, second.access, NOW_S + 100 + ACCESS_S - 1), ERR_OK);
    assert_err(refresh(s, second.refresh, NOW_S + 200, NULL), ERR_OK);
}

static void test_within_the_grace_window_the_answer_is_the_same(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, true, NOW_S), second, again;
    assert_err(refresh(s, first.refresh, NOW_S + 100, &second), ERR_OK);
    assert_err(refresh(s, first.refresh, NOW_S + 100, &again), ERR_OK);
    assert_same_pair(&second, &again);
    assert_err(refresh(s, first.refresh, NOW_S + 100 + GRACE_S - 1, &again), ERR_OK);
    assert_same_pair(&second, &again);
    assert_err(verify(s, again.access, NOW_S + 100 + GRACE_S), ERR_OK);
}

static void test_after_the_grace_window_the_family_ends(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, true, NOW_S), other = issue(s, true, NOW_S), second, third;
    s->client.refresh_reuse = "end";
    assert_err(refresh(s, first.refresh, NOW_S + 100, &second), ERR_OK);
    assert_err(refresh(s, second.refresh, NOW_S + 110, &third), ERR_OK);
    assert_err(refresh(s, first.refresh, NOW_S + 100 + GRACE_S, NULL), ERR_REFRESH_INVALID);
    assert_err(refresh(s, third.refresh, NOW_S + 140, NULL), ERR_REFRESH_INVALID);
    assert_err(refresh(s, second.refresh, NOW_S + 111, NULL), ERR_REFRESH_INVALID);
    assert_err(verify(s, first.access, NOW_S + 140), ERR_TOKEN_INVALID);
    assert_err(verify(s, third.access, NOW_S + 140), ERR_TOKEN_INVALID);
    assert_err(verify(s, other.access, NOW_S + 140), ERR_OK);
    assert_non_null(strstr(buf_str(&s->scratch.log), "refresh_reuse"));
    assert_null(strstr(buf_str(&s->scratch.log), first.refresh));
}

static void test_without_a_grace_window_the_second_use_ends_the_family(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, true, NOW_S), second;
    s->app.cfg.token.refresh_grace_s = 0;
    s->client.refresh_reuse = "end";
    assert_err(refresh(s, first.refresh, NOW_S, &second), ERR_OK);
    assert_err(refresh(s, first.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
    assert_err(verify(s, second.access, NOW_S), ERR_TOKEN_INVALID);
}

static void test_a_refresh_token_belongs_to_its_client(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S), unused;
    struct client other = s->client;
    other.id = "other";
    COMMITTED(s, client_store_put(s->app.db, &other));
    assert_err(refresh_use(&s->app, &other, pair.refresh, NULL, "10.0.0.9", NOW_S, &s->arena, &unused),
               ERR_REFRESH_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, NULL), ERR_OK); /* it was not used up */
}

/* eplatform: the access token itself is refreshed. */
static void test_a_bearer_without_a_refresh_token_refreshes_itself(void **state)
{
    struct site *s = *state;
    struct token_pair lone = issue(s, false, NOW_S), pair = issue(s, true, NOW_S), next, again;
    struct token_bearer bearer;
    assert_err(token_verify(&s->app, pair.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", NOW_S, &s->arena, &next), ERR_TOKEN_INVALID);
    assert_err(token_verify(&s->app, lone.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", NOW_S + 50, &s->arena, &next), ERR_OK);
    assert_null(next.refresh);
    assert_int_equal(next.row.access_expires_s, NOW_S + 50 + ACCESS_S);
    assert_err(verify(s, next.access, NOW_S + 50), ERR_OK);
    assert_err(token_verify(&s->app, lone.access, NOW_S + 60, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", NOW_S + 60, &s->arena, &again), ERR_OK);
    assert_string_equal(again.access, next.access);
}

/* All who open a page share its client's token: a late second use is refused, and ends nothing. */
static void test_reusing_a_shared_token_ends_nothing(void **state)
{
    struct site *s = *state;
    struct token_pair shared, next, unused;
    struct token_bearer bearer;
    assert_err(issue_for_client(s, "t1", NOW_S, &shared), ERR_OK);
    assert_err(token_verify(&s->app, shared.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", NOW_S, &s->arena, &next), ERR_OK);
    assert_err(token_verify(&s->app, shared.access, NOW_S + GRACE_S, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", NOW_S + GRACE_S, &s->arena, &unused),
               ERR_TOKEN_INVALID);
    assert_err(verify(s, shared.access, NOW_S + GRACE_S), ERR_OK);
    assert_err(verify(s, next.access, NOW_S + GRACE_S), ERR_OK);
}

static void test_renewal_comes_once_less_than_half_is_left(void **state)
{
    struct site *s = *state;
    static const struct {
        int64_t ttl_s, age_s;
        bool is_due;
    } cases[] = {{100, 0, false},  {100, 50, false}, {100, 51, true}, {100, 99, true},
                 {101, 50, false}, {101, 51, true},  {1, 0, false},   {2, 1, false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct token_bearer bearer;
        struct token_pair fresh;
        s->client.access_ttl_s = cases[i].ttl_s;
        COMMITTED(s, client_store_set(s->app.db, &s->client));
        struct token_pair lone = issue(s, false, NOW_S);
        int64_t at_s = NOW_S + cases[i].age_s;
        assert_err(token_verify(&s->app, lone.access, at_s, &s->arena, &bearer), ERR_OK);
        enum err e = refresh_renew(&s->app, &bearer, "10.0.0.9", at_s, &s->arena, &fresh);
        assert_case(e == (cases[i].is_due ? ERR_OK : ERR_NOT_FOUND), "ttl %d, age %d: %s",
                    (int)cases[i].ttl_s, (int)cases[i].age_s, err_info(e)->name);
        assert_true(e != ERR_OK || verify(s, fresh.access, at_s + cases[i].ttl_s - 1) == ERR_OK);
        assert_err(verify(s, lone.access, at_s), ERR_OK); /* the bearer stays as it is */
    }
}

static void test_what_is_not_renewed(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, true, NOW_S), lone = issue(s, false, NOW_S), fresh;
    struct token_bearer bearer;
    int64_t late_s = NOW_S + ACCESS_S - 1;
    assert_err(token_verify(&s->app, pair.access, late_s, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_renew(&s->app, &bearer, "10.0.0.9", late_s, &s->arena, &fresh), ERR_NOT_FOUND);
    assert_err(token_verify(&s->app, lone.access, late_s, &s->arena, &bearer), ERR_OK);
    s->client.grants = "captcha";
    COMMITTED(s, client_store_set(s->app.db, &s->client));
    assert_err(refresh_renew(&s->app, &bearer, "10.0.0.9", late_s, &s->arena, &fresh), ERR_NOT_FOUND);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.9", late_s, &s->arena, &fresh), ERR_TOKEN_INVALID);
}

/* ---- Several workers at once ---- */

struct worker {
    struct site *site;
    struct app app;
    struct arena arena;
    const char *refresh;
    struct token_pair pair;
    enum err err;
};

static void *refresh_once(void *ctx)
{
    struct worker *w = ctx;
    w->err =
        refresh_use(&w->app, &w->site->client, w->refresh, NULL, "10.0.0.9", NOW_S + 5, &w->arena, &w->pair);
    return NULL;
}

/* A second life for a bearer that was rotated would be a chain that no reuse ends. */
static void test_what_was_refreshed_is_not_renewed(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, false, NOW_S), fresh;
    struct token_bearer bearer;
    int64_t late_s = NOW_S + 43200 - 100;
    assert_err(token_verify(&s->app, first.access, late_s, &s->arena, &bearer), ERR_OK);
    assert_err(refresh_renew(&s->app, &bearer, "10.0.0.9", late_s, &s->arena, &fresh), ERR_OK);
    assert_err(refresh_bearer(&s->app, &bearer, "10.0.0.1", late_s, &s->arena, &fresh), ERR_OK);
    assert_err(refresh_renew(&s->app, &bearer, "10.0.0.9", late_s, &s->arena, &fresh), ERR_NOT_FOUND);
}

/* Session ids are never given again, or the tokens of who was removed would be the next one's. */
static void test_tokens_of_somebody_removed_are_nobody_elses(void **state)
{
    struct site *s = *state;
    struct token_pair gone = issue(s, true, NOW_S);
    struct user next = s->user;
    next.id = 2;
    next.account = "next";
    COMMITTED(s, user_store_put(s->app.db, &next));
    COMMITTED(s, user_store_remove(s->app.db, 1));
    s->user = next;
    struct token_pair other = issue(s, true, NOW_S);
    assert_int_not_equal(other.row.session.id, gone.row.session.id);
    assert_err(verify(s, other.access, NOW_S), ERR_OK);
    assert_err(verify(s, gone.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, gone.refresh, NOW_S, NULL), ERR_REFRESH_INVALID);
}

static void test_many_refreshes_at_once_rotate_once(void **state)
{
    struct site *s = *state;
    static struct worker workers[8];
    pthread_t threads[COUNT_OF(workers)];
    struct token_pair first = issue(s, true, NOW_S);
    s->scratch.sink.sink = NULL; /* the buffer behind it is one thread's */
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.site = s, .refresh = first.refresh};
        make_app(s, scratch_connect(&s->scratch), &w->app);
        arena_init(&w->arena, 1 << 16);
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, refresh_once, &workers[i]), 0);
    for (size_t i = 0; i < COUNT_OF(workers); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        assert_err(workers[i].err, ERR_OK);
        assert_same_pair(&workers[i].pair, &workers[0].pair);
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        db_close(workers[i].app.db);
        arena_fini(&workers[i].arena);
    }
}

/* ---- The captcha engine of a process that runs ---- */

static void draw(struct app *app, struct buf *out)
{
    static const unsigned char seed[CAPTCHA_SEED_BYTES] = {7};
    struct captcha_engine *engine = NULL;
    buf_clear(out);
    assert_err(app_engine(app, &engine), ERR_OK);
    assert_err(captcha_engine_draw(engine, &app->cfg.dialect[DIALECT_EBAAS].captcha, "3469", seed, out),
               ERR_OK);
}

static void test_a_new_style_is_taken_up_at_once(void **state)
{
    struct site *s = *state;
    unsigned char style[SETTING_SEED_LEN] = {1};
    struct buf first, again, other;
    buf_init(&first);
    buf_init(&again);
    buf_init(&other);
    s->app.cfg.dialect[DIALECT_EBAAS].captcha.level = CAPTCHA_NORMAL;
    COMMITTED(s, setting_store_put(s->app.db, SETTING_CAPTCHA_STYLE, style, sizeof style));
    draw(&s->app, &first);
    struct captcha_engine *kept = s->app.engine;
    draw(&s->app, &again);
    assert_ptr_equal(s->app.engine, kept);
    assert_true(first.len == again.len && memcmp(first.data, again.data, first.len) == 0);
    style[0] = 2;
    COMMITTED(s, setting_store_put(s->app.db, SETTING_CAPTCHA_STYLE, style, sizeof style));
    draw(&s->app, &other);
    assert_false(first.len == other.len && memcmp(first.data, other.data, first.len) == 0);
    captcha_engine_free(s->app.engine);
    s->app.engine = NULL;
    buf_free(&first);
    buf_free(&again);
    buf_free(&other);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_client_is_known_by_its_secret),
        TEST(test_a_new_style_is_taken_up_at_once),
        TEST(test_a_client_without_a_secret_authenticates_with_nothing),
        TEST(test_what_a_client_may),
        TEST(test_passwords_on_the_wire),
        TEST(test_two_secrets_are_good_while_a_rotation_lasts),
        TEST(test_wrong_secrets_lock_the_address),
        TEST(test_counters_of_new_addresses_are_bounded),
        TEST(test_counters_of_made_up_accounts_are_bounded),
        TEST(test_a_failure_past_the_first_is_told_as_a_captcha_that_is_due),
        TEST(test_what_was_refreshed_is_not_renewed),
        TEST(test_tokens_of_somebody_removed_are_nobody_elses),
        TEST(test_failures_lock_the_address_for_a_window),
        TEST(test_an_account_under_attack_is_open_to_clean_addresses_only),
        TEST(test_a_client_under_attack_is_open_to_clean_addresses_only),
        TEST(test_step_up_after_a_failure_of_account_or_address),
        TEST(test_success_under_attack_forgets_nothing),
        TEST(test_a_login_without_a_captcha_is_for_those_without_failures),
        TEST(test_the_owner_of_an_account_under_attack_gets_in),
        TEST(test_logins_are_recorded),
        TEST(test_ten_thousand_wrong_secrets_are_two_rows),
        TEST(test_a_spray_over_many_accounts_is_bounded),
        TEST(test_a_sum_from_the_future_is_closed),
        TEST(test_an_unknown_account_is_verified_against_its_neighbour),
        TEST(test_passwords_that_are_encrypted),
        TEST(test_a_failure_past_the_limit_is_told_as_a_lock),
        TEST(test_success_forgets_the_accounts_failures_only),
        TEST(test_ipv6_counts_per_64),
        TEST(test_who_gets_in),
        TEST(test_all_spellings_of_an_account_share_its_tries),
        TEST(test_an_address_is_cleared_by_the_name_it_is_listed_by),
        TEST(test_past_the_limit_nobody_looks_at_the_password),
        TEST(test_unknown_accounts_count_as_failures_too),
        TEST(test_the_captcha_comes_first),
        TEST(test_a_login_brings_the_verifier_to_the_configured_cost),
        TEST(test_changing_the_password_ends_the_other_sessions),
        TEST(test_a_new_password_obeys_the_policy),
        TEST(test_an_imported_verifier_is_replaced_at_the_first_login),
        TEST(test_tries_of_the_old_password_lock_as_logins_do),
        TEST(test_unlocking_a_screen_counts_as_a_login),
        TEST(test_a_session_that_ended_meanwhile_changes_no_password),
        TEST(test_what_changed_meanwhile_changes_no_password),
        TEST(test_the_claims_are_the_samples),
        TEST(test_a_clients_own_token),
        TEST(test_a_token_lives_while_exp_is_after_now),
        TEST(test_lifetimes_are_the_clients_and_end_with_the_family),
        TEST(test_what_is_no_access_token),
        TEST(test_a_good_signature_alone_is_not_enough),
        TEST(test_locks_and_removals_end_tokens_at_once),
        TEST(test_an_imported_key_signs_and_the_old_one_is_refused),
        TEST(test_without_a_key_nothing_is_signed),
        TEST(test_refreshing_rotates),
        TEST(test_within_the_grace_window_the_answer_is_the_same),
        TEST(test_after_the_grace_window_the_family_ends),
        TEST(test_without_a_grace_window_the_second_use_ends_the_family),
        TEST(test_a_refresh_token_belongs_to_its_client),
        TEST(test_a_bearer_without_a_refresh_token_refreshes_itself),
        TEST(test_reusing_a_shared_token_ends_nothing),
        TEST(test_renewal_comes_once_less_than_half_is_left),
        TEST(test_what_is_not_renewed),
        TEST(test_many_refreshes_at_once_rotate_once),
    };
    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
