#include "dialect/common.h"

#include <string.h>

#include "auth/audit.h"
#include "base/secure.h"

enum err common_captcha(struct call *c, enum challenge_id_shape shape, common_captcha_writer *write)
{
    struct captcha_engine *engine = NULL;
    struct challenge challenge;
    struct buf image;
    buf_init(&image);
    enum err e =
        challenge_issue(c->app->db, &c->app->log, &c->app->cfg, c->dialect->id, &c->cfg->captcha, shape,
                        c->req->address, c->req->now_s, &challenge, &c->failure.retry_after_s);
    if (e == ERR_OK)
        e = app_engine(c->app, &engine);
    if (e == ERR_OK)
        e = challenge_draw(engine, &c->cfg->captcha, &challenge, &image);
    if (e == ERR_OK && c->app->cfg.captcha.expose_answer && !c->dialect->shows_answer)
        response_header(c->res, "X-Captcha-Code", challenge.text.answer);
    if (e == ERR_OK)
        e = write(c, &challenge, &image);
    secure_wipe(&challenge, sizeof challenge);
    buf_free(&image);
    return e;
}

const char *common_data_prefix(const struct call *c, bool says_jpg)
{
    if (c->cfg->captcha.format == CAPTCHA_PNG)
        return "data:image/png;base64,";
    return says_jpg ? "data:image/jpg;base64," : "data:image/jpeg;base64,";
}

const struct common_login_names common_uuid_names = {
    .account = (const char *const[]){"username", NULL},
    .password = (const char *const[]){"password", NULL},
    .captcha_id = (const char *const[]){"uuid", NULL},
    .captcha_answer = (const char *const[]){"code", NULL},
};

bool common_wants_bearer(const struct call *c)
{
    return c->failure.err == ERR_TOKEN_MISSING || c->failure.err == ERR_TOKEN_INVALID;
}

bool common_keeps_status(const struct call *c)
{
    return c->res->status >= 404 && c->failure.err != ERR_LOGIN_LOCKED;
}

enum err common_login_failed(struct call *c, enum err e, int64_t retry_after_s)
{
    c->failure.retry_after_s = retry_after_s;
    if (e != ERR_BAD_REQUEST)
        return e;
    /* The one thing that login() itself finds wrong with the form of a request. */
    const char *wire = c->client.password_wire;
    enum detail detail = strcmp(wire, "md5") == 0   ? DETAIL_MD5_HEX
                         : strcmp(wire, "sm2") == 0 ? DETAIL_SM2_HEX
                                                    : DETAIL_TOO_LONG;
    return route_fail(c, e, "password", detail);
}

enum err common_login(struct call *c, const struct common_login_names *names, struct token_pair *out)
{
    struct login_request r = {.dialect = c->dialect->id,
                              .client = &c->client,
                              .tenant_id = c->cfg->tenant,
                              .fingerprint = "",
                              .address = c->req->address};
    int64_t retry_after_s = 0;
    enum err e = route_require_text(c, names->account, ROUTE_ACCOUNT_MAX, &r.account);
    if (e == ERR_OK)
        e = route_require(c, names->password, &r.password);
    if (e == ERR_OK)
        e = route_require(c, names->captcha_id, &r.captcha_id);
    if (e == ERR_OK)
        e = route_require(c, names->captcha_answer, &r.captcha_answer);
    if (e == ERR_OK)
        e = client_of_dialect(c->app, c->dialect->id, c->arena, &c->client);
    if (e != ERR_OK)
        return e;
    r.scope = c->client.scope;
    e = login(c->app, &r, c->req->now_s, c->arena, out, &retry_after_s);
    return e == ERR_OK ? e : common_login_failed(c, e, retry_after_s);
}

enum err common_logout(struct call *c)
{
    /* A client's own token is shared by all who open its page: none of them may end it for the others. */
    return c->has_bearer && c->bearer.user.id != 0
               ? token_end_session(c->app, &c->bearer, AUDIT_LOGOUT, ERR_OK, c->req->address, c->req->now_s)
               : db_sync(c->app->db); /* who ended it may be waiting for the disk yet */
}
