#include "base/printable.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

static bool is_printable(utf8proc_int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

static void add_escaped(struct buf *out, utf8proc_int32_t code)
{
    if (code < 0x80)
        buf_addf(out, "\\x%02X", (unsigned)code);
    else if (code <= 0xFFFF)
        buf_addf(out, "\\u%04X", (unsigned)code);
    else
        buf_addf(out, "\\U%08X", (unsigned)code);
}

void printable_add(struct buf *out, const char *text, size_t len, const char *keep)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text, *end = at + len;
    while (at < end) {
        utf8proc_int32_t code;
        utf8proc_ssize_t n = utf8proc_iterate(at, end - at, &code);
        if (n <= 0) {
            buf_addf(out, "\\x%02X", *at++);
            continue;
        }
        if (is_printable(code) || (code > 0 && code < 0x80 && strchr(keep, code) != NULL))
            buf_add(out, at, (size_t)n);
        else
            add_escaped(out, code);
        at += n;
    }
}
