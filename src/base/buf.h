/*
 * A growable byte buffer that remembers its first failure, so that a writer can append many times and check
 * once. The content may hold secrets: growing never leaves a copy behind, and freeing wipes.
 *
 * Depends on base/err, base/secure.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
    unsigned char *data; /* owned; NUL-terminated after every successful append, the NUL not counted in len */
    size_t len;          /* bytes */
    size_t cap;          /* bytes allocated */
    enum err err;        /* first failure: ERR_MEMORY, else ERR_OK */
};

/* An empty buffer; allocates nothing. */
void buf_init(struct buf *b);

/* Wipe and release. `b` may be all zero. Leaves it as buf_init does. */
void buf_free(struct buf *b);

/* Wipe the content and forget a failure, keep the memory: for a buffer that serves many requests. */
void buf_clear(struct buf *b);

/* Append `len` bytes of `data` (borrowed; may be NULL when len is 0). On failure the content is unchanged. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Room for `len` more bytes at the end, to be written by the caller and counted with b->len += n.
 * Returns NULL after a failure.
 */
unsigned char *buf_reserve(struct buf *b, size_t len);

/* The content as a C string; "" for a buffer that never held any; what was appended before a failure stays.
 * Borrowed until the next append. */
const char *buf_str(const struct buf *b);

#endif
