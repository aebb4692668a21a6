#include "portal/page.h"

#include <stdio.h>
#include <string.h>

#include "admin/appearance.h"
#include "auth/admission.h"
#include "auth/audit.h"
#include "auth/policy.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "crypto/digest.h"
#include "portal/address.h"
#include "portal/assets.h"
#include "portal/frame.h"
#include "portal/portal.h"
#include "portal/start.h"
#include "portal/template.h"
#include "store/group_store.h"

/* Names of cookies behind "menshen-". */
#define COOKIE_BEFORE   "before" /* what a form's token is bound to before anybody has signed in */
#define COOKIE_LANGUAGE "lang"
#define COOKIE_DONE     "done" /* what the next page says once */

enum {
    BEFORE_LEN = 16,          /* random bytes */
    CSRF_CAP = 2 * 16 + 1,    /* hex digits and NUL */
    LANGUAGE_S = 365 * 86400, /* that a choice of language is kept */
    DONE_S = 60,              /* that a notice waits for the next page */
    PROVED_S = 15 * 60,       /* that a typed password counts as typed lately */
};

/* ---- Fields ---- */

const char *page_field(const struct page *p, const char *name)
{
    const char *const names[] = {name, NULL};
    const char *value = NULL;
    return params_get(&p->call->params, names, &value) == ERR_OK && value != NULL ? value : "";
}

const struct multipart_file *page_file(const struct page *p, const char *name)
{
    const struct multipart_file *file = &p->call->file;
    bool is_chosen = file->data != NULL && (file->len > 0 || file->name[0] != '\0');
    return is_chosen && strcmp(file->field, name) == 0 ? file : NULL;
}

int64_t page_number(const struct page *p, const char *name, int64_t min, int64_t max, int64_t otherwise)
{
    int64_t value = otherwise;
    codec_parse_int(page_field(p, name), min, max, &value);
    return value;
}

bool page_checked(const struct page *p, const char *name)
{
    return page_field(p, name)[0] != '\0';
}

/* ---- Texts ---- */

const char *page_word(const struct page *p, const char *key)
{
    const char *text = key != NULL ? words_find(key, strlen(key), p->script) : "";
    return text != NULL ? text : key;
}

const char *page_sentence(const struct page *p, const char *key, const struct view *values)
{
    struct buf out;
    buf_init(&out);
    for (const char *text = page_word(p, key); *text != '\0';) {
        size_t n = strcspn(text, "{\\");
        buf_add(&out, text, n);
        text += n;
        if (*text == '\\') { /* "\n" ends a line of a letter; of the text, not of a value */
            bool is_break = text[1] == 'n';
            buf_add_char(&out, (char)(is_break ? '\n' : '\\'));
            text += is_break ? 2 : 1;
            continue;
        }
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        if (close == NULL) {
            buf_add_str(&out, text);
            break;
        }
        const struct view_value *x = view_find(values, text + 1, (size_t)(close - text) - 1);
        if (x != NULL && x->kind == VIEW_TEXT)
            buf_add_str(&out, x->text);
        text = close + 1;
    }
    const char *sentence = arena_strndup(p->arena, buf_str(&out), out.len);
    buf_free(&out);
    return sentence != NULL ? sentence : "";
}

void page_fault_text(struct page *p, const char *field, const char *sentence)
{
    struct view *item = view_item(p->view, "faults");
    view_text(item, "field", field);
    view_text(item, "text", sentence);
    if (field[0] != '\0')
        view_text(view_map(p->view, "fault"), field, sentence);
}

void page_fault(struct page *p, const char *field, const char *key)
{
    page_fault_text(p, field, page_word(p, key));
}

bool page_has_faults(const struct page *p)
{
    return view_find(p->view, "faults", 6) != NULL;
}

/* The number of two digits at `s`. */
static int two(const char *s)
{
    return (s[0] - '0') * 10 + s[1] - '0';
}

void page_time(struct page *p, struct view *v, const char *name, int64_t at_s)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char iso[CLOCK_RFC3339_CAP]; /* "2026-11-25T16:03:00+08:00" */
    if (at_s == 0)
        return;
    clock_rfc3339(at_s, iso);
    if (p->script == SCRIPT_ENGLISH)
        view_textf(v, name, "%d %s %.4s, %.5s", two(iso + 8), months[two(iso + 5) - 1], iso, iso + 11);
    else
        view_textf(v, name, "%.4s年%d月%d日 %.5s", iso, two(iso + 5), two(iso + 8), iso + 11);
    view_text(v, arena_printf(p->arena, "%s_iso", name), arena_strdup(p->arena, iso));
}

