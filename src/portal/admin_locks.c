/* /admin/locks: who is locked out or limited, until when, and letting them in again. */
#include <string.h>

#include "auth/throttle.h"
#include "portal/pages.h"
#include "portal/people.h"

enum { SHOWN_MAX = 200 };

struct listing {
    struct page *p;
    bool all; /* also what has no effect yet */
    size_t count;
};

/* What is counted: a key by kind, and by what has no name of its own. */
static const char *what_of(const struct throttle_entry *e)
{
    static const char *const keys[] = {
        [THROTTLE_ACCOUNT] = "locks.account", [THROTTLE_ADDRESS] = "locks.address",
        [THROTTLE_CLIENT] = "locks.client",   [THROTTLE_SECRET] = "locks.secret",
        [THROTTLE_CAPTCHA] = "locks.captcha",
    };
    if (e->name[0] == '\0')
        return e->kind == THROTTLE_SECRET ? "locks.new_secret" : "locks.new_address";
    return e->kind == THROTTLE_ACCOUNT && e->name[0] == '#' ? "locks.strangers" : keys[e->kind];
}

static const char *effect_of(const struct throttle_entry *e)
{
    static const char *const keys[] = {
        [THROTTLE_COUNTING] = "locks.counting",
        [THROTTLE_CAPTCHA_DUE] = "locks.captcha_due",
        [THROTTLE_ATTACKED] = "locks.attacked",
        [THROTTLE_LOCKED] = "locks.locked",
    };
    return e->kind == THROTTLE_CAPTCHA && e->state == THROTTLE_LOCKED ? "locks.no_captchas" : keys[e->state];
}

static enum err show_entry(void *ctx, const struct throttle_entry *e)
{
    struct listing *l = ctx;
    struct page *p = l->p;
    if ((e->state == THROTTLE_COUNTING && !l->all) || ++l->count > SHOWN_MAX)
        return ERR_OK;
    struct view *v = view_item(p->view, "locks");
    view_text(v, "kind", throttle_kind_name(e->kind));
    view_textf(v, "name", "%s", e->name);
    view_text(v, "what", page_word(p, what_of(e)));
    view_text(v, "effect", page_word(p, effect_of(e)));
    view_text(v, "badge", e->state == THROTTLE_LOCKED ? "bad" : e->state == THROTTLE_COUNTING ? "" : "warn");
    view_number(v, "count", e->count);
    view_number(v, "limit", e->limit);
    page_time(p, v, "ends", e->ends_s);
    return ERR_OK;
}

static enum err show_list(struct page *p, int status)
{
    struct listing l = {.p = p, .all = page_checked(p, "all")};
    struct arena rows;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = throttle_list(p->app, p->now_s, &rows, show_entry, &l);
    arena_fini(&rows);
    view_flag(p->view, "all", l.all);
    view_flag(p->view, "has_locks", l.count > 0);
    if (l.count > SHOWN_MAX)
        view_number(p->view, "not_shown", (int64_t)(l.count - SHOWN_MAX));
    return e == ERR_OK ? people_show(p, "admin-locks", "locks.title", status) : e;
}

enum err admin_locks_list(struct page *p)
{
    return show_list(p, 200);
}

struct freeing {
    enum throttle_kind kind;
    const char *name;
};

static enum err free_one(struct page *p, void *ctx)
{
    const struct freeing *f = ctx;
    return throttle_clear_entry(p->app, f->kind, f->name);
}

static enum err free_all(struct page *p, void *ctx)
{
    (void)ctx;
    return throttle_clear_all(p->app);
}

/* "account:000000/zhangsan" as the list has it is "user:…" in the audit. */
static const char *subject_of(const struct page *p, const struct freeing *f)
{
    return arena_printf(p->arena, "%s:%s", f->kind == THROTTLE_ACCOUNT ? "user" : throttle_kind_name(f->kind),
                        f->name);
}

/* What has ended by itself meanwhile is free. */
enum err admin_locks_free(struct page *p)
{
    struct freeing f = {.name = page_field(p, "name")};
    enum err e;
    if (page_checked(p, "everything"))
        e = people_change(p, free_all, NULL, "throttle.clear", "");
    else if (throttle_kind_find(page_field(p, "kind"), &f.kind))
        e = people_change(p, free_one, &f, "throttle.clear", subject_of(p, &f));
    else
        return ERR_BAD_REQUEST;
    return e == ERR_OK || e == ERR_NOT_FOUND ? page_go(p, "/admin/locks", "done.freed") : e;
}
