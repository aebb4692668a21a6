/*
 * /setup: the first administrator of a site that has no users, by the setup code (admin/setup). Until there is one
 * every page of the portal leads here; then it is gone.
 */
#include "portal/start.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/setup.h"
#include "admin/users.h"
#include "auth/audit.h"
#include "auth/throttle.h"
#include "base/config_find.h"
#include "base/passwd.h"
#include "base/secure.h"
#include "portal/account.h"
#include "portal/pages.h"
#include "portal/password.h"

enum err start_is_due(struct page *p, bool *out)
{
    *out = false;
    return p->has_session ? ERR_OK : setup_is_due(p->app->db, out);
}

/* Paths are said where there is nothing yet that they lead to. */
void start_add_no_site(struct page *p)
{
    const struct app *app = p->app;
    const struct config *cfg = &app->cfg;
    const char *root = request_env(p->call->req, "DOCUMENT_ROOT");
    char user[PASSWD_NAME_CAP], beside[CONFIG_PATH_CAP];
    struct view *v = view_map(p->view, "no_site");
    view_flag(v, "exposed", app->no_site == NO_SITE_EXPOSED);
    view_flag(v, "used", app->no_site == NO_SITE_USED);
    view_flag(v, "refused", app->no_site == NO_SITE_REFUSED);
    view_text(p->view, "self", "/");
    if (app->no_site == NO_SITE_USED)
        return;
    if (!passwd_name(geteuid(), user))
        snprintf(user, sizeof user, "%lu", (unsigned long)geteuid());
    view_text(p->view, "folder", cfg->server.data_dir);
    view_text(p->view, "root", root != NULL ? root : "");
    view_text(p->view, "why", app->no_site_why);
    view_textf(p->view, "user", "%s", user);
    view_textf(p->view, "conf", "%s",
               cfg->path[0] != '\0'    ? cfg->path
               : config_beside(beside) ? beside
                                       : "menshen.conf");
}

/* The file with the code is there whenever the page is. */
static enum err show(struct page *p, int status)
{
    char code[SETUP_CODE_CAP];
    struct buf why;
    const struct app *app = p->app;
    struct view *form = view_map(p->view, "form");
    buf_init(&why);
    enum err e = setup_code(app->cfg.server.data_dir, code, &why);
    secure_wipe(code, sizeof code);
    if (e != ERR_OK) {
        LOG_SOME(&app->log, ERR_LEVEL_ERROR, "setup_code_missing", LOG_S("error", err_info(e)->name),
                 LOG_S("message", buf_str(&why)));
        page_fault(p, "", "setup.fault.file");
    }
    buf_free(&why);
    view_text(p->view, "file", SETUP_CODE_FILE);
    view_text(p->view, "self", "/setup");
    view_text(form, "account", page_field(p, "account"));
    view_text(form, "real_name", page_field(p, "real_name"));
    view_text(form, "email", page_field(p, "email"));
    return page_show(p, "setup", status);
}

static enum err refuse_others(struct page *p)
{
    bool is_due = false;
    enum err e = setup_is_due(p->app->db, &is_due);
    if (e == ERR_OK && !is_due)
        setup_forget_code(p->app->cfg.server.data_dir);
    return e != ERR_OK ? e : is_due ? ERR_OK : ERR_NO_SUCH_PATH;
}

enum err start_show(struct page *p)
{
    enum err e = refuse_others(p);
    if (e != ERR_OK)
        return e;
    password_show_rules(p, "");
    return show(p, 200);
}

static enum err count_failure(struct page *p)
{
    struct db *db = p->app->db;
    enum err e = db_begin(db, DB_RELAXED);
    return e == ERR_OK ? db_end(db, throttle_secret_failed(p->app, p->call->req->address, p->now_s)) : e;
}

