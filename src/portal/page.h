/*
 * One request for a page of the portal. What a page requires stands in its row (portal/portal.c) and is checked here
 * before its handler is called: who may see it, that a form was sent by a page of this portal, that a password was
 * typed lately.
 *
 * A handler reads its fields with page_field, puts what it shows into p->view, and ends with page_show (here is a
 * page) or page_go (done; look there). An error that it returns becomes a page that says what happened.
 *
 * Depends on http/route, portal/view, portal/words, auth/browser.
 */
#ifndef PORTAL_PAGE_H
#define PORTAL_PAGE_H

#include "auth/browser.h"
#include "http/route.h"
#include "portal/view.h"
#include "portal/words.h"

/* The group whose members administer the site. */
#define PAGE_ADMINS "admins"

enum page_needs {
    PAGE_OPEN = 0,        /* anybody; a session is looked at if there is one */
    PAGE_PERSON = 1 << 0, /* somebody who is signed in; others are led to /login and back */
    PAGE_ADMIN = 1 << 1,  /* a member of the group admins; others get 403 */
    PAGE_FORM = 1 << 2,   /* a POST of a form of ours: its origin and its token are checked */
    PAGE_STALE =
        1
        << 3, /* also for somebody whose password has expired; on other pages he is led to /account/password */
    PAGE_PROVED = 1 << 4, /* the password was typed lately; else the person is led to /prove and back */
    PAGE_PLAIN = 1 << 5,  /* no page: a picture, a style sheet. No session is looked for */
    PAGE_UPLOAD = 1 << 6, /* of PAGE_ADMIN | PAGE_FORM: a file comes with it (page_file) */
    PAGE_FIRST = 1 << 7,  /* also while the site has no users; other pages lead to /setup then */
};

struct page;
typedef enum err page_handler(struct page *p);

/* What stands in the row of a page (portal/pages.h). */
struct page_row {
    unsigned needs;
    page_handler *handler;
};

struct page {
    struct call *call;
    struct app *app;
    struct arena *arena;
    int64_t now_s;
    enum script script; /* the language */
    const char *mount;  /* before every path: "" or "/cgi-bin/menshen.fcgi" */
    bool is_https;
    struct view *view; /* what the template sees; the frame adds site, me, csrf, … when it is shown */

    bool has_session;
    struct browser_session session; /* if has_session, as is the rest */
    struct user user;
    bool is_admin;
};

/* The value of a form field or, in GET, of a query parameter; "" if absent. Not trimmed. */
const char *page_field(const struct page *p, const char *name);

/* The file of a form whose row has PAGE_UPLOAD, in the field `name`; NULL if none was chosen. */
const struct multipart_file *page_file(const struct page *p, const char *name);

/* page_field as a number; `otherwise` if it is absent or none within min..max. */
int64_t page_number(const struct page *p, const char *name, int64_t min, int64_t max, int64_t otherwise);

/* Whether a checkbox was checked. */
bool page_checked(const struct page *p, const char *name);

/*
 * Something is wrong with a field: the sentence goes to view.fault.FIELD, and one for all into the list view.faults
 * (members: field, text), which layouts show above the form and announce. "" as field: the form as a whole.
 * page_fault takes the key of a text, page_fault_text a sentence in the page's language.
 */
void page_fault(struct page *p, const char *field, const char *key);
void page_fault_text(struct page *p, const char *field, const char *sentence);

/* Whether page_fault was called. */
bool page_has_faults(const struct page *p);

/* A text in the page's language; the key itself if there is none; "" for a key that found no room (NULL). */
const char *page_word(const struct page *p, const char *key);

/* The same with its {name}s filled in from `values`, not escaped, and a line that ends at each "\n": for a sentence that is
 * data. In the arena. */
const char *page_sentence(const struct page *p, const char *key, const struct view *values);

/* Answer with the page `name` (portal/template.h). status: 200, or 4xx with a page that says why. */
enum err page_show(struct page *p, const char *name, int status);

/*
 * Answer 303 to a path of the portal ("/admin/users?q=…", begins with one slash), or, with page_go_to, to an address
 * that was checked (page_next). done: the key of a text that the next page shows once ("done.user_locked"), or NULL.
 */
enum err page_go(struct page *p, const char *path, const char *done);
enum err page_go_to(struct page *p, const char *address, const char *done);

/* Append `text` percent-encoded, as a value in a query string. */
void page_add_encoded(struct buf *out, const char *text);

/* The address of a path of the portal with scheme and host, for links that leave the browser; in the arena. By
 * [server] base_url, else by the request. */
const char *page_address(const struct page *p, const char *path);

/*
 * Where `next` leads, if it may lead there: a path of this host, or an address whose origin is that of base_url or one
 * of [portal] next_hosts. NULL for everything else ("//evil", "/\evil", control characters, userinfo, data:).
 */
const char *page_next(const struct page *p, const char *next);

/* A time in the site's zone, as a reader of the page's language writes it: "2026年11月25日 16:03". Into view `v` as
 * `name`; with 0 nothing. Also NAME_iso, for <time datetime>. */
void page_time(struct page *p, struct view *v, const char *name, int64_t at_s);

/* "3 分钟", "2 hours": in the arena. */
const char *page_duration(const struct page *p, int64_t seconds);

/* Set a cookie of this portal (HttpOnly, SameSite=Lax, Secure and __Host- as it may be), called "menshen-NAME", or
 * "menshen" with name "". max_age_s -1: until the browser ends; 0: delete it. */
void page_set_cookie(struct page *p, const char *name, const char *value, int64_t max_age_s);

/* The cookie's value, in the arena; "" if it did not come. */
const char *page_cookie(const struct page *p, const char *name);

/* Start a browser session for somebody who has proved himself: the cookie, with the secret of login_browser(). */
void page_sign_in(struct page *p, const char secret[BROWSER_SECRET_CAP], bool remember);

/* Record what the person of this page did as an administrator, as audit_record_admin with actor "user:TENANT/ACCOUNT".
 * Within a transaction. */
enum err page_record(struct page *p, const char *action, const char *subject);

/* What PAGE_FORM checks, for a page that has more to say than that the form is not ours. ERR_OK; ERR_FORM. */
enum err page_check_form(struct page *p);

/* Whether the browser sent the cookie that its forms are bound to: one that has seen a page of ours does, if it keeps
 * cookies at all. */
bool page_has_form_cookie(const struct page *p);

/* Whether the person typed the password lately, as PAGE_PROVED asks. */
bool page_is_proved(const struct page *p);

/* The handler of every route of the portal. */
route_handler page_run;

/* The portal's admit_upload: administrators only. */
enum err page_admit_upload(struct call *c);

/* The portal's render_error. */
void page_render_error(struct call *c);

#endif
