#include "http/dispatch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_out.h"
#include "http/authn.h"

/* Bytes one request may take: its body, decoded copies of it, rows and tokens. */
enum { ARENA_CAP = 1024 * 1024 };

/* ---- Parameters ---- */

enum err route_fail(struct call *c, enum err e, const char *field, enum detail detail)
{
    c->failure.field = field;
    c->failure.detail = detail;
    return e;
}

enum err route_param(struct call *c, const char *const *names, const char **value_out)
{
    enum err e = params_get(&c->params, names, value_out);
    return e == ERR_OK ? e : route_fail(c, e, names[0], DETAIL_STRING);
}

enum err route_require(struct call *c, const char *const *names, const char **value_out)
{
    enum err e = route_param(c, names, value_out);
    if (e == ERR_OK && *value_out == NULL)
        e = route_fail(c, ERR_MISSING_PARAM, names[0], DETAIL_NONE);
    return e;
}

enum err route_require_text(struct call *c, const char *const *names, size_t max, const char **value_out)
{
    enum err e = route_require(c, names, value_out);
    if (e == ERR_OK && strlen(*value_out) > max)
        e = route_fail(c, ERR_BAD_REQUEST, names[0], DETAIL_TOO_LONG);
    return e;
}

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

static enum err add_body(struct call *c, unsigned flags)
{
    const struct request *r = c->req;
    if (r->body_len == 0)
        return ERR_OK;
    if ((flags & ROUTE_JSON) != 0 && request_content_is(r, "application/json"))
        return params_add_json(&c->params, r->body, r->body_len, c->arena, &c->failure.detail);
    if ((flags & ROUTE_FORM) != 0 && request_content_is(r, "application/x-www-form-urlencoded"))
        return params_add_form(&c->params, r->body, r->body_len, PARAM_BODY, c->arena, &c->failure.field,
                               &c->failure.detail);
    return ERR_UNSUPPORTED_TYPE;
}

/* A site may refuse secrets in URLs, where proxies and histories keep them. */
static enum err check_query_secrets(struct call *c)
{
    static const char *const secrets[] = {"password", "client_secret", "refresh_token", "refreshToken"};
    for (const struct param *p = c->params.first; !c->cfg->query_credentials && p != NULL; p = p->next)
        for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
            if (p->source == PARAM_QUERY && strcmp(p->name, secrets[i]) == 0)
                return route_fail(c, ERR_BAD_REQUEST, secrets[i], DETAIL_QUERY_SECRET);
    return ERR_OK;
}

