/*
 * auth/policy: which new passwords are taken, typed and as MD5.
 */
#include "unit.h"

#include "auth/common_passwords.h"
#include "auth/policy.h"

static struct config cfg;

static enum err check(const char *account, const char *plain)
{
    struct password p;
    assert_err(password_of_plain(plain, strlen(plain), &p), ERR_OK);
    return policy_check(&cfg, account, &p);
}

/* What comes of it when the MD5 alone arrives. */
static enum err check_md5(const char *account, const char *plain)
{
    struct password p, of_md5;
    assert_err(password_of_plain(plain, strlen(plain), &p), ERR_OK);
    assert_err(password_of_md5(p.md5_hex, &of_md5), ERR_OK);
    return policy_check(&cfg, account, &of_md5);
}

static void test_the_length_is_counted_in_characters(void **state)
{
    (void)state;
    assert_err(check("zhangsan", "k7#fQ2x"), ERR_PASSWORD_SHORT);
    assert_err(check("zhangsan", "k7#fQ2xw"), ERR_OK);
    assert_err(check("zhangsan", "床前明月光疑是"), ERR_PASSWORD_SHORT); /* 21 bytes */
    assert_err(check("zhangsan", "床前明月光疑是地"), ERR_OK);
    cfg.login.password_min_length = 15;
    assert_err(check("zhangsan", "fourteen chars"), ERR_PASSWORD_SHORT);
    assert_err(check("zhangsan", "fifteen letters"), ERR_OK);
    cfg.login.password_min_length = 8;
    char text[PASSWORD_PLAIN_CAP] = "";
    memset(text, 'x', PASSWORD_CHARACTERS_MAX);
    assert_err(check("zhangsan", text), ERR_OK);
    assert_err(check_md5("zhangsan", "k7#fQ2x"), ERR_OK); /* nobody can tell */
}

static void test_the_account_is_no_password(void **state)
{
    (void)state;
    assert_err(check("ZhangSanFeng", "ZhangSanFeng"), ERR_PASSWORD_ACCOUNT);
    assert_err(check("ZhangSanFeng", "zhangsanfeng"), ERR_PASSWORD_ACCOUNT);
    assert_err(check("ZhangSanFeng", "ZHANGSANFENG"), ERR_PASSWORD_ACCOUNT);
    assert_err(check("ZhangSanFeng", "zhangsanfeng7"), ERR_OK);
    assert_err(check_md5("ZhangSanFeng", "ZhangSanFeng"), ERR_PASSWORD_ACCOUNT);
    assert_err(check_md5("ZhangSanFeng", "zhangsanfeng"), ERR_PASSWORD_ACCOUNT);
    assert_err(check_md5("ZhangSanFeng", "zhangsanfeng7"), ERR_OK);
    assert_err(check("床前明月光疑是地", "床前明月光疑是地"), ERR_PASSWORD_ACCOUNT);
}

static void test_kinds_of_characters(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        int kinds;
    } cases[] = {
        {"kwfqzxvm", 1}, {"KWFQZXVM", 1}, {"73649182", 1},     {"#$!&(){}", 1},      {"床前明月光疑是地", 1},
        {"kwfqzxV1", 3}, {"kwfqzx 1", 3}, {"kwfqzx\tmm", 2},   {"床前明月光Aa1", 4}, {"k7#fQ2xw", 4},
        {"ÄÖÜäöüßé", 1}, {"kwfqzxvé", 2}, {"KWFQ73649182", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cfg.policy.password_kinds = cases[i].kinds;
        assert_case(check("zhangsan", cases[i].plain) == ERR_OK, "%s", cases[i].plain);
        cfg.policy.password_kinds = cases[i].kinds + 1;
        if (cases[i].kinds < 4)
            assert_case(check("zhangsan", cases[i].plain) == ERR_PASSWORD_KINDS, "%s", cases[i].plain);
    }
    cfg.policy.password_kinds = 1;
    assert_err(check_md5("zhangsan", "k7#fQ2xw"), ERR_PASSWORD_HIDDEN);
    assert_err(check("zhangsan", "k7#f"), ERR_PASSWORD_SHORT);
    cfg.policy.password_kinds = 0;
    assert_err(check_md5("zhangsan", "k7#fQ2xw"), ERR_OK);
}

static void test_what_everybody_chooses(void **state)
{
    (void)state;
    static const char *const common[] = {"password",   "12345678",  "qwertyuiop",  "woaini1314", "a123456789",
                                         "5201314520", "admin@123", "1qaz2wsx",    "iloveyou",   "dearbook",
                                         "88888888",   "p@ssw0rd",  "zhang123456", "admin123",   "baseball",
                                         "superman",   "147258369", "qq123456",    "sunshine",   "football"};
    for (size_t i = 0; i < COUNT_OF(common); i++) {
        assert_case(check("zhangsan", common[i]) == ERR_PASSWORD_COMMON, "%s", common[i]);
        assert_case(check_md5("zhangsan", common[i]) == ERR_PASSWORD_COMMON, "%s", common[i]);
    }
    assert_err(check("zhangsan", "PassWord"), ERR_PASSWORD_COMMON);
    assert_err(check("zhangsan", "WoAiNi1314"), ERR_PASSWORD_COMMON);
    assert_err(check_md5("zhangsan", "123456"), ERR_PASSWORD_COMMON); /* too short to have come in plain */
    assert_err(check("zhangsan", "correct horse battery staple"), ERR_OK);
    assert_err(check_md5("zhangsan", "correct horse battery staple"), ERR_OK);
}

/* OWASP ASVS 5.0, 6.2.4: at least the top 3000 that the minimum length lets through; most entries here have
 * eight characters and more. A table that is not sorted would hide entries from the search. */
static void test_the_table(void **state)
{
    (void)state;
    assert_true(common_passwords_count > 10000);
    for (size_t i = 1; i < common_passwords_count; i++)
        assert_true(memcmp(common_passwords[i - 1], common_passwords[i], COMMON_PASSWORD_LEN) < 0);
}

static int start(void **state)
{
    (void)state;
    cfg.login.password_min_length = 8;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_length_is_counted_in_characters),
        cmocka_unit_test(test_the_account_is_no_password),
        cmocka_unit_test(test_kinds_of_characters),
        cmocka_unit_test(test_what_everybody_chooses),
        cmocka_unit_test(test_the_table),
    };
    return cmocka_run_group_tests_name("policy", tests, start, NULL);
}
