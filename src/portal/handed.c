#include "portal/handed.h"

#include "admin/users.h"
#include "portal/letter.h"
#include "portal/people.h"
#include "portal/person.h"
#include "portal/qr.h"

static enum err show_link(struct page *p, const struct handed *link)
{
    const char *path = arena_printf(p->arena, "/link/%s", link->secret);
    const char *address = path != NULL ? page_address(p, path) : NULL;
    struct buf svg;
    if (address == NULL)
        return ERR_MEMORY;
    buf_init(&svg);
    view_text(p->view, "link", address);
    page_time(p, p->view, "expires", link->expires_s);
    /* A longer address than a code holds has none. */
    enum err e = qr_svg(address, &svg);
    if (e == ERR_OK)
        view_markup(p->view, "qr", &svg);
    buf_free(&svg);
    return e == ERR_TOO_LARGE ? ERR_OK : e;
}

static bool is_mailed(const struct page *p, const struct user *u)
{
    return page_checked(p, "mail") && letter_can_reach(p->app, u);
}

enum err handed_make_link(struct page *p, const struct user *u, struct handed *link)
{
    enum err e = users_make_link(p->app, u, link->purpose, p->now_s, link->secret, &link->expires_s);
    return e == ERR_OK && is_mailed(p, u)
               ? letter_link(p, u, link->purpose, link->secret, link->expires_s - p->now_s)
               : e;
}

enum err handed_show(struct page *p, const struct user *u, const struct handed *link, const char *password)
{
    person_show(p, view_map(p->view, "person"), u);
    if (password != NULL)
        view_textf(p->view, "password", "%s", password);
    view_flag(p->view, "is_mailed", is_mailed(p, u));
    view_text(p->view, "recipient", u->email);
    enum err e = password == NULL ? show_link(p, link) : ERR_OK;
    return e == ERR_OK ? people_show(p, "admin-handed", "handed.title", 200) : e;
}
