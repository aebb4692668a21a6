/*
 * admin/encoding: every character as the builder's iconv reads it; what is no character; what is in doubt.
 */
#include "unit.h"

#include <iconv.h>
#include <string.h>

#include "admin/encoding.h"

/* What iconv makes of these bytes as one character of UTF-8; "" if it is none. */
static void by_iconv(iconv_t cd, const unsigned char *bytes, size_t len, char out[16])
{
    char *from = (char *)(uintptr_t)bytes, *to = out;
    size_t left = len, room = 15;
    memset(out, 0, 16);
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 || left != 0)
        out[0] = '\0';
}

static bool is_one_character(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n == 1;
}

static void assert_same(iconv_t cd, enum encoding e, const unsigned char *bytes, size_t len)
{
    char expected[16];
    struct buf got;
    size_t line = 0;
    by_iconv(cd, bytes, len, expected);
    buf_init(&got);
    enum err err = encoding_to_utf8(e, bytes, len, &got, &line);
    if (strcmp(expected, "\xEF\xBB\xBF") == 0)
        goto out; /* a byte order mark */
    if (is_one_character(expected))
        assert_case(err == ERR_OK && strcmp(buf_str(&got), expected) == 0, "%02x %02x: %s, not %s", bytes[0],
                    bytes[1], buf_str(&got), expected);
    else
        assert_case(err == ERR_BAD_REQUEST && line == 1, "%02x %02x: %s", bytes[0], bytes[1], buf_str(&got));
out:
    buf_free(&got);
}

static void test_every_pair_is_what_iconv_says(void **state)
{
    (void)state;
    iconv_t gb18030 = iconv_open("UTF-8", "GB18030"), big5 = iconv_open("UTF-8", "BIG5");
    assert_true(gb18030 != (iconv_t)-1 && big5 != (iconv_t)-1);
    for (int lead = 0x81; lead <= 0xFF; lead++) {
        for (int trail = 0x3A; trail <= 0xFF; trail++) {
            const unsigned char bytes[] = {(unsigned char)lead, (unsigned char)trail};
            assert_same(gb18030, ENCODING_GBK, bytes, 2);
            if (trail >= 0x40)
                assert_same(big5, ENCODING_BIG5, bytes, 2);
        }
    }
    iconv_close(gb18030);
    iconv_close(big5);
}

static void test_every_four_bytes_are_what_iconv_says(void **state)
{
    (void)state;
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    for (unsigned n = 0; n < 189000 + 0x100000; n += n < 39500 ? 1 : 977) {
        const unsigned char bytes[] = {(unsigned char)(0x81 + n / 12600),
                                       (unsigned char)(0x30 + n / 1260 % 10),
                                       (unsigned char)(0x81 + n / 10 % 126), (unsigned char)(0x30 + n % 10)};
        assert_same(cd, ENCODING_GB18030, bytes, 4);
    }
    iconv_close(cd);
}

static void assert_reads(enum encoding e, const char *bytes, size_t len, const char *expected)
{
    struct buf got;
    size_t line;
    buf_init(&got);
    assert_err(encoding_to_utf8(e, (const unsigned char *)bytes, len, &got, &line), ERR_OK);
    assert_string_equal(buf_str(&got), expected);
    buf_free(&got);
}

static void test_texts(void **state)
{
    (void)state;
    assert_reads(ENCODING_GBK, "a,\xD5\xC5\xC8\xFD\n\x80", 8, "a,张三\n€");
    assert_reads(ENCODING_GB18030, "\x84\x31\x95\x33\xD5\xC5", 6, "张");
    assert_reads(ENCODING_GB18030, "\x95\x32\x82\x36", 4, "𠀀");
    assert_reads(ENCODING_BIG5, "\xB1\x69\xA4T\n", 5, "張三\n");
    assert_reads(ENCODING_UTF16LE, "\xFF\xFE\x20\x5F\t\0", 6, "张\t");
    assert_reads(ENCODING_UTF16BE, "\xFE\xFF\x5F\x20\xD8\x40\xDC\x00", 8, "张𠀀");
    assert_reads(ENCODING_UTF8, "\xEF\xBB\xBF张", 6, "张");
    assert_reads(ENCODING_UTF8, "", 0, "");
}

