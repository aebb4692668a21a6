/* FastCGI requests that arrive in whatever pieces, and what is no request. */
#include "unit.h"

#include "server/intake.h"
#include "server/pace.h"

enum { BEGIN = 1, ABORT = 2, PARAMS = 4, STDIN = 5, GET_VALUES = 9 };

static void add_record(struct buf *b, int type, int id, const char *content, size_t len, int padding)
{
    const unsigned char header[8] = {1,
                                     (unsigned char)type,
                                     (unsigned char)(id >> 8),
                                     (unsigned char)id,
                                     (unsigned char)(len >> 8),
                                     (unsigned char)len,
                                     (unsigned char)padding,
                                     0};
    buf_add(b, header, sizeof header);
    buf_add(b, content, len);
    buf_add(b, "paddingpadding", (size_t)padding);
}

static void add_text(struct buf *b, int type, const char *content, int padding)
{
    add_record(b, type, 7, content, strlen(content), padding);
}

/* A request with the variable A=B and a body in two records. */
static void add_request(struct buf *b)
{
    add_record(b, BEGIN, 7, "\0\1\0\0\0\0\0\0", 8, 0);
    add_text(b, PARAMS, "\1\1AB", 4);
    add_text(b, PARAMS, "", 0);
    add_text(b, STDIN, "hello ", 2);
    add_text(b, STDIN, "world", 3);
    add_text(b, STDIN, "", 0);
}

static void test_a_request_in_pieces_of_every_size(void **state)
{
    (void)state;
    struct buf sent = {0};
    struct intake in;
    add_request(&sent);
    for (size_t piece = 1; piece <= sent.len; piece++) {
        intake_init(&in, 100);
        for (size_t at = 0; at < sent.len; at += piece) {
            assert_true(in.state < INTAKE_DONE);
            intake_add(&in, sent.data + at, sent.len - at < piece ? sent.len - at : piece);
        }
        assert_int_equal(in.state, INTAKE_DONE);
        assert_string_equal(buf_str(&in.body), "hello world");
        assert_int_equal(in.head.len, 8 + 8 + 8 + 4 + 4 + 8);
        assert_memory_equal(in.head.data, sent.data, in.head.len);
        intake_free(&in);
    }
    buf_free(&sent);
}

static void test_the_head_is_known_before_the_body(void **state)
{
    (void)state;
    struct buf sent = {0};
    struct intake in;
    intake_init(&in, 100);
    add_record(&sent, BEGIN, 7, "\0\1\0\0\0\0\0\0", 8, 0);
    add_text(&sent, PARAMS, "", 0);
    intake_add(&in, sent.data, sent.len - 1);
    assert_int_equal(in.state, INTAKE_HEAD);
    intake_add(&in, sent.data + sent.len - 1, 1);
    assert_int_equal(in.state, INTAKE_BODY);
    intake_free(&in);
    buf_free(&sent);
}

static void test_a_body_is_taken_up_to_its_limit(void **state)
{
    (void)state;
    struct buf sent = {0};
    add_request(&sent);
    for (size_t max = 1; max <= 12; max++) {
        struct intake in;
        intake_init(&in, max);
        intake_add(&in, sent.data, sent.len);
        assert_int_equal(in.state, max <= 11 ? INTAKE_FULL : INTAKE_DONE);
        assert_int_equal(in.body.len, max <= 11 ? max : 11);
        intake_add(&in, sent.data, sent.len);
        assert_int_equal(in.body.len, max <= 11 ? max : 11);
        intake_free(&in);
    }
    buf_free(&sent);
}

static void test_the_next_request_of_a_connection(void **state)
{
    (void)state;
    struct buf sent = {0};
    struct intake in;
    intake_init(&in, 100);
    assert_true(intake_is_empty(&in));
    add_request(&sent);
    add_request(&sent);
    intake_add(&in, sent.data, sent.len - 3);
    assert_int_equal(in.state, INTAKE_DONE);
    intake_next(&in);
    assert_int_equal(in.state, INTAKE_BODY);
    intake_add(&in, sent.data + sent.len - 3, 3);
    assert_int_equal(in.state, INTAKE_DONE);
    assert_string_equal(buf_str(&in.body), "hello world");
    intake_next(&in);
    assert_true(intake_is_empty(&in) && in.state == INTAKE_HEAD);
    intake_free(&in);
    buf_free(&sent);
}

/* Variables may be cut into records anywhere, their lengths too. */
static void test_variables_over_several_records(void **state)
{
    (void)state;
    static const char pairs[] = "\x80\0\0\1\0A\1\1BC\0\0\2\x80\0\0\3DEfgh";
    for (size_t cut = 1; cut < sizeof pairs - 1; cut++) {
        struct buf sent = {0};
        struct intake in;
        intake_init(&in, 100);
        add_record(&sent, BEGIN, 7, "\0\1\0\0\0\0\0\0", 8, 0);
        add_record(&sent, PARAMS, 7, pairs, cut, 1);
        add_record(&sent, PARAMS, 7, pairs + cut, sizeof pairs - 1 - cut, 0);
        add_text(&sent, PARAMS, "", 0);
        intake_add(&in, sent.data, sent.len);
        assert_case(in.state == INTAKE_BODY, "cut at %zu", cut);
        intake_free(&in);
        buf_free(&sent);
    }
}

