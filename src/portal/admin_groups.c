/* /admin/groups: groups, what they are called, where their members sign in from, and who is in them. */
#include <string.h>

#include "admin/groups.h"
#include "admin/text.h"
#include "admin/users.h"
#include "base/address.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "portal/person.h"
#include "store/tenant_store.h"
#include "store/user_search.h"

/* ---- Forms ---- */

/* What the form says of a group into `g`; faults where it cannot be. */
static enum err take_group(struct page *p, struct user_group *g)
{
    struct buf why;
    buf_init(&why);
    g->title = people_field(p, "title");
    g->networks = text_tidy_list(p->arena, people_field(p, "networks"));
    if (g->networks == NULL)
        return ERR_MEMORY;
    if (text_check(g->title, TEXT_MAX, &why) != ERR_OK)
        page_fault(p, "title", "groups.bad_title");
    if (strlen(g->networks) > TEXT_LIST_MAX || !address_list_ok(g->networks))
        page_fault(p, "networks", "groups.bad_networks");
    buf_free(&why);
    return ERR_OK;
}

static void show_form(struct page *p, const char *name, const char *title, const char *networks)
{
    struct view *form = view_map(p->view, "form");
    view_text(form, "name", name);
    view_text(form, "title", title);
    view_text(form, "networks", networks);
}

/* ---- The list, and a new one ---- */

struct listing {
    struct page *p;
    size_t count;
};

static enum err show_group(void *ctx, const struct user_group *g)
{
    struct listing *l = ctx;
    if (++l->count > PEOPLE_CHOICES_MAX)
        return ERR_OK;
    struct view *v = view_item(l->p->view, "groups");
    view_textf(v, "name", "%s", g->name);
    view_textf(v, "group_title", "%s", g->title);
    view_textf(v, "networks", "%s", g->networks);
    view_number(v, "members", g->members);
    return ERR_OK;
}

static enum err show_list(struct page *p, int status)
{
    struct arena rows;
    struct listing l = {.p = p};
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = group_store_list(p->app->db, &rows, show_group, &l);
    arena_fini(&rows);
    if (l.count > PEOPLE_CHOICES_MAX)
        view_number(p->view, "not_shown", (int64_t)(l.count - PEOPLE_CHOICES_MAX));
    show_form(p, people_field(p, "name"), people_field(p, "title"), people_field(p, "networks"));
    return e == ERR_OK ? people_show(p, "admin-groups", "groups.title", status) : e;
}

enum err admin_groups_list(struct page *p)
{
    return show_list(p, 200);
}

static enum err add_group(struct page *p, void *ctx)
{
    return groups_add(p->app->db, ctx);
}

enum err admin_group_add(struct page *p)
{
    struct user_group g = {.name = people_field(p, "name"), .created_s = p->now_s};
    struct buf why;
    buf_init(&why);
    if (groups_check_name(g.name, &why) != ERR_OK)
        page_fault(p, "name", "groups.bad_name");
    buf_free(&why);
    enum err e = take_group(p, &g);
    if (e == ERR_OK && !page_has_faults(p))
        e = people_change(p, add_group, &g, "group.add", arena_printf(p->arena, "group:%s", g.name));
    if (e == ERR_EXISTS)
        page_fault(p, "name", "groups.taken");
    else if (e != ERR_OK)
        return e;
    return page_has_faults(p) ? show_list(p, 400) : page_go(p, "/admin/groups", "done.group_added");
}

/* ---- One group ---- */

static enum err find(struct page *p, struct user_group *out)
{
    return group_store_get(p->app->db, p->call->segment, p->arena, out);
}

static const char *path_of(const struct page *p, const struct user_group *g)
{
    const char *path = arena_printf(p->arena, "/admin/groups/%s", g->name);
    return path != NULL ? path : "/admin/groups";
}

static const char *subject_of(const struct page *p, const struct user_group *g)
{
    return arena_printf(p->arena, "group:%s", g->name);
}

static enum err show_members(struct page *p, const struct user_group *g)
{
    struct user_query q = {
        .text = "", .tenant_id = "", .group = g->name, .after = page_number(p, "after", 1, INT64_MAX, 0)};
    struct user_page found;
    struct user u;
    enum err e = user_search(p->app->db, &q, p->arena, &found);
    for (size_t i = 0; e == ERR_OK && i < found.count; i++) {
        e = user_store_get(p->app->db, found.id[i], p->arena, &u);
        if (e == ERR_OK)
            person_show(p, view_item(p->view, "members"), &u);
        else if (e == ERR_NOT_FOUND)
            e = ERR_OK;
    }
    view_flag(p->view, "has_members", found.count > 0);
    if (e == ERR_OK && found.has_after && found.count > 0)
        view_textf(p->view, "after", "%s%s?after=%lld", p->mount, path_of(p, g),
                   (long long)found.id[found.count - 1]);
    return e;
}

/* typed: with the form as it came, which is wrong. */
static enum err show_one(struct page *p, const struct user_group *g, bool typed, int status)
{
    struct view *v = view_map(p->view, "group");
    view_text(v, "name", g->name);
    view_text(v, "group_title", g->title[0] != '\0' ? g->title : g->name);
    view_number(v, "members", g->members);
    view_flag(v, "is_admins", strcmp(g->name, GROUPS_ADMINS) == 0);
    view_text(p->view, "account", people_field(p, "account"));
    show_form(p, g->name, typed ? people_field(p, "title") : g->title,
              typed ? people_field(p, "networks") : g->networks);
    enum err e = people_show_tenants(p, p->user.tenant_id);
    if (e == ERR_OK)
        e = show_members(p, g);
    if (e != ERR_OK)
        return e;
    view_text(p->view, "title", g->title[0] != '\0' ? g->title : g->name);
    return page_show(p, "admin-group", status);
}

