/*
 * How a site's captchas look. Two things decide it: the level, whose bounds are a table in style.c, and the
 * site's style seed, which chooses within them, so that pictures made by another installation of this program
 * teach an attacker little about this one.
 *
 * Lengths are in hundredths of the picture's height or of the pen's width, angles in degrees: the drawing
 * scales with the picture.
 *
 * Depends on base/captcha_profile, captcha/glyphs, captcha/rng.
 */
#ifndef CAPTCHA_STYLE_H
#define CAPTCHA_STYLE_H

#include <stddef.h>

#include "base/captcha_profile.h"
#include "captcha/glyphs.h"
#include "captcha/rng.h"

#define STYLE_FACES_MAX 16

/* Both ends included. */
struct range {
    int low, high;
};

/* The shapes of the strokes that cross the word. */
enum stroke_habit { STROKE_WAVE, STROKE_BOW, STROKE_HOOK, STROKE_HABIT_COUNT };

#define STYLE_MANNERS_MAX 4

/*
 * What is done to a word once its letters stand: strokes of some shapes, and curves of counterchange. The two
 * are balanced, so that each manner is about as easy for people as the level's others.
 */
struct manner {
    int share; /* how often it comes, relative to the style's others; 0 ends a list */
    int strokes[STROKE_HABIT_COUNT];
    int lying, upright; /* captcha/ground.h */
};

struct captcha_style {
    size_t face_count[2];             /* per enum glyph_script */
    size_t faces[2][STYLE_FACES_MAX]; /* numbers of faces, used in this site's words */
    struct range turn;                /* of a letter, degrees */
    struct range sign_turn;           /* of + - × = and ?, degrees */
    struct range shear;               /* of a letter, hundredths */
    struct range size;                /* of a letter, hundredths of the nominal height */
    struct range width;               /* of a letter, hundredths of its natural width */
    struct range weight;              /* of a letter: shift of the outline, hundredths of a texel */
    struct range rise;                /* of a letter off the line, hundredths of the nominal height */
    struct range overlap;             /* of neighbours, hundredths of the pen */
    struct range warp_height;         /* amplitude, hundredths of the nominal height */
    struct range warp_length;         /* wavelength, hundredths of the nominal height */
    struct range pen;                 /* width of a stroke, hundredths of a letter's stem */
    struct manner manners[STYLE_MANNERS_MAX];
    struct range ink_hue, paper_hue; /* degrees, may pass 360 */
};

/* The style of a site at a level, for texts of a kind. The seed comes from the database; equal seeds give
 * equal styles. */
void captcha_style_make(const unsigned char style_seed[CAPTCHA_SEED_BYTES], enum captcha_level level,
                        enum captcha_kind kind, struct captcha_style *style_out);

/* One of the style's manners, by their shares. */
const struct manner *style_pick_manner(const struct captcha_style *style, struct captcha_rng *rng);

/* A value of `r`, each as likely as the others. */
int range_pick(const struct range *r, struct captcha_rng *rng);

#endif
