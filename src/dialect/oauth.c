/*
 * oauth: the standard surface. Errors are RFC 6749 §5.2 to the letter: {error, error_description} and nothing
 * beside them, except captcha_required where a captcha is due; descriptions are ASCII without quotes.
 *
 * Source: contracts, section oauth; RFC 6749 (token), RFC 7009 (revoke), RFC 7662 (introspect), RFC 7517
 * (jwks), RFC 8414 (metadata); RFC 6749 §4.5 (extension grants: captcha).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/keyring.h"
#include "base/json_out.h"
#include "base/secure.h"
#include "dialect/common.h"
#include "dialect/dialects.h"
#include "dialect/grants.h"
#include "store/setting_store.h"

#define CAPTCHA_GRANT "urn:menshen:params:oauth:grant-type:captcha"

static const char token_path[] = "/token";
static const char captcha_path[] = "/captcha";
static const char revoke_path[] = "/revoke";
static const char introspect_path[] = "/introspect";
static const char jwks_path[] = "/jwks";

/* ---- Errors ------------------------------------------------------------------------------------------ */

static const char *error_name(enum err e)
{
    static const char *const table[ERR_COUNT] = {
        [ERR_CLIENT_UNKNOWN] = "invalid_client",
        [ERR_CLIENT_SECRET] = "invalid_client",
        [ERR_CLIENT_MISSING] = "invalid_client",
        [ERR_GRANT_UNSUPPORTED] = "unsupported_grant_type",
        [ERR_GRANT_NOT_ALLOWED] = "unauthorized_client",
        [ERR_SCOPE] = "invalid_scope",
        [ERR_CAPTCHA] = "invalid_grant",
        [ERR_CAPTCHA_REQUIRED] = "invalid_grant",
        [ERR_USER_UNKNOWN] = "invalid_grant",
        [ERR_PASSWORD] = "invalid_grant",
        [ERR_USER_LOCKED] = "invalid_grant",
        [ERR_PASSWORD_EXPIRED] = "invalid_grant",
        [ERR_REFRESH_INVALID] = "invalid_grant",
        [ERR_TOKEN_FOREIGN] = "invalid_grant",
        [ERR_LOGIN_LOCKED] = "temporarily_unavailable",
        [ERR_RATE] = "temporarily_unavailable",
        [ERR_FULL] = "temporarily_unavailable",
        [ERR_BUSY] = "temporarily_unavailable",
    };
    if (table[e] != NULL)
        return table[e];
    return err_info(e)->http_status < 500 ? "invalid_request" : "server_error";
}

/* A field that was sent twice is named by the client: only a plain name fits into error_description. */
static bool is_plain(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    return name != NULL && strlen(name) <= 64 && name[strspn(name, allowed)] == '\0';
}

static void render_error(struct call *c)
{
    struct failure failure = c->failure;
    struct json_out j;
    struct buf text;
    buf_init(&text);
    if (!is_plain(failure.field))
        failure.field = NULL;
    text_failure(&failure, SCRIPT_ENGLISH, &text);
    if (c->res->status == 401)
        response_header(c->res, "WWW-Authenticate", "Basic realm=\"menshen\", charset=\"UTF-8\"");
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "error", error_name(failure.err));
    json_str(&j, "error_description", buf_str(&text));
    if (failure.err == ERR_CAPTCHA_REQUIRED)
        json_bool(&j, "captcha_required", true);
    json_close_object(&j);
    buf_free(&text);
}

/* ---- Captcha and token ------------------------------------------------------------------------------- */

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "captcha_id", challenge->id);
    json_base64(&j, "image", common_data_prefix(c, false), image->data, image->len);
    json_int(&j, "expires_in", c->app->cfg.captcha.ttl_s);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_HEX32, write_captcha);
}

static const struct grants_wire wire = {
    .value = {[GRANTS_CAPTCHA] = CAPTCHA_GRANT,
              [GRANTS_PASSWORD] = "password",
              [GRANTS_REFRESH] = "refresh_token",
              [GRANTS_CLIENT] = "client_credentials"},
    .grant = GRANTS_NAMES("grant_type"),
    .scope = GRANTS_NAMES("scope"),
    .tenant = GRANTS_NAMES("tenant_id"),
    .account = GRANTS_NAMES("username"),
    .password = GRANTS_NAMES("password"),
    .captcha_id = GRANTS_NAMES("captcha_id"),
    .captcha_answer = GRANTS_NAMES("captcha_answer"),
    .refresh_token = GRANTS_NAMES("refresh_token"),
    .fingerprint = GRANTS_NO_NAMES,
};

