/*
 * Texts from files, from the database and from the command line, for a terminal: what would move its cursor, change
 * its colours or turn the direction of what is read is written out ("\x1B", "\u202E").
 *
 * Depends on base/buf, utf8proc.
 * Source: Unicode 3.13, general categories; UTS 36 §2.5 (bidirectional text).
 */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include "base/buf.h"

/*
 * Append `len` bytes: control and format characters, line separators and bytes that are no UTF-8 written out, all
 * others as they are. Characters of `keep`, which are ASCII, stay too ("\n").
 */
void printable_add(struct buf *out, const char *text, size_t len, const char *keep);

#endif
