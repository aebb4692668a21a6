/*
 * Files that commands write. None is overwritten unless the command's option --force was given.
 * Depends on cli/cli.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

#include "cli/cli.h"

/*
 * Make the file `path` and open it for writing; NULL after saying why not.
 *
 * mode  of the file, as umask leaves it; 0600 holds for one that is overwritten, too.
 */
FILE *output_open(const struct cli *cli, const char *path, mode_t mode);

#endif
