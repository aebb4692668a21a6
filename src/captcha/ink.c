#include "captcha/ink.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "captcha/number.h"

enum {
    PIXEL = LAYOUT_PIXEL,
    CELL = WARP_CELL,
    TEXEL_VALUE = 64, /* unpacked texel value changes by this over a texel at the outline */
    GAIN_ONE = 256,
    SAMPLE_ONE = 65536, /* one texel in sampling */
    TO_SAMPLE_SHIFT =
        LAYOUT_TEXEL_BITS + LAYOUT_PIXEL_BITS - 16 /* from to_texel times word coordinates to that */
};

void ink_clear(struct ink_plane *plane, int width, int height)
{
    assert(width <= CAPTCHA_WIDTH_MAX && height <= CAPTCHA_HEIGHT_MAX);
    plane->width = width;
    plane->height = height;
    for (int y = 0; y < height; y++) {
        memset(plane->at + (size_t)y * INK_STRIDE, 0, (size_t)width);
    }
}

/* What a sampled texel value becomes in ink: a ramp one pixel wide around the moved outline. */
static void make_ramp(const struct letter *letter, uint8_t ramp[256])
{
    int gain = 255 * letter->scale / TEXEL_VALUE; /* ink per texel value, in 1/256 */
    for (int value = 0; value < 256; value++) {
        int ink = 128 + (2 * value - 255 + 2 * letter->weight) * gain / (2 * GAIN_ONE);
        ramp[value] = (uint8_t)number_clamp(ink, 0, 255);
    }
}

/* A place in a tile, in 1/65536 of a texel. */
struct place {
    int32_t u, v;
};

/* What the pixel (x, y) shows of the letter's tile when the warp moves it by `node`. */
static struct place look_up(const struct letter *letter, int x, int y, const struct warp_node *node)
{
    int32_t dx = x * PIXEL + PIXEL / 2 + node->dx - letter->x;
    int32_t dy = y * PIXEL + PIXEL / 2 + node->dy - letter->y;
    /* Texel (0, 0) has its middle half a texel inside the tile. */
    int32_t half_width = (letter->tile.width - 1) * (SAMPLE_ONE / 2);
    int32_t half_height = (letter->tile.height - 1) * (SAMPLE_ONE / 2);
    return (struct place){
        half_width + ((letter->to_texel[0][0] * dx + letter->to_texel[0][1] * dy) >> TO_SAMPLE_SHIFT),
        half_height + ((letter->to_texel[1][0] * dx + letter->to_texel[1][1] * dy) >> TO_SAMPLE_SHIFT)};
}

/*
 * The value between four texels; (u, v) lies at least one texel from the tile's right and lower border. The
 * upper and the lower pair are mixed at once, in the two halves of a word.
 */
static unsigned sample(const struct glyph_tile *tile, int32_t u, int32_t v)
{
    const uint8_t *at = tile->at + (size_t)(v >> 16) * GLYPH_TILE_MAX + (size_t)(u >> 16);
    uint32_t right = (uint32_t)u >> 8 & 255U;
    uint32_t down = (uint32_t)v >> 8 & 255U;
    uint32_t left_pair = at[0] | (uint32_t)at[GLYPH_TILE_MAX] << 16;
    uint32_t right_pair = at[1] | (uint32_t)at[GLYPH_TILE_MAX + 1] << 16;
    uint32_t mixed = left_pair * (256U - right) + right_pair * right;
    return ((mixed & 0xFFFFU) * (256U - down) + (mixed >> 16) * down) >> 16;
}

/* Whether everything between two places lies beside the tile. */
static bool misses(struct place a, struct place b, int32_t limit_u, int32_t limit_v)
{
    return (a.u < 0 && b.u < 0) || (a.v < 0 && b.v < 0) || (a.u >= limit_u && b.u >= limit_u) ||
           (a.v >= limit_v && b.v >= limit_v);
}

/* Draw the pixels x0 <= x < x1 of one row of one cell of the warp, between the places at its two nodes. */
static void draw_span(uint8_t *row, int x0, int x1, int cell_x, struct place from, struct place to,
                      const struct glyph_tile *tile, const uint8_t ramp[256])
{
    int32_t limit_u = (tile->width - 1) * SAMPLE_ONE;
    int32_t limit_v = (tile->height - 1) * SAMPLE_ONE;
    if (misses(from, to, limit_u, limit_v)) {
        return;
    }
    int32_t step_u = (to.u - from.u) / CELL;
    int32_t step_v = (to.v - from.v) / CELL;
    int32_t u = from.u + step_u * (x0 - cell_x);
    int32_t v = from.v + step_v * (x0 - cell_x);
    for (int x = x0; x < x1; x++, u += step_u, v += step_v) {
        if ((uint32_t)u < (uint32_t)limit_u && (uint32_t)v < (uint32_t)limit_v) {
            uint8_t ink = ramp[sample(tile, u, v)];
            row[x] = row[x] > ink ? row[x] : ink;
        }
    }
}

