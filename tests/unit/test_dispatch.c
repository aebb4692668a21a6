/*
 * http/dispatch and http/routes without a database: which bodies are wanted, whose path it is, what an answer
 * looks like while the site cannot be started.
 */
#include "unit.h"

#include "dialect/dialects.h"
#include "http/dispatch.h"
#include "http/routes.h"

enum { VARIABLES_MAX = 8, NOW_S = 1800000000 };

struct site {
    struct app app;
    struct dispatch dispatch;
    struct buf out;
    size_t reads;
};

static int set_up(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    s->app.log.fd = -1;
    config_defaults(&s->app.cfg);
    dispatch_init(&s->dispatch, &s->app, dialect_all);
    buf_init(&s->out);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct site *s = *state;
    dispatch_fini(&s->dispatch);
    buf_free(&s->out);
    free(s);
    return 0;
}

static long count_reads(void *ctx, char *out, size_t cap)
{
    struct site *s = ctx;
    (void)out, (void)cap;
    s->reads++;
    return -1;
}

static const char *answer(struct site *s, const char *const *env)
{
    struct request req;
    buf_clear(&s->out);
    request_init(&req, (char **)env, "", NOW_S, &s->dispatch.arena, count_reads, s);
    dispatch_run(&s->dispatch, &req, &s->out);
    return buf_str(&s->out);
}

/* The answer to a request when the start failed with `e`; `variable`: one more CGI variable. */
static const char *unavailable_by(struct site *s, const char *method, const char *path, enum err e,
                                  const char *variable)
{
    char path_info[128];
    const char *env[] = {method, path_info, variable, NULL};
    struct request req;
    snprintf(path_info, sizeof path_info, "PATH_INFO=%s", path);
    buf_clear(&s->out);
    request_init(&req, (char **)env, "", NOW_S, &s->dispatch.arena, count_reads, s);
    dispatch_unavailable(&s->dispatch, &req, e, &s->out);
    return buf_str(&s->out);
}

static const char *unavailable_to(struct site *s, const char *path, enum err e, const char *variable)
{
    return unavailable_by(s, "REQUEST_METHOD=POST", path, e, variable);
}

static const char *unavailable(struct site *s, const char *path, enum err e)
{
    return unavailable_to(s, path, e, NULL);
}

/* ---- Bodies ---- */

#define BLADE_TOKEN "PATH_INFO=/kom-ams-auth/oauth/token"
#define JSON        "CONTENT_TYPE=application/json;charset=UTF-8"
#define FORM        "CONTENT_TYPE=application/x-www-form-urlencoded"

static void test_a_body_is_read_where_its_answer_depends_on_it(void **state)
{
    struct site *s = *state;
    static const char *const wanted[][VARIABLES_MAX] = {
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, FORM, "CONTENT_LENGTH=65536"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "HTTP_TRANSFER_ENCODING=chunked"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, "CONTENT_TYPE=multipart/form-data; boundary=B",
         "CONTENT_LENGTH=9"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/code", "HTTP_SOURCE=PC", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/oauth2/revoke", FORM, "CONTENT_LENGTH=2"},
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_case(dispatch_wants_body(&s->dispatch, (char **)wanted[i], NOW_S), "row %zu", i);
        s->reads = 0;
        answer(s, wanted[i]);
        assert_case(s->reads == 1, "row %zu", i);
    }
}

