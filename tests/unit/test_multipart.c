/*
 * http/multipart: bodies in the form in which browsers and other clients write them (RFC 7578 §4), and everything
 * that is refused.
 */
#include "unit.h"

#include "base/arena.h"
#include "http/multipart.h"
#include "http/params.h"

#define TYPE     "multipart/form-data; boundary=B"
#define FIELD(N) "Content-Disposition: form-data; name=\"" N "\"\r\n\r\n"
#define A_IS_B   "--B\r\n" FIELD("a") "b\r\n--B--\r\n"

/* "name=value&…" of all fields; what was wrong in *detail. */
static enum err read_all(const char *type, const char *body, size_t len, char out[4096], enum detail *detail)
{
    struct multipart m;
    const char *name = NULL, *value = NULL;
    char *copy = malloc(len + 1); /* of the very size: a byte read beyond it is found */
    memcpy(copy, body, len);
    copy[len] = '\0';
    out[0] = '\0';
    *detail = DETAIL_MULTIPART;
    enum err e = multipart_open(&m, type, copy, len, NULL);
    while (e == ERR_OK && (e = multipart_next(&m, &name, &value, detail)) == ERR_OK && name != NULL) {
        size_t used = strlen(out);
        snprintf(out + used, 4096 - used, "%s%s=%s", used > 0 ? "&" : "", name, value);
    }
    if (e != ERR_OK && *detail == DETAIL_FILE)
        snprintf(out, 4096, "%s", name);
    free(copy);
    return e;
}

