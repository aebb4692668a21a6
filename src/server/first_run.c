#include "server/first_run.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/site.h"
#include "dialect/dialects.h"
#include "http/routes.h"

/* The front door: no request of a program, and none that wants to change something, makes a site. */
static bool is_front_door(const struct config *cfg, const struct request *req)
{
    static const char *const patterns[] = {"/", "/login", "/setup"};
    struct routes_found f;
    if (strcmp(req->method, "GET") != 0)
        return false;
    routes_find(cfg, dialect_all, req->path, req->method, &f);
    for (size_t i = 0; f.route != NULL && i < sizeof patterns / sizeof patterns[0]; i++)
        if (f.dialect->id == DIALECT_PORTAL && strcmp(f.route->pattern, patterns[i]) == 0)
            return true;
    return false;
}

/* A folder of this user's that was made with other tools, as FTP's, may be readable by others; empty as it is, that is
 * soon mended. What cannot be is found out next. */
static void make_private(const char *dir)
{
    struct stat st;
    if (stat(dir, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) != 0)
        chmod(dir, 0700);
}

/* A configuration cannot be missed where none was found; what is wrong with one that is there, only the log says. */
static bool is_unconfigured(const struct config *cfg)
{
    return cfg->path[0] == '\0' && cfg->server.data_dir[0] == '\0';
}

static enum no_site make(struct server *s, const struct request *req, struct buf *why)
{
    struct app *app = &s->app;
    const char *dir = app->cfg.server.data_dir;
    if (!db_folder_is_new(dir, app->cfg.server.log))
        return NO_SITE_USED;
    if (dispatch_is_exposed(&s->dispatch, req))
        return NO_SITE_EXPOSED;
    make_private(dir);
    enum err e = site_create(app, NULL, req->now_s, why);
    if (e != ERR_OK && e != ERR_EXISTS && e != ERR_NOT_DURABLE)
        return NO_SITE_REFUSED;
    if (e != ERR_EXISTS)
        LOG(&app->log, ERR_LEVEL_INFO, "site_made", LOG_S("data_dir", dir), LOG_S("address", req->address));
    return NO_SITE_UNKNOWN;
}

bool first_run(struct server *s, const struct request *req)
{
    struct app *app = &s->app;
    struct buf why;
    app->no_site = NO_SITE_UNKNOWN;
    if (s->was_ready || !is_front_door(&app->cfg, req))
        return false;
    buf_init(&why);
    bool is_missing = s->start_err == ERR_NOT_FOUND && app->db == NULL;
    if (is_missing)
        app->no_site = make(s, req, &why);
    else if (is_unconfigured(&app->cfg))
        app->no_site = NO_SITE_REFUSED;
    if (app->no_site == NO_SITE_REFUSED && is_missing)
        snprintf(app->no_site_why, sizeof app->no_site_why, "%s", buf_str(&why));
    if (app->no_site != NO_SITE_UNKNOWN && is_missing)
        LOG_SOME(&app->log, ERR_LEVEL_ERROR, "site_not_made", LOG_S("error", err_info(ERR_CONFIG)->name),
                 LOG_S("message", buf_str(&why)), LOG_S("data_dir", app->cfg.server.data_dir));
    buf_free(&why);
    return is_missing && app->no_site == NO_SITE_UNKNOWN;
}
