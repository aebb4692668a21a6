/*
 * Where the configuration is: beside the program and around it, or at home.
 * Depends on base/buf, base/passwd.
 */
#ifndef BASE_CONFIG_FIND_H
#define BASE_CONFIG_FIND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

#define CONFIG_PATH_CAP 1024 /* bytes of a path, with NUL */

/*
 * The first that exists of $MENSHEN_CONF; menshen.conf and ../etc/menshen.conf beside the program as it was called, then
 * beside the file that it is if that was a link; ~/.menshen/menshen.conf; /etc/menshen/menshen.conf.
 *
 * path_out  the file; "" if none of these exists.
 * why       receives, on failure, which of them cannot be looked for, and why.
 *
 * ERR_OK, also for ""; ERR_IO if one may be there and we are not allowed to see it, which is never passed over.
 */
enum err config_find(char path_out[CONFIG_PATH_CAP], struct buf *why);

/* Where a configuration is found that is put beside the program: DIR/menshen.conf. False without /proc. */
bool config_beside(char out[CONFIG_PATH_CAP]);

/* The home folder of the user who runs this: /etc/passwd's, else $HOME if that folder belongs to this user, since the
 * environment may be a web server's. False if there is neither. */
bool config_home(char out[CONFIG_PATH_CAP]);

#endif
