#include "admin/encoding.h"

#include <ctype.h>
#include <string.h>

#include "base/codec.h"

/* Four bytes from 90 30 81 30 on are U+10000 and what follows. */
enum { FOUR_ASTRAL = 189000, NO_CODE = -1 };

/* What is being read. */
struct reading {
    const unsigned char *at, *end;
};

/* Each of these: the next character, of a text that is not at its end; NO_CODE if there is none of the encoding. */
typedef int32_t reader(struct reading *r);

/* ---- GB18030 and Big5 ---- */

static int32_t four_bytes(struct reading *r)
{
    const unsigned char *b = r->at;
    if (r->end - b < 4 || b[1] < 0x30 || b[1] > 0x39 || b[2] < 0x81 || b[2] > 0xFE || b[3] < 0x30 ||
        b[3] > 0x39)
        return NO_CODE;
    int32_t n = (b[0] - 0x81) * 12600 + (b[1] - 0x30) * 1260 + (b[2] - 0x81) * 10 + (b[3] - 0x30);
    r->at += 4;
    if (n >= FOUR_ASTRAL)
        return n - FOUR_ASTRAL <= 0xFFFFF ? n - FOUR_ASTRAL + 0x10000 : NO_CODE;
    if (n >= ENCODING_FOUR_END)
        return NO_CODE;
    size_t low = 0, high = encoding_gb18030_four_count; /* the last span that begins at n or before */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        *(encoding_gb18030_four[middle].at <= n ? &low : &high) = middle;
    }
    const struct encoding_span *span = &encoding_gb18030_four[low];
    return span->code != 0 ? span->code + (n - span->at) : NO_CODE;
}

/* Two bytes by a table that begins with `lead_min`. */
static int32_t two_bytes(struct reading *r, const uint16_t table[][ENCODING_TRAILS], int lead_min, int leads)
{
    int lead = r->at[0] - lead_min;
    if (lead < 0 || lead >= leads || r->end - r->at < 2 || r->at[1] < ENCODING_TRAIL_MIN || r->at[1] == 0xFF)
        return NO_CODE;
    int32_t code = table[lead][r->at[1] - ENCODING_TRAIL_MIN];
    r->at += 2;
    if (code >= ENCODING_ASTRAL && code <= 0xDFFF)
        code = (int32_t)encoding_astral[code - ENCODING_ASTRAL];
    return code != 0 ? code : NO_CODE;
}

static int32_t read_gb18030(struct reading *r)
{
    if (*r->at < 0x80)
        return *r->at++;
    if (*r->at == 0x80) { /* the euro sign of Windows */
        r->at++;
        return 0x20AC;
    }
    if (r->end - r->at >= 2 && r->at[1] >= 0x30 && r->at[1] <= 0x39)
        return four_bytes(r);
    return two_bytes(r, encoding_gb18030, ENCODING_GB18030_LEAD_MIN, ENCODING_GB18030_LEADS);
}

static int32_t read_big5(struct reading *r)
{
    return *r->at < 0x80 ? *r->at++
                         : two_bytes(r, encoding_big5, ENCODING_BIG5_LEAD_MIN, ENCODING_BIG5_LEADS);
}

/* ---- UTF-16 ---- */

/* `low` is which of its two bytes is the lower one. */
static int32_t unit(struct reading *r, int low)
{
    if (r->end - r->at < 2)
        return NO_CODE;
    int32_t u = r->at[1 - low] << 8 | r->at[low];
    r->at += 2;
    return u;
}

static int32_t read_utf16(struct reading *r, int low)
{
    int32_t first = unit(r, low);
    if (first < 0xD800 || first > 0xDFFF)
        return first;
    int32_t second = first < 0xDC00 ? unit(r, low) : NO_CODE;
    return second >= 0xDC00 && second <= 0xDFFF ? 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                                                : NO_CODE;
}

static int32_t read_utf16le(struct reading *r)
{
    return read_utf16(r, 0);
}

static int32_t read_utf16be(struct reading *r)
{
    return read_utf16(r, 1);
}

/* ---- All of them ---- */

static const struct {
    const char *name;
    reader *read; /* NULL: it is UTF-8 already */
    const char *mark;
} encodings[ENCODINGS] = {
    [ENCODING_UTF8] = {"utf-8", NULL, "\xEF\xBB\xBF"},
    [ENCODING_GBK] = {"gbk", read_gb18030, NULL},
    [ENCODING_GB18030] = {"gb18030", read_gb18030, "\x84\x31\x95\x33"},
    [ENCODING_BIG5] = {"big5", read_big5, NULL},
    [ENCODING_UTF16LE] = {"utf-16le", read_utf16le, "\xFF\xFE"},
    [ENCODING_UTF16BE] = {"utf-16be", read_utf16be, "\xFE\xFF"},
};