const char *page_duration(const struct page *p, int64_t seconds)
{
    static const struct {
        int64_t unit_s;
        const char *one, *many;
    } units[] = {{86400, "time.day", "time.days"},
                 {3600, "time.hour", "time.hours"},
                 {60, "time.minute", "time.minutes"},
                 {1, "time.second", "time.seconds"}};
    struct view *v = view_new(p->arena);
    size_t i = 0;
    /* In the largest unit of which there are two at least: 90 minutes, not 1 hour. */
    while (i < 3 && seconds < 2 * units[i].unit_s && seconds != units[i].unit_s)
        i++;
    int64_t n = (seconds + units[i].unit_s - 1) / units[i].unit_s;
    view_number(v, "n", n);
    return page_sentence(p, n == 1 ? units[i].one : units[i].many, v);
}

void page_add_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        strchr("-_.~", c) != NULL;
        if (is_plain)
            buf_add_char(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

/* ---- What forms are bound to ---- */

/*
 * The token of the forms that this browser gets: a MAC over the secret that its cookie has, which nobody else can make
 * who can set a cookie from a neighbouring host.
 */
static enum err csrf_token(const struct page *p, const char *bound_to, char out[CSRF_CAP])
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t len = 0;
    const char *text = arena_printf(p->arena, "form\n%s", bound_to);
    if (text == NULL)
        return ERR_MEMORY;
    enum err e = digest_hmac(DIGEST_SHA256, p->app->client_pepper, sizeof p->app->client_pepper, text,
                             strlen(text), mac, &len);
    if (e == ERR_OK)
        codec_hex(out, mac, CSRF_CAP / 2);
    return e;
}

/* The cookie that forms are bound to: the session's, or the one before it. "" if none came. */
static const char *bound_to(const struct page *p)
{
    return page_cookie(p, p->has_session ? "" : COOKIE_BEFORE);
}

bool page_has_form_cookie(const struct page *p)
{
    return bound_to(p)[0] != '\0';
}

/* Whoever has put a proxy before this, which says another host, finds every form refused. */
static void say_where_from(const struct page *p)
{
    const struct request *r = p->call->req;
    LOG_SOME(&p->app->log, ERR_LEVEL_WARN, "form_from_elsewhere", LOG_S("error", err_info(ERR_FORM)->name),
             LOG_S("origin", request_env(r, "HTTP_ORIGIN")), LOG_S("host", request_env(r, "HTTP_HOST")),
             LOG_S("address", r->address), LOG_S("hint", "if both are this site: [server] base_url"));
}

enum err page_check_form(struct page *p)
{
    char token[CSRF_CAP];
    const char *given = page_field(p, "csrf");
    const char *cookie = bound_to(p);
    if (!address_is_same_site(p->call->req, &p->app->cfg)) {
        say_where_from(p);
        return ERR_FORM;
    }
    if (cookie[0] == '\0' || strlen(given) != CSRF_CAP - 1)
        return ERR_FORM;
    enum err e = csrf_token(p, cookie, token);
    return e != ERR_OK ? e : secure_equal(token, given, CSRF_CAP - 1) ? ERR_OK : ERR_FORM;
}

/* The cookie to bind forms to, made if this browser has none. */
static enum err form_cookie(struct page *p, const char **out)
{
    unsigned char noise[BEFORE_LEN];
    char *hex = arena_alloc(p->arena, 2 * BEFORE_LEN + 1);
    *out = bound_to(p);
    if (codec_is_hex(*out, 2 * BEFORE_LEN))
        return ERR_OK;
    enum err e = hex != NULL ? random_bytes(noise, sizeof noise) : ERR_MEMORY;
    if (e != ERR_OK)
        return e;
    codec_hex(hex, noise, sizeof noise);
    page_set_cookie(p, COOKIE_BEFORE, hex, -1);
    *out = hex;
    return ERR_OK;
}

/* ---- Who it is ---- */

