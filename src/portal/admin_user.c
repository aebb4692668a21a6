/* /admin/users/{id}: one person, and what can be done about him. */
#include "portal/admin_user.h"

#include <stdio.h>
#include <string.h>

#include "admin/groups.h"
#include "admin/handover.h"
#include "admin/users.h"
#include "auth/browser.h"
#include "auth/link.h"
#include "auth/policy.h"
#include "base/secure.h"
#include "portal/handed.h"
#include "portal/letter.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "portal/person.h"
#include "portal/sessions.h"
#include "store/audit_store.h"

enum { SESSIONS_MAX = 50, EVENTS_MAX = 10 };

/* ---- Where the person is signed in ---- */

static enum err show_browser(void *ctx, const struct browser_session *row)
{
    struct page *p = ctx;
    sessions_add_browser(p, row);
    view_flag(p->view, "has_sessions", true);
    return ERR_OK;
}

static enum err show_application(void *ctx, const struct session_row *row)
{
    struct page *p = ctx;
    sessions_add_application(p, row);
    view_flag(p->view, "has_sessions", true);
    return ERR_OK;
}

static enum err show_sessions(struct page *p, int64_t id)
{
    struct arena rows;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = browser_store_list(p->app->db, id, p->now_s, SESSIONS_MAX, &rows, show_browser, p);
    if (e == ERR_OK)
        e = session_store_list(p->app->db, id, NULL, p->now_s, SESSIONS_MAX, &rows, show_application, p);
    arena_fini(&rows);
    return e;
}

/* ---- What was done lately, by the person or to him ---- */

static enum err show_event(void *ctx, const struct audit_row *row)
{
    struct page *p = ctx;
    struct view *v = view_item(p->view, "events");
    page_time(p, v, "at", row->last_s != 0 ? row->last_s : row->at_s);
    view_textf(v, "action", "%s", row->action);
    if (row->count > 1)
        view_textf(v, "result", "%s × %lld", row->result, (long long)row->count);
    else
        view_textf(v, "result", "%s", row->result);
    view_text(v, "badge", strcmp(row->result, "ok") == 0 ? "good" : "warn");
    view_textf(v, "actor", "%s", row->actor);
    view_textf(v, "address", "%s", row->address);
    view_flag(p->view, "has_events", true);
    return ERR_OK;
}

static enum err show_events(struct page *p, const char *who)
{
    struct arena rows;
    struct buf query;
    if (who == NULL)
        return ERR_MEMORY;
    buf_init(&query);
    page_add_encoded(&query, who);
    view_textf(p->view, "audit_query", "who=%s", buf_str(&query));
    buf_free(&query);
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = audit_store_about(p->app->db, who, EVENTS_MAX, &rows, show_event, p);
    arena_fini(&rows);
    return e;
}

/* ---- The page ---- */

/* fields: as the form had them that was just refused. */
static enum err show(struct page *p, const struct user *u, bool as_typed, int status)
{
    const char *groups = "";
    struct view *v = view_map(p->view, "person");
    person_show(p, v, u);
    person_show_fields(p, as_typed ? NULL : u);
    enum err e = group_store_of_user(p->app->db, u->id, p->arena, &groups);
    view_flag(p->view, "person_is_admin", config_list_has(groups, GROUPS_ADMINS, strlen(GROUPS_ADMINS)));
    if (e == ERR_OK)
        e = people_show_groups(p, groups);
    if (e == ERR_OK)
        e = show_sessions(p, u->id);
    if (e == ERR_OK)
        e = show_events(p, people_subject(p, u));
    if (e != ERR_OK)
        return e;
    view_text(p->view, "title", u->account);
    return page_show(p, "admin-user", status);
}

enum err admin_user_show(struct page *p)
{
    struct user u;
    if (strcmp(p->call->segment, "new") == 0)
        return admin_user_form(p, 200);
    enum err e = people_find(p, &u);
    return e == ERR_OK ? show(p, &u, false, 200) : e;
}

/* The page again, with why not. */
static enum err refuse(struct page *p, const struct user *u, const char *key)
{
    page_fault(p, "", key);
    return show(p, u, false, 409);
}

/* ---- What describes the person ---- */

/* The row as it is now, with what the form says of it. */
static enum err set_fields(struct page *p, void *ctx)
{
    struct user *u = ctx;
    struct user typed = *u;
    enum err e = user_store_get(p->app->db, u->id, p->arena, u);
    for (size_t i = 0; e == ERR_OK && i < USER_TEXT_COUNT; i++)
        *user_text_at(u, i) = user_text_of(&typed, i);
    return e == ERR_OK ? user_store_set(p->app->db, u) : e;
}

/* Where people get a link to a new password by mail, whoever changes an address gives a way in: the password is asked
 * for as it is for the others. */
