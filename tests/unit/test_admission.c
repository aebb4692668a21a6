/*
 * auth/admission, auth/history and what [policy] makes of tokens: who is let in, from where, for how long, how many at a
 * time, and which old passwords do not come again. Source: docs/djcp.md; schema.sql, table password_history.
 */
#include "scratch.h"

#include "admin/users.h"
#include "auth/admission.h"
#include "auth/browser.h"
#include "auth/history.h"
#include "auth/keyring.h"
#include "auth/policy.h"
#include "auth/refresh.h"
#include "store/browser_store.h"
#include "store/group_store.h"
#include "store/history_store.h"
#include "store/tenant_store.h"

enum { NOW_S = 1700000000, DAY_S = 86400 };

/* ---- A site: tenant t1, client app, user 1; one HS256 key ---- */

struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
    struct client client;
    struct user user;
};

#define COMMITTED(S, EXPRESSION)                                                                             \
    do {                                                                                                     \
        assert_err(db_begin((S)->app.db, DB_RELAXED), ERR_OK);                                               \
        assert_err(EXPRESSION, ERR_OK);                                                                      \
        assert_err(db_commit((S)->app.db), ERR_OK);                                                          \
    } while (0)

static void read_user(struct site *s)
{
    assert_err(user_store_get(s->app.db, 1, &s->arena, &s->user), ERR_OK);
}

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    struct tenant tenant = {.id = "t1", .name = "租户", .created_s = NOW_S};
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    s->app = (struct app){.log = s->scratch.sink, .db = s->scratch.db};
    config_defaults(&s->app.cfg);
    s->app.cfg.login.argon2_memory_kib = 8;
    s->app.cfg.login.argon2_passes = 1;
    arena_init(&s->arena, 1 << 20);
    s->client = (struct client){.id = "app",
                                .grants = "captcha,refresh_token",
                                .scope = "all",
                                .password_wire = "plain",
                                .created_s = NOW_S};
    const struct user user = {.id = 1,
                              .tenant_id = "t1",
                              .account = "admin",
                              .password_hash = "!",
                              .password_changed_s = NOW_S,
                              .created_s = NOW_S,
                              .real_name = "",
                              .nick_name = "",
                              .role_id = "",
                              .role_name = "",
                              .dept_id = "",
                              .post_id = "",
                              .oauth_id = "",
                              .id_number = "",
                              .email = "",
                              .phone = "",
                              .locale = "",
                              .external_id = ""};
    COMMITTED(s, keyring_generate(s->app.db, JWS_HS256, NOW_S));
    COMMITTED(s, tenant_store_put(s->app.db, &tenant));
    COMMITTED(s, client_store_put(s->app.db, &s->client));
    COMMITTED(s, user_store_put(s->app.db, &user));
    read_user(s);
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

/* ---- Accounts that nobody uses ---- */

static void test_an_account_goes_out_of_use(void **state)
{
    struct site *s = *state;
    char secret[LINK_SECRET_CAP];
    int64_t expires_s = 0;
    s->app.cfg.policy.unused_lock_s = 90 * DAY_S;
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 90 * DAY_S - 1, &s->arena), ERR_OK);
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 90 * DAY_S, &s->arena),
               ERR_USER_UNUSED);
    COMMITTED(s, user_store_note_login(s->app.db, 1, NOW_S + 5));
    read_user(s);
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 90 * DAY_S + 4, &s->arena), ERR_OK);
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 90 * DAY_S + 5, &s->arena),
               ERR_USER_UNUSED);
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
    assert_err(users_make_link(&s->app, &s->user, LINK_RESET, NOW_S + 90 * DAY_S + 5, secret, &expires_s),
               ERR_USER_LOCKED); /* it would be good for nothing */
    db_rollback(s->app.db);
    s->user.unlocked_s = NOW_S + 90 * DAY_S + 5;
    COMMITTED(s, users_make_link(&s->app, &s->user, LINK_RESET, NOW_S + 90 * DAY_S + 5, secret, &expires_s));
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 180 * DAY_S, &s->arena), ERR_OK);
    s->app.cfg.policy.unused_lock_s = 0;
    assert_err(admission_check(&s->app, &s->user, "10.0.0.1", NOW_S + 9000LL * DAY_S, &s->arena), ERR_OK);
}