static enum err find_person(struct page *p)
{
    const char *secret = page_cookie(p, "");
    if (!codec_is_hex(secret, BROWSER_SECRET_CAP - 1))
        return ERR_OK;
    enum err e = browser_find(p->app, secret, p->now_s, p->arena, &p->session, &p->user);
    if (e == ERR_OK)
        e = admission_recheck(p->app, &p->user, p->call->req->address, p->arena);
    if (e != ERR_OK)
        return e == ERR_TOKEN_INVALID || e == ERR_USER_NETWORK ? ERR_OK : e;
    p->user.password_expired = policy_password_expired(&p->app->cfg, &p->user, p->now_s);
    p->has_session = true;
    return group_store_has(p->app->db, PAGE_ADMINS, p->user.id, &p->is_admin);
}

/* What the address asks for: looked for in the query itself, since parameters are not read of what is refused before. */
static const char *asked_language(const struct page *p)
{
    const char *query = p->call->req->query;
    while (*query != '\0' && strncmp(query, "lang=", 5) != 0) {
        query += strcspn(query, "&");
        query += *query == '&';
    }
    const char *tag = *query != '\0' ? arena_strndup(p->arena, query + 5, strcspn(query + 5, "&")) : NULL;
    return tag != NULL ? tag : "";
}

static void choose_language(struct page *p)
{
    const char *accept = request_env(p->call->req, "HTTP_ACCEPT_LANGUAGE");
    const char *asked = asked_language(p);
    const char *kept = page_cookie(p, COOKIE_LANGUAGE);
    if (words_of_tag(asked, strlen(asked), &p->script)) {
        if (strcmp(words_tag(p->script), kept) != 0)
            page_set_cookie(p, COOKIE_LANGUAGE, words_tag(p->script), LANGUAGE_S);
    } else if (!words_of_tag(kept, strlen(kept), &p->script)) {
        p->script = words_negotiate(accept != NULL ? accept : "");
    }
}

/* A person's own language goes before the browser's, behind what was chosen in this browser. */
static void choose_language_of(struct page *p)
{
    const char *kept = page_cookie(p, COOKIE_LANGUAGE);
    if (kept[0] == '\0' && page_field(p, "lang")[0] == '\0')
        words_of_tag(p->user.locale, strlen(p->user.locale), &p->script);
}

void page_sign_in(struct page *p, const char secret[BROWSER_SECRET_CAP], bool remember)
{
    page_set_cookie(p, "", secret, remember ? p->app->cfg.portal.remember_ttl_s : -1);
}

enum err page_record(struct page *p, const char *action, const char *subject)
{
    const struct audit_event event = {.action = action,
                                      .subject = subject,
                                      .tenant_id = p->user.tenant_id,
                                      .account = p->user.account,
                                      .dialect = config_dialect_name(DIALECT_PORTAL),
                                      .address = p->call->req->address,
                                      .result = ERR_OK};
    return audit_record(p->app, &event, p->now_s);
}

/* ---- Answering ---- */

static void add_headers(struct page *p)
{
    response_header(p->call->res, "Content-Security-Policy",
                    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
                    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    response_header(p->call->res, "X-Content-Type-Options", "nosniff");
    response_header(p->call->res, "X-Frame-Options", "DENY");
    response_header(p->call->res, "Referrer-Policy", "same-origin");
    response_header(p->call->res, "Cross-Origin-Opener-Policy", "same-origin");
    response_header(p->call->res, "Cross-Origin-Resource-Policy", "same-origin");
}

/* Of a page that says that the database is in trouble, the looks are the configuration's. */
static enum err add_site(struct page *p, int status)
{
    struct appearance a;
    struct view *site = view_map(p->view, "site");
    struct db *db = status < 500 ? p->app->db : NULL;
    enum err e = appearance_read(db, &p->app->cfg, p->arena, &a);
    if (e != ERR_OK)
        return e;
    for (int f = 0; f < APPEARANCE_FIELDS; f++)
        view_text(site, appearance_name((enum appearance_field)f), a.value[f]);
    if (appearance_is_kept(a.value[APPEARANCE_LOGO]))
        view_textf(site, "logo", "%s/portal/file/%s", p->mount, a.value[APPEARANCE_LOGO]);
    if (a.value[APPEARANCE_TITLE][0] == '\0')
        view_text(site, "title", page_word(p, "site.title"));
    if (a.value[APPEARANCE_ACCENT][0] != '\0')
        view_textf(p->view, "look_src", "%s/portal/file/look-%s-%s", p->mount, a.value[APPEARANCE_ACCENT],
                   asset_css.name);
    view_textf(p->view, "style_src", "%s/portal/file/%s", p->mount, asset_css.name);
    view_textf(p->view, "script_src", "%s/portal/file/%s", p->mount, asset_js.name);
    return ERR_OK;
}

static void add_languages(struct page *p)
{
    view_text(p->view, "lang", words_tag(p->script));
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        struct view *item = view_item(p->view, "langs");
        view_text(item, "tag", words_tag((enum script)i));
        view_text(item, "name", words_name((enum script)i));
        view_flag(item, "current", i == (int)p->script);
    }
}

