/*
 * The way in and out: the front page, signing in with the captcha that is due, signing out, and why a sign-in did not
 * hold.
 *
 * Who was let in is led to where he goes by way of /sign-in/welcome, which sees whether the cookie came back. Without
 * that step a browser that keeps no cookies is sent to the sign-in page again and again, and never told why.
 */
#include "portal/login.h"

#include <inttypes.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/login.h"
#include "auth/throttle.h"
#include "base/codec.h"
#include "base/json_out.h"
#include "base/secure.h"
#include "captcha/challenge.h"
#include "crypto/digest.h"
#include "portal/address.h"
#include "portal/letter.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "store/browser_store.h"
#include "store/tenant_store.h"

enum {
    WELCOME_S = 60,          /* that the step by way of /sign-in/welcome may take */
    WELCOME_MAC_CAP = 33,    /* hex digits and NUL */
    TENANTS_LISTED_MAX = 200 /* with more the tenant is typed, not chosen */
};

#define HOME "/account"

static enum err go_next(struct page *p, const char *done)
{
    const char *next = page_next(p, page_field(p, "next"));
    return next != NULL ? page_go_to(p, next, done) : page_go(p, HOME, done);
}

/*
 * Whether this is the front page. Where a web server passes no PATH_INFO, every path looks like it, and what it leads to
 * looks like it again: that ends there, as what is no address at all, with the dispatcher's hint in the log.
 */
static bool is_front(const struct page *p)
{
    static const char *const targets[] = {"/login", HOME};
    const char *script = request_env(p->call->req, "SCRIPT_NAME");
    const char *info = request_env(p->call->req, "PATH_INFO");
    if (script == NULL || (info != NULL && info[0] != '\0'))
        return true;
    size_t len = strlen(script);
    for (const char *c = script; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return false;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        size_t n = strlen(targets[i]);
        if (len >= n && strcmp(script + len - n, targets[i]) == 0)
            return false;
    }
    return true;
}

enum err login_front(struct page *p)
{
    if (!is_front(p))
        return ERR_NO_SUCH_PATH;
    return page_go(p, p->has_session ? HOME : "/login", NULL);
}

/* ---- Where this browser is ---- */

/* "http://host:port" that the browser itself says it is on; "" if it does not say. In the arena. */
static const char *seen_origin(const struct page *p)
{
    const char *said = request_env(p->call->req, "HTTP_ORIGIN");
    if (said == NULL || said[0] == '\0' || strcmp(said, "null") == 0)
        said = request_env(p->call->req, "HTTP_REFERER");
    const char *authority = said != NULL ? strstr(said, "://") : NULL;
    if (authority == NULL)
        return "";
    size_t len = (size_t)(authority - said) + 3 + strcspn(authority + 3, "/?#");
    const char *origin = arena_strndup(p->arena, said, len);
    return origin != NULL ? origin : "";
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The address of a path of the portal on the very host that was asked, by the scheme that its cookies are for. */
static const char *address_here(const struct page *p, const char *path)
{
    const char *host = request_env(p->call->req, "HTTP_HOST");
    return arena_printf(p->arena, "%s://%s%s%s", p->is_https ? "https" : "http", host != NULL ? host : "",
                        p->mount, path);
}

/* What [server] base_url says, up to the path; "" if it says nothing. */
static const char *configured_origin(const struct page *p)
{
    const char *origin = address_origin(p->call->req, &p->app->cfg, p->arena);
    return p->app->cfg.server.base_url[0] != '\0' && origin != NULL ? origin : "";
}

/* ---- A sign-in that does not hold ---- */

/* "/login?next=…", for the way back. */
static const char *login_path(struct page *p, const char *next)
{
    struct buf path;
    buf_init(&path);
    buf_add_str(&path, "/login");
    if (next[0] != '\0') {
        buf_add_str(&path, "?next=");
        page_add_encoded(&path, next);
    }
    const char *copy = arena_strndup(p->arena, buf_str(&path), path.len);
    buf_free(&path);
    return copy != NULL ? copy : "/login";
}

/* Whether a browser sends cookies of [portal] cookie_path to this portal (RFC 6265 §5.1.4). */
static bool is_below_cookie_path(const struct page *p)
{
    const char *path = p->app->cfg.portal.cookie_path;
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    return strncmp(p->mount, path, len) == 0 && (p->mount[len] == '/' || p->mount[len] == '\0');
}

/* was_let_in: the password was right, and the session's cookie did not come back; else no cookie came at all. */
static enum err show_trouble(struct page *p, const char *next, bool was_let_in)
{
    const char *seen = seen_origin(p), *there = configured_origin(p), *again = login_path(p, next);
    struct view *because = view_map(p->view, "because");
    bool is_path = !is_below_cookie_path(p), is_scheme = p->is_https && begins(seen, "http://");
    bool is_host =
        seen[0] != '\0' && there[0] != '\0' && strcmp(strstr(seen, "://"), strstr(there, "://")) != 0;
    view_flag(p->view, "was_let_in", was_let_in);
    view_flag(because, "scheme", is_scheme);
    view_flag(because, "host", is_host);
    view_flag(because, "path", is_path);
    view_flag(because, "cookies", !is_scheme && !is_path);
    view_text(p->view, "cookie_path", p->app->cfg.portal.cookie_path);
    view_text(p->view, "mount", p->mount[0] != '\0' ? p->mount : "/");
    view_text(p->view, "here", seen[0] != '\0' ? seen : request_env(p->call->req, "HTTP_HOST"));
    view_text(p->view, "there", there);
    view_text(p->view, "secure", address_here(p, "/"));
    view_text(p->view, "again", is_host ? page_address(p, again) : address_here(p, again));
    view_text(p->view, "self", again);
    view_number(p->view, "now", p->now_s);
    return page_show(p, "trouble", was_let_in ? 200 : 403);
}

static enum err welcome_mac(const struct page *p, const char *next, int64_t at_s, char out[WELCOME_MAC_CAP])
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t len = 0;
    const char *text = arena_printf(p->arena, "welcome\n%" PRId64 "\n%s", at_s, next);
    if (text == NULL)
        return ERR_MEMORY;
    enum err e = digest_hmac(DIGEST_SHA256, p->app->client_pepper, sizeof p->app->client_pepper, text,
                             strlen(text), mac, &len);
    if (e == ERR_OK)
        codec_hex(out, mac, WELCOME_MAC_CAP / 2);
    return e;
}

