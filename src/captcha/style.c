#include "captcha/style.h"

#include <assert.h>
#include <string.h>

/* The bounds of a level: the widest range a site's style may have. */
struct level_bounds {
    int turn, shear, rise; /* to either side */
    struct range size, width, weight;
    struct range overlap;
    struct range warp_height, warp_length;
    struct range pen;
    size_t latin_faces;                       /* how many of them one site uses */
    struct manner manners[STYLE_MANNERS_MAX]; /* all are used; their shares are the site's */
};

#define STROKES(...) .strokes = {__VA_ARGS__}

static const struct level_bounds bounds[CAPTCHA_LEVEL_COUNT] = {
    [CAPTCHA_EASY] = {.turn = 12,
                      .shear = 15,
                      .rise = 8,
                      .size = {92, 106},
                      .width = {88, 112},
                      .weight = {-10, 30},
                      .overlap = {10, 40},
                      .warp_height = {4, 8},
                      .warp_length = {180, 320},
                      .pen = {60, 80},
                      .latin_faces = 5,
                      .manners = {{.share = 1, .lying = 1},
                                  {.share = 1, .upright = 1},
                                  {.share = 1, STROKES([STROKE_HOOK] = 1), .upright = 1}}},
    [CAPTCHA_NORMAL] = {.turn = 22,
                        .shear = 25,
                        .rise = 9,
                        .size = {88, 112},
                        .width = {88, 120},
                        .weight = {-20, 40},
                        .overlap = {-8, 26},
                        .warp_height = {7, 12},
                        .warp_length = {130, 260},
                        .pen = {40, 55},
                        .latin_faces = 10,
                        .manners = {{.share = 1, STROKES([STROKE_WAVE] = 1), .upright = 1},
                                    {.share = 1, .lying = 1, .upright = 1},
                                    {.share = 1, .lying = 2}}},
    [CAPTCHA_HARD] = {.turn = 24,
                      .shear = 26,
                      .rise = 10,
                      .size = {88, 112},
                      .width = {86, 122},
                      .weight = {-22, 40},
                      .overlap = {0, 32},
                      .warp_height = {8, 12},
                      .warp_length = {120, 240},
                      .pen = {42, 58},
                      .latin_faces = 11,
                      .manners = {{.share = 1, STROKES([STROKE_WAVE] = 1), .upright = 1},
                                  {.share = 1, STROKES([STROKE_WAVE] = 1), .lying = 1},
                                  {.share = 1, STROKES([STROKE_BOW] = 1), .lying = 1},
                                  {.share = 1, .lying = 2, .upright = 1}}},
};

/* How much heavier digits alone are drawn, hundredths of a texel to each side of a stroke. */
#define HEAVY 40

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

/*
 * What a kind needs to stay readable. In arithmetic a stroke reads as a minus and a turned plus as a times,
 * so its signs stand apart and upright and strokes are left out; Chinese characters have strokes enough of
 * their own.
 */
static void suit_kind(struct captcha_style *s, enum captcha_kind kind)
{
    const struct range apart = {-25, 0};
    s->sign_turn = both_sides(5);
    if (kind == CAPTCHA_ARITHMETIC || kind == CAPTCHA_CHINESE) {
        s->overlap = apart;
        for (int i = 0; i < STYLE_MANNERS_MAX; i++) {
            memset(s->manners[i].strokes, 0, sizeof s->manners[i].strokes);
            s->manners[i].lying = s->manners[i].lying > 0 ? 1 : 0;
            s->manners[i].upright = s->manners[i].lying > 0 ? 0 : s->manners[i].upright;
        }
    } else if (kind == CAPTCHA_DIGITS) {
        s->weight.low += HEAVY;
        s->weight.high += HEAVY;
    }
}

void captcha_style_make(const unsigned char style_seed[CAPTCHA_SEED_BYTES], enum captcha_level level,
                        enum captcha_kind kind, struct captcha_style *style_out)
{
    assert(level >= CAPTCHA_EASY && level < CAPTCHA_LEVEL_COUNT);
    assert(kind >= CAPTCHA_ALNUM && kind < CAPTCHA_KIND_COUNT);
    const struct level_bounds *b = &bounds[level];
    struct captcha_style *s = style_out;
    struct captcha_rng rng;
    captcha_rng_seed(&rng, style_seed);
    memset(s, 0, sizeof *s);
    pick_faces(GLYPH_LATIN, b->latin_faces, &rng, s);
    pick_faces(GLYPH_CHINESE, STYLE_FACES_MAX, &rng, s);
    s->turn = part(both_sides(b->turn), 92, &rng);
    s->shear = part(both_sides(b->shear), 90, &rng);
    s->size = b->size;
    s->width = part(b->width, 90, &rng);
    s->weight = part(b->weight, 80, &rng);
    s->rise = both_sides(b->rise);
    s->overlap = part(b->overlap, 80, &rng);
    s->warp_height = part(b->warp_height, 75, &rng);
    s->warp_length = part(b->warp_length, 75, &rng);
    s->pen = part(b->pen, 80, &rng);
    for (int i = 0; i < STYLE_MANNERS_MAX; i++) {
        s->manners[i] = b->manners[i];
        s->manners[i].share *= captcha_rng_between(&rng, 1, 4);
    }
    s->ink_hue = part((struct range){0, 720}, 12, &rng);
    s->paper_hue = part((struct range){0, 720}, 12, &rng);
    suit_kind(s, kind);
}

const struct manner *style_pick_manner(const struct captcha_style *style, struct captcha_rng *rng)
{
    int sum = 0;
    for (int i = 0; i < STYLE_MANNERS_MAX; i++) {
        sum += style->manners[i].share;
    }
    int at = captcha_rng_between(rng, 0, sum - 1);
    int i = 0;
    while (at >= style->manners[i].share) {
        at -= style->manners[i++].share;
    }
    return &style->manners[i];
}
