#include "admin/tenants.h"

#include "auth/browser.h"

enum err tenants_rename(struct db *db, const char *id, const char *name, struct arena *arena)
{
    struct tenant t;
    enum err e = tenant_store_get(db, id, arena, &t);
    t.name = name;
    return e == ERR_OK ? tenant_store_set(db, &t) : e;
}

enum err tenants_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena)
{
    struct tenant t;
    enum err e = tenant_store_get(db, id, arena, &t);
    if (e != ERR_OK)
        return e;
    t.locked = locked;
    e = tenant_store_set(db, &t);
    return e == ERR_OK && locked ? browser_end_tenant(db, t.id, now_s) : e;
}

enum err tenants_remove(struct db *db, const char *id, int64_t now_s)
{
    enum err e = tenant_store_remove(db, id);
    /* Clients' own sessions have no user to go with, and would come back with a tenant of the same id. */
    return e == ERR_OK ? browser_end_tenant(db, id, now_s) : e;
}
