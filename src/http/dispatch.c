#include "http/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "base/place.h"
#include "http/authn.h"
#include "http/cors.h"
#include "http/routes.h"

/* Bytes one request may take: its body, decoded copies of it, rows and tokens. */
enum { ARENA_CAP = 1024 * 1024, UPLOAD_ARENA_CAP = ARENA_CAP + 3 * ROUTE_UPLOAD_MAX };

/* ---- Parameters ---- */

static enum err add_headers(struct call *c)
{
    if (c->dialect->headers == NULL)
        return ERR_OK;
    for (const char *const(*h)[2] = c->dialect->headers; (*h)[0] != NULL; h++) {
        enum err e = params_add_header(&c->params, (*h)[1], request_env(c->req, (*h)[0]), c->arena);
        if (e != ERR_OK)
            return route_fail(c, e, (*h)[1], DETAIL_UTF8);
    }
    return ERR_OK;
}

enum { READS_BODY = ROUTE_JSON | ROUTE_FORM };

static bool is_json(const struct request *r, unsigned flags)
{
    return (flags & ROUTE_JSON) != 0 && request_content_is(r, "application/json");
}

static bool is_form(const struct request *r, unsigned flags)
{
    return (flags & ROUTE_FORM) != 0 && request_content_is(r, "application/x-www-form-urlencoded");
}

static bool is_multipart(const struct request *r, unsigned flags)
{
    return (flags & ROUTE_FORM) != 0 && request_content_is(r, "multipart/form-data");
}

static bool is_readable(const struct request *r, unsigned flags)
{
    return is_json(r, flags) || is_form(r, flags) || is_multipart(r, flags);
}

static enum err add_body(struct call *c, unsigned flags)
{
    struct request *r = c->req;
    if (r->body_len == 0)
        return ERR_OK;
    if (is_json(r, flags))
        return params_add_json(&c->params, r->body, r->body_len, c->arena, &c->failure.detail);
    if (is_form(r, flags))
        return params_add_form(&c->params, r->body, r->body_len, PARAM_BODY, c->arena, &c->failure.field,
                               &c->failure.detail);
    if (is_multipart(r, flags))
        return params_add_multipart(&c->params, r->content_type, r->body, r->body_len,
                                    (flags & ROUTE_UPLOAD) != 0 ? &c->file : NULL, c->arena,
                                    &c->failure.field, &c->failure.detail);
    return ERR_UNSUPPORTED_TYPE;
}

/* A site may refuse secrets in URLs, where proxies and histories keep them. */
static enum err check_query_secrets(struct call *c)
{
    static const char *const secrets[] = {"password",    "client_secret", "refresh_token", "refreshToken",
                                          "oldPassword", "newPassword",   "newPassword1"};
    for (const struct param *p = c->params.first; !c->cfg->query_credentials && p != NULL; p = p->next)
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
            if (p->source == PARAM_QUERY && strcmp(p->name, secrets[i]) == 0)
                return route_fail(c, ERR_BAD_REQUEST, secrets[i], DETAIL_QUERY_SECRET);
    return ERR_OK;
}

static enum err read_params(struct call *c, unsigned flags)
{
    enum err e = ERR_OK;
    if ((flags & READS_BODY) != 0) {
        e = request_read_body(c->req, c->body_max, c->arena);
        e = e == ERR_OK ? add_body(c, flags) : route_fail(c, e, NULL, DETAIL_LENGTH);
    }
    if (e == ERR_OK && (flags & ROUTE_QUERY) != 0)
        e = params_add_form(&c->params, c->req->query, strlen(c->req->query), PARAM_QUERY, c->arena,
                            &c->failure.field, &c->failure.detail);
    if (e == ERR_OK)
        e = check_query_secrets(c);
    if (e == ERR_OK)
        e = add_headers(c);
    return e;
}

