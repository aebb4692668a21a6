/*
 * base/json_in and base/json_out: what is written byte for byte, what is read, and every way of being
 * refused.
 */
#include "unit.h"

#include "base/json_in.h"
#include "base/json_out.h"

/* ---- Writing ---- */

static void test_members_come_out_in_their_order(void **state)
{
    (void)state;
    struct buf b;
    struct json_out j;
    buf_init(&b);
    json_out_init(&j, &b);
    json_open_object(&j, NULL);
    json_str(&j, "s", "a\"门");
    json_str(&j, "none", NULL);
    json_int(&j, "n", INT64_MIN);
    json_bool(&j, "yes", true);
    json_bool(&j, "no", false);
    json_open_array(&j, "list");
    json_int(&j, NULL, 1);
    json_open_object(&j, NULL);
    json_close_object(&j);
    json_close_array(&j);
    json_list(&j, "words", "a,b,,c");
    json_list(&j, "empty", "");
    json_base64(&j, "image", "data:image/png;base64,", "foob", 4);
    json_null(&j, "last");
    json_close_object(&j);
    assert_string_equal(
        buf_str(&b), "{\"s\":\"a\\\"门\",\"none\":null,\"n\":-9223372036854775808,\"yes\":true,\"no\":false,"
                     "\"list\":[1,{}],\"words\":[\"a\",\"b\",\"c\"],\"empty\":[],"
                     "\"image\":\"data:image/png;base64,Zm9vYg==\",\"last\":null}");
    assert_int_equal(j.depth, 0);
    buf_free(&b);
}

/* ---- Reading ---- */

static enum json_fault fault_of(const char *text, size_t len)
{
    struct json_object *root = NULL;
    enum json_fault fault = JSON_FINE;
    enum err e = json_in_parse(text, len, &root, &fault);
    assert_true((e == ERR_OK) == (fault == JSON_FINE));
    assert_true(e == ERR_OK || (e == ERR_BAD_REQUEST && root == NULL));
    json_in_free(root);
    return fault;
}

static void test_what_is_refused_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_fault fault;
    } cases[] = {
        {"{}", JSON_FINE},
        {" \t\r\n{ \"a\" : 1 } \n", JSON_FINE},
        {"{\"a\":\"x:y:{\\\":\"}", JSON_FINE},
        {"{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}", JSON_FINE},
        {"{\"a\":\"\\\\u0000\"}", JSON_FINE}, /* a backslash, and the text u0000 */
        {"", JSON_MALFORMED},
        {" ", JSON_MALFORMED},
        {"{", JSON_MALFORMED},
        {"{\"a\":}", JSON_MALFORMED},
        {"{\"a\":1,}", JSON_MALFORMED},
        {"{a:1}", JSON_MALFORMED},
        {"{'a':1}", JSON_MALFORMED},
        {"{\"a\":NaN}", JSON_MALFORMED},
        {"{\"a\":Infinity}", JSON_MALFORMED},
        {"{\"a\":-Infinity}", JSON_MALFORMED},
        {"{\"a\":1}x", JSON_MALFORMED},
        {"{\"a\":1}{}", JSON_MALFORMED},
        {"{\"a\":1} /* */", JSON_MALFORMED},
        {"/**/{\"a\":1}", JSON_MALFORMED},
        {"{\"a\":[0,-0.5,1.5e+3,2E9]}", JSON_FINE},
        {"{\"a\":01}", JSON_MALFORMED},
        {"{\"a\":-01}", JSON_MALFORMED},
        {"{\"a\":1.}", JSON_MALFORMED},
        {"{\"a\":.5}", JSON_MALFORMED},
        {"{\"a\":1e}", JSON_MALFORMED},
        {"{\"a\":-}", JSON_MALFORMED},
        {"{\"a\":+1}", JSON_MALFORMED},
        {"{\"a\":tru}", JSON_MALFORMED},
        {"{\"a\":True}", JSON_MALFORMED},
        {"{\"a\":\"x\ny\"}", JSON_MALFORMED},
        {"{\"a\":\"\\x\"}", JSON_MALFORMED},
        {"{\"a\":\"x", JSON_MALFORMED},
        {"[]", JSON_NOT_OBJECT},
        {"[{}]", JSON_NOT_OBJECT},
        {"\"text\"", JSON_NOT_OBJECT},
        {"{\"a\":1,\"a\":1}", JSON_DUPLICATE},
        {"{\"a\":1,\"b\":2,\"\\u0061\":3}", JSON_DUPLICATE},
        {"{\"o\":{\"a\":1,\"a\":2}}", JSON_DUPLICATE},
        {"{\"o\":[{\"a\":1,\"a\":2}]}", JSON_DUPLICATE},
        {"{\"a\":\"x\\u0000y\"}", JSON_NUL},
        {"{\"a\\u0000b\":1}", JSON_NUL},
        {"{\"a\":\"\\ud83d\\ude00\"}", JSON_FINE},
        {"{\"a\":\"\\ud83d\"}", JSON_UTF8},
        {"{\"a\":\"\\ud83d\\u0041\"}", JSON_UTF8},
        {"{\"a\":\"\\ude00\"}", JSON_UTF8},
        {"{\"a\":\"\xff\"}", JSON_UTF8},
        {"{\"a\":\"\xed\xa0\x80\"}", JSON_UTF8},
        {"{\"a\":\"\xc0\x80\"}", JSON_UTF8},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum json_fault fault = fault_of(cases[i].text, strlen(cases[i].text));
        assert_case(fault == cases[i].fault, "%s: fault %d, expected %d", cases[i].text, (int)fault,
                    (int)cases[i].fault);
    }
    assert_int_equal(fault_of("{\"a\":1}\0", 8), JSON_NUL);
    assert_int_equal(fault_of("{\"a\":\"x\0y\"}", 11), JSON_NUL);
}

