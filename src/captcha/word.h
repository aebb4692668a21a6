/*
 * A word before it is drawn: the displacement of the picture, and where in it the letters stand so that none
 * of them is displaced out of sight.
 *
 * Depends on base/captcha_profile, base/err, captcha/layout, captcha/rng, captcha/style, captcha/warp.
 */
#ifndef CAPTCHA_WORD_H
#define CAPTCHA_WORD_H

#include "base/captcha_profile.h"
#include "base/err.h"
#include "captcha/layout.h"
#include "captcha/rng.h"
#include "captcha/style.h"
#include "captcha/warp.h"

/*
 * Choose the warp and lay out `shown` in a picture of the profile's size.
 *
 * Returns what captcha_layout returns.
 */
enum err word_place(const struct captcha_profile *p, const struct captcha_style *style, const char *shown,
                    struct captcha_rng *rng, struct warp *warp_out, struct layout *layout_out);

#endif
