/*
 * What --help prints: all of it comes from the rows of the commands.
 * Depends on cli/cli.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/cli.h"

/* Every command with its summary. `families` ends with NULL. */
void help_all(FILE *to, const struct cli_command *const families[]);

/* The commands of one family. */
void help_family(FILE *to, const struct cli_command *family);

/* One command: usage, options, examples. */
void help_command(FILE *to, const struct cli_command *command);

#endif
