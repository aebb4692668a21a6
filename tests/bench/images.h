/*
 * What images.c measures: one way to make a captcha. Linked twice, with images_ours.c and with
 * images_straightforward.c, since the one takes libgd statically and the other as Debian ships it.
 *
 * Depends on base/buf, base/captcha_profile, captcha/rng.
 */
#ifndef IMAGES_H
#define IMAGES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/captcha_profile.h"
#include "captcha/rng.h"

/*
 * Draw `shown` (NUL-terminated, ASCII) by the profile and append the file to `file_out`. May keep what it
 * wants from one picture to the next. False, with a line on standard error, on failure.
 */
bool images_make(const struct captcha_profile *p, const char *shown,
                 const unsigned char seed[CAPTCHA_SEED_BYTES], struct buf *file_out);

#endif
