/*
 * What somebody signed in with, in words: "Chrome 138 · Windows", "微信 · Android". By the User-Agent header, which the
 * visitor writes: it helps a person to recognise his own devices, and decides nothing.
 *
 * Depends on base/buf, http/text.
 */
#ifndef PORTAL_DEVICE_H
#define PORTAL_DEVICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/text.h"

/*
 * Append program, its major version, and system, as far as they are known, by their names in `script`. False, with
 * nothing appended, if neither is. No byte of the header but digits goes out.
 */
bool device_name(const char *user_agent, enum script script, struct buf *out);

#endif