/* ---- Networks of groups ---- */

static void put_group(struct site *s, const char *name, const char *networks)
{
    struct user_group g = {.name = name, .title = "", .networks = networks, .created_s = NOW_S};
    COMMITTED(s, group_store_put(s->app.db, &g));
    COMMITTED(s, group_store_add_member(s->app.db, name, 1));
}

static enum err from(struct site *s, const char *address)
{
    return admission_check(&s->app, &s->user, address, NOW_S, &s->arena);
}

static void test_a_group_says_where_its_members_are(void **state)
{
    struct site *s = *state;
    put_group(s, "all", "");
    assert_err(from(s, "203.0.113.7"), ERR_OK);
    put_group(s, "staff", "10.0.0.0/8,2001:db8::/32");
    assert_err(from(s, "10.9.9.9"), ERR_OK);
    assert_err(from(s, "2001:db8::7"), ERR_OK);
    assert_err(from(s, "11.0.0.0"), ERR_USER_NETWORK);
    assert_err(from(s, "203.0.113.7"), ERR_USER_NETWORK);
    assert_err(from(s, "unknown"), ERR_USER_NETWORK);
    assert_err(from(s, "unix"), ERR_USER_NETWORK);
    /* One more group takes nothing away from what the first asks for. */
    put_group(s, "desk", "10.1.0.0/16,203.0.113.0/24");
    assert_err(from(s, "203.0.113.7"), ERR_USER_NETWORK);
    assert_err(from(s, "10.9.9.9"), ERR_USER_NETWORK);
    assert_err(from(s, "10.1.0.1"), ERR_OK);
    COMMITTED(s, group_store_remove_member(s->app.db, "desk", 1));
    COMMITTED(s, group_store_remove_member(s->app.db, "staff", 1));
    assert_err(from(s, "203.0.113.7"), ERR_OK);
}

static void test_networks_are_looked_at_again_where_it_is_asked_for(void **state)
{
    struct site *s = *state;
    put_group(s, "staff", "10.0.0.0/8");
    assert_err(admission_recheck(&s->app, &s->user, "203.0.113.7", &s->arena), ERR_OK);
    s->app.cfg.policy.recheck_networks = true;
    assert_err(admission_recheck(&s->app, &s->user, "203.0.113.7", &s->arena), ERR_USER_NETWORK);
    assert_err(admission_recheck(&s->app, &s->user, "10.0.0.1", &s->arena), ERR_OK);
}

/* ---- Tokens ---- */

static struct token_pair issue(struct site *s, int64_t now_s, bool with_refresh)
{
    struct token_pair pair;
    const struct token_grant grant = {.dialect = DIALECT_OAUTH,
                                      .client = &s->client,
                                      .user = &s->user,
                                      .tenant_id = "t1",
                                      .scope = "all",
                                      .fingerprint = "",
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

static enum err refresh(struct site *s, const char *jwt, const char *address, int64_t now_s,
                        struct token_pair *out)
{
    return refresh_use(&s->app, &s->client, jwt, NULL, address, now_s, &s->arena, out);
}

static void test_tokens_end_with_idleness(void **state)
{
    struct site *s = *state;
    struct token_pair t = issue(s, NOW_S, true);
    assert_int_equal(t.expires_in_s, 43200);
    s->app.cfg.policy.idle_timeout_s = 1800;
    t = issue(s, NOW_S, true);
    assert_int_equal(t.expires_in_s, 600);
    assert_int_equal(t.row.refresh_expires_s, NOW_S + 1800);
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 1799, &t), ERR_OK);
    assert_int_equal(t.row.refresh_expires_s, NOW_S + 1799 + 1800); /* who is there goes on */
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 1799 + 1800, &t), ERR_REFRESH_INVALID);
    assert_int_equal(issue(s, NOW_S, false).expires_in_s, 1800);
    s->client.access_ttl_s = 60; /* what is shorter stays */
    assert_int_equal(issue(s, NOW_S, true).expires_in_s, 60);
    s->client.access_ttl_s = 0;
    s->app.cfg.policy.idle_timeout_s = 2;
    assert_int_equal(issue(s, NOW_S, true).expires_in_s, 1);
}

