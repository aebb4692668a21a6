#include "portal/letter.h"

#include <string.h>

#include "admin/appearance.h"
#include "admin/users.h"
#include "auth/link.h"
#include "base/codec.h"
#include "base/email.h"
#include "base/secure.h"
#include "crypto/digest.h"
#include "portal/device.h"

#define QUESTION_FORGOT "forgot"
#define COOKIE_KNOWN    "known" /* who has signed in with this browser before */

enum {
    KNOWN_LEN = 12,        /* bytes of a mark */
    KNOWN_MAX = 4,         /* people who share a browser */
    KNOWN_S = 400 * 86400, /* as long as browsers keep a cookie */
    QUESTION_LINES = 4,    /* address of links, language, tenant, who */
};

/* ---- Writing ----------------------------------------------------------------------------------------- */

static enum err add_site(const struct page *p, struct view *v)
{
    struct appearance a;
    enum err e = appearance_read(p->app->db, &p->app->cfg, p->arena, &a);
    if (e == ERR_OK)
        view_text(v, "site",
                  a.value[APPEARANCE_TITLE][0] != '\0' ? a.value[APPEARANCE_TITLE]
                                                       : page_word(p, "site.title"));
    return e;
}

/* A page in the language of whom the letter is for. */
static struct page in_language_of(const struct page *p, const struct user *to)
{
    struct page as = *p;
    if (!words_of_tag(to->locale, strlen(to->locale), &as.script) && to->id != p->user.id)
        as.script = SCRIPT_SIMPLIFIED;
    return as;
}

static const char *name_of(const struct user *u)
{
    return u->real_name[0] != '\0' ? u->real_name : u->nick_name[0] != '\0' ? u->nick_name : u->account;
}

/* The values that are in `v`, and those that every letter has. `as` is of the recipient's language. */
static enum err write_letter(const struct page *as, const struct user *to, const char *recipient,
                             const char *kind, struct view *v, int64_t ttl_s)
{
    const char *subject_key = arena_printf(as->arena, "mail.%s.subject", kind);
    const char *body_key = arena_printf(as->arena, "mail.%s.body", kind);
    if (subject_key == NULL || body_key == NULL)
        return ERR_MEMORY;
    view_text(v, "name", name_of(to));
    view_text(v, "account", to->account);
    enum err e = add_site(as, v);
    const char *subject = page_sentence(as, subject_key, v);
    const char *signature = page_sentence(as, "mail.signature", v);
    const char *body = arena_printf(as->arena, "%s%s", page_sentence(as, body_key, v), signature);
    if (e != ERR_OK || body == NULL || !view_is_whole(v))
        return e != ERR_OK ? e : ERR_MEMORY;
    struct mail m = {
        .user_id = to->id, .recipient = recipient, .subject = subject, .body = body, .ttl_s = ttl_s};
    e = mail_put(as->app, &m, as->now_s);
    if (e != ERR_RATE && e != ERR_FULL && e != ERR_BAD_REQUEST)
        return e;
    LOG_SOME(&as->app->log, ERR_LEVEL_WARN, "mail_refused", LOG_S("error", err_info(e)->name),
             LOG_S("kind", kind), LOG_S("recipient", recipient));
    return ERR_OK;
}

bool letter_answers(const struct app *app)
{
    return mail_is_on(app) && app->cfg.server.base_url[0] != '\0';
}

bool letter_can_reach(const struct app *app, const struct user *to)
{
    return mail_is_on(app) && email_is_address(to->email, strlen(to->email));
}

/* ---- Links ------------------------------------------------------------------------------------------- */

static enum err send_link(const struct page *as, const struct user *to, const char *recipient,
                          const char *purpose, const char *base, const char *secret, int64_t ttl_s)
{
    struct view *v = view_new(as->arena);
    view_textf(v, "link", "%s%s", base, secret);
    view_text(v, "duration", page_duration(as, ttl_s));
    return write_letter(as, to, recipient, purpose, v, ttl_s);
}

