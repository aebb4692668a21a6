/*
 * What programs of China, Taiwan and Hong Kong write text files in, turned into UTF-8: GBK and its superset
 * GB18030, Big5, UTF-16. The tables are made at build time by tools/encgen.c.
 *
 * Depends on base/buf, base/codec.
 * Source: GB 18030-2005; Big5 as glibc's iconv has it; RFC 3629; RFC 2781.
 */
#ifndef ADMIN_ENCODING_H
#define ADMIN_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum encoding {
    ENCODING_UTF8,
    ENCODING_GBK, /* read as GB18030, which has all of it at the same places */
    ENCODING_GB18030,
    ENCODING_BIG5,
    ENCODING_UTF16LE,
    ENCODING_UTF16BE,
    ENCODINGS
};

/* "utf-8", "gbk", "gb18030", "big5", "utf-16le", "utf-16be". */
bool encoding_find(const char *name, enum encoding *out);

/* What the byte order mark at the begin says; false if there is none. */
bool encoding_of_mark(const unsigned char *text, size_t len, enum encoding *out);

/*
 * Append the text as UTF-8, without a byte order mark.
 *
 * line_out  on ERR_BAD_REQUEST the line, from 1, of the first byte that is none of this encoding.
 *
 * ERR_OK; ERR_BAD_REQUEST; ERR_MEMORY.
 */
enum err encoding_to_utf8(enum encoding from, const unsigned char *text, size_t len, struct buf *out,
                          size_t *line_out);

/*
 * Whether a text that is valid UTF-8 is more likely GBK or Big5, which it can be by accident where it is short: all
 * that is not ASCII is pairs of bytes that are common Chinese characters in GBK and rare letters, far from Chinese,
 * in UTF-8, and at least two of these stand together and beside no letter.
 */
bool encoding_is_doubtful(const unsigned char *text, size_t len);

/*
 * Whether a text is UTF-8 beyond reasonable doubt: at least half of what is not ASCII is Chinese in it (or a byte
 * order mark). Read as GBK it would be rare characters all the same.
 */
bool encoding_is_chinese_utf8(const unsigned char *text, size_t len);

/* ---- The tables ---- */

#define ENCODING_TRAIL_MIN 0x40
#define ENCODING_TRAILS    (0xFF - ENCODING_TRAIL_MIN)

#define ENCODING_GB18030_LEAD_MIN 0x81
#define ENCODING_GB18030_LEADS    (0xFF - ENCODING_GB18030_LEAD_MIN)
#define ENCODING_BIG5_LEAD_MIN    0xA1
#define ENCODING_BIG5_LEADS       (0xFA - ENCODING_BIG5_LEAD_MIN)

/* By first and second byte; 0: no character; from ENCODING_ASTRAL on, where UTF-16 has its surrogates, a place in
 * encoding_astral. */
#define ENCODING_ASTRAL 0xD800
extern const uint32_t encoding_astral[];
extern const uint16_t encoding_gb18030[ENCODING_GB18030_LEADS][ENCODING_TRAILS];
extern const uint16_t encoding_big5[ENCODING_BIG5_LEADS][ENCODING_TRAILS];

/* The four-byte characters below U+10000, counted from 81 30 81 30; from `at` on they are `code` and those behind it,
 * up to the next span. code 0: none. */
struct encoding_span {
    uint16_t at, code;
};
#define ENCODING_FOUR_END 39420
extern const struct encoding_span encoding_gb18030_four[];
extern const size_t encoding_gb18030_four_count;

#endif
