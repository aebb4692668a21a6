/*
 * base/config: the defaults, every way a line is refused, and that what is rendered reads back the same.
 */
#include "unit.h"

#include <unistd.h>

#include "base/config.h"

/* Load `text` as a file. What was complained about is in `why`, with the file's name as FILE. */
static enum err load(const char *text, size_t len, struct config *c, char why[1024])
{
    char path[] = "/tmp/menshen-unit-XXXXXX";
    struct buf said;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
    buf_init(&said);
    enum err e = config_load(c, path, &said);
    unlink(path);
    bool named = strncmp(buf_str(&said), path, strlen(path)) == 0;
    snprintf(why, 1024, "%s%s", named ? "FILE" : "", buf_str(&said) + (named ? strlen(path) : 0));
    buf_free(&said);
    return e;
}

static struct config_view view_of(const struct config *c, const char *section, const char *key)
{
    struct config_view v;
    for (size_t i = 0; config_view_at(c, i, &v); i++)
        if (strcmp(v.section, section) == 0 && strcmp(v.key, key) == 0)
            return v;
    fail_msg("no setting [%s] %s", section, key);
    return v;
}

/* DESIGN and contracts. */
static void test_the_defaults_are_the_designs(void **state)
{
    (void)state;
    static const struct {
        const char *section, *key, *value;
    } defaults[] = {
        {"server", "time_zone", "Asia/Shanghai"},
        {"server", "log", "stderr"},
        {"server", "trusted_proxies", ""},
        {"captcha", "ttl", "300"},
        {"captcha", "expose_answer", "no"},
        {"captcha", "max_live", "100000"},
        {"captcha", "rate", "300"},
        {"captcha", "level", "normal"},
        {"login", "max_failures", "5"},
        {"login", "window", "1800"},
        {"login", "argon2_memory_kib", "19456"},
        {"login", "argon2_passes", "2"},
        {"token", "access_ttl", "43200"},
        {"token", "refresh_ttl", "2592000"},
        {"token", "refresh_grace", "30"},
        {"token", "family_ttl", "7776000"},
        {"dialect.blade", "enabled", "yes"},
        {"dialect.blade", "prefix", "/kom-ams-auth"},
        {"dialect.blade", "kind", "alnum"},
        {"dialect.blade", "width", "130"},
        {"dialect.blade", "height", "48"},
        {"dialect.blade", "length", "5"},
        {"dialect.blade", "format", "png"},
        {"dialect.blade", "level", "normal"},
        {"dialect.blade", "query_credentials", "yes"},
        {"dialect.ebaas", "width", "125"},
        {"dialect.ebaas", "length", "4"},
        {"dialect.eplatform", "kind", "digits"},
        {"dialect.eplatform", "require_bearer", "yes"},
        {"dialect.eplatform", "sources", "WEB,APP,TG"},
        {"dialect.platform", "kind", "arithmetic"},
        {"dialect.platform", "sources", "PC,APP,H5"},
        {"dialect.platform", "source_header", "source"},
    };
    struct config c;
    char why[1024];
    assert_err(load("", 0, &c, why), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(defaults); i++) {
        struct config_view v = view_of(&c, defaults[i].section, defaults[i].key);
        assert_case(strcmp(v.value, defaults[i].value) == 0, "[%s] %s = %s", v.section, v.key, v.value);
        assert_int_equal(v.place.line, 0);
    }
}

