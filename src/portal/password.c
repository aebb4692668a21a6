/* New passwords (portal/password.h), and the page where a person changes his own. */
#include "portal/password.h"

#include <string.h>

#include "auth/login.h"
#include "base/secure.h"
#include "portal/pages.h"

void password_show_rules(struct page *p, const char *account)
{
    struct view *rules = view_map(p->view, "rules");
    view_text(rules, "account", account);
    view_number(rules, "length", p->app->cfg.login.password_min_length);
    if (p->app->cfg.policy.password_kinds > 0)
        view_number(rules, "kinds", p->app->cfg.policy.password_kinds);
    if (p->app->cfg.policy.password_history > 0)
        view_number(rules, "history", p->app->cfg.policy.password_history);
}

const char *password_field(struct page *p)
{
    const char *fresh = page_field(p, "fresh");
    if (fresh[0] == '\0')
        page_fault(p, "fresh", "password.fault.missing");
    else if (strcmp(fresh, page_field(p, "again")) != 0)
        page_fault(p, "again", "password.fault.again");
    return page_has_faults(p) ? NULL : fresh;
}

bool password_fault(struct page *p, enum err e)
{
    const char *key = arena_printf(p->arena, "password.fault.%s", err_info(e)->name);
    if (key == NULL || words_find(key, strlen(key), p->script) == NULL)
        return false;
    page_fault_text(p, "fresh", page_sentence(p, key, p->view));
    return true;
}

bool password_old_fault(struct page *p, const char *field, enum err e, int64_t retry_after_s)
{
    struct view *values = view_new(p->arena);
    if (e == ERR_LOGIN_LOCKED) {
        view_text(values, "wait", page_duration(p, retry_after_s > 0 ? retry_after_s : 1));
        page_fault_text(p, field, page_sentence(p, "password.locked", values));
        return true;
    }
    if (e == ERR_PASSWORD)
        page_fault(p, field, "password.wrong");
    return e == ERR_PASSWORD;
}

/* ---- /account/password ---- */

static enum err show(struct page *p, int status)
{
    view_text(p->view, "title", page_word(p, "password.title"));
    view_flag(view_map(p->view, "tab"), "password", true);
    view_flag(p->view, "expired", p->user.password_expired);
    view_text(view_map(p->view, "person"), "account", p->user.account);
    view_text(view_map(p->view, "form"), "next", page_field(p, "next"));
    return page_show(p, "account-password", status);
}

enum err password_show(struct page *p)
{
    password_show_rules(p, p->user.account);
    return show(p, 200);
}

enum err password_change(struct page *p)
{
    char secret[BROWSER_SECRET_CAP];
    int64_t wait_s = 0;
    const struct request *req = p->call->req;
    const char *next = page_next(p, page_field(p, "next"));
    password_show_rules(p, p->user.account);
    const char *old = page_field(p, "old");
    if (old[0] == '\0')
        page_fault(p, "old", "password.missing_old");
    const char *fresh = password_field(p);
    if (fresh != NULL && strcmp(old, fresh) == 0)
        page_fault(p, "fresh", "password.fault.same");
    if (page_has_faults(p))
        return show(p, 400);
    enum err e = login_browser_change_password(p->app, &p->session, &p->user, old, fresh, req->address,
                                               p->now_s, p->arena, secret, &wait_s);
    if (password_old_fault(p, "old", e, wait_s))
        return show(p, e == ERR_LOGIN_LOCKED ? 429 : 400);
    if (password_fault(p, e))
        return show(p, 400);
    if (e == ERR_TOKEN_INVALID)
        return page_go(p, "/login", "done.session_over");
    if (e != ERR_OK)
        return e;
    page_sign_in(p, secret, p->session.idle_s == 0);
    secure_wipe(secret, sizeof secret);
    return next != NULL ? page_go_to(p, next, "done.password_changed")
                        : page_go(p, "/account", "done.password_changed");
}
