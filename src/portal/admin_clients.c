/*
 * /admin/clients: the applications that ask for tokens.
 * Source: admin/clients.h; RFC 6749 §2.
 */
#include <string.h>

#include "admin/clients.h"
#include "admin/text.h"
#include "auth/client.h"
#include "auth/token_style.h"
#include "base/secure.h"
#include "portal/pages.h"
#include "portal/people.h"

enum { OVERLAP_DEFAULT_S = 86400, REDIRECTS_CAP = 8192, SHOWN_MAX = 200 };

/* ---- Lists of words that a field chooses from --------------------------------------------------------- */

/* For each of the comma-joined `words` an item of the list `name`: value, what it means, whether it is chosen. */
static void add_choices(struct page *p, struct view *v, const char *name, const char *words, const char *key,
                        const char *chosen)
{
    while (*words != '\0') {
        size_t n = strcspn(words, ",");
        const char *word = arena_strndup(p->arena, words, n);
        const char *label = arena_printf(p->arena, "%s.%.*s", key, (int)n, words);
        struct view *item = view_item(v, name);
        view_text(item, "value", word);
        view_text(item, "label", label != NULL ? page_word(p, label) : "");
        view_flag(item, "chosen", config_list_has(chosen, words, n));
        words += n + (words[n] == ',');
    }
}

/* ---- What is shown ------------------------------------------------------------------------------------ */

/* What a form begins with: a client as it is. */
static void add_form(struct page *p, const struct client *c)
{
    struct view *form = view_map(p->view, "form");
    view_text(form, "id", c->id);
    add_choices(p, form, "grants", CLIENT_GRANTS, "client.grant", c->grants);
    add_choices(p, form, "wires", "md5,plain,sm2", "client.wire", c->password_wire);
    add_choices(p, form, "algs", CLIENTS_ALG_SITE "," CLIENTS_ALGS, "client.alg",
                c->alg[0] != '\0' ? c->alg : CLIENTS_ALG_SITE);
    add_choices(p, form, "reuses", CLIENTS_REUSE_DIALECT "," TOKEN_REUSES, "client.reuse",
                c->refresh_reuse[0] != '\0' ? c->refresh_reuse : CLIENTS_REUSE_DIALECT);
    view_text(form, "scope", c->scope);
    view_text(form, "audience", c->audience);
    view_number(form, "access_ttl", c->access_ttl_s);
    view_number(form, "refresh_ttl", c->refresh_ttl_s);
    char *lines = arena_strdup(p->arena, c->redirect_uris);
    for (char *at = lines; at != NULL && *at != '\0'; at++)
        if (*at == ',')
            *at = '\n';
    view_text(form, "redirect_uris", lines);
}

static void add_client(struct page *p, struct view *v, const struct client *c)
{
    const char *dialect = clients_dialect(&p->app->cfg, c->id);
    view_text(v, "id", c->id);
    view_flag(v, "locked", c->locked);
    view_flag(v, "has_secret", c->has_secret);
    add_choices(p, v, "grants", c->grants, "client.grant", "");
    view_text(v, "scope", c->scope);
    view_text(v, "alg", c->alg[0] != '\0' ? c->alg : page_word(p, "client.alg.site"));
    view_text(v, "dialect", dialect);
    page_time(p, v, "created", c->created_s);
    page_time(p, v, "old_until", clients_old_secret_until(c, p->now_s));
}

/* The first of them: what a page of all would take is not bounded. */
struct listing {
    struct page *page;
    size_t count;
};

static enum err list_client(void *ctx, const struct client *c)
{
    struct listing *l = ctx;
    struct page *p = l->page;
    struct client kept = *c;
    if (++l->count > SHOWN_MAX)
        return ERR_OK;
    kept.id = arena_strdup(p->arena, c->id); /* the row's texts end with it */
    kept.scope = arena_strdup(p->arena, c->scope);
    kept.alg = arena_strdup(p->arena, c->alg);
    add_client(p, view_item(p->view, "clients"), &kept);
    return kept.id != NULL && kept.scope != NULL && kept.alg != NULL ? ERR_OK : ERR_MEMORY;
}