/* `depth` objects within each other; the innermost holds `inner`. */
static enum json_fault fault_at_depth(int depth, const char *inner)
{
    struct buf b;
    buf_init(&b);
    for (int i = 1; i < depth; i++)
        buf_add_str(&b, "{\"a\":");
    buf_add_str(&b, inner);
    for (int i = 1; i < depth; i++)
        buf_add_char(&b, '}');
    enum json_fault fault = fault_of(buf_str(&b), b.len);
    buf_free(&b);
    return fault;
}

static void test_nesting_has_a_limit(void **state)
{
    (void)state;
    assert_int_equal(fault_at_depth(JSON_DEPTH_MAX, "{}"), JSON_FINE);
    assert_int_equal(fault_at_depth(JSON_DEPTH_MAX, "{\"a\":\"text\"}"), JSON_FINE);
    assert_int_equal(fault_at_depth(JSON_DEPTH_MAX + 1, "{}"), JSON_DEPTH);
    assert_int_equal(fault_at_depth(JSON_DEPTH_MAX + 1, "[]"), JSON_DEPTH);
    assert_int_equal(fault_at_depth(30000, "{}"), JSON_DEPTH);
}

static void test_a_text_need_not_be_terminated(void **state)
{
    (void)state;
    char *text = malloc(7); /* the sanitizer watches its end */
    assert_non_null(text);
    memcpy(text, "{\"a\":1}", 7);
    assert_int_equal(fault_of(text, 7), JSON_FINE);
    assert_int_equal(fault_of(text, 6), JSON_MALFORMED);
    assert_int_equal(fault_of(text, 0), JSON_MALFORMED);
    free(text);
}

static void test_members_are_typed(void **state)
{
    (void)state;
    static const char text[] =
        "{\"s\":\"门\",\"n\":42,\"big\":99999999999999999999,\"z\":null,\"f\":1.5,\"e\":\"\"}";
    struct json_object *root = NULL;
    enum json_fault fault;
    const char *s = NULL;
    int64_t n = 7;
    assert_err(json_in_parse(text, strlen(text), &root, &fault), ERR_OK);
    assert_err(json_in_str(root, "s", &s), ERR_OK);
    assert_string_equal(s, "门");
    assert_err(json_in_str(root, "e", &s), ERR_OK);
    assert_string_equal(s, "");
    assert_err(json_in_str(root, "z", &s), ERR_OK);
    assert_null(s);
    assert_err(json_in_str(root, "absent", &s), ERR_OK);
    assert_null(s);
    assert_err(json_in_str(root, "n", &s), ERR_BAD_REQUEST);
    assert_err(json_in_int(root, "absent", &n), ERR_NOT_FOUND);
    assert_err(json_in_int(root, "s", &n), ERR_BAD_REQUEST);
    assert_err(json_in_int(root, "f", &n), ERR_BAD_REQUEST);
    assert_err(json_in_int(root, "z", &n), ERR_BAD_REQUEST);
    assert_int_equal(n, 7);
    assert_err(json_in_int(root, "n", &n), ERR_OK);
    assert_int_equal(n, 42);
    json_in_free(root);
    json_in_free(NULL);
}

static enum err list_member(void *ctx, const char *name, const char *value, bool is_string)
{
    buf_addf(ctx, "%s=%s/%d ", name, value != NULL ? value : "NULL", is_string);
    return strcmp(name, "stop") == 0 ? ERR_FULL : ERR_OK;
}

static void test_members_are_listed_in_order(void **state)
{
    (void)state;
    static const char text[] = "{\"b\":\"1\",\"a\":null,\"n\":3,\"stop\":[],\"never\":\"x\"}";
    struct json_object *root = NULL;
    enum json_fault fault;
    struct buf seen;
    buf_init(&seen);
    assert_err(json_in_parse(text, strlen(text), &root, &fault), ERR_OK);
    assert_err(json_in_members(root, list_member, &seen), ERR_FULL);
    assert_string_equal(buf_str(&seen), "b=1/1 a=NULL/1 n=NULL/0 stop=NULL/0 ");
    json_in_free(root);
    buf_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_come_out_in_their_order),
        cmocka_unit_test(test_what_is_refused_and_why),
        cmocka_unit_test(test_nesting_has_a_limit),
        cmocka_unit_test(test_a_text_need_not_be_terminated),
        cmocka_unit_test(test_members_are_typed),
        cmocka_unit_test(test_members_are_listed_in_order),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
