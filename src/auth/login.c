#include "auth/login.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/policy.h"
#include "auth/throttle.h"
#include "base/account.h"
#include "base/secure.h"
#include "captcha/challenge.h"
#include "store/counter_store.h"

/* Expired rows that a failure clears away. */
enum { PURGE_ROWS = 4 };

/* What a login or a change of password has in hand while it goes on. */
struct attempt {
    struct app *app;
    struct throttle_try try;
    const char *action;  /* for the audit */
    const char *dialect; /* its name */
    int64_t now_s;
    struct arena *arena;
    int64_t *retry_after_s_out;
};

static void count_login(struct app *app, enum err result, int64_t now_s)
{
    counter_add(app->db,
                result == ERR_OK            ? COUNTER_LOGIN_OK
                : result == ERR_USER_LOCKED ? COUNTER_LOGIN_LOCKED
                                            : COUNTER_LOGIN_WRONG,
                0, now_s);
}

/* Within a transaction. */
static enum err record(const struct attempt *a, const struct user *user, enum err result)
{
    if (strcmp(a->action, AUDIT_LOGIN) == 0)
        count_login(a->app, result, a->now_s);
    struct audit_event event = {.action = a->action,
                                .tenant_id = a->try.tenant_id,
                                .account = user != NULL ? user->account : NULL,
                                .client_id = a->try.client_id,
                                .dialect = a->dialect,
                                .address = a->try.address,
                                .result = result};
    return audit_record(a->app, &event, a->now_s);
}

/* Count and record a failure, without waiting for the disk. `user` NULL: unknown. */
static enum err count_failure(const struct attempt *a, const struct user *user, enum err failure)
{
    enum err e = db_begin(a->app->db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    struct throttle_try try = a->try;
    try.exists = user != NULL;
    enum err counted = throttle_failed(a->app, &try, a->now_s, a->retry_after_s_out);
    e = counted == ERR_LOGIN_LOCKED || counted == ERR_CAPTCHA_REQUIRED ? ERR_OK : counted;
    if (e == ERR_OK)
        e = record(a, user, failure);
    if (e == ERR_OK)
        e = db_purge_step(a->app->db, a->now_s, PURGE_ROWS);
    e = db_end(a->app->db, e);
    return e != ERR_OK ? e : counted == ERR_OK ? failure : counted;
}

/*
 * What an unknown account is verified against: the verifier of the account that comes next, so that where
 * schemes and costs are mixed, unknown accounts take the times that known ones take; in an empty tenant one
 * of today's cost.
 */
static enum err find_decoy(const struct attempt *a, const char **hash_out)
{
    enum err e = user_store_neighbour(a->app->db, a->try.tenant_id, a->try.account, a->arena, hash_out);
    if (e == ERR_NOT_FOUND)
        *hash_out = a->app->decoy_hash;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/*
 * Verify, and count a failure. `user` may be NULL (unknown): another verifier takes its place, and the
 * outcome is a failure whatever that says.
 */
static enum err check_password(const struct attempt *a, const struct user *user,
                               const struct password *password)
{
    const char *hash = user != NULL ? user->password_hash : NULL;
    app_before_slow(a->app);
    enum err e = user != NULL ? ERR_OK : find_decoy(a, &hash);
    if (e == ERR_OK)
        e = password_verify(hash, password);
    if (user == NULL && (e == ERR_OK || e == ERR_PASSWORD))
        e = ERR_USER_UNKNOWN;
    else if (e == ERR_OK && (user->locked || user->tenant_locked))
        e = ERR_USER_LOCKED;
    else if (e == ERR_PASSWORD && !password->has_plain && password_needs_plain(hash))
        e = ERR_PASSWORD_UNSEEN; /* the audit says why; whoever asks is told what all are told */
    bool is_failure =
        e == ERR_USER_UNKNOWN || e == ERR_PASSWORD || e == ERR_PASSWORD_UNSEEN || e == ERR_USER_LOCKED;
    if (is_failure)
        e = count_failure(a, user, e);
    return e == ERR_PASSWORD_UNSEEN ? ERR_PASSWORD : e;
}

/*
 * Inside a transaction: what was read before the password was verified may have changed while it was. A new
 * password, a lock, a removal that came meanwhile has ended sessions; this must not become one more.
 */
static enum err still_stands(struct app *app, const struct user *user, const char *client_id,
                             struct arena *arena)
{
    struct user now;
    struct client client;
    enum err e = user_store_get(app->db, user->id, arena, &now);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_USER_UNKNOWN : e;
    if (strcmp(now.password_hash, user->password_hash) != 0)
        return ERR_PASSWORD;
    if (now.locked || now.tenant_locked)
        return ERR_USER_LOCKED;
    e = client_store_get(app->db, client_id, arena, &client);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && client.locked))
        return ERR_CLIENT_SECRET;
    return e;
}

