/*
 * Where the letters of a word stand: each in its own face, turned, sheared, sized, and moved against its left
 * neighbour until their inks overlap by a chosen depth, measured on the inks themselves; then the word is
 * fitted to the picture.
 *
 * Two systems of coordinates: a letter's texels, as in glyphs.h, counted from the tile's middle; and the
 * word's, in 1/256 of a pixel of the picture before warping.
 *
 * Depends on base/err, captcha/glyphs, captcha/rng, captcha/style, captcha/wave.
 */
#ifndef CAPTCHA_LAYOUT_H
#define CAPTCHA_LAYOUT_H

#include <stdint.h>

#include "base/err.h"
#include "captcha/glyphs.h"
#include "captcha/rng.h"
#include "captcha/style.h"

#define LAYOUT_LETTERS_MAX 8 /* "99-99=?" has seven */
#define LAYOUT_PIXEL_BITS  8
#define LAYOUT_PIXEL       (1 << LAYOUT_PIXEL_BITS) /* one pixel in word coordinates */
#define LAYOUT_TEXEL_BITS  12
#define LAYOUT_TEXEL       (1 << LAYOUT_TEXEL_BITS) /* one texel a pixel in `to_texel` */

struct letter {
    int32_t x, y;           /* middle, word coordinates */
    int32_t to_texel[2][2]; /* from pixels to texels, in LAYOUT_TEXEL: (column, row) = to_texel * (dx, dy) */
    int32_t half_width, half_height; /* of a box around the turned ink, word coordinates */
    int32_t scale;                   /* pixels a texel, in 1/256, mean of both directions */
    int32_t weight;                  /* how far the outline is moved outwards, in a texel's unpacked values */
    struct glyph_tile tile;
};

struct layout {
    int count;
    int32_t stem;                     /* width of the letters' main strokes, word coordinates */
    int32_t height;                   /* of a capital, word coordinates */
    int32_t left, top, right, bottom; /* around the word's ink, word coordinates */
    struct letter letters[LAYOUT_LETTERS_MAX];
};

/* Where the word may stand before warping, word coordinates. */
struct layout_room {
    int32_t left, top, right, bottom;
};

/*
 * Lay out `shown` so that its ink fills `room` in one direction at least.
 *
 * Returns ERR_OK; ERR_BAD_REQUEST when the text has more than LAYOUT_LETTERS_MAX characters, none at all, is
 * not UTF-8, or holds one that no face gives. On failure `layout_out` is unspecified.
 */
enum err captcha_layout(const struct captcha_style *style, const char *shown, const struct layout_room *room,
                        struct captcha_rng *rng, struct layout *layout_out);

#endif
