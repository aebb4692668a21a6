#include "auth/login.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/policy.h"
#include "auth/throttle.h"
#include "base/secure.h"
#include "captcha/challenge.h"

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

static enum err record(const struct attempt *a, const struct user *user, enum err result)
{
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

static enum err find_user(struct app *app, const struct login_request *r, struct arena *arena,
                          struct user *user, const struct user **found_out)
{
    enum err e = user_store_find(app->db, r->tenant_id, r->account, arena, user);
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
        e = find_user(app, r, a->arena, user, found_out);
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

enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out)
{
    struct user user;
    const struct user *found = NULL;
    struct attempt a = {.app = app,
                        .try = {.tenant_id = r->tenant_id,
                                .account = r->account,
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
    /* An account that does not exist may be a password typed into the wrong field: its name is not logged. */
    LOG(&app->log, e == ERR_OK ? ERR_LEVEL_INFO : err_info(e)->level, "login",
        LOG_S("result", err_info(e)->name), LOG_S("dialect", a.dialect),
        LOG_S("tenant", found != NULL ? r->tenant_id : NULL),
        LOG_S("account", found != NULL ? r->account : NULL), LOG_S("client", r->client->id),
        LOG_S("address", r->address));
    return e;
}

static enum err store_new_password(const struct attempt *a, const struct token_bearer *bearer,
                                   const char *hash)
{
    struct app *app = a->app;
    const struct user *u = &bearer->user;
    struct token_row row;
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = throttle_check(app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(app, u, bearer->row.session.client_id, a->arena);
    if (e == ERR_OK)
        e = token_store_by_id(app->db, bearer->row.id, a->arena, &row);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && row.session.revoked_s != 0))
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = user_store_set_password(app->db, u->id, hash, a->now_s);
    if (e == ERR_OK)
        e = session_store_revoke_user(app->db, u->id, bearer->row.session.id, a->now_s);
    if (e == ERR_OK)
        e = throttle_succeeded(app, &a->try);
    if (e == ERR_OK)
        e = record(a, u, ERR_OK);
    return db_end(app->db, e);
}

enum err login_change_password(struct app *app, const struct token_bearer *bearer, const char *old_md5,
                               const char *new_md5, const char *address, int64_t now_s, struct arena *arena,
                               int64_t *retry_after_s_out)
{
    const struct user *u = &bearer->user;
    struct password old = {0}, new = {0};
    char hash[PASSWORD_HASH_CAP];
    struct attempt a = {.app = app,
                        .try = {.tenant_id = u->tenant_id,
                                .account = u->account,
                                .client_id = bearer->row.session.client_id,
                                .address = address,
                                .has_captcha = true},
                        .action = AUDIT_PASSWORD_CHANGE,
                        .dialect = bearer->row.session.dialect,
                        .now_s = now_s,
                        .arena = arena,
                        .retry_after_s_out = retry_after_s_out};
    db_read_end(app->db);
    enum err e = password_of_md5(old_md5, &old);
    if (e == ERR_OK)
        e = password_of_md5(new_md5, &new);
    if (e == ERR_OK)
        e = throttle_check(app, &a.try, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = check_password(&a, u, &old);
    if (e == ERR_OK)
        e = policy_check(&app->cfg, u->account, &new);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(app), new.md5_hex, hash);
    if (e == ERR_OK)
        e = store_new_password(&a, bearer, hash);
    password_wipe(&old);
    password_wipe(&new);
    secure_wipe(hash, sizeof hash);
    LOG(&app->log, err_info(e)->level, "password_change", LOG_S("result", err_info(e)->name),
        LOG_S("tenant", u->tenant_id), LOG_S("account", u->account), LOG_S("address", address));
    return e;
}