static enum err go_welcome(struct page *p)
{
    const char *next = page_next(p, page_field(p, "next"));
    char mac[WELCOME_MAC_CAP];
    struct buf path;
    if (next == NULL)
        next = "";
    enum err e = welcome_mac(p, next, p->now_s, mac);
    if (e != ERR_OK)
        return e;
    buf_init(&path);
    buf_addf(&path, "/sign-in/welcome?at=%" PRId64 "&mac=%s&next=", p->now_s, mac);
    page_add_encoded(&path, next);
    e = path.err != ERR_OK ? path.err : page_go(p, buf_str(&path), NULL);
    buf_free(&path);
    return e;
}

enum err login_welcome(struct page *p)
{
    const char *next = page_field(p, "next"), *given = page_field(p, "mac");
    int64_t at_s = page_number(p, "at", 0, p->now_s, 0);
    char mac[WELCOME_MAC_CAP];
    if (p->has_session)
        return go_next(p, NULL);
    enum err e = welcome_mac(p, next, at_s, mac);
    if (e != ERR_OK)
        return e;
    bool is_ours = strlen(given) == WELCOME_MAC_CAP - 1 && secure_equal(mac, given, WELCOME_MAC_CAP - 1);
    if (!is_ours || at_s + WELCOME_S < p->now_s)
        return page_go(p, login_path(p, next), NULL); /* nobody has just signed in */
    return show_trouble(p, next, true);
}

/* ---- The captcha ---- */

/* The characters are simplified ones, which whoever writes traditional ones cannot type. */
static struct captcha_profile profile_of(const struct page *p)
{
    struct captcha_profile profile = p->call->cfg->captcha;
    if (p->script == SCRIPT_SIMPLIFIED)
        profile.kind = (enum captcha_kind)p->app->cfg.portal.chinese_kind;
    return profile;
}