enum err admin_clients_list(struct page *p)
{
    struct arena row;
    struct listing l = {.page = p};
    arena_init(&row, 1 << 16);
    enum err e = client_store_list(p->app->db, &row, list_client, &l);
    arena_fini(&row);
    view_flag(p->view, "any", l.count > 0);
    if (l.count > SHOWN_MAX)
        view_number(p->view, "not_shown", (int64_t)(l.count - SHOWN_MAX));
    return e == ERR_OK ? page_show(p, "admin-clients", 200) : e;
}

/* ---- What is asked for -------------------------------------------------------------------------------- */

/* The checked grants, comma-joined. */
static const char *read_grants(const struct page *p)
{
    char *list = arena_alloc(p->arena, sizeof CLIENT_GRANTS);
    size_t len = 0;
    for (const char *word = CLIENT_GRANTS; list != NULL && *word != '\0';) {
        size_t n = strcspn(word, ",");
        const char *field = arena_printf(p->arena, "grant.%.*s", (int)n, word);
        if (field != NULL && page_checked(p, field)) {
            if (len > 0)
                list[len++] = ',';
            memcpy(list + len, word, n);
            len += n;
        }
        word += n + (word[n] == ',');
    }
    return list != NULL ? list : "";
}

/* Addresses, one a line or comma-separated, as a comma-joined list. */
static const char *read_redirects(const struct page *p)
{
    const char *text = page_field(p, "redirect-uris");
    size_t cap = strlen(text) + 1, len = 0;
    char *list = cap <= REDIRECTS_CAP ? arena_alloc(p->arena, cap) : NULL;
    if (list == NULL)
        return text; /* its line ends are refused */
    while (*text != '\0') {
        size_t n = strcspn(text, ", \t\r\n");
        if (n > 0) {
            if (len > 0)
                list[len++] = ',';
            memcpy(list + len, text, n);
            len += n;
        }
        text += n + (text[n] != '\0');
    }
    return list;
}

/* The field as the core takes it. */
static const char *read_field(const struct page *p, const char *name)
{
    const char *value = page_field(p, name);
    if (strcmp(name, "grants") == 0)
        return read_grants(p);
    if (strcmp(name, "redirect-uris") == 0)
        return read_redirects(p);
    if (strcmp(name, "scope") == 0)
        value = text_tidy_list(p->arena, value);
    return value == NULL || (value[0] == '\0' && strstr(name, "-ttl") != NULL) ? "0" : value;
}

/* The form's fields into the draft; what is wrong with one is said at it. */
static void read_form(struct page *p, struct clients_draft *d)
{
    struct buf why;
    for (size_t i = 0; clients_field(i) != NULL; i++) {
        const char *name = clients_field(i);
        const char *value = read_field(p, name);
        const char *key = arena_printf(p->arena, "client.fault.%s", name);
        buf_init(&why);
        if (clients_set_field(d, i, value, &why) != ERR_OK && key != NULL) {
            page_fault(p, name, key);
            if (strcmp(name, "redirect-uris") == 0)
                view_text(p->view, "redirects_why", arena_strndup(p->arena, buf_str(&why), why.len));
        }
        buf_free(&why);
    }
}

/* Show the form again as it was sent, what was refused in it too. */
static enum err show_again(struct page *p, const char *page, const struct client *c)
{
    struct client typed = *c;
    typed.grants = read_field(p, "grants");
    typed.scope = page_field(p, "scope");
    typed.audience = page_field(p, "audience");
    typed.password_wire = page_field(p, "password-wire");
    typed.alg = page_field(p, "alg");
    typed.refresh_reuse = page_field(p, "refresh-reuse");
    typed.redirect_uris = read_redirects(p);
    add_form(p, &typed);
    struct view *form = view_map(p->view, "form");
    view_text(form, "access_ttl", page_field(p, "access-ttl"));
    view_text(form, "refresh_ttl", page_field(p, "refresh-ttl"));
    return page_show(p, page, 400);
}

