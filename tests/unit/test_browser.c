/*
 * People who sign in to the portal: browser sessions, links, groups, and what ends them.
 * Source: schema.sql, tables browser_session, link and group_member; OWASP ASVS 5.0, V7.
 */
#include "scratch.h"

#include <pthread.h>
#include <sqlite3.h>

#include "admin/groups.h"
#include "admin/handover.h"
#include "admin/tenants.h"
#include "admin/users.h"
#include "auth/audit.h"
#include "auth/browser.h"
#include "auth/link.h"
#include "auth/login.h"
#include "auth/throttle.h"
#include "store/audit_store.h"
#include "store/captcha_store.h"
#include "store/tenant_store.h"

enum { NOW_S = 1700000000, DAY_S = 86400 };

/* ---- A site: tenant t1 with user 1 "li", password "correct horse", and user 2 "wang", the same ---- */

struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
    const char *address; /* that people come from */
};

static const char good[] = "correct horse", other_good[] = "battery staple 9";

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

#define COMMITTED(S, EXPRESSION)                                                                             \
    do {                                                                                                     \
        assert_err(db_begin((S)->app.db, DB_DURABLE), ERR_OK);                                               \
        assert_err(EXPRESSION, ERR_OK);                                                                      \
        assert_err(db_commit((S)->app.db), ERR_OK);                                                          \
    } while (0)

/* What the transaction refuses with, and that it changes nothing. */
#define REFUSED(S, EXPRESSION, ERR)                                                                          \
    do {                                                                                                     \
        assert_err(db_begin((S)->app.db, DB_DURABLE), ERR_OK);                                               \
        assert_err(EXPRESSION, ERR);                                                                         \
        db_rollback((S)->app.db);                                                                            \
    } while (0)

static void add_user(struct site *s, int64_t id, const char *tenant_id, const char *account)
{
    char hash[PASSWORD_HASH_CAP];
    struct user user = {.id = id,
                        .tenant_id = tenant_id,
                        .account = account,
                        .password_hash = hash,
                        .password_changed_s = NOW_S - 100,
                        .created_s = NOW_S - 100};
    assert_err(users_hash_password(&s->app, good, sizeof good - 1, hash), ERR_OK);
    COMMITTED(s, user_store_put(s->app.db, &user));
}

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    struct tenant tenant = {.id = "t1", .name = "租户", .created_s = NOW_S};
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    make_app(s, s->scratch.db, &s->app);
    arena_init(&s->arena, 1 << 20);
    s->address = "10.0.0.1";
    COMMITTED(s, tenant_store_put(s->app.db, &tenant));
    add_user(s, 1, "t1", "li");
    add_user(s, 2, "t1", "wang");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct site *s = *state;
    arena_fini(&s->arena);
    scratch_close(&s->scratch);
    free(s);
    return 0;
}

static struct user user_of(struct site *s, int64_t id)
{
    struct user u;
    assert_err(user_store_get(s->app.db, id, &s->arena, &u), ERR_OK);
    return u;
}

/* Sign in; `captcha` NULL: without one, else its id, with the answer that put_captcha gave it. */
static enum err sign_in_with(struct site *s, const char *account, const char *password, const char *captcha,
                             bool remember, int64_t now_s, char secret[BROWSER_SECRET_CAP])
{
    struct user user;
    int64_t retry_s = 0;
    struct login_browser r = {.tenant_id = "t1",
                              .account = account,
                              .password = password,
                              .captcha_id = captcha,
                              .captcha_answer = "ywdf4",
                              .address = s->address,
                              .user_agent = "Mozilla/5.0",
                              .remember = remember};
    enum err e = login_browser(&s->app, &r, now_s, &s->arena, secret, &user, &retry_s);
    assert_true((e == ERR_LOGIN_LOCKED) == (retry_s > 0));
    assert_true(e == ERR_OK || secret[0] == '\0');
    return e;
}

static enum err sign_in(struct site *s, const char *account, const char *password, int64_t now_s,
                        char secret[BROWSER_SECRET_CAP])
{
    return sign_in_with(s, account, password, NULL, false, now_s, secret);
}

static enum err find(struct site *s, const char *secret, int64_t now_s)
{
    struct browser_session session;
    struct user user;
    return browser_find(&s->app, secret, now_s, &s->arena, &session, &user);
}

/* What a page knows of who asks for it. */
static void come(struct site *s, const char *secret, int64_t now_s, struct browser_session *session,
                 struct user *user)
{
    assert_err(browser_find(&s->app, secret, now_s, &s->arena, session, user), ERR_OK);
}

static int64_t live(struct site *s, int64_t now_s)
{
    int64_t count = 0;
    assert_err(browser_store_count(s->app.db, now_s, &count), ERR_OK);
    return count;
}

static void put_captcha(struct site *s, const char *id, const char *dialect)
{
    struct captcha_row row = {
        .id = id, .network = "", .dialect = dialect, .answer = "ywdf4", .expires_s = NOW_S + 300};
    COMMITTED(s, captcha_store_put(s->app.db, &row));
}

/* ---- Signing in ---- */

