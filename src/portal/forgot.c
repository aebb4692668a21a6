/*
 * /forgot: a person asks for a link to set a new password, which is sent to the address that is known as his. The answer
 * is the same, and takes the same time, whoever is asked for: the question is looked up when it is out (auth/mail).
 */
#include <string.h>

#include "admin/text.h"
#include "captcha/challenge.h"
#include "portal/letter.h"
#include "portal/login.h"
#include "portal/pages.h"

enum { WHO_MAX = 254 }; /* bytes of what is asked for: an account or an address */

/* With what was typed, and a new captcha: one is due always. */
static enum err show(struct page *p, int status)
{
    struct view *form = view_map(p->view, "form");
    view_flag(p->view, "is_on", letter_answers(p->app));
    view_text(form, "who", page_field(p, "who"));
    view_text(p->view, "self", "/forgot");
    if (!letter_answers(p->app))
        return page_show(p, "forgot", status);
    enum err e = login_add_tenants(p);
    if (e == ERR_OK)
        e = login_add_captcha(p);
    return e == ERR_OK ? page_show(p, "forgot", status) : e;
}

enum err forgot_show(struct page *p)
{
    return show(p, 200);
}

static enum err ask(struct page *p, int64_t *wait_s)
{
    enum err e = db_begin(p->app->db, DB_RELAXED);
    return e == ERR_OK
               ? db_end(p->app->db, letter_ask_forgot(p, login_tenant(p), page_field(p, "who"), wait_s))
               : e;
}

static void check_who(struct page *p)
{
    const char *who = page_field(p, "who");
    if (who[0] == '\0' || strlen(who) > WHO_MAX || strpbrk(who, "\r\n") != NULL)
        page_fault(p, "who", "forgot.fault.who");
    if (strlen(login_tenant(p)) > TEXT_ID_MAX)
        page_fault(p, "tenant", "login.fault_tenant");
    if (page_field(p, "captcha")[0] == '\0')
        page_fault(p, "captcha", "login.fault_captcha");
}

static enum err answer(struct page *p)
{
    int64_t wait_s = 1;
    enum err e = challenge_answer(p->app->db, &p->app->cfg, DIALECT_PORTAL, page_field(p, "captcha_id"),
                                  page_field(p, "captcha"), p->now_s);
    if (e == ERR_CAPTCHA) {
        page_fault(p, "captcha", "login.captcha_wrong");
        return show(p, 403);
    }
    if (e == ERR_OK)
        e = ask(p, &wait_s);
    if (e == ERR_RATE || e == ERR_FULL) {
        struct view *v = view_new(p->arena);
        view_text(v, "wait", page_duration(p, wait_s > 0 ? wait_s : 1));
        page_fault_text(p, "", page_sentence(p, "forgot.fault.rate", v));
        return show(p, 429);
    }
    return e == ERR_OK ? page_go(p, "/forgot-sent", NULL) : e;
}

enum err forgot_ask(struct page *p)
{
    if (!letter_answers(p->app))
        return show(p, 404);
    if (page_checked(p, "another"))
        return show(p, 200);
    check_who(p);
    return page_has_faults(p) ? show(p, 400) : answer(p);
}

enum err forgot_sent(struct page *p)
{
    return page_show(p, "forgot-sent", 200);
}