/* Where this is, for what is marked in the navigation: at.account, or at.admin with at.overview, at.users, … */
static void add_place(struct page *p)
{
    static const char *const sections[][2] = {
        {"user", "users"},    {"group", "groups"},    {"import", "users"},     {"export", "users"},
        {"lock", "locks"},    {"client", "clients"},  {"tenant", "tenants"},   {"key", "keys"},
        {"audit", "audit"},   {"captcha", "captcha"}, {"setting", "settings"}, {"look", "settings"},
        {"health", "health"},
    };
    const char *path = frame_path(p);
    struct view *at = view_map(p->view, "at");
    const char *admin = strncmp(path, "/admin", 6) == 0 ? path : "";
    view_flag(at, "account", strncmp(path, "/account", 8) == 0);
    if (admin[0] == '\0' || (admin[6] != '\0' && admin[6] != '/'))
        return;
    view_flag(at, "admin", true);
    view_flag(at, "overview", admin[6] == '\0');
    for (size_t i = 0; i < sizeof sections / sizeof sections[0] && admin[6] == '/'; i++)
        if (strncmp(admin + 7, sections[i][0], strlen(sections[i][0])) == 0)
            view_flag(at, sections[i][1], true);
}

static void add_person(struct page *p)
{
    if (!p->has_session)
        return;
    struct view *me = view_map(p->view, "me");
    view_text(me, "account", p->user.account);
    view_text(me, "name",
              p->user.real_name[0] != '\0'   ? p->user.real_name
              : p->user.nick_name[0] != '\0' ? p->user.nick_name
                                             : p->user.account);
    view_flag(me, "is_admin", p->is_admin);
}

/* What the last page had done, said once. */
static void add_done(struct page *p)
{
    const char *key = page_cookie(p, COOKIE_DONE);
    if (key[0] == '\0')
        return;
    page_set_cookie(p, COOKIE_DONE, "", 0);
    if (strncmp(key, "done.", 5) == 0 && words_find(key, strlen(key), p->script) != NULL)
        view_text(p->view, "done", page_word(p, key));
}

static enum err render(struct page *p, const char *name, int status)
{
    p->call->res->status = status;
    p->call->res->type = "text/html;charset=UTF-8";
    add_headers(p);
    enum err e = add_site(p, status);
    if (e != ERR_OK)
        return e;
    add_languages(p);
    add_person(p);
    add_place(p);
    frame_add(p, name);
    buf_clear(&p->call->res->body);
    return template_render(name, p->script, p->mount, p->view, &p->call->res->body);
}

enum err page_show(struct page *p, const char *name, int status)
{
    const char *cookie = "";
    char token[CSRF_CAP];
    enum err e = form_cookie(p, &cookie);
    if (e == ERR_OK)
        e = csrf_token(p, cookie, token);
    if (e != ERR_OK)
        return e;
    view_textf(p->view, "csrf", "%s", token);
    add_done(p);
    return render(p, name, status);
}

enum err page_go_to(struct page *p, const char *address, const char *done)
{
    p->call->res->status = 303;
    p->call->res->type = "text/html;charset=UTF-8";
    add_headers(p);
    if (done != NULL)
        page_set_cookie(p, COOKIE_DONE, done, DONE_S);
    response_header(p->call->res, "Location", address);
    return ERR_OK;
}

enum err page_go(struct page *p, const char *path, const char *done)
{
    const char *address = arena_printf(p->arena, "%s%s", p->mount, path);
    return address != NULL ? page_go_to(p, address, done) : ERR_MEMORY;
}

static bool is_get(const struct page *p)
{
    return strcmp(p->call->req->method, "GET") == 0 || strcmp(p->call->req->method, "HEAD") == 0;
}

