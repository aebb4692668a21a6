/*
 * What an administrator hands over to a person: a link, also as a QR code, or a password that is good once. The page is
 * the answer to the form that made it, and nothing shows it again.
 * Depends on portal/people, admin/users, portal/qr.
 */
#ifndef PORTAL_HANDED_H
#define PORTAL_HANDED_H

#include "auth/link.h"
#include "portal/page.h"

/* A link that is made. */
struct handed {
    const char *purpose;          /* LINK_INVITATION, LINK_RESET; NULL: none, a password */
    char secret[LINK_SECRET_CAP]; /* the caller wipes it */
    int64_t expires_s;
};

/* Make the link that is described; the form's checkbox "mail" also sends it to the person's address, if that can be. Within
 * a transaction of the caller. Errors as users_make_link. */
enum err handed_make_link(struct page *p, const struct user *u, struct handed *link);

/* Show the link, or, where it is not NULL, the password. */
enum err handed_show(struct page *p, const struct user *u, const struct handed *link, const char *password);

#endif
