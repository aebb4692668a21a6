#include "portal/person.h"

#include <string.h>

#include "admin/users.h"
#include "auth/policy.h"
#include "portal/people.h"

void person_show(struct page *p, struct view *v, const struct user *u)
{
    view_number(v, "id", u->id);
    view_text(v, "account", u->account);
    view_text(v, "name", u->real_name[0] != '\0' ? u->real_name : u->nick_name);
    view_text(v, "tenant", u->tenant_id);
    view_text(v, "tenant_name", u->tenant_name);
    view_text(v, "email", u->email);
    view_flag(v, "locked", u->locked);
    view_flag(v, "tenant_locked", u->tenant_locked);
    bool is_unused = policy_unused(&p->app->cfg, u, p->now_s);
    view_flag(v, "expired", policy_password_expired(&p->app->cfg, u, p->now_s));
    view_flag(v, "unused", is_unused);
    view_flag(v, "active", !u->locked && !u->tenant_locked && !is_unused);
    view_flag(v, "never", u->last_login_s == 0);
    view_flag(v, "is_me", u->id == p->user.id);
    view_text(v, "last_login", "");
    page_time(p, v, "last_login", u->last_login_s);
    page_time(p, v, "created", u->created_s);
    page_time(p, v, "password_changed", u->password_changed_s);
}

/* ---- Fields ---- */

/* How a text is asked for. */
struct form_field {
    const char *column, *type, *autocomplete;
    bool is_main;
    const char *fault; /* key of what is said when it cannot be */
};

static const struct form_field form_fields[] = {{"real_name", "text", "off", true, "person.bad_text"},
                                                {"nick_name", "text", "off", true, "person.bad_text"},
                                                {"email", "email", "off", true, "person.bad_email"},
                                                {"phone", "tel", "off", true, "person.bad_phone"},
                                                {"role_name", "text", "off", false, "person.bad_list"},
                                                {"role_id", "text", "off", false, "person.bad_list"},
                                                {"dept_id", "text", "off", false, "person.bad_list"},
                                                {"post_id", "text", "off", false, "person.bad_list"},
                                                {"id_number", "text", "off", false, "person.bad_text"},
                                                {"oauth_id", "text", "off", false, "person.bad_text"},
                                                {"external_id", "text", "off", false, "person.bad_text"}};

enum { FORM_FIELDS = sizeof form_fields / sizeof form_fields[0] };

static void show_field(struct page *p, const struct form_field *f, const struct user *u)
{
    struct view *v = view_item(p->view, f->is_main ? "fields" : "more");
    const char *path = arena_printf(p->arena, "fault.%s", f->column);
    const struct view_value *wrong = path != NULL ? view_find(p->view, path, strlen(path)) : NULL;
    view_text(v, "column", f->column);
    view_text(v, "type", f->type);
    view_text(v, "autocomplete", f->autocomplete);
    view_text(v, "label", page_word(p, arena_printf(p->arena, "person.%s", f->column)));
    view_text(v, "value",
              u != NULL ? user_text_of(u, user_text_index(f->column)) : people_field(p, f->column));
    view_text(v, "hint", user_texts[user_text_index(f->column)].is_list ? page_word(p, "person.list") : "");
    view_text(v, "wrong", wrong != NULL ? wrong->text : "");
    view_flag(v, "is_multiple", user_texts[user_text_index(f->column)].is_list);
    if (wrong != NULL && !f->is_main)
        view_flag(p->view, "more_is_open", true);
}

/* The language of a person's pages and mails; that of the browser where none is chosen. */
static void show_languages(struct page *p, const char *chosen)
{
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        struct view *v = view_item(p->view, "locales");
        const char *tag = words_tag((enum script)i);
        view_text(v, "value", tag);
        view_text(v, "label", words_name((enum script)i));
        view_flag(v, "is_chosen", strcmp(tag, chosen) == 0);
    }
}

void person_show_fields(struct page *p, const struct user *u)
{
    for (size_t i = 0; i < FORM_FIELDS; i++)
        show_field(p, &form_fields[i], u);
    show_languages(p, u != NULL ? u->locale : page_field(p, "locale"));
}

static void take(struct page *p, struct user *u, const char *column, const char *fault)
{
    struct buf why;
    buf_init(&why);
    if (users_set_text(u, user_text_index(column), people_field(p, column), p->arena, &why) != ERR_OK)
        page_fault(p, column, fault);
    buf_free(&why);
}

void person_take_fields(struct page *p, struct user *u)
{
    for (size_t i = 0; i < FORM_FIELDS; i++)
        take(p, u, form_fields[i].column, form_fields[i].fault);
    take(p, u, "locale", "person.bad_locale");
}
