/*
 * What an administrator hands over to somebody who cannot get in: a password that is good for one login. (A link is the
 * other way: auth/link.h.)
 *
 * Depends on admin/users, base/random.
 */
#ifndef ADMIN_HANDOVER_H
#define ADMIN_HANDOVER_H

#include "auth/app.h"
#include "store/user_store.h"

/* Four groups of four letters and digits that are told apart in every typeface, 92 bits; and NUL. */
#define HANDOVER_PASSWORD_CAP 20

/*
 * Draw a password, and make its verifier, which takes its time: before the transaction.
 *
 * out  to be shown once, and wiped.
 *
 * ERR_OK, ERR_RANDOM, ERR_CRYPTO.
 */
enum err handover_draw(struct app *app, char out[HANDOVER_PASSWORD_CAP], char hash_out[PASSWORD_HASH_CAP]);

/* Give it to a person, to be changed at the first login; sessions end and failed logins are forgotten, as with every new
 * password. Within a transaction. Errors as users_set_password. */
enum err handover_give(struct app *app, int64_t user_id, const char *hash, int64_t now_s,
                       struct arena *arena);

#endif
