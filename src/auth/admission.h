/*
 * Who is let in once the password was right, by the rules of this site: nobody whose account has gone out of use, and
 * nobody from outside of the networks that his groups allow; and how many logins a person has at a time. Requests are
 * told what they are told of a locked account; audit and log say which rule it was.
 *
 * Depends on auth/app, auth/audit, auth/policy, base/address, store/group_store, store/token_store, store/user_store.
 * Source: GB/T 22239-2019 (docs/djcp.md).
 */
#ifndef AUTH_ADMISSION_H
#define AUTH_ADMISSION_H

#include "auth/app.h"
#include "base/arena.h"
#include "store/user_store.h"

/*
 * Whether the person may log in now. Somebody of several groups has to be in a network of each that names some: an
 * administrator must not get in from everywhere by being made a member of another group.
 *
 * address  canonical, or "unix".
 *
 * ERR_OK; ERR_USER_UNUSED; ERR_USER_NETWORK; ERR_STORE; ERR_MEMORY.
 */
enum err admission_check(struct app *app, const struct user *u, const char *address, int64_t now_s,
                         struct arena *arena);

/*
 * Whether somebody who logged in before may go on from this address. Looks at nothing unless [policy]
 * recheck_networks says so. ERR_OK; ERR_USER_NETWORK; ERR_STORE; ERR_MEMORY.
 */
enum err admission_recheck(struct app *app, const struct user *u, const char *address, struct arena *arena);

/*
 * Whether the person's tokens may be refreshed: admission_recheck, and the password has not expired where that is
 * refused ([policy] expired_password). ERR_OK; ERR_USER_NETWORK; ERR_PASSWORD_EXPIRED; ERR_STORE; ERR_MEMORY.
 */
enum err admission_refresh(struct app *app, const struct user *u, const char *address, int64_t now_s,
                           struct arena *arena);

/*
 * Make room for one more login of the person: past [policy] max_sessions his oldest ones end, token families and
 * browser sessions alike, which the audit says. Within a transaction of the caller.
 *
 * address  where the new login comes from.
 *
 * ERR_OK; ERR_STORE; ERR_MEMORY.
 */
enum err admission_make_room(struct app *app, int64_t user_id, const char *address, int64_t now_s);

#endif
