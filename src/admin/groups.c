#include "admin/groups.h"

#include <string.h>

#include "admin/text.h"
#include "store/user_store.h"

enum { ROW_CAP = 65536 }; /* bytes of a group, its networks among them */

enum err groups_check_name(const char *name, struct buf *why)
{
    return text_check_id(name, why);
}

enum err groups_add(struct db *db, const struct user_group *g)
{
    return group_store_put(db, g);
}

enum err groups_set(struct db *db, const struct user_group *g)
{
    return group_store_set(db, g);
}

static bool is_admins(const char *name)
{
    return strcmp(name, GROUPS_ADMINS) == 0;
}

enum err groups_remove(struct db *db, const char *name)
{
    return is_admins(name) ? ERR_EXISTS : group_store_remove(db, name);
}

static enum err check_group(struct db *db, const char *name)
{
    struct user_group g;
    struct arena arena;
    arena_init(&arena, ROW_CAP);
    enum err e = group_store_get(db, name, &arena, &g);
    arena_fini(&arena);
    return e;
}

enum err groups_put_member(struct db *db, const char *name, int64_t user_id)
{
    enum err e = check_group(db, name);
    return e == ERR_OK ? group_store_add_member(db, name, user_id) : e;
}

enum err groups_check_last_admin(struct db *db, int64_t user_id)
{
    int64_t all = 0, others = 0;
    enum err e = group_store_able(db, GROUPS_ADMINS, 0, &all);
    if (e == ERR_OK)
        e = group_store_able(db, GROUPS_ADMINS, user_id, &others);
    return e == ERR_OK && all > 0 && others == 0 ? ERR_EXISTS : e;
}

enum err groups_remove_member(struct db *db, const char *name, int64_t user_id)
{
    enum err e = check_group(db, name);
    if (e == ERR_OK && is_admins(name))
        e = groups_check_last_admin(db, user_id);
    return e == ERR_OK ? group_store_remove_member(db, name, user_id) : e;
}

/* Each name of the list that is not in `but`. */
static enum err for_each(struct db *db, const char *list, const char *but, int64_t user_id,
                         struct arena *arena, enum err (*act)(struct db *, const char *, int64_t))
{
    enum err e = ERR_OK;
    while (e == ERR_OK && *list != '\0') {
        size_t len = strcspn(list, ",");
        if (len > 0 && !config_list_has(but, list, len)) {
            const char *name = arena_strndup(arena, list, len);
            e = name != NULL ? act(db, name, user_id) : ERR_MEMORY;
        }
        list += len + (list[len] == ',');
    }
    return e;
}

enum err groups_set_of_user(struct db *db, int64_t user_id, const char *names, struct arena *arena)
{
    const char *before;
    names = text_tidy_list(arena, names);
    if (names == NULL)
        return ERR_MEMORY;
    enum err e = group_store_of_user(db, user_id, arena, &before);
    if (e == ERR_OK)
        e = for_each(db, names, before, user_id, arena, groups_put_member);
    return e == ERR_OK ? for_each(db, before, names, user_id, arena, groups_remove_member) : e;
}
