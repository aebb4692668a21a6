/*
 * Links, by the digest of the secret that each holds. Depends on store/db, base/arena.
 * Source: schema.sql, table link.
 */
#ifndef STORE_LINK_STORE_H
#define STORE_LINK_STORE_H

#include "base/arena.h"
#include "store/columns.h"
#include "store/db.h"

struct link_row {
    int64_t id;
    unsigned char secret_hash[32]; /* written, never read */
    const char *purpose;           /* auth/link.h */
    int64_t user_id;
    const char *detail;
    int64_t created_s, expires_s;
};

/* Within a transaction, as all that change something. ERR_OK; ERR_EXISTS; ERR_STORE. */
enum err link_store_put(struct db *db, const struct link_row *row);

/* The live link of this digest; link_store_take deletes it, so that at most one caller ever gets it. Texts in `arena`.
 * ERR_OK; ERR_NOT_FOUND; ERR_STORE; ERR_MEMORY. */
enum err link_store_find(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                         struct arena *arena, struct link_row *out);
enum err link_store_take(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                         struct arena *arena, struct link_row *out);

/* End those of a user that are for this purpose, all of a user's, all of a tenant's. */
enum err link_store_end_purpose(struct db *db, int64_t user_id, const char *purpose);
enum err link_store_end_user(struct db *db, int64_t user_id);
enum err link_store_end_tenant(struct db *db, const char *tenant_id);

#endif