enum err letter_link(struct page *p, const struct user *to, const char *purpose, const char *secret,
                     int64_t ttl_s)
{
    struct page as = in_language_of(p, to);
    return letter_can_reach(p->app, to)
               ? send_link(&as, to, to->email, purpose, page_address(p, "/link/"), secret, ttl_s)
               : ERR_OK;
}

enum err letter_ask_to_confirm(struct page *p, const struct user *to)
{
    char secret[LINK_SECRET_CAP];
    struct page as = in_language_of(p, to);
    if (to->email_verified || !letter_answers(p->app) || !letter_can_reach(p->app, to))
        return ERR_OK;
    enum err e = mail_count_asked(p->app, LINK_EMAIL, to->id, p->now_s);
    if (e == ERR_RATE)
        return ERR_OK; /* nobody writes to the whole world in the name of this site */
    if (e == ERR_OK)
        e = link_make(p->app, LINK_EMAIL, to->id, to->email, LINK_EMAIL_TTL_S, p->now_s, secret);
    if (e == ERR_OK)
        e = send_link(&as, to, to->email, LINK_EMAIL, page_address(p, "/link/"), secret, LINK_EMAIL_TTL_S);
    secure_wipe(secret, sizeof secret);
    return e;
}

/* ---- Notices ----------------------------------------------------------------------------------------- */

static enum err put_new_sign_in(const struct page *as, const struct user *to, struct view *v)
{
    enum err e = db_begin(as->app->db, DB_DURABLE);
    return e == ERR_OK
               ? db_end(as->app->db, write_letter(as, to, to->email, "new_sign_in", v, MAIL_NOTICE_TTL_S))
               : e;
}

/* By the address and the browser of this request. */
static void notify(struct page *p, const struct user *to)
{
    struct buf device;
    struct page as = in_language_of(p, to);
    struct view *v = view_new(p->arena);
    const char *agent = request_env(p->call->req, "HTTP_USER_AGENT");
    if (!p->app->cfg.mail.notices || !letter_can_reach(p->app, to))
        return;
    buf_init(&device);
    bool is_known = device_name(agent != NULL ? agent : "", as.script, &device);
    view_text(v, "device",
              is_known ? arena_strdup(p->arena, buf_str(&device)) : page_word(&as, "mail.device_unknown"));
    buf_free(&device);
    view_text(v, "address", p->call->req->address);
    page_time(&as, v, "time", p->now_s);
    enum err e = put_new_sign_in(&as, to, v);
    if (e != ERR_OK)
        LOG_SOME(&p->app->log, ERR_LEVEL_ERROR, "notice_lost", LOG_S("error", err_info(e)->name));
}

/* What a browser keeps of a person who signed in with it: nothing that anybody else could make, or follow back. */
static enum err mark_of(const struct page *p, const struct user *u, char out[KNOWN_LEN * 2 + 1])
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t len = 0;
    const char *text = arena_printf(p->arena, "known\n%lld", (long long)u->id);
    if (text == NULL)
        return ERR_MEMORY;
    enum err e = digest_hmac(DIGEST_SHA256, p->app->client_pepper, sizeof p->app->client_pepper, text,
                             strlen(text), mac, &len);
    if (e == ERR_OK)
        codec_hex(out, mac, KNOWN_LEN);
    return e;
}

/* Put the mark before those that are there already, and keep a few. */
static void remember(struct page *p, const char *mark, const char *kept)
{
    size_t len = strspn(kept, "0123456789abcdef."), most = (KNOWN_MAX - 1) * (KNOWN_LEN * 2 + 1);
    const char *value = arena_printf(p->arena, "%s.%.*s", mark, (int)(len < most ? len : most), kept);
    if (value != NULL)
        page_set_cookie(p, COOKIE_KNOWN, value, KNOWN_S);
}

void letter_new_sign_in(struct page *p, const struct user *to)
{
    char mark[KNOWN_LEN * 2 + 1];
    const char *kept = page_cookie(p, COOKIE_KNOWN);
    if (mark_of(p, to, mark) != ERR_OK || strstr(kept, mark) != NULL)
        return;
    remember(p, mark, kept);
    if (to->last_login_s != 0)
        notify(p, to);
}

