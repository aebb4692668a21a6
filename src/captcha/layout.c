#include "captcha/layout.h"

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "captcha/number.h"
#include "captcha/wave.h"

/*
 * Until the word is fitted to the picture it is laid out in units of one texel of a letter of nominal size,
 * with UNIT steps to each.
 */
enum {
    UNIT = 256,
    BIN_BITS = 9,
    BIN = 1 << BIN_BITS, /* height of a profile's row */
    BEYOND =
        UNIT / 2,    /* so far beyond a texel's side the soft border may run: to the next texel, and turned */
    SOFT = 40,       /* below the outline's value there may still be a trace of ink */
    OUTLINE = 128,   /* an unpacked texel from here on is ink, unless the outline is moved */
    BINS = 64,       /* rows of a profile; the line through the letters' middles is at the middle row */
    NOMINAL_16 = 80, /* the width to which every Latin face's strokes are brought, sixteenths of a texel */
    NOMINAL_CHINESE_16 = 44,
    NOMINAL_HEIGHT = 32 * UNIT, /* of a capital */
    TEXEL_VALUE_16 = 4,  /* unpacked texel value, 0 to 255, changes by this over a sixteenth of a texel */
    SHARE_PERCENT = 8,   /* no letter has more of its ink under its neighbour */
    NEST_PERCENT = 35,   /* nor more of its width beside it: T may stand over the foot of A, not above it */
    NARROW_PERCENT = 72, /* a long word is condensed down to this before it is made smaller */
    WIDE_PERCENT = 125,  /* a short one is at most widened up to this */
    SLIM_TEXELS = 20,    /* a letter that is slimmer is widened towards this */
    SLIM_PERCENT = 140,  /* but by no more than this */
    FAR = INT32_MAX / 8  /* beyond any letter, and safe to add to */
};

/* The outline of a letter, or of the word so far, seen from both sides; `left` > `right` where there is no
 * ink. */
struct profile {
    int32_t left[BINS], right[BINS];
    int32_t first, last; /* extremes over all rows */
    int32_t top, bottom;
    int32_t area; /* of ink, in rows times units */
};

/* A letter before fitting: texels to units. */
struct pose {
    int32_t matrix[2][2]; /* in UNIT */
    int32_t rise;
    int32_t x;
};

/*
 * A glyph of `code` from one of the style's faces, the first tried being random; from any other face when
 * none of them gives it. Returns NULL when no face does.
 */
static const struct glyph *pick_glyph(const struct captcha_style *style, uint32_t code,
                                      struct captcha_rng *rng, size_t *face_out)
{
    for (int script = GLYPH_LATIN; script <= GLYPH_CHINESE; script++) {
        size_t count = style->face_count[script];
        size_t start = count == 0 ? 0 : captcha_rng_below(rng, (uint32_t)count);
        for (size_t i = 0; i < count; i++) {
            *face_out = style->faces[script][(start + i) % count];
            const struct glyph *g = glyph_find(*face_out, code);
            if (g != NULL) {
                return g;
            }
        }
    }
    for (*face_out = 0; *face_out < glyph_face_count; (*face_out)++) {
        const struct glyph *g = glyph_find(*face_out, code);
        if (g != NULL) {
            return g;
        }
    }
    return NULL;
}

static bool is_sign(uint32_t code)
{
    return code == '+' || code == '=' || code == '?' || code == 0x2212 ||
           code == 0xD7; /* the last: - and × */
}

