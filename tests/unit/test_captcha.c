/*
 * The captcha engine: what is asked, what is taken for an answer, and what the pictures promise, over
 * thousands of seeds. Golden files hold the exact pictures of a few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gd.h>

#include "captcha/chinese.h"
#include "captcha/engine.h"
#include "captcha/glyphs.h"
#include "captcha/ink.h"
#include "captcha/kind.h"
#include "captcha/layout.h"
#include "captcha/rng.h"
#include "captcha/style.h"
#include "captcha/warp.h"
#include "captcha/word.h"

/* Ink from here on is seen as ink. */
#define SEEN 128

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct captcha_profile blade = {.kind = CAPTCHA_ALNUM,
                                             .level = CAPTCHA_NORMAL,
                                             .format = CAPTCHA_PNG,
                                             .width_px = 130,
                                             .height_px = 48,
                                             .length_min = 4,
                                             .length_max = 6};

/* A seed that counts: `n` tells tests apart, `purpose` the draws of one test. */
static void make_seed(unsigned char seed[CAPTCHA_SEED_BYTES], uint32_t n, uint32_t purpose)
{
    memset(seed, 0, CAPTCHA_SEED_BYTES);
    for (int i = 0; i < 4; i++) {
        seed[i] = (unsigned char)(n >> (8 * i));
        seed[4 + i] = (unsigned char)(purpose >> (8 * i));
    }
}

static void seed_rng(struct captcha_rng *rng, uint32_t n, uint32_t purpose)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    make_seed(seed, n, purpose);
    captcha_rng_seed(rng, seed);
}

/* ---- rng ---- */

/* The reference values of the published algorithm, from the state 1, 2, 3, 4. */
static void test_rng_known_sequence(void **state)
{
    (void)state;
    struct captcha_rng rng = {.s = {1, 2, 3, 4}};
    static const uint64_t expected[] = {11520U, 0U, 1509978240U, 1215971899390074240U};
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(captcha_rng_next(&rng) == expected[i]);
    }
}

static void test_rng_below_is_even(void **state)
{
    (void)state;
    enum { DRAWS = 60000, SIDES = 6 };
    struct captcha_rng rng;
    seed_rng(&rng, 1, 1);
    int seen[SIDES] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint32_t n = captcha_rng_below(&rng, SIDES);
        assert_true(n < SIDES);
        seen[n]++;
    }
    for (int i = 0; i < SIDES; i++) {
        assert_in_range(seen[i], DRAWS / SIDES - 500, DRAWS / SIDES + 500);
    }
}

static void test_rng_zero_seed_moves(void **state)
{
    (void)state;
    unsigned char zero[CAPTCHA_SEED_BYTES] = {0};
    struct captcha_rng rng;
    captcha_rng_seed(&rng, zero);
    uint64_t first = captcha_rng_next(&rng);
    assert_true(first != 0);
    assert_true(captcha_rng_next(&rng) != first);
}

/* ---- kind ---- */

static struct captcha_text make_text(const struct captcha_profile *p, uint32_t n)
{
    struct captcha_rng rng;
    struct captcha_text text;
    seed_rng(&rng, n, 2);
    assert_int_equal(captcha_kind_make(p, &rng, &text), ERR_OK);
    return text;
}

static void test_kind_symbols(void **state)
{
    (void)state;
    struct captcha_profile p = blade;
    int lengths[CAPTCHA_LENGTH_MAX + 1] = {0};
    for (uint32_t n = 0; n < 3000; n++) {
        struct captcha_text t = make_text(&p, n);
        lengths[strlen(t.answer)]++;
        assert_int_equal(strlen(t.answer), strlen(t.shown));
        assert_null(strpbrk(t.shown, "01OolIi5SsZzBbGgQqUuVvCcJjLnAaXx7EPYyHM"));
        assert_int_equal(strspn(t.answer, "defhkmnprtw234689"), strlen(t.answer));
        assert_true(captcha_answer_matches(t.answer, t.shown));
    }
    assert_int_equal(lengths[0] + lengths[1] + lengths[2] + lengths[3], 0);
    for (int i = 4; i <= 6; i++) {
        assert_in_range(lengths[i], 850, 1150);
    }
}

