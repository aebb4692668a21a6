/*
 * blade: the wire of BladeX, whose public front ends (Saber, Sword, native apps) are the clients.
 * Source: contracts, section blade; tests/fixtures/seeds/000_*.txt and 002_*.txt.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/login.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"

/* ---- Errors
 * ---------------------------------------------------------------------------------------------------- */

/* BladeX 4's numbers; those it has none for are 1000 (the request) and 1001 (come back later). */
struct blade_error {
    const char *rfc; /* RFC 6749 §5.2 */
    int number;
};

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
        [ERR_LOGIN_LOCKED] = {"temporarily_unavailable", 2003},
        [ERR_REFRESH_INVALID] = {"invalid_grant", 2010},
        [ERR_TOKEN_MISSING] = {"invalid_token", 2010},
        [ERR_TOKEN_INVALID] = {"invalid_token", 2010},
        [ERR_RATE] = {"temporarily_unavailable", 1001},
        [ERR_FULL] = {"temporarily_unavailable", 1001},
        [ERR_BUSY] = {"temporarily_unavailable", 1001},
    };
    if (table[e].rfc != NULL)
        return table[e];
    return err_info(e)->http_status < 500 ? request_error : internal_error;
}

static void render_error(struct call *c)
{
    struct blade_error error = blade_error_of(c->failure.err);
    struct json_out j;
    struct buf text;
    buf_init(&text);
    text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    if (c->res->status == 401)
        response_header(c->res, "WWW-Authenticate",
                        error.number == 3000 ? "Basic realm=\"menshen\", charset=\"UTF-8\""
                                             : "Bearer realm=\"menshen\"");
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "error", error.rfc);
    json_str(&j, "error_description", buf_str(&text));
    json_int(&j, "error_code", error.number);
    json_int(&j, "code", c->res->status);
    json_bool(&j, "success", false);
    json_str(&j, "msg", buf_str(&text));
    json_null(&j, "data");
    json_close_object(&j);
    buf_free(&text);
}

/* ---- Captcha
 * --------------------------------------------------------------------------------------------------- */

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

/* ---- Token
 * ----------------------------------------------------------------------------------------------------- */

/* Comma-joined scopes as RFC 6749 §3.3 writes them. */
static const char *space_joined(struct arena *arena, const char *list)
{
    char *copy = arena_strdup(arena, list);
    for (char *p = copy; p != NULL && *p != '\0'; p++)
        if (*p == ',')
            *p = ' ';
    return copy;
}

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
    const char *scope = space_joined(c->arena, t->row.session.scope);
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

static const char *const grant_names[] = {"grant_type", NULL};
static const char *const scope_names[] = {"scope", NULL};
static const char *const account_names[] = {"username", "account", NULL};
static const char *const password_names[] = {"password", NULL};
static const char *const tenant_names[] = {"tenant_id", "tenantId", NULL};
static const char *const captcha_key_names[] = {"captchaKey", NULL};
static const char *const captcha_code_names[] = {"captchaCode", NULL};
static const char *const refresh_names[] = {"refresh_token", NULL};
static const char *const fingerprint_names[] = {"fp", NULL};

static enum err read_tenant(struct call *c, const char **tenant_out)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum err e = route_param(c, tenant_names, tenant_out);
    if (e != ERR_OK)
        return e;
    if (*tenant_out == NULL)
        *tenant_out = c->cfg->tenant;
    size_t len = strlen(*tenant_out);
    if (len > 64 || strspn(*tenant_out, allowed) != len)
        return route_fail(c, ERR_BAD_REQUEST, tenant_names[0], DETAIL_TENANT);
    return ERR_OK;
}

/* A grant: reads its own parameters, answers with a token pair. `tenant` and `scope` are common to all. */
typedef enum err grant_handler(struct call *c, const char *tenant, const char *scope, struct token_pair *out);

