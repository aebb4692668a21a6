#include "store/link_store.h"

#include "store/row.h"

#define COLUMN(...) ROW_COLUMN(struct link_row, __VA_ARGS__),
static const struct row_column columns[] = {COLUMN(id) LINK_COLUMNS(COLUMN)};
static const struct row_table table = ROW_TABLE(columns);
static const struct row_column new_columns[] = {LINK_COLUMNS(COLUMN) COLUMN(secret_hash)};
static const struct row_table new_table = ROW_TABLE(new_columns);

enum err link_store_put(struct db *db, const struct link_row *row)
{
    return row_run(db, SQL_LINK_PUT, &new_table, row);
}

static sqlite3_stmt *begin(struct db *db, enum sql id, const unsigned char secret_hash[32], int64_t now_s)
{
    return stmt_begin(db, id, "bi", (const void *)secret_hash, (size_t)32, now_s);
}

enum err link_store_find(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                         struct arena *arena, struct link_row *out)
{
    return row_one(db, begin(db, SQL_LINK_FIND, secret_hash, now_s), &table, arena, out);
}

enum err link_store_take(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                         struct arena *arena, struct link_row *out)
{
    return row_one(db, begin(db, SQL_LINK_TAKE, secret_hash, now_s), &table, arena, out);
}

enum err link_store_end_purpose(struct db *db, int64_t user_id, const char *purpose)
{
    return stmt_run(db, SQL_LINK_END_PURPOSE, "is", user_id, purpose);
}

enum err link_store_end_user(struct db *db, int64_t user_id)
{
    return stmt_run(db, SQL_LINK_END_USER, "i", user_id);
}

enum err link_store_end_tenant(struct db *db, const char *tenant_id)
{
    return stmt_run(db, SQL_LINK_END_TENANT, "s", tenant_id);
}