static void test_kind_letters_and_digits_alone(void **state)
{
    (void)state;
    struct captcha_profile p = blade;
    for (uint32_t n = 0; n < 1000; n++) {
        p.kind = CAPTCHA_LETTERS;
        struct captcha_text letters = make_text(&p, n);
        assert_int_equal(strspn(letters.answer, "defhkmnprtw"), strlen(letters.answer));
        p.kind = CAPTCHA_DIGITS;
        struct captcha_text digits = make_text(&p, n);
        assert_int_equal(strspn(digits.answer, "023456789"), strlen(digits.answer));
        assert_string_equal(digits.answer, digits.shown);
    }
}

/* The value of "a-b=?", "a+b=?" or "a×b=?" as a person computes it. */
static long solve(const char *shown)
{
    char *end = NULL;
    long a = strtol(shown, &end, 10);
    int sign = *end == '+' ? '+' : strncmp(end, "\u2212", 3) == 0 ? '-' : '*';
    const char *second = end + (sign == '+' ? 1 : sign == '-' ? 3 : 2);
    long b = strtol(second, &end, 10);
    assert_string_equal(end, "=?");
    assert_in_range(a, 0, 99);
    assert_in_range(b, 0, 99);
    return sign == '+' ? a + b : sign == '-' ? a - b : a * b;
}

static void test_kind_arithmetic_is_right_and_even(void **state)
{
    (void)state;
    enum { DRAWS = 24000, LOW = -20, HIGH = 99 };
    struct captcha_profile p = blade;
    p.kind = CAPTCHA_ARITHMETIC;
    int seen[HIGH - LOW + 1] = {0};
    int signs[3] = {0};
    for (uint32_t n = 0; n < DRAWS; n++) {
        struct captcha_text t = make_text(&p, n);
        long answer = solve(t.shown);
        assert_int_equal(strtol(t.answer, NULL, 10), answer);
        assert_in_range(answer - LOW, 0, HIGH - LOW);
        seen[answer - LOW]++;
        signs[strchr(t.shown, '+') != NULL ? 0 : strstr(t.shown, "\u00d7") != NULL ? 1 : 2]++;
    }
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        assert_in_range(seen[i], 1, DRAWS / 50); /* no answer more often than 2 in a hundred */
    }
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        assert_true(signs[i] > DRAWS / 20);
    }
}

static void test_kind_chinese(void **state)
{
    (void)state;
    static const char all[] = CAPTCHA_CHINESE_CHARACTERS;
    struct captcha_profile p = blade;
    p.kind = CAPTCHA_CHINESE;
    p.length_min = p.length_max = 4;
    assert_true((sizeof all - 1) / CAPTCHA_CHINESE_BYTES >= 500);
    for (size_t i = CAPTCHA_CHINESE_BYTES; i + 1 < sizeof all; i += CAPTCHA_CHINESE_BYTES) {
        /* In order, so none comes twice. */
        assert_true(memcmp(all + i - CAPTCHA_CHINESE_BYTES, all + i, CAPTCHA_CHINESE_BYTES) < 0);
    }
    for (uint32_t n = 0; n < 500; n++) {
        p.length_max = n % 2 == 0 ? 4 : 6; /* more than four are never asked */
        struct captcha_text t = make_text(&p, n);
        assert_int_equal(strlen(t.answer), 4 * CAPTCHA_CHINESE_BYTES);
        assert_string_equal(t.answer, t.shown);
        assert_true(captcha_answer_matches(t.answer, t.shown));
    }
}