static void test_what_is_no_text(void **state)
{
    (void)state;
    static const struct {
        enum encoding e;
        const char *bytes;
        size_t len, line;
    } cases[] = {
        {ENCODING_UTF8, "a\nb\n\xD5\xC5", 6, 3},
        {ENCODING_UTF8, "\xE5\xBC", 2, 1},
        {ENCODING_GBK, "a\n\xD5", 3, 2},
        {ENCODING_GBK, "\xFF\xFF", 2, 1},
        {ENCODING_GBK, "\xD5 ", 2, 1},
        {ENCODING_GB18030, "\x81\x30\x81", 3, 1},
        {ENCODING_GB18030, "\xFE\x39\xFE\x39", 4, 1},
        {ENCODING_BIG5, "\x80\x40", 2, 1},
        {ENCODING_UTF16LE, "a\0b", 3, 1},
        {ENCODING_UTF16LE, "\n\0\x00\xDC", 4, 2},
        {ENCODING_UTF16LE,
         "\x00\xD8"
         "a\0",
         4, 1},
        {ENCODING_UTF16BE, "\xD8\x00", 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf got;
        size_t line = 0;
        buf_init(&got);
        enum err e =
            encoding_to_utf8(cases[i].e, (const unsigned char *)cases[i].bytes, cases[i].len, &got, &line);
        assert_case(e == ERR_BAD_REQUEST && line == cases[i].line, "case %zu: line %zu", i, line);
        buf_free(&got);
    }
}

static void test_valid_by_accident(void **state)
{
    (void)state;
    /* In GBK: 协同, 联通's second half, 小三; all of them are valid UTF-8. */
    static const char *const doubtful[] = {"account,real_name\na,\xD0\xAD\xCD\xAC\n", "\xCD\xA8\xD0\xA1",
                                           "x,\xD0\xA1\xCD\xA8,y\nz,\xC4\xBE\xD0\xA1\n"};
    static const char *const clear[] = {
        "",
        "account,real_name\na,b\n",
        "张三",
        "a,张三\nb,\xD0\xAD\xCD\xAC\n",
        "José,Müller,Žižek",
        "Горячий",
        "Νίκος",
        "אבגד",
        "محمد",
        "ñ",
        "a\xC3\xA9\xC3\xA9"
        "b",
        "ひらがな",
        "한국",
    };
    for (size_t i = 0; i < sizeof doubtful / sizeof doubtful[0]; i++)
        assert_case(encoding_is_doubtful((const unsigned char *)doubtful[i], strlen(doubtful[i])), "%s",
                    doubtful[i]);
    for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++)
        assert_case(!encoding_is_doubtful((const unsigned char *)clear[i], strlen(clear[i])), "%s", clear[i]);
}

static void test_chinese_utf8(void **state)
{
    (void)state;
    static const char *const yes[] = {"a,张三\n",
                                      "\xEF\xBB\xBF"
                                      "a,b\n",
                                      "é,张"};
    static const char *const no[] = {"",       "a,b",       "a,\xD0\xAD\xCD\xAC\n", "\xD5\xC5\xC8\xFD",
                                     "张\xD5", "Горячий,张"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_case(encoding_is_chinese_utf8((const unsigned char *)yes[i], strlen(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_case(!encoding_is_chinese_utf8((const unsigned char *)no[i], strlen(no[i])), "%s", no[i]);
}

static void test_names_and_marks(void **state)
{
    (void)state;
    enum encoding e;
    assert_true(encoding_find("gbk", &e) && e == ENCODING_GBK);
    assert_true(encoding_find("utf-16le", &e) && e == ENCODING_UTF16LE);
    assert_false(encoding_find("latin1", &e));
    assert_true(encoding_of_mark((const unsigned char *)"\xFF\xFE", 2, &e) && e == ENCODING_UTF16LE);
    assert_true(encoding_of_mark((const unsigned char *)"\xEF\xBB\xBF", 3, &e) && e == ENCODING_UTF8);
    assert_false(encoding_of_mark((const unsigned char *)"\xFF", 1, &e));
    assert_false(encoding_of_mark((const unsigned char *)"ab", 2, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair_is_what_iconv_says),
        cmocka_unit_test(test_every_four_bytes_are_what_iconv_says),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_what_is_no_text),
        cmocka_unit_test(test_valid_by_accident),
        cmocka_unit_test(test_chinese_utf8),
        cmocka_unit_test(test_names_and_marks),
    };
    return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
