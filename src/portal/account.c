/* /account: who I am, and what I may change of it. */
#include "portal/account.h"

#include <string.h>

#include "admin/users.h"
#include "auth/login.h"
#include "portal/letter.h"
#include "portal/pages.h"
#include "portal/password.h"
#include "portal/people.h"
#include "store/group_store.h"

enum { LANGUAGE_S = 365 * 86400 };

/* ---- Texts of a person ---- */

void account_take(struct page *p, struct user *u, const char *column)
{
    struct buf why;
    const char *value = people_field(p, column);
    const char *key = arena_printf(p->arena, "account.bad_%s", column);
    buf_init(&why);
    enum err e = users_set_text(u, user_text_index(column), value, p->arena, &why);
    if (e != ERR_OK)
        page_fault(p, column, key != NULL ? key : "");
    buf_free(&why);
}

void account_copy(const struct user *from, struct user *to, const char *column)
{
    *user_text_at(to, user_text_index(column)) = user_text_of(from, user_text_index(column));
}

void account_show_field(struct page *p, const struct user *u, const char *column, bool was_sent)
{
    view_text(view_map(p->view, "form"), column,
              was_sent ? page_field(p, column) : user_text_of(u, user_text_index(column)));
}

/* ---- The page ---- */

/* Its forms; NULL-terminated lists of what they have. */
static const char *const profile[] = {"real_name", "phone", "locale", NULL};
static const char *const email[] = {"email", NULL};

static enum err show_person(struct page *p)
{
    const struct user *u = &p->user;
    const char *groups = "";
    struct view *person = view_map(p->view, "person");
    enum err e = group_store_of_user(p->app->db, u->id, p->arena, &groups);
    view_text(person, "account", u->account);
    view_text(person, "tenant", strcmp(u->tenant_id, p->call->cfg->tenant) != 0 ? u->tenant_name : "");
    view_text(person, "groups", groups);
    view_text(person, "email", u->email);
    view_flag(person, "email_verified", u->email_verified);
    page_time(p, person, "login", u->last_login_s);
    page_time(p, person, "changed", u->password_changed_s);
    return e;
}

static void show_languages(struct page *p, const char *chosen)
{
    static const char key[] = "account.own_language";
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        const char *tag = words_tag((enum script)i);
        struct view *item = view_item(p->view, "locales");
        view_text(item, "tag", tag);
        view_text(item, "name", words_find(key, strlen(key), (enum script)i));
        view_flag(item, "chosen", strcmp(tag, chosen) == 0);
    }
}

/* sent: the form that came and is shown again; NULL: none. */
static enum err show(struct page *p, const char *const *sent)
{
    view_text(p->view, "title", page_word(p, "account.title"));
    view_flag(view_map(p->view, "tab"), "account", true);
    for (const char *const *c = profile; *c != NULL; c++)
        account_show_field(p, &p->user, *c, sent == profile);
    for (const char *const *c = email; *c != NULL; c++)
        account_show_field(p, &p->user, *c, sent == email);
    show_languages(p, sent == profile ? page_field(p, "locale") : p->user.locale);
    enum err e = show_person(p);
    return e == ERR_OK ? page_show(p, "account", sent != NULL ? 400 : 200) : e;
}

enum err account_show(struct page *p)
{
    return show(p, NULL);
}

/* ---- What is changed ---- */

/* Write the form's texts of `typed` into the person's row as it is now. */
static enum err save(struct page *p, const struct user *typed, const char *const *form)
{
    struct user u;
    struct db *db = p->app->db;
    enum err e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = user_store_get(db, p->user.id, p->arena, &u);
    for (const char *const *c = form; e == ERR_OK && *c != NULL; c++)
        account_copy(typed, &u, *c);
    if (e == ERR_OK)
        e = user_store_set(db, &u);
    if (e == ERR_OK && form == email) {
        u.email_verified = u.email_verified && strcmp(u.email, p->user.email) == 0;
        e = letter_ask_to_confirm(p, &u);
    }
    if (e == ERR_OK)
        e = page_record(p, form == email ? "account.email" : "account.profile", NULL);
    return db_end(db, e);
}

enum err account_set_profile(struct page *p)
{
    struct user typed = p->user;
    for (const char *const *c = profile; *c != NULL; c++)
        account_take(p, &typed, *c);
    if (page_has_faults(p))
        return show(p, profile);
    enum err e = save(p, &typed, profile);
    if (e != ERR_OK)
        return e;
    /* The pages of this browser follow, whatever was chosen at the foot of one before. */
    page_set_cookie(p, "lang", typed.locale, typed.locale[0] != '\0' ? LANGUAGE_S : 0);
    return page_go(p, "/account", "done.account_saved");
}

/* Mail to that address lets its reader into the account: whoever changes it has to know the password. */
enum err account_set_email(struct page *p)
{
    struct user typed = p->user;
    int64_t wait_s = 0;
    const char *password = page_field(p, "password");
    account_take(p, &typed, "email");
    if (password[0] == '\0')
        page_fault(p, "password", "password.missing_old");
    if (page_has_faults(p))
        return show(p, email);
    enum err e = login_browser_prove(p->app, &p->session, &p->user, password, p->call->req->address, p->now_s,
                                     p->arena, &wait_s);
    if (password_old_fault(p, "password", e, wait_s))
        return show(p, email);
    if (e == ERR_OK && strcmp(typed.email, p->user.email) != 0)
        e = save(p, &typed, email);
    const char *done = letter_answers(p->app) && letter_can_reach(p->app, &typed) ? "done.email_to_confirm"
                                                                                  : "done.email_saved";
    return e == ERR_OK ? page_go(p, "/account", done) : e;
}