static void test_a_body_that_nobody_needs_is_not_read(void **state)
{
    struct site *s = *state;
    static const char *const unwanted[][VARIABLES_MAX] = {
        {"REQUEST_METHOD=POST", "PATH_INFO=/nowhere", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/kom-ams-auth/oauth/tokens", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=PUT", BLADE_TOKEN, JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=OPTIONS", BLADE_TOKEN, JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=GET", BLADE_TOKEN, JSON, "HTTP_TRANSFER_ENCODING=chunked"},
        /* Too long, and no length at all. */
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=65537"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=-1"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=99999999999999999999"},
        /* Of a type that is not read. */
        {"REQUEST_METHOD=POST", BLADE_TOKEN, "CONTENT_TYPE=text/plain", "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/oauth2/token", JSON, "CONTENT_LENGTH=2"},
        /* Refused for a header. */
        {"REQUEST_METHOD=POST", "PATH_INFO=/code", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/code", "HTTP_SOURCE=TV", JSON, "CONTENT_LENGTH=2"},
    };
    for (size_t i = 0; i < COUNT_OF(unwanted); i++) {
        assert_case(!dispatch_wants_body(&s->dispatch, (char **)unwanted[i], NOW_S), "row %zu", i);
        answer(s, unwanted[i]);
        assert_case(s->reads == 0, "row %zu", i);
    }
}

/* These look further than this test can follow; their bodies are not waited for. */
static void test_routes_that_read_no_body(void **state)
{
    struct site *s = *state;
    static const char *const unwanted[][VARIABLES_MAX] = {
        {"REQUEST_METHOD=GET", "PATH_INFO=/kom-ams-auth/oauth/captcha", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=HEAD", "PATH_INFO=/kom-ams-auth/oauth/captcha", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", "PATH_INFO=/kom-ams-auth/oauth/logout", JSON, "CONTENT_LENGTH=2"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, "CONTENT_LENGTH=0"},
        {"REQUEST_METHOD=POST", BLADE_TOKEN},
    };
    for (size_t i = 0; i < COUNT_OF(unwanted); i++)
        assert_case(!dispatch_wants_body(&s->dispatch, (char **)unwanted[i], NOW_S), "row %zu", i);
}

/* A file is waited for from administrators; from everybody else no more than any form. */
static void test_a_long_body_is_wanted_from_nobody_unknown(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *length;
        size_t max;
    } rows[] = {
        {"PATH_INFO=/admin/import", "CONTENT_LENGTH=65536", ROUTE_BODY_MAX},
        {"PATH_INFO=/admin/import", "CONTENT_LENGTH=65537", 0},
        {"PATH_INFO=/admin/import", "CONTENT_LENGTH=1048577", 0},
        {"PATH_INFO=/admin/groups", "CONTENT_LENGTH=65537", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *env[] = {"REQUEST_METHOD=POST", rows[i].path, rows[i].length,
                             "CONTENT_TYPE=multipart/form-data; boundary=B", NULL};
        size_t max = dispatch_wants_body(&s->dispatch, (char **)env, NOW_S);
        assert_case(max == rows[i].max, "row %zu: %zu", i, max);
    }
}

static void test_without_a_configuration_no_body_is_wanted(void **state)
{
    struct site *s = *state;
    static const char *const env[] = {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=2", NULL};
    s->app.cfg = (struct config){0};
    assert_false(dispatch_wants_body(&s->dispatch, (char **)env, NOW_S));
}

/* ---- Paths ---- */

static void test_the_methods_of_a_path(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *allow;
    } paths[] = {
        {"/kom-ams-auth/oauth/captcha", "GET, HEAD, OPTIONS"},
        {"/kom-ams-auth/oauth/token", "POST, OPTIONS"},
        {"/kom-ams-auth/oauth/logout", "GET, HEAD, POST, OPTIONS"},
        {"/captcha/WEB", "GET, HEAD, POST, OPTIONS"},
        {"/healthz", "GET, HEAD, OPTIONS"},
        {"/nowhere", ""},
        {"/kom-ams-auth/nowhere", ""},
    };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct routes_found f;
        routes_find(&s->app.cfg, dialect_all, paths[i].path, "TRACE", &f);
        assert_case(f.route == NULL && strcmp(f.allow, paths[i].allow) == 0, "%s: %s", paths[i].path,
                    f.allow);
    }
}

static void test_head_is_served_by_get(void **state)
{
    struct site *s = *state;
    struct routes_found get, head;
    routes_find(&s->app.cfg, dialect_all, "/kom-ams-auth/oauth/captcha", "GET", &get);
    routes_find(&s->app.cfg, dialect_all, "/kom-ams-auth/oauth/captcha", "HEAD", &head);
    assert_non_null(get.route);
    assert_ptr_equal(get.route, head.route);
    routes_find(&s->app.cfg, dialect_all, "/kom-ams-auth/oauth/token", "HEAD", &head);
    assert_null(head.route);
}