static enum err ask_proof_for_address(struct page *p, const struct user *u, const char *before, bool *led)
{
    *led = false;
    bool gives_way_in = strcmp(u->email, before) != 0 && letter_answers(p->app);
    return gives_way_in ? people_ask_proof(p, people_path(p, u), led) : ERR_OK;
}

enum err admin_user_set(struct page *p)
{
    struct user u;
    bool led = false;
    enum err e = people_find(p, &u);
    if (e != ERR_OK)
        return e;
    const char *email = u.email;
    person_take_fields(p, &u);
    if (page_has_faults(p))
        return show(p, &u, true, 400);
    e = ask_proof_for_address(p, &u, email, &led);
    if (e != ERR_OK || led)
        return e;
    e = people_change(p, set_fields, &u, "user.set", people_subject(p, &u));
    return e == ERR_OK ? page_go(p, people_path(p, &u), "done.user_saved") : e;
}

/* ---- Groups ---- */

struct group_choice {
    struct page *p;
    struct buf names; /* comma-joined */
};

static enum err take_group(void *ctx, const struct user_group *g)
{
    struct group_choice *c = ctx;
    char field[sizeof "group." + 64];
    snprintf(field, sizeof field, "group.%s", g->name);
    if (page_checked(c->p, field))
        buf_addf(&c->names, "%s%s", c->names.len > 0 ? "," : "", g->name);
    return ERR_OK;
}

struct regrouping {
    int64_t id;
    const char *names;
};

static enum err set_groups(struct page *p, void *ctx)
{
    const struct regrouping *r = ctx;
    return groups_set_of_user(p->app->db, r->id, r->names, p->arena);
}

/* Whether the list makes an administrator of somebody, or somebody of an administrator. */
static bool is_about_admins(const char *before, const char *after)
{
    size_t len = strlen(GROUPS_ADMINS);
    return config_list_has(before, GROUPS_ADMINS, len) != config_list_has(after, GROUPS_ADMINS, len);
}

static enum err regroup(struct page *p, const struct user *u, const char *names)
{
    const char *before = "";
    bool led = false;
    enum err e = group_store_of_user(p->app->db, u->id, p->arena, &before);
    bool admins = e == ERR_OK && is_about_admins(before, names);
    if (admins && u->id == p->user.id)
        return refuse(p, u, "users.not_yourself_admin");
    if (admins)
        e = people_ask_proof(p, people_path(p, u), &led);
    if (e != ERR_OK || led)
        return e;
    e = people_change(p, set_groups, &(struct regrouping){u->id, names}, "user.groups", people_subject(p, u));
    if (e == ERR_USER_NETWORK)
        return refuse(p, u, "groups.keeps_you_out");
    if (e == ERR_EXISTS)
        return refuse(p, u, "users.last_admin");
    return e == ERR_OK ? page_go(p, people_path(p, u), "done.user_groups") : e;
}

enum err admin_user_groups(struct page *p)
{
    struct user u;
    struct group_choice c = {.p = p};
    struct arena rows;
    enum err e = people_find(p, &u);
    if (e != ERR_OK)
        return e;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    buf_init(&c.names);
    e = group_store_list(p->app->db, &rows, take_group, &c);
    if (e == ERR_OK)
        e = c.names.err;
    if (e == ERR_OK)
        e = regroup(p, &u, buf_str(&c.names));
    buf_free(&c.names);
    arena_fini(&rows);
    return e;
}

/* ---- Locking ---- */

/* The person as he is now, not as he was before others were waited for. */
static enum err set_locked(struct page *p, int64_t id, bool locked)
{
    struct user u;
    enum err e = user_store_get(p->app->db, id, p->arena, &u);
    return e == ERR_OK ? users_set_locked(p->app, &u, locked, p->now_s) : e;
}

static enum err lock(struct page *p, void *ctx)
{
    const struct user *u = ctx;
    return set_locked(p, u->id, true);
}

static enum err unlock(struct page *p, void *ctx)
{
    const struct user *u = ctx;
    return set_locked(p, u->id, false);
}

enum err admin_user_lock(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e == ERR_OK && u.id == p->user.id)
        return refuse(p, &u, "users.not_yourself");
    if (e == ERR_OK)
        e = people_change(p, lock, &u, "user.lock", people_subject(p, &u));
    if (e == ERR_EXISTS)
        return refuse(p, &u, "users.last_admin");
    return e == ERR_OK ? page_go(p, people_path(p, &u), "done.user_locked") : e;
}

enum err admin_user_unlock(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e == ERR_OK)
        e = people_change(p, unlock, &u, "user.unlock", people_subject(p, &u));
    return e == ERR_OK ? page_go(p, people_path(p, &u), "done.user_unlocked") : e;
}

/* ---- Sessions ---- */

struct ending {
    int64_t user_id, browser, application;
    bool all;
};

