/* /admin/users: everybody, a page at a time; and somebody new. */
#include <string.h>

#include "admin/groups.h"
#include "admin/handover.h"
#include "admin/text.h"
#include "admin/users.h"
#include "auth/link.h"
#include "auth/mail.h"
#include "base/secure.h"
#include "portal/admin_user.h"
#include "portal/handed.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "portal/person.h"
#include "store/tenant_store.h"
#include "store/user_search.h"

/* ---- What is looked for ---- */

static const char *const sorts[USER_SORTS] = {[USER_BY_ACCOUNT] = "account",
                                              [USER_BY_NAME] = "name",
                                              [USER_BY_LOGIN] = "login",
                                              [USER_BY_CREATED] = "created"};
static const char *const states[USER_STATES] = {
    [USER_ANY] = "", [USER_LOCKED] = "locked", [USER_EXPIRED] = "expired", [USER_NEVER] = "never"};

static struct user_query query_of(const struct page *p)
{
    return (struct user_query){.text = people_field(p, "q"),
                               .tenant_id = page_field(p, "tenant"),
                               .group = page_field(p, "group"),
                               .state = (enum user_state)people_choice(p, "state", states, USER_STATES),
                               .sort = (enum user_sort)people_choice(p, "sort", sorts, USER_SORTS),
                               .descending = page_checked(p, "down"),
                               .after = page_number(p, "after", 1, INT64_MAX, 0),
                               .before = page_number(p, "before", 1, INT64_MAX, 0)};
}

static void add_parameter(struct buf *out, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    buf_addf(out, "%c%s=", strchr(buf_str(out), '?') == NULL ? '?' : '&', name);
    page_add_encoded(out, value);
}

/* The address of this list with that order and place, as `name`. */
static void show_address(struct page *p, struct view *v, const char *name, const struct user_query *q)
{
    struct buf to;
    buf_init(&to);
    buf_addf(&to, "%s/admin/users", p->mount);
    add_parameter(&to, "q", q->text);
    add_parameter(&to, "tenant", q->tenant_id);
    add_parameter(&to, "group", q->group);
    add_parameter(&to, "state", states[q->state]);
    add_parameter(&to, "sort", q->sort != USER_BY_ACCOUNT ? sorts[q->sort] : "");
    add_parameter(&to, "down", q->descending ? "1" : "");
    if (q->after != 0)
        buf_addf(&to, "%cafter=%lld", strchr(buf_str(&to), '?') == NULL ? '?' : '&', (long long)q->after);
    if (q->before != 0)
        buf_addf(&to, "%cbefore=%lld", strchr(buf_str(&to), '?') == NULL ? '?' : '&', (long long)q->before);
    view_textf(v, name, "%s", buf_str(&to));
    buf_free(&to);
}

/* A column's head: what it sorts by, and that it does. New dates first. */
static void show_head(struct page *p, const struct user_query *q, enum user_sort sort, const char *label)
{
    struct view *item = view_item(p->view, "heads");
    struct user_query other = *q;
    bool is_by = q->sort == sort;
    other.sort = sort;
    other.after = other.before = 0;
    other.descending = is_by ? !q->descending : sort == USER_BY_LOGIN || sort == USER_BY_CREATED;
    view_text(item, "label", page_word(p, label));
    view_text(item, "order", !is_by ? "" : q->descending ? "descending" : "ascending");
    view_text(item, "arrow", !is_by ? "" : q->descending ? "▼" : "▲");
    show_address(p, item, "href", &other);
}

static void show_states(struct page *p, const struct user_query *q)
{
    static const char *const labels[USER_STATES] = {[USER_ANY] = "users.any_state",
                                                    [USER_LOCKED] = "users.locked",
                                                    [USER_EXPIRED] = "users.expired",
                                                    [USER_NEVER] = "users.never"};
    for (int i = 0; i < USER_STATES; i++) {
        struct view *item = view_item(p->view, "states");
        view_text(item, "value", states[i]);
        view_text(item, "label", page_word(p, labels[i]));
        view_flag(item, "is_chosen", i == (int)q->state);
    }
}

/* ---- Rows ---- */

static enum err show_row(struct page *p, int64_t id)
{
    struct user u;
    const char *groups = "";
    enum err e = user_store_get(p->app->db, id, p->arena, &u);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = group_store_of_user(p->app->db, id, p->arena, &groups);
    struct view *v = view_item(p->view, "users");
    person_show(p, v, &u);
    view_text(v, "groups", groups);
    return e;
}

static void show_pager(struct page *p, const struct user_query *q, const struct user_page *found)
{
    struct user_query other = *q;
    view_flag(p->view, "has_pager", found->has_before || found->has_after);
    view_flag(p->view, "has_before", found->has_before);
    view_flag(p->view, "has_after", found->has_after && found->count > 0);
    view_flag(p->view, "is_cut", found->is_cut);
    other.after = other.before = 0;
    show_address(p, p->view, "first", &other);
    if (found->count == 0)
        return;
    other.before = found->id[0];
    show_address(p, p->view, "before", &other);
    other.before = 0;
    other.after = found->id[found->count - 1];
    show_address(p, p->view, "after", &other);
}

