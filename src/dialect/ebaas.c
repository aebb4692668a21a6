/*
 * ebaas: one envelope {request_id, code, msg, data}, business codes as strings, HTTP 200 nearly throughout.
 * Source: contracts, section ebaas; tests/fixtures/seeds/001_*.txt.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/random.h"
#include "dialect/common.h"
#include "dialect/dialects.h"

/* Open the envelope up to and with `msg`; the caller adds `data` and closes it. */
static enum err open_envelope(struct call *c, struct json_out *j, const char *code, const char *msg)
{
    unsigned char noise[16];
    char request_id[CODEC_UUID_CAP];
    enum err e = random_bytes(noise, sizeof noise);
    if (e != ERR_OK)
        return e;
    codec_uuid4(request_id, noise);
    json_out_init(j, &c->res->body);
    json_open_object(j, NULL);
    json_str(j, "request_id", request_id);
    json_str(j, "code", code);
    json_str(j, "msg", msg);
    return ERR_OK;
}

static enum err open_success(struct call *c, struct json_out *j)
{
    return open_envelope(c, j, "000", "成功");
}

struct ebaas_error {
    const char *code;
    const char *text; /* NULL: the common one */
};

/* Outcomes without a row: their HTTP status is their code. */
static const struct ebaas_error errors[ERR_COUNT] = {
    [ERR_BAD_REQUEST] = {"400003", "入参解析异常"},
    [ERR_CONFLICTING_PARAM] = {"400003", "入参解析异常"},
    [ERR_UNSUPPORTED_TYPE] = {"400003", "入参解析异常"},
    [ERR_PASSWORD_SM2] = {"400003", "入参解析异常"},
    [ERR_MISSING_PARAM] = {"400", NULL},
    [ERR_CAPTCHA] = {"400101", "图形验证码错误"},
    [ERR_USER_UNKNOWN] = {"401001", "账号或密码错误"},
    [ERR_PASSWORD] = {"401001", "账号或密码错误"},
    [ERR_USER_LOCKED] = {"401001", "账号或密码错误"},
    [ERR_LOGIN_LOCKED] = {"401002", NULL},
    [ERR_TOKEN_INVALID] = {"401004", "无效的token"},
};

static void render_error(struct call *c)
{
    const struct ebaas_error *error = &errors[c->failure.err];
    struct json_out j;
    struct buf text;
    char status[8];
    buf_init(&text);
    if (error->text != NULL)
        buf_add_str(&text, error->text);
    else
        text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    snprintf(status, sizeof status, "%d", c->res->status);
    if (!common_keeps_status(c))
        c->res->status = 200;
    if (open_envelope(c, &j, error->code != NULL ? error->code : status, buf_str(&text)) == ERR_OK) {
        json_null(&j, "data");
        json_close_object(&j);
    }
    buf_free(&text);
}

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    enum err e = open_success(c, &j);
    if (e != ERR_OK)
        return e;
    json_open_object(&j, "data");
    json_base64(&j, "img", common_data_prefix(c, true), image->data, image->len);
    json_str(&j, "img_code_id", challenge->id);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_SIX, write_captcha);
}

static enum err log_in(struct call *c)
{
    static const char *const account[] = {"username", NULL};
    static const char *const password[] = {"password", NULL};
    static const char *const captcha_id[] = {"img_code_id", NULL};
    static const char *const answer[] = {"img_code", NULL};
    static const struct common_login_names names = {account, password, captcha_id, answer};
    struct token_pair pair;
    struct json_out j;
    char expired[CLOCK_LOCAL_CAP];
    enum err e = common_login(c, &names, &pair);
    if (e == ERR_OK)
        e = open_success(c, &j);
    if (e != ERR_OK)
        return e;
    clock_local(pair.row.access_expires_s, expired);
    json_open_object(&j, "data");
    json_str(&j, "token", pair.access);
    json_str(&j, "expired", expired);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static enum err check_token(struct call *c)
{
    static const char *const token_names[] = {"token", NULL};
    const char *jwt = NULL;
    struct token_bearer bearer;
    struct json_out j;
    enum err e = route_require(c, token_names, &jwt);
    if (e == ERR_OK)
        e = token_verify(c->app, jwt, c->req->now_s, c->arena, &bearer);
    if (e == ERR_OK)
        e = open_success(c, &j);
    if (e != ERR_OK)
        return e;
    json_null(&j, "data");
    json_close_object(&j);
    return ERR_OK;
}

static const struct route routes[] = {
    {"POST", "/api/account/getImgCode", ROUTE_JSON | ROUTE_FORM, captcha},
    {"POST", "/api/account/login", ROUTE_JSON | ROUTE_FORM, log_in},
    {"GET", "/checkToken", ROUTE_QUERY, check_token},
};

const struct dialect dialect_ebaas = {
    .id = DIALECT_EBAAS,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .render_error = render_error,
};