/* update-password stands beside the prefix, and is springblade's where blade has it too. */
static void test_a_service_beside_the_prefix(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *blade, *springblade; /* prefixes; "": not enabled */
        const char *path;
        const struct dialect *served_by;
    } cases[] = {
        {"/kom-ams-auth", "", "/blade-system/user/update-password", &dialect_blade},
        {"/kom-ams-auth", "", "/blade-user/update-password", &dialect_blade},
        {"/kom-ams-auth", "/blade-auth", "/blade-user/update-password", &dialect_springblade},
        {"/kom-ams-auth", "/api/blade-auth", "/blade-user/update-password", &dialect_blade},
        {"/kom-ams-auth", "/api/blade-auth", "/api/blade-user/update-password", &dialect_springblade},
        {"/a/blade-auth,/blade-auth,/x", "", "/a/blade-user/update-password", &dialect_blade},
        {"/a/blade-auth,/blade-auth,/x", "", "/blade-user/update-password", &dialect_blade},
        {"/", "", "/blade-user/update-password", &dialect_blade},
        {"/a/b", "", "/blade-user/update-password", NULL},
        {"/a/b", "", "/a/b/blade-user/update-password", NULL},
        {"/a/b", "", "/ab/blade-user/update-password", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct config *cfg = &s->app.cfg;
        struct routes_found f;
        struct buf why;
        buf_init(&why);
        snprintf(cfg->dialect[DIALECT_BLADE].prefix, CONFIG_TEXT_CAP, "%s", cases[i].blade);
        snprintf(cfg->dialect[DIALECT_SPRINGBLADE].prefix, CONFIG_TEXT_CAP, "%s", cases[i].springblade);
        cfg->dialect[DIALECT_SPRINGBLADE].enabled = cases[i].springblade[0] != '\0';
        assert_case(routes_check(cfg, dialect_all, &why) == ERR_OK, "%s", buf_str(&why));
        routes_find(cfg, dialect_all, cases[i].path, "POST", &f);
        assert_case((f.route != NULL ? f.dialect : NULL) == cases[i].served_by, "case %zu", i);
        routes_find(cfg, dialect_all, cases[i].path, "GET", &f);
        assert_null(f.route);
        assert_string_equal(f.allow, cases[i].served_by != NULL ? "POST, OPTIONS" : "");
        buf_free(&why);
    }
}

/* The same headers, Content-Length included, and nothing behind them. */
static void test_head_gets_no_body(void **state)
{
    struct site *s = *state;
    static const char *const get[] = {"REQUEST_METHOD=GET", "PATH_INFO=/nowhere", NULL};
    static const char *const head[] = {"REQUEST_METHOD=HEAD", "PATH_INFO=/nowhere", NULL};
    char whole[2048];
    snprintf(whole, sizeof whole, "%s", answer(s, get));
    char *end = strstr(whole, "\r\n\r\n");
    assert_non_null(end);
    assert_true(strlen(end) > 4);
    end[4] = '\0';
    assert_string_equal(answer(s, head), whole);
}

/* ---- Pages of other origins ---- */

#define APP "HTTP_ORIGIN=https://app.example"

static bool has(const char *out, const char *header)
{
    return strstr(out, header) != NULL;
}

static void allow_origins(struct site *s)
{
    struct buf why;
    buf_init(&why);
    assert_err(config_set(&s->app.cfg, "server", "allowed_origins",
                          "https://app.example, http://localhost:8080", &why),
               ERR_OK);
    buf_free(&why);
}

static void test_nothing_is_said_without_allowed_origins(void **state)
{
    static const char *const env[] = {"REQUEST_METHOD=GET", "PATH_INFO=/nowhere", APP, NULL};
    const char *out = answer(*state, env);
    assert_false(has(out, "Access-Control-"));
    assert_false(has(out, "Vary:"));
}