static enum err show_found(struct page *p, const struct user_query *q)
{
    struct user_page found = {0};
    /* What is longer than any of their texts, nobody has. */
    enum err e = strlen(q->text) <= TEXT_MAX ? user_search(p->app->db, q, p->arena, &found) : ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < found.count; i++)
        e = show_row(p, found.id[i]);
    view_flag(p->view, "has_users", found.count > 0);
    view_number(p->view, "count", (int64_t)found.count);
    show_pager(p, q, &found);
    return e;
}

enum err admin_users_list(struct page *p)
{
    struct user_query q = query_of(p);
    view_text(p->view, "q", q.text);
    view_flag(p->view, "is_filtered",
              q.text[0] != '\0' || q.tenant_id[0] != '\0' || q.group[0] != '\0' || q.state != USER_ANY);
    view_text(p->view, "sort", sorts[q.sort]);
    view_flag(p->view, "down", q.descending);
    show_head(p, &q, USER_BY_ACCOUNT, "users.account");
    show_head(p, &q, USER_BY_NAME, "person.real_name");
    show_head(p, &q, USER_BY_LOGIN, "users.last_login");
    show_head(p, &q, USER_BY_CREATED, "users.created");
    show_states(p, &q);
    enum err e = people_show_tenants(p, q.tenant_id);
    if (e == ERR_OK)
        e = people_show_groups(p, q.group);
    if (e == ERR_OK)
        e = show_found(p, &q);
    return e == ERR_OK ? people_show(p, "admin-users", "users.title", 200) : e;
}

/* ---- Somebody new ---- */

enum err admin_user_form(struct page *p, int status)
{
    const char *tenant = page_field(p, "tenant");
    bool by_password = strcmp(page_field(p, "by"), "password") == 0;
    view_text(p->view, "account", people_field(p, "account"));
    view_flag(p->view, "by_link", !by_password);
    view_flag(p->view, "by_password", by_password);
    view_flag(p->view, "can_mail", mail_is_on(p->app));
    view_flag(view_map(p->view, "form"), "mail", status == 200 || page_checked(p, "mail"));
    person_show_fields(p, NULL);
    enum err e = people_show_tenants(p, tenant[0] != '\0' ? tenant : p->user.tenant_id);
    return e == ERR_OK ? people_show(p, "admin-user-new", "users.new", status) : e;
}

/* A user as the form has it; faults where it cannot be. */
static enum err take_new(struct page *p, struct user *u)
{
    struct tenant tenant;
    struct buf why;
    buf_init(&why);
    u->tenant_id = page_field(p, "tenant");
    if (u->tenant_id[0] == '\0')
        u->tenant_id = p->user.tenant_id;
    if (users_new_account(page_field(p, "account"), p->arena, &u->account, &why) != ERR_OK)
        page_fault(p, "account", "users.bad_account");
    buf_free(&why);
    person_take_fields(p, u);
    enum err e = tenant_store_get(p->app->db, u->tenant_id, p->arena, &tenant);
    if (e == ERR_NOT_FOUND)
        page_fault(p, "tenant", "users.no_tenant");
    else if (e != ERR_OK)
        return e;
    if (page_has_faults(p))
        return ERR_OK;
    e = users_check_free(p->app->db, u->tenant_id, u->account, p->arena);
    if (e == ERR_EXISTS)
        page_fault(p, "account", "users.taken");
    return e == ERR_EXISTS ? ERR_OK : e;
}

struct adding {
    struct user user;
    char hash[PASSWORD_HASH_CAP];
    struct handed handed;
};

static enum err add(struct page *p, void *ctx)
{
    struct adding *a = ctx;
    enum err e = users_add(p->app->db, &a->user, p->arena);
    return e == ERR_OK && a->handed.purpose != NULL ? handed_make_link(p, &a->user, &a->handed) : e;
}

static enum err add_and_show(struct page *p, struct adding *a)
{
    char password[HANDOVER_PASSWORD_CAP];
    bool is_invited = a->handed.purpose != NULL;
    app_before_slow(p->app);
    enum err e =
        is_invited ? users_hash_no_password(p->app, a->hash) : handover_draw(p->app, password, a->hash);
    if (e == ERR_OK)
        e = users_new_id(&a->user.id);
    if (e == ERR_OK)
        e = people_change(p, add, a, "user.add", people_subject(p, &a->user));
    if (e == ERR_OK)
        e = handed_show(p, &a->user, &a->handed, is_invited ? NULL : password);
    secure_wipe(password, sizeof password);
    return e;
}

enum err admin_user_add(struct page *p)
{
    bool by_password = strcmp(page_field(p, "by"), "password") == 0;
    struct adding a = {.user = {.password_hash = a.hash,
                                .password_changed_s = p->now_s,
                                .password_expired = by_password,
                                .created_s = p->now_s},
                       .handed = {.purpose = by_password ? NULL : LINK_INVITATION}};
    enum err e = take_new(p, &a.user);
    if (e != ERR_OK)
        return e;
    if (page_has_faults(p))
        return admin_user_form(p, 400);
    e = add_and_show(p, &a);
    secure_wipe(&a, sizeof a);
    if (e != ERR_EXISTS)
        return e;
    page_fault(p, "account", "users.taken"); /* meanwhile */
    return admin_user_form(p, 400);
}
