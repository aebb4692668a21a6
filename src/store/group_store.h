/*
 * Groups and who is in them. Depends on store/db, base/arena.
 * Source: schema.sql, tables user_group and group_member.
 */
#ifndef STORE_GROUP_STORE_H
#define STORE_GROUP_STORE_H

#include "base/arena.h"
#include "store/columns.h"
#include "store/db.h"

struct user_group {
    const char *name;
    const char *title;
    const char *networks; /* comma-joined ranges that its members may sign in from; "": from anywhere */
    int64_t created_s;
    int64_t members; /* read only */
};

enum err group_store_get(struct db *db, const char *name, struct arena *arena, struct user_group *out);
enum err group_store_put(struct db *db, const struct user_group *row);
enum err group_store_set(struct db *db, const struct user_group *row);
enum err group_store_remove(struct db *db, const char *name);

typedef enum err group_store_each(void *ctx, const struct user_group *row);
enum err group_store_list(struct db *db, struct arena *arena, group_store_each *each, void *ctx);

enum err group_store_add_member(struct db *db, const char *name, int64_t user_id);
enum err group_store_remove_member(struct db *db, const char *name, int64_t user_id);

/* Whether the user is in it: one look-up. ERR_OK, ERR_STORE. */
enum err group_store_has(struct db *db, const char *name, int64_t user_id, bool *out);

/* How many members can sign in, apart from one user (0: none). */
enum err group_store_able(struct db *db, const char *name, int64_t without_user, int64_t *out);

/* The names of a user's groups, comma-joined, in the arena; "" if there is none. */
enum err group_store_of_user(struct db *db, int64_t user_id, struct arena *arena, const char **out);

/* The networks of each of a user's groups that has some, such lists joined by ';'; "" if none has. */
enum err group_store_networks(struct db *db, int64_t user_id, struct arena *arena, const char **out);

#endif
