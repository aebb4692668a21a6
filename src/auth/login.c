#include "auth/login.h"

#include <string.h>

#include "auth/admission.h"
#include "auth/audit.h"
#include "auth/history.h"
#include "auth/link.h"
#include "auth/mail.h"
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
    bool is_kept_out = result == ERR_USER_LOCKED || result == ERR_USER_UNUSED || result == ERR_USER_NETWORK ||
                       result == ERR_PASSWORD_EXPIRED;
    counter_add(app->db,
                result == ERR_OK ? COUNTER_LOGIN_OK
                : is_kept_out    ? COUNTER_LOGIN_LOCKED
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

/* What keeps somebody out whose password was right. A refusal by the site's rules counts as a failure, as that of a
 * locked account does; one that asks for another password does not, and is recorded as what it is. */
static enum err check_admission(const struct attempt *a, const struct user *user, bool for_tokens)
{
    enum err e = admission_check(a->app, user, a->try.address, a->now_s, a->arena);
    if (e == ERR_USER_UNUSED || e == ERR_USER_NETWORK)
        return count_failure(a, user, e);
    if (e != ERR_OK || !for_tokens || !policy_refuses_expired(&a->app->cfg, user, a->now_s))
        return e;
    e = db_begin(a->app->db, DB_RELAXED);
    if (e == ERR_OK)
        e = db_end(a->app->db, record(a, user, ERR_PASSWORD_EXPIRED));
    return e == ERR_OK ? ERR_PASSWORD_EXPIRED : e;
}

/*
 * Inside a transaction: what was read before the password was verified may have changed while it was. A new
 * password, a lock, a removal that came meanwhile has ended sessions; this must not become one more.
 */
static enum err still_stands(const struct attempt *a, const struct user *user)
{
    struct user now;
    struct client client;
    enum err e = user_store_get(a->app->db, user->id, a->arena, &now);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_USER_UNKNOWN : e;
    if (strcmp(now.password_hash, user->password_hash) != 0)
        return ERR_PASSWORD;
    if (now.locked || now.tenant_locked)
        return ERR_USER_LOCKED;
    if (a->try.client_id[0] == '\0')
        return ERR_OK;
    e = client_store_get(a->app->db, a->try.client_id, a->arena, &client);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && client.locked))
        return ERR_CLIENT_SECRET;
    return e;
}

/* How somebody comes in: with what, and what he gets if that is right. */
struct entry {
    enum dialect_id dialect;
    const struct client *client; /* how it sends passwords */
    const char *password, *captcha_id, *captcha_answer;
    bool for_tokens; /* which an expired password may not get */
    /* Within the transaction of the login. */
    enum err (*let_in)(const struct attempt *a, const struct user *user, void *ctx);
    void *ctx;
};

/*
 * The throttle is asked once more inside the transaction: of many guesses that were let in at the same
 * moment, none may succeed after the last allowed failure was counted. `new_hash` replaces a verifier of
 * another scheme or cost; NULL: none.
 */
