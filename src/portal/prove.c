/* /prove: the password once more, before something that matters, and back. */
#include <string.h>

#include "auth/login.h"
#include "portal/pages.h"
#include "portal/password.h"
#include "portal/people.h"

/* Where it goes on: where it came from, or the front page of administrators, or the person's own. */
static const char *next_of(const struct page *p)
{
    const char *next = page_next(p, page_field(p, "next"));
    return next != NULL ? next
                        : arena_printf(p->arena, "%s%s", p->mount, p->is_admin ? "/admin" : "/account");
}

enum err prove_show(struct page *p)
{
    view_text(p->view, "next", next_of(p));
    view_text(p->view, "account", p->user.account);
    return people_show(p, "prove", "prove.title", page_has_faults(p) ? 400 : 200);
}

enum err prove_take(struct page *p)
{
    const char *password = page_field(p, "password"), *next = next_of(p);
    int64_t wait_s = 0;
    if (next == NULL)
        return ERR_MEMORY;
    if (password[0] == '\0') {
        page_fault(p, "password", "password.missing_old");
        return prove_show(p);
    }
    enum err e = login_browser_prove(p->app, &p->session, &p->user, password, p->call->req->address, p->now_s,
                                     p->arena, &wait_s);
    if (password_old_fault(p, "password", e, wait_s))
        return prove_show(p);
    return e == ERR_OK ? page_go_to(p, next, NULL) : e;
}
