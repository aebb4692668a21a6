/*
 * Whose path is it, and which row of whose table: finding the route of a request, and refusing tables that
 * claim the same. Depends on http/route, base/config.
 */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http/route.h"

#define ROUTES_ALLOW_CAP 64

/* The methods of a path that is not known; what any of the routes may have. */
#define ROUTES_ALLOW_ANY "GET, HEAD, POST, PUT, OPTIONS"

struct routes_found {
    const struct dialect *dialect; /* NULL: nobody's path */
    const struct route *route;     /* NULL: no such path, or not with this method */
    const char *segment;           /* what {…} or * in the pattern matched, not NUL-terminated; "" */
    size_t segment_len;
    /* Without a route: the methods of the path, for Allow, with the HEAD and OPTIONS that every path has; "":
     * no such path. */
    char allow[ROUTES_ALLOW_CAP];
};

/*
 * Look `path` up among the enabled dialects' routes. HEAD is served by the route of GET (RFC 9110 §9.3.2).
 * A path that no dialect has belongs to the one below whose prefix, or beside whose routes, it stands: errors
 * take its shape.
 */
void routes_find(const struct config *cfg, const struct dialect *const *dialects, const char *path,
                 const char *method, struct routes_found *out);

/*
 * Check the enabled dialects against each other. ERR_OK; ERR_CONFIG, with `why` saying which two claim the
 * same method and path and what to do; ERR_MEMORY.
 */
enum err routes_check(const struct config *cfg, const struct dialect *const *dialects, struct buf *why);

#endif