static void test_lines_are_read(void **state)
{
    (void)state;
    static const char text[] = "# comment\n"
                               "[captcha]\n"
                               "ttl = 60\n"
                               "level=hard\n"
                               "\n"
                               "[dialect.blade]\n"
                               "  length = 4-6\n"
                               "prefix = /a , /b/c,\t/\n"
                               "[dialect.ebaas]\r\n"
                               "level = easy\r\n"
                               "[server]\n"
                               "data_dir = some/where\n"
                               "trusted_proxies = 127.0.0.1, 10.0.0.0/8,2001:db8::/32, unix\n"
                               "log = menshen.log\n"
                               "base_url = https://example.org/auth\n"
                               "license = a?b=c#d ; e";
    struct config c;
    char why[1024];
    assert_err(load(text, strlen(text), &c, why), ERR_OK);
    assert_int_equal(c.captcha.ttl_s, 60);
    assert_int_equal(view_of(&c, "captcha", "ttl").place.line, 3);
    assert_int_equal(c.dialect[DIALECT_BLADE].captcha.length_min, 4);
    assert_int_equal(c.dialect[DIALECT_BLADE].captcha.length_max, 6);
    assert_string_equal(view_of(&c, "dialect.blade", "length").value, "4-6");
    assert_string_equal(c.dialect[DIALECT_BLADE].prefix, "/a,/b/c,/");
    assert_int_equal(c.dialect[DIALECT_BLADE].captcha.level, CAPTCHA_HARD); /* that of [captcha] */
    assert_int_equal(c.dialect[DIALECT_EBAAS].captcha.level, CAPTCHA_EASY);
    assert_string_equal(c.server.data_dir, "/tmp/some/where"); /* relative to the file */
    assert_string_equal(c.server.log, "/tmp/menshen.log");
    assert_string_equal(c.server.base_url, "https://example.org/auth");
    assert_string_equal(c.server.license, "a?b=c#d ; e");
    assert_int_equal(view_of(&c, "server", "license").place.line, 16);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[captcha]\nttl = x\n", "FILE:2:7: [captcha] ttl = x: expected a whole number from 10 to 3600"},
        {"[server]\nlicense = \xff\n", "FILE:2:11: "},
        {"[server]\ntrusted_proxies = 10.0.0.1, localhost\n", "FILE:2:19: "},
        {"[dialect.blade]\nprefix = /a/../b\n", "FILE:2:10: "},
        {"[captcha]\nttl =\n", "FILE:2:6: [captcha] ttl = : expected a whole number"},
        {"[captcha]\nttl = 3601\n", "FILE:2:7: "},
        {"[captcha]\nttl = 300s\n", "FILE:2:7: "},
        {"[captcha]\nttl = 60\n\nttl = 60\n", "FILE:4:1: [captcha] ttl is set twice, first in line 2"},
        {"[captcha]\nttl = 60\n[server]\n[captcha]\nttl = 60\n", "FILE:5:1: "},
        {"[captcha]\nTTL = 60\n", "FILE:2:1: unknown key \"TTL\" in [captcha]; allowed: ttl expose_answer"},
        {"[nothing]\nttl = 60\n", "FILE:1:2: unknown section [nothing]; allowed: [server] [captcha]"},
        {"  [nothing]", "FILE:1:4: unknown section [nothing]"},
        {"ttl = 60\n", "FILE:1:1: a setting before the first [section]"},
        {"[captcha]\nexpose_answer = true\n",
         "FILE:2:17: [captcha] expose_answer = true: expected yes or no"},
        {"[captcha]\nlevel = extreme\n",
         "FILE:2:9: [captcha] level = extreme: expected one of easy, normal, hard"},
        {"[dialect.blade]\nwidth = 79\n", "FILE:2:9: "},
        {"[dialect.blade]\nwidth = 401\n", "FILE:2:9: "},
        {"[dialect.blade]\nheight = 151\n", "FILE:2:10: "},
        {"[dialect.blade]\nlength = 6-4\n",
         "FILE:2:10: [dialect.blade] length = 6-4: expected a length or a range such as 4-6, from 3 to 6"},
        {"[dialect.blade]\nlength = 2\n", "FILE:2:10: "},
        {"[dialect.blade]\nlength = 4-7\n", "FILE:2:10: "},
        {"[dialect.blade]\nlength = 4-\n", "FILE:2:10: "},
        {"[dialect.blade]\nlength = -4\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = a\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = /a/\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = /a,\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = /a b\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = /a?b\n", "FILE:2:10: "},
        {"[dialect.blade]\nformat = gif\n",
         "FILE:2:10: [dialect.blade] format = gif: expected one of png, jpeg"},
        {"[dialect.platform]\nsources = ,PC\n", "FILE:2:11: "},
        {"[dialect.platform]\nsources = P C\n", "FILE:2:11: "},
        {"[server]\nrubbish\n", "FILE:2:1: expected [section], key = value, or a comment"},
        {"[server]\n= x\n", "FILE:2:1: expected [section], key = value, or a comment"},
        {"[server\n", "FILE:1:1: expected [section] in one line: the ] is missing"},
        {"[login]\nargon2_passes = 0\n", "FILE:2:17: "},
        {"[dialect.blade]\nprefix = /../a\n", "FILE:2:10: "},
        {"[dialect.blade]\nprefix = /a/./b\n", "FILE:2:10: "},
        {"[captcha]\nttl = 60\n   [server]\n  rubbish\n", "FILE:4:3: "},
        {"[captcha]\nttl = 60\n  rate\n", "FILE:3:3: "},
        {"[server]\ntrusted_proxies = localhost\n",
         "FILE:2:19: [server] trusted_proxies = localhost: expected comma-separated addresses"},
        {"[server]\ntrusted_proxies = 10.0.0.0/33\n",
         "FILE:2:19: [server] trusted_proxies = 10.0.0.0/33: expected"},
        {"[server]\ntrusted_proxies = 127.0.0.1,,x\n", "FILE:2:19: "},
        {"[server]\nbase_url = example.org\n",
         "FILE:2:12: [server] base_url = example.org: expected https://"},
        {"[server]\nbase_url = https://\n", "FILE:2:12: "},
        {"[server]\nbase_url = https://example.org/\n", "FILE:2:12: "},
        {"[server]\nbase_url = https://example.org/a?b\n", "FILE:2:12: "},
        /* What was passed over in silence once: a setting behind its section. */
        {"[server] data_dir = /srv/x\n", "FILE:1:10: nothing may follow a [section] in its line"},
        {"[server]data_dir = /srv/x\n", "FILE:1:9: nothing may follow a [section] in its line"},
        /* A remark behind a value is part of it, and so seldom meant. */
        {"[captcha]\nttl = 60 ; a minute\n",
         "FILE:2:7: [captcha] ttl = 60 ; a minute: expected a whole number from 10 to 3600; a remark needs"},
        {"[server]\ndata_dir = /srv/x # there\n", "FILE:2:12: [server] data_dir = /srv/x # there: expected"},
        {"[server]\nlog = /srv/x ; there\n", "FILE:2:7: "},
        /* Columns are characters. */
        {"[server]\n\xE9\x97\xA8\xE7\xA5\x9E = x\n", "FILE:2:1: unknown key"},
        {"[server]\nx\xE9\x97\xA8\xE7\xA5\x9E=x", "FILE:2:1: unknown key"},
        {"[server] \xE9\x97\xA8\xE7\xA5\x9E\n", "FILE:1:10: "},
        {"\xEF\xBB\xBF[server]\nrubbish\n", "FILE:2:1: "},
    };
    struct config c;
    char why[1024];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum err e = load(cases[i].text, strlen(cases[i].text), &c, why);
        assert_case(e == ERR_CONFIG, "%s gives %s", cases[i].text, err_info(e)->name);
        assert_case(strncmp(why, cases[i].why, strlen(cases[i].why)) == 0, "%s says %s", cases[i].text, why);
    }
}

