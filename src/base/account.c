#include "base/account.h"

#include <string.h>
#include <utf8proc.h>

enum { CODES_CAP = ACCOUNT_FOLDED_CAP };

/* Any blank, and what ends lines: White_Space of Unicode. */
static bool is_blank(utf8proc_int32_t code)
{
    utf8proc_category_t kind = utf8proc_category(code);
    return kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP ||
           (code >= 0x09 && code <= 0x0D) || code == 0x85;
}

/* `text` by utf8proc's `options` and, if that is wanted, without blanks at its ends. */
static bool transform(const char *text, utf8proc_option_t options, bool trimmed, char *out, size_t cap)
{
    utf8proc_int32_t codes[CODES_CAP], *from = codes;
    out[0] = '\0';
    utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)strlen(text),
                                            codes, CODES_CAP, options);
    if (n < 0 || n >= CODES_CAP)
        return false;
    while (trimmed && n > 0 && is_blank(from[n - 1]))
        n--;
    for (; trimmed && n > 0 && is_blank(*from); n--)
        from++;
    n = utf8proc_normalize_utf32(from, n, options);
    char encoded[4 * CODES_CAP + 1];
    size_t len = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++)
        len += (size_t)utf8proc_encode_char(from[i], (utf8proc_uint8_t *)encoded + len);
    if (n < 0 || len >= cap)
        return false;
    memcpy(out, encoded, len);
    out[len] = '\0';
    return true;
}

bool account_canonical(const char *typed, char out[ACCOUNT_CAP])
{
    return transform(typed, UTF8PROC_STABLE | UTF8PROC_COMPOSE, true, out, ACCOUNT_CAP);
}

bool account_fold(const char *account, char out[ACCOUNT_FOLDED_CAP])
{
    return transform(
        account, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
        true, out, ACCOUNT_FOLDED_CAP);
}

/* What keeps a character out of accounts; NULL if nothing does. */
static const char *code_fault(utf8proc_int32_t code)
{
    utf8proc_category_t kind = utf8proc_category(code);
    if (kind == UTF8PROC_CATEGORY_CC)
        return "a control character";
    if (code != ' ' && is_blank(code))
        return "a blank that is not the usual one";
    if (kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CS ||
        utf8proc_get_property(code)->ignorable || code == 0x2800 ||
        (code & 0xFFFE) == 0xFFFE) /* 0x2800: a Braille pattern without dots */
        return "an invisible character";
    return NULL;
}

const char *account_fault(const char *account)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)account;
    size_t len = strlen(account);
    const char *fault = NULL;
    if (len == 0)
        return "empty";
    if (len > ACCOUNT_MAX)
        return "longer than 128 bytes";
    if (account[0] == ' ' || account[len - 1] == ' ')
        return "a blank at its begin or end";
    while (*at != '\0' && fault == NULL) {
        utf8proc_int32_t code;
        utf8proc_ssize_t n = utf8proc_iterate(at, -1, &code);
        if (n <= 0)
            return "invalid UTF-8";
        fault = code_fault(code);
        at += n;
    }
    return fault;
}
