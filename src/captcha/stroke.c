#include "captcha/stroke.h"

#include <stdbool.h>

#include "captcha/number.h"
#include "captcha/wave.h"

enum { POINTS = 32 };

/* Draws the path of one stroke, undisplaced. */
typedef void path_fn(const struct layout *layout, struct captcha_rng *rng, struct ink_point points[POINTS]);

/* From before the first letter to behind the last, swinging about a slanted line. */
static void wave_path(const struct layout *l, struct captcha_rng *rng, struct ink_point points[POINTS])
{
    int32_t from = number_between(l->top, l->bottom, captcha_rng_between(rng, 20, 80));
    int32_t to = number_between(l->top, l->bottom, captcha_rng_between(rng, 20, 80));
    int32_t swing = l->height * captcha_rng_between(rng, 10, 30) / 100;
    uint32_t phase = captcha_rng_below(rng, WAVE_TURN);
    int32_t turns = captcha_rng_between(rng, 60, 200); /* hundredths of a period over the word */
    int32_t start = l->left - l->height * captcha_rng_between(rng, 0, 15) / 100;
    int32_t end = l->right + l->height * captcha_rng_between(rng, 0, 15) / 100;
    for (int i = 0; i < POINTS; i++) {
        uint32_t angle = phase + (uint32_t)(turns * (WAVE_TURN / 100) * i / (POINTS - 1));
        points[i].x = start + (int32_t)((int64_t)(end - start) * i / (POINTS - 1));
        points[i].y = from + (int32_t)((int64_t)(to - from) * i / (POINTS - 1)) +
                      (int32_t)((int64_t)swing * wave_sin(angle) / WAVE_ONE);
    }
}

/* The quadratic curve from a to c, drawn towards b. */
static void curve(struct ink_point a, struct ink_point b, struct ink_point c, struct ink_point points[POINTS])
{
    const int64_t n = POINTS - 1;
    for (int64_t i = 0; i < POINTS; i++) {
        int64_t j = n - i;
        points[i].x = (int32_t)((a.x * j * j + 2 * b.x * i * j + c.x * i * i) / (n * n));
        points[i].y = (int32_t)((a.y * j * j + 2 * b.y * i * j + c.y * i * i) / (n * n));
    }
}

/* From above or below one letter, under or over the next ones, and back: a bow whose ends are two letters
 * apart. */
static void bow_path(const struct layout *l, struct captcha_rng *rng, struct ink_point points[POINTS])
{
    int32_t width = l->right - l->left;
    int32_t span = width * captcha_rng_between(rng, 40, 70) / 100;
    int32_t x = l->left + (int32_t)captcha_rng_below(rng, (uint32_t)(width - span));
    int ends = captcha_rng_between(rng, 0, 1) == 0 ? 10 : 90;
    struct ink_point a = {x, number_between(l->top, l->bottom, ends + captcha_rng_between(rng, -10, 20))};
    struct ink_point b = {x + span * captcha_rng_between(rng, 30, 70) / 100,
                          number_between(l->top, l->bottom, 100 - ends + captcha_rng_between(rng, -30, 30))};
    struct ink_point c = {x + span,
                          number_between(l->top, l->bottom, ends + captcha_rng_between(rng, -10, 20))};
    curve(a, b, c, points);
}

/* Through the joint of two letters, from high in one to low in the other or the reverse. */
static void hook_path(const struct layout *l, struct captcha_rng *rng, struct ink_point points[POINTS])
{
    int first = l->count < 2 ? 0 : (int)captcha_rng_below(rng, (uint32_t)l->count - 1);
    int second = l->count < 2 ? 0 : first + 1;
    int high = captcha_rng_between(rng, 10, 30);
    int low = captcha_rng_between(rng, 70, 90);
    bool falling = captcha_rng_below(rng, 2) == 0;
    struct ink_point a = {l->letters[first].x - l->height / 4,
                          number_between(l->top, l->bottom, falling ? high : low)};
    struct ink_point c = {l->letters[second].x + l->height / 4,
                          number_between(l->top, l->bottom, falling ? low : high)};
    struct ink_point b = {number_between(a.x, c.x, captcha_rng_between(rng, 0, 100)),
                          captcha_rng_below(rng, 2) == 0 ? a.y : c.y};
    curve(a, b, c, points);
}

static path_fn *const paths[STROKE_HABIT_COUNT] = {
    [STROKE_WAVE] = wave_path,
    [STROKE_BOW] = bow_path,
    [STROKE_HOOK] = hook_path,
};

/* Displace the path with the word and keep the pen on the picture. */
static void warp_path(const struct warp *warp, const struct ink_plane *plane, int32_t radius,
                      struct ink_point points[POINTS])
{
    int32_t edge = radius + LAYOUT_PIXEL;
    for (int i = 0; i < POINTS; i++) {
        warp_point(warp, &points[i].x, &points[i].y);
        points[i].x = number_clamp(points[i].x, edge, plane->width * LAYOUT_PIXEL - edge);
        points[i].y = number_clamp(points[i].y, edge, plane->height * LAYOUT_PIXEL - edge);
    }
}

void stroke_word(struct ink_plane *plane, const struct layout *layout, const struct captcha_style *style,
                 const struct manner *manner, const struct warp *warp, struct captcha_rng *rng)
{
    struct ink_point points[POINTS];
    for (int habit = 0; habit < STROKE_HABIT_COUNT; habit++) {
        for (int i = 0; i < manner->strokes[habit]; i++) {
            int32_t radius = layout->stem * range_pick(&style->pen, rng) / 200;
            paths[habit](layout, rng, points);
            warp_path(warp, plane, radius, points);
            ink_stroke(plane, points, POINTS, radius);
        }
    }
}
