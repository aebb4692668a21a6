/*
 * Checks of what was typed: admin/text, refused in the words of the command line. Each returns CLI_DONE, or CLI_USAGE
 * after saying what is wrong; `what` names the value ("--name").
 *
 * Depends on cli/cli, admin/text.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "admin/text.h"
#include "cli/cli.h"

enum cli_status check_text(const struct cli *cli, const char *what, const char *value, size_t max);
enum cli_status check_id(const struct cli *cli, const char *what, const char *value);
enum cli_status check_list(const struct cli *cli, const char *what, const char *value, const char *allowed);

/* ACCOUNT of a user that is to be made: account_fault. */
enum cli_status check_account(const struct cli *cli, const char *value);

#endif
