/*
 * Captchas one after the other, to look at and to measure: of chance, or, with a seed, the same ones each time.
 * Depends on base/random, captcha/engine, captcha/kind, captcha/sheet.
 */
#ifndef CAPTCHA_SERIES_H
#define CAPTCHA_SERIES_H

#include "captcha/engine.h"
#include "captcha/kind.h"

struct captcha_series {
    struct captcha_engine *engine; /* borrowed */
    struct captcha_profile profile;
    struct captcha_text text; /* of the last picture */
    struct buf file;          /* the last picture */
    bool seeded;
    uint64_t seed, number;
};

/* Begin. seeded: with `seed`; else of chance. captcha_series_fini in any case. */
void captcha_series_init(struct captcha_series *s, struct captcha_engine *engine,
                         const struct captcha_profile *profile, bool seeded, uint64_t seed);

/* Wipe and release. */
void captcha_series_fini(struct captcha_series *s);

/* Make the next text and its picture. ERR_OK, ERR_RANDOM, ERR_CONFIG, ERR_MEMORY. */
enum err captcha_series_next(struct captcha_series *s);

/* Append a sheet (captcha/sheet) of the next columns times rows pictures, whatever the profile's format. captions: with
 * what is to be read. Errors as above. */
enum err captcha_series_sheet(struct captcha_series *s, int columns, int rows, int zoom, bool captions,
                              struct buf *out);

#endif
