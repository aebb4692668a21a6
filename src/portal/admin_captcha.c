/*
 * /admin/captcha: what visitors get to read, a sheet of them, and another style.
 * Source: captcha/series.h, admin/site.h.
 */
#include <string.h>

#include "admin/site.h"
#include "captcha/series.h"
#include "portal/pages.h"
#include "portal/people.h"

enum { SHEET_COLUMNS = 3, SHEET_ROWS = 6, SHEET_ZOOM = 2 };

/* ---- What is asked for -------------------------------------------------------------------------------- */

struct asked {
    enum dialect_id dialect;
    struct captcha_profile profile;
};

/* The dialect, the kind and the level that the address names; without them what the portal has. */
static bool read_asked(const struct page *p, struct asked *out)
{
    const char *dialect = page_field(p, "dialect"), *kind = page_field(p, "kind");
    const char *level = page_field(p, "level");
    out->dialect = DIALECT_PORTAL;
    if (dialect[0] != '\0' && !config_dialect_find(dialect, &out->dialect))
        return false;
    out->profile = p->app->cfg.dialect[out->dialect].captcha;
    if (level[0] != '\0' && !config_level_find(level, &out->profile.level))
        return false;
    for (int k = 0; kind[0] != '\0'; k++) {
        if (k == CAPTCHA_KIND_COUNT)
            return false;
        out->profile.kind = (enum captcha_kind)k;
        if (strcmp(kind, config_kind_name((enum captcha_kind)k)) == 0)
            break;
    }
    return true;
}

/* ---- The page ----------------------------------------------------------------------------------------- */

static void add_option(struct page *p, struct view *v, const char *list, const char *value, const char *key,
                       bool chosen)
{
    struct view *item = view_item(v, list);
    view_text(item, "value", value);
    view_text(item, "label", key != NULL ? page_word(p, arena_printf(p->arena, "%s.%s", key, value)) : value);
    view_flag(item, "chosen", chosen);
}

static void add_dialect(struct page *p, enum dialect_id d)
{
    const struct config_dialect *c = &p->app->cfg.dialect[d];
    struct view *item = view_item(p->view, "dialects");
    view_text(item, "name", config_dialect_name(d));
    view_text(item, "section", config_dialect_section(d));
    view_textf(item, "kind", "captcha.kind.%s", config_kind_name(c->captcha.kind));
    view_textf(item, "level", "captcha.level.%s", config_level_name(c->captcha.level));
    view_textf(item, "size", "%d × %d", c->captcha.width_px, c->captcha.height_px);
    view_textf(item, "length", c->captcha.length_min == c->captcha.length_max ? "%d" : "%d–%d",
               c->captcha.length_min, c->captcha.length_max);
    view_text(item, "format", c->captcha.format == CAPTCHA_PNG ? "PNG" : "JPEG");
}

static void add_choices(struct page *p, const struct asked *asked)
{
    struct view *form = view_map(p->view, "form");
    for (int d = 0; d < DIALECT_COUNT; d++)
        if (p->app->cfg.dialect[d].enabled)
            add_option(p, form, "dialects", config_dialect_name((enum dialect_id)d), NULL,
                       d == (int)asked->dialect);
    for (int k = 0; k < CAPTCHA_KIND_COUNT; k++)
        add_option(p, form, "kinds", config_kind_name((enum captcha_kind)k), "captcha.kind",
                   k == (int)asked->profile.kind);
    for (int l = 0; l < CAPTCHA_LEVEL_COUNT; l++)
        add_option(p, form, "levels", config_level_name((enum captcha_level)l), "captcha.level",
                   l == (int)asked->profile.level);
}

enum err admin_captcha_show(struct page *p)
{
    struct asked asked;
    if (!read_asked(p, &asked))
        return ERR_NO_SUCH_PATH;
    for (int d = 0; d < DIALECT_COUNT; d++)
        if (p->app->cfg.dialect[d].enabled)
            add_dialect(p, (enum dialect_id)d);
    add_choices(p, &asked);
    view_textf(p->view, "sheet", "%s/admin/captcha-sheet?dialect=%s&kind=%s&level=%s", p->mount,
               config_dialect_name(asked.dialect), config_kind_name(asked.profile.kind),
               config_level_name(asked.profile.level));
    view_text(p->view, "section", config_dialect_section(asked.dialect));
    view_text(p->view, "level", config_level_name(asked.profile.level));
    view_text(p->view, "kind", config_kind_name(asked.profile.kind));
    view_text(p->view, "path", p->app->cfg.path);
    view_flag(p->view, "exposes", p->app->cfg.captcha.expose_answer);
    return page_show(p, "admin-captcha", 200);
}

/* ---- The sheet ---------------------------------------------------------------------------------------- */

enum err admin_captcha_sheet(struct page *p)
{
    struct asked asked;
    struct captcha_series series;
    struct captcha_engine *engine = NULL;
    if (!read_asked(p, &asked))
        return ERR_NO_SUCH_PATH;
    enum err e = app_engine(p->app, &engine);
    if (e != ERR_OK)
        return e;
    captcha_series_init(&series, engine, &asked.profile, false, 0);
    e = captcha_series_sheet(&series, SHEET_COLUMNS, SHEET_ROWS, SHEET_ZOOM, true, &p->call->res->body);
    captcha_series_fini(&series);
    p->call->res->type = "image/png";
    response_header(p->call->res, "X-Content-Type-Options", "nosniff");
    return e;
}

/* ---- Another style ------------------------------------------------------------------------------------ */

static enum err restyle(struct page *p, void *ctx)
{
    (void)ctx;
    return site_restyle(p->app->db);
}

enum err admin_captcha_restyle(struct page *p)
{
    enum err e = people_change(p, restyle, NULL, "captcha.restyle", "");
    return e == ERR_OK ? page_go(p, "/admin/captcha", "done.captcha_restyled") : e;
}