static void test_who_is_let_in(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP], another[BROWSER_SECRET_CAP];
    char too_long[700];
    memset(too_long, 'x', sizeof too_long);
    too_long[sizeof too_long - 1] = '\0';
    s->app.cfg.login.max_failures = 100;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    assert_int_equal(strlen(secret), BROWSER_SECRET_CAP - 1);
    assert_err(find(s, secret, NOW_S), ERR_OK);
    assert_int_equal(user_of(s, 1).last_login_s, NOW_S);
    assert_err(sign_in(s, " \uFF2Ci\u3000", good, NOW_S, another), ERR_OK); /* as at every login */
    assert_string_not_equal(secret, another);
    assert_err(sign_in(s, "li", "wrong", NOW_S, another), ERR_PASSWORD);
    assert_err(sign_in(s, "nobody", good, NOW_S, another), ERR_USER_UNKNOWN);
    assert_err(sign_in(s, "li", too_long, NOW_S, another), ERR_BAD_REQUEST);
    assert_err(find(s, secret, NOW_S), ERR_OK); /* failures of whoever end nobody's session */
    struct user u = user_of(s, 1);
    COMMITTED(s, users_set_locked(&s->app, &u, true, NOW_S));
    assert_err(sign_in(s, "li", good, NOW_S, another), ERR_USER_LOCKED);
}

/* The database has no secret: neither the cookie's nor anything that a cookie could be made of. */
static void test_what_is_stored_of_a_secret(void **state)
{
    struct site *s = *state;
    struct browser_session session;
    struct user user;
    char secret[BROWSER_SECRET_CAP], hash[65];
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &session, &user);
    codec_hex(hash, session.secret_hash, sizeof session.secret_hash);
    assert_null(strstr(hash, secret));
    assert_err(find(s, hash, NOW_S), ERR_TOKEN_INVALID);
    hash[32] = '\0';
    assert_err(find(s, hash, NOW_S), ERR_TOKEN_INVALID);
    assert_err(find(s, "", NOW_S), ERR_TOKEN_INVALID);
    assert_err(find(s, "zz", NOW_S), ERR_TOKEN_INVALID);
    assert_string_equal(session.proof, BROWSER_BY_PASSWORD);
    assert_string_equal(session.address, "10.0.0.1");
    assert_string_equal(session.user_agent, "Mozilla/5.0");
}

/* Where a captcha is due, nothing is used up until one came; then it is, right or wrong, and once. */
static void test_the_captcha_of_the_portal(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    bool due = true;
    s->app.cfg.login.captcha_after = 1;
    assert_err(throttle_captcha_due(&s->app, "10.0.0.1", NOW_S, &due), ERR_OK);
    assert_false(due);
    assert_err(sign_in(s, "li", "wrong", NOW_S, secret), ERR_PASSWORD);
    assert_err(throttle_captcha_due(&s->app, "10.0.0.1", NOW_S, &due), ERR_OK);
    assert_true(due);
    assert_err(throttle_captcha_due(&s->app, "10.0.0.2", NOW_S, &due), ERR_OK);
    assert_false(due);
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_CAPTCHA_REQUIRED);
    put_captcha(s, "b", "blade");
    assert_err(sign_in_with(s, "li", good, "b", false, NOW_S, secret), ERR_CAPTCHA); /* another dialect's */
    put_captcha(s, "p", "portal");
    assert_err(sign_in_with(s, "li", good, "p", false, NOW_S, secret), ERR_OK);
    assert_err(sign_in_with(s, "li", good, "p", false, NOW_S, secret), ERR_CAPTCHA);
    s->app.cfg.login.captcha_after = 0;
    assert_err(throttle_captcha_due(&s->app, "10.0.0.9", NOW_S, &due), ERR_OK);
    assert_true(due);
}

static enum err note_client(void *ctx, const struct throttle_entry *e)
{
    *(bool *)ctx = *(bool *)ctx || e->kind == THROTTLE_CLIENT;
    return ERR_OK;
}

/* By account and address; there is no client to count by. */
static void test_failures_in_the_portal_lock(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    bool by_client = false;
    struct arena rows;
    arena_init(&rows, 65536);
    for (int i = 0; i < 5; i++)
        assert_err(sign_in(s, "li", "wrong", NOW_S, secret), ERR_PASSWORD);
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_LOGIN_LOCKED);
    assert_err(sign_in(s, "wang", good, NOW_S, secret), ERR_LOGIN_LOCKED); /* the address */
    assert_err(throttle_list(&s->app, NOW_S, &rows, note_client, &by_client), ERR_OK);
    assert_false(by_client);
    struct user u = user_of(s, 1);
    COMMITTED(s, users_set_locked(&s->app, &u, false, NOW_S));
    s->address = "10.0.0.2";
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    arena_fini(&rows);
}

static enum err keep_event(void *ctx, const struct audit_row *row)
{
    buf_addf(ctx, "%s %s %s %s;", row->action, row->actor, row->result, row->dialect);
    return ERR_OK;
}

static void assert_events(struct site *s, const char *expected)
{
    struct buf found;
    struct arena rows;
    arena_init(&rows, 65536);
    buf_init(&found);
    assert_err(audit_store_list(s->app.db, &(struct audit_filter){.limit = 100}, &rows, keep_event, &found),
               ERR_OK);
    assert_string_equal(buf_str(&found), expected);
    buf_free(&found);
    arena_fini(&rows);
}

/* ---- How long a session lasts ---- */

