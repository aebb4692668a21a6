/*
 * Handing a message to the host's mail program (sendmail's interface: postfix, exim, msmtp, nullmailer and others have
 * it), which is started without a shell, with an environment of its own, and with nothing secret in its arguments.
 *
 * Depends on base/buf, base/config_find.
 */
#ifndef AUTH_SENDMAIL_H
#define AUTH_SENDMAIL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Start `command` (the program's whole path and arguments, separated by blanks) and give it the message on its standard
 * input. Past timeout_s it is killed, with what it started in its process group.
 *
 * why  receives what went wrong: how it ended, and the first line that it said.
 *
 * ERR_OK: it ended with 0; ERR_IO.
 */
enum err sendmail_run(const char *command, const void *message, size_t len, int timeout_s, struct buf *why);

#endif