/* A fresh one, with its picture as it stands in a data URI behind the comma. The caller wipes the challenge. */
static enum err make_captcha(struct page *p, const struct captcha_profile *profile,
                             struct challenge *challenge, struct buf *image)
{
    struct captcha_engine *engine = NULL;
    struct app *app = p->app;
    enum err e = challenge_issue(app->db, &app->log, &app->cfg, DIALECT_PORTAL, profile, CHALLENGE_ID_HEX32,
                                 p->call->req->address, p->now_s, challenge, &p->call->failure.retry_after_s);
    if (e == ERR_OK)
        e = app_engine(app, &engine);
    if (e == ERR_OK)
        e = challenge_draw(engine, profile, challenge, image);
    if (e == ERR_OK && app->cfg.captcha.expose_answer)
        response_header(p->call->res, "X-Captcha-Code", challenge->text.answer);
    return e == ERR_OK ? image->err : e;
}

static const char *data_prefix(const struct captcha_profile *profile)
{
    return profile->format == CAPTCHA_PNG ? "data:image/png;base64," : "data:image/jpeg;base64,";
}

static void show_captcha(struct page *p, const struct captcha_profile *profile, const char *id,
                         const struct buf *image)
{
    static const char *const hints[CAPTCHA_KIND_COUNT] = {
        [CAPTCHA_ALNUM] = "login.captcha_alnum",     [CAPTCHA_DIGITS] = "login.captcha_digits",
        [CAPTCHA_LETTERS] = "login.captcha_letters", [CAPTCHA_ARITHMETIC] = "login.captcha_arithmetic",
        [CAPTCHA_CHINESE] = "login.captcha_chinese",
    };
    struct view *v = view_map(p->view, "captcha");
    struct buf uri;
    buf_init(&uri);
    buf_add_str(&uri, data_prefix(profile));
    codec_base64(&uri, image->data, image->len);
    view_textf(v, "id", "%s", id);
    view_textf(v, "image", "%s", buf_str(&uri));
    view_number(v, "width", profile->width_px);
    view_number(v, "height", profile->height_px);
    view_text(v, "hint", hints[profile->kind]);
    buf_free(&uri);
}

enum err login_add_captcha(struct page *p)
{
    struct captcha_profile profile = profile_of(p);
    struct challenge challenge;
    struct buf image;
    buf_init(&image);
    enum err e = make_captcha(p, &profile, &challenge, &image);
    if (e == ERR_OK)
        show_captcha(p, &profile, challenge.id, &image);
    if (e == ERR_RATE || e == ERR_FULL) {
        struct view *v = view_new(p->arena);
        view_text(v, "wait", page_duration(p, p->call->failure.retry_after_s));
        page_fault_text(p, "", page_sentence(p, "login.rate", v));
        e = ERR_OK;
    }
    secure_wipe(&challenge, sizeof challenge);
    buf_free(&image);
    return e;
}

/* Another one for a page that is there: {"id": …, "image": "data:…"}, as menshen.js wants it. */
enum err login_captcha(struct page *p)
{
    struct captcha_profile profile = profile_of(p);
    struct challenge challenge;
    struct buf image;
    buf_init(&image);
    enum err e = make_captcha(p, &profile, &challenge, &image);
    if (e == ERR_OK) {
        struct json_out j;
        json_out_init(&j, &p->call->res->body);
        json_open_object(&j, NULL);
        json_str(&j, "id", challenge.id);
        json_base64(&j, "image", data_prefix(&profile), image.data, image.len);
        json_close_object(&j);
        response_header(p->call->res, "X-Content-Type-Options", "nosniff");
    }
    secure_wipe(&challenge, sizeof challenge);
    buf_free(&image);
    return e;
}

/* ---- The page ---- */

struct tenant_listing {
    struct page *p;
    const char *chosen;
    int64_t count;
};

static enum err list_tenant(void *ctx, const struct tenant *row)
{
    struct tenant_listing *l = ctx;
    if (row->locked || ++l->count > TENANTS_LISTED_MAX)
        return ERR_OK;
    struct view *item = view_item(l->p->view, "tenants");
    view_textf(item, "id", "%s", row->id);
    view_textf(item, "name", "%s", row->name[0] != '\0' ? row->name : row->id);
    view_flag(item, "chosen", strcmp(row->id, l->chosen) == 0);
    return ERR_OK;
}

static bool asks_for_tenant(const struct page *p)
{
    return p->app->cfg.portal.show_tenants && page_field(p, "tenant")[0] != '\0';
}

const char *login_tenant(const struct page *p)
{
    return asks_for_tenant(p) ? page_field(p, "tenant") : p->call->cfg->tenant;
}

