/*
 * base/origin: what a browser can send as Origin, and what looks like it but never matches.
 */
#include "unit.h"

#include "base/origin.h"

static void test_what_browsers_send(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "",
        "https://app.example",
        "http://localhost:8080",
        "https://app.example, http://localhost:8080",
        "https://app.example,http://localhost:8080",
        "https://a.b-c.example:8443",
        "http://10.0.0.7",
        "http://[::1]:3000",
        "https://[2001:db8::1]",
        "http://app_1.intranet:65535",
        "https://xn--fsq.example",
        "http://app.example:443",
        "https://app.example:80",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_case(origin_list_ok(lists[i]), "%s", lists[i]);
}

static void test_what_is_no_origin(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "*",
        "null",
        "https://*",
        "https://*.example",
        "app.example",
        "//app.example",
        "https://",
        "https:app.example",
        "://app.example",
        "https://app.example/",
        "https://app.example/auth",
        "https://app.example?x",
        "https://app.example#x",
        "https://me@app.example",
        "https://me:secret@app.example",
        "HTTPS://app.example",
        "https://App.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:",
        "https://app.example:0",
        "https://app.example:080",
        "https://app.example:65536",
        "https://app.example:8080x",
        "https://app.example:8080:1",
        "https://\xE9\x97\xA8.example",
        "https://[::1",
        "https://[]",
        "https://[::1]x",
        "https://[::G]",
        "file://",
        "file://localhost",
        "1http://app.example",
        "https://app.example http",
        "https://app.example;https://b.example",
        "https://app.example, null",
        "data, https://app.example",
    };
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        assert_case(!origin_list_ok(lists[i]), "%s", lists[i]);
}

static void test_only_the_very_origin_matches(void **state)
{
    (void)state;
    static const char list[] = "https://app.example, http://localhost:8080";
    static const char *const others[] = {
        "",
        ",",
        "https://app.example,",
        "https://app.exampl",
        "https://app.example:8080",
        "http://localhost",
        "http://localhost:808",
        "http://localhost:80800",
        "https://app.example, http://localhost:8080",
        "null",
    };
    assert_true(origin_in_list("https://app.example", list));
    assert_true(origin_in_list("http://localhost:8080", list));
    assert_false(origin_in_list("https://app.example", ""));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_case(!origin_in_list(others[i], list), "%s", others[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_browsers_send),
        cmocka_unit_test(test_what_is_no_origin),
        cmocka_unit_test(test_only_the_very_origin_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
