/*
 * Where this site is, as browsers see it: by [server] base_url, else by what the web server says of the request.
 * Depends on http/request, base/config.
 */
#ifndef PORTAL_ADDRESS_H
#define PORTAL_ADDRESS_H

#include "portal/page.h"

/* Whether the visitor's browser speaks HTTPS: so a trusted proxy, the web server, or base_url says. */
bool address_is_https(const struct request *r, const struct config *cfg);

/* What goes before every path of the portal, without a final slash; in the arena, NULL when that is full. */
const char *address_mount(const struct request *r, const struct config *cfg, struct arena *arena);

/* "https://host:port", in the arena; NULL when that is full. */
const char *address_origin(const struct request *r, const struct config *cfg, struct arena *arena);

/* Whether a page of this site sent the request, as far as the browser says: Sec-Fetch-Site, else Origin, else Referer;
 * true where it says nothing. */
bool address_is_same_site(const struct request *r, const struct config *cfg);

#endif
