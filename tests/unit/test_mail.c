/*
 * auth/mail, auth/sendmail and base/email: what is an address, what goes to the program, and how a program can fail.
 * Source: RFC 5321 §4.1.2; RFC 2047 §2 and its examples' form; RFC 5322 §3.3.
 */
#include "unit.h"

#include <unistd.h>

#include "auth/mail.h"
#include "auth/sendmail.h"
#include "base/codec.h"
#include "base/config_type.h"
#include "base/email.h"

/* ---- Addresses ---- */

static void test_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b",           "zhang.san@example.com",  "a+b@x.example",
                                       "o'neil@a-b.cn", "_x=y/z@xn--fiq228c.com", "1@2.3"};
    static const char *const bad[] = {"",
                                      "a",
                                      "@",
                                      "a@",
                                      "@b",
                                      "a@b@c",
                                      "a b@c",
                                      "a@b c",
                                      ".a@b",
                                      "a.@b",
                                      "a..b@c",
                                      "a@.b",
                                      "a@b.",
                                      "a@b..c",
                                      "a@-b",
                                      "a@b-",
                                      "a@b-.c",
                                      "a@b.-c",
                                      "\"a\"@b",
                                      "a@[1.2.3.4]",
                                      "a(x)@b",
                                      "a,b@c",
                                      "a@b,c@d",
                                      "-a@b",
                                      "a@b\n",
                                      "a\r@b",
                                      "a@b\nTo: c@d",
                                      "\xE5\xBC\xA0@b",
                                      "a@\xE4\xB8\xAD.cn",
                                      "<a@b>",
                                      "a@b>",
                                      "a;b@c"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_case(email_is_address(good[i], strlen(good[i])), "%s", good[i]);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_case(!email_is_address(bad[i], strlen(bad[i])), "%s", bad[i]);
}

static void test_addresses_have_bounds(void **state)
{
    (void)state;
    char address[400];
    memset(address, 'a', sizeof address);
    address[64] = '@';
    assert_true(email_is_address(address, 65 + 63));
    assert_false(email_is_address(address, 65 + 64)); /* a label */
    for (size_t i = 65 + 63; i < sizeof address; i += 64)
        address[i] = '.';
    assert_true(email_is_address(address, EMAIL_MAX));
    assert_false(email_is_address(address, EMAIL_MAX + 1));
    address[64] = 'a';
    address[65] = '@';
    assert_false(email_is_address(address, 80)); /* the local part */
}

static void test_mailboxes(void **state)
{
    (void)state;
    const char *address = NULL;
    size_t name_len = 9, len = 0;
    assert_true(email_is_mailbox("门神 <noreply@example.com>", &name_len, &address, &len));
    assert_int_equal(name_len, 6);
    assert_int_equal(len, strlen("noreply@example.com"));
    assert_memory_equal(address, "noreply@example.com", len);
    assert_true(email_is_mailbox("a@b", &name_len, &address, &len));
    assert_int_equal(name_len, 0);
    assert_true(email_is_mailbox("<a@b>", NULL, NULL, NULL));
    static const char *const bad[] = {"x <a@b",      "x a@b>", "\"x\" <a@b>", "x\n<a@b>",
                                      "x <y> <a@b>", "x",      "<>",          "\xff <a@b>"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_case(!email_is_mailbox(bad[i], NULL, NULL, NULL), "%s", bad[i]);
}

/* ---- The message ---- */

static struct mail_row mail_of(const char *subject, const char *body)
{
    return (struct mail_row){
        .recipient = "a@b.example", .subject = subject, .body = body, .created_s = 1700000000};
}

static void render(const char *from, const char *subject, const char *body, struct buf *out)
{
    struct config cfg;
    struct mail_row m = mail_of(subject, body);
    config_defaults(&cfg);
    snprintf(cfg.mail.from, sizeof cfg.mail.from, "%s", from);
    buf_init(out);
    mail_render(&cfg, &m, out);
    assert_err(out->err, ERR_OK);
}

static void test_a_plain_message(void **state)
{
    (void)state;
    struct buf out;
    render("", "Hello", "Hi\n", &out);
    assert_string_equal(buf_str(&out), "To: <a@b.example>\n"
                                       "Subject: Hello\n"
                                       "Date: Tue, 14 Nov 2023 22:13:20 +0000\n"
                                       "MIME-Version: 1.0\n"
                                       "Content-Type: text/plain; charset=UTF-8\n"
                                       "Content-Transfer-Encoding: base64\n"
                                       "Auto-Submitted: auto-generated\n"
                                       "X-Auto-Response-Suppress: All\n"
                                       "\n"
                                       "SGkK\n");
    buf_free(&out);
}

/* No line of more than 76 characters, none that a value has begun, nothing but ASCII. */
static void check_lines(const struct buf *message)
{
    static const char *const starts[] = {"From: ",           "Message-ID: ", "To: ",     "Subject: ",
                                         "Date: ",           "MIME-Version", "Content-", "Auto-Submitted: ",
                                         "X-Auto-Response-", " =?UTF-8?B?"};
    const char *line = buf_str(message), *end = strstr(line, "\n\n");
    assert_non_null(end);
    while (line < end) {
        size_t len = strcspn(line, "\n");
        bool is_known = false;
        for (size_t i = 0; i < COUNT_OF(starts); i++)
            is_known = is_known || strncmp(line, starts[i], strlen(starts[i])) == 0;
        bool has_address = strncmp(line, "From: ", 6) == 0 || strncmp(line, "Message-ID: ", 12) == 0;
        assert_case(is_known && (len <= 76 || has_address), "%.*s", (int)len, line);
        line += len + 1;
    }
    for (size_t i = 0; i < message->len; i++)
        assert_true(message->data[i] == '\n' || (message->data[i] >= 0x20 && message->data[i] < 0x7f));
}

static void test_hostile_values(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "x\r\nBcc: evil@example.com",
        "x\n\nbody",
        "=?UTF-8?B?QmNj?=",
        "\x7f\x01\x1b[31m",
        "",
        "系统自动发送的一封很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的邮件的主题",
        "a very long subject in plain ASCII that would make a line of more than seventy-eight characters if "
        "it were"};
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        struct buf out;
        render("门神, \\ of <noreply@example.com>", subjects[i], "x\n", &out);
        check_lines(&out);
        buf_free(&out);
        render("门神, Ltd. <noreply@example.com>", subjects[i], "x\n", &out);
        check_lines(&out);
        assert_non_null(strstr(buf_str(&out), "<noreply@example.com>\nMessage-ID: <"));
        buf_free(&out);
    }
}