enum err admin_group_show(struct page *p)
{
    struct user_group g;
    enum err e = find(p, &g);
    return e == ERR_OK ? show_one(p, &g, false, 200) : e;
}

static enum err set_group(struct page *p, void *ctx)
{
    return groups_set(p->app->db, ctx);
}

/* Who is an administrator, or from where: the password is asked for. */
static enum err ask_proof(struct page *p, const struct user_group *g, bool *led)
{
    *led = false;
    return strcmp(g->name, GROUPS_ADMINS) == 0 ? people_ask_proof(p, path_of(p, g), led) : ERR_OK;
}

enum err admin_group_set(struct page *p)
{
    struct user_group g, changed;
    bool led = false;
    enum err e = find(p, &g);
    if (e == ERR_OK)
        e = ask_proof(p, &g, &led);
    if (e != ERR_OK || led)
        return e;
    changed = g;
    e = take_group(p, &changed);
    if (e == ERR_OK && !page_has_faults(p))
        e = people_change(p, set_group, &changed, "group.set", subject_of(p, &g));
    if (e == ERR_USER_NETWORK) /* mistyped; the command line can still do it */
        page_fault(p, "networks", "groups.keeps_you_out");
    if ((e == ERR_OK || e == ERR_USER_NETWORK) && page_has_faults(p))
        return show_one(p, &g, true, 400);
    return e == ERR_OK ? page_go(p, path_of(p, &g), "done.group_saved") : e;
}

/* ---- Members ---- */

struct joining {
    const char *group;
    int64_t user_id;
};

static enum err put_member(struct page *p, void *ctx)
{
    const struct joining *j = ctx;
    return groups_put_member(p->app->db, j->group, j->user_id);
}

static enum err remove_member(struct page *p, void *ctx)
{
    const struct joining *j = ctx;
    return groups_remove_member(p->app->db, j->group, j->user_id);
}

static enum err say(struct page *p, const struct user_group *g, const char *field, const char *key)
{
    page_fault(p, field, key);
    return show_one(p, g, false, 400);
}

enum err admin_group_join(struct page *p)
{
    struct user_group g;
    struct user u;
    const char *tenant = page_field(p, "tenant");
    bool led = false;
    enum err e = find(p, &g);
    if (e == ERR_OK)
        e = ask_proof(p, &g, &led);
    if (e != ERR_OK || led)
        return e;
    e = users_find(p->app->db, tenant[0] != '\0' ? tenant : p->user.tenant_id, people_field(p, "account"),
                   p->arena, &u);
    if (e == ERR_NOT_FOUND)
        return say(p, &g, "account", "groups.no_user");
    if (e == ERR_OK)
        e = people_change(p, put_member, &(struct joining){g.name, u.id}, "group.join",
                          arena_printf(p->arena, "%s %s", subject_of(p, &g), people_subject(p, &u)));
    if (e == ERR_USER_NETWORK)
        return say(p, &g, "account", "groups.keeps_you_out");
    return e == ERR_OK ? page_go(p, path_of(p, &g), "done.member_added") : e;
}

enum err admin_group_leave(struct page *p)
{
    struct user_group g;
    struct user u;
    bool led = false;
    enum err e = find(p, &g);
    if (e == ERR_OK)
        e = user_store_get(p->app->db, page_number(p, "user", 1, INT64_MAX, 0), p->arena, &u);
    if (e == ERR_OK && u.id == p->user.id && strcmp(g.name, GROUPS_ADMINS) == 0)
        return say(p, &g, "", "users.not_yourself_admin");
    if (e == ERR_OK)
        e = ask_proof(p, &g, &led);
    if (e != ERR_OK || led)
        return e;
    e = people_change(p, remove_member, &(struct joining){g.name, u.id}, "group.leave",
                      arena_printf(p->arena, "%s %s", subject_of(p, &g), people_subject(p, &u)));
    if (e == ERR_EXISTS)
        return say(p, &g, "", "users.last_admin");
    return e == ERR_OK ? page_go(p, path_of(p, &g), "done.member_removed") : e;
}

/* ---- Removing ---- */

enum err admin_group_removal(struct page *p)
{
    struct user_group g;
    enum err e = find(p, &g);
    if (e != ERR_OK)
        return e;
    if (strcmp(g.name, GROUPS_ADMINS) == 0)
        return say(p, &g, "", "groups.admins_stay");
    struct view *v = view_map(p->view, "group");
    view_text(v, "name", g.name);
    view_text(v, "group_title", g.title[0] != '\0' ? g.title : g.name);
    view_number(v, "members", g.members);
    return people_show(p, "admin-group-remove", "groups.remove_title", 200);
}

static enum err remove_group(struct page *p, void *ctx)
{
    const struct user_group *g = ctx;
    return groups_remove(p->app->db, g->name);
}

enum err admin_group_remove(struct page *p)
{
    struct user_group g;
    enum err e = find(p, &g);
    if (e == ERR_OK)
        e = people_change(p, remove_group, &g, "group.remove", subject_of(p, &g));
    if (e == ERR_EXISTS)
        return say(p, &g, "", "groups.admins_stay");
    return e == ERR_OK ? page_go(p, "/admin/groups", "done.group_removed") : e;
}
