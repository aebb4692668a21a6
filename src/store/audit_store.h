/*
 * The audit: rows are added and read, never changed. Depends on store/db, base/arena.
 * Source: schema.sql, table audit.
 */
#ifndef STORE_AUDIT_STORE_H
#define STORE_AUDIT_STORE_H

#include "base/arena.h"
#include "store/db.h"

struct audit_row {
    int64_t id; /* set by the database */
    int64_t at_s;
    const char *actor, *action, *subject, *result;
    const char *client_id, *dialect, *address; /* "" where there is none */
    int64_t expires_s;
};

/* Add a row. Within a transaction of the caller. ERR_OK, ERR_STORE. */
enum err audit_store_put(struct db *db, const struct audit_row *row);

/* Which rows: those that meet all of it. */
struct audit_filter {
    int64_t after;      /* behind the row of this id; 0: from the first on */
    int64_t since_s;    /* of this time or later */
    const char *who;    /* "user:000000/zhangsan" as actor or as subject; NULL: anybody */
    const char *action; /* NULL: any */
    int64_t limit;      /* of those the newest so many */
};

/* These rows, oldest first; texts live in `arena` until the callback returns. Stops when it returns an error.
 */
typedef enum err audit_store_each(void *ctx, const struct audit_row *row);
enum err audit_store_list(struct db *db, const struct audit_filter *filter, struct arena *arena,
                          audit_store_each *each, void *ctx);

#endif
