#include "captcha/engine.h"

#include <stdlib.h>
#include <string.h>

#include "captcha/draw.h"
#include "captcha/encode.h"
#include "captcha/ground.h"
#include "captcha/ink.h"
#include "captcha/layout.h"
#include "captcha/stroke.h"
#include "captcha/style.h"
#include "captcha/warp.h"
#include "captcha/word.h"

/* Canvases kept: one for each size and format that a site's dialects ask for. */
#define CANVAS_CAP 8

struct captcha_engine {
    struct captcha_style styles[CAPTCHA_LEVEL_COUNT][CAPTCHA_KIND_COUNT];
    struct canvas *canvases[CANVAS_CAP];
    size_t next_canvas; /* the one to give up when all places are taken */
    struct layout layout;
    struct warp warp;
    struct ink_plane plane;
};

enum err captcha_engine_new(const unsigned char style_seed[CAPTCHA_SEED_BYTES],
                            struct captcha_engine **engine_out)
{
    struct captcha_engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return ERR_MEMORY;
    }
    for (int level = 0; level < CAPTCHA_LEVEL_COUNT; level++) {
        for (int kind = 0; kind < CAPTCHA_KIND_COUNT; kind++) {
            captcha_style_make(style_seed, (enum captcha_level)level, (enum captcha_kind)kind,
                               &e->styles[level][kind]);
        }
    }
    *engine_out = e;
    return ERR_OK;
}

void captcha_engine_free(struct captcha_engine *e)
{
    if (e == NULL) {
        return;
    }
    for (size_t i = 0; i < CANVAS_CAP; i++) {
        canvas_free(e->canvases[i]);
    }
    free(e);
}

static bool is_drawable(const struct captcha_profile *p)
{
    return p->width_px >= CAPTCHA_WIDTH_MIN && p->width_px <= CAPTCHA_WIDTH_MAX &&
           p->height_px >= CAPTCHA_HEIGHT_MIN && p->height_px <= CAPTCHA_HEIGHT_MAX &&
           p->level >= CAPTCHA_EASY && p->level < CAPTCHA_LEVEL_COUNT && p->kind >= CAPTCHA_ALNUM &&
           p->kind < CAPTCHA_KIND_COUNT && p->format >= CAPTCHA_PNG && p->format < CAPTCHA_FORMAT_COUNT;
}

/* The kept canvas for such pictures, or a new one; NULL without memory. Borrowed. */
static struct canvas *canvas_for(struct captcha_engine *e, const struct captcha_profile *p)
{
    int bits = p->format == CAPTCHA_PNG ? DRAW_PNG_SHADE_BITS : DRAW_JPEG_SHADE_BITS;
    for (size_t i = 0; i < CANVAS_CAP; i++) {
        struct canvas *c = e->canvases[i];
        if (c != NULL && canvas_width(c) == p->width_px && canvas_height(c) == p->height_px &&
            canvas_shade_bits(c) == bits) {
            return c;
        }
    }
    struct canvas *c = canvas_new(p->width_px, p->height_px, bits);
    if (c != NULL) {
        canvas_free(e->canvases[e->next_canvas]);
        e->canvases[e->next_canvas] = c;
        e->next_canvas = (e->next_canvas + 1) % CANVAS_CAP;
    }
    return c;
}

/* Place and draw the word, its strokes and its ground on the engine's plane. */
static enum err draw_word(struct captcha_engine *e, const struct captcha_profile *p, const char *shown,
                          struct captcha_rng *rng)
{
    const struct captcha_style *style = &e->styles[p->level][p->kind];
    enum err err = word_place(p, style, shown, rng, &e->warp, &e->layout);
    if (err != ERR_OK) {
        return err;
    }
    ink_clear(&e->plane, p->width_px, p->height_px);
    for (int i = 0; i < e->layout.count; i++) {
        ink_letter(&e->plane, &e->layout.letters[i], &e->warp);
    }
    const struct manner *manner = style_pick_manner(style, rng);
    stroke_word(&e->plane, &e->layout, style, manner, &e->warp, rng);
    ground_lying(&e->plane, &e->layout, manner->lying, rng);
    ground_upright(&e->plane, &e->layout, manner->upright, rng);
    return ERR_OK;
}

enum err captcha_engine_draw(struct captcha_engine *e, const struct captcha_profile *p, const char *shown,
                             const unsigned char image_seed[CAPTCHA_SEED_BYTES], struct buf *image_out)
{
    if (!is_drawable(p)) {
        return ERR_CONFIG;
    }
    struct canvas *canvas = canvas_for(e, p);
    if (canvas == NULL) {
        return ERR_MEMORY;
    }
    struct captcha_rng rng;
    captcha_rng_seed(&rng, image_seed);
    enum err err = draw_word(e, p, shown, &rng);
    if (err == ERR_OK) {
        canvas_colour(canvas, &e->styles[p->level][p->kind], &rng);
        canvas_fill(canvas, &e->plane);
        err = canvas_encode(canvas, p->format, image_out);
    }
    return err;
}