static void test_a_session_ends_by_idleness_and_in_the_end(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    s->app.cfg.portal.session_ttl_s = 1000;
    s->app.cfg.portal.session_idle_s = 300;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    assert_err(find(s, secret, NOW_S + 299), ERR_OK); /* seen: until 599 */
    assert_err(find(s, secret, NOW_S + 598), ERR_OK); /* until 898 */
    assert_err(find(s, secret, NOW_S + 898), ERR_TOKEN_INVALID);
    assert_err(find(s, secret, NOW_S + 897), ERR_OK); /* not until 1197, which is past the end */
    assert_err(find(s, secret, NOW_S + 999), ERR_OK);
    assert_err(find(s, secret, NOW_S + 1000), ERR_TOKEN_INVALID);
}

/* Seen is written once a minute, not at every click. */
static void test_being_seen_costs_a_write_a_minute(void **state)
{
    struct site *s = *state;
    struct browser_session session;
    struct user user;
    char secret[BROWSER_SECRET_CAP];
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S + 59, &session, &user);
    assert_int_equal(session.seen_s, NOW_S);
    come(s, secret, NOW_S + 60, &session, &user);
    assert_int_equal(session.seen_s, NOW_S + 60);
    come(s, secret, NOW_S + 61, &session, &user);
    assert_int_equal(session.seen_s, NOW_S + 60);
}

