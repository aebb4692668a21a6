/*
 * Encodings: base64 and base64url, hex, percent-encoding, UTF-8 validation, UUIDs, JSON string escapes.
 * Decoders are strict: what an encoder would not have written is refused.
 *
 * Depends on base/buf.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Append base64 with padding (RFC 4648 §4) or base64url without (§5). */
void codec_base64(struct buf *out, const void *data, size_t len);
void codec_base64url(struct buf *out, const void *data, size_t len);

/*
 * Decode `len` characters into `out`, which has room for `cap` bytes (len / 4 * 3 + 3 always suffices).
 * Returns the number of bytes, or -1 for a character outside the alphabet, wrong padding, non-zero trailing
 * bits, or no room. Base64 accepts absent padding, as browsers' and Java's decoders do.
 */
long codec_base64_decode(const char *s, size_t len, unsigned char *out, size_t cap);
long codec_base64url_decode(const char *s, size_t len, unsigned char *out, size_t cap);

/* Write 2 * len lower-case hex digits and a NUL to `out`. */
void codec_hex(char *out, const void *data, size_t len);

/* Read `len` bytes from the first 2 * len digits at `s`, of either case. Returns false for anything else. */
bool codec_hex_decode(const char *s, unsigned char *out, size_t len);

/* Whether `s` is exactly `digits` hex digits, of either case. */
bool codec_is_hex(const char *s, size_t digits);

/*
 * Decode percent-encoding in place; `plus` makes '+' a blank (form bodies and query strings).
 * Returns the new length, or -1 for a broken escape or an encoded NUL. NUL-terminates.
 */
long codec_percent_decode(char *s, size_t len, bool plus);

/* Whether `len` bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 */
bool codec_utf8_valid(const void *data, size_t len);

/* Append `s` as the inside of a JSON string: quotes, backslash, control characters and what is invisible or turns
 * the direction on a terminal escaped, all else as it is. */
void codec_json_escape(struct buf *out, const char *s, size_t len);

#define CODEC_UUID_CAP 37 /* with NUL */

/* Format 16 random bytes as a version 4 UUID (RFC 9562 §5.4): lower case, with dashes. */
void codec_uuid4(char out[CODEC_UUID_CAP], const unsigned char random[16]);

/* The same as version 7 (RFC 9562 §5.7): the first 48 bits are Unix time in milliseconds, so that ids made
 * later sort later; the rest is taken from the random bytes. */
void codec_uuid7(char out[CODEC_UUID_CAP], int64_t time_ms, const unsigned char random[16]);

/* Parse a decimal integer of the whole string, min..max. Returns false and leaves *out for anything else. */
bool codec_parse_int(const char *s, int64_t min, int64_t max, int64_t *out);

#endif
