/*
 * Reading passwords, client secrets and keys: from a prompt without echo where standard input is a terminal,
 * else as one line of standard input. Never from an argument, which every user of the host could read.
 *
 * Depends on cli/cli, admin/text, base/secure.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include <stddef.h>

#include "cli/cli.h"

#define SECRET_CAP 1024 /* longest line that is read, with NUL */

struct secret {
    char text[SECRET_CAP]; /* NUL-terminated; secret_wipe it */
    size_t len;
};

/*
 * Read a secret that is to be set: on a terminal it is asked for twice.
 *
 * what  names it in prompt and refusal ("password of admin").
 * max   bytes it may have; < SECRET_CAP.
 *
 * CLI_DONE; CLI_FAILED after saying why: empty, too long, a NUL or control character, not UTF-8, end of
 * input, or the two entries differ. `out` is wiped then.
 */
enum cli_status secret_read_new(const struct cli *cli, const char *what, size_t max, struct secret *out);

void secret_wipe(struct secret *s);

#endif