/* What FastCGI leaves to either side: a web server may ask for values, and nothing depends on the answer. */
static void test_records_of_no_request_are_passed_over(void **state)
{
    (void)state;
    struct buf sent = {0};
    struct intake in;
    intake_init(&in, 100);
    add_record(&sent, GET_VALUES, 0, "\x0e\0FCGI_MAX_CONNS", 16, 0);
    add_request(&sent);
    intake_add(&in, sent.data, sent.len);
    assert_int_equal(in.state, INTAKE_DONE);
    intake_free(&in);
    buf_free(&sent);
}

static void make_bad(struct buf *b, int which)
{
    static char wide[60000];
    if (which > 1)
        add_record(b, BEGIN, 7, "\0\1\0\0\0\0\0\0", 8, 0);
    switch (which) {
    case 0:
        buf_add_str(b, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        break;
    case 1:
        add_text(b, PARAMS, "\1\1AB", 0); /* of no request that has begun */
        break;
    case 2:
        add_record(b, BEGIN, 8, "\0\1\0\0\0\0\0\0", 8, 0); /* several at once */
        break;
    case 3:
        add_text(b, STDIN, "early", 0);
        break;
    case 4:
        add_text(b, PARAMS, "", 0);
        add_record(b, ABORT, 7, "", 0, 0);
        break;
    case 6:
        add_text(b, PARAMS, "\1\2AB", 0);
        add_text(b, PARAMS, "", 0);
        break;
    case 7:
        add_record(b, PARAMS, 7, "\xbf\xff\xff\xff\xbf\xff\xff\xff", 8, 0); /* 1 GiB each */
        add_text(b, PARAMS, "", 0);
        break;
    case 8:
        add_record(b, PARAMS, 7, "\x80\0", 2, 0);
        add_text(b, PARAMS, "", 0);
        break;
    case 9:
        add_text(b, PARAMS, "\1", 0);
        add_text(b, PARAMS, "", 0);
        break;
    case 5:
        for (int i = 0; i < 3; i++)
            add_record(b, PARAMS, 7, wide, sizeof wide, 0);
        break;
    }
}

static void test_what_is_no_request_is_bad(void **state)
{
    (void)state;
    for (int which = 0; which < 10; which++) {
        struct buf sent = {0};
        struct intake in;
        intake_init(&in, 100);
        make_bad(&sent, which);
        intake_add(&in, sent.data, sent.len);
        assert_case(in.state == INTAKE_BAD, "case %d: state %d", which, (int)in.state);
        intake_add(&in, sent.data, sent.len);
        assert_int_equal(in.state, INTAKE_BAD);
        intake_clear(&in);
        assert_true(in.state == INTAKE_HEAD && intake_is_empty(&in));
        intake_free(&in);
        buf_free(&sent);
    }
}

/* A worker that was flooded once does not stay as large as that for good; the usual request's memory stays. */
static void test_how_much_memory_is_kept(void **state)
{
    static const char head[60000], body[60000];
    struct buf sent = {0};
    struct intake in;
    (void)state;
    intake_init(&in, sizeof body + 1);
    add_record(&sent, BEGIN, 7, "\0\1\0\0\0\0\0\0", 8, 0);
    add_record(&sent, PARAMS, 7, head, sizeof head, 0);
    add_text(&sent, PARAMS, "", 0);
    add_record(&sent, STDIN, 7, body, sizeof body, 0);
    intake_add(&in, sent.data, sent.len);
    assert_int_equal(in.state, INTAKE_BODY);
    assert_true(in.raw.cap > INTAKE_KEPT && in.head.cap > INTAKE_KEPT && in.body.cap > INTAKE_KEPT);
    intake_clear(&in);
    assert_true(in.raw.cap <= INTAKE_KEPT && in.head.cap <= INTAKE_KEPT && in.body.cap <= INTAKE_KEPT);
    buf_clear(&sent);
    add_request(&sent);
    intake_add(&in, sent.data, sent.len);
    assert_string_equal(buf_str(&in.body), "hello world");
    intake_clear(&in);
    assert_true(in.raw.cap > 0 && in.head.cap > 0 && in.body.cap > 0);
    intake_free(&in);
    buf_free(&sent);
}

static void test_how_long_a_request_may_take(void **state)
{
    (void)state;
    const struct {
        int64_t bytes, s;
    } cases[] = {{0, 10}, {499, 10}, {500, 11}, {5000, 20}, {25000, 60}, {65536, 60}, {INT64_MAX, 60}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pace p = {.start_us = 5, .bytes = cases[i].bytes};
        assert_int_equal(pace_deadline_us(&p), 5 + cases[i].s * 1000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_in_pieces_of_every_size),
        cmocka_unit_test(test_the_head_is_known_before_the_body),
        cmocka_unit_test(test_a_body_is_taken_up_to_its_limit),
        cmocka_unit_test(test_the_next_request_of_a_connection),
        cmocka_unit_test(test_variables_over_several_records),
        cmocka_unit_test(test_records_of_no_request_are_passed_over),
        cmocka_unit_test(test_what_is_no_request_is_bad),
        cmocka_unit_test(test_how_much_memory_is_kept),
        cmocka_unit_test(test_how_long_a_request_may_take),
    };
    return cmocka_run_group_tests_name("intake", tests, NULL, NULL);
}