/* The line ends of every system, alone and mixed, and the marks that editors put in front. */
static void test_lines_of_all_systems_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[captcha]\rttl = 60\r[login]\rwindow = 5\r",
        "[captcha]\r\nttl = 60\r\n\r\n[login]\r\nwindow = 5",
        "\xEF\xBB\xBF[captcha]\nttl = 60\n[login]\nwindow = 5\n",
        "\xEF\xBB\xBF# comment\r[captcha]\n\rttl\t=\t60\t\r\n\t[login]  ; and so on\nwindow:5",
    };
    struct config c;
    char why[1024];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        enum err e = load(texts[i], strlen(texts[i]), &c, why);
        assert_case(e == ERR_OK, "%s", why);
        assert_int_equal(c.captcha.ttl_s, 60);
        assert_int_equal(c.login.window_s, 5);
    }
    assert_err(load("[captcha]\rttl = 60\rttl = x\r", 26, &c, why), ERR_CONFIG);
    assert_memory_equal(why, "FILE:3:1: ", 10);
}

static void test_what_is_no_text_is_refused(void **state)
{
    (void)state;
    static const char little[] = "\xFF\xFE[\0c\0]\0\n\0", big[] = "\xFE\xFF\0[\0c\0]\0\n",
                      bare[] = "[\0c\0]\0\n\0";
    static const char nul[] = "[captcha]\nttl = 6\0000\n";
    struct config c;
    char why[1024];
    assert_err(load(little, sizeof little - 1, &c, why), ERR_CONFIG);
    assert_memory_equal(why, "FILE: this is UTF-16", 20);
    assert_err(load(big, sizeof big - 1, &c, why), ERR_CONFIG);
    assert_memory_equal(why, "FILE: this is UTF-16", 20);
    assert_err(load(bare, sizeof bare - 1, &c, why), ERR_CONFIG);
    assert_memory_equal(why, "FILE: this is UTF-16", 20);
    assert_err(load(nul, sizeof nul - 1, &c, why), ERR_CONFIG);
    assert_memory_equal(why, "FILE:2:8: a NUL byte", 20);
    assert_err(load("", 0, &c, why), ERR_OK);
    assert_err(load("\n", 1, &c, why), ERR_OK);
    assert_err(load("\xEF\xBB\xBF", 3, &c, why), ERR_OK);
}

