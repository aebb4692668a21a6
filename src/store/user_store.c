#include "store/user_store.h"

#include <assert.h>
#include <string.h>

#include "base/account.h"
#include "store/row.h"

#define COLUMN(...)       ROW_COLUMN(struct user, __VA_ARGS__),
#define COLUMN_OF(m, ...) COLUMN(m)
static const struct row_column columns[] = {COLUMN(id) COLUMN(created_s) COLUMN(locked) USER_COLUMNS(
    COLUMN) USER_TEXTS(COLUMN_OF) COLUMN(tenant_name) COLUMN(tenant_locked)};
static const struct row_table table = ROW_TABLE(columns);

#define TEXT(m, name, list, argument, text)                                                                  \
    {.column = #m,                                                                                           \
     .option = name,                                                                                         \
     .is_list = list,                                                                                        \
     .value = argument,                                                                                      \
     .help = text,                                                                                           \
     .offset = offsetof(struct user, m)},
const struct user_text user_texts[USER_TEXT_COUNT] = {USER_TEXTS(TEXT)};

size_t user_text_index(const char *column)
{
    size_t i = 0;
    while (i < USER_TEXT_COUNT && strcmp(user_texts[i].column, column) != 0)
        i++;
    assert(i < USER_TEXT_COUNT);
    return i;
}

const char **user_text_at(struct user *u, size_t i)
{
    return (const char **)(void *)((char *)u + user_texts[i].offset);
}

const char *user_text_of(const struct user *u, size_t i)
{
    return *(const char *const *)(const void *)((const char *)u + user_texts[i].offset);
}

/* Which of the users whose accounts differ in case and width only. */
enum spelled {
    AS_TYPED,  /* the one that is spelled so */
    OTHERWISE, /* one that is not */
    AS_MEANT,  /* the one that is spelled so, else the only other */
};

/* Step to the row that is wanted; *other is the only row besides, if *others is 1. ERR_NOT_FOUND: there is none. */
static enum err step_to(struct db *db, sqlite3_stmt *st, const char *account, enum spelled which,
                        struct arena *arena, struct user *out, struct user *other, size_t *others)
{
    for (;;) {
        enum err e = stmt_step(db, st);
        if (e == ERR_OK)
            e = row_read(st, &table, arena, out);
        if (e != ERR_OK)
            return e;
        bool same = strcmp(out->account, account) == 0;
        if (same ? which != OTHERWISE : which == OTHERWISE)
            return ERR_OK;
        if (!same && (*others)++ == 0)
            *other = *out;
    }
}

static enum err find_spelled(struct db *db, const char *tenant_id, const char *account, enum spelled which,
                             struct arena *arena, struct user *out)
{
    char folded[ACCOUNT_FOLDED_CAP];
    struct user row, other;
    size_t others = 0;
    if (!account_fold(account, folded))
        return ERR_NOT_FOUND;
    sqlite3_stmt *st = stmt_begin(db, SQL_USER_FIND, "ss", tenant_id, folded);
    enum err e = stmt_end(db, st, step_to(db, st, account, which, arena, &row, &other, &others));
    if (e == ERR_OK)
        *out = row;
    else if (e == ERR_NOT_FOUND && which == AS_MEANT && others == 1)
        *out = other;
    return e == ERR_NOT_FOUND && which == AS_MEANT && others == 1 ? ERR_OK : e;
}

enum err user_store_find(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                         struct user *out)
{
    return find_spelled(db, tenant_id, account, AS_MEANT, arena, out);
}

enum err user_store_find_exact(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                               struct user *out)
{
    return find_spelled(db, tenant_id, account, AS_TYPED, arena, out);
}

enum err user_store_lookalike(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                              struct user *out)
{
    return find_spelled(db, tenant_id, account, OTHERWISE, arena, out);
}