static void test_kind_refuses(void **state)
{
    (void)state;
    struct captcha_rng rng;
    struct captcha_text text = {.shown = "as it was"};
    seed_rng(&rng, 1, 3);
    struct captcha_profile bad[] = {blade, blade, blade, blade};
    bad[0].length_min = 0;
    bad[1].length_max = CAPTCHA_LENGTH_MAX + 1;
    bad[2].length_min = 6;
    bad[2].length_max = 4;
    bad[3].kind = CAPTCHA_KIND_COUNT;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(captcha_kind_make(&bad[i], &rng, &text), ERR_CONFIG);
        assert_string_equal(text.shown, "as it was");
    }
}

static void test_answers_that_match(void **state)
{
    (void)state;
    static const struct {
        const char *expected, *given;
    } cases[] = {
        {"ywdf4", "ywdf4"},         {"ywdf4", "YwDF4"},
        {"ywdf4", "  ywdf4\t\r\n"}, {"ywdf4", "\u3000ywdf4\u00a0"},
        {"ywdf4", "ｙＷｄｆ４"},    {"-9", "-9"},
        {"-9", "\u22129"},          {"-9", "－９"},
        {"-9", "\u20139"},          {"春夏秋冬", "春夏秋冬"},
        {"春夏秋冬", " 春夏秋冬 "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(captcha_answer_matches(cases[i].expected, cases[i].given));
    }
}

static void test_answers_that_do_not_match(void **state)
{
    (void)state;
    static const struct {
        const char *expected, *given;
    } cases[] = {
        {"ywdf4", ""},
        {"ywdf4", "ywdf"},
        {"ywdf4", "ywdf44"},
        {"ywdf4", "yw df4"},
        {"ywdf4", "ywdf5"},
        {"9", "-9"},
        {"-9", "9"},
        {"", ""},
        {"", " "},
        {"春夏秋冬", "春夏秋東"},
        {"春夏秋冬", "春夏秋\xe5\x86"},
        {"ywdf4", "ywdf4aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"ywdf4", "ywdf4                                            a"},
        {"ywdf4", "\xef"},
        {"ywdf4", "\xef\xbc"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_false(captcha_answer_matches(cases[i].expected, cases[i].given));
    }
}

/* ---- glyphs ---- */

static void test_glyph_tables(void **state)
{
    (void)state;
    enum { LEAST_INK = 25 }; /* texels: a minus has more */
    static struct glyph_tile tile;
    for (size_t f = 0; f < glyph_face_count; f++) {
        const struct glyph_face *face = &glyph_faces[f];
        for (size_t i = 0; i < face->count; i++) {
            const struct glyph *g = &glyph_list[face->first + i];
            assert_ptr_equal(glyph_find(f, g->code), g);
            assert_in_range(g->width, 2 * GLYPH_MARGIN + 1, GLYPH_TILE_MAX);
            assert_in_range(g->height, 2 * GLYPH_MARGIN + 1, GLYPH_TILE_MAX);
            glyph_unpack(g, &tile);
            int ink = 0;
            for (int y = 0; y < tile.height; y++) {
                const uint8_t *row = tile.at + (size_t)y * GLYPH_TILE_MAX;
                assert_int_equal(row[0], 0);
                assert_int_equal(row[tile.width - 1], 0);
                for (int x = 0; x < tile.width; x++) {
                    ink += row[x] >= SEEN;
                    assert_true(row[x] == 0 || (y > 0 && y < tile.height - 1));
                }
            }
            assert_true(ink >= LEAST_INK);
        }
        assert_null(glyph_find(f, 0));
        assert_null(glyph_find(f, 0x10FFFF));
    }
}

/* ---- engine ---- */

static struct captcha_engine *new_engine(uint32_t style)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    struct captcha_engine *e = NULL;
    make_seed(seed, style, 4);
    assert_int_equal(captcha_engine_new(seed, &e), ERR_OK);
    return e;
}

static void draw(struct captcha_engine *e, const struct captcha_profile *p, const char *shown, uint32_t n,
                 struct buf *out)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    make_seed(seed, n, 5);
    buf_clear(out);
    assert_int_equal(captcha_engine_draw(e, p, shown, seed, out), ERR_OK);
    assert_int_equal(out->err, ERR_OK);
}

static gdImage *decode(const struct captcha_profile *p, const struct buf *file)
{
    gdImage *image = p->format == CAPTCHA_PNG ? gdImageCreateFromPngPtr((int)file->len, file->data)
                                              : gdImageCreateFromJpegPtr((int)file->len, file->data);
    assert_non_null(image);
    assert_int_equal(gdImageSX(image), p->width_px);
    assert_int_equal(gdImageSY(image), p->height_px);
    return image;
}

static void test_engine_every_kind_level_format_and_size(void **state)
{
    (void)state;
    static const int sizes[][2] = {{80, 30}, {400, 150}, {130, 48}, {81, 150}, {400, 30}, {125, 45}};
    struct captcha_engine *e = new_engine(1);
    struct buf file;
    buf_init(&file);
    for (int kind = 0; kind < CAPTCHA_KIND_COUNT; kind++) {
        for (int level = 0; level < CAPTCHA_LEVEL_COUNT; level++) {
            for (int format = 0; format < CAPTCHA_FORMAT_COUNT; format++) {
                for (size_t s = 0; s < COUNT_OF(sizes); s++) {
                    struct captcha_profile p = {.kind = (enum captcha_kind)kind,
                                                .level = (enum captcha_level)level,
                                                .format = (enum captcha_format)format,
                                                .width_px = sizes[s][0],
                                                .height_px = sizes[s][1],
                                                .length_min = 3,
                                                .length_max = 6};
                    for (uint32_t n = 0; n < 3; n++) {
                        struct captcha_text t = make_text(&p, n);
                        draw(e, &p, t.shown, n, &file);
                        gdImageDestroy(decode(&p, &file));
                    }
                }
            }
        }
    }
    buf_free(&file);
    captcha_engine_free(e);
}

static void test_engine_is_a_function_of_its_seeds(void **state)
{
    (void)state;
    struct captcha_engine *one = new_engine(7);
    struct captcha_engine *same = new_engine(7);
    struct captcha_engine *other = new_engine(8);
    struct buf a, b;
    buf_init(&a);
    buf_init(&b);
    struct captcha_profile big = blade;
    big.width_px = 300;
    big.height_px = 100;
    draw(one, &blade, "KwF4e", 1, &a);
    draw(same, &big, "Km9", 2, &b); /* what was drawn before leaves no trace */
    draw(same, &blade, "KwF4e", 1, &b);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    draw(one, &blade, "KwF4e", 2, &b);
    assert_true(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
    draw(other, &blade, "KwF4e", 1, &b);
    assert_true(a.len != b.len || memcmp(a.data, b.data, a.len) != 0);
    buf_free(&a);
    buf_free(&b);
    captcha_engine_free(one);
    captcha_engine_free(same);
    captcha_engine_free(other);
}

static void test_engine_refuses(void **state)
{
    (void)state;
    struct captcha_engine *e = new_engine(1);
    unsigned char seed[CAPTCHA_SEED_BYTES] = {1};
    struct buf file;
    buf_init(&file);
    struct captcha_profile bad[] = {blade, blade, blade, blade, blade, blade};
    bad[0].width_px = CAPTCHA_WIDTH_MIN - 1;
    bad[1].width_px = CAPTCHA_WIDTH_MAX + 1;
    bad[2].height_px = CAPTCHA_HEIGHT_MIN - 1;
    bad[3].height_px = CAPTCHA_HEIGHT_MAX + 1;
    bad[4].level = CAPTCHA_LEVEL_COUNT;
    bad[5].format = CAPTCHA_FORMAT_COUNT;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(captcha_engine_draw(e, &bad[i], "KwF4e", seed, &file), ERR_CONFIG);
    }
    static const char *const texts[] = {"",           "KwF4eKwF4e",       "Kw F4", "Kw\x80",
                                        "Kw\xe6\x98", "\xf0\x9f\x98\x80", "é"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(captcha_engine_draw(e, &blade, texts[i], seed, &file), ERR_BAD_REQUEST);
    }
    assert_int_equal(file.len, 0);
    buf_free(&file);
    captcha_engine_free(e);
    captcha_engine_free(NULL);
}

/* ---- What every picture promises ---- */

/* The profiles whose pictures are looked at closely: each dialect's, and the extremes of size. */
static const struct captcha_profile looked_at[] = {
    {CAPTCHA_ALNUM, CAPTCHA_EASY, CAPTCHA_PNG, 130, 48, 4, 6},
    {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_PNG, 130, 48, 4, 6},
    {CAPTCHA_ALNUM, CAPTCHA_HARD, CAPTCHA_PNG, 130, 48, 4, 6},
    {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_JPEG, 125, 45, 4, 4},
    {CAPTCHA_DIGITS, CAPTCHA_NORMAL, CAPTCHA_JPEG, 166, 90, 5, 5},
    {CAPTCHA_ARITHMETIC, CAPTCHA_NORMAL, CAPTCHA_PNG, 160, 60, 1, 1},
    {CAPTCHA_LETTERS, CAPTCHA_HARD, CAPTCHA_PNG, 80, 30, 3, 6},
    {CAPTCHA_LETTERS, CAPTCHA_NORMAL, CAPTCHA_PNG, 400, 150, 3, 6},
    {CAPTCHA_CHINESE, CAPTCHA_NORMAL, CAPTCHA_PNG, 130, 48, 4, 4},
};

/* Place the word number n of a profile, in a style of its own for every eighth word. */
static void place_word(const struct captcha_profile *p, uint32_t n, struct warp *warp, struct layout *layout)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    struct captcha_style style;
    struct captcha_rng rng;
    struct captcha_text text = make_text(p, n);
    make_seed(seed, n / 8, 6);
    captcha_style_make(seed, p->level, p->kind, &style);
    seed_rng(&rng, n, 7);
    assert_int_equal(word_place(p, &style, text.shown, &rng, warp, layout), ERR_OK);
}