static const char *subject_of(const struct page *p, const char *id)
{
    return arena_printf(p->arena, "client:%s", id);
}

static const char *client_path(const struct page *p)
{
    return arena_printf(p->arena, "/admin/clients/%s", p->call->segment);
}

static enum err go_to_client(struct page *p, const char *id, const char *done)
{
    const char *path = arena_printf(p->arena, "/admin/clients/%s", id);
    return path != NULL ? page_go(p, path, done) : ERR_MEMORY;
}

/* ---- A new one ---------------------------------------------------------------------------------------- */

enum err admin_clients_new(struct page *p)
{
    struct clients_draft d;
    clients_init(&d, "", p->now_s);
    d.row.grants = "captcha,refresh_token";
    add_form(p, &d.row);
    return page_show(p, "admin-client-new", 200);
}

struct adding {
    struct clients_draft draft;
    const char *secret; /* NULL: none */
};

static enum err add(struct page *p, void *ctx)
{
    struct adding *a = ctx;
    return clients_add(p->app, &a->draft, a->secret, p->now_s);
}

/* A secret that was made, this once. */
static enum err show_secret(struct page *p, const char *id, const char *secret, int64_t old_until_s)
{
    view_text(p->view, "id", id);
    view_text(p->view, "secret", secret);
    page_time(p, p->view, "old_until", old_until_s);
    view_text(p->view, "self", arena_printf(p->arena, "/admin/clients/%s", id));
    return page_show(p, "admin-client-secret", 200);
}

enum err admin_clients_add(struct page *p)
{
    char secret[CLIENTS_SECRET_LEN + 1] = "";
    struct adding a = {.secret = page_checked(p, "public") ? NULL : secret};
    struct buf why;
    const char *id = page_field(p, "id");
    clients_init(&a.draft, id, p->now_s);
    buf_init(&why);
    if (clients_check_id(id, &why) != ERR_OK)
        page_fault(p, "id", "client.fault.id");
    buf_free(&why);
    read_form(p, &a.draft);
    view_flag(p->view, "public", a.secret == NULL);
    view_text(p->view, "self", "/admin/client-new");
    if (page_has_faults(p))
        return show_again(p, "admin-client-new", &a.draft.row);
    enum err e = a.secret != NULL ? clients_make_secret(secret) : ERR_OK;
    if (e == ERR_OK)
        e = people_change(p, add, &a, "client.add", subject_of(p, id));
    if (e == ERR_EXISTS) {
        page_fault(p, "id", "client.fault.exists");
        e = show_again(p, "admin-client-new", &a.draft.row);
    } else if (e == ERR_OK && a.secret != NULL) {
        e = show_secret(p, id, arena_strdup(p->arena, secret), 0);
    } else if (e == ERR_OK) {
        e = go_to_client(p, id, "done.client_added");
    }
    secure_wipe(secret, sizeof secret);
    return e;
}

/* ---- One of them -------------------------------------------------------------------------------------- */