static enum err token(struct call *c)
{
    struct token_pair t;
    struct json_out j;
    enum err e = grants_token(c, &wire, &t);
    if (e != ERR_OK)
        return e;
    const char *scope = claims_scope(&t.row, c->arena);
    if (scope == NULL)
        return ERR_MEMORY;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "access_token", t.access);
    json_str(&j, "token_type", "Bearer");
    json_int(&j, "expires_in", t.expires_in_s);
    if (t.refresh != NULL)
        json_str(&j, "refresh_token", t.refresh);
    json_str(&j, "scope", scope);
    json_close_object(&j);
    return ERR_OK;
}

/* ---- Tokens of others' and one's own ------------------------------------------------------------------ */

/* A token that a client asks about. ERR_TOKEN_INVALID, and nothing else, for one that is not valid now. */
static enum err inspect(struct call *c, struct token_bearer *out, bool *is_refresh_out)
{
    static const char *const token_names[] = {"token", NULL};
    const char *jwt = NULL;
    enum err e = route_require(c, token_names, &jwt);
    return e == ERR_OK ? token_inspect(c->app, jwt, c->req->now_s, c->arena, out, is_refresh_out) : e;
}

/* RFC 7009 §2.2: a token that is not valid is as good as revoked. Either token ends the login it is of; so does a
 * refresh token that was used, which may still be good for its successor. */
static enum err revoke(struct call *c)
{
    struct token_bearer b;
    bool is_refresh = false;
    enum err e = inspect(c, &b, &is_refresh);
    if (e == ERR_TOKEN_INVALID)
        return db_sync(c->app->db); /* who ended it may be waiting for the disk yet */
    if (e == ERR_OK && strcmp(b.row.session.client_id, c->client.id) != 0)
        return ERR_TOKEN_FOREIGN;
    return e == ERR_OK
               ? token_end_session(c->app, &b, AUDIT_TOKEN_REVOKE, ERR_OK, c->req->address, c->req->now_s)
               : e;
}

/* Tokens are shown to the client they were issued to; access tokens also to the one they are meant for. */
static bool may_see(const struct client *c, const struct session *s, bool is_refresh)
{
    return strcmp(s->client_id, c->id) == 0 || (!is_refresh && strcmp(s->client_audience, c->id) == 0);
}

static enum err write_token(struct call *c, const struct token_bearer *b, bool is_refresh)
{
    const struct token_row *row = &b->row;
    const char *audience = is_refresh ? "" : claims_audience(c->app, row);
    const char *scope = claims_scope(row, c->arena);
    struct json_out j;
    char id[24];
    if (scope == NULL)
        return ERR_MEMORY;
    snprintf(id, sizeof id, "%" PRId64, b->user.id);
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_bool(&j, "active", true);
    json_str(&j, "scope", scope);
    json_str(&j, "client_id", row->session.client_id);
    if (b->user.id != 0)
        json_str(&j, "username", b->user.account);
    json_str(&j, "token_type", is_refresh ? "refresh_token" : "Bearer");
    json_int(&j, "exp", is_refresh ? row->refresh_expires_s : row->access_expires_s);
    json_int(&j, "iat", row->issued_s);
    json_str(&j, "sub", b->user.id != 0 ? id : row->session.client_id);
    if (audience[0] != '\0')
        json_str(&j, "aud", audience);
    json_str(&j, "iss", claims_issuer(c->app));
    json_str(&j, "jti", is_refresh ? row->refresh_jti : row->jti);
    json_str(&j, "tenant_id", row->session.tenant_id);
    json_close_object(&j);
    return ERR_OK;
}

/* RFC 7662 §2.2: of a token that is not valid, or not the asker's business, nothing is told. */
static enum err introspect(struct call *c)
{
    struct token_bearer b;
    bool is_refresh = false;
    struct json_out j;
    enum err e = inspect(c, &b, &is_refresh);
    if (e == ERR_OK && is_refresh && b.row.used_s != 0)
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK && may_see(&c->client, &b.row.session, is_refresh))
        return write_token(c, &b, is_refresh);
    if (e != ERR_OK && e != ERR_TOKEN_INVALID)
        return e;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_bool(&j, "active", false);
    json_close_object(&j);
    return ERR_OK;
}