/* How much ink is seen on `of`; with `without`, only where there is none on that one. */
static int seen_ink(const struct ink_plane *of, const struct ink_plane *without)
{
    int count = 0;
    for (int y = 0; y < of->height; y++) {
        for (int x = 0; x < of->width; x++) {
            size_t i = (size_t)y * INK_STRIDE + (size_t)x;
            count += of->at[i] >= SEEN && (without == NULL || without->at[i] < SEEN);
        }
    }
    return count;
}

static bool touches_border(const struct ink_plane *plane)
{
    for (int x = 0; x < plane->width; x++) {
        if (plane->at[x] > 0 || plane->at[(size_t)(plane->height - 1) * INK_STRIDE + (size_t)x] > 0) {
            return true;
        }
    }
    for (int y = 0; y < plane->height; y++) {
        const uint8_t *row = plane->at + (size_t)y * INK_STRIDE;
        if (row[0] > 0 || row[plane->width - 1] > 0) {
            return true;
        }
    }
    return false;
}

static void test_ink_stays_inside_and_letters_stay_visible(void **state)
{
    (void)state;
    enum { WORDS = 600, LEAST_SHARE_PERCENT = 75 };
    static struct warp warp;
    static struct layout layout;
    static struct ink_plane letter, others;
    for (size_t i = 0; i < COUNT_OF(looked_at); i++) {
        const struct captcha_profile *p = &looked_at[i];
        for (uint32_t n = 0; n < WORDS; n++) {
            place_word(p, n, &warp, &layout);
            for (int k = 0; k < layout.count; k++) {
                ink_clear(&letter, p->width_px, p->height_px);
                ink_clear(&others, p->width_px, p->height_px);
                for (int j = 0; j < layout.count; j++) {
                    ink_letter(j == k ? &letter : &others, &layout.letters[j], &warp);
                }
                assert_false(touches_border(&letter));
                int all = seen_ink(&letter, NULL);
                assert_true(all > 0);
                assert_true(seen_ink(&letter, &others) * 100 >= all * LEAST_SHARE_PERCENT);
            }
        }
    }
}

