#include "store/group_store.h"

#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct user_group, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(name) GROUP_COLUMNS(COLUMN) COLUMN(members)};
static const struct row_table table = ROW_TABLE(columns);

enum err group_store_get(struct db *db, const char *name, struct arena *arena, struct user_group *out)
{
    return row_one(db, stmt_begin(db, SQL_GROUP_GET, "s", name), &table, arena, out);
}

enum err group_store_put(struct db *db, const struct user_group *row)
{
    return row_run(db, SQL_GROUP_PUT, &table, row);
}

enum err group_store_set(struct db *db, const struct user_group *row)
{
    return row_run_one(db, SQL_GROUP_SET, &table, row);
}

enum err group_store_remove(struct db *db, const char *name)
{
    return stmt_run_one(db, SQL_GROUP_REMOVE, "s", name);
}

/* A caller of group_store_list, called for each row. */
struct listing {
    group_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct user_group row;
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err group_store_list(struct db *db, struct arena *arena, group_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_GROUP_LIST, ""), arena, list_row, &l);
}

enum err group_store_add_member(struct db *db, const char *name, int64_t user_id)
{
    return stmt_run(db, SQL_GROUP_ADD_MEMBER, "si", name, user_id);
}

enum err group_store_remove_member(struct db *db, const char *name, int64_t user_id)
{
    return stmt_run(db, SQL_GROUP_REMOVE_MEMBER, "si", name, user_id);
}

enum err group_store_has(struct db *db, const char *name, int64_t user_id, bool *out)
{
    int64_t has = 0;
    enum err e = stmt_number(db, stmt_begin(db, SQL_GROUP_HAS, "si", name, user_id), &has);
    *out = has != 0;
    return e;
}

static enum err read_text(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const char **out = ctx;
    *out = stmt_text(st, 0, arena);
    return *out != NULL ? ERR_OK : ERR_MEMORY;
}

enum err group_store_of_user(struct db *db, int64_t user_id, struct arena *arena, const char **out)
{
    return stmt_one(db, stmt_begin(db, SQL_GROUP_OF_USER, "i", user_id), arena, read_text, out);
}

enum err group_store_networks(struct db *db, int64_t user_id, struct arena *arena, const char **out)
{
    return stmt_one(db, stmt_begin(db, SQL_GROUP_NETWORKS, "i", user_id), arena, read_text, out);
}

enum err group_store_able(struct db *db, const char *name, int64_t without_user, int64_t *out)
{
    return stmt_number(db, stmt_begin(db, SQL_GROUP_ABLE, "si", name, without_user), out);
}
