#include "portal/portal.h"

#include <stdio.h>
#include <string.h>

#include "admin/appearance.h"
#include "portal/assets.h"
#include "portal/look.h"
#include "portal/pages.h"

static void serve_type(struct call *c, const char *type)
{
    c->res->type = type;
    response_header(c->res, "X-Content-Type-Options", "nosniff");
}

/* Style sheet and script have names that change with their content; another name leads to what there is today. That is
 * kept by nobody: beside a program of another version the name may be the one of what comes next. */
static enum err serve(struct call *c, const struct asset *asset, const char *type)
{
    if (strcmp(c->segment, asset->name) != 0) {
        response_restart(c->res, c->res->status);
        response_header(c->res, "Cache-Control", "no-store");
    }
    serve_type(c, type);
    buf_add_str(&c->res->body, asset->text);
    return ERR_OK;
}

/* The name says the colour, and which program made what of it: "look-1d4ed8-style-0123456789ab.css". */
static enum err serve_look(struct call *c)
{
    struct look look;
    char accent[7] = "";
    snprintf(accent, sizeof accent, "%s", c->segment + 5);
    if (c->segment[5 + strlen(accent)] != '-' || !look_of_accent(accent, &look))
        return ERR_NO_SUCH_PATH;
    serve_type(c, "text/css;charset=UTF-8");
    look_css(accent, &c->res->body);
    return ERR_OK;
}

/* The logo that was uploaded: its name changes with it. It alone is not in the program, which serves the rest also while
 * there is no database. */
static enum err serve_logo(struct call *c)
{
    const char *type = "";
    if (c->app->db == NULL)
        return ERR_DOWN;
    enum err e = appearance_logo(c->app->db, c->segment, &c->res->body, &type);
    serve_type(c, type);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

static enum err serve_asset(struct call *c)
{
    if (strncmp(c->segment, "style-", 6) == 0)
        return serve(c, &asset_css, "text/css;charset=UTF-8");
    if (strncmp(c->segment, "look-", 5) == 0)
        return serve_look(c);
    if (strncmp(c->segment, "logo-", 5) == 0)
        return serve_logo(c);
    if (strncmp(c->segment, "menshen-", 8) == 0)
        return serve(c, &asset_js, "text/javascript;charset=UTF-8");
    return ERR_NO_SUCH_PATH;
}

/* A GET has parameters in its address, a POST in its form. */
#define FLAGS_GET                              ROUTE_QUERY
#define FLAGS_POST                             ROUTE_FORM
#define FLAGS_OF(needs)                        (((needs)&PAGE_UPLOAD) != 0 ? ROUTE_UPLOAD : 0)
#define AS_ROUTE(method, path, needs, handler) {#method, path, FLAGS_##method | FLAGS_OF(needs), page_run},
#define AS_ROW(method, path, needs, handler)   {needs, handler},

static const struct route routes[] = {
    ALL_PAGES(AS_ROUTE){"GET", "/portal/file/{asset}", ROUTE_FOREVER, serve_asset}};
static const struct page_row rows[] = {ALL_PAGES(AS_ROW)};

const struct page_row *portal_row(const struct route *route)
{
    return &rows[route - routes];
}

const struct dialect portal = {
    .id = DIALECT_PORTAL,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .is_for_people = true,
    .admit_upload = page_admit_upload,
    .render_error = page_render_error,
};
