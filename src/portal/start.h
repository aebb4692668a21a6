/*
 * A site's beginning: as long as it has no users, whoever comes is led to /setup. Depends on portal/page, admin/setup.
 */
#ifndef PORTAL_START_H
#define PORTAL_START_H

#include "portal/page.h"

/* Whether a visitor is to be led to /setup: nobody is signed in here, and nobody can be. ERR_OK, ERR_STORE. */
enum err start_is_due(struct page *p, bool *out);

/* What the page no-site says: why the database could not be made, and what to do. Of a site that is not there yet. */
void start_add_no_site(struct page *p);

#endif
