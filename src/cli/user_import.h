/*
 * menshen user import and user export, whose rows are in user.c.
 * Depends on cli/cli, cli/people.
 */
#ifndef CLI_USER_IMPORT_H
#define CLI_USER_IMPORT_H

#include "cli/cli.h"
#include "cli/people.h"

enum cli_status user_run_import(struct cli *cli);
enum cli_status user_run_export(struct cli *cli);

/* The format that --format names, or else the name of the file; `path` may be NULL. CLI_USAGE after saying
 * why. */
enum cli_status user_take_format(const struct cli *cli, const char *path, enum people_format *out);

#endif
