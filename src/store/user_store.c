#include "store/user_store.h"

#include "store/stmt.h"

static enum err read_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    struct user *out = ctx;
    const char **texts[] = {&out->tenant_id,
                            &out->account,
                            &out->password_hash,
                            NULL,
                            NULL,
                            &out->real_name,
                            &out->nick_name,
                            &out->role_id,
                            &out->role_name,
                            &out->dept_id,
                            &out->post_id,
                            &out->oauth_id,
                            &out->id_number,
                            NULL,
                            NULL,
                            &out->tenant_name};
    *out = (struct user){
        .id = sqlite3_column_int64(st, 0),
        .password_changed_s = sqlite3_column_int64(st, 4),
        .password_expired = sqlite3_column_int(st, 5) != 0,
        .locked = sqlite3_column_int(st, 14) != 0,
        .created_s = sqlite3_column_int64(st, 15),
        .tenant_locked = sqlite3_column_int(st, 17) != 0,
    };
    for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++) {
        if (texts[i] == NULL)
            continue;
        *texts[i] = stmt_text(st, i + 1, arena);
        if (*texts[i] == NULL)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

enum err user_store_find(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                         struct user *out)
{
    return stmt_one(db, stmt_begin(db, SQL_USER_FIND, "ss", tenant_id, account), arena, read_row, out);
}

enum err user_store_get(struct db *db, int64_t id, struct arena *arena, struct user *out)
{
    return stmt_one(db, stmt_begin(db, SQL_USER_GET, "i", id), arena, read_row, out);
}

static enum err read_hash(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const char **out = ctx;
    *out = stmt_text(st, 0, arena);
    return *out != NULL ? ERR_OK : ERR_MEMORY;
}

enum err user_store_neighbour(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                              const char **hash_out)
{
    enum err e = stmt_one(db, stmt_begin(db, SQL_USER_NEIGHBOUR, "ss", tenant_id, account), arena, read_hash,
                          hash_out);
    if (e == ERR_NOT_FOUND) /* past the last one: the first */
        e = stmt_one(db, stmt_begin(db, SQL_USER_NEIGHBOUR, "ss", tenant_id, ""), arena, read_hash, hash_out);
    return e;
}

/* A caller of user_store_list, called for each row. */
struct listing {
    user_store_each *each;
    void *ctx;
};

static enum err list_row(sqlite3_stmt *st, struct arena *arena, void *ctx)
{
    const struct listing *l = ctx;
    struct user row;
    enum err e = read_row(st, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err user_store_list(struct db *db, const char *tenant_id, struct arena *arena, user_store_each *each,
                         void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_USER_LIST, "s", tenant_id), arena, list_row, &l);
}

enum err user_store_put(struct db *db, const struct user *row)
{
    return stmt_run(db, SQL_USER_PUT, "isssiissssssssii", row->id, row->tenant_id, row->account,
                    row->password_hash, row->password_changed_s, (int64_t)row->password_expired,
                    row->real_name, row->nick_name, row->role_id, row->role_name, row->dept_id, row->post_id,
                    row->oauth_id, row->id_number, (int64_t)row->locked, row->created_s);
}

enum err user_store_set(struct db *db, const struct user *row)
{
    return stmt_run_one(db, SQL_USER_SET, "iissssssssii", row->id, (int64_t)row->password_expired,
                        row->real_name, row->nick_name, row->role_id, row->role_name, row->dept_id,
                        row->post_id, row->oauth_id, row->id_number, (int64_t)row->locked,
                        row->password_changed_s);
}

enum err user_store_set_password(struct db *db, int64_t id, const char *password_hash, int64_t now_s)
{
    return stmt_run_one(db, SQL_USER_SET_PASSWORD, "isi", id, password_hash, now_s);
}

enum err user_store_rehash(struct db *db, int64_t id, const char *password_hash)
{
    return stmt_run_one(db, SQL_USER_REHASH, "is", id, password_hash);
}

enum err user_store_remove(struct db *db, int64_t id)
{
    return stmt_run_one(db, SQL_USER_REMOVE, "i", id);
}

enum err user_store_count(struct db *db, int64_t *out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_USER_COUNT, "");
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        *out = sqlite3_column_int64(st, 0);
    return stmt_end(db, st, e);
}
