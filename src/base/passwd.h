/*
 * The password file: names and home folders of the host's own users. It is read directly: getpwuid(3) asks
 * the name service, which loads shared libraries, and a static program has none. People of a directory
 * service are therefore not found, nor is anybody where there is no such file.
 *
 * Depends on nothing.
 */
#ifndef BASE_PASSWD_H
#define BASE_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PASSWD_NAME_CAP 64   /* bytes of a user's name, with NUL; a longer one is not found */
#define PASSWD_HOME_CAP 1024 /* bytes of a home folder, with NUL; likewise */

/* The name of `uid`. False, and `out` is untouched, if /etc/passwd does not have it. */
bool passwd_name(uid_t uid, char out[PASSWD_NAME_CAP]);

/* The home folder of `uid`, as it stands in /etc/passwd. False, and `out` is untouched, as above. */
bool passwd_home(uid_t uid, char out[PASSWD_HOME_CAP]);

#endif
