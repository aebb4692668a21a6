/* /admin/tenants: separate populations of users. */
#include <string.h>

#include "admin/tenants.h"
#include "admin/text.h"
#include "portal/pages.h"
#include "portal/people.h"

/* ---- The list, and a new one ---- */

struct listing {
    struct page *p;
    size_t count;
};

static enum err show_tenant(void *ctx, const struct tenant *t)
{
    struct listing *l = ctx;
    struct page *p = l->p;
    int64_t users = 0;
    if (++l->count > PEOPLE_CHOICES_MAX)
        return ERR_OK;
    struct view *v = view_item(p->view, "tenants");
    view_textf(v, "id", "%s", t->id);
    view_textf(v, "name", "%s", t->name);
    view_flag(v, "locked", t->locked);
    page_time(p, v, "created", t->created_s);
    enum err e = tenant_store_users(p->app->db, t->id, &users);
    view_number(v, "users", users);
    return e;
}

static enum err show_list(struct page *p, int status)
{
    struct arena rows;
    struct listing l = {.p = p};
    struct view *form = view_map(p->view, "form");
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = tenant_store_list(p->app->db, &rows, show_tenant, &l);
    arena_fini(&rows);
    if (l.count > PEOPLE_CHOICES_MAX)
        view_number(p->view, "not_shown", (int64_t)(l.count - PEOPLE_CHOICES_MAX));
    view_text(form, "id", people_field(p, "id"));
    view_text(form, "name", people_field(p, "name"));
    return e == ERR_OK ? people_show(p, "admin-tenants", "tenants.title", status) : e;
}

enum err admin_tenants_list(struct page *p)
{
    return show_list(p, 200);
}

static void check_name(struct page *p, const char *name)
{
    struct buf why;
    buf_init(&why);
    if (name[0] == '\0' || text_check(name, TEXT_MAX, &why) != ERR_OK)
        page_fault(p, "name", "tenants.bad_name");
    buf_free(&why);
}

static enum err put_tenant(struct page *p, void *ctx)
{
    return tenant_store_put(p->app->db, ctx);
}

static const char *subject_of(const struct page *p, const struct tenant *t)
{
    return arena_printf(p->arena, "tenant:%s", t->id);
}

enum err admin_tenant_add(struct page *p)
{
    struct tenant t = {.id = people_field(p, "id"), .name = people_field(p, "name"), .created_s = p->now_s};
    struct buf why;
    enum err e = ERR_OK;
    buf_init(&why);
    if (text_check_id(t.id, &why) != ERR_OK)
        page_fault(p, "id", "tenants.bad_id");
    buf_free(&why);
    check_name(p, t.name);
    if (!page_has_faults(p))
        e = people_change(p, put_tenant, &t, "tenant.add", subject_of(p, &t));
    if (e == ERR_EXISTS)
        page_fault(p, "id", "tenants.taken");
    else if (e != ERR_OK)
        return e;
    return page_has_faults(p) ? show_list(p, 400) : page_go(p, "/admin/tenants", "done.tenant_added");
}

/* ---- One tenant ---- */

static enum err find(struct page *p, struct tenant *out)
{
    return tenant_store_get(p->app->db, p->call->segment, p->arena, out);
}

static const char *path_of(const struct page *p, const struct tenant *t)
{
    const char *path = arena_printf(p->arena, "/admin/tenants/%s", t->id);
    return path != NULL ? path : "/admin/tenants";
}

static enum err show_one(struct page *p, const struct tenant *t, const char *name, int status)
{
    struct view *v = view_map(p->view, "tenant");
    int64_t users = 0;
    enum err e = tenant_store_users(p->app->db, t->id, &users);
    view_text(v, "id", t->id);
    view_text(v, "name", t->name);
    view_flag(v, "locked", t->locked);
    view_number(v, "users", users);
    view_flag(v, "is_empty", users == 0);
    view_flag(v, "is_mine", strcmp(t->id, p->user.tenant_id) == 0);
    page_time(p, v, "created", t->created_s);
    view_text(view_map(p->view, "form"), "name", name);
    view_text(p->view, "title", t->name);
    return e == ERR_OK ? page_show(p, "admin-tenant", status) : e;
}

enum err admin_tenant_show(struct page *p)
{
    struct tenant t;
    enum err e = find(p, &t);
    return e == ERR_OK ? show_one(p, &t, t.name, 200) : e;
}

static enum err rename_tenant(struct page *p, void *ctx)
{
    const struct tenant *t = ctx;
    return tenants_rename(p->app->db, t->id, t->name, p->arena);
}

enum err admin_tenant_set(struct page *p)
{
    struct tenant t;
    const char *name = people_field(p, "name");
    enum err e = find(p, &t);
    if (e != ERR_OK)
        return e;
    check_name(p, name);
    if (page_has_faults(p))
        return show_one(p, &t, name, 400);
    t.name = name;
    e = people_change(p, rename_tenant, &t, "tenant.set", subject_of(p, &t));
    return e == ERR_OK ? page_go(p, path_of(p, &t), "done.tenant_saved") : e;
}

static enum err refuse(struct page *p, const struct tenant *t, const char *key)
{
    page_fault(p, "", key);
    return show_one(p, t, t->name, 409);
}

static enum err lock(struct page *p, void *ctx)
{
    const struct tenant *t = ctx;
    return tenants_set_locked(p->app->db, t->id, true, p->now_s, p->arena);
}

static enum err unlock(struct page *p, void *ctx)
{
    const struct tenant *t = ctx;
    return tenants_set_locked(p->app->db, t->id, false, p->now_s, p->arena);
}

/* Whoever locks his own tenant is out with the others; of any other he stays, who can administer the site. */
enum err admin_tenant_lock(struct page *p)
{
    struct tenant t;
    enum err e = find(p, &t);
    if (e == ERR_OK && strcmp(t.id, p->user.tenant_id) == 0)
        return refuse(p, &t, "tenants.not_yours");
    if (e == ERR_OK)
        e = people_change(p, lock, &t, "tenant.lock", subject_of(p, &t));
    return e == ERR_OK ? page_go(p, path_of(p, &t), "done.tenant_locked") : e;
}

enum err admin_tenant_unlock(struct page *p)
{
    struct tenant t;
    enum err e = find(p, &t);
    if (e == ERR_OK)
        e = people_change(p, unlock, &t, "tenant.unlock", subject_of(p, &t));
    return e == ERR_OK ? page_go(p, path_of(p, &t), "done.tenant_unlocked") : e;
}

static enum err remove_tenant(struct page *p, void *ctx)
{
    const struct tenant *t = ctx;
    return tenants_remove(p->app->db, t->id, p->now_s);
}

/* Only one without users can go, so that nothing is lost that a question would have to name. */
enum err admin_tenant_remove(struct page *p)
{
    struct tenant t;
    enum err e = find(p, &t);
    if (e == ERR_OK)
        e = people_change(p, remove_tenant, &t, "tenant.remove", subject_of(p, &t));
    if (e == ERR_EXISTS)
        return refuse(p, &t, "tenants.has_users");
    return e == ERR_OK ? page_go(p, "/admin/tenants", "done.tenant_removed") : e;
}
