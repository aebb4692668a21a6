/*
 * The audit: rows are added and read, never changed; and the sums that are yet to become rows of it.
 * Depends on store/db, base/arena, base/clock.
 * Source: schema.sql, tables audit and audit_sum.
 */
#ifndef STORE_AUDIT_STORE_H
#define STORE_AUDIT_STORE_H

#include "base/arena.h"
#include "store/db.h"

struct audit_row {
    int64_t id; /* set by the database */
    int64_t at_s;
    const char *actor, *action, *subject, *result;
    const char *client_id, *dialect, *address; /* "" where there is none */
    int64_t expires_s;
    int64_t count;           /* how many events it tells of; set by the database, as the rest */
    int64_t first_s, last_s; /* where it is a sum: when its first and its last event were; else 0 */
};

/* Add a row. Within a transaction of the caller. ERR_OK, ERR_STORE. */
enum err audit_store_put(struct db *db, const struct audit_row *row);

/* Which rows: those that meet all of it. */
struct audit_filter {
    int64_t after;   /* behind the row of this id; 0: from the first on */
    int64_t before;  /* before the row of this id; 0: to the last */
    int64_t since_s; /* of this time or later */
    int64_t until_s; /* earlier than this; 0: no end */
    const char
        *who; /* "user:000000/zhangsan" as actor or as subject; "/zhangsan": the user of that account in any
                            tenant; NULL: anybody */
    const char *action;  /* NULL: any, as the rest */
    const char *result;  /* "ok", "bad_password", …; AUDIT_FAILED: any but "ok" */
    const char *address; /* canonical */
    int64_t limit;       /* of those the newest so many */
};

#define AUDIT_FAILED "failed"

/* These rows, oldest first; texts live in `arena` until the callback returns. Stops when it returns an error.
 */
typedef enum err audit_store_each(void *ctx, const struct audit_row *row);
enum err audit_store_list(struct db *db, const struct audit_filter *filter, struct arena *arena,
                          audit_store_each *each, void *ctx);

/*
 * Where parts of `rows` rows each of what the filter says begin: called with the first row's id and time, oldest first.
 * Its limit does not count. A pass over the audit.
 */
typedef enum err audit_store_part(void *ctx, int64_t id, int64_t at_s);
enum err audit_store_parts(struct db *db, const struct audit_filter *filter, int64_t rows,
                           audit_store_part *each, void *ctx);

/*
 * The newest `limit` rows of this action by this actor ("user:000000/zhangsan"), newest first, among the newest
 * AUDIT_RECENT_ROWS rows of all: what a page can afford to look at. Otherwise as audit_store_list.
 */
enum { AUDIT_RECENT_ROWS = 10000 };
enum err audit_store_recent(struct db *db, const char *actor, const char *action, int64_t limit,
                            struct arena *arena, audit_store_each *each, void *ctx);

/* The same of all rows by that actor, or about it as the subject. */
enum err audit_store_about(struct db *db, const char *who, int64_t limit, struct arena *arena,
                           audit_store_each *each, void *ctx);

/*
 * Count one more of what was there already in this window: with the row's action, actor, result, client and dialect.
 * Within a transaction. ERR_OK; ERR_NOT_FOUND: it is the first of its kind.
 */
enum err audit_sum_add(struct db *db, const struct audit_row *row);

/* From now on, until ends_s, count what is of the row's kind; the row itself is not counted. Within a transaction. */
enum err audit_sum_put(struct db *db, const struct audit_row *row, int64_t ends_s);

/* Of how many kinds there are sums. */
enum err audit_sum_count(struct db *db, int64_t *count_out);

/*
 * Make a row of the audit of each sum whose window is over, or ends later than one of `window_s` can. Within a
 * transaction; audit_sum_due tells whether there is one.
 */
enum err audit_sum_due(struct db *db, int64_t now_s, int64_t window_s, bool *due_out);
enum err audit_sum_fold(struct db *db, int64_t now_s, int64_t window_s, int64_t expires_s);

/* The sums that are not yet rows, as rows with id 0; at_s is when their window ends. */
enum err audit_sum_list(struct db *db, struct arena *arena, audit_store_each *each, void *ctx);

#endif
