/*
 * The strokes that cross a word: drawn with the letters' pen, in their colour, warped with them, so that
 * neither colour, width nor thresholding tells the two apart, and no gap between letters stays open.
 *
 * Depends on captcha/ink, captcha/layout, captcha/rng, captcha/style, captcha/warp.
 */
#ifndef CAPTCHA_STROKE_H
#define CAPTCHA_STROKE_H

#include "captcha/ink.h"
#include "captcha/layout.h"
#include "captcha/rng.h"
#include "captcha/style.h"
#include "captcha/warp.h"

/* Draw the strokes of `manner` across the word of `layout`, with the style's pen. */
void stroke_word(struct ink_plane *plane, const struct layout *layout, const struct captcha_style *style,
                 const struct manner *manner, const struct warp *warp, struct captcha_rng *rng);

#endif