static enum err finish(const struct attempt *a, const struct entry *in, const struct user *user,
                       const char *new_hash)
{
    struct app *app = a->app;
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = throttle_check(app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(a, user);
    if (e == ERR_OK)
        e = throttle_succeeded(app, &a->try);
    if (e == ERR_OK && new_hash != NULL)
        e = user_store_rehash(app->db, user->id, new_hash);
    if (e == ERR_OK)
        e = user_store_note_login(app->db, user->id, a->now_s);
    if (e == ERR_OK)
        e = in->let_in(a, user, in->ctx);
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
static enum err log_in(const struct attempt *a, const struct entry *in, struct user *user,
                       const struct user **found_out)
{
    struct app *app = a->app;
    struct password password = {0};
    char new_hash[PASSWORD_HASH_CAP];
    bool rehash = false;
    enum err e = client_check_password_form(in->client, in->password);
    if (e == ERR_OK && in->captcha_id != NULL)
        e = challenge_answer(app->db, &app->cfg, in->dialect, in->captcha_id, in->captcha_answer, a->now_s);
    if (e == ERR_OK)
        e = throttle_check(app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = client_read_password(app, in->client, in->password, &password); /* SM2 costs something */
    if (e == ERR_PASSWORD_SM2)
        e = count_failure(a, NULL, e);
    if (e == ERR_OK)
        e = find_user(a, user, found_out);
    if (e == ERR_OK)
        e = check_password(a, *found_out, &password);
    if (e == ERR_OK)
        e = check_admission(a, user, in->for_tokens);
    if (e == ERR_OK) {
        rehash = password_needs_rehash(user->password_hash, app_password_cost(app)) &&
                 password_was_seen_whole(user->password_hash, &password);
        e = rehash ? password_hash(app_password_cost(app), password.md5_hex, new_hash) : ERR_OK;
    }
    if (e == ERR_OK)
        e = finish(a, in, user, rehash ? new_hash : NULL);
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

/* The whole of a login, with its line in the log. `a` has who tries, from where; the account as it was typed. */
static enum err log_in_and_say(struct attempt *a, const struct entry *in, struct user *user)
{
    char account[ACCOUNT_CAP];
    const struct user *found = NULL;
    if (account_canonical(a->try.account, account))
        a->try.account = account;
    a->try.has_captcha = in->captcha_id != NULL;
    a->action = AUDIT_LOGIN;
    a->dialect = config_dialect_name(in->dialect);
    db_read_end(a->app->db); /* a password takes its time */
    enum err e = log_in(a, in, user, &found);
    if (e == ERR_LOGIN_LOCKED)
        counter_add(a->app->db, COUNTER_LOGIN_REFUSED, 0, a->now_s);
    /* An account that does not exist may be a password typed into the wrong field: its name is not logged. */
    const struct log_field said[] = {LOG_S("result", err_info(e)->name),
                                     LOG_S("dialect", a->dialect),
                                     LOG_S("tenant", found != NULL ? a->try.tenant_id : NULL),
                                     LOG_S("account", found != NULL ? found->account : NULL),
                                     LOG_S("client", a->try.client_id[0] != '\0' ? a->try.client_id : NULL),
                                     LOG_S("address", a->try.address)};
    say(a->app, e, "login", said, sizeof said / sizeof said[0]);
    return e == ERR_USER_UNUSED || e == ERR_USER_NETWORK ? ERR_USER_LOCKED : e;
}

/* ---- Through a client -------------------------------------------------------------------------------- */

struct token_entry {
    const struct login_request *request;
    struct token_pair *out;
};

static enum err issue_tokens(const struct attempt *a, const struct user *user, void *ctx)
{
    const struct token_entry *t = ctx;
    const struct login_request *r = t->request;
    struct token_grant grant = {.dialect = r->dialect,
                                .client = r->client,
                                .user = user,
                                .tenant_id = user->tenant_id,
                                .scope = r->scope,
                                .fingerprint = r->fingerprint,
                                .address = r->address,
                                .with_refresh = r->with_refresh};
    return token_issue(a->app, &grant, a->now_s, a->arena, t->out);
}

enum err login(struct app *app, const struct login_request *r, int64_t now_s, struct arena *arena,
               struct token_pair *out, int64_t *retry_after_s_out)
{
    struct user user;
    struct token_entry tokens = {r, out};
    struct attempt a = {.app = app,
                        .try = {.tenant_id = r->tenant_id,
                                .account = r->account,
                                .client_id = r->client->id,
                                .address = r->address},
                        .now_s = now_s,
                        .arena = arena,
                        .retry_after_s_out = retry_after_s_out};
    struct entry in = {.dialect = r->dialect,
                       .client = r->client,
                       .password = r->password,
                       .captcha_id = r->captcha_id,
                       .captcha_answer = r->captcha_answer,
                       .for_tokens = true,
                       .let_in = issue_tokens,
                       .ctx = &tokens};
    return log_in_and_say(&a, &in, &user);
}

/* ---- In the portal ----------------------------------------------------------------------------------- */

/* Passwords come as they were typed. It is no client that anybody could name: "" is the id of none. */
static const struct client portal = {.id = "", .password_wire = "plain"};

struct browser_entry {
    const struct login_browser *request;
    char *secret_out;
};

static enum err start_session(const struct attempt *a, const struct user *user, void *ctx)
{
    const struct browser_entry *b = ctx;
    struct browser_start start = {.user_id = user->id,
                                  .proof = BROWSER_BY_PASSWORD,
                                  .address = b->request->address,
                                  .user_agent = b->request->user_agent,
                                  .remember = b->request->remember};
    return browser_start(a->app, &start, a->now_s, b->secret_out);
}

enum err login_browser(struct app *app, const struct login_browser *r, int64_t now_s, struct arena *arena,
                       char secret_out[BROWSER_SECRET_CAP], struct user *user_out, int64_t *retry_after_s_out)
{
    struct browser_entry session = {r, secret_out};
    struct attempt a = {.app = app,
                        .try = {.tenant_id = r->tenant_id,
                                .account = r->account,
                                .client_id = portal.id,
                                .address = r->address},
                        .now_s = now_s,
                        .arena = arena,
                        .retry_after_s_out = retry_after_s_out};
    struct entry in = {.dialect = DIALECT_PORTAL,
                       .client = &portal,
                       .password = r->password,
                       .captcha_id = r->captcha_id,
                       .captcha_answer = r->captcha_answer,
                       .let_in = start_session,
                       .ctx = &session};
    enum err e = log_in_and_say(&a, &in, user_out);
    if (e != ERR_OK)
        secure_wipe(secret_out, BROWSER_SECRET_CAP);
    return e;
}

/* ---- Typed again by who is logged in ----------------------------------------------------------------- */

/* Who types it: a bearer of a token, or a person of the portal. */
struct again {
    const struct user *user;
    const char *wire, *password;
    const struct token_row *token;         /* what the bearer has; NULL: */
    const struct browser_session *browser; /* the session in the browser */
};

static struct again again_of_bearer(const struct login_again *r)
{
    return (struct again){
        .user = &r->bearer->user, .wire = r->wire, .password = r->password, .token = &r->bearer->row};
}

static struct again again_of_browser(const struct browser_session *s, const struct user *u,
                                     const char *password)
{
    return (struct again){.user = u, .wire = portal.password_wire, .password = password, .browser = s};
}

static struct attempt attempt_again(struct app *app, const struct again *g, const char *action,
                                    const char *address, int64_t now_s, struct arena *arena,
                                    int64_t *retry_after_s_out)
{
    db_read_end(app->db); /* a password takes its time */
    return (struct attempt){.app = app,
                            .try = {.tenant_id = g->user->tenant_id,
                                    .account = g->user->account,
                                    .client_id = g->token != NULL ? g->token->session.client_id : portal.id,
                                    .address = address,
                                    .has_captcha = true},
                            .action = action,
                            .dialect = g->token != NULL ? g->token->session.dialect
                                                        : config_dialect_name(DIALECT_PORTAL),
                            .now_s = now_s,
                            .arena = arena,
                            .retry_after_s_out = retry_after_s_out};
}

/* The password that is known already. What has not its form is not it. */
static enum err check_again(const struct attempt *a, const struct again *g)
{
    struct password known = {0};
    enum err e = throttle_check(a->app, &a->try, a->now_s, a->retry_after_s_out);
    if (e != ERR_OK)
        return e;
    e = client_read_wire(a->app, g->wire, g->password, &known);
    if (e == ERR_PASSWORD_SM2 || e == ERR_PASSWORD_LONG || e == ERR_BAD_REQUEST)
        e = count_failure(a, g->user, ERR_PASSWORD);
    else if (e == ERR_OK)
        e = check_password(a, g->user, &known);
    password_wipe(&known);
    return e;
}

/* Inside a transaction: nothing changed while the password was looked at. */
static enum err stands_again(const struct attempt *a, const struct again *g)
{
    struct token_row row;
    enum err e = throttle_check(a->app, &a->try, a->now_s, a->retry_after_s_out);
    if (e == ERR_OK)
        e = still_stands(a, g->user);
    if (e == ERR_OK && g->token == NULL)
        return browser_stands(a->app, g->browser, a->now_s, a->arena);
    if (e == ERR_OK)
        e = token_store_by_id(a->app->db, g->token->id, a->arena, &row);
    return e == ERR_NOT_FOUND || (e == ERR_OK && row.session.revoked_s != 0) ? ERR_TOKEN_INVALID : e;
}

/* The verifier of another password, as of now, and what it ends. */
static enum err set_password(const struct attempt *a, const struct again *g, const char *hash)
{
    enum err e = history_set_password(a->app, g->user->id, hash, a->now_s);
    if (e == ERR_OK)
        e = browser_end_person(a->app->db, g->user->id, g->token != NULL ? g->token->session.id : 0,
                               g->browser != NULL ? g->browser->id : 0, a->now_s);
    return e == ERR_OK ? mail_tell(a->app, MAIL_PASSWORD_CHANGED, g->user->id, a->try.address, a->now_s) : e;
}

/* `hash` NULL: the password stays as it is. secret_out: of a browser's session that goes on under a new one; or NULL. */
static enum err settle_again(const struct attempt *a, const struct again *g, const char *hash,
                             char *secret_out)
{
    struct app *app = a->app;
    enum err e = db_begin(app->db, hash != NULL ? DB_DURABLE : DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = stands_again(a, g);
    if (e == ERR_OK && hash != NULL)
        e = set_password(a, g, hash);
    if (e == ERR_OK && g->browser != NULL)
        e = browser_prove(app, g->browser->id, BROWSER_BY_PASSWORD, a->now_s);
    if (e == ERR_OK && secret_out != NULL)
        e = browser_renew(app, g->browser->id, secret_out);
    if (e == ERR_OK)
        e = throttle_succeeded(app, &a->try);
    if (e == ERR_OK)
        e = record(a, g->user, ERR_OK);
    return db_end(app->db, e);
}

static void log_again(const struct attempt *a, const char *event, enum err e)
{
    const struct log_field said[] = {LOG_S("result", err_info(e)->name), LOG_S("tenant", a->try.tenant_id),
                                     LOG_S("account", a->try.account), LOG_S("address", a->try.address)};
    say(a->app, e, event, said, sizeof said / sizeof said[0]);
}

/* The verifier of a new password that follows the policy. */
static enum err hash_fresh(const struct attempt *a, const struct user *user, const struct password *fresh,
                           char hash_out[PASSWORD_HASH_CAP])
{
    enum err e = policy_check(&a->app->cfg, a->try.account, fresh);
    if (e == ERR_OK)
        e = history_check(a->app, user, fresh, a->arena);
    return e == ERR_OK ? password_hash(app_password_cost(a->app), fresh->md5_hex, hash_out) : e;
}

static enum err change_password(const struct attempt *a, const struct again *g, const char *fresh,
                                char *secret_out)
{
    struct password new = {0};
    char hash[PASSWORD_HASH_CAP];
    enum err e = check_again(a, g);
    if (e == ERR_OK)
        e = client_read_wire(a->app, g->wire, fresh, &new);
    if (e == ERR_OK)
        e = hash_fresh(a, g->user, &new, hash);
    if (e == ERR_OK)
        e = settle_again(a, g, hash, secret_out);
    password_wipe(&new);
    secure_wipe(hash, sizeof hash);
    log_again(a, "password_change", e);
    return e;
}

enum err login_change_password(struct app *app, const struct login_again *r, const char *fresh, int64_t now_s,
                               struct arena *arena, int64_t *retry_after_s_out)
{
    struct again g = again_of_bearer(r);
    struct attempt a =
        attempt_again(app, &g, AUDIT_PASSWORD_CHANGE, r->address, now_s, arena, retry_after_s_out);
    return change_password(&a, &g, fresh, NULL);
}

enum err login_browser_change_password(struct app *app, const struct browser_session *s, const struct user *u,
                                       const char *old, const char *fresh, const char *address, int64_t now_s,
                                       struct arena *arena, char secret_out[BROWSER_SECRET_CAP],
                                       int64_t *retry_after_s_out)
{
    struct again g = again_of_browser(s, u, old);
    struct attempt a =
        attempt_again(app, &g, AUDIT_PASSWORD_CHANGE, address, now_s, arena, retry_after_s_out);
    enum err e = change_password(&a, &g, fresh, secret_out);
    if (e != ERR_OK)
        secure_wipe(secret_out, BROWSER_SECRET_CAP);
    return e;
}

static enum err prove(const struct attempt *a, const struct again *g, const char *event)
{
    enum err e = check_again(a, g);
    if (e == ERR_OK)
        e = settle_again(a, g, NULL, NULL);
    log_again(a, event, e);
    return e;
}

enum err login_unlock_screen(struct app *app, const struct login_again *r, int64_t now_s, struct arena *arena,
                             int64_t *retry_after_s_out)
{
    struct again g = again_of_bearer(r);
    struct attempt a =
        attempt_again(app, &g, AUDIT_SCREEN_UNLOCK, r->address, now_s, arena, retry_after_s_out);
    return prove(&a, &g, "screen_unlock");
}

enum err login_browser_prove(struct app *app, const struct browser_session *s, const struct user *u,
                             const char *password, const char *address, int64_t now_s, struct arena *arena,
                             int64_t *retry_after_s_out)
{
    struct again g = again_of_browser(s, u, password);
    struct attempt a = attempt_again(app, &g, AUDIT_PASSWORD_PROVE, address, now_s, arena, retry_after_s_out);
    return prove(&a, &g, "password_prove");
}

/* ---- By a link --------------------------------------------------------------------------------------- */

/* Whether it ends with a new password. */
static bool sets_password(const struct link *link)
{
    return strcmp(link->purpose, LINK_INVITATION) == 0 || strcmp(link->purpose, LINK_RESET) == 0;
}

/* Who would not be let in with a password is not by a link, which is no good then: nothing tells that from a lock. */
static enum err check_link_admission(const struct attempt *a, const struct user *user)
{
    enum err e = admission_check(a->app, user, a->try.address, a->now_s, a->arena);
    if (e != ERR_USER_UNUSED && e != ERR_USER_NETWORK)
        return e;
    enum err recorded = db_begin(a->app->db, DB_RELAXED);
    if (recorded == ERR_OK)
        recorded = db_end(a->app->db, record(a, user, e));
    return recorded == ERR_OK ? ERR_NOT_FOUND : recorded;
}

/* In one transaction: what was found is taken, and everything that follows from it. */
static enum err settle_link(const struct attempt *a, const char *link_secret, const char *hash,
                            const struct browser_start *start, char secret_out[BROWSER_SECRET_CAP])
{
    struct app *app = a->app;
    struct link link;
    struct user user;
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = link_take(app, link_secret, a->now_s, a->arena, &link, &user);
    if (e == ERR_OK)
        e = history_set_password(app, user.id, hash, a->now_s);
    if (e == ERR_OK)
        e = browser_end_person(app->db, user.id, 0, 0, a->now_s);
    if (e == ERR_OK)
        e = throttle_unlock(app, user.tenant_id, user.account);
    if (e == ERR_OK && strcmp(link.purpose, LINK_RESET) == 0)
        e = mail_tell(app, MAIL_PASSWORD_CHANGED, user.id, a->try.address, a->now_s);
    if (e == ERR_OK)
        e = user_store_note_login(app->db, user.id, a->now_s);
    if (e == ERR_OK)
        e = browser_start(app, start, a->now_s, secret_out);
    if (e == ERR_OK)
        e = record(a, &user, ERR_OK);
    return db_end(app->db, e);
}

enum err login_by_link(struct app *app, const char *link_secret, const char *fresh, const char *address,
                       const char *user_agent, int64_t now_s, struct arena *arena,
                       char secret_out[BROWSER_SECRET_CAP], struct user *user_out)
{
    struct link link;
    struct password new = {0};
    char hash[PASSWORD_HASH_CAP];
    db_read_end(app->db); /* a password takes its time */
    enum err e = link_find(app, link_secret, now_s, arena, &link, user_out);
    if (e != ERR_OK || !sets_password(&link))
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    bool is_first = strcmp(link.purpose, LINK_INVITATION) == 0;
    struct attempt a = {.app = app,
                        .try = {.tenant_id = user_out->tenant_id,
                                .account = user_out->account,
                                .client_id = portal.id,
                                .address = address},
                        .action = is_first ? AUDIT_INVITATION : AUDIT_PASSWORD_RESET,
                        .dialect = config_dialect_name(DIALECT_PORTAL),
                        .now_s = now_s,
                        .arena = arena};
    struct browser_start start = {
        .user_id = user_out->id, .proof = BROWSER_BY_LINK, .address = address, .user_agent = user_agent};
    app_before_slow(app);
    e = check_link_admission(&a, user_out);
    if (e == ERR_OK)
        e = password_of_plain(fresh, strlen(fresh), &new);
    if (e == ERR_OK)
        e = hash_fresh(&a, user_out, &new, hash);
    if (e == ERR_OK)
        e = settle_link(&a, link_secret, hash, &start, secret_out);
    password_wipe(&new);
    secure_wipe(hash, sizeof hash);
    if (e != ERR_OK)
        secure_wipe(secret_out, BROWSER_SECRET_CAP);
    log_again(&a, "link", e);
    return e;
}
