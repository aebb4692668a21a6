/*
 * blade: the wire of BladeX, whose public front ends (Saber, Sword, native apps) are the clients.
 * Source: contracts, section blade; tests/fixtures/seeds/000_*.txt and 002_*.txt.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"
#include "dialect/grants.h"
#include "dialect/retype.h"

/* ---- Errors ---- */

/* BladeX 4's numbers; those it has none for are 1000 (the request) and 1001 (come back later). */
struct blade_error {
    const char *rfc; /* RFC 6749 §5.2 */
    int number;
};

/* The number of errors that are answered without one. */
enum { NO_NUMBER = 0 };

static const struct blade_error request_error = {"invalid_request", 1000};
static const struct blade_error internal_error = {"server_error", 5000};

static struct blade_error blade_error_of(enum err e)
{
    static const struct blade_error table[ERR_COUNT] = {
        [ERR_CLIENT_UNKNOWN] = {"invalid_client", 3000},
        [ERR_CLIENT_SECRET] = {"invalid_client", 3000},
        [ERR_CLIENT_MISSING] = {"invalid_client", 3000},
        [ERR_GRANT_UNSUPPORTED] = {"unsupported_grant_type", 4000},
        [ERR_GRANT_NOT_ALLOWED] = {"unauthorized_client", 4000},
        [ERR_SCOPE] = {"invalid_scope", 1000},
        [ERR_CAPTCHA] = {"invalid_grant", 2004},
        [ERR_CAPTCHA_REQUIRED] = {"invalid_grant", 2004},
        [ERR_USER_UNKNOWN] = {"invalid_grant", 2001},
        [ERR_PASSWORD] = {"invalid_grant", 2001},
        [ERR_USER_LOCKED] = {"invalid_grant", 2001},
        [ERR_PASSWORD_EXPIRED] = {"invalid_grant", 2001},
        [ERR_LOGIN_LOCKED] = {"temporarily_unavailable", 2003},
        [ERR_REFRESH_INVALID] = {"invalid_grant", 2010},
        [ERR_TOKEN_MISSING] = {"invalid_token", NO_NUMBER}, /* Saber 4.9 reads it before the 401 */
        [ERR_TOKEN_INVALID] = {"invalid_token", NO_NUMBER},
        [ERR_RATE] = {"temporarily_unavailable", 1001},
        [ERR_FULL] = {"temporarily_unavailable", 1001},
        [ERR_BUSY] = {"temporarily_unavailable", 1001},
    };
    if (table[e].rfc != NULL)
        return table[e];
    return err_info(e)->http_status < 500 ? request_error : internal_error;
}

/*
 * Saber 4.9 asks for a new token when it reads 401, and of a refresh that is answered so waits for ever; it is
 * known by its header. Saber 2.9 goes to its login page on nothing else than 401.
 */
static void set_status(struct call *c)
{
    if (c->failure.err == ERR_REFRESH_INVALID && request_env(c->req, "HTTP_BLADE_REQUESTED_WITH") == NULL)
        c->res->status = 401;
}

/* No challenge but Bearer's: browsers open a dialog of their own for Basic. */
static void render_error(struct call *c)
{
    struct blade_error error = blade_error_of(c->failure.err);
    struct json_out j;
    struct buf text;
    buf_init(&text);
    text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    set_status(c);
    if (common_wants_bearer(c))
        response_header(c->res, "WWW-Authenticate", COMMON_BEARER_CHALLENGE);
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "error", error.rfc);
    json_str(&j, "error_description", buf_str(&text));
    if (error.number != NO_NUMBER)
        json_int(&j, "error_code", error.number);
    json_int(&j, "code", c->res->status);
    json_bool(&j, "success", false);
    json_str(&j, "msg", buf_str(&text));
    json_null(&j, "data");
    json_close_object(&j);
    buf_free(&text);
}

/* ---- Captcha ---- */

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "key", challenge->id);
    json_base64(&j, "image", common_data_prefix(c, false), image->data, image->len);
    if (c->app->cfg.captcha.expose_answer)
        json_str(&j, "captchaCode", challenge->text.answer);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_HEX32, write_captcha);
}

/* ---- Token ---- */

/* What a person's token answer says after the tokens, in the order of the sample. */
static void user_fields(struct json_out *j, const struct call *c, const struct token_pair *t)
{
    const struct user *u = &t->user;
    char id[24], changed[CLOCK_LOCAL_CAP];
    snprintf(id, sizeof id, "%" PRId64, u->id);
    clock_local(u->password_changed_s, changed);
    json_str(j, "tenant_id", u->tenant_id);
    json_str(j, "tenant_name", u->tenant_name);
    json_bool(j, "password_expired", u->password_expired);
    json_str(j, "user_name", u->account);
    json_str(j, "real_name", u->real_name);
    json_str(j, "client_id", t->row.session.client_id);
    json_str(j, "role_name", u->role_name);
    json_str(j, "license", c->app->cfg.server.license);
    json_str(j, "post_id", u->post_id);
    json_str(j, "user_id", id);
    json_str(j, "role_id", u->role_id);
    json_str(j, "nick_name", u->nick_name);
    json_str(j, "oauth_id", u->oauth_id);
    json_str(j, "dept_id", u->dept_id);
    json_str(j, "password_last_update_date", changed);
    json_str(j, "account", u->account);
}

