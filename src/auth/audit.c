#include "auth/audit.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/passwd.h"
#include "store/audit_store.h"

static enum err put(struct app *app, struct audit_row *row, int64_t now_s)
{
    if (app->cfg.audit.retention_s == 0)
        return ERR_OK;
    row->at_s = now_s;
    row->expires_s = now_s + app->cfg.audit.retention_s;
    return audit_store_put(app->db, row);
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
                            .subject = "",
                            .result = err_info(event->result)->name,
                            .client_id = event->client_id,
                            .dialect = event->dialect,
                            .address = event->address};
    enum err e = actor.err == ERR_OK ? put(app, &row, now_s) : actor.err;
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
    return put(app, &row, now_s);
}