/* SQL from outside, on a connection of its own. */
static void by_hand(struct site *s, const char *sql)
{
    sqlite3 *db = NULL;
    char path[64];
    snprintf(path, sizeof path, "%s/%s", s->scratch.dir, DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A full disk, say: pages are shown all the same. */
static void test_being_seen_may_fail(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    by_hand(s, "CREATE TRIGGER full BEFORE UPDATE ON browser_session BEGIN SELECT raise(ABORT, 'full'); END");
    assert_err(find(s, secret, NOW_S + 61), ERR_OK);
    COMMITTED(s, ERR_OK); /* no transaction is left behind */
}

static void test_a_remembered_session_has_no_idle_end(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    s->app.cfg.portal.session_idle_s = 300;
    s->app.cfg.portal.remember_ttl_s = 30 * DAY_S;
    assert_err(sign_in_with(s, "li", good, NULL, true, NOW_S, secret), ERR_OK);
    assert_err(find(s, secret, NOW_S + 29 * DAY_S), ERR_OK);
    assert_err(find(s, secret, NOW_S + 30 * DAY_S), ERR_TOKEN_INVALID);
    s->app.cfg.portal.remember_ttl_s = 0; /* it is not offered: whoever sends it all the same gets none */
    assert_err(sign_in_with(s, "li", good, NULL, true, NOW_S, secret), ERR_OK);
    assert_err(find(s, secret, NOW_S + 300), ERR_TOKEN_INVALID);
}

/* By a clock that was ahead: it would last too long. It is among what doctor names and purge deletes. */
static void test_a_session_from_the_future_is_none(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    int64_t counts[DB_AHEAD_TABLES];
    assert_err(sign_in(s, "li", good, NOW_S + 10 * DAY_S, secret), ERR_OK);
    assert_err(find(s, secret, NOW_S), ERR_TOKEN_INVALID);
    assert_err(db_ahead_count(s->app.db, NOW_S, counts), ERR_OK);
    assert_string_equal(db_ahead_tables[9], "browser_session");
    assert_int_equal(counts[9], 1);
    COMMITTED(s, db_purge_ahead(s->app.db, NOW_S));
    assert_err(find(s, secret, NOW_S + 10 * DAY_S), ERR_TOKEN_INVALID);
}

static void test_what_has_ended_is_purged(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP], link[LINK_SECRET_CAP];
    int64_t expired = 0, late_s = NOW_S + 40 * DAY_S;
    for (int i = 0; i < 6; i++)
        assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    COMMITTED(s, link_make(&s->app, LINK_RESET, 2, "", 60, NOW_S, link));
    assert_err(db_expired_count(s->app.db, late_s, &expired), ERR_OK);
    assert_int_equal(expired, 7);
    assert_err(sign_in(s, "wang", good, late_s, secret),
               ERR_OK); /* nothing else may ever happen in a portal */
    assert_err(db_expired_count(s->app.db, late_s, &expired), ERR_OK);
    assert_int_equal(expired, 2);
    COMMITTED(s, db_purge_step(s->app.db, late_s, 4));
    assert_err(db_expired_count(s->app.db, late_s, &expired), ERR_OK);
    assert_int_equal(expired, 0);
}

/* ---- What ends sessions ---- */

static void test_locks_removals_and_new_passwords_end_everything(void **state)
{
    struct site *s = *state;
    char one[BROWSER_SECRET_CAP], two[BROWSER_SECRET_CAP], link[LINK_SECRET_CAP];
    char hash[PASSWORD_HASH_CAP];
    struct link found;
    struct user u = user_of(s, 1);
    assert_err(sign_in(s, "li", good, NOW_S, one), ERR_OK);
    assert_err(sign_in(s, "wang", good, NOW_S, two), ERR_OK);
    COMMITTED(s, link_make(&s->app, LINK_RESET, 1, "", 60, NOW_S, link));
    COMMITTED(s, users_set_locked(&s->app, &u, true, NOW_S));
    COMMITTED(s, users_set_locked(&s->app, &u, false, NOW_S));
    assert_err(find(s, one, NOW_S), ERR_TOKEN_INVALID);
    assert_err(link_find(&s->app, link, NOW_S, &s->arena, &found, &u), ERR_NOT_FOUND);
    assert_err(find(s, two, NOW_S), ERR_OK);
    assert_int_equal(user_of(s, 1).unlocked_s, NOW_S);

    u = user_of(s, 1);
    assert_err(sign_in(s, "li", good, NOW_S, one), ERR_OK);
    assert_err(users_hash_password(&s->app, other_good, sizeof other_good - 1, hash), ERR_OK);
    COMMITTED(s, users_set_password(&s->app, &u, hash, NOW_S));
    assert_err(find(s, one, NOW_S), ERR_TOKEN_INVALID);

    assert_err(sign_in(s, "li", other_good, NOW_S, one), ERR_OK);
    COMMITTED(s, tenants_set_locked(s->app.db, "t1", true, NOW_S, &s->arena));
    COMMITTED(s, tenants_set_locked(s->app.db, "t1", false, NOW_S, &s->arena));
    assert_err(find(s, one, NOW_S), ERR_TOKEN_INVALID);
    assert_err(find(s, two, NOW_S), ERR_TOKEN_INVALID);

    assert_err(sign_in(s, "li", other_good, NOW_S, one), ERR_OK);
    COMMITTED(s, users_remove(s->app.db, 1));
    assert_err(find(s, one, NOW_S), ERR_TOKEN_INVALID);
    assert_int_equal(live(s, NOW_S), 0);
}

/* The page that locks was shown before the person changed his name and password. */
static void test_locking_writes_the_lock_only(void **state)
{
    struct site *s = *state;
    char hash[PASSWORD_HASH_CAP];
    struct user stale = user_of(s, 1), now = stale;
    now.nick_name = "new";
    COMMITTED(s, user_store_set(s->app.db, &now));
    assert_err(users_hash_password(&s->app, other_good, sizeof other_good - 1, hash), ERR_OK);
    COMMITTED(s, user_store_set_password(s->app.db, 1, hash, NOW_S));
    COMMITTED(s, users_set_locked(&s->app, &stale, true, NOW_S));
    now = user_of(s, 1);
    assert_string_equal(now.nick_name, "new");
    assert_int_equal(now.password_changed_s, NOW_S);
    assert_true(now.locked && now.unlocked_s == 0);
    COMMITTED(s, users_set_locked(&s->app, &stale, false, NOW_S + 5));
    COMMITTED(s, users_set_locked(&s->app, &stale, true, NOW_S + 9));
    assert_int_equal(user_of(s, 1).unlocked_s, NOW_S + 5);
}

/* Nor does a one-time password that is handed over unlock who was locked meanwhile. */
static void test_a_password_handed_over_unlocks_nobody(void **state)
{
    struct site *s = *state;
    char plain[HANDOVER_PASSWORD_CAP], hash[PASSWORD_HASH_CAP], secret[BROWSER_SECRET_CAP];
    struct user stale = user_of(s, 1);
    assert_err(handover_draw(&s->app, plain, hash), ERR_OK);
    COMMITTED(s, users_set_locked(&s->app, &stale, true, NOW_S));
    COMMITTED(s, handover_give(&s->app, stale.id, hash, NOW_S, &s->arena));
    assert_true(user_of(s, 1).locked && user_of(s, 1).password_expired);
    assert_int_equal(user_of(s, 1).password_changed_s, NOW_S);
    assert_err(sign_in(s, "li", plain, NOW_S, secret), ERR_USER_LOCKED);
}

/* Whoever removes the person between two clicks: the id of the session is never another's. */
static void test_ids_of_sessions_are_not_given_again(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    struct browser_session first, second;
    struct user user;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &first, &user);
    COMMITTED(s, browser_store_end(s->app.db, first.id, 0));
    assert_err(sign_in(s, "wang", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &second, &user);
    assert_int_not_equal(first.id, second.id);
    REFUSED(s, browser_store_end(s->app.db, second.id, 1), ERR_NOT_FOUND); /* it is not his */
    COMMITTED(s, browser_store_end(s->app.db, second.id, 2));
}

static void test_the_oldest_sessions_end_past_a_number(void **state)
{
    struct site *s = *state;
    char secret[4][BROWSER_SECRET_CAP];
    s->app.cfg.policy.max_sessions = 2;
    for (int i = 0; i < 4; i++)
        assert_err(sign_in(s, i == 3 ? "wang" : "li", good, NOW_S + i, secret[i]), ERR_OK);
    assert_err(find(s, secret[0], NOW_S + 9), ERR_TOKEN_INVALID);
    assert_err(find(s, secret[1], NOW_S + 9), ERR_OK);
    assert_err(find(s, secret[2], NOW_S + 9), ERR_OK);
    assert_err(find(s, secret[3], NOW_S + 9), ERR_OK);
}

/* ---- The password again, and another one ---- */

static enum err prove(struct site *s, const char *secret, const char *password, int64_t now_s)
{
    struct browser_session session;
    struct user user;
    int64_t retry_s = 0;
    come(s, secret, now_s, &session, &user);
    return login_browser_prove(&s->app, &session, &user, password, s->address, now_s, &s->arena, &retry_s);
}

static void test_proving_again_is_a_try_of_the_password(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    struct browser_session session;
    struct user user;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    assert_err(prove(s, secret, "wrong", NOW_S + 900), ERR_PASSWORD);
    come(s, secret, NOW_S + 900, &session, &user);
    assert_int_equal(session.proved_s, NOW_S);
    assert_err(prove(s, secret, good, NOW_S + 900), ERR_OK);
    come(s, secret, NOW_S + 900, &session, &user);
    assert_int_equal(session.proved_s, NOW_S + 900);
    for (int i = 0; i < 4; i++) /* the address' fifth, with the one before */
        assert_err(prove(s, secret, "wrong", NOW_S + 900), ERR_PASSWORD);
    assert_err(prove(s, secret, good, NOW_S + 900), ERR_LOGIN_LOCKED);
}

static enum err change(struct site *s, const struct browser_session *session, const struct user *user,
                       const char *old, const char *fresh, char secret[BROWSER_SECRET_CAP])
{
    int64_t retry_s = 0;
    enum err e = login_browser_change_password(&s->app, session, user, old, fresh, s->address, NOW_S,
                                               &s->arena, secret, &retry_s);
    assert_true(e == ERR_OK || secret[0] == '\0');
    return e;
}

static void test_a_change_of_password_leaves_this_session_only(void **state)
{
    struct site *s = *state;
    char mine[BROWSER_SECRET_CAP], other[BROWSER_SECRET_CAP], renewed[BROWSER_SECRET_CAP];
    char link[LINK_SECRET_CAP];
    struct browser_session session;
    struct user user, u;
    struct link found;
    assert_err(sign_in(s, "li", good, NOW_S, mine), ERR_OK);
    assert_err(sign_in(s, "li", good, NOW_S, other), ERR_OK);
    COMMITTED(s, link_make(&s->app, LINK_RESET, 1, "", 60, NOW_S, link));
    come(s, mine, NOW_S, &session, &user);
    assert_err(change(s, &session, &user, "wrong", other_good, renewed), ERR_PASSWORD);
    assert_err(change(s, &session, &user, good, "short", renewed), ERR_PASSWORD_SHORT);
    assert_err(change(s, &session, &user, good, "12345678", renewed), ERR_PASSWORD_COMMON);
    assert_err(find(s, other, NOW_S), ERR_OK);
    assert_err(change(s, &session, &user, good, other_good, renewed), ERR_OK);
    assert_err(find(s, renewed, NOW_S), ERR_OK);
    assert_err(find(s, mine, NOW_S), ERR_TOKEN_INVALID); /* the old secret */
    assert_err(find(s, other, NOW_S), ERR_TOKEN_INVALID);
    assert_err(link_find(&s->app, link, NOW_S, &s->arena, &found, &u), ERR_NOT_FOUND);
    assert_err(sign_in(s, "li", good, NOW_S, mine), ERR_PASSWORD);
    assert_err(sign_in(s, "li", other_good, NOW_S, mine), ERR_OK);
}

/* Two tabs: what the second one sends was read before the first one changed the password. */
static void test_two_tabs_change_the_password_once(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP], first[BROWSER_SECRET_CAP], second[BROWSER_SECRET_CAP];
    struct browser_session session;
    struct user user;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &session, &user);
    assert_err(change(s, &session, &user, good, other_good, first), ERR_OK);
    assert_err(change(s, &session, &user, good, "yet another one", second), ERR_PASSWORD);
    assert_err(find(s, first, NOW_S), ERR_OK);
}