static void test_long_texts_are_kept_or_refused(void **state)
{
    (void)state;
    struct config c;
    char why[1024], text[CONFIG_LIST_CAP * 2];
    for (int len = CONFIG_TEXT_CAP - 40; len < 1500; len += 7) {
        snprintf(text, sizeof text, "[server]\nlicense = %0*d\n", len, 1);
        enum err e = load(text, strlen(text), &c, why);
        assert_case((e == ERR_OK) == (len < CONFIG_TEXT_CAP), "a text of %d bytes: %s", len,
                    err_info(e)->name);
        assert_case(e != ERR_OK || (int)strlen(c.server.license) == len, "a text of %d bytes was cut", len);
        assert_case(e == ERR_OK || strncmp(why, "FILE:2:11: ", 11) == 0, "%d: %s", len, why);
    }
}

/* The lists that operators paste: the networks of a content delivery network are more than a line used to hold. */
static void test_long_lists_are_kept_or_refused(void **state)
{
    (void)state;
    struct config c;
    char why[1024], text[CONFIG_LIST_CAP * 2];
    int n = snprintf(text, sizeof text, "[server]\ntrusted_proxies = 10.0.0.0/8");
    for (int i = 0; i < 200; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ",10.%d.0.0/16", i);
    assert_err(load(text, strlen(text), &c, why), ERR_OK);
    assert_string_equal(c.server.trusted_proxies, strchr(text, '=') + 2);
    for (int i = 0; i < 200; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ",10.%d.0.0/16", i);
    assert_err(load(text, strlen(text), &c, why), ERR_CONFIG);
    assert_non_null(strstr(why, "bytes are too long; expected at most 4095"));
}

static void test_a_file_that_is_named_must_be_there(void **state)
{
    (void)state;
    struct config c;
    struct buf why;
    buf_init(&why);
    assert_err(config_load(&c, "/no/such/file", &why), ERR_IO);
    assert_non_null(strstr(buf_str(&why), "/no/such/file"));
    buf_clear(&why);
    assert_int_equal(setenv("MENSHEN_CONF", "/no/such/either", 1), 0);
    assert_err(config_load(&c, NULL, &why), ERR_IO);
    assert_non_null(strstr(buf_str(&why), "/no/such/either"));
    unsetenv("MENSHEN_CONF");
    buf_free(&why);
}

static void test_what_is_shown_reads_back_the_same(void **state)
{
    (void)state;
    struct config c, again;
    struct config_view v, w;
    char why[1024];
    struct buf said;
    buf_init(&said);
    assert_err(load("", 0, &c, why), ERR_OK);
    again = c;
    for (size_t i = 0; config_view_at(&c, i, &v); i++) {
        assert_case(config_set(&again, v.section, v.key, v.value, &said) == ERR_OK, "%s", buf_str(&said));
        assert_true(config_view_at(&again, i, &w));
        assert_string_equal(v.value, w.value);
        assert_true(v.help != NULL && v.help[0] != '\0');
        for (size_t other = 0; other < i; other++) {
            assert_true(config_view_at(&c, other, &w));
            assert_case(strcmp(v.section, w.section) != 0 || strcmp(v.key, w.key) != 0,
                        "[%s] %s stands twice", v.section, v.key);
        }
    }
    buf_free(&said);
}

static int64_t audit_of(const char *text)
{
    struct config c;
    char why[1024];
    assert_err(load(text, strlen(text), &c, why), ERR_OK);
    return c.audit.retention_s;
}

