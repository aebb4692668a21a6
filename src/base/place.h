/*
 * Whether a folder looks as if a web server gave out what is in it, judged by the names on the way to it: the command
 * line knows no document root, and a server may name another than the one that a host's customers see.
 *
 * Depends on base/buf.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Whether `dir` lies below a folder that is called as document roots are: public_html, htdocs, httpdocs, wwwroot, webroot,
 * www/html. What links and ".." lead out of does not count, what they lead into does (many hosts have ~/www beside
 * ~/public_html).
 */
bool place_is_public(const char *dir);

/*
 * Whether `dir` lies below the folder `root`, or is it; links are followed, and `dir` need not be there yet. False if
 * `root` is not there, or is "/".
 */
bool place_is_below(const char *dir, const char *root);

/* ERR_OK; ERR_CONFIG if place_is_public, and `why` receives what to do. */
enum err place_check(const char *dir, struct buf *why);

#endif