/* The page was shown, then the session ended, then the form came to its transaction. */
static void test_a_session_that_ended_meanwhile_proves_nothing(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP], renewed[BROWSER_SECRET_CAP];
    struct browser_session session;
    struct user user;
    int64_t retry_s = 0;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &session, &user);
    COMMITTED(s, browser_store_end(s->app.db, session.id, 1));
    assert_err(login_browser_prove(&s->app, &session, &user, good, s->address, NOW_S, &s->arena, &retry_s),
               ERR_TOKEN_INVALID);
    assert_err(change(s, &session, &user, good, other_good, renewed), ERR_TOKEN_INVALID);
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK); /* the password is what it was */
}

static void test_somebody_who_was_removed_meanwhile_changes_nothing(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP], renewed[BROWSER_SECRET_CAP];
    struct browser_session session;
    struct user user;
    assert_err(sign_in(s, "li", good, NOW_S, secret), ERR_OK);
    come(s, secret, NOW_S, &session, &user);
    COMMITTED(s, users_remove(s->app.db, 1));
    assert_err(change(s, &session, &user, good, other_good, renewed), ERR_USER_UNKNOWN);
}

/* ---- Links ---- */

static void make_link(struct site *s, const char *purpose, int64_t user_id, char secret[LINK_SECRET_CAP])
{
    COMMITTED(s, link_make(&s->app, purpose, user_id, "", LINK_RESET_TTL_S, NOW_S, secret));
}

static enum err by_link(struct site *s, const char *link, const char *fresh, int64_t now_s,
                        char secret[BROWSER_SECRET_CAP])
{
    struct user user;
    return login_by_link(&s->app, link, fresh, s->address, "Mozilla/5.0", now_s, &s->arena, secret, &user);
}

