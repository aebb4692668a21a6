/*
 * A smooth displacement of the whole picture: for every pixel, how far away the word is looked up. It is a
 * sum of a few long waves in different directions, evaluated on a grid of nodes and taken as straight between
 * them.
 *
 * Depends on captcha/rng, captcha/style, captcha/wave, base/captcha_profile.
 */
#ifndef CAPTCHA_WARP_H
#define CAPTCHA_WARP_H

#include <stdint.h>

#include "base/captcha_profile.h"
#include "captcha/rng.h"
#include "captcha/style.h"

#define WARP_CELL    8 /* pixels between nodes */
#define WARP_COLUMNS (CAPTCHA_WIDTH_MAX / WARP_CELL + 2)

struct warp_node {
    int32_t dx, dy; /* 1/256 of a pixel */
};

struct warp {
    int32_t reach; /* no dx or dy is larger, to either side */
    int columns;   /* nodes that the picture's width needs */
    int height;    /* of the picture, pixels */
    /* Per row of pixels the nodes' values at that height, so that a row is read along one line. */
    struct warp_node at[CAPTCHA_HEIGHT_MAX][WARP_COLUMNS];
};

/*
 * Choose a displacement for a picture of width_px times height_px. `reach` bounds dx and dy, in 1/256 of a
 * pixel; `length` is the shortest wave, in 1/256 of a pixel.
 */
void warp_make(int width_px, int height_px, int32_t reach, int32_t length, struct captcha_rng *rng,
               struct warp *warp_out);

/*
 * Where the displaced picture shows what the undisplaced one has at (*x, *y), word coordinates: the inverse
 * of the displacement, to first order, for strokes that are drawn and not looked up.
 */
void warp_point(const struct warp *w, int32_t *x, int32_t *y);

/*
 * The least and the greatest displacement, dx and dy apart, of the pixels that may show the box: it may lie
 * partly outside the picture. Word coordinates.
 */
void warp_bounds(const struct warp *w, int32_t left, int32_t top, int32_t right, int32_t bottom,
                 struct warp_node *least_out, struct warp_node *most_out);

#endif
