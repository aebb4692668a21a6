/*
 * What pages share with the one where people sign in: the captcha and the choice of a tenant. Depends on portal/page.
 */
#ifndef PORTAL_LOGIN_H
#define PORTAL_LOGIN_H

#include "portal/page.h"

/* A captcha for the page (template captcha-field), whose answer comes as captcha_id and captcha. Too many of them: a
 * fault says so. */
enum err login_add_captcha(struct page *p);

/* The tenants to choose from, if there are several and the site shows them (template tenant-field). */
enum err login_add_tenants(struct page *p);

/* The one that was chosen, else the portal's. */
const char *login_tenant(const struct page *p);

#endif
