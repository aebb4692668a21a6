/*
 * What may be stored: checks of the texts that an administrator types.
 * Depends on cli/cli, base/codec.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>

#include "cli/cli.h"

#define TEXT_ID_MAX 64  /* bytes of the id of a tenant or client */
#define TEXT_MAX    255 /* bytes of a name or a list */
#define TEXT_LIST_MAX                                                                                        \
    1000 /* bytes of a list of a user's: roles, departments, posts, as in BladeX's columns */

/* UTF-8 without control characters, at most `max` bytes. `what` names it in the refusal ("--name"). CLI_DONE;
 * CLI_USAGE after saying why. */
enum cli_status text_check(const struct cli *cli, const char *what, const char *value, size_t max);

/* The id of a tenant or client: letters, digits, - _ and . */
enum cli_status text_check_id(const struct cli *cli, const char *what, const char *value);

/* A login name that is to be made: account_fault. */
enum cli_status text_check_account(const struct cli *cli, const char *value);

/*
 * A comma-separated list without empty or doubled elements. Each is one of the comma-joined `allowed`, or,
 * where that is NULL, made of letters, digits and - _ . : /
 */
enum cli_status text_check_list(const struct cli *cli, const char *what, const char *value,
                                const char *allowed);

/* A comma-joined list without the blanks around its parts, and without parts that are empty. NULL: the arena is
 * full. */
const char *text_tidy_list(struct arena *arena, const char *list);

/* What is wrong with a text of `len` bytes: "invalid UTF-8", "a control character"; NULL if nothing is. */
const char *text_fault(const char *s, size_t len);

#endif
