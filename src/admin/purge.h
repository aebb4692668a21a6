/*
 * Deleting what has expired, all of it at once; ordinary requests do it in small steps.
 * Depends on store/db.
 */
#ifndef ADMIN_PURGE_H
#define ADMIN_PURGE_H

#include <stdint.h>

#include "admin/watch.h"
#include "store/db.h"

/*
 * Delete expired rows until none is left, in short transactions of its own with pauses between them, so that nobody
 * waits for it. purged_out: how many. ERR_OK, ERR_BUSY, ERR_STORE.
 */
enum err purge_expired(struct db *db, int64_t now_s, const struct watch *watch, int64_t *purged_out);

/* Delete the rows that say that they were made after now. Within a transaction. Errors as above. */
enum err purge_ahead(struct db *db, int64_t now_s, int64_t *purged_out);

#endif
