#include "portal/people.h"

#include <string.h>

#include "auth/admission.h"
#include "base/codec.h"
#include "store/group_store.h"
#include "store/tenant_store.h"

enum err people_find(struct page *p, struct user *out)
{
    int64_t id = 0;
    if (!codec_parse_int(p->call->segment, 1, INT64_MAX, &id))
        return ERR_NOT_FOUND;
    return user_store_get(p->app->db, id, p->arena, out);
}

const char *people_subject(const struct page *p, const struct user *u)
{
    return arena_printf(p->arena, "user:%s/%s", u->tenant_id, u->account);
}

const char *people_path(const struct page *p, const struct user *u)
{
    const char *path = arena_printf(p->arena, "/admin/users/%lld", (long long)u->id);
    return path != NULL ? path : "/admin/users";
}

/* Whoever was an administrator when the request came may be none by now: a password was hashed meanwhile, or a file
 * checked. */
static enum err check_still_admin(struct page *p)
{
    bool is_admin = false;
    enum err e = browser_stands(p->app, &p->session, p->now_s, p->arena);
    if (e == ERR_OK)
        e = group_store_has(p->app->db, PAGE_ADMINS, p->user.id, &is_admin);
    return e == ERR_TOKEN_INVALID || (e == ERR_OK && !is_admin) ? ERR_FORBIDDEN : e;
}

/* Whether the person's groups let him in from where he is. */
static bool is_let_in(struct page *p)
{
    return admission_check(p->app, &p->user, p->call->req->address, p->now_s, p->arena) != ERR_USER_NETWORK;
}

enum err people_change(struct page *p, people_act *act, void *ctx, const char *action, const char *subject)
{
    enum err e = subject != NULL ? db_begin(p->app->db, DB_DURABLE) : ERR_MEMORY;
    if (e != ERR_OK)
        return e;
    e = check_still_admin(p);
    bool may_come = e == ERR_OK && is_let_in(p);
    if (e == ERR_OK)
        e = act(p, ctx);
    if (e == ERR_OK && may_come && !is_let_in(p))
        e = ERR_USER_NETWORK;
    if (e == ERR_OK)
        e = page_record(p, action, subject);
    return db_end(p->app->db, e);
}

const char *people_field(const struct page *p, const char *name)
{
    const char *text = page_field(p, name);
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    const char *trimmed = arena_strndup(p->arena, text, len);
    return trimmed != NULL ? trimmed : "";
}

size_t people_choice(const struct page *p, const char *field, const char *const *names, size_t count)
{
    const char *given = page_field(p, field);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], given) == 0)
            return i;
    return 0;
}

/* ---- Choices ---- */

struct choosing {
    struct page *p;
    const char *chosen;
    size_t count;
};

static enum err show_tenant(void *ctx, const struct tenant *t)
{
    struct choosing *c = ctx;
    bool is_chosen = strcmp(t->id, c->chosen) == 0;
    if (++c->count > PEOPLE_CHOICES_MAX && !is_chosen)
        return ERR_OK;
    struct view *item = view_item(c->p->view, "tenants");
    view_textf(item, "value", "%s", t->id);
    view_textf(item, "label", "%s", t->name);
    view_flag(item, "is_chosen", is_chosen);
    return ERR_OK;
}

enum err people_show_tenants(struct page *p, const char *chosen)
{
    struct choosing c = {p, chosen, 0};
    struct arena rows;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = tenant_store_list(p->app->db, &rows, show_tenant, &c);
    arena_fini(&rows);
    view_flag(p->view, "has_tenants", c.count > 1);
    return e;
}

static enum err show_group(void *ctx, const struct user_group *g)
{
    struct choosing *c = ctx;
    bool is_chosen = config_list_has(c->chosen, g->name, strlen(g->name));
    if (++c->count > PEOPLE_CHOICES_MAX && !is_chosen)
        return ERR_OK;
    struct view *item = view_item(c->p->view, "groups");
    view_textf(item, "value", "%s", g->name);
    view_textf(item, "label", "%s", g->title[0] != '\0' ? g->title : g->name);
    view_flag(item, "is_chosen", is_chosen);
    return ERR_OK;
}

enum err people_show_groups(struct page *p, const char *chosen)
{
    struct choosing c = {p, chosen, 0};
    struct arena rows;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = group_store_list(p->app->db, &rows, show_group, &c);
    arena_fini(&rows);
    view_flag(p->view, "has_groups", c.count > 0);
    return e;
}

/* ---- Answers ---- */

enum err people_ask_proof(struct page *p, const char *path, bool *led)
{
    struct buf to;
    *led = !page_is_proved(p);
    if (!*led)
        return ERR_OK;
    buf_init(&to);
    buf_add_str(&to, "/prove?next=");
    page_add_encoded(&to, p->mount);
    page_add_encoded(&to, path);
    enum err e = to.err != ERR_OK ? to.err : page_go(p, buf_str(&to), "done.prove_first");
    buf_free(&to);
    return e;
}

bool people_is_led(struct page *p, const char *path, enum err *e_out)
{
    bool led = false;
    *e_out = path != NULL ? people_ask_proof(p, path, &led) : ERR_MEMORY;
    return led || *e_out != ERR_OK;
}

enum err people_show(struct page *p, const char *name, const char *title, int status)
{
    view_text(p->view, "title", page_word(p, title));
    return page_show(p, name, status);
}
