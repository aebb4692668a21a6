/*
 * The plane on which a word is drawn: one byte a pixel, 0 paper to 255 ink. Letters are looked up through the
 * warp in their tiles, strokes are drawn with a round pen; where inks meet the darker one stays, so that
 * letters and strokes are one shape.
 *
 * Depends on captcha/layout, captcha/warp.
 */
#ifndef CAPTCHA_INK_H
#define CAPTCHA_INK_H

#include <stdint.h>

#include "captcha/layout.h"
#include "captcha/warp.h"

#define INK_STRIDE CAPTCHA_WIDTH_MAX

struct ink_plane {
    int width, height;                           /* pixels in use */
    uint8_t at[CAPTCHA_HEIGHT_MAX * INK_STRIDE]; /* row stride INK_STRIDE */
};

/* A point of a stroke, word coordinates. */
struct ink_point {
    int32_t x, y;
};

/* Make the plane width times height pixels of paper; both within CAPTCHA_WIDTH_MAX and CAPTCHA_HEIGHT_MAX. */
void ink_clear(struct ink_plane *plane, int width, int height);

/* Draw a letter as the warp shows it. What falls outside the plane is cut off. */
void ink_letter(struct ink_plane *plane, const struct letter *letter, const struct warp *warp);

/* Draw straight pieces from point to point (count >= 2) with a round pen of `radius`, word coordinates. */
void ink_stroke(struct ink_plane *plane, const struct ink_point *points, int count, int32_t radius);

#endif
