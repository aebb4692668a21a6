/*
 * What a person says of himself, on the page of his account and on an invitation's. Depends on portal/page.
 */
#ifndef PORTAL_ACCOUNT_H
#define PORTAL_ACCOUNT_H

#include "portal/page.h"

/*
 * Take the form's field `column`, a text of user_texts ("real_name", "phone", "email", "locale"), into `u`, without blanks
 * at its ends; in the arena. What is wrong is said at the field.
 */
void account_take(struct page *p, struct user *u, const char *column);

/* The same text of `from` into `to`: what was taken, into the row as it is now. */
void account_copy(const struct user *from, struct user *to, const char *column);

/* The text into view.form: as it was typed, if the form that was sent has it, else as `u` has it. */
void account_show_field(struct page *p, const struct user *u, const char *column, bool was_sent);

#endif