/* Choose how the letter stands. The matrix is turn * shear * size. */
static void make_pose(const struct captcha_style *style, uint32_t code, int ink_width,
                      struct captcha_rng *rng, struct pose *out)
{
    uint32_t angle =
        (uint32_t)(range_pick(is_sign(code) ? &style->sign_turn : &style->turn, rng) * WAVE_TURN / 360);
    int32_t shear = range_pick(&style->shear, rng);
    int32_t tall = range_pick(&style->size, rng);
    int32_t wide = tall * range_pick(&style->width, rng) / 100;
    if (wide * ink_width < tall * SLIM_TEXELS) {
        wide = tall * SLIM_TEXELS / ink_width;
        wide = wide < tall * SLIM_PERCENT / 100 ? wide : tall * SLIM_PERCENT / 100;
    }
    int32_t c = wave_cos(angle);
    int32_t s = wave_sin(angle);
    int32_t slanted_x = tall * shear / 100;
    out->matrix[0][0] = c * wide / 100 * UNIT / WAVE_ONE;
    out->matrix[1][0] = s * wide / 100 * UNIT / WAVE_ONE;
    out->matrix[0][1] = (c * slanted_x - s * tall) / 100 * UNIT / WAVE_ONE;
    out->matrix[1][1] = (s * slanted_x + c * tall) / 100 * UNIT / WAVE_ONE;
    out->rise = range_pick(&style->rise, rng) * NOMINAL_HEIGHT / 100;
    out->x = 0;
}

static void profile_clear(struct profile *p)
{
    for (int i = 0; i < BINS; i++) {
        p->left[i] = FAR;
        p->right[i] = -FAR;
    }
    p->first = p->top = FAR;
    p->last = p->bottom = -FAR;
    p->area = 0;
}

static int clamp_bin(int32_t y)
{
    return (int)number_clamp((y + BINS / 2 * BIN) >> BIN_BITS, 0, BINS - 1);
}

/*
 * The profile of a letter at x = 0: every other texel of ink is put in its place, and taken to be as wide as
 * two. The margin holds none.
 */
static void take_profile(const struct letter *letter, const struct pose *pose, struct profile *out)
{
    const struct glyph_tile *tile = &letter->tile;
    int outline = OUTLINE - letter->weight;
    profile_clear(out);
    for (int row = 1; row < tile->height - 1; row++) {
        const uint8_t *at = tile->at + (size_t)row * GLYPH_TILE_MAX;
        int32_t u = 2 * 1 + 1 - tile->width;
        int32_t v = 2 * row + 1 - tile->height;
        int32_t x = (u * pose->matrix[0][0] + v * pose->matrix[0][1]) / 2;
        int32_t y = (u * pose->matrix[1][0] + v * pose->matrix[1][1]) / 2 + pose->rise;
        for (int column = 1; column < tile->width - 1; column += 2) {
            if (at[column] >= outline - SOFT) {
                out->first = x < out->first ? x : out->first;
                out->last = x > out->last ? x : out->last;
                out->top = y < out->top ? y : out->top;
                out->bottom = y > out->bottom ? y : out->bottom;
            }
            if (at[column] >= outline) {
                int bin = clamp_bin(y);
                out->left[bin] = x - UNIT < out->left[bin] ? x - UNIT : out->left[bin];
                out->right[bin] = x + UNIT > out->right[bin] ? x + UNIT : out->right[bin];
                out->area += 2 * UNIT * UNIT / BIN;
            }
            x += 2 * pose->matrix[0][0];
            y += 2 * pose->matrix[1][0];
        }
    }
    out->first -= UNIT + BEYOND;
    out->last += UNIT + BEYOND;
    out->top -= UNIT / 2 + BEYOND;
    out->bottom += UNIT / 2 + BEYOND;
}

/* The least x at which `next` clears the word by nothing: their inks touch in at least one row. */
static int32_t touching_x(const struct profile *word, const struct profile *next)
{
    int32_t x = -FAR;
    for (int i = 0; i < BINS; i++) {
        if (next->left[i] > next->right[i]) {
            continue;
        }
        for (int j = i > 0 ? i - 1 : i; j <= i + 1 && j < BINS; j++) {
            if (word->left[j] <= word->right[j] && word->right[j] - next->left[i] > x) {
                x = word->right[j] - next->left[i];
            }
        }
    }
    return x;
}

/* Ink of the word's last letter and of `next` at x that lies over the other, at most: what the profiles
 * allow. */
