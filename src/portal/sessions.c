/* /account/sessions: where I am signed in, and what was signed in to lately, by me or by somebody who tried. */
#include "portal/sessions.h"

#include <string.h>

#include "auth/audit.h"
#include "portal/device.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "store/audit_store.h"

enum {
    SHOWN_MAX = 100, /* sessions of either kind */
    LATELY_MAX = 20, /* sign-ins */
};

/* ---- Rows ---- */

/* "Chrome 138 · Windows". */
static void show_device(struct page *p, struct view *v, const char *user_agent)
{
    struct buf name;
    buf_init(&name);
    if (!device_name(user_agent, p->script, &name))
        buf_add_str(&name, page_word(p, "sessions.unknown_device"));
    view_textf(v, "device", "%s", buf_str(&name));
    buf_free(&name);
}

void sessions_add_browser(struct page *p, const struct browser_session *row)
{
    struct view *v = view_item(p->view, "browsers");
    view_number(v, "id", row->id);
    show_device(p, v, row->user_agent);
    view_textf(v, "address", "%s", row->address);
    page_time(p, v, "since", row->created_s);
    page_time(p, v, "seen", row->seen_s);
    view_flag(v, "current", row->id == p->session.id);
}

void sessions_add_application(struct page *p, const struct session_row *row)
{
    const struct session *s = &row->session;
    struct view *v = view_item(p->view, "applications");
    view_number(v, "id", s->id);
    view_textf(v, "device", "%s (%s)", s->client_id, s->dialect);
    view_textf(v, "address", "%s", s->refresh_address[0] != '\0' ? s->refresh_address : s->address);
    page_time(p, v, "since", s->created_s);
    view_text(v, "seen", "");
    page_time(p, v, "seen", row->refreshed_s);
}

static enum err show_browser(void *ctx, const struct browser_session *row)
{
    struct page *p = ctx;
    sessions_add_browser(p, row);
    if (row->id != p->session.id)
        view_flag(p->view, "others", true);
    return ERR_OK;
}

static enum err show_application(void *ctx, const struct session_row *row)
{
    struct page *p = ctx;
    sessions_add_application(p, row);
    view_flag(p->view, "others", true);
    view_flag(p->view, "has_applications", true);
    return ERR_OK;
}

/* One sign-in, or a number of failed ones that were summed up. */
static enum err show_sign_in(void *ctx, const struct audit_row *row)
{
    struct page *p = ctx;
    struct view *v = view_item(p->view, "lately");
    const char *key = arena_printf(p->arena, "sessions.result.%s", row->result);
    bool is_known = key != NULL && words_find(key, strlen(key), p->script) != NULL;
    view_flag(p->view, "has_lately", true);
    page_time(p, v, "at", row->last_s != 0 ? row->last_s : row->at_s);
    view_flag(v, "good", strcmp(row->result, "ok") == 0);
    view_text(v, "result", page_word(p, is_known ? key : "sessions.result.other"));
    if (row->count > 1)
        view_number(v, "times", row->count);
    if (row->client_id[0] != '\0')
        view_textf(v, "application", "%s (%s)", row->client_id, row->dialect);
    else
        view_text(v, "application", page_word(p, "sessions.this_site"));
    view_textf(v, "address", "%s", row->address);
    return ERR_OK;
}

/* Who asks, in the audit's words. */
struct asker {
    struct page *p;
    const char *actor;
};

/* What failed since the row that is in the audit: counted, and no row yet. */
static enum err show_counted(void *ctx, const struct audit_row *row)
{
    const struct asker *a = ctx;
    bool is_mine = strcmp(row->actor, a->actor) == 0 && strcmp(row->action, AUDIT_LOGIN) == 0;
    return is_mine && row->count > 0 ? show_sign_in(a->p, row) : ERR_OK;
}

static enum err show_lately(struct page *p)
{
    struct arena rows; /* of everybody: each is forgotten behind the next */
    struct asker a = {p, arena_printf(p->arena, "user:%s/%s", p->user.tenant_id, p->user.account)};
    if (a.actor == NULL)
        return ERR_MEMORY;
    arena_init(&rows, PEOPLE_ROWS_CAP);
    enum err e = audit_sum_list(p->app->db, &rows, show_counted, &a);
    arena_fini(&rows);
    return e == ERR_OK
               ? audit_store_recent(p->app->db, a.actor, AUDIT_LOGIN, LATELY_MAX, p->arena, show_sign_in, p)
               : e;
}

/* ---- The page ---- */

enum err sessions_show(struct page *p)
{
    struct db *db = p->app->db;
    view_text(p->view, "title", page_word(p, "sessions.title"));
    view_flag(view_map(p->view, "tab"), "sessions", true);
    enum err e = browser_store_list(db, p->user.id, p->now_s, SHOWN_MAX, p->arena, show_browser, p);
    if (e == ERR_OK)
        e = session_store_list(db, p->user.id, NULL, p->now_s, SHOWN_MAX, p->arena, show_application, p);
    if (e == ERR_OK)
        e = show_lately(p);
    return e == ERR_OK ? page_show(p, "account-sessions", 200) : e;
}

/* Within one transaction with its row in the audit. ERR_NOT_FOUND: it has ended by itself. */
enum err sessions_end(struct page *p)
{
    struct db *db = p->app->db;
    int64_t browser = page_number(p, "browser", 1, INT64_MAX, 0);
    int64_t application = page_number(p, "application", 1, INT64_MAX, 0);
    enum err e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = browser != 0 ? browser_store_end(db, browser, p->user.id)
                     : session_store_end_own(db, application, p->user.id, p->now_s);
    if (e == ERR_OK)
        e = page_record(p, "session.revoke", NULL);
    e = db_end(db, e);
    return e == ERR_OK || e == ERR_NOT_FOUND ? page_go(p, "/account/sessions", "done.session_ended") : e;
}

enum err sessions_end_others(struct page *p)
{
    struct db *db = p->app->db;
    enum err e = db_begin(db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = browser_store_end_user(db, p->user.id, p->session.id);
    if (e == ERR_OK)
        e = session_store_revoke_user(db, p->user.id, 0, p->now_s);
    if (e == ERR_OK)
        e = page_record(p, "session.revoke", NULL);
    e = db_end(db, e);
    return e == ERR_OK ? page_go(p, "/account/sessions", "done.sessions_ended") : e;
}