static void test_neighbours_touch(void **state)
{
    (void)state;
    /* Of the letters-and-digits words nearly all are one piece: no column between two letters is free of ink.
     */
    enum { WORDS = 500 };
    static struct warp warp;
    static struct layout layout;
    static struct ink_plane plane;
    const struct captcha_profile *p = &looked_at[1];
    int gaps = 0;
    int joints = 0;
    for (uint32_t n = 0; n < WORDS; n++) {
        place_word(p, n, &warp, &layout);
        ink_clear(&plane, p->width_px, p->height_px);
        for (int k = 0; k < layout.count; k++) {
            ink_letter(&plane, &layout.letters[k], &warp);
        }
        bool was_ink = false;
        int pieces = 0;
        for (int x = 0; x < plane.width; x++) {
            bool ink = false;
            for (int y = 0; y < plane.height; y++) {
                ink = ink || plane.at[(size_t)y * INK_STRIDE + (size_t)x] >= SEEN / 2;
            }
            pieces += ink && !was_ink;
            was_ink = ink;
        }
        gaps += pieces - 1;
        joints += layout.count - 1;
    }
    assert_true(gaps * 20 < joints);
}

/*
 * Relative luminance of a colour (WCAG 2.1), with the power 2.4 taken as the square, which needs no libm and
 * makes the dark lighter than the standard does: the contrast found is less than the standard's.
 */
