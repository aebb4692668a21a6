#include "captcha/warp.h"

#include <assert.h>

#include "captcha/number.h"
#include "captcha/wave.h"

enum { WAVES = 3, PIXEL = 256 };

/* One wave of the sum: its value at (x, y), in pixels, is amplitude * sin(phase + x * across + y * down). */
struct wave {
    int32_t amplitude;    /* 1/256 of a pixel */
    uint32_t phase;       /* as in wave.h */
    int32_t across, down; /* angle per pixel */
};

static void make_waves(int32_t reach, int32_t length, struct captcha_rng *rng, struct wave waves[WAVES])
{
    /* Shares of the reach, in hundredths; the longest wave carries most. */
    static const int32_t share[WAVES] = {50, 30, 20};
    for (int i = 0; i < WAVES; i++) {
        uint32_t direction = captcha_rng_below(rng, WAVE_TURN);
        int32_t stretch = captcha_rng_between(rng, 100, 180) - 20 * i;
        int32_t per_pixel = (int32_t)((int64_t)WAVE_TURN * PIXEL * 100 / ((int64_t)length * stretch));
        waves[i].amplitude = reach * share[i] / 100;
        waves[i].phase = captcha_rng_below(rng, WAVE_TURN);
        waves[i].across = (int32_t)((int64_t)per_pixel * wave_cos(direction) / WAVE_ONE);
        waves[i].down = (int32_t)((int64_t)per_pixel * wave_sin(direction) / WAVE_ONE);
    }
}

static struct warp_node sum_waves(const struct wave x_waves[WAVES], const struct wave y_waves[WAVES], int x,
                                  int y)
{
    struct warp_node sum = {0, 0};
    for (int i = 0; i < WAVES; i++) {
        const struct wave *a = &x_waves[i];
        const struct wave *b = &y_waves[i];
        sum.dx += a->amplitude * wave_sin(a->phase + (uint32_t)(a->across * x + a->down * y)) / WAVE_ONE;
        sum.dy += b->amplitude * wave_sin(b->phase + (uint32_t)(b->across * x + b->down * y)) / WAVE_ONE;
    }
    return sum;
}

/* Fill the rows of pixels from y0 up to the next row of nodes: straight lines down from `above` to `below`.
 */
static void fill_rows(struct warp *w, int y0, const struct warp_node *above, const struct warp_node *below)
{
    for (int y = y0; y < y0 + WARP_CELL && y < w->height; y++) {
        for (int column = 0; column < w->columns; column++) {
            const struct warp_node *a = &above[column];
            const struct warp_node *b = &below[column];
            w->at[y][column].dx = a->dx + (b->dx - a->dx) * (y - y0) / WARP_CELL;
            w->at[y][column].dy = a->dy + (b->dy - a->dy) * (y - y0) / WARP_CELL;
        }
    }
}

void warp_make(int width_px, int height_px, int32_t reach, int32_t length, struct captcha_rng *rng,
               struct warp *warp_out)
{
    assert(width_px <= CAPTCHA_WIDTH_MAX && height_px <= CAPTCHA_HEIGHT_MAX);
    struct wave x_waves[WAVES];
    struct wave y_waves[WAVES];
    struct warp_node rows[2][WARP_COLUMNS];
    make_waves(reach, length, rng, x_waves);
    make_waves(reach, length, rng, y_waves);
    warp_out->reach = reach;
    warp_out->columns = width_px / WARP_CELL + 2;
    warp_out->height = height_px;
    for (int row = 0; (row - 1) * WARP_CELL < height_px; row++) {
        for (int column = 0; column < warp_out->columns; column++) {
            rows[row % 2][column] = sum_waves(x_waves, y_waves, column * WARP_CELL, row * WARP_CELL);
        }
        if (row > 0) {
            fill_rows(warp_out, (row - 1) * WARP_CELL, rows[(row - 1) % 2], rows[row % 2]);
        }
    }
}

void warp_point(const struct warp *w, int32_t *x, int32_t *y)
{
    int row = (int)number_clamp(*y / PIXEL, 0, w->height - 1);
    int column = (int)number_clamp(*x / (PIXEL * WARP_CELL), 0, w->columns - 2);
    int32_t along = number_clamp(*x - column * PIXEL * WARP_CELL, 0, PIXEL * WARP_CELL);
    const struct warp_node *a = &w->at[row][column];
    const struct warp_node *b = a + 1;
    *x -= a->dx + (b->dx - a->dx) * along / (PIXEL * WARP_CELL);
    *y -= a->dy + (b->dy - a->dy) * along / (PIXEL * WARP_CELL);
}

void warp_bounds(const struct warp *w, int32_t left, int32_t top, int32_t right, int32_t bottom,
                 struct warp_node *least_out, struct warp_node *most_out)
{
    int first_column = (int)number_clamp((left - w->reach) / (PIXEL * WARP_CELL), 0, w->columns - 1);
    int last_column = (int)number_clamp((right + w->reach) / (PIXEL * WARP_CELL) + 1, 0, w->columns - 1);
    /* Between rows of nodes the displacement is straight: those rows, and the picture's last, have the
     * extremes. */
    int first_row = (int)number_clamp((top - w->reach) / PIXEL, 0, w->height - 1) / WARP_CELL * WARP_CELL;
    int last_row = (int)number_clamp((bottom + w->reach) / PIXEL + WARP_CELL, 0, w->height - 1);
    *least_out = (struct warp_node){w->reach, w->reach};
    *most_out = (struct warp_node){-w->reach, -w->reach};
    for (int row = first_row; row <= last_row;
         row = row < last_row && row + WARP_CELL > last_row ? last_row : row + WARP_CELL) {
        for (int column = first_column; column <= last_column; column++) {
            const struct warp_node *n = &w->at[row][column];
            least_out->dx = n->dx < least_out->dx ? n->dx : least_out->dx;
            least_out->dy = n->dy < least_out->dy ? n->dy : least_out->dy;
            most_out->dx = n->dx > most_out->dx ? n->dx : most_out->dx;
            most_out->dy = n->dy > most_out->dy ? n->dy : most_out->dy;
        }
    }
}