enum err login_add_tenants(struct page *p)
{
    struct arena rows; /* which forgets each behind the next: there may be many */
    struct tenant_listing l = {p, login_tenant(p), 0};
    if (!p->app->cfg.portal.show_tenants)
        return ERR_OK;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = tenant_store_list(p->app->db, &rows, list_tenant, &l);
    arena_fini(&rows);
    view_flag(p->view, "has_tenants", l.count > 1);
    view_flag(p->view, "has_many_tenants", l.count > TENANTS_LISTED_MAX);
    return e;
}

/* "You are on http://10.0.0.7, and the page that you want is on https://auth.example": a cookie of here is none there. */
static void add_elsewhere(struct page *p, const char *next)
{
    const char *there = configured_origin(p);
    const char *host = request_env(p->call->req, "HTTP_HOST");
    const char *there_host = strstr(there, "://");
    if (next[0] == '/' || next[0] == '\0' || host == NULL || there_host == NULL || !begins(next, there) ||
        strcmp(there_host + 3, host) == 0)
        return;
    view_flag(p->view, "is_elsewhere", true);
    view_text(p->view, "here", host);
    view_text(p->view, "there", there_host + 3);
    view_text(p->view, "there_address", page_address(p, login_path(p, next)));
}

static void fault_locked(struct page *p, int64_t retry_after_s)
{
    struct view *v = view_new(p->arena);
    const char *wait = arena_printf(p->arena, "%" PRId64, retry_after_s);
    page_time(p, v, "until", p->now_s + retry_after_s);
    page_fault_text(p, "", page_sentence(p, "login.locked", v));
    if (wait != NULL)
        response_header(p->call->res, "Retry-After", wait);
}

/* Where the cursor is: in the first field that wants something. */
static void add_focus(struct page *p)
{
    static const char *const fields[] = {"tenant", "account", "password"};
    struct view *focus = view_map(p->view, "focus");
    const char *first = page_field(p, "account")[0] == '\0' ? "account" : "password";
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *name = arena_printf(p->arena, "fault.%s", fields[i]);
        if (name != NULL && view_find(p->view, name, strlen(name)) != NULL) {
            first = fields[i];
            break;
        }
    }
    view_flag(focus, first, true);
}

/* The sign-in page with what was typed but the password. `wants_captcha`: whether one is due or not. */
static enum err show(struct page *p, int status, bool wants_captcha)
{
    const char *next = page_next(p, page_field(p, "next"));
    struct view *form = view_map(p->view, "form");
    struct throttle_try try = {.tenant_id = login_tenant(p),
                               .account = page_field(p, "account"),
                               .client_id = "",
                               .address = p->call->req->address};
    int64_t retry_after_s = 0;
    next = next != NULL ? next : "";
    enum err e = throttle_check(p->app, &try, p->now_s, &retry_after_s);
    if (e == ERR_LOGIN_LOCKED) {
        fault_locked(p, retry_after_s);
        status = 429;
    } else if (e == ERR_CAPTCHA_REQUIRED || (e == ERR_OK && wants_captcha)) {
        e = login_add_captcha(p);
    }
    if (e != ERR_OK && e != ERR_LOGIN_LOCKED)
        return e;
    view_text(form, "next", next);
    view_text(form, "account", page_field(p, "account"));
    view_text(form, "tenant", page_field(p, "tenant"));
    view_flag(form, "remember", page_checked(p, "remember"));
    view_text(p->view, "self", login_path(p, next));
    view_flag(p->view, "can_reset", letter_answers(p->app));
    view_flag(p->view, "can_remember", p->app->cfg.portal.remember_ttl_s > 0);
    view_text(p->view, "remember_for", page_duration(p, p->app->cfg.portal.remember_ttl_s));
    add_elsewhere(p, next);
    add_focus(p);
    e = login_add_tenants(p);
    return e == ERR_OK ? page_show(p, "login", status) : e;
}

enum err login_show(struct page *p)
{
    return p->has_session ? go_next(p, NULL) : show(p, 200, false);
}

/* ---- Signing in ---- */

