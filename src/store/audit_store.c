#include "store/audit_store.h"

#include "store/stmt.h"

enum err audit_store_put(struct db *db, const struct audit_row *row)
{
    return stmt_run(db, SQL_AUDIT_PUT, "isssssssi", row->at_s, row->actor, row->action, row->subject,
                    row->result, row->client_id, row->dialect, row->address, row->expires_s);
}

/* A caller of audit_store_list, called for each row. */
struct listing {
    audit_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct audit_row row = {.id = sqlite3_column_int64(st, 0), .at_s = sqlite3_column_int64(st, 1)};
    const char **texts[] = {&row.actor,     &row.action,  &row.subject, &row.result,
                            &row.client_id, &row.dialect, &row.address};
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        *texts[i] = stmt_text(st, i + 2, arena);
        if (*texts[i] == NULL)
            return ERR_MEMORY;
    }
    row.expires_s = sqlite3_column_int64(st, 9);
    return l->each(l->ctx, &row);
}

enum err audit_store_list(struct db *db, const struct audit_filter *filter, struct arena *arena,
                          audit_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db,
                     stmt_begin(db, SQL_AUDIT_LIST, "iissi", filter->after, filter->since_s, filter->who,
                                filter->action, filter->limit),
                     arena, list_row, &l);
}
