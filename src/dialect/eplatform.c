/*
 * eplatform: one envelope {status, code, stringCode, message, response}; a bearer token goes in with a
 * captcha request and comes back with the answer. Texts in traditional Chinese. Source: contracts, section
 * eplatform; tests/fixtures/seeds/003_*.txt.
 */
#include <stdio.h>
#include <string.h>

#include "auth/refresh.h"
#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"

/* Open the envelope up to and with `message`; the caller adds `response` and closes it. */
static void open_envelope(struct call *c, struct json_out *j, bool status, const char *code, const char *name,
                          const char *message)
{
    json_out_init(j, &c->res->body);
    json_open_object(j, NULL);
    json_bool(j, "status", status);
    json_str(j, "code", code);
    json_str(j, "stringCode", name);
    json_str(j, "message", message);
}

static void open_success(struct call *c, struct json_out *j)
{
    open_envelope(c, j, true, "00000", "success", text_of(ERR_OK, SCRIPT_TRADITIONAL));
}

static enum err answer_text(struct call *c, const char *response)
{
    struct json_out j;
    open_success(c, &j);
    json_str(&j, "response", response);
    json_close_object(&j);
    return ERR_OK;
}

/* The last two of five digits tell outcomes of one HTTP status apart. Outcomes without a row: 00. */
static const unsigned char numbers[ERR_COUNT] = {
    [ERR_MISSING_PARAM] = 1,     [ERR_CONFLICTING_PARAM] = 2, [ERR_UNSUPPORTED_TYPE] = 3,
    [ERR_BAD_SOURCE] = 4,        [ERR_CAPTCHA] = 10,          [ERR_USER_UNKNOWN] = 11,
    [ERR_PASSWORD] = 11,         [ERR_USER_LOCKED] = 11,      [ERR_PASSWORD_CONFIRM] = 12,
    [ERR_PASSWORD_SHORT] = 13,   [ERR_PASSWORD_LONG] = 14,    [ERR_PASSWORD_COMMON] = 15,
    [ERR_PASSWORD_ACCOUNT] = 16, [ERR_PASSWORD_SM2] = 17,     [ERR_TOKEN_MISSING] = 1,
    [ERR_TOKEN_INVALID] = 2,     [ERR_LOGIN_LOCKED] = 1,      [ERR_PASSWORD_KINDS] = 18,
    [ERR_PASSWORD_REUSED] = 19,  [ERR_PASSWORD_HIDDEN] = 20,  [ERR_PASSWORD_EXPIRED] = 21,
};

static void render_error(struct call *c)
{
    enum err e = c->failure.err;
    struct json_out j;
    struct buf text;
    char code[16];
    buf_init(&text);
    text_failure(&c->failure, SCRIPT_TRADITIONAL, &text);
    snprintf(code, sizeof code, "%03d%02d", c->res->status, numbers[e]);
    if (common_wants_bearer(c))
        response_header(c->res, "WWW-Authenticate", COMMON_BEARER_CHALLENGE);
    open_envelope(c, &j, false, code, err_info(e)->name, buf_str(&text));
    json_null(&j, "response");
    json_close_object(&j);
    buf_free(&text);
}

static enum err check_source(const struct call *c)
{
    return config_list_has(c->cfg->sources, c->segment, strlen(c->segment)) ? ERR_OK : ERR_BAD_SOURCE;
}

static enum err put_bearer_header(struct call *c, const char *jwt)
{
    const char *value = arena_printf(c->arena, "Bearer %s", jwt);
    if (value == NULL)
        return ERR_MEMORY;
    response_header(c->res, "Authorization", value);
    return ERR_OK;
}

/* The token that came, or a fresh one once less than half of its life is left. */
static enum err return_bearer(struct call *c)
{
    struct token_pair fresh;
    if (!c->has_bearer)
        return ERR_OK;
    enum err e = refresh_renew(c->app, &c->bearer, c->req->address, c->req->now_s, c->arena, &fresh);
    if (e == ERR_NOT_FOUND)
        return put_bearer_header(c, c->bearer_jwt);
    return e == ERR_OK ? put_bearer_header(c, fresh.access) : e;
}

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    enum err e = return_bearer(c);
    if (e != ERR_OK)
        return e;
    open_success(c, &j);
    json_open_object(&j, "response");
    json_base64(&j, "image", "", image->data, image->len);
    json_str(&j, "uuid", challenge->id);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    enum err e = check_source(c);
    return e == ERR_OK ? common_captcha(c, CHALLENGE_ID_DIGITS23, write_captcha) : e;
}

