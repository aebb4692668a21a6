/*
 * Groups as an administrator handles them: a group has a name, a title, and people of any tenant. Members of "admins"
 * administer the site in the portal; while somebody can, somebody stays who can. What changes something is to be called
 * within a transaction.
 * Depends on admin/text, store/group_store, store/user_store.
 */
#ifndef ADMIN_GROUPS_H
#define ADMIN_GROUPS_H

#include "auth/app.h"
#include "store/group_store.h"

#define GROUPS_ADMINS "admins"

/* Whether a group that is to be made may be called so. ERR_OK; ERR_BAD_REQUEST, and `why`. */
enum err groups_check_name(const char *name, struct buf *why);

/* ERR_OK; ERR_EXISTS; ERR_STORE. title and networks ("": from anywhere; else CIDR ranges, comma-joined) were checked by
 * the caller with text_check and address_list. */
enum err groups_add(struct db *db, const struct user_group *g);
enum err groups_set(struct db *db, const struct user_group *g); /* ERR_NOT_FOUND */

/* Remove it. ERR_EXISTS: it is "admins", which stays. */
enum err groups_remove(struct db *db, const char *name);

/*
 * Make a person a member or not. ERR_OK, also where nothing changes; ERR_NOT_FOUND: no such group; ERR_EXISTS: the
 * last member of "admins" who can sign in would go, which is refused.
 */
enum err groups_put_member(struct db *db, const char *name, int64_t user_id);
enum err groups_remove_member(struct db *db, const char *name, int64_t user_id);

/* Set a person's groups to this comma-joined list. Errors as above. */
enum err groups_set_of_user(struct db *db, int64_t user_id, const char *names, struct arena *arena);

/* ERR_EXISTS if nobody could administer the site any more were this person locked or removed; ERR_OK. */
enum err groups_check_last_admin(struct db *db, int64_t user_id);

#endif
