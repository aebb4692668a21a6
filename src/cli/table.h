/*
 * Rows for people or for programs: one set of calls prints an aligned table, or, with --json, an array of
 * objects; or, of one row, a line for each field, or one object. Names are snake_case and the same in both;
 * where a name ends in _s it has seconds, and the table's heading goes without it. Times are Unix seconds in
 * JSON, dates of the configured zone in the table.
 *
 * Depends on cli/cli, base/json_out, base/clock.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "cli/cli.h"

#define TABLE_COLUMNS_MAX 32

struct table {
    struct cli *cli;
    struct buf text; /* JSON as it is written; or the cells, each NUL-terminated, row after row */
    struct json_out json;
    const char *heading[TABLE_COLUMNS_MAX]; /* taken from the first row */
    size_t columns, rows, at;
    bool details; /* what comes is for JSON only */
    bool single;  /* there is one row, shown whole */
};

/* Nothing is allocated before the first row. To be ended with table_close. */
void table_open(struct table *t, struct cli *cli);

/* The same for exactly one row, of which people see the details too: a line for each field. */
void table_open_single(struct table *t, struct cli *cli);

void table_row(struct table *t);
void table_row_end(struct table *t);

/* The cells of a row, in the same order in every row. */
void table_str(struct table *t, const char *name, const char *value);
void table_int(struct table *t, const char *name, int64_t value);
void table_bool(struct table *t, const char *name, bool value);       /* yes, no */
void table_seconds(struct table *t, const char *name, int64_t ttl_s); /* a duration; 0: none */
void table_time(struct table *t, const char *name, int64_t t_s);      /* 0: none */
void table_id(struct table *t, const char *name, int64_t id); /* a JSON string: JavaScript rounds numbers */

/* The rest of this row is for JSON only. */
void table_details(struct table *t);

/*
 * Print what was not printed yet, and release. `e` is how making the rows ended; a failure is explained and
 * no table printed. `if_empty` is what people read where there are no rows.
 */
enum cli_status table_close(struct table *t, enum err e, const char *if_empty);

/* With --json one object instead of a table: begin, members on the result, end. */
void table_object(struct json_out *j, struct buf *text);
enum cli_status table_object_end(const struct cli *cli, struct json_out *j);

#endif