static const char *const account_names[] = {"account", NULL};
static const char *const password_names[] = {"password", NULL};
static const char *const uuid_names[] = {"uuid", "uuId", NULL};
static const char *const code_names[] = {"code", NULL};

/* Take the answer to a captcha from the parameters. */
static enum err take_captcha(struct call *c)
{
    const char *id = NULL, *answer = NULL;
    enum err e = route_require(c, uuid_names, &id);
    if (e == ERR_OK)
        e = route_require(c, code_names, &answer);
    if (e == ERR_OK)
        e = challenge_answer(c->app->db, &c->app->cfg, DIALECT_EPLATFORM, id, answer, c->req->now_s);
    return e;
}

static enum err check_captcha(struct call *c)
{
    enum err e = check_source(c);
    if (e == ERR_OK)
        e = take_captcha(c);
    return e == ERR_OK ? answer_text(c, "ok") : e;
}

static enum err log_in(struct call *c)
{
    static const struct common_login_names names = {account_names, password_names, uuid_names, code_names};
    struct token_pair pair;
    struct json_out j;
    enum err e = common_login(c, &names, &pair);
    if (e == ERR_OK)
        e = put_bearer_header(c, pair.access);
    if (e != ERR_OK)
        return e;
    open_success(c, &j);
    json_open_object(&j, "response");
    json_str(&j, "token", pair.access);
    json_str(&j, "clientIp", c->req->address);
    json_open_object(&j, "userInfo");
    json_str(&j, "custName", pair.user.real_name);
    json_str(&j, "idNumber", pair.user.id_number);
    json_str(&j, "account", pair.user.account);
    json_str(&j, "nickName", pair.user.nick_name);
    json_close_object(&j);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static enum err refresh(struct call *c)
{
    struct token_pair fresh;
    enum err e = refresh_bearer(c->app, &c->bearer, c->req->address, c->req->now_s, c->arena, &fresh);
    if (e == ERR_OK)
        e = put_bearer_header(c, fresh.access);
    return e == ERR_OK ? answer_text(c, fresh.access) : e;
}

/* A required parameter that is the MD5 of a password. */
static enum err require_md5(struct call *c, const char *const *names, const char **value_out)
{
    enum err e = route_require(c, names, value_out);
    if (e == ERR_OK && !codec_is_hex(*value_out, DIGEST_MD5_HEX_CAP - 1))
        e = route_fail(c, ERR_BAD_REQUEST, names[0], DETAIL_MD5_HEX);
    return e;
}

static enum err change_password(struct call *c)
{
    static const char *const new_names[] = {"newPassword", NULL};
    static const char *const confirm_names[] = {"confirmPassword", NULL};
    const char *old_md5 = NULL, *new_md5 = NULL, *confirm_md5 = NULL;
    enum err e = c->bearer.user.id != 0 ? ERR_OK : ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = require_md5(c, password_names, &old_md5);
    if (e == ERR_OK)
        e = require_md5(c, new_names, &new_md5);
    if (e == ERR_OK)
        e = require_md5(c, confirm_names, &confirm_md5);
    if (e == ERR_OK && strcmp(new_md5, confirm_md5) != 0)
        e = ERR_PASSWORD_CONFIRM;
    if (e == ERR_OK)
        e = take_captcha(c);
    const struct login_again r = {
        .bearer = &c->bearer, .wire = "md5", .password = old_md5, .address = c->req->address};
    if (e == ERR_OK)
        e = login_change_password(c->app, &r, new_md5, c->req->now_s, c->arena, &c->failure.retry_after_s);
    return e == ERR_OK ? answer_text(c, "Success") : e;
}

static const struct route routes[] = {
    {"GET", "/captcha/{source}", ROUTE_BEARER_IF_CONFIGURED, captcha},
    {"POST", "/captcha/{source}", ROUTE_JSON | ROUTE_FORM, check_captcha},
    {"POST", "/auth/login", ROUTE_JSON | ROUTE_FORM, log_in},
    {"POST", "/auth/refreshToken", ROUTE_JSON | ROUTE_FORM | ROUTE_BEARER, refresh},
    {"POST", "/auth/changePassword", ROUTE_JSON | ROUTE_FORM | ROUTE_BEARER, change_password},
};

const struct dialect dialect_eplatform = {
    .id = DIALECT_EPLATFORM,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .render_error = render_error,
};
