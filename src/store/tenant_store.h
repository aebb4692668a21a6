/*
 * Tenants. Depends on store/db, base/arena.
 * Source: schema.sql, table tenant.
 */
#ifndef STORE_TENANT_STORE_H
#define STORE_TENANT_STORE_H

#include "base/arena.h"
#include "store/db.h"

struct tenant {
    const char *id;
    const char *name;
    bool locked;
    int64_t created_s;
};

/* Texts of the result live in `arena`. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err tenant_store_get(struct db *db, const char *id, struct arena *arena, struct tenant *out);

/* Every tenant by id; each row's texts live in `arena` until the callback returns. Stops when it returns an
 * error. */
typedef enum err tenant_store_each(void *ctx, const struct tenant *row);
enum err tenant_store_list(struct db *db, struct arena *arena, tenant_store_each *each, void *ctx);

/* ERR_OK; ERR_EXISTS. */
enum err tenant_store_put(struct db *db, const struct tenant *row);

/* Change name and lock of the tenant row->id. ERR_OK; ERR_NOT_FOUND. */
enum err tenant_store_set(struct db *db, const struct tenant *row);

/* How many users it has. ERR_OK, ERR_STORE. */
enum err tenant_store_users(struct db *db, const char *id, int64_t *count_out);

/* ERR_OK; ERR_NOT_FOUND; ERR_EXISTS while it has users. */
enum err tenant_store_remove(struct db *db, const char *id);

#endif