/*
 * The throttle is asked once more inside the transaction: of many guesses that were let in at the same
 * moment, none may succeed after the last allowed failure was counted. `new_hash` replaces a verifier of
 * another scheme or cost; NULL: none.
 */
static enum err finish(const struct attempt *a, const struct login_request *r, const struct user *user,
                       const char *new_hash, struct token_pair *out)
{
    struct app *app = a->app;
    struct token_grant grant = {.dialect = r->dialect,
                                .client = r->client,
                                .user = user,
                                .tenant_id = user->tenant_id,
                                .scope = r->scope,
                                .fingerprint = r->fingerprint,
                                .address = r->address,
                                .with_refresh = r->with_refresh};
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = throttle_check(app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(app, user, r->client->id, a->arena);
    if (e == ERR_OK)
        e = throttle_succeeded(app, &a->try);
    if (e == ERR_OK && new_hash != NULL)
        e = user_store_rehash(app->db, user->id, new_hash);
    if (e == ERR_OK)
        e = token_issue(app, &grant, a->now_s, a->arena, out);
    if (e == ERR_OK)
        e = record(a, user, ERR_OK);
    return db_end(app->db, e);
}

static enum err find_user(const struct attempt *a, struct user *user, const struct user **found_out)
{
    enum err e = user_store_find(a->app->db, a->try.tenant_id, a->try.account, a->arena, user);
    *found_out = e == ERR_OK ? user : NULL;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The steps of a login in their order: the cheap ones first, the captcha before the throttle, the password
 * last. */
static enum err log_in(const struct attempt *a, const struct login_request *r, struct user *user,
                       const struct user **found_out, struct token_pair *out)
{
    struct app *app = a->app;
    struct password password = {0};
    char new_hash[PASSWORD_HASH_CAP];
    bool rehash = false;
    enum err e = client_check_password_form(r->client, r->password);
    if (e == ERR_OK && r->captcha_id != NULL)
        e = challenge_answer(app->db, &app->cfg, r->dialect, r->captcha_id, r->captcha_answer, a->now_s);
    if (e == ERR_OK)
        e = throttle_check(app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = client_read_password(app, r->client, r->password, &password); /* SM2 costs something */
    if (e == ERR_PASSWORD_SM2)
        e = count_failure(a, NULL, e);
    if (e == ERR_OK)
        e = find_user(a, user, found_out);
    if (e == ERR_OK)
        e = check_password(a, *found_out, &password);
    if (e == ERR_OK) {
        rehash = password_needs_rehash(user->password_hash, app_password_cost(app)) &&
                 password_was_seen_whole(user->password_hash, &password);
        e = rehash ? password_hash(app_password_cost(app), password.md5_hex, new_hash) : ERR_OK;
    }
    if (e == ERR_OK)
        e = finish(a, r, user, rehash ? new_hash : NULL, out);
    password_wipe(&password);
    secure_wipe(new_hash, sizeof new_hash);
    return e;
}

/* Every success is logged, of failures so many as no stranger fills the disk with. */
static void say(struct app *app, enum err e, const char *event, const struct log_field *fields, size_t count)
{
    if (e == ERR_OK)
        log_write(&app->log, ERR_LEVEL_INFO, event, fields, count);
    else
        log_write_some(&app->log, err_info(e)->level, event, fields, count);
}

enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out)
{
    struct user user;
    const struct user *found = NULL;
    char account[ACCOUNT_CAP];
    struct attempt a = {.app = app,
                        .try = {.tenant_id = r->tenant_id,
                                .account = account_canonical(r->account, account) ? account : r->account,
                                .client_id = r->client->id,
                                .address = r->address,
                                .has_captcha = r->captcha_id != NULL},
                        .action = AUDIT_LOGIN,
                        .dialect = config_dialect_name(r->dialect),
                        .now_s = now_s,
                        .arena = arena,
                        .retry_after_s_out = retry_after_s_out};
    db_read_end(app->db); /* a password takes its time */
    enum err e = log_in(&a, r, &user, &found, out);
    if (e == ERR_LOGIN_LOCKED)
        counter_add(app->db, COUNTER_LOGIN_REFUSED, 0, now_s);
    /* An account that does not exist may be a password typed into the wrong field: its name is not logged. */
    const struct log_field said[] = {LOG_S("result", err_info(e)->name),
                                     LOG_S("dialect", a.dialect),
                                     LOG_S("tenant", found != NULL ? r->tenant_id : NULL),
                                     LOG_S("account", found != NULL ? found->account : NULL),
                                     LOG_S("client", r->client->id),
                                     LOG_S("address", r->address)};
    say(app, e, "login", said, sizeof said / sizeof said[0]);
    return e;
}

/* ---- Typed again by who is logged in ---- */

static struct attempt attempt_again(struct app *app, const struct login_again *r, const char *action,
                                    int64_t now_s, struct arena *arena, int64_t *retry_after_s_out)
{
    const struct token_bearer *b = r->bearer;
    db_read_end(app->db); /* a password takes its time */
    return (struct attempt){.app = app,
                            .try = {.tenant_id = b->user.tenant_id,
                                    .account = b->user.account,
                                    .client_id = b->row.session.client_id,
                                    .address = r->address,
                                    .has_captcha = true},
                            .action = action,
                            .dialect = b->row.session.dialect,
                            .now_s = now_s,
                            .arena = arena,
                            .retry_after_s_out = retry_after_s_out};
}

/* The password that is known already. What has not its form is not it. */
static enum err check_again(const struct attempt *a, const struct login_again *r, struct password *known)
{
    enum err e = throttle_check(a->app, &a->try, a->now_s, a->retry_after_s_out);
    if (e != ERR_OK)
        return e;
    e = client_read_wire(a->app, r->wire, r->password, known);
    if (e == ERR_PASSWORD_SM2 || e == ERR_PASSWORD_LONG || e == ERR_BAD_REQUEST)
        return count_failure(a, &r->bearer->user, ERR_PASSWORD);
    return e == ERR_OK ? check_password(a, &r->bearer->user, known) : e;
}

/* Inside a transaction: nothing changed while the password was looked at. */
static enum err stands_again(const struct attempt *a, const struct login_again *r)
{
    const struct token_row *session = &r->bearer->row;
    struct token_row row;
    enum err e = throttle_check(a->app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(a->app, &r->bearer->user, session->session.client_id, a->arena);
    if (e == ERR_OK)
        e = token_store_by_id(a->app->db, session->id, a->arena, &row);
    return e == ERR_NOT_FOUND || (e == ERR_OK && row.session.revoked_s != 0) ? ERR_TOKEN_INVALID : e;
}

/* `hash` NULL: the password stays as it is. */
static enum err settle_again(const struct attempt *a, const struct login_again *r, const char *hash)
{
    struct app *app = a->app;
    const struct user *u = &r->bearer->user;
    enum err e = db_begin(app->db, hash != NULL ? DB_DURABLE : DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = stands_again(a, r);
    if (e == ERR_OK && hash != NULL)
        e = user_store_set_password(app->db, u->id, hash, a->now_s);
    if (e == ERR_OK && hash != NULL)
        e = session_store_revoke_user(app->db, u->id, r->bearer->row.session.id, a->now_s);
    if (e == ERR_OK)
        e = throttle_succeeded(app, &a->try);
    if (e == ERR_OK)
        e = record(a, u, ERR_OK);
    return db_end(app->db, e);
}

static void log_again(const struct attempt *a, const char *event, enum err e)
{
    const struct log_field said[] = {LOG_S("result", err_info(e)->name), LOG_S("tenant", a->try.tenant_id),
                                     LOG_S("account", a->try.account), LOG_S("address", a->try.address)};
    say(a->app, e, event, said, sizeof said / sizeof said[0]);
}

enum err login_change_password(struct app *app, const struct login_again *r, const char *fresh, int64_t now_s,
                               struct arena *arena, int64_t *retry_after_s_out)
{
    struct password old = {0}, new = {0};
    char hash[PASSWORD_HASH_CAP];
    struct attempt a = attempt_again(app, r, AUDIT_PASSWORD_CHANGE, now_s, arena, retry_after_s_out);
    enum err e = check_again(&a, r, &old);
    if (e == ERR_OK)
        e = client_read_wire(app, r->wire, fresh, &new);
    if (e == ERR_OK)
        e = policy_check(&app->cfg, a.try.account, &new);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(app), new.md5_hex, hash);
    if (e == ERR_OK)
        e = settle_again(&a, r, hash);
    password_wipe(&old);
    password_wipe(&new);
    secure_wipe(hash, sizeof hash);
    log_again(&a, "password_change", e);
    return e;
}

enum err login_unlock_screen(struct app *app, const struct login_again *r, int64_t now_s, struct arena *arena,
                             int64_t *retry_after_s_out)
{
    struct password known = {0};
    struct attempt a = attempt_again(app, r, AUDIT_SCREEN_UNLOCK, now_s, arena, retry_after_s_out);
    enum err e = check_again(&a, r, &known);
    if (e == ERR_OK)
        e = settle_again(&a, r, NULL);
    password_wipe(&known);
    log_again(&a, "screen_unlock", e);
    return e;
}