static enum err jwks(struct call *c)
{
    return keyring_jwks(c->app, c->req->now_s, &c->res->body);
}

/* ---- Metadata and health ----------------------------------------------------------------------------- */

/* What follows the host's slash in an address such as https://host/auth; "" if nothing does. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *slash = host != NULL ? strchr(host + 3, '/') : NULL;
    return slash != NULL ? slash + 1 : "";
}

/* The first prefix that the dialect is served below. */
static void add_endpoint(const struct call *c, struct json_out *j, const char *name, const char *path)
{
    const char *prefix = c->cfg->prefix;
    int len = (int)strcspn(prefix, ",");
    const char *url =
        arena_printf(c->arena, "%s%.*s%s", c->app->cfg.server.base_url, len > 1 ? len : 0, prefix, path);
    if (url == NULL)
        j->buf->err = ERR_MEMORY;
    else
        json_str(j, name, url);
}

static void add_list(struct json_out *j, const char *name, const char *const *values)
{
    json_open_array(j, name);
    for (; *values != NULL; values++)
        json_str(j, NULL, *values);
    json_close_array(j);
}

/* RFC 8414 §3: a path of the issuer goes behind the well-known name; where a web server hands everything
 * below that path over, it goes before it, and is not seen here. */
static enum err metadata(struct call *c)
{
    static const char *const grants[] = {"password", "client_credentials", "refresh_token", CAPTCHA_GRANT,
                                         NULL};
    static const char *const methods[] = {"client_secret_basic", "client_secret_post", NULL};
    static const char *const none[] = {NULL};
    const char *issuer = claims_issuer(c->app);
    struct json_out j;
    if (c->app->cfg.server.base_url[0] == '\0' || strstr(issuer, "://") == NULL ||
        (c->segment[0] != '\0' && strcmp(c->segment, path_of(issuer)) != 0))
        return ERR_NO_SUCH_PATH;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "issuer", issuer);
    add_endpoint(c, &j, "token_endpoint", token_path);
    add_endpoint(c, &j, "jwks_uri", jwks_path);
    add_list(&j, "response_types_supported", none);
    add_list(&j, "grant_types_supported", grants);
    add_list(&j, "token_endpoint_auth_methods_supported", methods);
    add_endpoint(c, &j, "revocation_endpoint", revoke_path);
    add_list(&j, "revocation_endpoint_auth_methods_supported", methods);
    add_endpoint(c, &j, "introspection_endpoint", introspect_path);
    add_list(&j, "introspection_endpoint_auth_methods_supported", methods);
    add_endpoint(c, &j, "menshen_captcha_endpoint", captcha_path);
    json_close_object(&j);
    return ERR_OK;
}

/* What is wrong is logged, and not told to the public. */
static enum err healthz(struct call *c)
{
    struct json_out j;
    enum err e = app_health(c->app, c->req->now_s);
    if (e != ERR_OK)
        c->res->status = 500;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_str(&j, "status", e == ERR_OK ? "ok" : "error");
    json_close_object(&j);
    return ERR_OK;
}

/* ---- Table ------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
    {"POST", token_path, ROUTE_FORM | ROUTE_CLIENT, token},
    {"GET", captcha_path, 0, captcha},
    {"POST", revoke_path, ROUTE_FORM | ROUTE_CLIENT, revoke},
    {"POST", introspect_path, ROUTE_FORM | ROUTE_CLIENT, introspect},
    {"GET", jwks_path, ROUTE_CACHED, jwks},
    {"GET", "/.well-known/oauth-authorization-server", ROUTE_ABSOLUTE | ROUTE_CACHED, metadata},
    {"GET", "/.well-known/oauth-authorization-server/*", ROUTE_ABSOLUTE | ROUTE_CACHED, metadata},
    {"GET", "/healthz", ROUTE_ABSOLUTE, healthz},
};

const struct dialect dialect_oauth = {
    .id = DIALECT_OAUTH,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .basic_is_form = true,
    .render_error = render_error,
};