/* What began before there was a limit is bound by it too. */
static void test_a_new_limit_binds_old_logins(void **state)
{
    struct site *s = *state;
    char secret[BROWSER_SECRET_CAP];
    struct browser_session b;
    struct user u;
    const struct browser_start start = {
        .user_id = 1, .proof = BROWSER_BY_PASSWORD, .address = "10.0.0.1", .remember = true};
    struct token_pair t = issue(s, NOW_S, true), next;
    COMMITTED(s, browser_start(&s->app, &start, NOW_S, secret));
    s->app.cfg.policy.idle_timeout_s = 1800;
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 1800, &next), ERR_REFRESH_INVALID);
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 1799, &next), ERR_OK);
    assert_err(browser_find(&s->app, secret, NOW_S + 1800, &s->arena, &b, &u), ERR_TOKEN_INVALID);
    assert_err(browser_find(&s->app, secret, NOW_S + 1799, &s->arena, &b, &u), ERR_OK);
    assert_int_equal(b.idle_end_s, NOW_S + 1799 + 1800);
    assert_err(browser_find(&s->app, secret, NOW_S + 1799 + 1800, &s->arena, &b, &u), ERR_TOKEN_INVALID);
}

static void test_an_expired_password_refreshes_nothing(void **state)
{
    struct site *s = *state;
    s->app.cfg.login.password_max_age_s = 100;
    struct token_pair t = issue(s, NOW_S + 50, true), next;
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 99, &next), ERR_OK);
    t = next;
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 100, &next), ERR_OK); /* it is told, and goes on */
    t = next;
    s->app.cfg.policy.expired_password = POLICY_EXPIRED_REFUSE;
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 101, &next), ERR_REFRESH_INVALID);
    s->app.cfg.login.password_max_age_s = 0;
    assert_err(refresh(s, t.refresh, "10.0.0.1", NOW_S + 102, &next), ERR_OK); /* it was not used up */
}

static void test_a_refresh_from_another_network(void **state)
{
    struct site *s = *state;
    struct token_pair t = issue(s, NOW_S, true), next;
    put_group(s, "staff", "10.0.0.0/8");
    s->app.cfg.policy.recheck_networks = true;
    assert_err(refresh(s, t.refresh, "203.0.113.7", NOW_S + 1, &next), ERR_REFRESH_INVALID);
    assert_err(refresh(s, t.refresh, "10.0.0.2", NOW_S + 2, &next), ERR_OK);
}

/* ---- How many at a time ---- */

static int64_t put_browser(struct site *s, int64_t now_s)
{
    struct browser_session b = {.user_id = 1,
                                .created_s = now_s,
                                .seen_s = now_s,
                                .end_s = now_s + DAY_S,
                                .idle_end_s = now_s + DAY_S,
                                .address = "10.0.0.1",
                                .user_agent = "",
                                .proof = "pwd",
                                .proved_s = now_s};
    memcpy(b.secret_hash, &now_s, sizeof now_s);
    COMMITTED(s, admission_make_room(&s->app, 1, "10.0.0.1", now_s));
    COMMITTED(s, browser_store_put(s->app.db, &b));
    return b.id;
}

static bool has_browser(struct site *s, int64_t id)
{
    struct browser_session b;
    return browser_store_get(s->app.db, id, NOW_S + 10, &s->arena, &b) == ERR_OK;
}

