/*
 * The first administrator of a site: whoever has the setup code may make him in the portal. The code is 128 random bits
 * in a file in the data folder, where only who runs the site can read it (by a shell, by FTP), and is good as long as
 * nobody can sign in, once.
 *
 * Depends on admin/users, admin/groups, auth/app, store/user_store, store/tenant_store.
 */
#ifndef ADMIN_SETUP_H
#define ADMIN_SETUP_H

#include <stdbool.h>

#include "auth/app.h"
#include "store/user_store.h"

#define SETUP_CODE_FILE "setup-code.txt"
#define SETUP_CODE_CAP  40 /* eight groups of four hex digits, joined by dashes, and NUL */

/* Whether the site has no users yet: only then is there anything to set up. ERR_OK, ERR_STORE. */
enum err setup_is_due(struct db *db, bool *out);

/*
 * The code that stands in the file; one is made if there is none. A secret.
 * ERR_OK; ERR_RANDOM; ERR_IO with `why` filled.
 */
enum err setup_code(const char *dir, char out[SETUP_CODE_CAP], struct buf *why);

/* Whether that is the code; dashes, blanks and the case of letters do not count. Takes the same time for any. False
 * also if there is no file. */
bool setup_code_is(const char *dir, const char *given);

/* Where somebody came by another way, the code is good for nothing any more: its file goes too. */
void setup_forget_code(const char *dir);

/*
 * Make the first administrator: u has account, password_hash and what describes him; tenant_id is where he belongs,
 * and the tenant is made if it is missing. The file of the code is gone with it. Within a durable transaction, which
 * the caller ends; id and created_s of `u` are set.
 *
 * ERR_OK; ERR_EXISTS: there are users by now, nothing is to be set up any more; ERR_RANDOM, ERR_STORE, ERR_MEMORY.
 */
enum err setup_first_admin(struct app *app, struct user *u, int64_t now_s, struct arena *arena);

#endif
