/*
 * The captcha engine: what is asked, what is taken for an answer, and what the pictures promise, over
 * thousands of seeds. Golden files hold the exact pictures of a few.
 */
#include <setjmp.h>
#include <stdarg.h>
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
#include "captcha/kind.h"
#include "captcha/rng.h"

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
        assert_null(strpbrk(t.shown, "01OolIi5SsZzBbGgQqUuVvCcJjLn"));
        assert_int_equal(strspn(t.answer, "adefhkmnprtwxy2346789"), strlen(t.answer));
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
        assert_int_equal(strspn(letters.answer, "adefhkmnprtwxy"), strlen(letters.answer));
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
                assert_true(tile.left[y] > tile.right[y] ||
                            (tile.left[y] >= GLYPH_MARGIN - 1 && tile.right[y] <= tile.width - GLYPH_MARGIN));
                ink += tile.right[y] >= tile.left[y];
                assert_int_equal(tile.at[y * GLYPH_TILE_MAX], 0);
                assert_int_equal(tile.at[y * GLYPH_TILE_MAX + tile.width - 1], 0);
            }
            assert_true(ink >= 1);
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
    draw(same, &big, "Xy9", 2, &b); /* what was drawn before leaves no trace */
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

int main(void)
{
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
