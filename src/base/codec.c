#include "base/codec.h"

#include <string.h>

static const char b64_std[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char b64_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void base64_encode(struct buf *out, const unsigned char *in, size_t len, const char *alphabet,
                          bool pad)
{
    size_t full = len / 3, rest = len % 3;
    size_t need = full * 4 + (rest == 0 ? 0 : pad ? 4 : rest + 1);
    unsigned char *o = buf_reserve(out, need);
    if (o == NULL)
        return;
    for (size_t i = 0; i < full; i++, in += 3) {
        uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *o++ = (unsigned char)alphabet[v >> 18];
        *o++ = (unsigned char)alphabet[v >> 12 & 63];
        *o++ = (unsigned char)alphabet[v >> 6 & 63];
        *o++ = (unsigned char)alphabet[v & 63];
    }
    if (rest > 0) {
        uint32_t v = (uint32_t)in[0] << 16 | (rest == 2 ? (uint32_t)in[1] << 8 : 0);
        *o++ = (unsigned char)alphabet[v >> 18];
        *o++ = (unsigned char)alphabet[v >> 12 & 63];
        if (rest == 2)
            *o++ = (unsigned char)alphabet[v >> 6 & 63];
        for (size_t i = rest; pad && i < 3; i++)
            *o++ = '=';
    }
    out->len += need;
    out->data[out->len] = '\0';
}

void codec_base64(struct buf *out, const void *data, size_t len)
{
    base64_encode(out, data, len, b64_std, true);
}

void codec_base64url(struct buf *out, const void *data, size_t len)
{
    base64_encode(out, data, len, b64_url, false);
}

/* The value of one character in the alphabet whose last two characters are `c62` and `c63`; -1 if it is none.
 */
static int b64_value(unsigned char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (unsigned char)c62)
        return 62;
    return c == (unsigned char)c63 ? 63 : -1;
}

static long base64_decode(const char *s, size_t len, unsigned char *out, size_t cap, char c62, char c63)
{
    size_t rest = len % 4, n = 0;
    if (rest == 1 || len / 4 * 3 + (rest > 0 ? rest - 1 : 0) > cap)
        return -1;
    uint32_t acc = 0;
    for (size_t i = 0; i < len; i++) {
        int v = b64_value((unsigned char)s[i], c62, c63);
        if (v < 0)
            return -1;
        acc = acc << 6 | (uint32_t)v;
        if (i % 4 == 3) {
            out[n++] = (unsigned char)(acc >> 16);
            out[n++] = (unsigned char)(acc >> 8);
            out[n++] = (unsigned char)acc;
            acc = 0;
        }
    }
    if (rest == 2) {
        if ((acc & 0xF) != 0)
            return -1;
        out[n++] = (unsigned char)(acc >> 4);
    } else if (rest == 3) {
        if ((acc & 0x3) != 0)
            return -1;
        out[n++] = (unsigned char)(acc >> 10);
        out[n++] = (unsigned char)(acc >> 2);
    }
    return (long)n;
}

long codec_base64_decode(const char *s, size_t len, unsigned char *out, size_t cap)
{
    if (len > 0 && len % 4 == 0 && s[len - 1] == '=')
        len -= s[len - 2] == '=' ? 2 : 1;
    return base64_decode(s, len, out, cap, '+', '/');
}

long codec_base64url_decode(const char *s, size_t len, unsigned char *out, size_t cap)
{
    return base64_decode(s, len, out, cap, '-', '_');
}