static void test_encoded_words_end_between_characters(void **state)
{
    (void)state;
    struct buf out, subject;
    buf_init(&subject);
    for (int i = 0; i < 40; i++)
        buf_add_str(&subject, i % 3 == 0 ? "a" : "门");
    render("", buf_str(&subject), "", &out);
    const char *at = buf_str(&out);
    size_t words = 0, total = 0;
    while ((at = strstr(at, "=?UTF-8?B?")) != NULL) {
        unsigned char text[64];
        at += strlen("=?UTF-8?B?");
        long n = codec_base64_decode(at, strcspn(at, "?"), text, sizeof text);
        assert_true(n > 0 && codec_utf8_valid(text, (size_t)n));
        assert_memory_equal(text, subject.data + total, (size_t)n);
        total += (size_t)n;
        words++;
    }
    assert_int_equal(total, subject.len);
    assert_true(words > 1);
    buf_free(&subject);
    buf_free(&out);
}

/* ---- The program ---- */

static enum err run(const char *command, size_t len, const char *said)
{
    char *message = calloc(1, len + 1);
    struct buf why;
    assert_non_null(message);
    memset(message, 'x', len);
    buf_init(&why);
    enum err e = sendmail_run(command, message, len, 2, &why);
    assert_case(strstr(buf_str(&why), said) != NULL, "%s: %s", command, buf_str(&why));
    buf_free(&why);
    free(message);
    return e;
}

static void script(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_programs_that_fail(void **state)
{
    (void)state;
    char path[] = "/tmp/menshen-unit-mail-XXXXXX", command[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    snprintf(command, sizeof command, "/bin/sh %s", path);
    script(path, "cat > /dev/null\n");
    assert_err(run(command, 10, ""), ERR_OK);
    assert_err(run(command, 300000, ""), ERR_OK); /* more than a pipe holds */
    assert_err(run(command, 0, ""), ERR_OK);
    script(path, "cat > /dev/null; echo 'no such user\nmore' >&2; exit 67\n");
    assert_err(run(command, 10, "ended with status 67: no such user"), ERR_IO);
    script(path, "kill -9 $$\n");
    assert_err(run(command, 10, "ended by signal 9"), ERR_IO);
    script(path, "exit 0\n"); /* without reading what a pipe does not hold */
    assert_err(run(command, 300000, "ended with status 0"), ERR_IO);
    script(path, "cat > /dev/null; sleep 1000\n");
    assert_err(run(command, 10, "longer than 2 seconds"), ERR_IO);
    script(path, "trap '' TERM PIPE; exec sleep 1000\n"); /* reads nothing either */
    assert_err(run(command, 300000, "longer than 2 seconds"), ERR_IO);
    script(path, "cat > /dev/null; sleep 5 &\n"); /* what goes on behind it holds nothing up */
    assert_err(run(command, 10, ""), ERR_OK);
    unlink(path);
    assert_err(run("/nowhere/sendmail -t", 10, "No such file or directory"), ERR_IO);
    assert_err(run("/tmp", 10, "Permission denied"), ERR_IO);
    assert_err(run("  ", 10, "no program"), ERR_IO);
}

static void test_no_shell_looks_at_the_command(void **state)
{
    (void)state;
    struct config cfg;
    struct buf why;
    static const char *const bad[] = {"sendmail -t", "/bin/sh -c 'x'", "/bin/x; y",
                                      "/bin/x | y",  "/bin/$x",        "/bin/`x`"};
    config_defaults(&cfg);
    buf_init(&why);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_err(config_set(&cfg, "mail", "sendmail", bad[i], &why), ERR_CONFIG);
    assert_err(config_set(&cfg, "mail", "sendmail", "/usr/sbin/sendmail -t -i", &why), ERR_OK);
    assert_err(config_set(&cfg, "mail", "from", "a@b\nBcc: c@d", &why), ERR_CONFIG);
    assert_err(config_set(&cfg, "mail", "from", "门神 <a@b.example>", &why), ERR_OK);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_addresses_have_bounds),
        cmocka_unit_test(test_mailboxes),
        cmocka_unit_test(test_a_plain_message),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_encoded_words_end_between_characters),
        cmocka_unit_test(test_programs_that_fail),
        cmocka_unit_test(test_no_shell_looks_at_the_command),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
