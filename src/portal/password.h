/*
 * New passwords on pages: what one has to be, said before it is typed, and what was wrong with one that was sent. For the
 * templates password-fields and password-rules, whose fields are "fresh" and "again".
 *
 * Depends on portal/page.
 */
#ifndef PORTAL_PASSWORD_H
#define PORTAL_PASSWORD_H

#include "portal/page.h"

/* What the configuration asks of a new password, into view.rules. account: whose it will be. */
void password_show_rules(struct page *p, const char *account);

/* The new password of the form; a secret in the arena. NULL, and faults, if it is missing or was typed in two ways. */
const char *password_field(struct page *p);

/*
 * Say at the field "fresh" why this new password is not taken. False: `e` is nothing that is wrong with a new password.
 * After password_show_rules.
 */
bool password_fault(struct page *p, enum err e);

/* Say at `field` that the password of the person was not right, or that there were too many tries. False: `e` is
 * neither. */
bool password_old_fault(struct page *p, const char *field, enum err e, int64_t retry_after_s);

#endif
