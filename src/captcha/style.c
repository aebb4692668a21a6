#include "captcha/style.h"

#include <assert.h>
#include <string.h>

/* The bounds of a level: the widest range a site's style may have. */
struct level_bounds {
    int turn, shear, rise; /* to either side */
    struct range size, width, weight;
    struct range overlap;
    struct range warp_height, warp_length;
    struct range strokes, pen;
    size_t latin_faces; /* how many of them one site uses */
};

static const struct level_bounds bounds[CAPTCHA_LEVEL_COUNT] = {
    [CAPTCHA_EASY] = {.turn = 10,
                      .shear = 12,
                      .rise = 8,
                      .size = {94, 104},
                      .width = {92, 108},
                      .weight = {-10, 30},
                      .overlap = {-20, 20},
                      .warp_height = {4, 8},
                      .warp_length = {180, 320},
                      .strokes = {1, 1},
                      .pen = {60, 80},
                      .latin_faces = 5},
    [CAPTCHA_NORMAL] = {.turn = 24,
                        .shear = 25,
                        .rise = 14,
                        .size = {84, 114},
                        .width = {80, 122},
                        .weight = {-20, 40},
                        .overlap = {20, 80},
                        .warp_height = {7, 12},
                        .warp_length = {130, 260},
                        .strokes = {1, 1},
                        .pen = {75, 100},
                        .latin_faces = 8},
    [CAPTCHA_HARD] = {.turn = 26,
                      .shear = 32,
                      .rise = 20,
                      .size = {82, 114},
                      .width = {80, 122},
                      .weight = {-30, 45},
                      .overlap = {50, 130},
                      .warp_height = {9, 15},
                      .warp_length = {110, 220},
                      .strokes = {2, 4},
                      .pen = {80, 105},
                      .latin_faces = 9},
};

int range_pick(const struct range *r, struct captcha_rng *rng)
{
    return captcha_rng_between(rng, r->low, r->high);
}

/* A part of `r`, `percent` of its length, at a place that the seed chooses. */
static struct range part(struct range r, int percent, struct captcha_rng *rng)
{
    int length = (r.high - r.low) * percent / 100;
    int low = r.low + captcha_rng_between(rng, 0, r.high - r.low - length);
    return (struct range){low, low + length};
}

static struct range both_sides(int reach)
{
    return (struct range){-reach, reach};
}

/* `wanted` faces of `script` in an order that the seed chooses, or all when there are fewer. */
static void pick_faces(enum glyph_script script, size_t wanted, struct captcha_rng *rng,
                       struct captcha_style *out)
{
    size_t *faces = out->faces[script];
    size_t count = 0;
    for (size_t f = 0; f < glyph_face_count && count < STYLE_FACES_MAX; f++) {
        if (glyph_faces[f].script == script) {
            faces[count++] = f;
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t other = i + captcha_rng_below(rng, (uint32_t)(count - i));
        size_t swap = faces[i];
        faces[i] = faces[other];
        faces[other] = swap;
    }
    out->face_count[script] = count < wanted ? count : wanted;
}

void captcha_style_make(const unsigned char style_seed[CAPTCHA_SEED_BYTES], enum captcha_level level,
                        struct captcha_style *style_out)
{
    assert(level >= CAPTCHA_EASY && level < CAPTCHA_LEVEL_COUNT);
    const struct level_bounds *b = &bounds[level];
    struct captcha_style *s = style_out;
    struct captcha_rng rng;
    captcha_rng_seed(&rng, style_seed);
    memset(s, 0, sizeof *s);
    pick_faces(GLYPH_LATIN, b->latin_faces, &rng, s);
    pick_faces(GLYPH_CHINESE, STYLE_FACES_MAX, &rng, s);
    s->turn = part(both_sides(b->turn), 85, &rng);
    s->shear = part(both_sides(b->shear), 75, &rng);
    s->size = b->size;
    s->width = part(b->width, 75, &rng);
    s->weight = part(b->weight, 60, &rng);
    s->rise = both_sides(b->rise);
    s->overlap = part(b->overlap, 80, &rng);
    s->warp_height = part(b->warp_height, 50, &rng);
    s->warp_length = part(b->warp_length, 50, &rng);
    s->strokes = b->strokes;
    s->pen = part(b->pen, 60, &rng);
    for (int i = 0; i < STROKE_HABIT_COUNT; i++) {
        s->habit_share[i] = captcha_rng_between(&rng, 1, 4);
    }
    s->ink_hue = part((struct range){0, 720}, 12, &rng);
    s->paper_hue = part((struct range){0, 720}, 12, &rng);
}