void codec_hex(char *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = data;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool codec_is_hex(const char *s, size_t digits)
{
    if (strlen(s) != digits)
        return false;
    for (; *s != '\0'; s++)
        if (hex_value(*s) < 0)
            return false;
    return true;
}

bool codec_hex_decode(const char *s, unsigned char *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(s[2 * i]), low = high < 0 ? -1 : hex_value(s[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

long codec_percent_decode(char *s, size_t len, bool plus)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            if (i + 2 >= len || hex_value(s[i + 1]) < 0 || hex_value(s[i + 2]) < 0)
                return -1;
            c = (char)(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
            i += 2;
        }
        if (c == '\0')
            return -1;
        s[n++] = c;
    }
    s[n] = '\0';
    return (long)n;
}

/* Length of the well-formed sequence at `p`, 0 if there is none within `len` bytes. Table 3-7 of Unicode 15.
 */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
    unsigned char lo = 0x80, hi = 0xBF;
    size_t n;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        n = 2;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        n = 3;
        lo = p[0] == 0xE0 ? 0xA0 : 0x80;
        hi = p[0] == 0xED ? 0x9F : 0xBF;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        n = 4;
        lo = p[0] == 0xF0 ? 0x90 : 0x80;
        hi = p[0] == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (n > len || p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (p[i] < 0x80 || p[i] > 0xBF)
            return 0;
    return n;
}

bool codec_utf8_valid(const void *data, size_t len)
{
    const unsigned char *p = data;
    while (len > 0) {
        size_t n = utf8_sequence(p, len);
        if (n == 0)
            return false;
        p += n;
        len -= n;
    }
    return true;
}

/* How many of the `len` bytes at `s` stand for themselves in a JSON string, or may: with C2, D8, E2 and EF begin
 * characters of which some do not. */
static size_t json_plain(const unsigned char *s, size_t len)
{
#define EIGHT 1, 1, 1, 1, 1, 1, 1, 1
    static const bool special[256] = {EIGHT,      EIGHT,      EIGHT,      EIGHT,      ['"'] = 1, ['\\'] = 1,
                                      [0x7F] = 1, [0xC2] = 1, [0xD8] = 1, [0xE2] = 1, [0xEF] = 1};
#undef EIGHT
    size_t n = 0;
    while (n < len && !special[s[n]])
        n++;
    return n;
}

/*
 * The character of valid UTF-8 at `s` if it controls a terminal or is invisible there: JSON of a command is read on
 * one. C1, and what turns the direction or has no width; else 0. *n is its length.
 */
static unsigned invisible(const unsigned char *s, size_t len, size_t *n)
{
    static const struct {
        unsigned first, last;
    } ranges[] = {{0x80, 0x9F},     {0x61C, 0x61C},   {0x200B, 0x200F},
                  {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}};
    *n = s[0] < 0xE0 ? 2 : 3;
    if (len < *n)
        return 0;
    unsigned code = *n == 2 ? (s[0] & 0x1FU) << 6 | (s[1] & 0x3FU)
                            : (s[0] & 0xFU) << 12 | (s[1] & 0x3FU) << 6 | (s[2] & 0x3FU);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return code;
    return 0;
}

void codec_json_escape(struct buf *out, const char *s, size_t len)
{
    const unsigned char *at = (const unsigned char *)s, *end = at + len;
    while (at < end) {
        size_t plain = json_plain(at, (size_t)(end - at));
        buf_add(out, at, plain);
        at += plain;
        if (at == end)
            break;
        size_t n = 1;
        unsigned code = *at < 0x80 ? *at : invisible(at, (size_t)(end - at), &n);
        if (*at >= 0x80 && code == 0)
            buf_add(out, at, n = 1);
        else if (code == '"' || code == '\\')
            buf_addf(out, "\\%c", (char)code);
        else
            buf_addf(out, "\\u%04x", code);
        at += n;
    }
}

/* The version and variant bits, and the text. */
static void format_uuid(char out[CODEC_UUID_CAP], unsigned char b[16], unsigned version)
{
    b[6] = (unsigned char)((b[6] & 0x0F) | version << 4);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    char hex[33];
    codec_hex(hex, b, 16);
    char *o = out;
    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *o++ = '-';
        *o++ = hex[i];
    }
    *o = '\0';
}

void codec_uuid4(char out[CODEC_UUID_CAP], const unsigned char random[16])
{
    unsigned char b[16];
    memcpy(b, random, sizeof b);
    format_uuid(out, b, 4);
}

void codec_uuid7(char out[CODEC_UUID_CAP], int64_t time_ms, const unsigned char random[16])
{
    unsigned char b[16];
    memcpy(b, random, sizeof b);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)((uint64_t)time_ms >> (40 - 8 * i));
    format_uuid(out, b, 7);
}

bool codec_parse_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
    bool negative = *s == '-';
    if (negative)
        s++;
    if (*s == '\0')
        return false;
    int64_t v = 0;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || v > (INT64_MAX - (*s - '0')) / 10)
            return false;
        v = v * 10 + (*s - '0');
    }
    if (negative)
        v = -v;
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}
