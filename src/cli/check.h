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

/* Say what a check that ended with `e` wrote into `why`, which is released; of another error what cli_result says. */
enum cli_status check_refuse(const struct cli *cli, const char *what, enum err e, struct buf *why);

#endif
