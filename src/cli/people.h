/*
 * menshen user import and user export, whose rows are in user.c; and people as user list and group members show them.
 * Depends on cli/cli, store/user_store.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "cli/cli.h"
#include "store/user_store.h"

enum cli_status people_run_import(struct cli *cli);
enum cli_status people_run_export(struct cli *cli);

/* A row of the struct table `ctx` (user.c). */
enum err people_list_row(void *ctx, const struct user *u);

/* The members of a group, of --tenant only if it was given (group.c). */
enum cli_status people_list_group(struct cli *cli, const char *group);

#endif