static void test_one_more_login_ends_the_oldest(void **state)
{
    struct site *s = *state;
    s->app.cfg.policy.max_sessions = 2;
    struct token_pair a = issue(s, NOW_S, true);
    int64_t b = put_browser(s, NOW_S + 1);
    assert_err(verify(s, a.access, NOW_S + 1), ERR_OK);
    struct token_pair c = issue(s, NOW_S + 2, true);
    assert_err(verify(s, a.access, NOW_S + 2), ERR_TOKEN_INVALID);
    assert_true(has_browser(s, b));
    int64_t d = put_browser(s, NOW_S + 3);
    assert_false(has_browser(s, b));
    assert_err(verify(s, c.access, NOW_S + 3), ERR_OK);
    /* Fewer are allowed by now: all that is too much ends at once, of either kind. */
    s->app.cfg.policy.max_sessions = 1;
    struct token_pair e = issue(s, NOW_S + 4, true);
    assert_err(verify(s, c.access, NOW_S + 4), ERR_TOKEN_INVALID);
    assert_false(has_browser(s, d));
    assert_err(verify(s, e.access, NOW_S + 4), ERR_OK);
}

static void test_without_a_limit_no_login_ends(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, NOW_S, true);
    for (int i = 1; i < 20; i++)
        issue(s, NOW_S + i, true);
    assert_err(verify(s, first.access, NOW_S + 20), ERR_OK);
}

static void test_ended_logins_take_no_place(void **state)
{
    struct site *s = *state;
    s->app.cfg.policy.max_sessions = 2;
    struct token_pair a = issue(s, NOW_S, true), b = issue(s, NOW_S + 1, true);
    COMMITTED(s, session_store_revoke(s->app.db, b.row.session.id, NOW_S + 2));
    issue(s, NOW_S + 3, true);
    assert_err(verify(s, a.access, NOW_S + 3), ERR_OK);
}

/* ---- Old passwords ---- */

static enum err try_password(struct site *s, const char *plain)
{
    struct password p;
    assert_err(password_of_plain(plain, strlen(plain), &p), ERR_OK);
    return history_check(&s->app, &s->user, &p, &s->arena);
}

static void set_password(struct site *s, const char *plain, int64_t now_s)
{
    struct password p;
    char hash[PASSWORD_HASH_CAP];
    assert_err(password_of_plain(plain, strlen(plain), &p), ERR_OK);
    assert_err(password_hash(app_password_cost(&s->app), p.md5_hex, hash), ERR_OK);
    COMMITTED(s, history_set_password(&s->app, 1, hash, now_s));
    read_user(s);
}

static enum err count_one(void *ctx, const char *hash)
{
    int *count = ctx;
    assert_memory_equal(hash, "$argon2id$", 10);
    (*count)++;
    return ERR_OK;
}

static int kept(struct site *s)
{
    int count = 0;
    assert_err(history_store_list(s->app.db, 1, 100, &s->arena, count_one, &count), ERR_OK);
    return count;
}

static void test_the_newest_passwords_do_not_come_again(void **state)
{
    struct site *s = *state;
    static const char *const had[] = {"first word", "second word", "third word", "fourth word"};
    s->app.cfg.policy.password_history = 3;
    for (int i = 0; i < 4; i++)
        set_password(s, had[i], NOW_S + i);
    assert_int_equal(kept(s), 2);
    assert_err(try_password(s, "fourth word"), ERR_PASSWORD_REUSED);
    assert_err(try_password(s, "third word"), ERR_PASSWORD_REUSED);
    assert_err(try_password(s, "second word"), ERR_PASSWORD_REUSED);
    assert_err(try_password(s, "first word"), ERR_OK);
    assert_err(try_password(s, "another word"), ERR_OK);
    s->app.cfg.policy.password_history = 1;
    assert_err(try_password(s, "fourth word"), ERR_PASSWORD_REUSED);
    assert_err(try_password(s, "third word"), ERR_OK);
    s->app.cfg.policy.password_history = 0;
    assert_err(try_password(s, "fourth word"), ERR_OK);
}