static enum err check_source(struct call *c)
{
    char name[CONFIG_TEXT_CAP + 8] = "HTTP_";
    size_t n = strlen(name);
    for (const char *p = c->cfg->source_header; *p != '\0' && n < sizeof name - 1; p++)
        name[n++] = (char)(*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
    const char *source = request_env(c->req, name);
    if (source == NULL || source[0] == '\0')
        return route_fail(c, ERR_BAD_SOURCE, c->cfg->source_header, DETAIL_NONE);
    return config_list_has(c->cfg->sources, source, strlen(source)) ? ERR_OK : ERR_BAD_SOURCE;
}

/* How long the body may be: more only for whom the dialect knows. */
static enum err find_body_max(struct call *c, unsigned flags, int64_t *promised_out)
{
    c->body_max = ROUTE_BODY_MAX;
    enum err e = request_length(c->req, ROUTE_BODY_MAX, promised_out);
    if (e != ERR_TOO_LARGE || (flags & ROUTE_UPLOAD) == 0)
        return e;
    e = request_length(c->req, ROUTE_UPLOAD_MAX, promised_out);
    if (e == ERR_OK)
        e = c->dialect->admit_upload != NULL ? c->dialect->admit_upload(c) : ERR_TOO_LARGE;
    if (e == ERR_OK) {
        c->body_max = ROUTE_UPLOAD_MAX;
        c->arena->cap = UPLOAD_ARENA_CAP;
    }
    return e;
}

/* All that can be said of a request before its body is there: limits come before work. */
static enum err check_before_body(struct call *c, const struct routes_found *f)
{
    if (f->route == NULL) {
        c->failure.allow = f->allow;
        return f->allow[0] != '\0' ? ERR_METHOD_NOT_ALLOWED : ERR_NO_SUCH_PATH;
    }
    unsigned flags = f->route->flags;
    int64_t promised = 0;
    enum err e = (flags & ROUTE_SOURCE) != 0 ? check_source(c) : ERR_OK;
    if (e != ERR_OK)
        return e;
    e = find_body_max(c, flags, &promised);
    if (e != ERR_OK)
        return route_fail(c, e, NULL, DETAIL_LENGTH);
    return promised == 0 || (flags & READS_BODY) == 0 || is_readable(c->req, flags) ? ERR_OK
                                                                                    : ERR_UNSUPPORTED_TYPE;
}

/* ---- Answering ---- */

void dispatch_init(struct dispatch *d, struct app *app, const struct dialect *const *dialects)
{
    *d = (struct dispatch){.app = app, .dialects = dialects};
    arena_init(&d->arena, ARENA_CAP);
    response_init(&d->response);
}

void dispatch_fini(struct dispatch *d)
{
    arena_fini(&d->arena);
    response_fini(&d->response);
}

void dispatch_forget(struct dispatch *d)
{
    memset(d->safe_root, 0, sizeof d->safe_root);
}

/* The shape of errors on paths that belong to no dialect. */
static void general_error(struct buf *body, int status, const char *name, const char *msg)
{
    struct json_out j;
    json_out_init(&j, body);
    json_open_object(&j, NULL);
    json_str(&j, "error", name);
    json_int(&j, "code", status);
    json_bool(&j, "success", false);
    json_str(&j, "msg", msg);
    json_null(&j, "data");
    json_close_object(&j);
}

static void no_store(struct response *r)
{
    response_header(r, "Cache-Control", "no-store");
    response_header(r, "Pragma", "no-cache");
}

/* Whose shape an error has. A path that nobody serves, asked for by a person in a browser, is a page like the others. */
static const struct dialect *shape_of(const struct call *c)
{
    const char *accept = request_env(c->req, "HTTP_ACCEPT");
    if (c->dialect != NULL || accept == NULL || strstr(accept, "text/html") == NULL)
        return c->dialect;
    for (int i = 0; i < DIALECT_COUNT; i++)
        if (c->app->cfg.dialect[i].enabled && c->dialects[i]->is_for_people)
            return c->dialects[i];
    return NULL;
}

static void render_failure(struct call *c, enum err e)
{
    const struct dialect *shape = shape_of(c);
    const struct err_info *info = err_info(e);
    char seconds[24];
    c->failure.err = e;
    response_restart(c->res, info->http_status);
    no_store(c->res);
    if (e == ERR_METHOD_NOT_ALLOWED)
        response_header(c->res, "Allow", c->failure.allow);
    if (info->http_status == 429) {
        int64_t wait_s = c->failure.retry_after_s > 0 ? c->failure.retry_after_s : 1;
        snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
        response_header(c->res, "Retry-After", seconds);
    }
    if (shape != NULL)
        shape->render_error(c);
    else
        general_error(&c->res->body, info->http_status, info->name, text_of(e, SCRIPT_SIMPLIFIED));
}

/* A parameter that came twice, or as a file, or with a NUL, is named by the visitor: it may be a piece of a password. */
static bool is_named_by_us(const struct failure *f)
{
    return f->err != ERR_CONFLICTING_PARAM && f->detail != DETAIL_FILE && f->detail != DETAIL_NUL;
}

/* nginx's own fastcgi_params have no PATH_INFO, and put the path into SCRIPT_NAME. */
static const char *hint_of(const struct call *c)
{
    const char *script = request_env(c->req, "SCRIPT_NAME");
    bool is_lost = request_env(c->req, "PATH_INFO") == NULL && script != NULL && script[0] != '\0';
    return c->failure.err == ERR_NO_SUCH_PATH && is_lost
               ? "no PATH_INFO came: unless this was the bare mount, let the web server pass it; see "
                 "nginx-conf/"
               : NULL;
}

/* The path with "…" where it may hold the secret of a link, which lets somebody in until it is used: 32 hex digits or
 * more, wherever they stand. */
static const char *path_without_secrets(const struct call *c)
{
    enum { SECRET_DIGITS = 32 };
    static const char hex[] = "0123456789abcdefABCDEF";
    char *path = arena_strdup(c->arena, c->req->path);
    for (char *p = path; p != NULL && *p != '\0'; p += strcspn(p, hex)) {
        size_t digits = strspn(p, hex);
        if (digits >= SECRET_DIGITS) {
            memcpy(p, "…", strlen("…"));
            memmove(p + strlen("…"), p + digits, strlen(p + digits) + 1);
            digits = strlen("…");
        }
        p += digits;
    }
    return path;
}

static void log_failure(const struct call *c)
{
    enum err e = c->failure.err;
    LOG_SOME(&c->app->log, err_info(e)->level, "request_failed", LOG_S("error", err_info(e)->name),
             LOG_S("dialect", c->dialect != NULL ? config_dialect_name(c->dialect->id) : NULL),
             LOG_S("method", c->req->method), LOG_S("path", path_without_secrets(c)),
             LOG_S("field", is_named_by_us(&c->failure) ? c->failure.field : NULL),
             LOG_N("status", c->res->status), LOG_S("address", c->req->address), LOG_S("hint", hint_of(c)));
}

static enum err check_bearer(struct call *c, unsigned flags)
{
    bool required =
        (flags & ROUTE_BEARER) != 0 || ((flags & ROUTE_BEARER_IF_CONFIGURED) != 0 && c->cfg->require_bearer);
    bool looked_at = (flags & (ROUTE_BEARER_IF_ANY | ROUTE_BEARER_IF_CONFIGURED)) != 0;
    if (!required && !looked_at)
        return ERR_OK;
    enum err e = authn_bearer(c);
    return !required && (e == ERR_TOKEN_MISSING || e == ERR_TOKEN_INVALID) ? ERR_OK : e;
}

/* Client and token are looked up before anything is written. */
enum { READS_FIRST = ROUTE_CLIENT | ROUTE_BEARER | ROUTE_BEARER_IF_ANY | ROUTE_BEARER_IF_CONFIGURED };

static enum err run_handler(struct call *c, const struct route *route)
{
    enum err e = (route->flags & READS_FIRST) != 0 ? db_read_begin(c->app->db) : ERR_OK;
    if (e == ERR_OK && (route->flags & ROUTE_CLIENT) != 0)
        e = authn_client(c);
    if (e == ERR_OK)
        e = check_bearer(c, route->flags);
    if (e == ERR_OK)
        e = route->handler(c);
    db_read_end(c->app->db);
    return e == ERR_OK && c->res->body.err != ERR_OK ? c->res->body.err : e;
}

static enum err run_route(struct call *c, const struct routes_found *f)
{
    enum err e = check_before_body(c, f);
    if (e != ERR_OK)
        return e;
    c->segment = arena_strndup(c->arena, f->segment, f->segment_len);
    if (c->segment == NULL)
        return ERR_MEMORY;
    if ((f->route->flags & ROUTE_CACHED) != 0)
        response_header(c->res, "Cache-Control", "public, max-age=" ROUTE_CACHED_S);
    else if ((f->route->flags & ROUTE_FOREVER) != 0)
        response_header(c->res, "Cache-Control", "public, max-age=31536000, immutable");
    else
        no_store(c->res);
    e = read_params(c, f->route->flags);
    return e == ERR_OK ? run_handler(c, f->route) : e;
}

/* Roots differ by request; few are new. */
bool dispatch_is_exposed(struct dispatch *d, const struct request *req)
{
    static const char *const variables[] = {"DOCUMENT_ROOT", "CONTEXT_DOCUMENT_ROOT"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *root = request_env(req, variables[i]);
        if (root == NULL || strcmp(root, d->safe_root[i]) == 0)
            continue;
        if (place_is_below(d->app->cfg.server.data_dir, root))
            return true;
        if (strlen(root) < DISPATCH_ROOT_CAP)
            memcpy(d->safe_root[i], root, strlen(root) + 1);
    }
    return false;
}

/*
 * OPTIONS costs nothing: no database is asked. A preflight is answered on every path, so that a page can read
 * the 404 that follows.
 */
static enum err answer_options(struct call *c, const struct routes_found *f)
{
    bool preflight = cors_is_preflight(c);
    const char *allow = f->allow;
    if (allow[0] == '\0' && (preflight || strcmp(c->req->path, "*") == 0))
        allow = ROUTES_ALLOW_ANY;
    if (allow[0] == '\0')
        return ERR_NO_SUCH_PATH;
    c->res->status = 204;
    response_header(c->res, "Allow", allow);
    return preflight ? cors_preflight(c, allow) : ERR_OK;
}

static struct call call_of(struct dispatch *d, struct request *req, struct routes_found *f)
{
    struct call c = {.app = d->app, .arena = &d->arena, .req = req, .res = &d->response};
    response_reset(&d->response);
    routes_find(&d->app->cfg, d->dialects, req->path, req->method, f);
    c.dialect = f->dialect;
    c.dialects = d->dialects;
    c.route = f->route;
    c.cfg = f->dialect != NULL ? &d->app->cfg.dialect[f->dialect->id] : NULL;
    return c;
}

static void forget_request(struct dispatch *d)
{
    arena_reset(&d->arena);
    d->arena.cap = ARENA_CAP;
}

static void finish(struct dispatch *d, const struct call *c, struct buf *out)
{
    cors_answer(c);
    response_render(&d->response, strcmp(c->req->method, "HEAD") != 0, out);
    response_reset(&d->response);
    forget_request(d);
}

size_t dispatch_wants_body(struct dispatch *d, char **env, int64_t now_s)
{
    struct request req;
    struct routes_found f;
    request_init(&req, env, d->app->cfg.server.trusted_proxies, now_s, &d->arena, NULL, NULL);
    struct call c = call_of(d, &req, &f);
    bool wanted =
        check_before_body(&c, &f) == ERR_OK && (f.route->flags & READS_BODY) != 0 && request_has_body(&req);
    forget_request(d);
    return wanted ? c.body_max : 0;
}

static void fail(struct dispatch *d, struct call *c, enum err e, struct buf *out)
{
    render_failure(c, e);
    log_failure(c);
    finish(d, c, out);
}

/* What is in the program needs no data folder. */
static bool is_embedded(const struct routes_found *f)
{
    return f->route != NULL && (f->route->flags & ROUTE_FOREVER) != 0;
}

static enum err run(struct dispatch *d, struct call *c, const struct routes_found *f)
{
    if (strcmp(c->req->method, "OPTIONS") == 0)
        return answer_options(c, f);
    if (!is_embedded(f) && dispatch_is_exposed(d, c->req)) {
        LOG_SOME(&d->app->log, ERR_LEVEL_ERROR, "data_dir_below_document_root",
                 LOG_S("error", err_info(ERR_CONFIG)->name), LOG_S("data_dir", d->app->cfg.server.data_dir),
                 LOG_S("hint", "set [server] data_dir to a folder outside"));
        return ERR_CONFIG;
    }
    return run_route(c, f);
}

void dispatch_run(struct dispatch *d, struct request *req, struct buf *out)
{
    struct routes_found f;
    struct call c = call_of(d, req, &f);
    enum err e = run(d, &c, &f);
    if (e == ERR_OK)
        finish(d, &c, out);
    else
        fail(d, &c, e, out);
}

void dispatch_fail(struct dispatch *d, struct request *req, enum err e, struct buf *out)
{
    struct routes_found f;
    struct call c = call_of(d, req, &f);
    fail(d, &c, e, out);
}

void dispatch_unavailable(struct dispatch *d, struct request *req, enum err e, struct buf *out)
{
    struct routes_found f;
    struct call c = call_of(d, req, &f);
    bool is_answered = strcmp(req->method, "OPTIONS") == 0 ? answer_options(&c, &f) == ERR_OK
                                                           : is_embedded(&f) && run_route(&c, &f) == ERR_OK;
    if (!is_answered)
        render_failure(&c, e == ERR_BUSY ? e : ERR_DOWN);
    finish(d, &c, out);
}
