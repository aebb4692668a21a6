/*
 * The form of somebody new, which is where the page of a person whose id is "new" would be.
 * Depends on portal/page.
 */
#ifndef PORTAL_ADMIN_USER_H
#define PORTAL_ADMIN_USER_H

#include "portal/page.h"

enum err admin_user_form(struct page *p, int status);

#endif
