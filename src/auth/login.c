#include "auth/login.h"

#include <string.h>

#include "auth/policy.h"
#include "auth/throttle.h"
#include "base/secure.h"
#include "captcha/challenge.h"

/*
 * Verify, count a failure, and say which it was. `user` may be NULL (unknown): the decoy takes its place, and
 * the outcome is a failure whatever the decoy says.
 */
static enum err check_password(struct app *app, const struct user *user, const char *tenant_id,
                               const char *account, const struct password *password, const char *address,
                               int64_t now_s, int64_t *retry_after_s_out)
{
    enum err e = password_verify(user != NULL ? user->password_hash : app->decoy_hash, password);
    if (user == NULL && (e == ERR_OK || e == ERR_PASSWORD))
        e = ERR_USER_UNKNOWN;
    else if (e == ERR_OK && (user->locked || user->tenant_locked))
        e = ERR_USER_LOCKED;
    if (e == ERR_OK || e == ERR_CRYPTO)
        return e;
    enum err counted = throttle_failed(app, tenant_id, account, address, now_s, retry_after_s_out);
    return counted == ERR_OK ? e : counted;
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
 * another cost; NULL: none.
 */
static enum err finish(struct app *app, const struct login_request *r, const struct user *user,
                       const char *new_hash, int64_t now_s, struct arena *arena, struct token_pair *out,
                       int64_t *retry_after_s_out)
{
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
    e = throttle_check(app, r->tenant_id, r->account, r->address, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(app, user, r->client->id, arena);
    if (e == ERR_OK)
        e = throttle_succeeded(app, r->tenant_id, r->account);
    if (e == ERR_OK && new_hash != NULL)
        e = user_store_rehash(app->db, user->id, new_hash);
    if (e == ERR_OK)
        e = token_issue(app, &grant, now_s, arena, out);
    return db_end(app->db, e);
}

static enum err find_user(struct app *app, const struct login_request *r, struct arena *arena,
                          struct user *user, const struct user **found_out)
{
    enum err e = user_store_find(app->db, r->tenant_id, r->account, arena, user);
    *found_out = e == ERR_OK ? user : NULL;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out)
{
    struct password password = {0};
    char new_hash[PASSWORD_HASH_CAP];
    bool rehash = false;
    struct user user;
    const struct user *found = NULL;
    enum err e = client_read_password(app, r->client, r->password, &password);
    if (e == ERR_OK && r->captcha_id != NULL)
        e = challenge_answer(app->db, r->dialect, r->captcha_id, r->captcha_answer, now_s);
    if (e == ERR_OK)
        e = throttle_check(app, r->tenant_id, r->account, r->address, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = find_user(app, r, arena, &user, &found);
    if (e == ERR_OK)
        e = check_password(app, found, r->tenant_id, r->account, &password, r->address, now_s,
                           retry_after_s_out);
    if (e == ERR_OK) {
        rehash = password_needs_rehash(found->password_hash, app_password_cost(app));
        e = rehash ? password_hash(app_password_cost(app), password.md5_hex, new_hash) : ERR_OK;
    }
    if (e == ERR_OK)
        e = finish(app, r, found, rehash ? new_hash : NULL, now_s, arena, out, retry_after_s_out);
    password_wipe(&password);
    secure_wipe(new_hash, sizeof new_hash);
    /* An account that does not exist may be a password typed into the wrong field: its name is not logged. */
    LOG(&app->log, e == ERR_OK ? ERR_LEVEL_INFO : err_info(e)->level, "login",
        LOG_S("result", err_info(e)->name), LOG_S("dialect", config_dialect_name(r->dialect)),
        LOG_S("tenant", found != NULL ? r->tenant_id : NULL),
        LOG_S("account", found != NULL ? r->account : NULL), LOG_S("client", r->client->id),
        LOG_S("address", r->address));
    return e;
}

static enum err store_new_password(struct app *app, const struct token_bearer *bearer, const char *hash,
                                   const char *address, int64_t now_s, struct arena *arena,
                                   int64_t *retry_after_s_out)
{
    const struct user *u = &bearer->user;
    struct token_row row;
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = throttle_check(app, u->tenant_id, u->account, address, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(app, u, bearer->row.session.client_id, arena);
    if (e == ERR_OK)
        e = token_store_by_id(app->db, bearer->row.id, arena, &row);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && row.session.revoked_s != 0))
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = user_store_set_password(app->db, u->id, hash, now_s);
    if (e == ERR_OK)
        e = session_store_revoke_user(app->db, u->id, bearer->row.session.id, now_s);
    if (e == ERR_OK)
        e = throttle_succeeded(app, u->tenant_id, u->account);
    return db_end(app->db, e);
}

enum err login_change_password(struct app *app, const struct token_bearer *bearer, const char *old_md5,
                               const char *new_md5, const char *address, int64_t now_s, struct arena *arena,
                               int64_t *retry_after_s_out)
{
    const struct user *u = &bearer->user;
    struct password old, new;
    char hash[PASSWORD_HASH_CAP];
    enum err e = password_of_md5(old_md5, &old);
    if (e == ERR_OK)
        e = password_of_md5(new_md5, &new);
    if (e == ERR_OK)
        e = throttle_check(app, u->tenant_id, u->account, address, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = check_password(app, u, u->tenant_id, u->account, &old, address, now_s, retry_after_s_out);
    if (e == ERR_OK)
        e = policy_check(&app->cfg, u->account, &new);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(app), new.md5_hex, hash);
    if (e == ERR_OK)
        e = store_new_password(app, bearer, hash, address, now_s, arena, retry_after_s_out);
    secure_wipe(hash, sizeof hash);
    password_wipe(&old);
    password_wipe(&new);
    LOG(&app->log, err_info(e)->level, "password_change", LOG_S("result", err_info(e)->name),
        LOG_S("tenant", u->tenant_id), LOG_S("account", u->account), LOG_S("address", address));
    return e;
}