static int32_t common_area(const struct profile *word, const struct profile *next, int32_t x)
{
    int32_t area = 0;
    for (int i = 0; i < BINS; i++) {
        int32_t depth = word->right[i] - (next->left[i] + x);
        area += depth > 0 ? depth : 0;
    }
    return area;
}

/* Place `next` beside the last letter, the inks overlapping by `depth` unless that hides too much of either.
 */
static int32_t place(const struct profile *last, const struct profile *next, int32_t depth)
{
    int32_t narrow = last->last - last->first < next->last - next->first ? last->last - last->first
                                                                         : next->last - next->first;
    int32_t small = last->area < next->area ? last->area : next->area;
    int32_t x = touching_x(last, next) - depth;
    int32_t nested = last->last - next->first - narrow * NEST_PERCENT / 100;
    x = x > nested ? x : nested;
    while (common_area(last, next, x) > small * SHARE_PERCENT / 100) {
        x += UNIT / 2;
    }
    return x;
}

static void profile_move(struct profile *p, int32_t x)
{
    for (int i = 0; i < BINS; i++) {
        if (p->left[i] <= p->right[i]) {
            p->left[i] += x;
            p->right[i] += x;
        }
    }
    p->first += x;
    p->last += x;
}

/* The box around the word, in units. */
struct box {
    int32_t left, top, right, bottom;
};

static void box_add(struct box *box, const struct profile *p)
{
    box->left = p->first < box->left ? p->first : box->left;
    box->right = p->last > box->right ? p->last : box->right;
    box->top = p->top < box->top ? p->top : box->top;
    box->bottom = p->bottom > box->bottom ? p->bottom : box->bottom;
}

/* The pixels, in 1/65536, that a unit becomes, and where the word's origin comes to lie. */
struct fit {
    int64_t x_scale, y_scale; /* word coordinates a unit, in 1/65536 */
    int32_t x, y;             /* word coordinates */
};

static void fit_box(const struct layout_room *room, const struct box *box, struct captcha_rng *rng,
                    struct fit *out)
{
    int64_t room_x = (int64_t)(room->right - room->left) * 65536;
    int64_t room_y = (int64_t)(room->bottom - room->top) * 65536;
    int64_t width = box->right - box->left;
    int64_t height = box->bottom - box->top;
    int64_t x_scale = room_x / width;
    int64_t y_scale = room_y / height;
    int64_t widest = y_scale * captcha_rng_between(rng, 100, WIDE_PERCENT) / 100;
    if (x_scale < y_scale * NARROW_PERCENT / 100) {
        y_scale = x_scale * 100 / NARROW_PERCENT;
    }
    x_scale = x_scale < widest ? x_scale : widest;
    int32_t slack_x = (int32_t)((room_x - width * x_scale) / 65536);
    int32_t slack_y = (int32_t)((room_y - height * y_scale) / 65536);
    out->x_scale = x_scale;
    out->y_scale = y_scale;
    out->x = room->left + captcha_rng_between(rng, 0, slack_x) - (int32_t)(box->left * x_scale / 65536);
    out->y = room->top + captcha_rng_between(rng, 0, slack_y) - (int32_t)(box->top * y_scale / 65536);
}