static void test_a_link_is_good_once(void **state)
{
    struct site *s = *state;
    char link[LINK_SECRET_CAP], secret[BROWSER_SECRET_CAP], old[BROWSER_SECRET_CAP];
    struct link found;
    struct user user;
    assert_err(sign_in(s, "li", good, NOW_S, old), ERR_OK);
    make_link(s, LINK_RESET, 1, link);
    assert_err(link_find(&s->app, link, NOW_S, &s->arena, &found, &user), ERR_OK);
    assert_string_equal(found.purpose, LINK_RESET);
    assert_string_equal(user.account, "li");
    assert_err(by_link(s, link, "short", NOW_S, secret), ERR_PASSWORD_SHORT); /* it stays good */
    assert_err(by_link(s, link, "li", NOW_S, secret), ERR_PASSWORD_SHORT);
    assert_err(by_link(s, link, other_good, NOW_S, secret), ERR_OK);
    assert_err(by_link(s, link, "yet another one", NOW_S, secret), ERR_NOT_FOUND);
    assert_err(link_find(&s->app, link, NOW_S, &s->arena, &found, &user), ERR_NOT_FOUND);
    assert_err(find(s, old, NOW_S), ERR_TOKEN_INVALID);
    assert_err(sign_in(s, "li", other_good, NOW_S, secret), ERR_OK);
    assert_events(s, "login user:t1/li ok portal;password.reset user:t1/li ok portal;"
                     "login user:t1/li ok portal;");
}

static void test_when_a_link_is_not_good(void **state)
{
    struct site *s = *state;
    char link[LINK_SECRET_CAP], second[LINK_SECRET_CAP], secret[BROWSER_SECRET_CAP];
    struct link found;
    struct user user = user_of(s, 1);
    make_link(s, LINK_INVITATION, 1, link);
    assert_err(link_find(&s->app, link, NOW_S + LINK_RESET_TTL_S - 1, &s->arena, &found, &user), ERR_OK);
    assert_err(link_find(&s->app, link, NOW_S + LINK_RESET_TTL_S, &s->arena, &found, &user), ERR_NOT_FOUND);
    assert_err(link_find(&s->app, link, NOW_S - 100, &s->arena, &found, &user), ERR_NOT_FOUND);
    assert_err(link_find(&s->app, "", NOW_S, &s->arena, &found, &user), ERR_NOT_FOUND);
    make_link(s, LINK_INVITATION, 1, second); /* the one before ends */
    assert_err(by_link(s, link, other_good, NOW_S, secret), ERR_NOT_FOUND);
    user = user_of(s, 1);
    user.locked = true;
    COMMITTED(s, user_store_set(s->app.db, &user)); /* by the row alone, so that the link stays */
    assert_err(by_link(s, second, other_good, NOW_S, secret), ERR_NOT_FOUND);
    user.locked = false;
    COMMITTED(s, user_store_set(s->app.db, &user));
    assert_err(by_link(s, second, other_good, NOW_S, secret), ERR_OK);
    assert_events(s, "invitation.accept user:t1/li ok portal;");
}

/* A link that proves an e-mail address sets no password; with another address the proof is gone. */
static void test_an_email_address_is_proved_by_its_link(void **state)
{
    struct site *s = *state;
    char link[LINK_SECRET_CAP], secret[BROWSER_SECRET_CAP];
    struct link taken;
    struct user user, twin;
    COMMITTED(s, link_make(&s->app, LINK_EMAIL, 1, "li@example.com", 60, NOW_S, link));
    assert_err(by_link(s, link, other_good, NOW_S, secret), ERR_NOT_FOUND);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(link_take(&s->app, link, NOW_S, &s->arena, &taken, &user), ERR_OK);
    assert_err(user_store_verify_email(s->app.db, taken.user_id, taken.detail), ERR_OK);
    assert_err(db_commit(s->app.db), ERR_OK);
    user = user_of(s, 1);
    assert_true(user.email_verified);
    assert_err(user_store_find_email(s->app.db, "t1", "LI@Example.com", &s->arena, &user), ERR_OK);
    assert_int_equal(user.id, 1);
    user.nick_name = "x";
    COMMITTED(s, user_store_set(s->app.db, &user));
    assert_true(user_of(s, 1).email_verified);
    user.email = "other@example.com";
    COMMITTED(s, user_store_set(s->app.db, &user));
    assert_false(user_of(s, 1).email_verified);
    assert_err(user_store_find_email(s->app.db, NULL, "other@example.com", &s->arena, &user), ERR_NOT_FOUND);
    COMMITTED(s, user_store_verify_email(s->app.db, 1, "other@example.com"));
    twin = user_of(s, 2);
    twin.email = "other@example.com"; /* which anybody can say of himself */
    COMMITTED(s, user_store_set(s->app.db, &twin));
    assert_err(user_store_find_email(s->app.db, NULL, "other@example.com", &s->arena, &user), ERR_OK);
    assert_int_equal(user.id, 1);
    COMMITTED(s,
              user_store_verify_email(s->app.db, 2, "other@example.com")); /* now nobody knows who is meant */
    assert_err(user_store_find_email(s->app.db, NULL, "other@example.com", &s->arena, &user), ERR_NOT_FOUND);
    assert_err(user_store_find_email(s->app.db, "t1", "", &s->arena, &user), ERR_NOT_FOUND);
}

/* ---- Groups ---- */

static void add_group(struct site *s, const char *name, const char *networks)
{
    struct user_group g = {.name = name, .title = "组", .networks = networks, .created_s = NOW_S};
    COMMITTED(s, groups_add(s->app.db, &g));
}

