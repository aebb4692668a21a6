#include "captcha/ground.h"

#include <assert.h>
#include <stdbool.h>

#include "captcha/number.h"
#include "captcha/wave.h"

enum { PIXEL = LAYOUT_PIXEL, LONGEST = CAPTCHA_WIDTH_MAX };

static_assert(CAPTCHA_WIDTH_MAX >= CAPTCHA_HEIGHT_MAX, "a curve is as long as the picture's longer side");

/* Where the curve crosses each column (lying) or row (upright), word coordinates within the picture. */
struct curve {
    int32_t at[LONGEST];
};

/* A wave about a slanted line; `low` and `high` bound the middle of the line, `across` the whole. */
static void make_curve(int length, int32_t low, int32_t high, int32_t across, int32_t word_height,
                       int32_t slope_most, struct captcha_rng *rng, struct curve *out)
{
    int32_t middle = captcha_rng_between(rng, low, high);
    int32_t slope = captcha_rng_between(rng, -slope_most, slope_most); /* 1/256 of a pixel, a pixel */
    int32_t swing = word_height * captcha_rng_between(rng, 8, 20) / 100;
    uint32_t phase = captcha_rng_below(rng, WAVE_TURN);
    int32_t wave_length = word_height * captcha_rng_between(rng, 120, 300) / 100 / PIXEL + 1; /* pixels */
    for (int i = 0; i < length; i++) {
        int32_t at = middle + (i - length / 2) * slope +
                     (int32_t)((int64_t)swing * wave_sin(phase + (uint32_t)(i * (WAVE_TURN / wave_length))) /
                               WAVE_ONE);
        out->at[i] = number_clamp(at, 0, across - 1);
    }
}

/* Change the part of one pixel that lies beyond the curve, `beyond` of 256. */
static void change_part(uint8_t *ink, int beyond)
{
    *ink = (uint8_t)(*ink + (255 - 2 * *ink) * beyond / PIXEL);
}

/* Change what lies below the curve, or above it. */
static void change_lying(struct ink_plane *plane, const struct curve *curve, bool below)
{
    uint8_t side = below ? 0xFF : 0;
    int16_t edge[LONGEST];
    for (int x = 0; x < plane->width; x++) {
        edge[x] = (int16_t)(curve->at[x] / PIXEL);
        uint8_t *cut = &plane->at[(size_t)edge[x] * INK_STRIDE + (size_t)x];
        int lower = PIXEL - curve->at[x] % PIXEL;
        change_part(cut, below ? lower : PIXEL - lower);
    }
    for (int y = 0; y < plane->height; y++) {
        uint8_t *row = plane->at + (size_t)y * INK_STRIDE;
        for (int x = 0; x < plane->width; x++) {
            row[x] ^= edge[x] < y ? side : edge[x] > y ? (uint8_t)~side : 0;
        }
    }
}

/* Change what lies right of the curve, or left of it. */
static void change_upright(struct ink_plane *plane, const struct curve *curve, bool right)
{
    for (int y = 0; y < plane->height; y++) {
        uint8_t *row = plane->at + (size_t)y * INK_STRIDE;
        int edge = curve->at[y] / PIXEL;
        int beyond = PIXEL - curve->at[y] % PIXEL;
        change_part(&row[edge], right ? beyond : PIXEL - beyond);
        int end = right ? plane->width : edge;
        for (int x = right ? edge + 1 : 0; x < end; x++) {
            row[x] ^= 0xFF;
        }
    }
}

void ground_lying(struct ink_plane *plane, const struct layout *l, int count, struct captcha_rng *rng)
{
    struct curve curve;
    /* Each curve has a band of its own, in hundredths of the word's height: two close ones leave slivers. */
    const int first = count == 1 ? 35 : 18;
    const int band = count == 1 ? 30 : 20;
    for (int i = 0; i < count; i++) {
        int low = count == 1 ? first : first + i * (100 - 2 * first - band) / (count - 1);
        make_curve(plane->width, number_between(l->top, l->bottom, low),
                   number_between(l->top, l->bottom, low + band), plane->height * PIXEL, l->height, PIXEL / 8,
                   rng, &curve);
        change_lying(plane, &curve, captcha_rng_below(rng, 2) == 0);
    }
}

void ground_upright(struct ink_plane *plane, const struct layout *l, int count, struct captcha_rng *rng)
{
    struct curve curve;
    for (int i = 0; i < count; i++) {
        make_curve(plane->height, number_between(l->left, l->right, 15),
                   number_between(l->left, l->right, 85), plane->width * PIXEL, l->height, PIXEL * 3 / 4, rng,
                   &curve);
        change_upright(plane, &curve, captcha_rng_below(rng, 2) == 0);
    }
}
