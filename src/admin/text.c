#include "admin/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/codec.h"
#include "base/config.h"

#define DIGITS         "0123456789"
#define LETTERS_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum { EMAIL_MAX = 254 /* RFC 5321 §4.5.3.1.3, without < and > */, PHONE_MAX = 40 };

const char *text_fault(const char *s, size_t len)
{
    if (!codec_utf8_valid(s, len))
        return "invalid UTF-8";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        /* C0, DEL, and C1 (U+0080 to U+009F), which is C2 80 to C2 9F. */
        bool c1 = c == 0xC2 && (unsigned char)s[i + 1] < 0xA0;
        if (c < 0x20 || c == 0x7F || c1)
            return "a control character";
    }
    return NULL;
}

bool text_is_formula(const char *s)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (strncmp(s, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

enum err text_check(const char *value, size_t max, struct buf *why)
{
    size_t len = strlen(value);
    const char *fault = text_fault(value, len);
    if (fault != NULL)
        buf_addf(why, "the value has %s", fault);
    else if (len > max)
        buf_addf(why, "longer than %zu bytes", max);
    else
        return ERR_OK;
    return ERR_BAD_REQUEST;
}

enum err text_check_id(const char *value, struct buf *why)
{
    size_t len = strlen(value);
    if (len >= 1 && len <= TEXT_ID_MAX && strspn(value, LETTERS_DIGITS "-_.") == len)
        return ERR_OK;
    buf_addf(why, "expected 1 to %d letters, digits, - _ or .", TEXT_ID_MAX);
    return ERR_BAD_REQUEST;
}

/* Labels of 1 to 63 letters, digits and inner hyphens. */
static bool is_host(const char *s)
{
    for (;;) {
        size_t len = strspn(s, LETTERS_DIGITS "-");
        if (len == 0 || len > 63 || s[0] == '-' || s[len - 1] == '-')
            return false;
        if (s[len] == '\0')
            return true;
        if (s[len] != '.')
            return false;
        s += len + 1;
    }
}

enum err text_check_email(const char *value, struct buf *why)
{
    size_t local = strspn(value, LETTERS_DIGITS ".!#$%&'*+/=?^_`{|}~-");
    bool good = local >= 1 && local <= 64 && value[local] == '@' && is_host(value + local + 1);
    if (value[0] == '\0' || (good && strlen(value) <= EMAIL_MAX))
        return ERR_OK;
    buf_add_str(why, "expected an e-mail address such as zhangsan@example.com");
    return ERR_BAD_REQUEST;
}

enum err text_check_phone(const char *value, struct buf *why)
{
    size_t len = strlen(value);
    if (len == 0 ||
        (len <= PHONE_MAX && strspn(value, DIGITS "+-().#/ ") == len && strpbrk(value, DIGITS) != NULL))
        return ERR_OK;
    buf_addf(why, "expected a telephone number: digits, + - ( ) and blanks, at most %d", PHONE_MAX);
    return ERR_BAD_REQUEST;
}

/* The element of `len` bytes at `p`, and those behind it. */
static enum err check_element(const char *p, size_t len, const char *allowed, struct buf *why)
{
    const char *rest = p + len;
    if (len == 0)
        buf_add_str(why, "expected a list such as a,b without empty elements");
    else if (allowed != NULL && !config_list_has(allowed, p, len))
        buf_addf(why, "%.*s: expected a list of %s", (int)len, p, allowed);
    else if (allowed == NULL && strspn(p, LETTERS_DIGITS "-_.:/") < len)
        buf_add_str(why, "expected a list of words of letters, digits, - _ . : /");
    else if (*rest == ',' && config_list_has(rest + 1, p, len))
        buf_addf(why, "%.*s is in the list twice", (int)len, p);
    else
        return ERR_OK;
    return ERR_BAD_REQUEST;
}

enum err text_check_list(const char *value, const char *allowed, struct buf *why)
{
    enum err e = text_check(value, TEXT_MAX, why);
    for (const char *p = value; e == ERR_OK; p++) {
        size_t len = strcspn(p, ",");
        e = check_element(p, len, allowed, why);
        p += len;
        if (*p == '\0')
            break;
    }
    return e;
}

/* How many bytes of blanks `s` begins with, U+3000 of Chinese keyboards among them. */
static size_t blanks(const char *s, size_t len)
{
    size_t n = 0;
    for (;;) {
        if (n < len && s[n] == ' ')
            n++;
        else if (n + 3 <= len && memcmp(s + n, "\u3000", 3) == 0)
            n += 3;
        else
            return n;
    }
}

/* How many bytes are left without the blanks at its end. */
static size_t without_blanks(const char *s, size_t len)
{
    for (;;) {
        if (len > 0 && s[len - 1] == ' ')
            len--;
        else if (len >= 3 && memcmp(s + len - 3, "\u3000", 3) == 0)
            len -= 3;
        else
            return len;
    }
}

const char *text_tidy_list(struct arena *arena, const char *list)
{
    char *tidy = arena_alloc(arena, strlen(list) + 1), *to = tidy;
    while (tidy != NULL && *list != '\0') {
        size_t whole = strcspn(list, ","), skip = blanks(list, whole);
        size_t len = without_blanks(list + skip, whole - skip);
        if (len > 0 && to != tidy)
            *to++ = ',';
        memcpy(to, list + skip, len);
        to += len;
        list += whole + (list[whole] == ',');
    }
    if (tidy != NULL)
        *to = '\0';
    return tidy;
}
