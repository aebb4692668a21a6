/*
 * portal/look: whatever the site's colour, what is written on it and in it can be read.
 */
#include "unit.h"

#include <stdlib.h>

#include "portal/look.h"

static void test_contrast(void **state)
{
    (void)state;
    /* Black on white by definition; the grey that is WCAG's usual example of just enough, and the one that is not. */
    assert_true(look_contrast(0x000000, 0xFFFFFF) > 20.99 && look_contrast(0x000000, 0xFFFFFF) < 21.01);
    assert_true(look_contrast(0x767676, 0xFFFFFF) >= 4.5);
    assert_true(look_contrast(0x777777, 0xFFFFFF) < 4.5);
    assert_true(look_contrast(0x123456, 0x123456) == 1.0);
}

static void test_every_colour_can_be_read(void **state)
{
    (void)state;
    /* A grid of all colours, black and white among them. The grounds are those of style.css. */
    for (uint32_t n = 0; n < 16 * 16 * 16; n++) {
        uint32_t colour = (n >> 8) * 0x110000 + (n >> 4 & 0xF) * 0x1100 + (n & 0xF) * 0x11;
        char hex[8];
        struct look l;
        snprintf(hex, sizeof hex, "%06x", colour);
        assert_true(look_of_accent(hex, &l));
        assert_int_equal(l.accent, colour);
        assert_case(look_contrast(l.on_accent, l.accent) >= 4.5, "on %s", hex);
        assert_case(look_contrast(l.ink_on_light, 0xEEF1EE) >= 4.5 &&
                        look_contrast(l.ink_on_light, 0xFFFFFF) >= 4.5,
                    "%s on light", hex);
        assert_case(look_contrast(l.ink_on_dark, 0x1B2321) >= 4.5 &&
                        look_contrast(l.ink_on_dark, 0x131917) >= 4.5,
                    "%s on dark", hex);
    }
}

static void test_a_colour_that_can_be_read_stays(void **state)
{
    (void)state;
    struct look l;
    assert_true(look_of_accent("#7A1F1F", &l));
    assert_int_equal(l.accent, 0x7A1F1F);
    assert_int_equal(l.ink_on_light, 0x7A1F1F);
    assert_true(l.ink_on_dark != 0x7A1F1F);
}

static void test_what_is_no_colour(void **state)
{
    (void)state;
    static const char *const bad[] = {"",        "#",       "red",    "12345", "1234567",
                                      "#12345g", "##12345", "12 456", "-12345"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct look l;
        struct buf css;
        buf_init(&css);
        assert_case(!look_of_accent(bad[i], &l), "%s", bad[i]);
        look_css(bad[i], &css);
        assert_int_equal(css.len, 0);
        buf_free(&css);
    }
}

static void test_the_style_sheet(void **state)
{
    (void)state;
    struct buf css;
    buf_init(&css);
    look_css("ffff00", &css);
    assert_string_equal(buf_str(&css),
                        ":root{--accent:#ffff00;--on-accent:#000000;--accent-ink:#6f6f00}\n"
                        "@media (prefers-color-scheme: dark){:root{--accent:#ffff00;--on-accent:#000000;"
                        "--accent-ink:#ffff00}}\n");
    buf_free(&css);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_every_colour_can_be_read),
        cmocka_unit_test(test_a_colour_that_can_be_read_stays),
        cmocka_unit_test(test_what_is_no_colour),
        cmocka_unit_test(test_the_style_sheet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
