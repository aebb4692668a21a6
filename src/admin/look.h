/*
 * How the portal looks: what was set in it, else what [portal] of the configuration says.
 *
 * Depends on auth/app, base/arena, store/look_store.
 * Source: schema.sql, table look; base/config.c, section portal.
 */
#ifndef ADMIN_LOOK_H
#define ADMIN_LOOK_H

#include "auth/app.h"
#include "base/arena.h"

/* What there is, by the names that both places have. */
enum look_field {
    LOOK_TITLE,
    LOOK_LOGO,
    LOOK_ACCENT,
    LOOK_NOTICE,
    LOOK_FOOTER,
    LOOK_ICP,
    LOOK_POLICE,
    LOOK_FIELDS
};

/* "title", "logo", … */
const char *look_name(enum look_field field);

struct look {
    const char *value[LOOK_FIELDS]; /* "" where nothing is set */
    bool is_set[LOOK_FIELDS];       /* in the portal */
};

/* How it looks now; texts in `arena`, or of the configuration. db NULL: by the configuration alone. ERR_OK, ERR_STORE,
 * ERR_MEMORY. */
enum err look_read(struct db *db, const struct config *cfg, struct arena *arena, struct look *out);

/* Whether a field may have this value: what the configuration takes. `scratch` is written over. ERR_OK;
 * ERR_BAD_REQUEST. */
enum err look_check(struct config *scratch, enum look_field field, const char *value);

/*
 * Set a field, which was checked; what the configuration says anyway is not kept, so that a change of the configuration
 * is seen. Within a transaction. ERR_OK, ERR_STORE.
 */
enum err look_set(struct db *db, const struct config *cfg, enum look_field field, const char *value);

#endif
