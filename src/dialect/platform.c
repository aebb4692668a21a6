/*
 * platform: one envelope {succFlag, code, msg, data}; every request names its channel in a header.
 * Source: contracts, section platform; tests/fixtures/seeds/004_*.txt.
 */
#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"

/* Open the envelope up to and with `msg` (NULL: null); the caller adds `data` and closes it. */
static void open_envelope(struct call *c, struct json_out *j, bool success, int code, const char *msg)
{
    json_out_init(j, &c->res->body);
    json_open_object(j, NULL);
    json_bool(j, "succFlag", success);
    json_int(j, "code", code);
    json_str(j, "msg", msg);
}

static void render_error(struct call *c)
{
    struct json_out j;
    struct buf text;
    buf_init(&text);
    if (c->failure.err == ERR_BAD_SOURCE && c->failure.field != NULL)
        buf_add_str(&text, "缺少来源");
    else
        text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    open_envelope(c, &j, false, c->res->status, buf_str(&text));
    json_null(&j, "data");
    json_close_object(&j);
    buf_free(&text);
}

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    open_envelope(c, &j, true, 200, NULL);
    json_open_object(&j, "data");
    json_str(&j, "uuid", challenge->id);
    json_base64(&j, "img", common_data_prefix(c, false), image->data, image->len);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_HEX32, write_captcha);
}

static enum err log_in(struct call *c)
{
    struct token_pair pair;
    struct json_out j;
    enum err e = common_login(c, &common_uuid_names, &pair);
    if (e != ERR_OK)
        return e;
    open_envelope(c, &j, true, 200, NULL);
    json_open_object(&j, "data");
    json_str(&j, "token", pair.access);
    json_int(&j, "expires_in", pair.expires_in_s);
    json_close_object(&j);
    json_close_object(&j);
    return ERR_OK;
}

static const struct route routes[] = {
    {"POST", "/code", ROUTE_JSON | ROUTE_FORM | ROUTE_SOURCE, captcha},
    {"POST", "/login", ROUTE_JSON | ROUTE_FORM | ROUTE_SOURCE, log_in},
};

const struct dialect dialect_platform = {
    .id = DIALECT_PLATFORM,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .render_error = render_error,
};
