/*
 * What draw.c and encode.c know of a canvas and nobody else does.
 *
 * Depends on libgd.
 */
#ifndef CAPTCHA_CANVAS_GD_H
#define CAPTCHA_CANVAS_GD_H

#include <gd.h>

struct canvas {
    gdImage *image;
    int shade_bits; /* its palette has 1 << shade_bits colours, paper first, ink last */
};

#endif