/* ---- Forgotten passwords ----------------------------------------------------------------------------- */

enum err letter_ask_forgot(struct page *p, const char *tenant_id, const char *who, int64_t *retry_after_s_out)
{
    const char *text = arena_printf(p->arena, "%s\n%s\n%s\n%s", page_address(p, "/link/"),
                                    words_tag(p->script), tenant_id, who);
    return text != NULL
               ? mail_ask(p->app, QUESTION_FORGOT, text, p->call->req->address, p->now_s, retry_after_s_out)
               : ERR_MEMORY;
}

/* Who is meant: an account of the tenant, or the only person who has that address. */
static enum err find_who(struct db *db, const char *tenant_id, const char *who, struct arena *arena,
                         struct user *out)
{
    enum err e = users_find(db, tenant_id, who, arena, out);
    if (e == ERR_NOT_FOUND && strchr(who, '@') != NULL)
        e = user_store_find_email(db, tenant_id, who, arena, out);
    return e;
}

/* The person's address has to be known as his: who can read what is sent there becomes him. */
static bool may_reset(const struct app *app, const struct user *u)
{
    return letter_can_reach(app, u) && u->email_verified && !u->locked && !u->tenant_locked;
}

static enum err answer_forgot(struct app *app, const struct mail_row *question, int64_t now_s,
                              struct arena *arena)
{
    struct user u;
    char secret[LINK_SECRET_CAP];
    char *line[QUESTION_LINES] = {NULL}, *rest = arena_strdup(arena, question->body);
    if (rest == NULL)
        return ERR_MEMORY;
    for (int i = 0; i < QUESTION_LINES && rest != NULL; i++)
        line[i] = i < QUESTION_LINES - 1 ? strsep(&rest, "\n") : rest;
    if (line[QUESTION_LINES - 1] == NULL)
        return ERR_OK;
    enum err e = find_who(app->db, line[2], line[3], arena, &u);
    if (e != ERR_OK || !may_reset(app, &u))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    struct page asked = {.app = app, .arena = arena, .now_s = now_s};
    words_of_tag(line[1], strlen(line[1]), &asked.script);
    struct page as = in_language_of(&asked, &u);
    e = mail_count_asked(app, QUESTION_FORGOT, u.id, now_s);
    if (e == ERR_RATE)
        return ERR_OK; /* the link that was sent before stays good */
    if (e == ERR_OK)
        e = link_make(app, LINK_RESET, u.id, "", LINK_MAIL_RESET_TTL_S, now_s, secret);
    if (e == ERR_OK)
        e = send_link(&as, &u, u.email, "forgot", line[0], secret, LINK_MAIL_RESET_TTL_S);
    secure_wipe(secret, sizeof secret);
    return e;
}

/* ---- What the sender writes ------------------------------------------------------------------------- */

static enum err tell_password_changed(struct app *app, const struct mail_row *what, int64_t now_s,
                                      struct arena *arena)
{
    struct user u;
    struct page nobody = {.app = app, .arena = arena, .now_s = now_s};
    enum err e = user_store_get(app->db, what->user_id, arena, &u);
    if (e != ERR_OK || !letter_can_reach(app, &u))
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    struct page as = in_language_of(&nobody, &u);
    struct view *v = view_new(arena);
    view_text(v, "address", what->body);
    page_time(&as, v, "time", what->created_s);
    return write_letter(&as, &u, u.email, MAIL_PASSWORD_CHANGED, v, MAIL_NOTICE_TTL_S);
}

enum err letter_answer(struct app *app, const struct mail_row *question, int64_t now_s, struct arena *arena)
{
    if (strcmp(question->subject, QUESTION_FORGOT) == 0)
        return answer_forgot(app, question, now_s, arena);
    if (strcmp(question->subject, MAIL_PASSWORD_CHANGED) == 0)
        return tell_password_changed(app, question, now_s, arena);
    return ERR_OK;
}
