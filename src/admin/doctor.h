/*
 * The doctor: examines an installation and says what to do about each finding.
 *
 * A check adds one finding, good or bad; checks that need what an earlier one did not find are left out.
 *
 * Depends on auth/app, auth/keyring, http/routes, store/.
 * Source: DESIGN, "Command line and configuration", "SQLite".
 */
#ifndef ADMIN_DOCTOR_H
#define ADMIN_DOCTOR_H

#include "auth/app.h"
#include "base/arena.h"
#include "http/route.h"

enum doctor_status { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR };

struct doctor_finding {
    const char *name; /* "sign_keys": the same in every run */
    enum doctor_status status;
    const char *message;
    const char *advice; /* NULL: nothing is to be done */
};

#define DOCTOR_FINDINGS_MAX 40

struct doctor {
    struct app *app;  /* nothing of it open yet, unless is_open says so */
    const char *conf; /* the configuration to use; NULL: it is looked for */
    bool is_open;     /* by a worker, which goes on with it: nothing is opened, what is open is examined */
    bool is_quick;    /* what takes long on a large site is left out */
    const struct dialect *const *dialects; /* by enum dialect_id */
    struct arena *arena;                   /* for the texts of findings */
    int64_t now_s;
    struct doctor_finding finding[DOCTOR_FINDINGS_MAX]; /* the result */
    size_t count;
};

/* Examine the installation that d->conf describes, or that is open. d->app is open afterwards as far as it could be:
 * the caller closes it (app_close) unless it was. */
void doctor_examine(struct doctor *d);

/* How many findings have this status. */
size_t doctor_count(const struct doctor *d, enum doctor_status status);

/* "ok", "warning", "error". */
const char *doctor_status_name(enum doctor_status status);

#endif