static enum err read_params(struct call *c, unsigned flags)
{
    enum err e = ERR_OK;
    if ((flags & (ROUTE_JSON | ROUTE_FORM)) != 0) {
        e = request_read_body(c->req, ROUTE_BODY_MAX, c->arena);
        if (e != ERR_OK)
            return route_fail(c, e, NULL, DETAIL_LENGTH);
        e = add_body(c, flags);
    } else {
        e = request_check_length(c->req, ROUTE_BODY_MAX);
        if (e != ERR_OK)
            return route_fail(c, e, NULL, DETAIL_LENGTH);
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

/* ---- Finding the route ---- */

/* The next element of a comma-joined list of prefixes: its length without a final slash; *list moves past it.
 */
static const char *next_prefix(const char **list, size_t *len_out)
{
    const char *prefix = *list;
    size_t len = strcspn(prefix, ",");
    *list = prefix + len + (prefix[len] == ',');
    *len_out = len == 1 ? 0 : len; /* "/" */
    return prefix;
}

/* What is left of `path` below the prefix, starting with '/'; NULL if it is not below it. */
static const char *below(const char *path, const char *prefix, size_t len)
{
    if (strncmp(path, prefix, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len;
}

/* Whether `rest` is of the form of `pattern`; the part that {…} matched in *segment, *len. */
static bool matches(const char *pattern, const char *rest, const char **segment, size_t *len)
{
    *len = 0;
    while (*pattern != '\0' && *rest != '\0') {
        if (*pattern == '*') {
            *segment = rest;
            *len = strlen(rest);
            return true;
        }
        if (*pattern == '{') {
            *segment = rest;
            *len = strcspn(rest, "/");
            if (*len == 0)
                return false;
            rest += *len;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *rest++) {
            return false;
        }
    }
    return *pattern == '\0' && *rest == '\0';
}

struct found {
    const struct dialect *dialect; /* NULL: nobody's path */
    const struct route *route;     /* NULL: no such path, or not with this method */
    const char *segment;
    size_t segment_len;
    char allow[64]; /* methods of the path, when the method is another */
};

static bool same_first_segment(const char *pattern, const char *rest)
{
    size_t n = 1 + strcspn(pattern + 1, "/");
    return strncmp(pattern, rest, n) == 0 && (rest[n] == '/' || rest[n] == '\0');
}

/* Look for `rest` among the routes of one dialect: those that are ROUTE_ABSOLUTE (rest: the whole path) or
 * those that are not. True if the path is known, with whatever method. */
static bool find_in(const struct dialect *d, const char *rest, unsigned absolute, const char *method,
                    struct found *f)
{
    bool known = false;
    for (size_t i = 0; i < d->count; i++) {
        const struct route *r = &d->routes[i];
        const char *segment = "";
        size_t len = 0;
        if ((r->flags & ROUTE_ABSOLUTE) != absolute || !matches(r->pattern, rest, &segment, &len))
            continue;
        known = true;
        f->dialect = d;
        if (strcmp(r->method, method) == 0) {
            f->route = r;
            f->segment = segment;
            f->segment_len = len;
            return true;
        }
        size_t used = strlen(f->allow);
        snprintf(f->allow + used, sizeof f->allow - used, "%s%s", used > 0 ? ", " : "", r->method);
    }
    return known;
}

/* Whether the dialect's shape fits an unknown path: below a prefix of its own, or beside one of its routes.
 */
static bool is_near(const struct dialect *d, const char *rest, size_t prefix_len)
{
    if (prefix_len > 0)
        return true;
    for (size_t i = 0; i < d->count; i++)
        if ((d->routes[i].flags & ROUTE_ABSOLUTE) == 0 && same_first_segment(d->routes[i].pattern, rest))
            return true;
    return false;
}

static void find(const struct dispatch *d, const char *path, const char *method, struct found *f)
{
    const struct dialect *near = NULL;
    size_t near_len = 0;
    *f = (struct found){.segment = ""};
    for (size_t i = 0; i < DIALECT_COUNT && f->route == NULL; i++) {
        const struct config_dialect *cfg = &d->app->cfg.dialect[i];
        const char *list = cfg->prefix;
        if (cfg->enabled && find_in(d->dialects[i], path, ROUTE_ABSOLUTE, method, f))
            continue;
        while (cfg->enabled && *list != '\0' && f->route == NULL) {
            size_t len = 0;
            const char *prefix = next_prefix(&list, &len);
            const char *rest = below(path, prefix, len);
            if (rest == NULL || find_in(d->dialects[i], rest, 0, method, f))
                continue;
            if (is_near(d->dialects[i], rest, len) && (near == NULL || len > near_len)) {
                near = d->dialects[i];
                near_len = len;
            }
        }
    }
    if (f->dialect == NULL)
        f->dialect = near;
}

/* ---- Clashes ---- */

/* Whether some path matches both prefix+pattern pairs. Segment by segment, since {…} covers one whole
 * segment. */
static bool overlap(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t na = 1 + strcspn(a + 1, "/"), nb = 1 + strcspn(b + 1, "/");
        if (a[1] == '*' || b[1] == '*')
            return true;
        bool free_segment = a[1] == '{' || b[1] == '{';
        if (!free_segment && (na != nb || memcmp(a, b, na) != 0))
            return false;
        a += na;
        b += nb;
    }
    return *a == *b;
}

struct mounted {
    const struct dialect *dialect;
    const struct route *route;
    char path[CONFIG_TEXT_CAP * 2]; /* prefix and pattern */
};

enum { MOUNTED_MAX = 256 };

/* Add the dialect's routes that are ROUTE_ABSOLUTE, or those that are not, below one prefix. */
static enum err mount_below(const struct dialect *d, unsigned absolute, const char *prefix, size_t len,
                            struct mounted *all, size_t *count, struct buf *why)
{
    for (size_t i = 0; i < d->count; i++) {
        if ((d->routes[i].flags & ROUTE_ABSOLUTE) != absolute)
            continue;
        if (*count == MOUNTED_MAX) {
            buf_add_str(why, "too many prefixes: use fewer");
            return ERR_CONFIG;
        }
        struct mounted *m = &all[(*count)++];
        m->dialect = d;
        m->route = &d->routes[i];
        snprintf(m->path, sizeof m->path, "%.*s%s", (int)len, prefix, d->routes[i].pattern);
    }
    return ERR_OK;
}

static enum err mount(const struct dialect *d, const char *prefixes, struct mounted *all, size_t *count,
                      struct buf *why)
{
    enum err e = mount_below(d, ROUTE_ABSOLUTE, "", 0, all, count, why);
    for (const char *list = prefixes; e == ERR_OK && *list != '\0';) {
        size_t len = 0;
        const char *prefix = next_prefix(&list, &len);
        e = mount_below(d, 0, prefix, len, all, count, why);
    }
    return e;
}

static enum err check_pairs(const struct mounted *all, size_t count, struct buf *why)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            const struct mounted *a = &all[i], *b = &all[k];
            if (strcmp(a->route->method, b->route->method) != 0 || !overlap(a->path, b->path))
                continue;
            buf_addf(why,
                     "[dialect.%s] and [dialect.%s] both serve %s %s: set enabled = no for one, or give one "
                     "another "
                     "prefix",
                     config_dialect_name(a->dialect->id), config_dialect_name(b->dialect->id),
                     a->route->method, a->path);
            return ERR_CONFIG;
        }
    }
    return ERR_OK;
}