static enum err end_sessions(struct page *p, void *ctx)
{
    const struct ending *x = ctx;
    if (x->all)
        return browser_end_person(p->app->db, x->user_id, 0, 0, p->now_s);
    return x->browser != 0 ? browser_store_end(p->app->db, x->browser, x->user_id)
                           : session_store_end_own(p->app->db, x->application, x->user_id, p->now_s);
}

/* One that ended by itself meanwhile has ended. What names none that there can be does not mean all of them. */
enum err admin_user_sessions(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e != ERR_OK)
        return e;
    struct ending x = {.user_id = u.id,
                       .browser = page_number(p, "browser", 1, INT64_MAX, 0),
                       .application = page_number(p, "application", 1, INT64_MAX, 0),
                       .all = !page_checked(p, "browser") && !page_checked(p, "application")};
    e = people_change(p, end_sessions, &x, "session.revoke", people_subject(p, &u));
    return e == ERR_OK || (!x.all && e == ERR_NOT_FOUND)
               ? page_go(p, people_path(p, &u), x.all ? "done.user_signed_out" : "done.session_ended")
               : e;
}

/* ---- A way in: a link, or a password that is good once ---- */

enum err admin_user_access(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e != ERR_OK)
        return e;
    person_show(p, view_map(p->view, "person"), &u);
    view_flag(p->view, "is_invitation", u.last_login_s == 0);
    view_flag(p->view, "can_mail", letter_can_reach(p->app, &u));
    view_text(p->view, "recipient", u.email);
    return people_show(p, "admin-user-access", "access.title", 200);
}

struct giving {
    struct user user;
    char hash[PASSWORD_HASH_CAP];
    struct handed handed;
};

static enum err give_password(struct page *p, void *ctx)
{
    struct giving *g = ctx;
    return handover_give(p->app, g->user.id, g->hash, p->now_s, p->arena);
}

static enum err give_link(struct page *p, void *ctx)
{
    struct giving *g = ctx;
    return handed_make_link(p, &g->user, &g->handed);
}

static enum err hand_password(struct page *p, struct giving *g)
{
    char password[HANDOVER_PASSWORD_CAP];
    app_before_slow(p->app);
    enum err e = handover_draw(p->app, password, g->hash);
    if (e == ERR_OK)
        e = people_change(p, give_password, g, "user.passwd", people_subject(p, &g->user));
    if (e == ERR_OK)
        e = handed_show(p, &g->user, &g->handed, password);
    secure_wipe(password, sizeof password);
    secure_wipe(g->hash, sizeof g->hash);
    return e;
}

/* Whoever never was here is invited; the others get a link for a new password. */
static enum err hand_link(struct page *p, struct giving *g)
{
    bool is_new = g->user.last_login_s == 0;
    g->handed.purpose = is_new ? LINK_INVITATION : LINK_RESET;
    enum err e =
        people_change(p, give_link, g, is_new ? "user.invite" : "user.reset", people_subject(p, &g->user));
    if (e == ERR_OK)
        e = handed_show(p, &g->user, &g->handed, NULL);
    secure_wipe(&g->handed, sizeof g->handed);
    return e;
}

enum err admin_user_give(struct page *p)
{
    struct giving g = {0};
    enum err e = people_find(p, &g.user);
    if (e != ERR_OK)
        return e;
    if (g.user.id == p->user.id)
        return refuse(p, &g.user, "users.not_yourself_password");
    if (g.user.locked || g.user.tenant_locked || policy_unused(&p->app->cfg, &g.user, p->now_s))
        return refuse(p, &g.user, "users.unlock_first");
    return strcmp(page_field(p, "by"), "password") == 0 ? hand_password(p, &g) : hand_link(p, &g);
}

/* ---- Removing ---- */

static enum err show_removal(struct page *p, const struct user *u, int status)
{
    const char *groups = "";
    enum err e = group_store_of_user(p->app->db, u->id, p->arena, &groups);
    struct view *v = view_map(p->view, "person");
    person_show(p, v, u);
    view_text(v, "groups", groups);
    if (e == ERR_OK)
        e = show_sessions(p, u->id);
    return e == ERR_OK ? people_show(p, "admin-user-remove", "remove.title", status) : e;
}

static enum err remove_user(struct page *p, void *ctx)
{
    const struct user *u = ctx;
    return users_remove(p->app->db, u->id);
}

enum err admin_user_removal(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e == ERR_OK && u.id == p->user.id)
        return refuse(p, &u, "users.not_yourself");
    return e == ERR_OK ? show_removal(p, &u, 200) : e;
}

enum err admin_user_remove(struct page *p)
{
    struct user u;
    enum err e = people_find(p, &u);
    if (e == ERR_OK && u.id == p->user.id)
        return refuse(p, &u, "users.not_yourself");
    if (e == ERR_OK)
        e = people_change(p, remove_user, &u, "user.remove", people_subject(p, &u));
    if (e == ERR_EXISTS)
        return refuse(p, &u, "users.last_admin");
    return e == ERR_OK ? page_go(p, "/admin/users", "done.user_removed") : e;
}