/* No more verifiers stay than are compared with. */
static void test_what_is_not_compared_with_is_not_kept(void **state)
{
    struct site *s = *state;
    s->app.cfg.policy.password_history = 0;
    set_password(s, "first word", NOW_S);
    set_password(s, "second word", NOW_S + 1);
    assert_int_equal(kept(s), 0);
    s->app.cfg.policy.password_history = POLICY_HISTORY_MAX;
    for (int i = 0; i < 15; i++)
        set_password(s, "another word", NOW_S + 2 + i);
    assert_int_equal(kept(s), POLICY_HISTORY_MAX - 1);
    assert_err(try_password(s, "second word"), ERR_OK);
    s->app.cfg.policy.password_history = 2;
    set_password(s, "third word", NOW_S + 30);
    assert_int_equal(kept(s), 1);
    s->app.cfg.policy.password_history = 1;
    set_password(s, "fourth word", NOW_S + 31);
    assert_int_equal(kept(s), 0);
}

static void test_a_given_password_has_expired(void **state)
{
    struct site *s = *state;
    COMMITTED(s, history_set_given_password(&s->app, 1, "!", NOW_S));
    read_user(s);
    assert_false(s->user.password_expired);
    s->app.cfg.policy.change_at_first_login = true;
    COMMITTED(s, history_set_given_password(&s->app, 1, "!", NOW_S));
    read_user(s);
    assert_true(s->user.password_expired);
    COMMITTED(s, history_set_password(&s->app, 1, "!", NOW_S));
    read_user(s);
    assert_false(s->user.password_expired);
}

static void test_when_a_password_has_expired(void **state)
{
    struct site *s = *state;
    struct config *cfg = &s->app.cfg;
    assert_false(policy_password_expired(cfg, &s->user, NOW_S + 9000LL * DAY_S));
    cfg->login.password_max_age_s = 90 * DAY_S;
    assert_false(policy_password_expired(cfg, &s->user, NOW_S + 90 * DAY_S - 1));
    assert_true(policy_password_expired(cfg, &s->user, NOW_S + 90 * DAY_S));
    assert_true(policy_password_expired(cfg, &s->user, NOW_S - 3600)); /* by a clock that was ahead */
    assert_false(policy_refuses_expired(cfg, &s->user, NOW_S + 90 * DAY_S));
    cfg->policy.expired_password = POLICY_EXPIRED_REFUSE;
    assert_true(policy_refuses_expired(cfg, &s->user, NOW_S + 90 * DAY_S));
    cfg->login.password_max_age_s = 0;
    s->user.password_expired = true;
    assert_true(policy_refuses_expired(cfg, &s->user, NOW_S));
}

static void test_how_long_a_browser_may_be_idle(void **state)
{
    struct site *s = *state;
    struct config *cfg = &s->app.cfg;
    assert_int_equal(policy_idle(cfg, 7200), 7200);
    assert_int_equal(policy_idle(cfg, 0), 0);
    cfg->policy.idle_timeout_s = 1800;
    assert_int_equal(policy_idle(cfg, 7200), 1800);
    assert_int_equal(policy_idle(cfg, 900), 900);
    assert_int_equal(policy_idle(cfg, 0), 1800);
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_an_account_goes_out_of_use),
        T(test_a_group_says_where_its_members_are),
        T(test_networks_are_looked_at_again_where_it_is_asked_for),
        T(test_tokens_end_with_idleness),
        T(test_a_new_limit_binds_old_logins),
        T(test_an_expired_password_refreshes_nothing),
        T(test_a_refresh_from_another_network),
        T(test_one_more_login_ends_the_oldest),
        T(test_without_a_limit_no_login_ends),
        T(test_ended_logins_take_no_place),
        T(test_the_newest_passwords_do_not_come_again),
        T(test_what_is_not_compared_with_is_not_kept),
        T(test_a_given_password_has_expired),
        T(test_when_a_password_has_expired),
        T(test_how_long_a_browser_may_be_idle),
    };
    return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
