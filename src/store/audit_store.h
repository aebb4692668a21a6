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

/*
 * The rows after the id `after`, oldest first, of those the newest `limit`; texts live in `arena` until the
 * callback returns. Stops when it returns an error.
 */
typedef enum err audit_store_each(void *ctx, const struct audit_row *row);
enum err audit_store_list(struct db *db, int64_t after, int64_t limit, struct arena *arena,
                          audit_store_each *each, void *ctx);

#endif
