/*
 * springblade: the wire of SpringBlade, the open edition of BladeX: camelCase, and everything in the envelope
 * {code, success, data, msg}. Its public front end, Saber, sends the parameters in the query string of an
 * empty POST. Source: contracts, section springblade and ruoyi; chillzhuang/Saber, src/api/user.js and
 * src/axios.js (what is sent and read); chillzhuang/SpringBlade, TokenUtil (what the fields hold).
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"
#include "dialect/grants.h"
#include "dialect/retype.h"

static void open_success(struct call *c, struct json_out *j)
{
    json_out_init(j, &c->res->body);
    json_open_object(j, NULL);
    json_int(j, "code", 200);
    json_bool(j, "success", true);
}

/* What follows the data. */
static enum err close_success(struct json_out *j)
{
    json_str(j, "msg", text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_close_object(j);
    return ERR_OK;
}

/* A lock is 400, where Sword reads the message; a failed refresh 401, where Saber goes to its login page. */
static void set_status(struct call *c)
{
    if (c->failure.err == ERR_LOGIN_LOCKED)
        c->res->status = 400;
    else if (c->failure.err == ERR_REFRESH_INVALID)
        c->res->status = 401;
}

/* No challenge but Bearer's: browsers open a dialog of their own for Basic. */
static void render_error(struct call *c)
{
    struct json_out j;
    struct buf text;
    buf_init(&text);
    text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    set_status(c);
    if (common_wants_bearer(c))
        response_header(c->res, "WWW-Authenticate", COMMON_BEARER_CHALLENGE);
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_int(&j, "code", c->res->status);
    json_bool(&j, "success", false);
    json_null(&j, "data");
    json_str(&j, "msg", buf_str(&text));
    json_close_object(&j);
    buf_free(&text);
}

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    open_success(c, &j);
    json_open_object(&j, "data");
    json_str(&j, "key", challenge->id);
    json_base64(&j, "image", common_data_prefix(c, false), image->data, image->len);
    json_close_object(&j);
    return close_success(&j);
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_HEX32, write_captcha);
}

/* Requests that name no grant mean the password grant, as older front ends send them. The original has no
 * grant for a client by itself. */
static const struct grants_wire wire = {
    .value =
        {[GRANTS_CAPTCHA] = "captcha", [GRANTS_PASSWORD] = "password", [GRANTS_REFRESH] = "refresh_token"},
    .unnamed = "password",
    .grant = GRANTS_NAMES("grantType"),
    .scope = GRANTS_NAMES("scope"),
    .tenant = GRANTS_NAMES("tenantId"),
    .account = GRANTS_NAMES("account"),
    .password = GRANTS_NAMES("password"),
    .captcha_id = GRANTS_NAMES("captchaKey"),
    .captcha_answer = GRANTS_NAMES("captchaCode"),
    .refresh_token = GRANTS_NAMES("refreshToken"),
    .fingerprint = GRANTS_NO_NAMES,
};

/* A client that may not refresh gets an empty refresh token, so that all fields are there. */
static enum err token(struct call *c)
{
    struct token_pair t;
    struct json_out j;
    char id[24];
    enum err e = grants_token(c, &wire, &t);
    if (e != ERR_OK)
        return e;
    snprintf(id, sizeof id, "%" PRId64, t.user.id);
    open_success(c, &j);
    json_open_object(&j, "data");
    json_str(&j, "accessToken", t.access);
    json_str(&j, "tokenType", "bearer");
    json_str(&j, "refreshToken", t.refresh != NULL ? t.refresh : "");
    json_str(&j, "userId", id);
    json_str(&j, "tenantId", t.user.tenant_id);
    json_str(&j, "oauthId", t.user.oauth_id);
    json_str(&j, "authority", t.user.role_name);
    json_str(&j, "userName", t.user.real_name);
    json_str(&j, "account", t.user.account);
    json_int(&j, "expiresIn", t.expires_in_s);
    json_str(&j, "license", c->app->cfg.server.license);
    json_close_object(&j);
    return close_success(&j);
}

static enum err logout(struct call *c)
{
    struct json_out j;
    enum err e = common_logout(c);
    if (e != ERR_OK)
        return e;
    open_success(c, &j);
    json_null(&j, "data");
    return close_success(&j);
}

static const struct route routes[] = {
    {"GET", "/captcha", 0, captcha},
    {"POST", "/token", ROUTE_JSON | ROUTE_FORM | ROUTE_QUERY | ROUTE_CLIENT, token},
    {"POST", "/logout", ROUTE_BEARER_IF_ANY, logout},
    {"POST", RETYPE_UPDATE_PATH, RETYPE_UPDATE_FLAGS, retype_update_password},
    {"POST", RETYPE_UPDATE_PATH_OLD, RETYPE_UPDATE_FLAGS, retype_update_password},
};

static const char *const headers[][2] = {
    {"HTTP_TENANT_ID", "tenantId"},
    {"HTTP_CAPTCHA_KEY", "captchaKey"},
    {"HTTP_CAPTCHA_CODE", "captchaCode"},
    {NULL, NULL},
};

const struct dialect dialect_springblade = {
    .id = DIALECT_SPRINGBLADE,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .headers = headers,
    .bearer_header = "HTTP_BLADE_AUTH",
    .also_sent = "blade-requested-with, dept-id, role-id",
    .render_error = render_error,
};
