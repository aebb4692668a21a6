/*
 * How the portal looks: what was set in it, else what [portal] of the configuration says.
 *
 * Depends on auth/app, base/arena, crypto/digest, store/look_store.
 * Source: schema.sql, table look; base/config.c, section portal.
 */
#ifndef ADMIN_APPEARANCE_H
#define ADMIN_APPEARANCE_H

#include "auth/app.h"
#include "base/arena.h"

/* What there is, by the names that both places have. */
enum appearance_field {
    APPEARANCE_TITLE,
    APPEARANCE_LOGO,
    APPEARANCE_ACCENT,
    APPEARANCE_NOTICE,
    APPEARANCE_FOOTER,
    APPEARANCE_FOOTER_LINK,
    APPEARANCE_ICP,
    APPEARANCE_POLICE,
    APPEARANCE_FIELDS
};

/* "title", "logo", … */
const char *appearance_name(enum appearance_field field);

struct appearance {
    const char *value[APPEARANCE_FIELDS]; /* "" where nothing is set */
    bool is_set[APPEARANCE_FIELDS];       /* in the portal */
};

/* How it looks now; texts in `arena`, or of the configuration. db NULL: by the configuration alone. ERR_OK, ERR_STORE,
 * ERR_MEMORY. */
enum err appearance_read(struct db *db, const struct config *cfg, struct arena *arena,
                         struct appearance *out);

/* Whether a field may have this value: what the configuration takes. `scratch` is written over. ERR_OK;
 * ERR_BAD_REQUEST. */
enum err appearance_check(struct config *scratch, enum appearance_field field, const char *value);

/*
 * Set a field, which was checked; what the configuration says anyway is not kept, so that a change of the configuration
 * is seen. Within a transaction. ERR_OK, ERR_STORE.
 */
enum err appearance_set(struct db *db, const struct config *cfg, enum appearance_field field,
                        const char *value);

#define APPEARANCE_LOGO_MAX 65536 /* bytes of a picture that is kept here */

/* Whether the logo is a picture that is kept here: its value is then the name that it is served by, "logo-….png", which
 * changes with the picture; else it is a path on this host. */
bool appearance_is_kept(const char *logo);

/*
 * Keep a picture as the logo. Within a transaction. ERR_OK; ERR_TOO_LARGE; ERR_BAD_REQUEST: it is neither PNG, JPEG,
 * GIF nor WebP (SVG is a program: it is served as a path of this host, by whoever put it there); ERR_STORE, ERR_CRYPTO.
 */
enum err appearance_keep_logo(struct db *db, const void *data, size_t len);

/* Append the picture of this name, and say its media type. ERR_OK; ERR_NOT_FOUND: it is not the present one; ERR_STORE,
 * ERR_MEMORY. */
enum err appearance_logo(struct db *db, const char *name, struct buf *out, const char **type_out);

#endif