static double luminance(int red, int green, int blue)
{
    double r = red / 255.0;
    double g = green / 255.0;
    double b = blue / 255.0;
    return 0.2126 * r * r + 0.7152 * g * g + 0.0722 * b * b;
}

static void test_contrast(void **state)
{
    (void)state;
    enum { PICTURES = 3000 };
    const double least = 4.5; /* WCAG 2.1, 1.4.3 */
    struct buf file;
    buf_init(&file);
    struct captcha_engine *e = NULL;
    for (uint32_t n = 0; n < PICTURES; n++) {
        if (n % 30 == 0) {
            captcha_engine_free(e);
            e = new_engine(n);
        }
        draw(e, &blade, "Kd9", n, &file);
        gdImage *image = decode(&blade, &file);
        int last = gdImageColorsTotal(image) - 1;
        double light = luminance(image->red[0], image->green[0], image->blue[0]);
        double dark = luminance(image->red[last], image->green[last], image->blue[last]);
        assert_true((light + 0.05) / (dark + 0.05) >= least);
        gdImageDestroy(image);
    }
    captcha_engine_free(e);
    buf_free(&file);
}

static void test_file_sizes(void **state)
{
    (void)state;
    enum { PICTURES = 400, PNG_BYTES = 2500, JPEG_BYTES = 3500 };
    struct captcha_engine *e = new_engine(3);
    struct buf file;
    buf_init(&file);
    for (int format = 0; format < CAPTCHA_FORMAT_COUNT; format++) {
        struct captcha_profile p = blade;
        p.format = (enum captcha_format)format;
        size_t sum = 0;
        for (uint32_t n = 0; n < PICTURES; n++) {
            struct captcha_text t = make_text(&p, n);
            draw(e, &p, t.shown, n, &file);
            sum += file.len;
        }
        assert_true(sum / PICTURES <= (format == CAPTCHA_PNG ? PNG_BYTES : JPEG_BYTES));
    }
    buf_free(&file);
    captcha_engine_free(e);
}

/* ---- Golden pictures ---- */