static void assert_groups(struct site *s, int64_t user_id, const char *expected)
{
    const char *groups;
    assert_err(group_store_of_user(s->app.db, user_id, &s->arena, &groups), ERR_OK);
    assert_string_equal(groups, expected);
}

static void test_groups_of_people(void **state)
{
    struct site *s = *state;
    struct user_group g;
    const char *networks;
    bool has = false;
    add_group(s, "staff", "10.0.0.0/8");
    add_group(s, "guests", "");
    REFUSED(s, groups_add(s->app.db, &(struct user_group){.name = "staff", .created_s = NOW_S}), ERR_EXISTS);
    COMMITTED(s, groups_put_member(s->app.db, "staff", 1));
    COMMITTED(s, groups_put_member(s->app.db, "staff", 1)); /* nothing changes */
    REFUSED(s, groups_put_member(s->app.db, "nowhere", 1), ERR_NOT_FOUND);
    assert_groups(s, 1, "staff");
    COMMITTED(s, groups_set_of_user(s->app.db, 1, "guests, staff", &s->arena));
    assert_groups(s, 1, "guests,staff");
    assert_err(group_store_networks(s->app.db, 1, &s->arena, &networks), ERR_OK);
    assert_string_equal(networks, "10.0.0.0/8");
    REFUSED(s, groups_set_of_user(s->app.db, 1, "guests,nowhere", &s->arena), ERR_NOT_FOUND);
    COMMITTED(s, groups_set_of_user(s->app.db, 1, "guests", &s->arena));
    assert_groups(s, 1, "guests");
    assert_err(group_store_get(s->app.db, "guests", &s->arena, &g), ERR_OK);
    assert_int_equal(g.members, 1);
    COMMITTED(s, groups_remove(s->app.db, "guests"));
    assert_groups(s, 1, "");
    COMMITTED(s, groups_put_member(s->app.db, "staff", 1));
    COMMITTED(s, users_remove(s->app.db, 1));
    assert_err(group_store_has(s->app.db, "staff", 1, &has), ERR_OK);
    assert_false(has);
}

/* While there is one who can administer the site, there stays one. */
static void test_the_last_administrator_stays(void **state)
{
    struct site *s = *state;
    struct user one = user_of(s, 1), two = user_of(s, 2);
    COMMITTED(s, users_set_locked(&s->app, &one, true, NOW_S)); /* as long as there is none, nobody is kept */
    COMMITTED(s, users_set_locked(&s->app, &one, false, NOW_S));
    REFUSED(s, groups_remove(s->app.db, GROUPS_ADMINS), ERR_EXISTS);
    COMMITTED(s, groups_put_member(s->app.db, GROUPS_ADMINS, 1));
    REFUSED(s, groups_remove_member(s->app.db, GROUPS_ADMINS, 1), ERR_EXISTS);
    REFUSED(s, groups_set_of_user(s->app.db, 1, "", &s->arena), ERR_EXISTS);
    REFUSED(s, users_remove(s->app.db, 1), ERR_EXISTS);
    REFUSED(s, users_set_locked(&s->app, &one, true, NOW_S), ERR_EXISTS);
    one = user_of(s, 1);
    COMMITTED(s, groups_put_member(s->app.db, GROUPS_ADMINS, 2));
    COMMITTED(s, users_set_locked(&s->app, &two, true, NOW_S));
    REFUSED(s, users_remove(s->app.db, 1), ERR_EXISTS); /* the other one cannot sign in */
    COMMITTED(s, users_remove(s->app.db, 2));           /* who was none that could */
    add_user(s, 3, "t1", "zhao");
    COMMITTED(s, groups_put_member(s->app.db, GROUPS_ADMINS, 3));
    COMMITTED(s, users_set_locked(&s->app, &one, true, NOW_S));
    REFUSED(s, groups_remove_member(s->app.db, GROUPS_ADMINS, 3), ERR_EXISTS);
}

/* ---- Races ---- */

struct worker {
    struct site *site;
    struct app app;
    struct arena arena;
    const char *link;
    char secret[BROWSER_SECRET_CAP];
    enum err err;
};

static void *take_link(void *ctx)
{
    struct worker *w = ctx;
    struct user user;
    w->err = login_by_link(&w->app, w->link, other_good, "10.0.0.9", "", NOW_S, &w->arena, w->secret, &user);
    return NULL;
}

static void *sign_in_once(void *ctx)
{
    struct worker *w = ctx;
    struct user user;
    int64_t retry_s = 0;
    struct login_browser r = {
        .tenant_id = "t1", .account = "li", .password = good, .address = "10.0.0.9", .user_agent = ""};
    w->err = login_browser(&w->app, &r, NOW_S, &w->arena, w->secret, &user, &retry_s);
    return NULL;
}

/* Two administrators take each other out. */
static void *demote(void *ctx, int64_t user_id)
{
    struct worker *w = ctx;
    w->err = db_begin(w->app.db, DB_DURABLE);
    if (w->err == ERR_OK)
        w->err = db_end(w->app.db, groups_remove_member(w->app.db, GROUPS_ADMINS, user_id));
    return NULL;
}

static void *demote_li(void *ctx)
{
    return demote(ctx, 1);
}

static void *demote_wang(void *ctx)
{
    return demote(ctx, 2);
}

