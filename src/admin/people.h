/*
 * Files of people, as `user import` reads and `user export` writes them: CSV (RFC 4180) with a header row, also as
 * spreadsheets write it (semicolons or tabs, a line "sep=;", rows of commas, columns without a name),
 * JSON lines, and Apache's htpasswd. The same columns by the same names in CSV and JSON.
 *
 * Depends on admin/text, base/arena, base/buf, base/json_in, store/user_store.
 */
#ifndef ADMIN_PEOPLE_H
#define ADMIN_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "store/user_store.h"

enum people_column {
    PEOPLE_ACCOUNT,
    PEOPLE_TENANT,
    PEOPLE_USER_ID,       /* decimal; applications keep it: it moves with the person */
    PEOPLE_PASSWORD_HASH, /* a verifier of any scheme of crypto/password */
    PEOPLE_PASSWORD,      /* as it is typed; read only, never written */
    PEOPLE_TEXTS,         /* the first of user_texts, the others behind it */
    PEOPLE_LOCKED = PEOPLE_TEXTS + USER_TEXT_COUNT, /* yes, no */
    PEOPLE_PASSWORD_EXPIRED,                        /* yes, no */
    PEOPLE_EMAIL_VERIFIED,                          /* yes, no */
    PEOPLE_GROUPS,                                  /* comma-joined names */
    PEOPLE_PASSWORD_CHANGED, /* Unix seconds, or YYYY-MM-DD [HH:MM:SS] in the configured zone */
    PEOPLE_COLUMNS
};

/* "account", "tenant", … */
const char *people_column_name(enum people_column column);

enum people_format { PEOPLE_CSV, PEOPLE_JSONL, PEOPLE_HTPASSWD, PEOPLE_FORMATS };

/* "csv", "jsonl", "htpasswd". */
bool people_format_find(const char *name, enum people_format *out);

/* By the end of a file's name: .csv, .jsonl, .ndjson, .htpasswd, or the name "htpasswd". */
bool people_format_of_file(const char *path, enum people_format *out);

/* One person of a file. */
struct person {
    size_t line;                       /* where it begins, from 1 */
    const char *value[PEOPLE_COLUMNS]; /* NUL-terminated, of any content; NULL: not said */
};

/* Who reads: each person in turn, and each line that cannot be read, with what is wrong. A result other than
 * ERR_OK ends the reading. */
struct people_reader {
    enum err (*person)(void *ctx, const struct person *p);
    enum err (*fault)(void *ctx, size_t line, const char *what);
    void *ctx;
};

/*
 * Read `len` bytes of UTF-8, NUL-terminated, without a byte order mark. Values live in `arena`. A fault of one line
 * does not keep the others from being read; one of the header row does. ERR_OK; ERR_MEMORY; the reader's own.
 */
enum err people_read(enum people_format format, const char *text, size_t len, struct arena *arena,
                     const struct people_reader *reader);

/* Append the header row (CSV only), or a person: the columns that `shown` has, in their order. for_excel: texts that a
 * spreadsheet would take for formulas have an apostrophe before them, which people_read takes away. */
void people_write_head(enum people_format format, const bool shown[PEOPLE_COLUMNS], struct buf *out);
void people_write(enum people_format format, bool for_excel, const bool shown[PEOPLE_COLUMNS],
                  const struct person *p, struct buf *out);

#endif
