/*
 * base/: memory, encodings, random texts, dates, addresses, the log. Known vectors first, then round trips,
 * then what must be refused.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/account.h"
#include "base/address.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/random.h"
#include "base/secure.h"

/* ---- err ---- */

static void test_every_outcome_has_a_row(void **state)
{
    (void)state;
    for (int e = 0; e < ERR_COUNT; e++) {
        const struct err_info *row = err_info((enum err)e);
        assert_case(row->name != NULL && row->name[0] != '\0', "outcome %d has no name", e);
        assert_case(row->http_status >= 200 && row->http_status <= 500, "%s: status %d", row->name,
                    row->http_status);
    }
    assert_int_equal(err_info(ERR_OK)->http_status, 200);
    assert_ptr_equal(err_info(ERR_COUNT), err_info(ERR_INTERNAL));
    assert_ptr_equal(err_info((enum err) - 1), err_info(ERR_INTERNAL));
}

/* ---- buf ---- */

static void test_buf_appends_and_terminates(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    assert_string_equal(buf_str(&b), "");
    buf_add(&b, NULL, 0);
    buf_add_str(&b, "ab");
    buf_add_char(&b, 'c');
    buf_addf(&b, "%d-%s", 42, "x");
    assert_string_equal(buf_str(&b), "abc42-x");
    assert_int_equal(b.len, 7);
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_str(&b), "");
    buf_free(&b);
    buf_free(&b);
}

static void test_buf_grows_and_keeps_its_content(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_free(&b);
}

static void test_buf_remembers_its_first_failure(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_add_str(&b, "kept");
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_err(b.err, ERR_MEMORY);
    buf_add_str(&b, "lost");
    buf_addf(&b, "%d", 1);
    assert_string_equal(buf_str(&b), "kept");
    buf_clear(&b);
    assert_err(b.err, ERR_OK);
    buf_free(&b);
}

/* ---- arena ---- */

static void test_arena_gives_zeroed_aligned_memory_up_to_its_cap(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 64 * 1024);
    size_t given = 0;
    unsigned char *p;
    while ((p = arena_alloc(&a, 100)) != NULL) {
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (int i = 0; i < 100; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xFF, 100);
        given += 100;
    }
    assert_true(given <= 64 * 1024 && given > 50 * 1024);
    arena_reset(&a);
    p = arena_alloc(&a, 16 * 1024);
    assert_non_null(p);
    for (int i = 0; i < 16 * 1024; i++)
        assert_case(p[i] == 0, "byte %d of the request before is still there", i);
    arena_fini(&a);
}

static void test_arena_refuses_what_is_beyond_its_cap(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1000);
    assert_null(arena_alloc(&a, 1001));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_null(arena_strndup(&a, "x", SIZE_MAX));
    assert_non_null(arena_alloc(&a, 1000));
    assert_null(arena_alloc(&a, 1));
    arena_fini(&a);
}

static void test_arena_copies_texts(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 4096);
    assert_string_equal(arena_strdup(&a, "text"), "text");
    assert_string_equal(arena_strndup(&a, "text", 2), "te");
    assert_string_equal(arena_strdup(&a, ""), "");
    assert_string_equal(arena_printf(&a, "%s=%d", "n", 7), "n=7");
    arena_fini(&a);
}

/* ---- secure ---- */

static void test_secure_compares_and_wipes(void **state)
{
    (void)state;
    char secret[] = "secret";
    assert_true(secure_equal("abc", "abc", 3));
    assert_false(secure_equal("abc", "abd", 3));
    assert_false(secure_equal("abc", "bbc", 3));
    assert_true(secure_equal("abc", "xyz", 0));
    secure_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
    secure_wipe(NULL, 0);
    secure_free_str(NULL);
}

/* ---- codec ---- */

/* RFC 4648 §10, and the characters that tell the two alphabets apart. */
static void test_base64_known_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *std, *url;
    } cases[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf std, url;
        unsigned char back[16];
        size_t len = strlen(cases[i].raw);
        buf_init(&std);
        buf_init(&url);
        codec_base64(&std, cases[i].raw, len);
        codec_base64url(&url, cases[i].raw, len);
        assert_string_equal(buf_str(&std), cases[i].std);
        assert_string_equal(buf_str(&url), cases[i].url);
        assert_int_equal(codec_base64_decode(cases[i].std, strlen(cases[i].std), back, sizeof back), len);
        assert_memory_equal(back, cases[i].raw, len);
        assert_int_equal(codec_base64url_decode(cases[i].url, strlen(cases[i].url), back, sizeof back), len);
        assert_memory_equal(back, cases[i].raw, len);
        buf_free(&std);
        buf_free(&url);
    }
}