enum err dispatch_check(const struct config *cfg, const struct dialect *const *dialects, struct buf *why)
{
    struct mounted *all = calloc(MOUNTED_MAX, sizeof *all);
    size_t count = 0;
    enum err e = all != NULL ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; e == ERR_OK && i < DIALECT_COUNT; i++)
        if (cfg->dialect[i].enabled)
            e = mount(dialects[i], cfg->dialect[i].prefix, all, &count, why);
    if (e == ERR_OK)
        e = check_pairs(all, count, why);
    free(all);
    return e;
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

static void render_failure(struct call *c, enum err e)
{
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
    if (c->dialect != NULL)
        c->dialect->render_error(c);
    else
        general_error(&c->res->body, info->http_status, info->name, text_of(e, SCRIPT_SIMPLIFIED));
    LOG(&c->app->log, info->level, "request_failed", LOG_S("error", info->name),
        LOG_S("dialect", c->dialect != NULL ? config_dialect_name(c->dialect->id) : NULL),
        LOG_S("method", c->req->method), LOG_S("path", c->req->path),
        /* A parameter that came twice is named by the visitor: it may be a piece of a password with an & in
           it. */
        LOG_S("field", e != ERR_CONFLICTING_PARAM ? c->failure.field : NULL), LOG_N("status", c->res->status),
        LOG_S("address", c->req->address));
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

/* Client and token are looked up before anything is written. */
enum { READS_FIRST = ROUTE_CLIENT | ROUTE_BEARER | ROUTE_BEARER_IF_ANY | ROUTE_BEARER_IF_CONFIGURED };

static enum err run_route(struct call *c, const struct found *f)
{
    if (f->route == NULL) {
        c->failure.allow = f->allow;
        return f->allow[0] != '\0' ? ERR_METHOD_NOT_ALLOWED : ERR_NO_SUCH_PATH;
    }
    unsigned flags = f->route->flags;
    c->segment = arena_strndup(c->arena, f->segment, f->segment_len);
    if (c->segment == NULL)
        return ERR_MEMORY;
    if ((flags & ROUTE_CACHED) != 0)
        response_header(c->res, "Cache-Control", "public, max-age=" ROUTE_CACHED_S);
    else
        no_store(c->res);
    enum err e = (flags & ROUTE_SOURCE) != 0 ? check_source(c) : ERR_OK;
    if (e == ERR_OK)
        e = read_params(c, flags);
    if (e == ERR_OK && (flags & READS_FIRST) != 0)
        e = db_read_begin(c->app->db);
    if (e == ERR_OK && (flags & ROUTE_CLIENT) != 0)
        e = authn_client(c);
    if (e == ERR_OK)
        e = check_bearer(c, flags);
    if (e == ERR_OK)
        e = f->route->handler(c);
    db_read_end(c->app->db);
    return e == ERR_OK && c->res->body.err != ERR_OK ? c->res->body.err : e;
}

static bool is_below(const char *dir, const char *root)
{
    char full_root[PATH_MAX], full_dir[PATH_MAX];
    if (realpath(root, full_root) == NULL || strcmp(full_root, "/") == 0 || realpath(dir, full_dir) == NULL)
        return false;
    size_t len = strlen(full_root);
    return strncmp(full_dir, full_root, len) == 0 && (full_dir[len] == '/' || full_dir[len] == '\0');
}

/* The database must not be something that the web server could hand out. Roots differ by request; few are
 * new. */
static bool is_exposed(struct dispatch *d, const struct request *req)
{
    static const char *const variables[] = {"DOCUMENT_ROOT", "CONTEXT_DOCUMENT_ROOT"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *root = request_env(req, variables[i]);
        if (root == NULL || strcmp(root, d->safe_root[i]) == 0)
            continue;
        if (is_below(d->app->cfg.server.data_dir, root))
            return true;
        if (strlen(root) < DISPATCH_ROOT_CAP)
            memcpy(d->safe_root[i], root, strlen(root) + 1);
    }
    return false;
}

static struct call call_of(struct dispatch *d, struct request *req, struct found *f)
{
    struct call c = {.app = d->app, .arena = &d->arena, .req = req, .res = &d->response};
    response_reset(&d->response);
    find(d, req->path, req->method, f);
    c.dialect = f->dialect;
    c.cfg = f->dialect != NULL ? &d->app->cfg.dialect[f->dialect->id] : NULL;
    return c;
}

static void render(struct dispatch *d, struct buf *out)
{
    response_render(&d->response, out);
    response_reset(&d->response);
    arena_reset(&d->arena);
}

void dispatch_run(struct dispatch *d, struct request *req, struct buf *out)
{
    struct found f;
    struct call c = call_of(d, req, &f);
    enum err e;
    if (is_exposed(d, req)) {
        LOG(&d->app->log, ERR_LEVEL_ERROR, "data_dir_below_document_root",
            LOG_S("data_dir", d->app->cfg.server.data_dir),
            LOG_S("hint", "set [server] data_dir to a folder outside"));
        e = ERR_CONFIG;
    } else {
        e = run_route(&c, &f);
    }
    if (e != ERR_OK)
        render_failure(&c, e);
    render(d, out);
}

void dispatch_fail(struct dispatch *d, struct request *req, enum err e, struct buf *out)
{
    struct found f;
    struct call c = call_of(d, req, &f);
    render_failure(&c, e);
    render(d, out);
}

void dispatch_unavailable(struct buf *out)
{
    struct response r;
    response_init(&r);
    r.status = 500;
    no_store(&r);
    general_error(&r.body, 500, "unavailable", text_of(ERR_CONFIG, SCRIPT_SIMPLIFIED));
    response_render(&r, out);
    response_fini(&r);
}