/* The profile changes defaults; a line of the file wins, wherever it stands. */
static void test_a_profile_changes_defaults(void **state)
{
    (void)state;
    struct config c;
    char why[1024];
    static const char strict[] = "[login]\nmax_failures = 9\n"
                                 "[policy]\npassword_kinds = 2\nprofile = djcp\nidle_timeout = 0\n";
    assert_err(load("", 0, &c, why), ERR_OK);
    assert_null(view_of(&c, "policy", "password_history").profile);
    assert_string_equal(view_of(&c, "policy", "password_history").value, "0");
    assert_err(load(strict, strlen(strict), &c, why), ERR_OK);
    assert_string_equal(view_of(&c, "policy", "password_history").value, "5");
    assert_string_equal(view_of(&c, "policy", "password_history").initial, "0");
    assert_string_equal(view_of(&c, "policy", "password_history").profile, "djcp");
    assert_string_equal(view_of(&c, "policy", "expired_password").value, "refuse");
    assert_string_equal(view_of(&c, "login", "password_max_age").value, "7776000");
    assert_string_equal(view_of(&c, "login", "password_min_length").value, "10");
    assert_string_equal(view_of(&c, "policy", "password_kinds").value, "2");
    assert_null(view_of(&c, "policy", "password_kinds").profile);
    assert_string_equal(view_of(&c, "policy", "idle_timeout").value, "0");
    assert_string_equal(view_of(&c, "login", "max_failures").value, "9");
}

/* The law asks for six months too: the profile does not go with less. */
static void test_the_profile_keeps_the_audit(void **state)
{
    (void)state;
    struct config c;
    char why[1024];
    static const char brief[] = "[policy]\nprofile = djcp\n[audit]\nretention = 15551999\n";
    assert_int_equal(audit_of("[policy]\nprofile = djcp\n"), 15897600);
    assert_int_equal(audit_of("[policy]\nprofile = djcp\n[audit]\nretention = 15552000\n"), 15552000);
    assert_int_equal(audit_of("[policy]\nprofile = none\n[audit]\nretention = 60\n"), 60);
    assert_err(load(brief, strlen(brief), &c, why), ERR_CONFIG);
    assert_string_equal(why, "FILE:4:13: [audit] retention = 15551999: expected 15552000 (180 days) or more "
                             "under [policy] profile = djcp");
}

static void test_complaints_start_with_the_place(void **state)
{
    (void)state;
    static const char text[] = "[server]\nlog = x\n";
    struct config c;
    struct buf said;
    char why[1024];
    buf_init(&said);
    assert_err(load(text, strlen(text), &c, why), ERR_OK);
    config_where(&c, "server", "time_zone", &said);
    assert_int_equal(said.len, 0);
    config_where(&c, "server", "log", &said);
    assert_memory_equal(buf_str(&said), c.path, strlen(c.path));
    assert_string_equal(buf_str(&said) + strlen(c.path), ":2:7: ");
    buf_free(&said);
}

static void test_names(void **state)
{
    (void)state;
    enum dialect_id d = DIALECT_COUNT;
    enum captcha_level level = CAPTCHA_LEVEL_COUNT;
    for (int i = 0; i < DIALECT_COUNT; i++) {
        assert_true(config_dialect_find(config_dialect_name((enum dialect_id)i), &d));
        assert_int_equal(d, i);
    }
    for (int i = 0; i < CAPTCHA_LEVEL_COUNT; i++) {
        assert_true(config_level_find(config_level_name((enum captcha_level)i), &level));
        assert_int_equal(level, i);
    }
    assert_false(config_dialect_find("Blade", &d));
    assert_false(config_dialect_find("", &d));
    assert_false(config_level_find("normal ", &level));
}

static void test_lists(void **state)
{
    (void)state;
    assert_true(config_list_has("a,bc,d", "bc", 2));
    assert_true(config_list_has("a,bc,d", "dx", 1));
    assert_false(config_list_has("a,bc,d", "b", 1));
    assert_false(config_list_has("a,bc,d", "A", 1));
    assert_false(config_list_has("a,,d", "", 0));
    assert_false(config_list_has("", "a", 1));
    assert_false(config_list_has("a,bc", "a,bc", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_defaults_are_the_designs),
        cmocka_unit_test(test_lines_are_read),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_lines_of_all_systems_are_read),
        cmocka_unit_test(test_what_is_no_text_is_refused),
        cmocka_unit_test(test_long_texts_are_kept_or_refused),
        cmocka_unit_test(test_long_lists_are_kept_or_refused),
        cmocka_unit_test(test_a_file_that_is_named_must_be_there),
        cmocka_unit_test(test_what_is_shown_reads_back_the_same),
        cmocka_unit_test(test_a_profile_changes_defaults),
        cmocka_unit_test(test_the_profile_keeps_the_audit),
        cmocka_unit_test(test_complaints_start_with_the_place),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