static enum err log_in(struct call *c, const char *tenant, const char *scope, bool with_captcha,
                       struct token_pair *out)
{
    struct login_request r = {.dialect = DIALECT_BLADE,
                              .client = &c->client,
                              .tenant_id = tenant,
                              .scope = scope,
                              .address = c->req->address,
                              .with_refresh = client_may(&c->client, "refresh_token")};
    int64_t retry_after_s = 0;
    enum err e = route_require_text(c, account_names, ROUTE_ACCOUNT_MAX, &r.account);
    if (e == ERR_OK)
        e = route_require(c, password_names, &r.password);
    if (e == ERR_OK && with_captcha)
        e = route_require(c, captcha_key_names, &r.captcha_id);
    if (e == ERR_OK && with_captcha)
        e = route_require(c, captcha_code_names, &r.captcha_answer);
    if (e == ERR_OK)
        e = route_param(c, fingerprint_names, &r.fingerprint);
    if (e != ERR_OK)
        return e;
    if (r.fingerprint == NULL)
        r.fingerprint = "";
    if (strlen(r.fingerprint) > ROUTE_ACCOUNT_MAX)
        return route_fail(c, ERR_BAD_REQUEST, fingerprint_names[0], DETAIL_TOO_LONG);
    e = login(c->app, &r, c->req->now_s, c->arena, out, &retry_after_s);
    return e == ERR_OK ? e : common_login_failed(c, e, retry_after_s);
}

static enum err grant_captcha(struct call *c, const char *tenant, const char *scope, struct token_pair *out)
{
    return log_in(c, tenant, scope, true, out);
}

static enum err grant_password(struct call *c, const char *tenant, const char *scope, struct token_pair *out)
{
    return log_in(c, tenant, scope, false, out);
}

static enum err grant_refresh(struct call *c, const char *tenant, const char *scope, struct token_pair *out)
{
    const char *refresh = NULL;
    (void)tenant; /* the token's own tenant and scope stay */
    (void)scope;
    enum err e = route_require(c, refresh_names, &refresh);
    return e == ERR_OK
               ? token_refresh(c->app, &c->client, refresh, c->req->address, c->req->now_s, c->arena, out)
               : e;
}

static enum err grant_client(struct call *c, const char *tenant, const char *scope, struct token_pair *out)
{
    struct token_grant grant = {.dialect = DIALECT_BLADE,
                                .client = &c->client,
                                .tenant_id = tenant,
                                .scope = scope,
                                .fingerprint = "",
                                .address = c->req->address};
    enum err e = token_issue_for_client(c->app, &grant, c->req->now_s, c->arena, out);
    return e == ERR_NOT_FOUND ? route_fail(c, ERR_BAD_REQUEST, tenant_names[0], DETAIL_TENANT_UNKNOWN) : e;
}

static const struct {
    const char *name;
    grant_handler *handler;
} grants[] = {
    {"captcha", grant_captcha},
    {"password", grant_password},
    {"refresh_token", grant_refresh},
    {"client_credentials", grant_client},
};

static enum err token(struct call *c)
{
    const char *grant = NULL, *tenant = NULL, *requested = NULL, *scope = NULL;
    struct token_pair pair = {0};
    enum err e = route_require(c, grant_names, &grant);
    if (e == ERR_OK)
        e = read_tenant(c, &tenant);
    if (e == ERR_OK)
        e = route_param(c, scope_names, &requested);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++) {
        if (strcmp(grants[i].name, grant) != 0)
            continue;
        if (!client_may(&c->client, grant))
            return ERR_GRANT_NOT_ALLOWED;
        e = client_scope(&c->client, requested, c->arena, &scope);
        if (e == ERR_OK)
            e = grants[i].handler(c, tenant, scope, &pair);
        return e == ERR_OK ? render_token(c, &pair) : e;
    }
    return ERR_GRANT_UNSUPPORTED;
}

/* ---- Session
 * --------------------------------------------------------------------------------------------------- */

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
    enum err e = ERR_OK;
    if (c->has_bearer)
        e = token_end_session(c->app, &c->bearer, AUDIT_LOGOUT, c->req->address, c->req->now_s);
    return e == ERR_OK ? acknowledge(c) : e;
}

/* ---- Table
 * ----------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
    {"GET", "/oauth/captcha", 0, captcha},
    {"POST", "/oauth/token", ROUTE_JSON | ROUTE_FORM | ROUTE_QUERY | ROUTE_CLIENT, token},
    {"GET", "/oauth/user-info", ROUTE_BEARER, user_info},
    {"GET", "/oauth/logout", ROUTE_BEARER_IF_ANY, logout},
    {"POST", "/oauth/logout", 0, acknowledge}, /* Saber sends its log lines here */
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
    .render_error = render_error,
};