static void test_what_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body, *fields;
    } rows[] = {
        {TYPE, A_IS_B, "a=b"},
        {TYPE, "--B\r\n" FIELD("a") "b\r\n--B--", "a=b"}, /* without the last line's end */
        {TYPE, "--B--\r\n", ""},                          /* new FormData() */
        {TYPE, "--B\r\n" FIELD("a") "\r\n--B--\r\n", "a="},
        {TYPE, "--B\r\n" FIELD("a") "1\r\n--B\r\n" FIELD("b") "2\r\n--B--\r\n", "a=1&b=2"},
        /* Chromium and Firefox. */
        {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
         "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n" FIELD(
             "username") "admin\r\n"
                         "------WebKitFormBoundary7MA4YWxkTrZu0gW\r\n" FIELD(
                             "password") "p&=%41+\xE5\xBC\xA0\r\n"
                                         "------WebKitFormBoundary7MA4YWxkTrZu0gW--\r\n",
         "username=admin&password=p&=%41+\xE5\xBC\xA0"},
        /* curl -F: the boundary has more dashes, also in the body. */
        {"multipart/form-data; boundary=------------------------d74496d66958873e",
         "--------------------------d74496d66958873e\r\n" FIELD(
             "a") "--d74\r\n--\r\n"
                  "--------------------------d74496d66958873e--\r\n",
         "a=--d74\r\n--"},
        /* OkHttp. */
        {"multipart/form-data; boundary=b4c0a1c2-7d3e",
         "--b4c0a1c2-7d3e\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; "
         "charset=utf-8\r\nContent-Length: 1\r\n\r\nb\r\n--b4c0a1c2-7d3e--\r\n",
         "a=b"},
        /* Apache HttpClient. */
        {TYPE,
         "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: text/plain; charset=US-ASCII\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\nb\r\n--B--\r\n",
         "a=b"},
        /* Case, blanks, quotes. */
        {"Multipart/Form-Data;charset=utf-8;BOUNDARY=\"B\"", A_IS_B, "a=b"},
        {"multipart/form-data; boundary=\"a b:c\"", "--a b:c\r\n" FIELD("a") "b\r\n--a b:c--\r\n", "a=b"},
        {TYPE, "--B\r\ncontent-disposition:FORM-DATA ; NAME=a\r\n\r\nb\r\n--B--\r\n", "a=b"},
        /* A value that looks like a delimiter, but is not at the start of a line, or a bare line feed. */
        {TYPE, "--B\r\n" FIELD("a") "x--B--\r\n\n--B\r\n--B--\r\n", "a=x--B--\r\n\n--B"},
        {TYPE, "--B\r\n" FIELD("") "b\r\n--B--\r\n", "=b"},
        {TYPE, "--B\r\n" FIELD("a%22b") "c\r\n--B--\r\n", "a%22b=c"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char fields[4096];
        enum detail detail;
        enum err e = read_all(rows[i].type, rows[i].body, strlen(rows[i].body), fields, &detail);
        assert_case(e == ERR_OK && strcmp(fields, rows[i].fields) == 0, "row %zu: %s %s", i,
                    err_info(e)->name, fields);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
    } rows[] = {
        /* The boundary. */
        {"multipart/form-data", A_IS_B},
        {"multipart/form-data; boundary=", A_IS_B},
        {"multipart/form-data; boundary=\"\"", "--\r\n" FIELD("a") "b\r\n----\r\n"},
        {"multipart/form-data; boundary=C", A_IS_B},
        {"multipart/form-data; boundary=B; boundary=B", A_IS_B},
        {"multipart/form-data; boundary=\"B", A_IS_B},
        {"multipart/form-data; boundary=\"B \"", "--B \r\n" FIELD("a") "b\r\n--B --\r\n"},
        {"multipart/form-data; boundary=\"\\B\"", A_IS_B},
        {"multipart/form-data; boundary=B x", A_IS_B},
        {"multipart/form-data boundary=B", A_IS_B},
        {"multipart/form-datas; boundary=B", A_IS_B},
        {"multipart/form-data; boundary=B, multipart/form-data; boundary=C", A_IS_B},
        {"multipart/form-data; "
         "boundary=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB",
         "--BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB--\r\n"},
        /* The delimiters. */
        {TYPE, ""},
        {TYPE, "--"},
        {TYPE, "--B"},
        {TYPE, "--B\r\n"},
        {TYPE, "--B\n" FIELD("a") "b\r\n--B--\r\n"},
        {TYPE, "\r\n" A_IS_B},
        {TYPE, "preamble\r\n" A_IS_B},
        {TYPE, A_IS_B "epilogue"},
        {TYPE, A_IS_B A_IS_B},
        {TYPE, "--B \r\n" FIELD("a") "b\r\n--B--\r\n"},
        {TYPE, "--B\r\n" FIELD("a") "b\r\n--B\r\n"},
        {TYPE, "--B\r\n" FIELD("a") "b\r\n--B"},
        {TYPE, "--B\r\n" FIELD("a") "b\r\n--B-"},
        {TYPE, "--B\r\n" FIELD("a") "b\r\n--Bx\r\n--B--\r\n"},
        {TYPE, "--B\r\n" FIELD("a") "b"},
        {TYPE, "--B\r\n" FIELD("a") "b\n--B--\n"},
        {TYPE, "--B\r\n" FIELD("a") "--B--\r\n"},
        /* The headers of a part. */
        {TYPE, "--B\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Type: text/plain\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name*=utf-8''a\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\"; x=y\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\nb\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n" FIELD("b") "c\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Disposition: form-data;\r\n name=\"a\"\r\n\r\nb\r\n--B--\r\n"},
        {TYPE, "--B\r\nno header\r\n" FIELD("a") "b\r\n--B--\r\n"},
        /* Parts that are no text, or encoded. */
        {TYPE, "--B\r\nContent-Type: application/json\r\n" FIELD("a") "b\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Type: text/plain; charset=gbk\r\n" FIELD("a") "b\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n" FIELD("a") "b\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Transfer-Encoding: base64\r\n" FIELD("a") "Yg==\r\n--B--\r\n"},
        {TYPE, "--B\r\nContent-Transfer-Encoding: quoted-printable\r\n" FIELD("a") "=41\r\n--B--\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char fields[4096];
        enum detail detail;
        enum err e = read_all(rows[i].type, rows[i].body, strlen(rows[i].body), fields, &detail);
        assert_case(e == ERR_BAD_REQUEST && detail == DETAIL_MULTIPART, "row %zu: %s (%d) %s", i,
                    err_info(e)->name, (int)detail, fields);
    }
}

static void test_files_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: "
        "image/png\r\n\r\nx\r\n--B--\r\n",
        "--B\r\nContent-Disposition: form-data; filename=\"\"; name=\"photo\"\r\nContent-Type: "
        "application/octet-stream\r\n\r\n\r\n--B--\r\n",
        "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename*=UTF-8''a.txt\r\n\r\nx\r\n--B--\r\n",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        char name[4096];
        enum detail detail;
        assert_err(read_all(TYPE, bodies[i], strlen(bodies[i]), name, &detail), ERR_BAD_REQUEST);
        assert_case(detail == DETAIL_FILE && strcmp(name, "photo") == 0, "row %zu: %s", i, name);
    }
}

