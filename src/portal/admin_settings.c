/*
 * /admin/settings: the settings in force and where each comes from; and how the portal looks, which is set here.
 * Source: base/config.h, admin/appearance.h.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/appearance.h"
#include "portal/pages.h"
#include "portal/people.h"

/* ---- Settings ----------------------------------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether the text has the words that are looked for in it, whatever the case of ASCII letters. */
static bool has(const char *text, const char *sought)
{
    for (;; text++) {
        size_t n = 0;
        while (sought[n] != '\0' && lower(text[n]) == lower(sought[n]))
            n++;
        if (sought[n] == '\0')
            return true;
        if (*text == '\0')
            return false;
    }
}

/* What a setting is for: in the page's language where that has it, else in that of the configuration. What all dialects
 * have is said once. */
static const char *help_of(const struct page *p, const struct config_view *s, bool *is_english)
{
    const char *key = arena_printf(p->arena, "setting.%s.%s", s->section, s->key);
    const char *word = key != NULL ? words_find(key, strlen(key), p->script) : NULL;
    if (word == NULL) {
        key = arena_printf(p->arena, "setting.dialect.%s", s->key);
        word = key != NULL ? words_find(key, strlen(key), p->script) : NULL;
    }
    *is_english = word == NULL;
    return word != NULL ? word : s->help;
}

static void add_setting(struct page *p, struct view **section, const char **last, const struct config_view *s,
                        const char *help, bool is_english)
{
    if (strcmp(*last, s->section) != 0) {
        *section = view_item(p->view, "sections");
        view_text(*section, "name", s->section);
        *last = s->section;
    }
    struct view *item = view_item(*section, "settings");
    view_text(item, "section", s->section);
    view_text(item, "key", s->key);
    view_textf(item, "value", "%s", s->value);
    view_textf(item, "initial", "%s", s->initial);
    view_text(item, "help", help);
    view_flag(item, "is_english", is_english);
    view_flag(item, "is_set", s->place.line > 0);
    view_text(item, "profile", s->profile);
    view_number(item, "line", s->place.line);
    view_flag(item, "has_initial", s->place.line > 0 && s->initial[0] != '\0');
}

enum err admin_settings_list(struct page *p)
{
    const struct config *cfg = &p->app->cfg;
    const char *sought = page_field(p, "q");
    const char *last = "";
    struct view *section = NULL;
    size_t count = 0;
    bool only_set = page_checked(p, "set");
    struct config_view *s = arena_alloc(p->arena, sizeof *s);
    if (s == NULL)
        return ERR_MEMORY;
    for (size_t i = 0; config_view_at(cfg, i, s); i++) {
        bool is_english = false;
        const char *help = help_of(p, s, &is_english);
        const char *name = arena_printf(p->arena, "%s.%s", s->section, s->key);
        if ((only_set && s->place.line == 0) || name == NULL ||
            !(has(name, sought) || has(s->value, sought) || has(help, sought)))
            continue;
        add_setting(p, &section, &last, s, help, is_english);
        count++;
    }
    view_text(p->view, "q", sought);
    view_flag(p->view, "only_set", only_set);
    view_number(p->view, "count", (int64_t)count);
    view_text(p->view, "path", cfg->path);
    return page_show(p, "admin-settings", 200);
}

/* ---- The look ----------------------------------------------------------------------------------------- */

/* sent: the form shows what was sent with it. */
static enum err show_look(struct page *p, int status, bool sent)
{
    struct appearance a;
    enum err e = appearance_read(p->app->db, &p->app->cfg, p->arena, &a);
    struct view *form = view_map(p->view, "form");
    for (int f = 0; e == ERR_OK && f < APPEARANCE_FIELDS; f++) {
        const char *name = appearance_name((enum appearance_field)f);
        view_text(form, name, sent ? page_field(p, name) : a.value[f]);
    }
    if (e == ERR_OK && appearance_is_kept(a.value[APPEARANCE_LOGO])) {
        view_flag(p->view, "is_kept", true);
        view_text(form, "logo", "");
    }
    view_text(p->view, "self", "/admin/look");
    return e == ERR_OK ? page_show(p, "admin-look", status) : e;
}

enum err admin_look_show(struct page *p)
{
    return show_look(p, 200, false);
}

/* The colour as the configuration has it: without the # that people type. */
static const char *value_of(const struct page *p, enum appearance_field f)
{
    const char *value = page_field(p, appearance_name(f));
    return f == APPEARANCE_ACCENT && value[0] == '#' ? value + 1 : value;
}

/* A logo that was uploaded stays, unless there is a path now. */
static enum err set(struct page *p, void *ctx)
{
    struct appearance a;
    (void)ctx;
    enum err e = appearance_read(p->app->db, &p->app->cfg, p->arena, &a);
    for (int f = 0; e == ERR_OK && f < APPEARANCE_FIELDS; f++) {
        if (f == APPEARANCE_LOGO && appearance_is_kept(a.value[f]) && page_field(p, "logo")[0] == '\0')
            continue;
        e = appearance_set(p->app->db, &p->app->cfg, (enum appearance_field)f,
                           value_of(p, (enum appearance_field)f));
    }
    return e;
}

enum err admin_look_set(struct page *p)
{
    struct config *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        return ERR_MEMORY;
    for (int f = 0; f < APPEARANCE_FIELDS; f++) {
        enum appearance_field field = (enum appearance_field)f;
        if (appearance_check(scratch, field, value_of(p, field)) != ERR_OK)
            page_fault(p, appearance_name(field),
                       field == APPEARANCE_ACCENT                                    ? "look.fault.accent"
                       : field == APPEARANCE_LOGO || field == APPEARANCE_FOOTER_LINK ? "look.fault.logo"
                                                                                     : "look.fault.text");
    }
    free(scratch);
    if (page_has_faults(p))
        return show_look(p, 400, true);
    enum err e = people_change(p, set, NULL, "look.set", "");
    return e == ERR_OK ? page_go(p, "/admin/look", "done.look_set") : e;
}

/* ---- A picture as the logo ---------------------------------------------------------------------------- */

static enum err keep_logo(struct page *p, void *ctx)
{
    const struct multipart_file *file = page_file(p, "picture");
    (void)ctx;
    return file != NULL ? appearance_keep_logo(p->app->db, file->data, file->len) : ERR_BAD_REQUEST;
}

enum err admin_look_keep_logo(struct page *p)
{
    enum err e = people_change(p, keep_logo, NULL, "look.set", "");
    if (e != ERR_BAD_REQUEST && e != ERR_TOO_LARGE)
        return e == ERR_OK ? page_go(p, "/admin/look", "done.look_set") : e;
    page_fault(p, "picture", e == ERR_TOO_LARGE ? "look.fault.large" : "look.fault.picture");
    return show_look(p, 400, false);
}

static enum err remove_logo(struct page *p, void *ctx)
{
    (void)ctx;
    return appearance_set(p->app->db, &p->app->cfg, APPEARANCE_LOGO, p->app->cfg.portal.logo);
}

enum err admin_look_remove_logo(struct page *p)
{
    enum err e = people_change(p, remove_logo, NULL, "look.set", "");
    return e == ERR_OK ? page_go(p, "/admin/look", "done.look_set") : e;
}
