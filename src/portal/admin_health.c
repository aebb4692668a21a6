/*
 * /admin/health: what `menshen doctor` finds, of the worker that answers.
 * Source: admin/doctor.h.
 */
#include <string.h>

#include "admin/doctor.h"
#include "portal/pages.h"

/* Where something can be done about a finding. */
static const struct {
    const char *name, *path;
} remedies[] = {
    {"sign_keys", "/admin/keys"},
    {"sm2_key", "/admin/keys"},
    {"tenants", "/admin/tenants"},
    {"clients_with_secret", "/admin/clients"},
    {"dialect_client", "/admin/clients"},
    {"demo_client", "/admin/clients"},
    {"users", "/admin/users"},
    {"demo_user", "/admin/users"},
    {"imported_hashes", "/admin/users"},
    {"lookalikes", "/admin/users"},
    {"policy", "/admin/settings?q=policy"},
    {"unused", "/admin/users"},
    {"unused_lock", "/admin/settings?q=policy.unused_lock"},
    {"expired_password", "/admin/settings?q=policy.expired_password"},
    {"mail", "/admin/settings?q=mail"},
    {"https", "/admin/settings?q=base_url"},
    {"password_kinds", "/admin/clients"},
    {"expose_answer", "/admin/settings?q=expose_answer"},
    {"trusted_proxies", "/admin/settings?q=trusted_proxies"},
    {"metadata", "/admin/settings?q=base_url"},
    {"argon2", "/admin/settings?q=argon2"},
};

static const char *remedy_of(const char *name)
{
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (strcmp(remedies[i].name, name) == 0)
            return remedies[i].path;
    return NULL;
}

/* A text of a finding in the page's language; NULL if there is none. */
static const char *word_of(const struct page *p, const char *kind, const char *name)
{
    const char *key = arena_printf(p->arena, "%s.%s", kind, name);
    return key != NULL ? words_find(key, strlen(key), p->script) : NULL;
}

static void add_finding(struct page *p, const struct doctor_finding *f)
{
    static const char *const moods[] = {
        [DOCTOR_OK] = "good", [DOCTOR_WARNING] = "warn", [DOCTOR_ERROR] = "bad"};
    struct view *item = view_item(p->view, "findings");
    const char *word = word_of(p, "health.check", f->name);
    view_text(item, "name", f->name);
    view_text(item, "word", word != NULL ? word : f->name);
    view_text(item, "mood", moods[f->status]);
    view_textf(item, "status", "health.status.%s", doctor_status_name(f->status));
    view_text(item, "help", f->status != DOCTOR_OK ? word_of(p, "health.help", f->name) : NULL);
    view_text(item, "message", f->message);
    view_text(item, "advice", f->advice);
    const char *remedy = remedy_of(f->name);
    view_text(item, "remedy",
              f->status != DOCTOR_OK && remedy != NULL ? arena_printf(p->arena, "%s%s", p->mount, remedy)
                                                       : "");
}

/* What is wrong first. */
static void add_findings(struct page *p, const struct doctor *d)
{
    static const enum doctor_status order[] = {DOCTOR_ERROR, DOCTOR_WARNING, DOCTOR_OK};
    for (size_t s = 0; s < sizeof order / sizeof order[0]; s++)
        for (size_t i = 0; i < d->count; i++)
            if (d->finding[i].status == order[s])
                add_finding(p, &d->finding[i]);
    view_number(p->view, "checks", (int64_t)d->count);
    view_number(p->view, "errors", (int64_t)doctor_count(d, DOCTOR_ERROR));
    view_number(p->view, "warnings", (int64_t)doctor_count(d, DOCTOR_WARNING));
    view_flag(p->view, "has_errors", doctor_count(d, DOCTOR_ERROR) > 0);
    view_flag(p->view, "has_warnings", doctor_count(d, DOCTOR_WARNING) > 0);
}

static enum err show(struct page *p, bool is_quick)
{
    struct doctor *d = arena_alloc(p->arena, sizeof *d);
    if (d == NULL)
        return ERR_MEMORY;
    *d = (struct doctor){.app = p->app,
                         .is_open = true,
                         .is_quick = is_quick,
                         .dialects = p->call->dialects,
                         .arena = p->arena,
                         .now_s = p->now_s};
    db_read_end(p->app->db);
    if (!is_quick)
        app_before_slow(p->app);
    doctor_examine(d);
    add_findings(p, d);
    view_flag(p->view, "is_quick", is_quick);
    view_text(p->view, "self", "/admin/health");
    return page_show(p, "admin-health", 200);
}

enum err admin_health_show(struct page *p)
{
    return show(p, true);
}

enum err admin_health_examine(struct page *p)
{
    return show(p, false);
}