enum err user_store_get(struct db *db, int64_t id, struct arena *arena, struct user *out)
{
    return row_one(db, stmt_begin(db, SQL_USER_GET, "i", id), &table, arena, out);
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
    char folded[ACCOUNT_FOLDED_CAP];
    account_fold(account, folded);
    enum err e =
        stmt_one(db, stmt_begin(db, SQL_USER_NEIGHBOUR, "ss", tenant_id, folded), arena, read_hash, hash_out);
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
    enum err e = row_read(st, &table, arena, &row);
    return e == ERR_OK ? l->each(l->ctx, &row) : e;
}

enum err user_store_list(struct db *db, const char *tenant_id, struct arena *arena, user_store_each *each,
                         void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_USER_LIST, "s", tenant_id), arena, list_row, &l);
}

enum err user_store_list_group(struct db *db, const char *tenant_id, const char *group, struct arena *arena,
                               user_store_each *each, void *ctx)
{
    struct listing l = {each, ctx};
    return stmt_each(db, stmt_begin(db, SQL_USER_LIST_GROUP, "ss", tenant_id, group), arena, list_row, &l);
}

enum err user_store_find_email(struct db *db, const char *tenant_id, const char *email, struct arena *arena,
                               struct user *out)
{
    sqlite3_stmt *st = stmt_begin(db, SQL_USER_FIND_EMAIL, "ss", tenant_id, email);
    enum err e = stmt_step(db, st);
    if (e == ERR_OK)
        e = row_read(st, &table, arena, out);
    if (e == ERR_OK) {
        e = stmt_step(db, st);
        e = e == ERR_NOT_FOUND ? ERR_OK : e == ERR_OK ? ERR_NOT_FOUND : e;
    }
    return stmt_end(db, st, e);
}

enum err user_store_put(struct db *db, const struct user *row)
{
    char folded[ACCOUNT_FOLDED_CAP];
    struct user whole = *row;
    whole.account_folded = account_fold(row->account, folded) ? folded : row->account;
    return row_run(db, SQL_USER_PUT, &table, &whole);
}

enum err user_store_set(struct db *db, const struct user *row)
{
    return row_run_one(db, SQL_USER_SET, &table, row);
}

enum err user_store_set_locked(struct db *db, int64_t id, bool locked, int64_t now_s)
{
    return stmt_run_one(db, SQL_USER_SET_LOCKED, "iii", id, (int64_t)locked, now_s);
}

enum err user_store_set_password(struct db *db, int64_t id, const char *password_hash, int64_t now_s)
{
    return stmt_run_one(db, SQL_USER_SET_PASSWORD, "isi", id, password_hash, now_s);
}

enum err user_store_expire_password(struct db *db, int64_t id)
{
    return stmt_run_one(db, SQL_USER_EXPIRE_PASSWORD, "i", id);
}

enum err user_store_rehash(struct db *db, int64_t id, const char *password_hash)
{
    return stmt_run_one(db, SQL_USER_REHASH, "is", id, password_hash);
}

enum err user_store_verify_email(struct db *db, int64_t id, const char *email)
{
    return stmt_run_one(db, SQL_USER_VERIFY_EMAIL, "is", id, email);
}

enum err user_store_note_login(struct db *db, int64_t id, int64_t now_s)
{
    return stmt_run_one(db, SQL_USER_NOTE_LOGIN, "ii", id, now_s);
}

enum err user_store_remove(struct db *db, int64_t id)
{
    return stmt_run_one(db, SQL_USER_REMOVE, "i", id);
}

enum err user_store_count(struct db *db, int64_t *out)
{
    return stmt_number(db, stmt_begin(db, SQL_USER_COUNT, ""), out);
}

enum err user_store_any(struct db *db, bool *out)
{
    int64_t found = 0;
    enum err e = stmt_number(db, stmt_begin(db, SQL_USER_ANY, ""), &found);
    *out = found != 0;
    return e;
}

enum err user_store_lookalikes(struct db *db, int64_t *count_out)
{
    return stmt_number(db, stmt_begin(db, SQL_USER_LOOKALIKES, ""), count_out);
}
