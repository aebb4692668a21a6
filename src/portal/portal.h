/*
 * The portal as the dispatcher sees it: routes whose errors are pages. Depends on portal/pages.
 */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include "portal/page.h"

extern const struct dialect portal;

/* The page that a route of the portal is for. */
const struct page_row *portal_row(const struct route *route);

#endif
