/*
 * Verifiers that people had before. Depends on store/db, base/arena.
 * Source: schema.sql, table password_history.
 */
#ifndef STORE_HISTORY_STORE_H
#define STORE_HISTORY_STORE_H

#include "base/arena.h"
#include "store/db.h"

/* Keep the verifier that the user has now. Within a transaction. ERR_OK; ERR_STORE. */
enum err history_store_put_present(struct db *db, int64_t user_id);

/* Delete all of a user's but the newest `keep`. Within a transaction. ERR_OK; ERR_STORE. */
enum err history_store_keep(struct db *db, int64_t user_id, int64_t keep);

/* The newest `limit` of a user, newest first; the texts, which are secrets, stay in `arena`. ERR_OK, ERR_STORE,
 * ERR_MEMORY, or what the callback returned. */
typedef enum err history_store_each(void *ctx, const char *password_hash);
enum err history_store_list(struct db *db, int64_t user_id, int64_t limit, struct arena *arena,
                            history_store_each *each, void *ctx);

#endif