bool encoding_find(const char *name, enum encoding *out)
{
    for (int i = 0; i < ENCODINGS; i++) {
        if (strcmp(encodings[i].name, name) == 0) {
            *out = (enum encoding)i;
            return true;
        }
    }
    return false;
}

static size_t mark_len(enum encoding e, const unsigned char *text, size_t len)
{
    size_t n = encodings[e].mark != NULL ? strlen(encodings[e].mark) : 0;
    return n > 0 && len >= n && memcmp(text, encodings[e].mark, n) == 0 ? n : 0;
}

bool encoding_of_mark(const unsigned char *text, size_t len, enum encoding *out)
{
    for (int i = 0; i < ENCODINGS; i++) {
        if (mark_len((enum encoding)i, text, len) > 0) {
            *out = (enum encoding)i;
            return true;
        }
    }
    return false;
}

static void add_utf8(struct buf *out, int32_t code)
{
    unsigned char b[4];
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6)
        b[i] = (unsigned char)(0x80 | (code & 0x3F));
    b[0] = (unsigned char)(n == 1 ? code : (0xF00 >> n & 0xFF) | code);
    buf_add(out, b, n);
}

static enum err copy_utf8(const unsigned char *text, size_t len, struct buf *out, size_t *line_out)
{
    if (codec_utf8_valid((const char *)text, len)) {
        buf_add(out, text, len);
        return out->err;
    }
    /* Line by line, since no character has a line end in it. */
    for (const unsigned char *end = text + len; text < end; (*line_out)++) {
        const unsigned char *lf = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((lf != NULL ? lf : end) - text);
        if (!codec_utf8_valid((const char *)text, n))
            break;
        text += n + 1;
    }
    return ERR_BAD_REQUEST;
}

enum err encoding_to_utf8(enum encoding from, const unsigned char *text, size_t len, struct buf *out,
                          size_t *line_out)
{
    size_t mark = mark_len(from, text, len);
    struct reading r = {text + mark, text + len};
    *line_out = 1;
    if (encodings[from].read == NULL)
        return copy_utf8(r.at, len - mark, out, line_out);
    while (r.at < r.end && out->err == ERR_OK) {
        int32_t code = encodings[from].read(&r);
        if (code == NO_CODE)
            return ERR_BAD_REQUEST;
        *line_out += code == '\n';
        add_utf8(out, code);
    }
    return out->err;
}

/* ---- Doubt ---- */

/* The bytes that are not ASCII and stand together. */
struct run {
    const unsigned char *at;
    size_t len;
    bool beside_letter;
};

static bool next_run(const unsigned char **at, const unsigned char *end, struct run *out)
{
    const unsigned char *p = *at;
    while (p < end && *p < 0x80)
        p++;
    out->at = p;
    out->beside_letter = p > *at && isalpha(p[-1]) != 0;
    while (p < end && *p >= 0x80)
        p++;
    out->len = (size_t)(p - out->at);
    out->beside_letter = out->beside_letter || (p < end && isalpha(*p) != 0);
    *at = p;
    return out->len > 0;
}

/* Whether it is common characters and signs of GBK: those of GB 2312. */
static bool is_gb2312(const struct run *run)
{
    for (size_t i = 0; i + 1 < run->len; i += 2)
        if (run->at[i] < 0xA1 || run->at[i] > 0xF7 || run->at[i + 1] < 0xA1 || run->at[i + 1] == 0xFF)
            return false;
    return run->len % 2 == 0;
}

bool encoding_is_doubtful(const unsigned char *text, size_t len)
{
    const unsigned char *at = text, *end = text + len;
    struct run run;
    size_t characters = 0, chinese = 0;
    bool stands_alone = false;
    while (next_run(&at, end, &run)) {
        if (!is_gb2312(&run))
            return false;
        stands_alone = stands_alone || (run.len >= 4 && !run.beside_letter);
        for (size_t i = 0; i < run.len; i++) {
            characters += run.at[i] >= 0xC0;
            chinese += run.at[i] >= 0xE3; /* U+3000 and beyond */
        }
    }
    return stands_alone && chinese * 2 < characters;
}

bool encoding_is_chinese_utf8(const unsigned char *text, size_t len)
{
    size_t characters = 0, chinese = 0;
    for (size_t i = 0; i < len; i++) {
        characters += text[i] >= 0xC0;
        chinese += text[i] >= 0xE3; /* U+3000 and beyond */
    }
    return chinese > 0 && chinese * 2 >= characters && codec_utf8_valid((const char *)text, len);
}