#define FILE_PART(NAME, HEAD, DATA)                                                                          \
    "--B\r\nContent-Disposition: form-data; name=\"" NAME "\"; filename=" HEAD "\r\n\r\n" DATA "\r\n"

/* A route that takes files gets one of them as it is, whatever bytes it has, and the fields around it. */
static void test_a_file_is_taken(void **state)
{
    (void)state;
    static const char body[] =
        "--B\r\n" FIELD("csrf") "1\r\n" FILE_PART("file", "\"\xE4\xBA\xBA.csv\"\r\nContent-Type: text/csv",
                                                  "\xFF\xFE"
                                                  "a\0\r\n--C\r\0\n") "--B\r\n" FIELD("do") "x\r\n--B--\r\n";
    static const char data[] = "\xFF\xFE"
                               "a\0\r\n--C\r\0\n";
    struct multipart m;
    struct multipart_file file;
    const char *name, *value;
    enum detail detail;
    char copy[sizeof body];
    memcpy(copy, body, sizeof body);
    assert_err(multipart_open(&m, TYPE, copy, sizeof body - 1, &file), ERR_OK);
    assert_null(file.data);
    assert_err(multipart_next(&m, &name, &value, &detail), ERR_OK);
    assert_string_equal(name, "csrf");
    assert_string_equal(value, "1");
    assert_err(multipart_next(&m, &name, &value, &detail), ERR_OK);
    assert_string_equal(name, "do");
    assert_string_equal(value, "x");
    assert_err(multipart_next(&m, &name, &value, &detail), ERR_OK);
    assert_null(name);
    assert_string_equal(file.field, "file");
    assert_string_equal(file.name, "\xE4\xBA\xBA.csv");
    assert_int_equal(file.len, sizeof data - 1);
    assert_memory_equal(file.data, data, sizeof data);
}

/* One is enough; and what is wrong with a part is wrong with a file's too. */
static void test_a_second_file_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum detail detail;
    } rows[] = {
        {FILE_PART("a", "\"x\"", "1") FILE_PART("b", "\"y\"", "2") "--B--\r\n", DETAIL_FILE},
        {FILE_PART("a", "\"\"", "") FILE_PART("a", "\"\"", "") "--B--\r\n", DETAIL_FILE},
        {FILE_PART("\xFF", "\"x\"", "1") "--B--\r\n", DETAIL_UTF8},
        {FILE_PART("a", "\"\xFF.csv\"", "1") "--B--\r\n", DETAIL_UTF8},
        {FILE_PART("a", "\"x", "1") "--B--\r\n", DETAIL_MULTIPART},
        {FILE_PART("a", "\"x\"", "1"), DETAIL_MULTIPART},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct multipart m;
        struct multipart_file file;
        const char *name, *value;
        enum detail detail = DETAIL_NONE;
        char *copy = strdup(rows[i].body);
        enum err e = multipart_open(&m, TYPE, copy, strlen(copy), &file);
        if (e == ERR_OK)
            e = multipart_next(&m, &name, &value, &detail);
        assert_case(e == ERR_BAD_REQUEST && detail == rows[i].detail, "row %zu: %d", i, (int)detail);
        free(copy);
    }
}

static void test_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char nul[] = "--B\r\n" FIELD("a") "b\0c\r\n--B--\r\n";
    static const char latin[] = "--B\r\n" FIELD("a") "\xFC\r\n--B--\r\n";
    static const char name[] = "--B\r\n" FIELD("\xFC") "b\r\n--B--\r\n";
    static const char nul_in_a_name[] = "--B\r\n" FIELD("a\0") "b\r\n--B--\r\n";
    static const struct {
        const char *body;
        size_t len;
        enum detail detail;
    } rows[] = {
        {nul, sizeof nul - 1, DETAIL_NUL},
        {latin, sizeof latin - 1, DETAIL_UTF8},
        {name, sizeof name - 1, DETAIL_UTF8},
        {nul_in_a_name, sizeof nul_in_a_name - 1, DETAIL_MULTIPART},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char fields[4096];
        enum detail detail;
        assert_err(read_all(TYPE, rows[i].body, rows[i].len, fields, &detail), ERR_BAD_REQUEST);
        assert_case(detail == rows[i].detail, "row %zu: %d", i, (int)detail);
    }
}