void ink_letter(struct ink_plane *plane, const struct letter *letter, const struct warp *warp)
{
    uint8_t ramp[256];
    make_ramp(letter, ramp);
    struct warp_node least, most;
    warp_bounds(warp, letter->x - letter->half_width, letter->y - letter->half_height,
                letter->x + letter->half_width, letter->y + letter->half_height, &least, &most);
    int x0 = number_clamp((letter->x - letter->half_width - most.dx) / PIXEL, 0, plane->width);
    int x1 = number_clamp((letter->x + letter->half_width - least.dx) / PIXEL + 1, 0, plane->width);
    int y0 = number_clamp((letter->y - letter->half_height - most.dy) / PIXEL, 0, plane->height);
    int y1 = number_clamp((letter->y + letter->half_height - least.dy) / PIXEL + 1, 0, plane->height);
    for (int y = y0; y < y1; y++) {
        uint8_t *row = plane->at + (size_t)y * INK_STRIDE;
        int cell = x0 / CELL;
        struct place to = look_up(letter, cell * CELL, y, &warp->at[y][cell]);
        for (int x = x0; x < x1; cell++) {
            struct place from = to;
            to = look_up(letter, (cell + 1) * CELL, y, &warp->at[y][cell + 1]);
            int end = (cell + 1) * CELL < x1 ? (cell + 1) * CELL : x1;
            draw_span(row, x, end, cell * CELL, from, to, &letter->tile, ramp);
            x = end;
        }
    }
}

enum { FINE = 16, FINE_RATIO = PIXEL / FINE, UNIT_BITS = 10, SLOPE_BITS = 16 };

/* A straight piece of a stroke; lengths in 1/16 of a pixel. */
struct piece {
    int32_t x, y;         /* its start */
    int32_t end_x, end_y; /* its end, from the start */
    int32_t length;
    int32_t unit_x, unit_y; /* its direction, 1 being 1 << UNIT_BITS */
    int32_t radius;
    int32_t slope; /* ink per squared length at the pen's border, in 1 / (1 << SLOPE_BITS) */
};

static int32_t square_root(int32_t n)
{
    int32_t root = 0;
    for (int32_t bit = 1 << 15; bit > 0; bit >>= 1) {
        if ((int64_t)(root + bit) * (root + bit) <= n) {
            root += bit;
        }
    }
    return root;
}

static void make_piece(const struct ink_point *from, const struct ink_point *to, int32_t radius,
                       struct piece *out)
{
    out->x = from->x / FINE_RATIO;
    out->y = from->y / FINE_RATIO;
    out->end_x = to->x / FINE_RATIO - out->x;
    out->end_y = to->y / FINE_RATIO - out->y;
    out->length = square_root(out->end_x * out->end_x + out->end_y * out->end_y);
    out->unit_x = out->length == 0 ? 0 : out->end_x * (1 << UNIT_BITS) / out->length;
    out->unit_y = out->length == 0 ? 0 : out->end_y * (1 << UNIT_BITS) / out->length;
    out->radius = radius / FINE_RATIO < FINE / 2 ? FINE / 2 : radius / FINE_RATIO;
    out->slope = (255 << SLOPE_BITS) / (2 * FINE * out->radius);
}

/*
 * Ink of the pixel whose middle lies (dx, dy) from the piece's start. Near the pen's border the squared
 * distance is as good as the distance: (r * r - d * d) / 2r is r - d to first order.
 */
static int piece_ink(const struct piece *p, int32_t dx, int32_t dy)
{
    int32_t along = (dx * p->unit_x + dy * p->unit_y) >> UNIT_BITS;
    int32_t squared = dx * dx + dy * dy;
    if (along > p->length) {
        squared = (dx - p->end_x) * (dx - p->end_x) + (dy - p->end_y) * (dy - p->end_y);
    } else if (along > 0) {
        int32_t across = (dx * p->unit_y - dy * p->unit_x) >> UNIT_BITS;
        squared = across * across;
    }
    if (squared >= (p->radius + FINE) * (p->radius + FINE)) {
        return 0;
    }
    return number_clamp(128 + (((p->radius * p->radius - squared) * p->slope) >> SLOPE_BITS), 0, 255);
}

static void draw_piece(struct ink_plane *plane, const struct piece *p)
{
    int32_t reach = p->radius + FINE / 2;
    int x0 = number_clamp((p->x + (p->end_x < 0 ? p->end_x : 0) - reach) / FINE, 0, plane->width);
    int x1 = number_clamp((p->x + (p->end_x > 0 ? p->end_x : 0) + reach) / FINE + 1, 0, plane->width);
    int y0 = number_clamp((p->y + (p->end_y < 0 ? p->end_y : 0) - reach) / FINE, 0, plane->height);
    int y1 = number_clamp((p->y + (p->end_y > 0 ? p->end_y : 0) + reach) / FINE + 1, 0, plane->height);
    for (int y = y0; y < y1; y++) {
        uint8_t *row = plane->at + (size_t)y * INK_STRIDE;
        for (int x = x0; x < x1; x++) {
            int ink = piece_ink(p, x * FINE + FINE / 2 - p->x, y * FINE + FINE / 2 - p->y);
            row[x] = row[x] > ink ? row[x] : (uint8_t)ink;
        }
    }
}

void ink_stroke(struct ink_plane *plane, const struct ink_point *points, int count, int32_t radius)
{
    assert(count >= 2);
    for (int i = 0; i + 1 < count; i++) {
        struct piece p;
        make_piece(&points[i], &points[i + 1], radius, &p);
        draw_piece(plane, &p);
    }
}
