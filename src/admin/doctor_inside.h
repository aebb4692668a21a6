/*
 * What the files of the doctor share.
 */
#ifndef ADMIN_DOCTOR_INSIDE_H
#define ADMIN_DOCTOR_INSIDE_H

#include "admin/doctor.h"

/* A finding for whose text there was no memory (NULL) still counts, and says its name. */
void doctor_add(struct doctor *d, const char *name, enum doctor_status status, const char *message,
                const char *advice);

/* A text of a finding; NULL: there is no memory. */
#define DOCTOR_TEXT(D, ...) arena_printf((D)->arena, __VA_ARGS__)

/* What [policy] asks for, and what of it other settings undo. */
void doctor_check_policy(struct doctor *d);

/* The same of what the database holds, which is open. */
void doctor_check_policy_rows(struct doctor *d);

/* What the database holds, which is opened for that. */
void doctor_check_database(struct doctor *d);

#endif