/* A part with `lines` headers besides its own, one of them of `bytes` bytes. */
static enum err read_headers(int lines, int bytes)
{
    char body[16384], fields[4096];
    enum detail detail;
    int n = snprintf(body, sizeof body, "--B\r\n");
    for (int i = 0; i < lines; i++)
        n += snprintf(body + n, sizeof body - (size_t)n, "X: %*s\r\n", i == 0 ? bytes - 3 : 1, "x");
    n += snprintf(body + n, sizeof body - (size_t)n, "%s", FIELD("a") "b\r\n--B--\r\n");
    return read_all(TYPE, body, (size_t)n, fields, &detail);
}

static void test_headers_are_bounded(void **state)
{
    (void)state;
    assert_err(read_headers(MULTIPART_LINES_MAX - 1, 10), ERR_OK);
    assert_err(read_headers(MULTIPART_LINES_MAX, 10), ERR_BAD_REQUEST);
    assert_err(read_headers(1, MULTIPART_LINE_MAX), ERR_OK);
    assert_err(read_headers(1, MULTIPART_LINE_MAX + 1), ERR_BAD_REQUEST);
}

/* Every beginning of a good body is refused, and nothing is read beyond it. */
static void test_a_body_that_is_cut_off(void **state)
{
    (void)state;
    static const char body[] = "--B\r\n" FIELD("a") "1\r\n--B\r\n" FIELD("b") "2\r\n--B--\r\n";
    char fields[4096];
    enum detail detail;
    for (size_t len = 0; len < sizeof body - 1; len++) {
        enum err e = read_all(TYPE, body, len, fields, &detail);
        assert_case(e == (len == sizeof body - 3 ? ERR_OK : ERR_BAD_REQUEST), "%zu bytes: %s", len, fields);
    }
}

/* ---- As parameters ---- */

static enum err add_fields(size_t count, const char *last, const char **field, enum detail *detail)
{
    struct arena arena;
    struct params p = {0};
    char body[16384];
    size_t n = 0;
    *field = NULL;
    for (size_t i = 0; i < count; i++) {
        n += (size_t)snprintf(body + n, sizeof body - n,
                              "--B\r\nContent-Disposition: form-data; name=\"n%zu\"\r\n\r\nv\r\n", i);
    }
    n += (size_t)snprintf(body + n, sizeof body - n, "%s--B--\r\n", last);
    arena_init(&arena, 65536);
    enum err e = params_add_multipart(&p, TYPE, body, n, NULL, &arena, field, detail);
    assert_case(e != ERR_OK || p.count == count, "%zu", p.count);
    arena_fini(&arena);
    return e;
}

static void test_fields_are_bounded_and_stand_once(void **state)
{
    (void)state;
    const char *field;
    enum detail detail;
    assert_err(add_fields(0, "", &field, &detail), ERR_OK);
    assert_err(add_fields(PARAMS_MAX, "", &field, &detail), ERR_OK);
    assert_err(add_fields(PARAMS_MAX + 1, "", &field, &detail), ERR_BAD_REQUEST);
    assert_int_equal(detail, DETAIL_TOO_MANY);
    assert_err(add_fields(3, "--B\r\n" FIELD("n1") "v\r\n", &field, &detail), ERR_CONFLICTING_PARAM);
    assert_string_equal(field, "n1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_files_are_refused_by_name),
        cmocka_unit_test(test_a_file_is_taken),
        cmocka_unit_test(test_a_second_file_is_refused),
        cmocka_unit_test(test_bytes_that_are_no_text),
        cmocka_unit_test(test_headers_are_bounded),
        cmocka_unit_test(test_a_body_that_is_cut_off),
        cmocka_unit_test(test_fields_are_bounded_and_stand_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
