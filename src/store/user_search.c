#include "store/user_search.h"

#include <string.h>

#include "base/account.h"
#include "store/db_inside.h"
#include "store/user_store.h"

/* SQLite's steps for one page: those for half a million users that do not match, well below a second. */
enum { CHECK_STEPS = 100 * 1000, CHECKS_MAX = 200 };

/* Behind every text: no UTF-8 has this byte. */
#define LAST_TEXT "\xFF"

/* Where a page begins: behind this user in the order, whether there is one of these values or not. */
struct place {
    const char *tenant_id, *text;
    int64_t number, id;
};

static bool is_by_text(enum user_sort sort)
{
    return sort == USER_BY_ACCOUNT || sort == USER_BY_NAME;
}

static enum sql statement_of(enum user_sort sort, bool descending)
{
    static const enum sql statements[USER_SORTS][2] = {
        [USER_BY_ACCOUNT] = {SQL_USER_BY_ACCOUNT, SQL_USER_BY_ACCOUNT_DOWN},
        [USER_BY_NAME] = {SQL_USER_BY_NAME, SQL_USER_BY_NAME_DOWN},
        [USER_BY_LOGIN] = {SQL_USER_BY_LOGIN, SQL_USER_BY_LOGIN_DOWN},
        [USER_BY_CREATED] = {SQL_USER_BY_CREATED, SQL_USER_BY_CREATED_DOWN},
    };
    return statements[sort][descending];
}

/* The beginning of the order, or its end. */
static struct place edge(const struct user_query *q, bool descending)
{
    const char *text = descending ? LAST_TEXT : "";
    int64_t number = descending ? INT64_MAX : INT64_MIN;
    return (struct place){q->tenant_id[0] != '\0' ? q->tenant_id : text, text, number, number};
}

/* Where the user `id` is; *there is false if it is gone. */
static enum err place_of(struct db *db, const struct user_query *q, int64_t id, struct arena *arena,
                         bool *there, struct place *out)
{
    struct user u;
    enum err e = user_store_get(db, id, arena, &u);
    *there = e == ERR_OK;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *out = (struct place){u.tenant_id, q->sort == USER_BY_NAME ? u.real_name : u.account_folded,
                          q->sort == USER_BY_LOGIN ? u.last_login_s : u.created_s, u.id};
    return ERR_OK;
}

/* ---- What is looked for ---- */

/* "%text%" for LIKE, whose own signs stand for themselves. */
static const char *pattern_of(struct arena *arena, const char *text)
{
    char *pattern = arena_alloc(arena, 2 * strlen(text) + 3), *to = pattern;
    if (pattern == NULL)
        return NULL;
    *to++ = '%';
    for (const char *p = text; *p != '\0'; p++) {
        if (strchr("%_\\", *p) != NULL)
            *to++ = '\\';
        *to++ = *p;
    }
    memcpy(to, "%", 2);
    return pattern;
}

struct patterns {
    const char *folded, *plain; /* of accounts, and of the rest; NULL: whatever it is */
};

static enum err make_patterns(const char *text, struct arena *arena, struct patterns *out)
{
    char folded[ACCOUNT_FOLDED_CAP];
    *out = (struct patterns){0};
    if (text[0] == '\0')
        return ERR_OK;
    out->plain = pattern_of(arena, text);
    out->folded = account_fold(text, folded) ? pattern_of(arena, folded) : out->plain;
    return out->plain != NULL && out->folded != NULL ? ERR_OK : ERR_MEMORY;
}

/* ---- Looking ---- */

static int is_too_much(void *ctx)
{
    int *checks = ctx;
    return ++*checks > CHECKS_MAX;
}

static sqlite3_stmt *begin(struct db *db, const struct user_query *q, bool descending,
                           const struct place *from, const struct patterns *like)
{
    enum sql id = statement_of(q->sort, descending);
    bool one = q->tenant_id[0] != '\0';
    const char *first = one ? q->tenant_id : "", *last = one ? q->tenant_id : LAST_TEXT;
    const char *group = q->group[0] != '\0' ? q->group : NULL;
    int64_t state = q->state, limit = USER_PAGE + 1;
    if (is_by_text(q->sort))
        return stmt_begin(db, id, "ssisssissi", from->tenant_id, from->text, from->id, first, last, group,
                          state, like->folded, like->plain, limit);
    return stmt_begin(db, id, "siisssissi", from->tenant_id, from->number, from->id, first, last, group,
                      state, like->folded, like->plain, limit);
}

/* The users behind `from`, and whether there is one more than fits. */
static enum err walk(struct db *db, const struct user_query *q, bool descending, const struct place *from,
                     const struct patterns *like, struct user_page *out, bool *more)
{
    int checks = 0, rc = SQLITE_ROW;
    sqlite3_stmt *st = begin(db, q, descending, from, like);
    *more = false;
    if (st == NULL)
        return ERR_STORE;
    sqlite3_progress_handler(db->handle, CHECK_STEPS, is_too_much, &checks);
    while (!*more && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *more = out->count == USER_PAGE;
        if (!*more)
            out->id[out->count++] = sqlite3_column_int64(st, 0);
    }
    sqlite3_progress_handler(db->handle, 0, NULL, NULL);
    out->is_cut = rc == SQLITE_INTERRUPT;
    enum err e = out->is_cut ? ERR_OK : db_result(db, rc, sqlite3_sql(st));
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return e;
}

static void turn_round(struct user_page *page)
{
    for (size_t i = 0; i < page->count / 2; i++) {
        int64_t id = page->id[i];
        page->id[i] = page->id[page->count - 1 - i];
        page->id[page->count - 1 - i] = id;
    }
}

enum err user_search(struct db *db, const struct user_query *q, struct arena *arena, struct user_page *out)
{
    struct patterns like;
    bool there = false, more = false, back = q->after == 0 && q->before != 0;
    int64_t id = back ? q->before : q->after;
    struct place from;
    *out = (struct user_page){0};
    enum err e = make_patterns(q->text, arena, &like);
    if (e == ERR_OK && id != 0)
        e = place_of(db, q, id, arena, &there, &from);
    if (e != ERR_OK)
        return e;
    back = back && there;
    bool descending = q->descending != back;
    if (!there)
        from = edge(q, descending);
    e = walk(db, q, descending, &from, &like, out, &more);
    if (back)
        turn_round(out);
    out->has_before = back ? more : there;
    out->has_after = back || more;
    return e;
}