/* The fields that must be there, before anything is looked at. */
static enum err check_fields(struct page *p)
{
    const char *account = page_field(p, "account");
    struct tenant tenant;
    if (account[0] == '\0')
        page_fault(p, "account", "login.fault_account");
    else if (strlen(account) > ROUTE_ACCOUNT_MAX)
        page_fault(p, "account", "login.fault_account_long");
    if (page_field(p, "password")[0] == '\0')
        page_fault(p, "password", "login.fault_password");
    if (page_field(p, "captcha_id")[0] != '\0' && page_field(p, "captcha")[0] == '\0')
        page_fault(p, "captcha", "login.fault_captcha");
    if (!asks_for_tenant(p))
        return ERR_OK;
    enum err e = tenant_store_get(p->app->db, page_field(p, "tenant"), p->arena, &tenant);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && tenant.locked))
        page_fault(p, "tenant", "login.fault_tenant");
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Say what was wrong, on the page again; or the error itself, for what nobody in front of it can mend. */
static enum err refuse(struct page *p, enum err e)
{
    switch (e) {
    case ERR_LOGIN_LOCKED:
        return show(p, 429, false);
    case ERR_CAPTCHA_REQUIRED:
        page_fault(p, "captcha", "login.captcha_due");
        return show(p, 403, true);
    case ERR_CAPTCHA:
        page_fault(p, "captcha", "login.captcha_wrong");
        return show(p, 403, true);
    case ERR_BAD_REQUEST: /* longer than any password is */
    case ERR_USER_UNKNOWN:
    case ERR_USER_LOCKED:
    case ERR_PASSWORD:
        page_fault(p, "", "login.wrong");
        return show(p, 403, false);
    default:
        return e;
    }
}

static enum err sign_in(struct page *p)
{
    const char *captcha_id = page_field(p, "captcha_id"),
               *agent = request_env(p->call->req, "HTTP_USER_AGENT");
    struct login_browser r = {.tenant_id = login_tenant(p),
                              .account = page_field(p, "account"),
                              .password = page_field(p, "password"),
                              .captcha_id = captcha_id[0] != '\0' ? captcha_id : NULL,
                              .captcha_answer = page_field(p, "captcha"),
                              .address = p->call->req->address,
                              .user_agent = agent != NULL ? agent : "",
                              .remember =
                                  p->app->cfg.portal.remember_ttl_s > 0 && page_checked(p, "remember")};
    char secret[BROWSER_SECRET_CAP];
    struct user user;
    enum err e =
        login_browser(p->app, &r, p->now_s, p->arena, secret, &user, &p->call->failure.retry_after_s);
    if (e != ERR_OK)
        return refuse(p, e);
    page_sign_in(p, secret, r.remember);
    secure_wipe(secret, sizeof secret);
    letter_new_sign_in(p, &user);
    return go_welcome(p);
}

enum err login_sign_in(struct page *p)
{
    /* In another tab, meanwhile. */
    if (p->has_session)
        return go_next(p, "done.already_signed_in");
    enum err e = page_check_form(p);
    if (e == ERR_FORM && !page_has_form_cookie(p) && address_is_same_site(p->call->req, &p->app->cfg)) {
        const char *next = page_next(p, page_field(p, "next"));
        return show_trouble(p, next != NULL ? next : "", false);
    }
    if (e != ERR_OK)
        return e;
    if (page_checked(p, "another"))
        return show(p, 200, true);
    e = check_fields(p);
    if (e != ERR_OK)
        return e;
    return page_has_faults(p) ? show(p, 400, page_field(p, "captcha_id")[0] != '\0') : sign_in(p);
}

/* ---- Signing out ---- */

static enum err end_session(struct page *p)
{
    const struct audit_event event = {.action = AUDIT_LOGOUT,
                                      .tenant_id = p->user.tenant_id,
                                      .account = p->user.account,
                                      .dialect = config_dialect_name(DIALECT_PORTAL),
                                      .address = p->call->req->address,
                                      .result = ERR_OK};
    enum err e = db_begin(p->app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = browser_store_end(p->app->db, p->session.id, p->user.id);
    if (e == ERR_OK)
        e = audit_record(p->app, &event, p->now_s);
    else if (e == ERR_NOT_FOUND)
        e = ERR_OK; /* it has ended meanwhile */
    return db_end(p->app->db, e);
}

enum err login_sign_out(struct page *p)
{
    /* A session that is over already is no reason to refuse the form that it was for. */
    enum err e = p->has_session ? page_check_form(p) : ERR_OK;
    if (e == ERR_OK && p->has_session)
        e = end_session(p);
    if (e != ERR_OK)
        return e;
    page_set_cookie(p, "", "", 0);
    return page_go(p, "/login", "done.signed_out");
}