static void *remove_user(void *ctx)
{
    struct worker *w = ctx;
    w->err = db_begin(w->app.db, DB_DURABLE);
    if (w->err == ERR_OK)
        w->err = db_end(w->app.db, users_remove(w->app.db, 1));
    return NULL;
}

enum { WORKERS = 8 };

static void run_together(struct site *s, struct worker workers[WORKERS], void *(*const what[WORKERS])(void *),
                         const char *link)
{
    pthread_t threads[WORKERS];
    s->scratch.sink.sink = NULL; /* the buffer behind it is one thread's */
    for (size_t i = 0; i < WORKERS; i++) {
        struct worker *w = &workers[i];
        *w = (struct worker){.site = s, .link = link};
        make_app(s, scratch_connect(&s->scratch), &w->app);
        arena_init(&w->arena, 1 << 16);
    }
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, what[i], &workers[i]), 0);
    for (size_t i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < WORKERS; i++) {
        db_close(workers[i].app.db);
        arena_fini(&workers[i].arena);
    }
}

static void test_many_who_have_the_link_use_it_once(void **state)
{
    struct site *s = *state;
    static struct worker workers[WORKERS];
    static void *(*const what[WORKERS])(void *) = {take_link, take_link, take_link, take_link,
                                                   take_link, take_link, take_link, take_link};
    char link[LINK_SECRET_CAP];
    int won = 0;
    make_link(s, LINK_RESET, 1, link);
    run_together(s, workers, what, link);
    for (size_t i = 0; i < WORKERS; i++) {
        won += workers[i].err == ERR_OK;
        assert_true(workers[i].err == ERR_OK || workers[i].err == ERR_NOT_FOUND);
        assert_err(find(s, workers[i].secret, NOW_S), workers[i].err == ERR_OK ? ERR_OK : ERR_TOKEN_INVALID);
    }
    assert_int_equal(won, 1);
    assert_int_equal(live(s, NOW_S), 1);
}

/* Whichever comes first: nobody who was removed has a session afterwards. */
static void test_removal_during_a_sign_in_leaves_no_session(void **state)
{
    struct site *s = *state;
    static struct worker workers[WORKERS];
    static void *(*const what[WORKERS])(void *) = {sign_in_once, sign_in_once, sign_in_once, sign_in_once,
                                                   remove_user,  sign_in_once, sign_in_once, sign_in_once};
    run_together(s, workers, what, NULL);
    for (size_t i = 0; i < WORKERS; i++) {
        assert_true(workers[i].err == ERR_OK || workers[i].err == ERR_USER_UNKNOWN ||
                    workers[i].err == ERR_LOGIN_LOCKED);
        assert_err(find(s, workers[i].secret, NOW_S), ERR_TOKEN_INVALID);
    }
    assert_err(workers[4].err, ERR_OK);
    assert_int_equal(live(s, NOW_S), 0);
}

static void test_of_two_administrators_one_stays(void **state)
{
    struct site *s = *state;
    static struct worker workers[WORKERS];
    static void *(*const what[WORKERS])(void *) = {demote_li, demote_wang, demote_li, demote_wang,
                                                   demote_li, demote_wang, demote_li, demote_wang};
    int64_t left = 0;
    COMMITTED(s, groups_put_member(s->app.db, GROUPS_ADMINS, 1));
    COMMITTED(s, groups_put_member(s->app.db, GROUPS_ADMINS, 2));
    run_together(s, workers, what, NULL);
    for (size_t i = 0; i < WORKERS; i++)
        assert_true(workers[i].err == ERR_OK || workers[i].err == ERR_EXISTS);
    assert_err(group_store_able(s->app.db, GROUPS_ADMINS, 0, &left), ERR_OK);
    assert_int_equal(left, 1);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_is_let_in),
        TEST(test_what_is_stored_of_a_secret),
        TEST(test_the_captcha_of_the_portal),
        TEST(test_failures_in_the_portal_lock),
        TEST(test_a_session_ends_by_idleness_and_in_the_end),
        TEST(test_being_seen_costs_a_write_a_minute),
        TEST(test_being_seen_may_fail),
        TEST(test_a_remembered_session_has_no_idle_end),
        TEST(test_a_session_from_the_future_is_none),
        TEST(test_what_has_ended_is_purged),
        TEST(test_locks_removals_and_new_passwords_end_everything),
        TEST(test_locking_writes_the_lock_only),
        TEST(test_a_password_handed_over_unlocks_nobody),
        TEST(test_ids_of_sessions_are_not_given_again),
        TEST(test_the_oldest_sessions_end_past_a_number),
        TEST(test_proving_again_is_a_try_of_the_password),
        TEST(test_a_change_of_password_leaves_this_session_only),
        TEST(test_two_tabs_change_the_password_once),
        TEST(test_a_session_that_ended_meanwhile_proves_nothing),
        TEST(test_somebody_who_was_removed_meanwhile_changes_nothing),
        TEST(test_a_link_is_good_once),
        TEST(test_when_a_link_is_not_good),
        TEST(test_an_email_address_is_proved_by_its_link),
        TEST(test_groups_of_people),
        TEST(test_the_last_administrator_stays),
        TEST(test_many_who_have_the_link_use_it_once),
        TEST(test_of_two_administrators_one_stays),
        TEST(test_removal_during_a_sign_in_leaves_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
