/*
 * /link/{secret}: what a link lets somebody do once. GET shows what it is for and changes nothing, since mail programs
 * and chats open links before people do; the button's POST uses it up.
 */
#include "auth/link.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/login.h"
#include "base/secure.h"
#include "portal/account.h"
#include "portal/letter.h"
#include "portal/pages.h"
#include "portal/password.h"

static const char *const invited[] = {"real_name", "email",
                                      NULL}; /* what the form of an invitation asks besides */

static bool is(const struct link *l, const char *purpose)
{
    return strcmp(l->purpose, purpose) == 0;
}

static enum err show_gone(struct page *p)
{
    view_text(p->view, "title", page_word(p, "link.gone_title"));
    return page_show(p, "link-gone", 404);
}

static enum err show(struct page *p, const struct link *l, const struct user *u, int status)
{
    bool is_post = status != 200;
    const char *title = arena_printf(p->arena, "link.%s_title", l->purpose);
    view_text(p->view, "title", page_word(p, title != NULL ? title : ""));
    view_flag(p->view, "invitation", is(l, LINK_INVITATION));
    view_flag(p->view, "reset", is(l, LINK_RESET));
    view_flag(p->view, "confirm", is(l, LINK_EMAIL));
    view_flag(p->view, "password", !is(l, LINK_EMAIL));
    view_text(p->view, "address", l->detail);
    view_textf(p->view, "action", "%s/link/%s", p->mount, p->call->segment);
    view_textf(p->view, "self", "/link/%s", p->call->segment);
    page_time(p, p->view, "expires", l->expires_s);
    view_text(view_map(p->view, "person"), "account", u->account);
    for (const char *const *c = invited; *c != NULL; c++)
        account_show_field(p, u, *c, is_post);
    /* Who is signed in here is somebody else: whoever goes on is no longer. */
    view_flag(p->view, "other", p->has_session && p->user.id != u->id && !is(l, LINK_EMAIL));
    return page_show(p, "link", status);
}

enum err link_show(struct page *p)
{
    struct link l;
    struct user u;
    enum err e = link_find(p->app, p->call->segment, p->now_s, p->arena, &l, &u);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? show_gone(p) : e;
    password_show_rules(p, u.account);
    return show(p, &l, &u, 200);
}

/* ---- POST ---- */

static enum err confirm(struct page *p)
{
    struct link l;
    struct user u;
    struct db *db = p->app->db;
    enum err e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = link_take(p->app, p->call->segment, p->now_s, p->arena, &l, &u);
    if (e == ERR_OK && strcmp(u.email, l.detail) != 0)
        e = ERR_NOT_FOUND; /* it is another address by now */
    if (e == ERR_OK)
        e = user_store_verify_email(db, u.id, l.detail);
    if (e == ERR_OK) {
        const struct audit_event event = {.action = "account.email_verified",
                                          .tenant_id = u.tenant_id,
                                          .account = u.account,
                                          .dialect = config_dialect_name(DIALECT_PORTAL),
                                          .address = p->call->req->address,
                                          .result = ERR_OK};
        e = audit_record(p->app, &event, p->now_s);
    }
    e = db_end(db, e);
    if (e == ERR_NOT_FOUND)
        return show_gone(p);
    return e == ERR_OK ? page_go(p, p->has_session ? "/account" : "/login", "done.email_verified") : e;
}

/* What the invited person said of himself: before the link is used up, so that nothing is lost where this fails. */
static enum err save_invited(struct page *p, const struct user *typed)
{
    struct link l;
    struct user u;
    struct db *db = p->app->db;
    enum err e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = link_find(p->app, p->call->segment, p->now_s, p->arena, &l, &u);
    for (const char *const *c = invited; e == ERR_OK && *c != NULL; c++)
        account_copy(typed, &u, *c);
    if (e == ERR_OK)
        e = user_store_set(db, &u);
    return db_end(db, e);
}

/* The session of whoever was signed in here: its cookie is overwritten. Where this fails it ends by itself. */
static void end_session_here(struct page *p)
{
    struct db *db = p->app->db;
    if (p->has_session && db_begin(db, DB_RELAXED) == ERR_OK)
        db_end(db, browser_store_end(db, p->session.id, 0));
}

/* An address that the invited person gave, or that nobody has shown to be his. Links made before are over by now. */
static void ask_to_confirm(struct page *p, const struct user *u)
{
    struct db *db = p->app->db;
    if (u->email[0] != '\0' && db_begin(db, DB_DURABLE) == ERR_OK)
        db_end(db, letter_ask_to_confirm(p, u));
}

static enum err set_password(struct page *p, const struct link *l, struct user *u)
{
    char secret[BROWSER_SECRET_CAP];
    struct user signed_in;
    const char *agent = request_env(p->call->req, "HTTP_USER_AGENT");
    bool is_invitation = is(l, LINK_INVITATION);
    const char *fresh = password_field(p);
    for (const char *const *c = invited; is_invitation && *c != NULL; c++)
        account_take(p, u, *c);
    if (fresh == NULL || page_has_faults(p))
        return show(p, l, u, 400);
    enum err e = is_invitation ? save_invited(p, u) : ERR_OK;
    if (e == ERR_OK)
        e = login_by_link(p->app, p->call->segment, fresh, p->call->req->address, agent != NULL ? agent : "",
                          p->now_s, p->arena, secret, &signed_in);
    if (e == ERR_NOT_FOUND)
        return show_gone(p);
    if (password_fault(p, e))
        return show(p, l, u, 400);
    if (e != ERR_OK)
        return e;
    end_session_here(p);
    page_sign_in(p, secret, false);
    secure_wipe(secret, sizeof secret);
    letter_new_sign_in(p, &signed_in);
    if (is_invitation)
        ask_to_confirm(p, &signed_in);
    return page_go(p, "/account", is_invitation ? "done.welcome" : "done.password_changed");
}

enum err link_use(struct page *p)
{
    struct link l;
    struct user u;
    enum err e = link_find(p->app, p->call->segment, p->now_s, p->arena, &l, &u);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? show_gone(p) : e;
    if (is(&l, LINK_EMAIL))
        return confirm(p);
    password_show_rules(p, u.account);
    return set_password(p, &l, &u);
}
