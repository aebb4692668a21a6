#include "auth/admission.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/policy.h"
#include "base/address.h"
#include "store/group_store.h"
#include "store/token_store.h"

/* Bytes that a user's row takes, at most. */
enum { USER_ARENA_CAP = 1 << 16 };

/* Whether the address is in each of the lists, which ';' separates. They are cut in place. */
static bool is_in_all(const char *address, char *lists)
{
    for (char *list = lists, *rest = NULL; list != NULL; list = rest) {
        rest = strchr(list, ';');
        if (rest != NULL)
            *rest++ = '\0';
        if (!address_in_list(address, list))
            return false;
    }
    return true;
}

static enum err check_networks(struct app *app, const struct user *u, const char *address,
                               struct arena *arena)
{
    const char *lists = NULL;
    enum err e = group_store_networks(app->db, u->id, arena, &lists);
    if (e != ERR_OK || lists[0] == '\0')
        return e;
    char *copy = arena_strdup(arena, lists);
    if (copy == NULL)
        return ERR_MEMORY;
    return is_in_all(address, copy) ? ERR_OK : ERR_USER_NETWORK;
}

enum err admission_check(struct app *app, const struct user *u, const char *address, int64_t now_s,
                         struct arena *arena)
{
    return policy_unused(&app->cfg, u, now_s) ? ERR_USER_UNUSED : check_networks(app, u, address, arena);
}

enum err admission_recheck(struct app *app, const struct user *u, const char *address, struct arena *arena)
{
    return app->cfg.policy.recheck_networks ? check_networks(app, u, address, arena) : ERR_OK;
}

enum err admission_refresh(struct app *app, const struct user *u, const char *address, int64_t now_s,
                           struct arena *arena)
{
    if (policy_refuses_expired(&app->cfg, u, now_s))
        return ERR_PASSWORD_EXPIRED;
    return admission_recheck(app, u, address, arena);
}

/* One row, however many ended: more than one do only when the limit was lowered. */
static enum err record_displaced(struct app *app, int64_t user_id, const char *address, int64_t now_s)
{
    struct arena arena;
    struct user u;
    arena_init(&arena, USER_ARENA_CAP);
    enum err e = user_store_get(app->db, user_id, &arena, &u);
    if (e == ERR_OK) {
        const struct audit_event event = {.action = AUDIT_SESSION_DISPLACE,
                                          .tenant_id = u.tenant_id,
                                          .account = u.account,
                                          .client_id = "",
                                          .dialect = "",
                                          .address = address,
                                          .result = ERR_OK};
        e = audit_record(app, &event, now_s);
    }
    arena_fini(&arena);
    return e;
}

enum err admission_make_room(struct app *app, int64_t user_id, const char *address, int64_t now_s)
{
    int64_t most = app->cfg.policy.max_sessions, ended = 0;
    if (most == 0)
        return ERR_OK;
    enum err e = session_store_displace(app->db, user_id, now_s, most - 1, &ended);
    return e == ERR_OK && ended > 0 ? record_displaced(app, user_id, address, now_s) : e;
}