static void test_an_allowed_origin_may_read_errors(void **state)
{
    struct site *s = *state;
    static const char *const envs[][VARIABLES_MAX] = {
        {"REQUEST_METHOD=GET", "PATH_INFO=/nowhere", APP},
        {"REQUEST_METHOD=PUT", BLADE_TOKEN, APP},
        {"REQUEST_METHOD=POST", BLADE_TOKEN, JSON, "CONTENT_LENGTH=65537", APP},
        {"REQUEST_METHOD=HEAD", "PATH_INFO=/oauth2/token", "HTTP_ORIGIN=http://localhost:8080"},
    };
    allow_origins(s);
    for (size_t i = 0; i < COUNT_OF(envs); i++) {
        const char *out = answer(s, envs[i]);
        bool local = i == 3;
        assert_case(has(out, local ? "\r\nAccess-Control-Allow-Origin: http://localhost:8080\r\n"
                                   : "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"),
                    "%s", out);
        assert_case(has(out, "\r\nAccess-Control-Allow-Credentials: true\r\n"), "%s", out);
        assert_case(
            has(out, "\r\nAccess-Control-Expose-Headers: Authorization, Retry-After, X-Captcha-Code\r\n"),
            "%s", out);
        assert_case(has(out, "\r\nVary: Origin\r\n"), "%s", out);
    }
    const char *out = unavailable_to(s, "/oauth2/token", ERR_STORE, APP);
    assert_case(has(out, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"), "%s", out);
}

static void test_other_origins_are_told_nothing(void **state)
{
    struct site *s = *state;
    static const char *const origins[] = {
        "HTTP_ORIGIN=https://app.example.org",
        "HTTP_ORIGIN=http://app.example",
        "HTTP_ORIGIN=https://app.example:8443",
        "HTTP_ORIGIN=https://app.example/",
        "HTTP_ORIGIN=HTTPS://APP.EXAMPLE",
        "HTTP_ORIGIN=https://app.example, http://localhost:8080",
        "HTTP_ORIGIN=null",
        "HTTP_ORIGIN=*",
        "HTTP_ORIGIN=",
        "X=",
    };
    allow_origins(s);
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        const char *const env[] = {"REQUEST_METHOD=GET", "PATH_INFO=/nowhere", origins[i], NULL};
        const char *out = answer(s, env);
        assert_case(!has(out, "Access-Control-"), "%s: %s", origins[i], out);
        assert_case(has(out, "\r\nVary: Origin\r\n"), "%s: %s", origins[i], out);
        const char *const preflight[] = {"REQUEST_METHOD=OPTIONS", BLADE_TOKEN, origins[i],
                                         "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST", NULL};
        out = answer(s, preflight);
        assert_case(!has(out, "Access-Control-"), "%s: %s", origins[i], out);
    }
}

static void test_a_preflight_names_methods_and_headers(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *methods, *headers;
    } rows[] = {
        {"/kom-ams-auth/oauth/token", "POST, OPTIONS",
         "authorization, content-type, x-requested-with, tenant-id, tenantid, captcha-key, captcha-code, "
         "blade-auth, blade-requested-with, dept-id, role-id"},
        {"/kom-ams-auth/oauth/logout", "GET, HEAD, POST, OPTIONS", "blade-auth"},
        {"/code", "POST, OPTIONS", "authorization, content-type, x-requested-with, source"},
        {"/auth/login", "POST, OPTIONS", "authorization, content-type, x-requested-with"},
        {"/nowhere", ROUTES_ALLOW_ANY, "authorization, content-type, x-requested-with"},
        {"/kom-ams-auth/nowhere", ROUTES_ALLOW_ANY, "captcha-key"},
    };
    allow_origins(s);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[64], methods[128];
        const char *const env[] = {"REQUEST_METHOD=OPTIONS", path, APP,
                                   "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST", NULL};
        snprintf(path, sizeof path, "PATH_INFO=%s", rows[i].path);
        snprintf(methods, sizeof methods, "\r\nAccess-Control-Allow-Methods: %s\r\n", rows[i].methods);
        const char *out = answer(s, env);
        assert_case(strncmp(out, "Status: 204 ", 12) == 0, "%s", out);
        assert_case(has(out, methods), "%s", out);
        const char *headers = strstr(out, "\r\nAccess-Control-Allow-Headers: ");
        assert_case(headers != NULL && has(headers, rows[i].headers), "%s", out);
        assert_case(has(out, "\r\nAccess-Control-Max-Age: 7200\r\n"), "%s", out);
        assert_case(has(out, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"), "%s", out);
        assert_case(!has(out, "Content-"), "%s", out);
        out = unavailable_to(s, rows[i].path, ERR_STORE, APP);
        assert_case(has(out, "\r\nAccess-Control-Allow-Origin: https://app.example\r\n"), "%s", out);
    }
}

static void test_options_names_the_methods(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *start, *allow;
    } rows[] = {
        {"/kom-ams-auth/oauth/token", "Status: 204 ", "\r\nAllow: POST, OPTIONS\r\n"},
        {"/healthz", "Status: 204 ", "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
        {"*", "Status: 204 ", "\r\nAllow: " ROUTES_ALLOW_ANY "\r\n"},
        {"/nowhere", "Status: 404 ", "\"error\":\"not_found\""},
        {"/oauth2/nowhere", "Status: 404 ", "\"error\":\"invalid_request\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char path[64];
        const char *const env[] = {"REQUEST_METHOD=OPTIONS", path, NULL};
        snprintf(path, sizeof path, "PATH_INFO=%s", rows[i].path);
        const char *out = answer(s, env);
        assert_case(strncmp(out, rows[i].start, 12) == 0 && has(out, rows[i].allow), "%s", out);
    }
}

/* ---- A site that cannot be started ---- */

static void test_unavailable_has_the_shape_of_the_dialect(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *piece;
    } shapes[] = {
        {"/kom-ams-auth/oauth/token", "\"error_code\":5000"}, {"/oauth/api/account/login", "\"request_id\":"},
        {"/auth/login", "\"stringCode\":\"unavailable\""},    {"/login", "\"succFlag\":false"},
        {"/oauth2/token", "\"error\":\"server_error\""},      {"/nowhere", "\"error\":\"unavailable\""},
    };
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        const char *out = unavailable(s, shapes[i].path, ERR_STORE);
        assert_case(strncmp(out, "Status: 500 ", 12) == 0, "%s: %s", shapes[i].path, out);
        assert_case(strstr(out, shapes[i].piece) != NULL, "%s: %s", shapes[i].path, out);
        assert_case(strstr(out, "Cache-Control: no-store\r\n") != NULL, "%s: %s", shapes[i].path, out);
    }
    assert_int_equal(s->reads, 0);
}