static void test_base64_refuses(void **state)
{
    (void)state;
    static const char *const std_bad[] = {
        "Z",    "Zg=",   "Zg===", "Z===",  "====", "=",          "Zh==",
        "Zm9=", "Zm9v=", "Z g=",  "Zg==A", "-_-_", "Zm9v\nYg==", "Zg==Zg=="};
    static const char *const url_bad[] = {"Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm9v.", "Zm 9"};
    unsigned char out[32];
    for (size_t i = 0; i < COUNT_OF(std_bad); i++)
        assert_case(codec_base64_decode(std_bad[i], strlen(std_bad[i]), out, sizeof out) == -1, "base64 %s",
                    std_bad[i]);
    for (size_t i = 0; i < COUNT_OF(url_bad); i++)
        assert_case(codec_base64url_decode(url_bad[i], strlen(url_bad[i]), out, sizeof out) == -1,
                    "base64url %s", url_bad[i]);
    assert_int_equal(codec_base64_decode("Zm9v\0", 5, out, sizeof out), -1);
    assert_int_equal(codec_base64_decode("Zm9v", 4, out, 2), -1);
    assert_int_equal(codec_base64_decode("Zm9v", 4, out, 3), 3);
    assert_int_equal(codec_base64_decode("Zg", 2, out, sizeof out), 1); /* padding may be absent */
}

static void test_base64_round_trips(void **state)
{
    (void)state;
    unsigned char raw[256], back[260];
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof raw; len++) {
        struct buf std, url;
        buf_init(&std);
        buf_init(&url);
        codec_base64(&std, raw, len);
        codec_base64url(&url, raw, len);
        assert_int_equal(codec_base64_decode(buf_str(&std), std.len, back, sizeof back), len);
        assert_memory_equal(back, raw, len);
        assert_int_equal(codec_base64url_decode(buf_str(&url), url.len, back, sizeof back), len);
        assert_memory_equal(back, raw, len);
        buf_free(&std);
        buf_free(&url);
    }
}

static void test_hex(void **state)
{
    (void)state;
    char out[9];
    codec_hex(out, "\x00\x0f\xa5\xff", 4);
    assert_string_equal(out, "000fa5ff");
    assert_true(codec_is_hex("0aF9", 4));
    assert_false(codec_is_hex("0aF", 4));
    assert_false(codec_is_hex("0aF99", 4));
    assert_false(codec_is_hex("0aFg", 4));
    assert_true(codec_is_hex("", 0));
}

static void test_percent_decoding(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* NULL: refused */
        bool plus;
    } cases[] = {
        {"", "", false},
        {"a%20b", "a b", false},
        {"a+b", "a b", true},
        {"a+b", "a+b", false},
        {"%E5%bc%A0", "张", false},
        {"%2B", "+", true},
        {"100%", NULL, false},
        {"%2", NULL, false},
        {"%zz", NULL, false},
        {"%-1", NULL, false},
        {"%00", NULL, false},
        {"a%0", NULL, true},
        {"%25%32%30", "%20", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", cases[i].in);
        long n = codec_percent_decode(text, strlen(text), cases[i].plus);
        assert_case(cases[i].out == NULL ? n == -1 : n == (long)strlen(cases[i].out), "%s gives %ld",
                    cases[i].in, n);
        if (cases[i].out != NULL)
            assert_string_equal(text, cases[i].out);
    }
}

/* RFC 3629 §3, §4: the bounds of each row of the table, and one step outside of them. */
static void test_utf8_validation(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "门神"};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2\x7f",
                                      "\xc2\xc0",
                                      "\xe0\x9f\xbf",
                                      "\xe0\xa0",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf0\x90\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "a\xe5\xbc",
                                      "\xe5\xbc\xe5"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_case(codec_utf8_valid(good[i], strlen(good[i])), "good text %zu", i);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_case(!codec_utf8_valid(bad[i], strlen(bad[i])), "bad text %zu", i);
    assert_true(codec_utf8_valid("a\0b", 3));
}

static void test_json_escapes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    codec_json_escape(&b, "a\"b\\c\n\x01\x7f/门\0z", 14);
    assert_string_equal(buf_str(&b), "a\\\"b\\\\c\\u000a\\u0001\\u007f/门\\u0000z");
    buf_free(&b);
}

