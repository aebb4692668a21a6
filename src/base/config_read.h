/*
 * An INI file as a stream of settings: [section], key = value, and comments, which are lines that begin with ; or #.
 * A value is the rest of its line, blanks at its ends left out; there are no remarks after it, no quotes and no
 * continued lines. Lines end as on any system (LF, CRLF, CR); the text is UTF-8, with or without a byte order mark.
 *
 * Depends on base/buf.
 */
#ifndef BASE_CONFIG_READ_H
#define BASE_CONFIG_READ_H

#include "base/buf.h"
#include "base/err.h"

/* A place in the file, both from 1; a column is a character. */
struct config_place {
    int line, column;
};

/* One setting, or, where `key` is NULL, the head of a section. The texts are valid during the call. */
struct config_line {
    const char *section, *key, *value;
    struct config_place at;       /* of the key, or of the section's name */
    struct config_place value_at; /* of the value */
};

/*
 * Takes one line. Anything but ERR_OK ends the reading. `why` receives what is wrong, without the place, and
 * *place_out, which is that of the key, may be moved to the value's.
 */
typedef enum err config_take(void *ctx, const struct config_line *line, struct config_place *place_out,
                             struct buf *why);

/*
 * Read the file `path`.
 *
 * why  receives, on failure, "FILE:LINE:COLUMN: …", or "FILE: …" where the file as a whole is the trouble.
 *
 * ERR_OK; ERR_CONFIG; ERR_IO if it cannot be opened or read; ERR_MEMORY; what `take` returned.
 */
enum err config_read(const char *path, config_take *take, void *ctx, struct buf *why);

#endif