static const struct {
    const char *file, *shown;
    struct captcha_profile profile;
} golden[] = {
    {"blade-easy.png", "NwdF4", {CAPTCHA_ALNUM, CAPTCHA_EASY, CAPTCHA_PNG, 130, 48, 5, 5}},
    {"blade-normal.png", "NWdf4", {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_PNG, 130, 48, 5, 5}},
    {"blade-hard.png", "NWDF4", {CAPTCHA_ALNUM, CAPTCHA_HARD, CAPTCHA_PNG, 130, 48, 5, 5}},
    {"ebaas.jpg", "6F93", {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_JPEG, 125, 45, 4, 4}},
    {"eplatform.jpg", "62624", {CAPTCHA_DIGITS, CAPTCHA_NORMAL, CAPTCHA_JPEG, 166, 90, 5, 5}},
    {"platform.png", "0\u22129=?", {CAPTCHA_ARITHMETIC, CAPTCHA_NORMAL, CAPTCHA_PNG, 160, 60, 1, 1}},
    {"chinese.png",
     "\u6625\u590f\u79cb\u51ac",
     {CAPTCHA_CHINESE, CAPTCHA_NORMAL, CAPTCHA_PNG, 130, 48, 4, 4}},
    {"largest.png", "KmR389", {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_PNG, 400, 150, 6, 6}},
    {"smallest.png", "Fe2", {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_PNG, 80, 30, 3, 3}},
};

/* The path of a golden file, beside this file's folder. */
static void golden_path(const char *file, char *out, size_t cap)
{
    const char *here = __FILE__;
    const char *unit = strstr(here, "unit/test_captcha.c");
    assert_non_null(unit);
    int len = snprintf(out, cap, "%.*sgolden/captcha/%s", (int)(unit - here), here, file);
    assert_in_range(len, 1, (int)cap - 1);
}

static void draw_golden(size_t i, struct buf *out)
{
    struct captcha_engine *e = new_engine(2026);
    draw(e, &golden[i].profile, golden[i].shown, (uint32_t)i, out);
    captcha_engine_free(e);
}

static void test_golden_pictures(void **state)
{
    (void)state;
    enum { FILE_CAP = 65536 };
    static unsigned char stored[FILE_CAP];
    char path[512];
    struct buf drawn;
    buf_init(&drawn);
    for (size_t i = 0; i < COUNT_OF(golden); i++) {
        golden_path(golden[i].file, path, sizeof path);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t len = fread(stored, 1, sizeof stored, f);
        (void)fclose(f);
        draw_golden(i, &drawn);
        assert_int_equal(len, drawn.len);
        assert_memory_equal(stored, drawn.data, len);
    }
    buf_free(&drawn);
}

/* After a change that is meant to be seen: test_captcha --write-golden, then look at the files. */
static int write_golden(void)
{
    char path[512];
    struct buf drawn;
    buf_init(&drawn);
    for (size_t i = 0; i < COUNT_OF(golden); i++) {
        golden_path(golden[i].file, path, sizeof path);
        draw_golden(i, &drawn);
        FILE *f = fopen(path, "wb");
        if (f == NULL || fwrite(drawn.data, 1, drawn.len, f) != drawn.len || fclose(f) != 0) {
            perror(path);
            return EXIT_FAILURE;
        }
    }
    buf_free(&drawn);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--write-golden") == 0) {
        return write_golden();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rng_known_sequence),
        cmocka_unit_test(test_rng_below_is_even),
        cmocka_unit_test(test_rng_zero_seed_moves),
        cmocka_unit_test(test_kind_symbols),
        cmocka_unit_test(test_kind_letters_and_digits_alone),
        cmocka_unit_test(test_kind_arithmetic_is_right_and_even),
        cmocka_unit_test(test_kind_chinese),
        cmocka_unit_test(test_kind_refuses),
        cmocka_unit_test(test_answers_that_match),
        cmocka_unit_test(test_answers_that_do_not_match),
        cmocka_unit_test(test_glyph_tables),
        cmocka_unit_test(test_engine_every_kind_level_format_and_size),
        cmocka_unit_test(test_engine_is_a_function_of_its_seeds),
        cmocka_unit_test(test_engine_refuses),
        cmocka_unit_test(test_ink_stays_inside_and_letters_stay_visible),
        cmocka_unit_test(test_neighbours_touch),
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_file_sizes),
        cmocka_unit_test(test_golden_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
