/*
 * A captcha as one writes it in an afternoon with libgd: each letter by gdImageStringFT at an angle of its
 * own, in a fixed cell, a few lines over them. The yardstick for speed and for the attacker.
 *
 * Depends on base/captcha_profile, captcha/rng, libgd with FreeType, a font of Debian's fonts-dejavu-core.
 */
#ifndef STRAIGHTFORWARD_H
#define STRAIGHTFORWARD_H

#include <gd.h>

#include "base/captcha_profile.h"
#include "captcha/rng.h"

/* Draw `shown` (ASCII) in the profile's size. The caller frees it with gdImageDestroy; NULL on failure. */
gdImage *straightforward_draw(const struct captcha_profile *p, const char *shown, struct captcha_rng *rng);

#endif
