/*
 * menshen user import and user export, whose rows are in user.c.
 * Depends on cli/cli.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "cli/cli.h"

enum cli_status people_run_import(struct cli *cli);
enum cli_status people_run_export(struct cli *cli);

#endif
