/*
 * The audit as an administrator reads and takes it away: which rows are asked for, from texts as they are typed, and
 * rows as lines of JSON or CSV.
 *
 * Depends on admin/users, auth/audit, store/audit_store.
 * Source: schema.sql, table audit; RFC 4180; https://jsonlines.org.
 */
#ifndef ADMIN_AUDIT_EXPORT_H
#define ADMIN_AUDIT_EXPORT_H

#include "auth/app.h"
#include "store/audit_store.h"

/* What somebody asks for; "" or NULL: it does not matter. */
struct audit_ask {
    const char *
        who; /* an account, "TENANT/ACCOUNT", or an actor or subject as it stands in the rows ("admin:root") */
    const char *action;  /* "user.lock" */
    const char *result;  /* "ok", "failed", or an outcome's name */
    const char *address; /* in any spelling */
    const char
        *from; /* "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS", in the site's zone; a T may stand for the blank */
    const char *to; /* the same; a day is meant as a whole */
};

/*
 * Make a filter of it, without limit. An account without a tenant is meant in all of them.
 *
 * filter_out  its texts live in `arena` or are those of `ask`.
 * field_out   on ERR_BAD_REQUEST which one is wrong: "from", "to" or "address".
 *
 * ERR_OK; ERR_BAD_REQUEST; ERR_STORE; ERR_MEMORY.
 */
enum err audit_ask_read(struct db *db, const struct audit_ask *ask, struct arena *arena,
                        struct audit_filter *filter_out, const char **field_out);

enum audit_format { AUDIT_JSON_LINES, AUDIT_CSV };

/* "jsonl", "csv". */
bool audit_format_find(const char *name, enum audit_format *out);

/*
 * Append what a file begins with, or a row as a line. In CSV every cell is quoted, lines end in CR LF, the text begins
 * with a byte order mark, without which Excel takes it for the country's own encoding, and a cell that a spreadsheet
 * would take for a formula has an apostrophe before it: what strangers typed is among them. Failures stay in `out`.
 */
void audit_export_head(enum audit_format format, struct buf *out);
void audit_export_row(enum audit_format format, const struct audit_row *row, struct buf *out);

/* Takes the file piece by piece. A result other than ERR_OK ends the writing. */
typedef enum err audit_export_sink(void *ctx, const struct buf *text);

/*
 * Write all rows that the filter lets through, oldest first, whatever its limit, a bounded number at a time.
 * count_out: how many. ERR_OK, ERR_STORE, ERR_MEMORY, the sink's own.
 */
enum err audit_export(struct db *db, const struct audit_filter *filter, enum audit_format format,
                      audit_export_sink *sink, void *ctx, size_t *count_out);

#endif
