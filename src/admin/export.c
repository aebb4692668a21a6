#include "admin/export.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/group_store.h"

enum { ROWS_CAP = 65536 }; /* bytes of one person */

struct exporting {
    struct db *db;
    const struct export_rules *rules;
    struct arena *groups; /* of the one person that is written */
    bool shown[PEOPLE_COLUMNS];
    export_sink *sink;
    void *ctx;
    size_t count;
};

/* Hand it on, and release it. */
static enum err hand_on(const struct exporting *ex, struct buf *text)
{
    enum err e = text->err;
    if (e == ERR_OK && text->len > 0)
        e = ex->sink(ex->ctx, text);
    buf_free(text);
    return e;
}

static enum err write_head(const struct exporting *ex)
{
    struct buf head;
    buf_init(&head);
    if (ex->rules->for_excel)
        buf_add_str(&head, "\xEF\xBB\xBF"); /* without it Excel takes the file for GBK */
    people_write_head(ex->rules->format, ex->shown, &head);
    return hand_on(ex, &head);
}

static enum err write_one(void *ctx, const struct user *u)
{
    struct exporting *ex = ctx;
    char changed[24], id[24];
    const char *groups;
    struct buf text;
    arena_reset(ex->groups);
    enum err e = group_store_of_user(ex->db, u->id, ex->groups, &groups);
    if (e != ERR_OK)
        return e;
    struct person p = {.value = {[PEOPLE_ACCOUNT] = u->account,
                                 [PEOPLE_TENANT] = u->tenant_id,
                                 [PEOPLE_USER_ID] = id,
                                 [PEOPLE_PASSWORD_HASH] = u->password_hash,
                                 [PEOPLE_LOCKED] = u->locked ? "yes" : "no",
                                 [PEOPLE_PASSWORD_EXPIRED] = u->password_expired ? "yes" : "no",
                                 [PEOPLE_EMAIL_VERIFIED] = u->email_verified ? "yes" : "no",
                                 [PEOPLE_GROUPS] = groups,
                                 [PEOPLE_PASSWORD_CHANGED] = changed}};
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        p.value[PEOPLE_TEXTS + i] = user_text_of(u, i);
    snprintf(id, sizeof id, "%" PRId64, u->id);
    snprintf(changed, sizeof changed, "%" PRId64, u->password_changed_s);
    buf_init(&text);
    people_write(ex->rules->format, ex->rules->for_excel, ex->shown, &p, &text);
    ex->count++;
    return hand_on(ex, &text);
}

enum err export_people(struct db *db, const struct export_rules *rules, export_sink *sink, void *ctx,
                       size_t *count_out)
{
    struct arena rows, groups;
    struct exporting ex = {.db = db, .rules = rules, .groups = &groups, .sink = sink, .ctx = ctx};
    arena_init(&rows, ROWS_CAP);
    arena_init(&groups, ROWS_CAP);
    for (int i = 0; i < PEOPLE_COLUMNS; i++)
        ex.shown[i] = i != PEOPLE_PASSWORD && (rules->with_hashes || i != PEOPLE_PASSWORD_HASH) &&
                      (!rules->for_excel || i != PEOPLE_USER_ID);
    enum err e = write_head(&ex);
    if (e == ERR_OK)
        e = user_store_list(db, rules->tenant_id, &rows, write_one, &ex);
    arena_fini(&groups);
    arena_fini(&rows);
    *count_out = ex.count;
    return e;
}
