/*
 * Clients as an administrator handles them. What changes something is to be called within a transaction.
 * Depends on auth/client, store/client_store, store/token_store.
 */
#ifndef ADMIN_CLIENTS_H
#define ADMIN_CLIENTS_H

#include "auth/app.h"
#include "store/client_store.h"

/* Lock it, which ends all its sessions, or unlock it. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err clients_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena);

/*
 * Give it a new secret, and let the one before stay good for overlap_s (0: not at all). Two are good at most: one
 * that was still good from an earlier change ends.
 *
 * old_until_s_out  until when the one before is good; 0: it is not.
 *
 * ERR_OK, ERR_NOT_FOUND, ERR_CRYPTO, ERR_STORE, ERR_MEMORY.
 */
enum err clients_set_secret(struct app *app, const char *id, const char *secret, int64_t overlap_s,
                            int64_t now_s, struct arena *arena, int64_t *old_until_s_out);

/* The secret before the last is refused from now on. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err clients_end_old_secret(struct db *db, const char *id, struct arena *arena);

/* Until when the secret before the last is good; 0: it is not. */
int64_t clients_old_secret_until(const struct client *c, int64_t now_s);

/* The enabled dialect whose logins belong to this client; NULL: none. */
const char *clients_dialect(const struct config *cfg, const char *id);

/*
 * Append the names of the clients that send the MD5 of a password, comma-separated: people whose verifier is over
 * the password itself cannot log in through them. Nothing if there are none, or all are locked. ERR_OK,
 * ERR_STORE, ERR_MEMORY.
 */
enum err clients_md5(struct db *db, struct buf *out);

#endif
