/*
 * One person on the pages of administrators: in a row of the list, and the fields that describe him.
 * Depends on portal/people, admin/users.
 */
#ifndef PORTAL_PERSON_H
#define PORTAL_PERSON_H

#include "portal/page.h"

/* Account, name, tenant, times and states into `v`; `u` lives as long as the view. */
void person_show(struct page *p, struct view *v, const struct user *u);

/* The fields of user_texts into the lists `fields` and, what few sites need, `more`: as `u` has them, or, with NULL, as
 * the form that came had them, with what is wrong. */
void person_show_fields(struct page *p, const struct user *u);

/* What the form says into `u`, in the arena; faults where it cannot be. */
void person_take_fields(struct page *p, struct user *u);

#endif