static enum err get_client(const struct page *p, struct client *out)
{
    enum err e = client_store_get(p->app->db, p->call->segment, p->arena, out);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

static enum err show_client(struct page *p, const struct client *c)
{
    view_text(p->view, "title", c->id);
    add_client(p, p->view, c);
    return ERR_OK;
}

enum err admin_clients_show(struct page *p)
{
    struct client c;
    enum err e = get_client(p, &c);
    if (e == ERR_OK)
        e = show_client(p, &c);
    if (e != ERR_OK)
        return e;
    add_form(p, &c);
    return page_show(p, "admin-client", 200);
}

struct changing {
    struct clients_draft draft;
    bool refused;
};

static enum err set(struct page *p, void *ctx)
{
    struct changing *c = ctx;
    enum err e = get_client(p, &c->draft.row);
    if (e != ERR_OK)
        return e;
    read_form(p, &c->draft);
    c->refused = page_has_faults(p);
    return c->refused ? ERR_BAD_REQUEST : clients_set(p->app, &c->draft, p->now_s);
}

enum err admin_clients_set(struct page *p)
{
    struct changing c = {.refused = false};
    enum err e = people_change(p, set, &c, "client.set", subject_of(p, p->call->segment));
    if (!c.refused)
        return e == ERR_OK ? go_to_client(p, p->call->segment, "done.client_changed") : e;
    view_text(p->view, "self", arena_printf(p->arena, "/admin/clients/%s", p->call->segment));
    e = get_client(p, &c.draft.row);
    if (e == ERR_OK)
        e = show_client(p, &c.draft.row);
    return e == ERR_OK ? show_again(p, "admin-client", &c.draft.row) : e;
}

/* ---- Secrets ------------------------------------------------------------------------------------------ */

struct rotation {
    const char *secret;
    int64_t overlap_s;
    int64_t old_until_s; /* as it came out */
};

static enum err set_secret(struct page *p, void *ctx)
{
    struct rotation *r = ctx;
    enum err e = clients_set_secret(p->app, p->call->segment, r->secret, r->overlap_s, p->now_s, p->arena,
                                    &r->old_until_s);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

enum err admin_clients_secret(struct page *p)
{
    char secret[CLIENTS_SECRET_LEN + 1] = "";
    struct rotation r = {.secret = secret,
                         .overlap_s = page_number(p, "overlap", 0, CLIENT_OVERLAP_MAX_S, OVERLAP_DEFAULT_S)};
    enum err e = ERR_OK;
    if (people_is_led(p, client_path(p), &e))
        return e;
    e = clients_make_secret(secret);
    if (e == ERR_OK)
        e = people_change(p, set_secret, &r, "client.secret", subject_of(p, p->call->segment));
    if (e == ERR_OK)
        e = show_secret(p, p->call->segment, arena_strdup(p->arena, secret), r.old_until_s);
    secure_wipe(secret, sizeof secret);
    return e;
}

static enum err end_old_secret(struct page *p, void *ctx)
{
    (void)ctx;
    enum err e = clients_end_old_secret(p->app->db, p->call->segment, p->arena);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

enum err admin_clients_end_secret(struct page *p)
{
    enum err e = people_change(p, end_old_secret, NULL, "client.secret", subject_of(p, p->call->segment));
    return e == ERR_OK ? go_to_client(p, p->call->segment, "done.client_secret_ended") : e;
}

/* ---- Locking, removing -------------------------------------------------------------------------------- */

static enum err set_locked(struct page *p, void *ctx)
{
    const bool *locked = ctx;
    enum err e = clients_set_locked(p->app->db, p->call->segment, *locked, p->now_s, p->arena);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

enum err admin_clients_lock(struct page *p)
{
    bool locked = true;
    enum err e = people_change(p, set_locked, &locked, "client.lock", subject_of(p, p->call->segment));
    return e == ERR_OK ? go_to_client(p, p->call->segment, "done.client_locked") : e;
}

enum err admin_clients_unlock(struct page *p)
{
    bool locked = false;
    enum err e = people_change(p, set_locked, &locked, "client.unlock", subject_of(p, p->call->segment));
    return e == ERR_OK ? go_to_client(p, p->call->segment, "done.client_unlocked") : e;
}

static enum err remove_client(struct page *p, void *ctx)
{
    (void)ctx;
    enum err e = client_store_remove(p->app->db, p->call->segment);
    return e == ERR_NOT_FOUND ? ERR_NO_SUCH_PATH : e;
}

enum err admin_clients_remove(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, client_path(p), &e))
        return e;
    e = people_change(p, remove_client, NULL, "client.remove", subject_of(p, p->call->segment));
    return e == ERR_OK ? page_go(p, "/admin/clients", "done.client_removed") : e;
}
