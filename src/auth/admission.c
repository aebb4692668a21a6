#include "auth/admission.h"

#include <string.h>

#include "auth/policy.h"
#include "base/address.h"
#include "store/group_store.h"
#include "store/token_store.h"

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

enum err admission_make_room(struct app *app, int64_t user_id, int64_t now_s)
{
    int64_t most = app->cfg.policy.max_sessions;
    return most > 0 ? session_store_displace(app->db, user_id, now_s, most - 1) : ERR_OK;
}
