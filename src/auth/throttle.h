/*
 * Failed logins, counted per account and per address; past the limit nobody looks at the password.
 * Depends on auth/app, store/throttle_store, base/address.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "auth/app.h"

/*
 * Whether this account, from this address, may try.
 *
 * retry_after_s_out  on ERR_LOGIN_LOCKED the seconds until the lock ends.
 *
 * ERR_OK; ERR_LOGIN_LOCKED; ERR_STORE.
 */
enum err throttle_check(struct app *app, const char *tenant_id, const char *account, const char *address,
                        int64_t now_s, int64_t *retry_after_s_out);

/*
 * Count a failure against both, in a transaction of its own. ERR_OK; ERR_LOGIN_LOCKED, with the longer of the
 * two waits in retry_after_s_out, if it is one more than the limit: of guesses that were let in at the same
 * moment, the right one is refused as locked, and wrong ones must look the same. ERR_BUSY, ERR_STORE.
 */
enum err throttle_failed(struct app *app, const char *tenant_id, const char *account, const char *address,
                         int64_t now_s, int64_t *retry_after_s_out);

/*
 * Forget the account's failures, not the address': whoever knows one password must not get more tries at
 * others'. Within a transaction of the caller.
 */
enum err throttle_succeeded(struct app *app, const char *tenant_id, const char *account);

#endif
