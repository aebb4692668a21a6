#include "dialect/grants.h"

#include <string.h>

#include "auth/refresh.h"
#include "dialect/common.h"

/* What a client's row calls each of them. */
static const char *const permissions[GRANTS_COUNT] = {
    [GRANTS_CAPTCHA] = "captcha",
    [GRANTS_PASSWORD] = "password",
    [GRANTS_REFRESH] = "refresh_token",
    [GRANTS_CLIENT] = "client_credentials",
};

/* What every token request says. */
struct asked {
    const struct grants_wire *wire;
    const char *tenant;
    const char *requested; /* scope as it came; NULL: none */
    const char *scope;     /* to grant, comma-joined, of the client's; NULL in a refresh */
};

typedef enum err grant_handler(struct call *c, const struct asked *asked, struct token_pair *out);

static enum err read_tenant(struct call *c, const struct grants_wire *wire, const char **tenant_out)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum err e = route_param(c, wire->tenant, tenant_out);
    if (e != ERR_OK)
        return e;
    if (*tenant_out == NULL)
        *tenant_out = c->cfg->tenant;
    size_t len = strlen(*tenant_out);
    if (len > 64 || strspn(*tenant_out, allowed) != len)
        return route_fail(c, ERR_BAD_REQUEST, wire->tenant[0], DETAIL_TENANT);
    return ERR_OK;
}

static enum err read_fingerprint(struct call *c, const struct grants_wire *wire, const char **out)
{
    enum err e = route_param(c, wire->fingerprint, out);
    if (e != ERR_OK)
        return e;
    if (*out == NULL)
        *out = "";
    if (strlen(*out) > ROUTE_ACCOUNT_MAX)
        return route_fail(c, ERR_BAD_REQUEST, wire->fingerprint[0], DETAIL_TOO_LONG);
    return ERR_OK;
}

/* Log in with what r has by now, and account and password. */
static enum err log_in(struct call *c, const struct asked *asked, struct login_request *r,
                       struct token_pair *out)
{
    int64_t retry_after_s = 0;
    r->dialect = c->dialect->id;
    r->client = &c->client;
    r->tenant_id = asked->tenant;
    r->scope = asked->scope;
    r->address = c->req->address;
    r->with_refresh = client_may(&c->client, permissions[GRANTS_REFRESH]);
    enum err e = read_fingerprint(c, asked->wire, &r->fingerprint);
    if (e != ERR_OK)
        return e;
    e = login(c->app, r, c->req->now_s, c->arena, out, &retry_after_s);
    return e == ERR_OK ? e : common_login_failed(c, e, retry_after_s);
}

static enum err read_credentials(struct call *c, const struct grants_wire *wire, struct login_request *r)
{
    enum err e = route_require_text(c, wire->account, ROUTE_ACCOUNT_MAX, &r->account);
    return e == ERR_OK ? route_require(c, wire->password, &r->password) : e;
}

static enum err grant_captcha(struct call *c, const struct asked *asked, struct token_pair *out)
{
    struct login_request r = {0};
    enum err e = read_credentials(c, asked->wire, &r);
    if (e == ERR_OK)
        e = route_require(c, asked->wire->captcha_id, &r.captcha_id);
    if (e == ERR_OK)
        e = route_require(c, asked->wire->captcha_answer, &r.captcha_answer);
    return e == ERR_OK ? log_in(c, asked, &r, out) : e;
}

/* A captcha that came is looked at; without one, login() says whether one is due. */
static enum err grant_password(struct call *c, const struct asked *asked, struct token_pair *out)
{
    struct login_request r = {0};
    enum err e = read_credentials(c, asked->wire, &r);
    if (e == ERR_OK)
        e = route_param(c, asked->wire->captcha_id, &r.captcha_id);
    if (e == ERR_OK)
        e = route_param(c, asked->wire->captcha_answer, &r.captcha_answer);
    if (r.captcha_answer == NULL)
        r.captcha_id = NULL;
    return e == ERR_OK ? log_in(c, asked, &r, out) : e;
}

/* Tenant and scope are the session's. */
static enum err grant_refresh(struct call *c, const struct asked *asked, struct token_pair *out)
{
    const char *refresh = NULL;
    enum err e = route_require(c, asked->wire->refresh_token, &refresh);
    return e == ERR_OK ? refresh_use(c->app, &c->client, refresh, asked->requested, c->req->address,
                                     c->req->now_s, c->arena, out)
                       : e;
}

static enum err grant_client(struct call *c, const struct asked *asked, struct token_pair *out)
{
    struct token_grant grant = {.dialect = c->dialect->id,
                                .client = &c->client,
                                .tenant_id = asked->tenant,
                                .scope = asked->scope,
                                .fingerprint = "",
                                .address = c->req->address};
    enum err e = token_issue_for_client(c->app, &grant, c->req->now_s, c->arena, out);
    return e == ERR_NOT_FOUND ? route_fail(c, ERR_BAD_REQUEST, asked->wire->tenant[0], DETAIL_TENANT_UNKNOWN)
                              : e;
}

static grant_handler *const handlers[GRANTS_COUNT] = {
    [GRANTS_CAPTCHA] = grant_captcha,
    [GRANTS_PASSWORD] = grant_password,
    [GRANTS_REFRESH] = grant_refresh,
    [GRANTS_CLIENT] = grant_client,
};

/* Which grant the request names. */
static enum err read_grant(struct call *c, const struct grants_wire *wire, enum grants_kind *out)
{
    const char *value = NULL;
    enum err e = route_param(c, wire->grant, &value);
    if (e != ERR_OK)
        return e;
    if (value == NULL)
        value = wire->unnamed;
    if (value == NULL)
        return route_fail(c, ERR_MISSING_PARAM, wire->grant[0], DETAIL_NONE);
    for (int i = 0; i < GRANTS_COUNT; i++) {
        if (wire->value[i] != NULL && strcmp(wire->value[i], value) == 0) {
            *out = (enum grants_kind)i;
            return client_may(&c->client, permissions[i]) ? ERR_OK : ERR_GRANT_NOT_ALLOWED;
        }
    }
    return ERR_GRANT_UNSUPPORTED;
}

enum err grants_token(struct call *c, const struct grants_wire *wire, struct token_pair *out)
{
    struct asked asked = {.wire = wire};
    enum grants_kind kind = GRANTS_COUNT;
    *out = (struct token_pair){0};
    enum err e = read_grant(c, wire, &kind);
    if (e == ERR_OK)
        e = read_tenant(c, wire, &asked.tenant);
    if (e == ERR_OK)
        e = route_param(c, wire->scope, &asked.requested);
    if (e == ERR_OK && kind != GRANTS_REFRESH)
        e = client_scope(&c->client, asked.requested, c->arena, &asked.scope);
    return e == ERR_OK ? handlers[kind](c, &asked, out) : e;
}