/* Style sheet and script are in the program; the logo that was uploaded is in the database. */
static void test_without_a_database_only_what_is_in_the_program_is_served(void **state)
{
    struct site *s = *state;
    const char *out = unavailable_by(s, "REQUEST_METHOD=GET", "/portal/file/style-0.css", ERR_STORE, NULL);
    assert_true(strncmp(out, "Status: 200 ", 12) == 0);
    out = unavailable_by(s, "REQUEST_METHOD=GET", "/portal/file/logo-0123456789abcdef.png", ERR_STORE, NULL);
    assert_true(strncmp(out, "Status: 500 ", 12) == 0);
    assert_non_null(strstr(out, "Cache-Control: no-store\r\n"));
}

static void test_a_busy_start_says_when_to_come_back(void **state)
{
    const char *out = unavailable(*state, "/oauth2/token", ERR_BUSY);
    assert_true(strncmp(out, "Status: 429 ", 12) == 0);
    assert_non_null(strstr(out, "Retry-After: "));
}

/* Style sheet and script are in the program; a logo is not, though it lies beside them. */
static void test_what_is_handed_out_without_a_database(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *status;
    } cases[] = {{"PATH_INFO=/portal/file/style-x.css", "Status: 200 "},
                 {"PATH_INFO=/portal/file/look-1d4ed8-x.css", "Status: 200 "},
                 {"PATH_INFO=/portal/file/logo-0123456789abcdef.png", "Status: 500 "}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *env[] = {"REQUEST_METHOD=GET", cases[i].path, NULL};
        struct request req;
        buf_clear(&s->out);
        request_init(&req, (char **)env, "", NOW_S, &s->dispatch.arena, count_reads, s);
        dispatch_unavailable(&s->dispatch, &req, ERR_STORE, &s->out);
        assert_case(strncmp(buf_str(&s->out), cases[i].status, strlen(cases[i].status)) == 0, "%s: %s",
                    cases[i].path, buf_str(&s->out));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_body_is_read_where_its_answer_depends_on_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_body_that_nobody_needs_is_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_routes_that_read_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_handed_out_without_a_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_body_is_wanted_from_nobody_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_configuration_no_body_is_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_methods_of_a_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head_is_served_by_get, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_service_beside_the_prefix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head_gets_no_body, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_said_without_allowed_origins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_allowed_origin_may_read_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_origins_are_told_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_preflight_names_methods_and_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options_names_the_methods, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unavailable_has_the_shape_of_the_dialect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_database_only_what_is_in_the_program_is_served, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_busy_start_says_when_to_come_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