/* Whoever has not the code learns nothing else. *good_out: go on; else the page has its faults. */
static enum err check_code(struct page *p, bool *good_out)
{
    int64_t wait_s = 0;
    const char *given = page_field(p, "code");
    enum err e = throttle_secret_check(p->app, p->call->req->address, p->now_s, &wait_s);
    *good_out = false;
    if (e == ERR_RATE) {
        struct view *v = view_new(p->arena);
        view_text(v, "wait", page_duration(p, wait_s > 0 ? wait_s : 1));
        page_fault_text(p, "code", page_sentence(p, "setup.fault.rate", v));
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    *good_out = setup_code_is(p->app->cfg.server.data_dir, given);
    if (*good_out)
        return ERR_OK;
    page_fault(p, "code", given[0] != '\0' ? "setup.fault.code" : "setup.fault.code_missing");
    return given[0] != '\0' ? count_failure(p) : ERR_OK;
}

static void take_account(struct page *p, struct user *u)
{
    struct buf why;
    const char *account = page_field(p, "account");
    buf_init(&why);
    u->account = "";
    if (account[0] == '\0')
        page_fault(p, "account", "setup.fault.account_missing");
    else if (users_new_account(account, p->arena, &u->account, &why) != ERR_OK)
        page_fault(p, "account", "setup.fault.account");
    buf_free(&why);
    account_take(p, u, "real_name");
    account_take(p, u, "email");
}

static enum err record(struct page *p, const struct user *u)
{
    struct audit_event event = {.action = "setup",
                                .tenant_id = u->tenant_id,
                                .account = u->account,
                                .dialect = config_dialect_name(DIALECT_PORTAL),
                                .address = p->call->req->address,
                                .result = ERR_OK};
    enum err e = audit_record(p->app, &event, p->now_s);
    event.action = AUDIT_LOGIN;
    return e == ERR_OK ? audit_record(p->app, &event, p->now_s) : e;
}

static enum err make(struct page *p, struct user *u, char secret_out[BROWSER_SECRET_CAP])
{
    struct app *app = p->app;
    const char *agent = request_env(p->call->req, "HTTP_USER_AGENT");
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = setup_first_admin(app, u, p->now_s, p->arena);
    const struct browser_start start = {.user_id = u->id,
                                        .proof = BROWSER_BY_PASSWORD,
                                        .address = p->call->req->address,
                                        .user_agent = agent != NULL ? agent : ""};
    if (e == ERR_OK)
        e = browser_start(app, &start, p->now_s, secret_out);
    if (e == ERR_OK)
        e = user_store_note_login(app->db, u->id, p->now_s);
    if (e == ERR_OK)
        e = record(p, u);
    return db_end(app->db, e);
}

/* The code was right, and so are the fields. */
static enum err finish(struct page *p, struct user *u, const char *password)
{
    char hash[PASSWORD_HASH_CAP], secret[BROWSER_SECRET_CAP];
    app_before_slow(p->app);
    db_read_end(p->app->db);
    enum err e = users_hash_new_password(p->app, u->account, password, strlen(password), hash);
    if (password_fault(p, e))
        return show(p, 400);
    u->password_hash = hash;
    if (e == ERR_OK)
        e = make(p, u, secret);
    secure_wipe(hash, sizeof hash);
    if (e == ERR_EXISTS)
        return ERR_NO_SUCH_PATH; /* somebody else was first */
    if (e != ERR_OK)
        return e;
    page_sign_in(p, secret, false);
    secure_wipe(secret, sizeof secret);
    return page_go(p, "/admin", "done.setup");
}

enum err start_make(struct page *p)
{
    bool good = false;
    struct user u = {.tenant_id = p->call->cfg->tenant};
    enum err e = refuse_others(p);
    if (e == ERR_OK)
        e = check_code(p, &good);
    if (e != ERR_OK)
        return e;
    password_show_rules(p, page_field(p, "account"));
    if (!good)
        return show(p, 403);
    take_account(p, &u);
    const char *password = password_field(p);
    return password == NULL || page_has_faults(p) ? show(p, 400) : finish(p, &u, password);
}
