#include "auth/audit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/passwd.h"
#include "store/audit_store.h"

/* Whoever comes next makes rows of the sums whose window is over. */
static enum err fold(struct app *app, int64_t now_s)
{
    bool due = false;
    enum err e = audit_sum_due(app->db, now_s, AUDIT_WINDOW_S, &due);
    if (e == ERR_OK && due)
        e = audit_sum_fold(app->db, now_s, AUDIT_WINDOW_S, now_s + app->cfg.audit.retention_s);
    return e;
}

static enum err put_row(struct app *app, struct audit_row *row, int64_t now_s)
{
    if (app->cfg.audit.retention_s == 0)
        return ERR_OK;
    row->at_s = now_s;
    row->expires_s = now_s + app->cfg.audit.retention_s;
    enum err e = fold(app, now_s);
    return e == ERR_OK ? audit_store_put(app->db, row) : e;
}

/* The kind of all that is of none of the AUDIT_KINDS_MAX. */
static void make_others(struct audit_row *row)
{
    row->actor = "others";
    row->client_id = "";
    row->dialect = "";
}

static enum err sum_up(struct app *app, struct audit_row *row, int64_t now_s)
{
    int64_t kinds = 0;
    if (app->cfg.audit.retention_s == 0)
        return ERR_OK;
    row->at_s = now_s;
    enum err e = fold(app, now_s);
    if (e == ERR_OK)
        e = audit_sum_add(app->db, row);
    if (e != ERR_NOT_FOUND)
        return e;
    e = audit_sum_count(app->db, &kinds);
    if (e == ERR_OK && kinds >= AUDIT_KINDS_MAX) {
        make_others(row);
        e = audit_sum_add(app->db, row);
        if (e != ERR_NOT_FOUND)
            return e;
        e = ERR_OK;
    }
    if (e == ERR_OK)
        e = put_row(app, row, now_s);
    return e == ERR_OK ? audit_sum_put(app->db, row, now_s + AUDIT_WINDOW_S) : e;
}

enum err audit_close_windows(struct app *app, int64_t now_s)
{
    bool due = false;
    enum err e = audit_sum_due(app->db, now_s, AUDIT_WINDOW_S, &due);
    if (e != ERR_OK || !due)
        return e;
    e = db_begin(app->db, DB_RELAXED);
    return e == ERR_OK ? db_end(app->db, fold(app, now_s)) : e;
}

enum err audit_record(struct app *app, const struct audit_event *event, int64_t now_s)
{
    struct buf actor;
    buf_init(&actor);
    if (event->account != NULL)
        buf_addf(&actor, "user:%s/%s", event->tenant_id, event->account);
    else if (event->result == ERR_OK)
        buf_addf(&actor, "client:%s", event->client_id);
    struct audit_row row = {.actor = buf_str(&actor),
                            .action = event->action,
                            .subject = event->subject != NULL ? event->subject : "",
                            .result = err_info(event->result)->name,
                            .client_id = event->client_id,
                            .dialect = event->dialect,
                            .address = event->address};
    enum err e = actor.err;
    if (e == ERR_OK)
        e = event->result == ERR_OK ? put_row(app, &row, now_s) : sum_up(app, &row, now_s);
    buf_free(&actor);
    return e;
}

enum err audit_record_admin(struct app *app, const char *action, const char *subject, int64_t now_s)
{
    char name[PASSWD_NAME_CAP], actor[sizeof "admin:" + PASSWD_NAME_CAP];
    if (passwd_name(getuid(), name))
        snprintf(actor, sizeof actor, "admin:%s", name);
    else
        snprintf(actor, sizeof actor, "admin:%lu", (unsigned long)getuid());
    struct audit_row row = {.actor = actor,
                            .action = action,
                            .subject = subject,
                            .result = err_info(ERR_OK)->name,
                            .client_id = "",
                            .dialect = "",
                            .address = ""};
    return put_row(app, &row, now_s);
}
