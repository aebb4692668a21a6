#include "portal/change.h"

enum err change_run(struct page *p, change_body *body, void *ctx, const char *action, const char *subject)
{
    enum err e = db_begin(p->app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = body(p, ctx);
    if (e == ERR_OK)
        e = page_record(p, action, subject);
    return db_end(p->app->db, e);
}
