#include "captcha/draw.h"

#include <assert.h>
#include <stdlib.h>

#include "captcha/canvas_gd.h"

struct canvas *canvas_new(int width_px, int height_px, int shade_bits)
{
    struct canvas *c = malloc(sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->image = gdImageCreate(width_px, height_px);
    if (c->image == NULL) {
        free(c);
        return NULL;
    }
    c->shade_bits = shade_bits;
    for (int shade = 0; shade < 1 << shade_bits; shade++) {
        (void)gdImageColorAllocate(c->image, 0, 0, 0);
    }
    return c;
}

void canvas_free(struct canvas *c)
{
    if (c != NULL) {
        gdImageDestroy(c->image);
        free(c);
    }
}

int canvas_width(const struct canvas *c)
{
    return gdImageSX(c->image);
}

int canvas_height(const struct canvas *c)
{
    return gdImageSY(c->image);
}

int canvas_shade_bits(const struct canvas *c)
{
    return c->shade_bits;
}

struct colour {
    int red, green, blue;
};

/* One channel of a hue: full within a sixth of the circle around `peak`, nothing beyond a third. */
static int channel(int hue, int peak)
{
    int away = (hue + 720 - peak) % 360;
    away = away > 180 ? 360 - away : away;
    return away <= 60 ? 255 : away >= 120 ? 0 : 255 * (120 - away) / 60;
}

/* A colour between `dark` and `light` in the channels, 0 to 255. */
static struct colour tint(int hue, int dark, int light)
{
    return (struct colour){dark + (light - dark) * channel(hue, 0) / 255,
                           dark + (light - dark) * channel(hue, 120) / 255,
                           dark + (light - dark) * channel(hue, 240) / 255};
}

void canvas_colour(struct canvas *c, const struct captcha_style *style, struct captcha_rng *rng)
{
    struct colour paper = tint(range_pick(&style->paper_hue, rng), 232, 252);
    struct colour ink = tint(range_pick(&style->ink_hue, rng), 8, 96);
    int last = (1 << c->shade_bits) - 1;
    for (int shade = 0; shade <= last; shade++) {
        c->image->red[shade] = paper.red + (ink.red - paper.red) * shade / last;
        c->image->green[shade] = paper.green + (ink.green - paper.green) * shade / last;
        c->image->blue[shade] = paper.blue + (ink.blue - paper.blue) * shade / last;
    }
}

void canvas_fill(struct canvas *c, const struct ink_plane *plane)
{
    assert(plane->width == gdImageSX(c->image) && plane->height == gdImageSY(c->image));
    int shift = 8 - c->shade_bits;
    for (int y = 0; y < plane->height; y++) {
        const uint8_t *from = plane->at + (size_t)y * INK_STRIDE;
        unsigned char *to = c->image->pixels[y];
        for (int x = 0; x < plane->width; x++) {
            to[x] = from[x] >> shift;
        }
    }
}
