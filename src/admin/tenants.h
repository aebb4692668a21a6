/*
 * Tenants as an administrator handles them. Everything here is to be called within a transaction.
 * Depends on auth/browser, store/tenant_store.
 */
#ifndef ADMIN_TENANTS_H
#define ADMIN_TENANTS_H

#include "store/tenant_store.h"

/* Change the name that people see. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err tenants_rename(struct db *db, const char *id, const char *name, struct arena *arena);

/* Lock it, which ends all its people's sessions and links, or unlock it. Errors as above. */
enum err tenants_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena);

/* Remove it, and the sessions that clients have for it. ERR_OK; ERR_NOT_FOUND; ERR_EXISTS while it has users. */
enum err tenants_remove(struct db *db, const char *id, int64_t now_s);

#endif
