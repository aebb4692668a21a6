/*
 * From a plane of ink to a canvas of libgd: paper and ink colours, and the shades between.
 *
 * Depends on captcha/ink, captcha/rng, captcha/style, libgd.
 */
#ifndef CAPTCHA_DRAW_H
#define CAPTCHA_DRAW_H

#include "base/err.h"
#include "captcha/ink.h"
#include "captcha/rng.h"
#include "captcha/style.h"

/*
 * How many shades from paper to ink, as a power of two. Four make a PNG of a quarter byte a pixel, small
 * enough to be written without compressing, which would take longer than the drawing; a JPEG has no use for a
 * small palette.
 */
#define DRAW_PNG_SHADE_BITS  2
#define DRAW_JPEG_SHADE_BITS 6

struct canvas; /* a libgd palette image */

/*
 * A canvas of width_px times height_px with 1 << shade_bits colours, shade_bits from 1 to 8; NULL without
 * memory. The caller frees it with canvas_free.
 */
struct canvas *canvas_new(int width_px, int height_px, int shade_bits);

/* NULL is allowed. */
void canvas_free(struct canvas *c);

int canvas_width(const struct canvas *c);
int canvas_height(const struct canvas *c);
int canvas_shade_bits(const struct canvas *c);

/* Choose the colours of one picture in the style's hues; dark ink on light paper. */
void canvas_colour(struct canvas *c, const struct captcha_style *style, struct captcha_rng *rng);

/* Copy the plane, which has the canvas's size, in the canvas's shades. */
void canvas_fill(struct canvas *c, const struct ink_plane *plane);

#endif