/* Turn a pose into what sampling needs: the inverse of fit * pose. */
static void finish_letter(const struct pose *pose, const struct fit *fit, struct letter *out)
{
    int64_t forward[2][2]; /* word coordinates a texel, in 1/256 */
    for (int i = 0; i < 2; i++) {
        forward[0][i] = pose->matrix[0][i] * fit->x_scale / 256;
        forward[1][i] = pose->matrix[1][i] * fit->y_scale / 256;
    }
    int64_t determinant = (forward[0][0] * forward[1][1] - forward[0][1] * forward[1][0]) / 65536;
    out->to_texel[0][0] = (int32_t)(forward[1][1] * LAYOUT_TEXEL / determinant);
    out->to_texel[0][1] = (int32_t)(-forward[0][1] * LAYOUT_TEXEL / determinant);
    out->to_texel[1][0] = (int32_t)(-forward[1][0] * LAYOUT_TEXEL / determinant);
    out->to_texel[1][1] = (int32_t)(forward[0][0] * LAYOUT_TEXEL / determinant);
    /* In sixteenths of a texel: the ink, what a greater weight adds, and a texel for the soft border. */
    int32_t more_16 = 32 + (out->weight > 0 ? 2 * out->weight / TEXEL_VALUE_16 : 0);
    int32_t w = 16 * (out->tile.width - 2 * GLYPH_MARGIN) + more_16;
    int32_t h = 16 * (out->tile.height - 2 * GLYPH_MARGIN) + more_16;
    out->half_width =
        (int32_t)((w * llabs(forward[0][0]) + h * llabs(forward[0][1])) / (2 * 16 * 256)) + LAYOUT_PIXEL;
    out->half_height =
        (int32_t)((w * llabs(forward[1][0]) + h * llabs(forward[1][1])) / (2 * 16 * 256)) + LAYOUT_PIXEL;
    out->x = fit->x + (int32_t)(pose->x * fit->x_scale / 65536);
    out->y = fit->y;
    out->y += (int32_t)(pose->rise * fit->y_scale / 65536);
    out->scale = (int32_t)((llabs(forward[0][0]) + llabs(forward[1][1])) / 512);
}

enum err captcha_layout(const struct captcha_style *style, const char *shown, const struct layout_room *room,
                        struct captcha_rng *rng, struct layout *layout_out)
{
    struct pose poses[LAYOUT_LETTERS_MAX];
    struct profile profiles[2];
    struct box box = {FAR, FAR, -FAR, -FAR};
    int count = 0;
    int32_t nominal_16 = NOMINAL_16;
    while (*shown != '\0') {
        if (count == LAYOUT_LETTERS_MAX) {
            return ERR_BAD_REQUEST;
        }
        size_t face = 0;
        const struct glyph *glyph = pick_glyph(style, glyph_next_code(&shown), rng, &face);
        if (glyph == NULL) {
            return ERR_BAD_REQUEST;
        }
        nominal_16 = glyph_faces[face].script == GLYPH_CHINESE ? NOMINAL_CHINESE_16 : NOMINAL_16;
        struct letter *letter = &layout_out->letters[count];
        struct pose *pose = &poses[count];
        struct profile *profile = &profiles[count % 2];
        glyph_unpack(glyph, &letter->tile);
        letter->weight = (nominal_16 - glyph_faces[face].stem_16) * TEXEL_VALUE_16 / 2 +
                         range_pick(&style->weight, rng) * 16 * TEXEL_VALUE_16 / 100;
        make_pose(style, glyph->code, glyph->width - 2 * GLYPH_MARGIN, rng, pose);
        take_profile(letter, pose, profile);
        if (count > 0) {
            int32_t depth = range_pick(&style->overlap, rng) * nominal_16 * UNIT / 1600;
            pose->x = place(&profiles[(count - 1) % 2], profile, depth);
            profile_move(profile, pose->x);
        }
        box_add(&box, profile);
        count++;
    }
    if (count == 0) {
        return ERR_BAD_REQUEST;
    }
    struct fit fit;
    fit_box(room, &box, rng, &fit);
    for (int i = 0; i < count; i++) {
        finish_letter(&poses[i], &fit, &layout_out->letters[i]);
    }
    layout_out->count = count;
    layout_out->stem = (int32_t)(nominal_16 * (UNIT / 16) * (fit.x_scale + fit.y_scale) / 2 / 65536);
    layout_out->height = (int32_t)(NOMINAL_HEIGHT * fit.y_scale / 65536);
    layout_out->left = fit.x + (int32_t)(box.left * fit.x_scale / 65536);
    layout_out->right = fit.x + (int32_t)(box.right * fit.x_scale / 65536);
    layout_out->top = fit.y + (int32_t)(box.top * fit.y_scale / 65536);
    layout_out->bottom = fit.y + (int32_t)(box.bottom * fit.y_scale / 65536);
    return ERR_OK;
}