static enum err render_token(struct call *c, const struct token_pair *t)
{
    struct json_out j;
    const char *scope = claims_scope(&t->row, c->arena);
    if (scope == NULL)
        return ERR_MEMORY;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "access_token", t->access);
    json_str(&j, "token_type", "bearer");
    if (t->refresh != NULL)
        json_str(&j, "refresh_token", t->refresh);
    json_int(&j, "expires_in", t->expires_in_s);
    json_str(&j, "scope", scope);
    if (t->user.id != 0) {
        user_fields(&j, c, t);
    } else {
        json_str(&j, "tenant_id", t->row.session.tenant_id);
        json_str(&j, "client_id", t->row.session.client_id);
        json_str(&j, "license", c->app->cfg.server.license);
    }
    json_str(&j, "jti", t->row.jti);
    json_close_object(&j);
    return ERR_OK;
}

static const struct grants_wire wire = {
    .value = {[GRANTS_CAPTCHA] = "captcha",
              [GRANTS_PASSWORD] = "password",
              [GRANTS_REFRESH] = "refresh_token",
              [GRANTS_CLIENT] = "client_credentials"},
    .grant = GRANTS_NAMES("grant_type"),
    .scope = GRANTS_NAMES("scope"),
    .tenant = GRANTS_NAMES("tenant_id", "tenantId"),
    .account = GRANTS_NAMES("username", "account"),
    .password = GRANTS_NAMES("password"),
    .captcha_id = GRANTS_NAMES("captchaKey"),
    .captcha_answer = GRANTS_NAMES("captchaCode"),
    .refresh_token = GRANTS_NAMES("refresh_token"),
    .fingerprint = GRANTS_NAMES("fp"),
};

static enum err token(struct call *c)
{
    struct token_pair pair;
    enum err e = grants_token(c, &wire, &pair);
    return e == ERR_OK ? render_token(c, &pair) : e;
}

/* ---- Session ---- */

static enum err user_info(struct call *c)
{
    const struct user *u = &c->bearer.user;
    struct json_out j;
    char id[24];
    if (u->id == 0)
        return ERR_TOKEN_INVALID;
    snprintf(id, sizeof id, "%" PRId64, u->id);
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_int(&j, "code", 200);
    json_bool(&j, "success", true);
    json_open_object(&j, "data");
    json_str(&j, "user_id", id);
    json_str(&j, "tenant_id", u->tenant_id);
    json_str(&j, "tenant_name", u->tenant_name);
    json_str(&j, "account", u->account);
    json_str(&j, "user_name", u->account);
    json_str(&j, "real_name", u->real_name);
    json_str(&j, "nick_name", u->nick_name);
    json_str(&j, "role_id", u->role_id);
    json_str(&j, "role_name", u->role_name);
    json_str(&j, "dept_id", u->dept_id);
    json_str(&j, "post_id", u->post_id);
    json_str(&j, "oauth_id", u->oauth_id);
    json_str(&j, "client_id", c->bearer.row.session.client_id);
    json_list(&j, "roles", u->role_name);
    json_close_object(&j);
    json_str(&j, "msg", "操作成功");
    json_close_object(&j);
    return ERR_OK;
}

/* The original writes the boolean as a string. */
static enum err acknowledge(struct call *c)
{
    struct json_out j;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "success", "true");
    json_str(&j, "msg", "success");
    json_close_object(&j);
    return ERR_OK;
}

static enum err logout(struct call *c)
{
    enum err e = common_logout(c);
    return e == ERR_OK ? acknowledge(c) : e;
}

/* ---- Table ---- */

static const struct route routes[] = {
    {"GET", "/oauth/captcha", 0, captcha},
    {"POST", "/oauth/token", ROUTE_JSON | ROUTE_FORM | ROUTE_QUERY | ROUTE_CLIENT, token},
    {"GET", "/oauth/user-info", ROUTE_BEARER, user_info},
    {"GET", "/oauth/logout", ROUTE_BEARER_IF_ANY, logout},
    {"POST", "/oauth/logout", 0, acknowledge}, /* Saber sends its log lines here */
    {"POST", RETYPE_UPDATE_PATH, RETYPE_UPDATE_FLAGS | ROUTE_YIELDS, retype_update_password},
    {"POST", RETYPE_UPDATE_PATH_OLD, RETYPE_UPDATE_FLAGS | ROUTE_YIELDS, retype_update_password},
};

static const char *const headers[][2] = {
    {"HTTP_TENANT_ID", "tenant_id"},
    {"HTTP_TENANTID", "tenantId"},
    {"HTTP_CAPTCHA_KEY", "captchaKey"},
    {"HTTP_CAPTCHA_CODE", "captchaCode"},
    {NULL, NULL},
};

const struct dialect dialect_blade = {
    .id = DIALECT_BLADE,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .headers = headers,
    .bearer_header = "HTTP_BLADE_AUTH",
    .shows_answer = true,
    .also_sent = "blade-requested-with, dept-id, role-id",
    .render_error = render_error,
};
