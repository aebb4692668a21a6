/*
 * Origins as browsers send them in the header Origin: scheme, host and port (RFC 6454 §6.2; WHATWG HTML,
 * "serialization of an origin"), compared byte by byte. Depends on base/codec.
 */
#ifndef BASE_ORIGIN_H
#define BASE_ORIGIN_H

#include <stdbool.h>

/*
 * Whether a list, comma-separated, blanks allowed, holds nothing but origins in the form in which a browser
 * sends them, so that each can match: lower case, no port that the scheme implies, no path, not even "/".
 * "null", which every sandboxed frame sends, "*" and file: are none. An empty list is right.
 */
bool origin_list_ok(const char *list);

/* Whether the list has exactly this origin. */
bool origin_in_list(const char *origin, const char *list);

#endif