static void test_uuid(void **state)
{
    (void)state;
    char out[CODEC_UUID_CAP];
    unsigned char noise[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                               0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    codec_uuid4(out, noise);
    assert_string_equal(out, "00112233-4455-4677-8899-aabbccddeeff");
    memset(noise, 0xff, sizeof noise);
    codec_uuid4(out, noise);
    assert_string_equal(out, "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

/* RFC 9562 §A.6, and that time decides the order. */
static void test_uuid7(void **state)
{
    (void)state;
    char out[CODEC_UUID_CAP], later[CODEC_UUID_CAP];
    unsigned char noise[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0xfc, 0xc3,
                               0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    codec_uuid7(out, 0x017F22E279B0, noise);
    assert_string_equal(out, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    memset(noise, 0xff, sizeof noise);
    codec_uuid7(out, 0x017F22E279FF, noise);
    assert_string_equal(out, "017f22e2-79ff-7fff-bfff-ffffffffffff");
    memset(noise, 0, sizeof noise);
    codec_uuid7(later, 0x017F22E27A00, noise);
    assert_string_equal(later, "017f22e2-7a00-7000-8000-000000000000");
    assert_true(strcmp(out, later) < 0);
}

static void test_integers(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",   "+1",
                                      " 1",  "1 ",  "1e3",
                                      "0x1", "1.0", "9223372036854775808",
                                      "--1", "一",  "99999999999999999999"};
    int64_t v = 77;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_case(!codec_parse_int(bad[i], INT64_MIN, INT64_MAX, &v), "%s", bad[i]);
        assert_int_equal(v, 77);
    }
    assert_true(codec_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &v) && v == INT64_MAX);
    assert_true(codec_parse_int("-9223372036854775807", INT64_MIN, INT64_MAX, &v) && v == -INT64_MAX);
    assert_true(codec_parse_int("007", 0, 10, &v) && v == 7);
    assert_true(codec_parse_int("5", 5, 5, &v) && v == 5);
    assert_false(codec_parse_int("4", 5, 9, &v));
    assert_false(codec_parse_int("10", 5, 9, &v));
    assert_int_equal(v, 5);
}

/* ---- random ---- */

static void test_random_texts_use_their_whole_alphabet_evenly(void **state)
{
    (void)state;
    enum { LEN = 20000, LETTERS = 7 };
    static char text[LEN + 1];
    static const char alphabet[] = "abcdefg";
    int count[LETTERS] = {0};
    assert_err(random_text(text, LEN, alphabet), ERR_OK);
    assert_int_equal(strlen(text), LEN);
    for (size_t i = 0; i < LEN; i++) {
        const char *at = strchr(alphabet, text[i]);
        assert_non_null(at);
        count[at - alphabet]++;
    }
    /* Ten standard deviations: sqrt(20000 * 1/7 * 6/7) is 49.5. */
    for (int i = 0; i < LETTERS; i++)
        assert_in_range(count[i], LEN / LETTERS - 495, LEN / LETTERS + 495);
    assert_err(random_text(text, 0, alphabet), ERR_OK);
    assert_string_equal(text, "");
}

static void test_random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[32], b[32];
    assert_err(random_bytes(a, sizeof a), ERR_OK);
    assert_err(random_bytes(b, sizeof b), ERR_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

/* ---- clock ---- */

static void test_dates_follow_the_zone(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *local; /* of 1650211202 s: the seed's 2022-04-18 00:00:02 in Shanghai */
    } cases[] = {
        {"Asia/Shanghai", "2022-04-18 00:00:02"}, {"UTC", "2022-04-17 16:00:02"},
        {"CST-8", "2022-04-18 00:00:02"},         {"EST5", "2022-04-17 11:00:02"},
        {"UTC0", "2022-04-17 16:00:02"},
    };
    static const char *const bad[] = {"",        "Mars/Olympus", "../etc/passwd", "/etc/passwd", "CS-8",
                                      "CST-800", "CST"};
    char out[CLOCK_LOCAL_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_err(clock_set_zone(cases[i].zone), ERR_OK);
        clock_local(1650211202, out);
        assert_string_equal(out, cases[i].local);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_case(clock_set_zone(bad[i]) == ERR_CONFIG, "zone \"%s\"", bad[i]);
    assert_err(clock_set_zone("UTC"), ERR_OK);
    clock_local(0, out);
    assert_string_equal(out, "1970-01-01 00:00:00");
}

/* The zone decides the offset; a year of five digits is no date of RFC 3339. */
static void test_times_with_their_offset(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t t_s;
        const char *text;
    } cases[] = {
        {"Asia/Shanghai", 1650211202, "2022-04-18T00:00:02+08:00"},
        {"UTC", 1650211202, "2022-04-17T16:00:02+00:00"},
        {"EST5", 1650211202, "2022-04-17T11:00:02-05:00"},
        {"UTC", 0, "1970-01-01T00:00:00+00:00"},
        {"UTC", 253402300799, "9999-12-31T23:59:59+00:00"},
        {"UTC", 253402300800, "1970-01-01T00:00:00+00:00"},
    };
    char out[CLOCK_RFC3339_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_err(clock_set_zone(cases[i].zone), ERR_OK);
        clock_rfc3339(cases[i].t_s, out);
        assert_string_equal(out, cases[i].text);
    }
}

/* ---- address ---- */

static void test_addresses_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out, *bucket; /* bucket NULL: refused */
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", "127.0.0.1"},
        {"::1", "::1", "::/64"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::/64"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"::ffff:10.1.2.3", "10.1.2.3", "10.1.2.3"},
        {"", "unknown", NULL},
        {"localhost", "unknown", NULL},
        {"127.0.0.256", "unknown", NULL},
        {"127.0.0.1 ", "unknown", NULL},
        {"1.2.3.4:80", "unknown", NULL},
        {"[::1]", "unknown", NULL},
        {"fe80::1%eth0", "unknown", NULL},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111:2222", "unknown", NULL},
    };
    char out[ADDRESS_CAP], bucket[ADDRESS_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool good = address_canonical(cases[i].in, strlen(cases[i].in), out);
        assert_string_equal(out, cases[i].out);
        assert_int_equal(good, cases[i].bucket != NULL);
        address_bucket(out, bucket);
        assert_string_equal(bucket, good ? cases[i].bucket : "unknown");
    }
}

static void test_the_network_of_an_address(void **state)
{
    static const struct {
        const char *address, *network;
        bool is_wide;
    } cases[] = {
        {"192.0.2.77", "192.0.2.0/24", false},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", true},
        {"::1", "::/48", true},
        {"unknown", "unknown", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char network[ADDRESS_CAP];
        assert_int_equal(address_network(cases[i].address, network), cases[i].is_wide);
        assert_string_equal(network, cases[i].network);
    }
}

static void test_addresses_in_lists(void **state)
{
    (void)state;
    static const struct {
        const char *address, *list;
        bool in;
    } cases[] = {
        {"10.1.2.3", "10.0.0.0/8", true},
        {"11.1.2.3", "10.0.0.0/8", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.4", "10.1.2.3", false},
        {"10.1.2.3", "10.1.2.0/31", false},
        {"10.1.2.1", "10.1.2.0/31", true},
        {"10.1.2.3", "127.0.0.1, 10.1.2.3", true},
        {"10.1.2.3", "", false},
        {"10.1.2.3", "10.1.2.3/33", false},
        {"10.1.2.3", "10.1.2.3/x", false},
        {"10.1.2.3", "0.0.0.0/0", true},
        {"::1", "0.0.0.0/0", false},
        {"2001:db8::5", "2001:db8::/32", true},
        {"2001:db9::5", "2001:db8::/32", false},
        {"2001:db8::5", "2001:db8::4/127", true},
        {"2001:db8::6", "2001:db8::4/127", false},
        {"unknown", "0.0.0.0/0", false},
        {"unix", "10.0.0.1, unix", true},
        {"unix", "0.0.0.0/0,::/0", false},
        {"10.0.0.1", "unix", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_case(address_in_list(cases[i].address, cases[i].list) == cases[i].in, "%s in %s",
                    cases[i].address, cases[i].list);
}

static void test_lists_of_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"",     "10.0.0.1", "10.0.0.0/8, ::1", "0.0.0.0/0,::/0", "10.0.0.1/32",
                                       "unix", "::1,unix"};
    static const char *const bad[] = {"localhost",
                                      "unix:",
                                      "unix/8",
                                      "10.0.0.1,x",
                                      "10.0.0.0/33",
                                      "::/129",
                                      "10.0.0.0/",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/8/8",
                                      "10.0.0",
                                      "10.0.0.0/00000000000008",
                                      "/8"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_case(address_list_ok(good[i]), "%s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_case(!address_list_ok(bad[i]), "%s", bad[i]);
}

/* What an untrusted hop claims is not believed. */
static void test_the_client_behind_proxies(void **state)
{
    (void)state;
    static const struct {
        const char *remote, *forwarded, *trusted, *client;
    } cases[] = {
        {"9.9.9.9", "1.1.1.1", "", "9.9.9.9"},
        {"9.9.9.9", "1.1.1.1", "127.0.0.1", "9.9.9.9"},
        {"127.0.0.1", NULL, "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", "", "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", "1.1.1.1", "127.0.0.1", "1.1.1.1"},
        {"127.0.0.1", "6.6.6.6, 1.1.1.1", "127.0.0.1", "1.1.1.1"},
        {"127.0.0.1", "1.1.1.1 , 10.0.0.1", "127.0.0.1,10.0.0.0/8", "1.1.1.1"},
        {"127.0.0.1", "10.0.0.2,10.0.0.1", "127.0.0.1,10.0.0.0/8", "10.0.0.2"},
        {"127.0.0.1", "1.1.1.1, rubbish", "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", "1.1.1.1, rubbish, 10.0.0.1", "127.0.0.1,10.0.0.1", "10.0.0.1"},
        {"127.0.0.1", "1.1.1.1,", "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", "1.1.1.1:4711", "127.0.0.1", "1.1.1.1"},
        {"127.0.0.1", "[2001:db8::1]:4711", "127.0.0.1", "2001:db8::1"},
        {"127.0.0.1", "[2001:db8::1]", "127.0.0.1", "2001:db8::1"},
        {"127.0.0.1", "2001:db8::1", "127.0.0.1", "2001:db8::1"},
        {"127.0.0.1", "[", "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", "]:1", "127.0.0.1", "127.0.0.1"},
        {"127.0.0.1", ":", "127.0.0.1", "127.0.0.1"},
        {"rubbish", "1.1.1.1", "127.0.0.1", "unknown"},
        {"unix:", "1.1.1.1", "127.0.0.1", "unix"}, /* as nginx says it */
        {"unix:", "1.1.1.1", "unix", "1.1.1.1"},
        {"unix:/run/a.sock", "1.1.1.1", "unix", "1.1.1.1"},
        {"/run/a.sock", "1.1.1.1", "unix", "1.1.1.1"},
        {"", "1.1.1.1, 10.0.0.1", "10.0.0.1,unix", "1.1.1.1"},
        {"unix:", NULL, "unix", "unix"},
        {"unix:", "unix", "unix", "unix"},
        {"127.0.0.1", "1.1.1.1", "unix", "127.0.0.1"},
    };
    char out[ADDRESS_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        address_of_client(cases[i].remote, cases[i].forwarded, cases[i].trusted, out);
        assert_case(strcmp(out, cases[i].client) == 0, "case %zu gives %s", i, out);
    }
}

/* ---- log ---- */

static void collect(void *ctx, enum err_level level, const char *line, size_t len)
{
    (void)level;
    buf_add(ctx, line, len);
}

static void test_no_value_starts_a_line_of_its_own(void **state)
{
    (void)state;
    struct buf seen;
    buf_init(&seen);
    struct log log = {.sink = collect, .ctx = &seen, .fd = -1};
    LOG(&log, ERR_LEVEL_WARN, "login", LOG_S("account", "a\n{\"event\":\"forged\"}\x1b[2J"),
        LOG_S("none", NULL), LOG_N("n", -5));
    const char *line = buf_str(&seen);
    assert_ptr_equal(strchr(line, '\n'), line + seen.len - 1);
    assert_non_null(strstr(line,
                           "\"level\":\"warn\",\"event\":\"login\",\"account\":"
                           "\"a\\u000a{\\\"event\\\":\\\"forged\\\"}\\u001b[2J\",\"none\":null,\"n\":-5}\n"));
    buf_free(&seen);
}

/* A path may be any bytes, a header's too; and a terminal takes U+009B for the start of a command. */
static void test_what_is_no_clean_text_is_escaped(void **state)
{
    (void)state;
    struct buf seen;
    buf_init(&seen);
    struct log log = {.sink = collect, .ctx = &seen, .fd = -1};
    LOG(&log, ERR_LEVEL_INFO, "e", LOG_S("bytes", "a\xff\xe5"), LOG_S("c1", "a\xc2\x9bz"),
        LOG_S("name", "张"));
    const char *line = buf_str(&seen);
    assert_true(codec_utf8_valid(line, seen.len));
    assert_non_null(
        strstr(line, "\"bytes\":\"a\\u00ff\\u00e5\",\"c1\":\"a\\u00c2\\u009bz\",\"name\":\"张\"}"));
    buf_free(&seen);
}

/* What stands in a file; the caller frees it. */
static char *text_of_file(const char *path)
{
    char *text = calloc(1, 65536);
    FILE *f = fopen(path, "r");
    assert_non_null(text);
    if (f != NULL) {
        assert_true(fread(text, 1, 65535, f) < 65535);
        fclose(f);
    }
    return text;
}

static unsigned count_in(const char *path, const char *what)
{
    char *text = text_of_file(path);
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what))
        n++;
    free(text);
    return n;
}

/* A folder with room for a log; `path` gets the log's name. */
static void make_log_folder(char folder[], char *path, size_t cap)
{
    assert_non_null(mkdtemp(folder));
    snprintf(path, cap, "%s/log", folder);
}

static void remove_log_folder(const char *folder)
{
    static const char *const names[] = {"log", "log.1", "stderr"};
    char path[64];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_log_file_is_private_and_appended_to(void **state)
{
    (void)state;
    char folder[] = "/tmp/menshen-unit-XXXXXX", path[64];
    struct log log;
    struct stat st;
    make_log_folder(folder, path, sizeof path);
    for (int i = 0; i < 2; i++) {
        assert_err(log_open(&log, path, NULL), ERR_OK);
        LOG(&log, ERR_LEVEL_INFO, "hello", LOG_N("n", i));
        log_close(&log);
    }
    assert_int_equal(count_in(path, "\"n\":0}\n") + count_in(path, "\"n\":1}\n"), 2);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    remove_log_folder(folder);
}

/* As if a second had passed: no test waits for one. */
static void look_again(struct log *log)
{
    log->looked_s = 0;
}

static void test_a_log_that_was_renamed_is_made_anew(void **state)
{
    (void)state;
    char folder[] = "/tmp/menshen-unit-XXXXXX", path[64], old[64];
    struct log log;
    make_log_folder(folder, path, sizeof path);
    snprintf(old, sizeof old, "%s/log.1", folder);
    assert_err(log_open(&log, path, NULL), ERR_OK);
    LOG(&log, ERR_LEVEL_INFO, "before", LOG_N("n", 1));
    assert_int_equal(rename(path, old), 0);
    look_again(&log);
    LOG(&log, ERR_LEVEL_INFO, "after", LOG_N("n", 2));
    log_close(&log);
    assert_int_equal(count_in(old, "before"), 1);
    assert_int_equal(count_in(old, "after"), 0);
    assert_int_equal(count_in(path, "after"), 1);
    remove_log_folder(folder);
}

/* Let standard error go to a file; the descriptor to give back to it. */
static int catch_stderr(const char *path)
{
    int kept = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(kept >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    close(fd);
    return kept;
}

static void give_back_stderr(int kept)
{
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
}

/* A folder stands where the file should: nobody, root included, opens that for writing. */
static void test_a_log_that_cannot_be_opened_goes_to_stderr_until_it_can(void **state)
{
    (void)state;
    char folder[] = "/tmp/menshen-unit-XXXXXX", path[64], said[64];
    struct log log;
    make_log_folder(folder, path, sizeof path);
    snprintf(said, sizeof said, "%s/stderr", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    int kept = catch_stderr(said);
    enum err e = log_open(&log, path, NULL);
    for (int i = 0; i < 3; i++)
        LOG(&log, ERR_LEVEL_INFO, "lost", LOG_N("n", i));
    rmdir(path);
    look_again(&log);
    LOG(&log, ERR_LEVEL_INFO, "found", LOG_N("n", 3));
    give_back_stderr(kept);
    log_close(&log);
    assert_err(e, ERR_IO);
    assert_int_equal(count_in(said, "log_lost"), 1);
    assert_int_equal(count_in(said, "\"event\":\"lost\""), 3);
    assert_int_equal(count_in(said, "found"), 0);
    assert_int_equal(count_in(path, "found"), 1);
    remove_log_folder(folder);
}

static void test_a_log_on_a_full_disk_goes_to_stderr(void **state)
{
    (void)state;
    char folder[] = "/tmp/menshen-unit-XXXXXX", path[64], said[64];
    struct log log;
    make_log_folder(folder, path, sizeof path);
    snprintf(said, sizeof said, "%s/stderr", folder);
    int kept = catch_stderr(said);
    enum err e = log_open(&log, "/dev/full", NULL);
    LOG(&log, ERR_LEVEL_INFO, "hello", LOG_N("n", 1));
    give_back_stderr(kept);
    log_close(&log);
    assert_err(e, ERR_OK);
    assert_int_equal(count_in(said, "\"event\":\"log_lost\",\"file\":\"/dev/full\""), 1);
    assert_int_equal(count_in(said, "hello"), 1);
    remove_log_folder(folder);
}

static void test_a_log_that_root_makes_belongs_to_the_owner_of_the_data(void **state)
{
    (void)state;
    char folder[] = "/tmp/menshen-unit-XXXXXX", path[64];
    struct log log;
    struct stat st;
    if (geteuid() != 0)
        skip();
    make_log_folder(folder, path, sizeof path);
    assert_int_equal(chown(folder, 1234, 2345), 0);
    static const char *const like[] = {NULL, "/no/such/folder", "/tmp", "."};
    for (size_t i = 0; i < 2; i++) {
        assert_err(log_open(&log, path, like[i]), ERR_OK);
        log_close(&log);
        assert_true(stat(path, &st) == 0 && st.st_uid == 1234 && st.st_gid == 2345);
        unlink(path);
    }
    assert_err(log_open(&log, path, "/tmp"), ERR_OK);
    log_close(&log);
    assert_true(stat(path, &st) == 0 && st.st_uid == 0);
    assert_err(log_open(&log, path, folder), ERR_OK); /* it is there already, and stays whose it is */
    log_close(&log);
    assert_true(stat(path, &st) == 0 && st.st_uid == 0);
    remove_log_folder(folder);
}

/* ---- Lines that strangers cause ---------------------------------------------------------------------- */

static void test_a_gate_counts_by_kind_and_minute(void **state)
{
    (void)state;
    struct log_gate g = {0};
    bool is_new;
    assert_int_equal(log_gate_turn(&g, 59), 0);
    *log_gate_lines(&g, "a", "x", &is_new) = 5;
    assert_true(is_new);
    assert_int_equal(*log_gate_lines(&g, "a", "y", &is_new), 0);
    assert_int_equal(*log_gate_lines(&g, "b", "x", &is_new), 0);
    assert_int_equal(*log_gate_lines(&g, "a", "x", &is_new), 5);
    /* A name is somebody else's memory, and may be gone by the next time. */
    char gone[80];
    memset(gone, 'n', sizeof gone - 1);
    gone[sizeof gone - 1] = '\0';
    *log_gate_lines(&g, "a", gone, &is_new) = 7;
    assert_true(is_new);
    memset(gone, 'm', sizeof gone - 1);
    assert_int_equal(*log_gate_lines(&g, "a", gone, &is_new), 0);
    assert_true(is_new);
    memset(gone, 'n', sizeof gone - 1);
    assert_int_equal(*log_gate_lines(&g, "a", gone, &is_new), 7);
    assert_false(is_new);
    g.left_out = 3;
    assert_int_equal(log_gate_turn(&g, 58), 0);
    assert_int_equal(log_gate_turn(&g, 60), 3);
    assert_int_equal(*log_gate_lines(&g, "a", "x", &is_new), 0);
    assert_true(is_new);
    assert_int_equal(log_gate_turn(&g, 0), 0);
}

static void test_a_gate_with_more_kinds_than_it_knows(void **state)
{
    (void)state;
    static char names[LOG_GATE_KINDS + 5][8];
    struct log_gate g = {0};
    bool is_new;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        ++*log_gate_lines(&g, "e", names[i], &is_new);
        assert_int_equal(is_new, i < LOG_GATE_KINDS);
    }
    assert_int_equal(*log_gate_lines(&g, "e", "new", &is_new), 6);
}

static void test_a_gate_recalls_what_the_log_says(void **state)
{
    (void)state;
    static const char tail[] =
        "ime\":\"2026-01-31T12:59:00Z\",\"event\":\"e\",\"error\":\"x\"}\n"
        "{\"time\":\"2026-01-31T12:58:59Z\",\"level\":\"info\",\"event\":\"e\",\"error\":\"x\"}\n"
        "{\"time\":\"2026-01-31T12:59:01Z\",\"level\":\"info\",\"event\":\"e\",\"error\":\"x\"}\n"
        "{\"time\":\"2026-01-31T12:59:02Z\",\"level\":\"info\",\"event\":\"e\",\"error\":\"y\"}\n"
        "{\"time\":\"2026-01-31T12:59:03Z\",\"level\":\"info\",\"event\":\"f\",\"error\":\"x\"}\n"
        "{\"time\":\"2026-01-31T12:59:04Z\",\"level\":\"info\",\"event\":\"f\",\"error\":\"y\","
        "\"path\":\",\\\"event\\\":\\\"e\\\",\\\"error\\\":\\\"x\\\"\"}\n"
        "{\"time\":\"2026-01-31T12:59:05Z\",\"level\":\"info\",\"event\":\"e\",\"error\":\"x\"}";
    assert_int_equal(log_gate_recall(tail, sizeof tail - 1, "{\"time\":\"2026-01-31T12:59", "e", "x"), 2);
    assert_int_equal(log_gate_recall(tail, sizeof tail - 1, "{\"time\":\"2026-01-31T12:59", "f", "z"), 0);
    assert_int_equal(log_gate_recall(tail, 0, "{", "e", "x"), 0);
}

/* In one process and in many that write one line each, as plain CGI does. */
static void test_what_strangers_cause_is_bounded(void **state)
{
    (void)state;
    for (int processes = 0; processes < 2; processes++) {
        char folder[] = "/tmp/menshen-unit-XXXXXX", path[64];
        struct log log;
        int64_t minute;
        make_log_folder(folder, path, sizeof path);
        do { /* again, if a minute ends meanwhile */
            unlink(path);
            minute = clock_now_s() / 60;
            assert_err(log_open(&log, path, NULL), ERR_OK);
            for (int i = 0; i < 100; i++) {
                LOG_SOME(&log, ERR_LEVEL_INFO, "refused", LOG_S("error", "x"), LOG_N("n", i));
                if (processes == 1) {
                    log_close(&log);
                    assert_err(log_open(&log, path, NULL), ERR_OK);
                }
            }
            LOG_SOME(&log, ERR_LEVEL_INFO, "refused", LOG_S("error", "y"), LOG_N("n", 100));
            log_close(&log);
        } while (clock_now_s() / 60 != minute);
        assert_int_equal(count_in(path, "\"error\":\"x\",\"n\":"), LOG_GATE_LINES);
        assert_int_equal(count_in(path, "\"error\":\"x\",\"note\":"), 1);
        assert_int_equal(count_in(path, "\"error\":\"y\",\"n\":100}"), 1);
        assert_int_equal(count_in(path, "\"lines_left_out\",\"count\":79}"), processes == 0);
        assert_int_equal(count_in(path, "\n"), LOG_GATE_LINES + 2 + (processes == 0)); /* and nothing else */
        remove_log_folder(folder);
    }
}

/* ---- Terminals ---- */

static void test_what_controls_a_terminal_is_written_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed, *json;
    } cases[] = {
        {"\u5F20\u4E09, li-si\uFF0C\u00E9", "\u5F20\u4E09, li-si\uFF0C\u00E9",
         "\u5F20\u4E09, li-si\uFF0C\u00E9"},
        {"\033[2J", "\\x1B[2J", "\\u001b[2J"},
        {"a\r\tb\x7F", "a\\x0D\\x09b\\x7F", "a\\u000d\\u0009b\\u007f"},
        {"a\nb", "a\nb", "a\\u000ab"},
        {"\xC2\x9B"
         "2J",
         "\\u009B2J", "\\u009b2J"}, /* CSI in one character */
        {"a\u202Eb\u2066", "a\\u202Eb\\u2066", "a\\u202eb\\u2066"},
        {"\u200B\uFEFF\u2028", "\\u200B\\uFEFF\\u2028", "\\u200b\\ufeff\\u2028"},
        {"\U000E0041", "\\U000E0041", "\U000E0041"},
        {"\u201C\u2026\u00B7\u0627", "\u201C\u2026\u00B7\u0627", "\u201C\u2026\u00B7\u0627"},
        {"a\xFF\xE5", "a\\xFF\\xE5", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf printed, json;
        buf_init(&printed);
        buf_init(&json);
        printable_add(&printed, cases[i].text, strlen(cases[i].text), "\n");
        assert_string_equal(buf_str(&printed), cases[i].printed);
        codec_json_escape(&json, cases[i].text, strlen(cases[i].text));
        if (cases[i].json != NULL)
            assert_string_equal(buf_str(&json), cases[i].json);
        buf_free(&printed);
        buf_free(&json);
    }
}

/* ---- Accounts ---- */

static void test_accounts_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *canonical, *folded;
    } cases[] = {
        {"zhang", "zhang", "zhang"},
        {"Zhang", "Zhang", "zhang"},
        {" \tzhang\n\u00A0\u3000", "zhang", "zhang"},
        {"li si", "li si", "li si"},
        {"e\u0301lan", "\u00E9lan", "\u00E9lan"},
        {"\uFF3A\uFF48\uFF41\uFF4E\uFF47", "\uFF3A\uFF48\uFF41\uFF4E\uFF47", "zhang"},
        {"zhang\u200B", "zhang\u200B", "zhang"},
        {"STRASSE", "STRASSE", "strasse"},
        {"stra\u00DFe", "stra\u00DFe", "strasse"},
        {"\u5F20\u4E09", "\u5F20\u4E09", "\u5F20\u4E09"},
        {"\uF91E", "\u721B", "\u721B"}, /* a compatibility ideograph is the same even in NFC */
        {"   ", "", ""},
        {"", "", ""},
    };
    char out[ACCOUNT_CAP], folded[ACCOUNT_FOLDED_CAP];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(account_canonical(cases[i].typed, out));
        assert_string_equal(out, cases[i].canonical);
        assert_true(account_fold(cases[i].typed, folded));
        assert_string_equal(folded, cases[i].folded);
        assert_true(account_fold(out, folded));
        assert_string_equal(folded, cases[i].folded);
    }
    char longest[4096];
    for (size_t i = 0; i < 42; i++)
        memcpy(longest + 3 * i, "\uFDFA", 4); /* one becomes eighteen */
    assert_true(account_fold(longest, folded));
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(account_canonical(longest, out));
    assert_false(account_fold(longest, folded));
    assert_false(account_canonical("\xff", out));
    assert_string_equal(out, "");
}

static void test_what_no_account_may_have(void **state)
{
    (void)state;
    static const char *const good[] = {"zhang", "li si", "\u5F20\u4E09", "a@b.cn", "\U00020000", "jos\u00E9"};
    static const struct {
        const char *account, *fault;
    } bad[] = {
        {"", "empty"},
        {" a", "a blank at its begin or end"},
        {"a ", "a blank at its begin or end"},
        {"a\u3000", "a blank that is not the usual one"},
        {"a\u00A0b", "a blank that is not the usual one"},
        {"a\u2028b", "a blank that is not the usual one"},
        {"a\033[2Jb", "a control character"},
        {"a\xC2\x9B"
         "b",
         "a control character"},
        {"a\u200Bb", "an invisible character"},
        {"a\u202Eb", "an invisible character"},
        {"a\uFEFFb", "an invisible character"},
        {"a\u00ADb", "an invisible character"},
        {"a\u3164b", "an invisible character"},
        {"a\uFE0Fb", "an invisible character"},
        {"a\u2800b", "an invisible character"},
        {"a\U000E0041b", "an invisible character"},
        {"a\xff", "invalid UTF-8"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_case(account_fault(good[i]) == NULL, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_non_null(account_fault(bad[i].account));
        assert_string_equal(account_fault(bad[i].account), bad[i].fault);
    }
    char longest[ACCOUNT_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[ACCOUNT_MAX + 1] = '\0';
    assert_string_equal(account_fault(longest), "longer than 128 bytes");
    longest[ACCOUNT_MAX] = '\0';
    assert_null(account_fault(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_outcome_has_a_row),
        cmocka_unit_test(test_what_controls_a_terminal_is_written_out),
        cmocka_unit_test(test_accounts_have_one_form),
        cmocka_unit_test(test_what_no_account_may_have),
        cmocka_unit_test(test_buf_appends_and_terminates),
        cmocka_unit_test(test_buf_grows_and_keeps_its_content),
        cmocka_unit_test(test_buf_remembers_its_first_failure),
        cmocka_unit_test(test_arena_gives_zeroed_aligned_memory_up_to_its_cap),
        cmocka_unit_test(test_arena_refuses_what_is_beyond_its_cap),
        cmocka_unit_test(test_arena_copies_texts),
        cmocka_unit_test(test_secure_compares_and_wipes),
        cmocka_unit_test(test_base64_known_vectors),
        cmocka_unit_test(test_base64_refuses),
        cmocka_unit_test(test_base64_round_trips),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_percent_decoding),
        cmocka_unit_test(test_utf8_validation),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_uuid7),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_random_texts_use_their_whole_alphabet_evenly),
        cmocka_unit_test(test_random_bytes_differ),
        cmocka_unit_test(test_dates_follow_the_zone),
        cmocka_unit_test(test_times_with_their_offset),
        cmocka_unit_test(test_addresses_have_one_form),
        cmocka_unit_test(test_the_network_of_an_address),
        cmocka_unit_test(test_addresses_in_lists),
        cmocka_unit_test(test_lists_of_addresses),
        cmocka_unit_test(test_the_client_behind_proxies),
        cmocka_unit_test(test_no_value_starts_a_line_of_its_own),
        cmocka_unit_test(test_what_is_no_clean_text_is_escaped),
        cmocka_unit_test(test_a_log_file_is_private_and_appended_to),
        cmocka_unit_test(test_a_log_that_was_renamed_is_made_anew),
        cmocka_unit_test(test_a_log_that_cannot_be_opened_goes_to_stderr_until_it_can),
        cmocka_unit_test(test_a_log_on_a_full_disk_goes_to_stderr),
        cmocka_unit_test(test_a_log_that_root_makes_belongs_to_the_owner_of_the_data),
        cmocka_unit_test(test_a_gate_counts_by_kind_and_minute),
        cmocka_unit_test(test_a_gate_with_more_kinds_than_it_knows),
        cmocka_unit_test(test_a_gate_recalls_what_the_log_says),
        cmocka_unit_test(test_what_strangers_cause_is_bounded),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