/* To the page `path`, which leads back here, if there is something to see: not to a form's answer. */
static enum err go_and_return(struct page *p, const char *path, bool returns, const char *done)
{
    struct buf to;
    buf_init(&to);
    buf_add_str(&to, path);
    if (returns) {
        const char *query = is_get(p) ? p->call->req->query : "";
        buf_add_str(&to, "?next=");
        page_add_encoded(&to, p->mount);
        page_add_encoded(&to, frame_path(p));
        if (query[0] != '\0') {
            page_add_encoded(&to, "?");
            page_add_encoded(&to, query);
        }
    }
    enum err e = to.err != ERR_OK ? to.err : page_go(p, buf_str(&to), done);
    buf_free(&to);
    return e;
}

/* ---- The way in ---- */

static enum err init(struct page *p, struct call *c)
{
    *p = (struct page){.call = c, .app = c->app, .arena = c->arena, .now_s = c->req->now_s};
    p->is_https = address_is_https(c->req, &c->app->cfg);
    p->mount = address_mount(c->req, &c->app->cfg, c->arena);
    p->view = view_new(c->arena);
    if (p->mount == NULL || p->view == NULL)
        return ERR_MEMORY;
    choose_language(p);
    return ERR_OK;
}

bool page_is_proved(const struct page *p)
{
    /* By a clock that was ahead it would last too long. */
    return p->session.proved_s + PROVED_S >= p->now_s && p->session.proved_s <= p->now_s + CLOCK_SKEW_S;
}

/* What the row asks for; *answered when the answer is on its way already. */
static enum err admit(struct page *p, unsigned needs, bool *answered)
{
    enum err e = find_person(p);
    if (e != ERR_OK)
        return e;
    if (p->has_session)
        choose_language_of(p);
    *answered = true;
    bool has_nobody = false;
    if ((needs & PAGE_FIRST) == 0 && (e = start_is_due(p, &has_nobody)) != ERR_OK)
        return e;
    if (has_nobody)
        return page_go(p, "/setup", NULL);
    if ((needs & (PAGE_PERSON | PAGE_ADMIN)) != 0 && !p->has_session)
        return go_and_return(p, "/login", is_get(p),
                             page_cookie(p, "")[0] != '\0' ? "done.session_over" : NULL);
    if ((needs & PAGE_FORM) != 0 && (e = page_check_form(p)) != ERR_OK)
        return e;
    if ((needs & PAGE_ADMIN) != 0 && !p->is_admin)
        return ERR_FORBIDDEN;
    if ((needs & (PAGE_PERSON | PAGE_ADMIN)) != 0 && (needs & PAGE_STALE) == 0 && p->user.password_expired)
        return go_and_return(p, "/account/password", is_get(p), "done.password_expired");
    if ((needs & PAGE_PROVED) != 0 && !page_is_proved(p))
        return go_and_return(p, "/prove", true, is_get(p) ? NULL : "done.prove_first");
    *answered = false;
    return ERR_OK;
}

enum err page_run(struct call *c)
{
    const struct page_row *row = portal_row(c->route);
    struct page p;
    bool answered = false;
    enum err e = init(&p, c);
    if (e == ERR_OK && (row->needs & PAGE_PLAIN) == 0) {
        e = db_read_begin(c->app->db);
        if (e == ERR_OK)
            e = admit(&p, row->needs, &answered);
    }
    if (e == ERR_OK && !answered)
        e = row->handler(&p);
    return e;
}

enum err page_admit_upload(struct call *c)
{
    struct page p;
    enum err e = init(&p, c);
    if (e == ERR_OK)
        e = find_person(&p);
    return e != ERR_OK || p.is_admin ? e : ERR_FORBIDDEN;
}

void page_render_error(struct call *c)
{
    struct page p;
    struct buf text;
    int status = c->res->status;
    buf_init(&text);
    if (init(&p, c) != ERR_OK)
        return;
    text_failure(&c->failure, p.script, &text);
    view_text(p.view, "message", buf_str(&text));
    view_number(p.view, "status", status);
    view_text(p.view, "error", err_info(c->failure.err)->name);
    if (c->failure.retry_after_s > 0)
        view_text(p.view, "wait", page_duration(&p, c->failure.retry_after_s));
    bool has_no_site = c->failure.err == ERR_DOWN && c->app->no_site != NO_SITE_UNKNOWN;
    if (has_no_site)
        start_add_no_site(&p);
    render(&p, has_no_site ? "no-site" : "error", status);
    buf_free(&text);
}
