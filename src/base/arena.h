/*
 * Memory of one request: allocated in order, capped, wiped and released in one go. Parsed input lives here,
 * so a hostile request can neither take more than the cap nor leave a password behind.
 *
 * Depends on base/secure.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head; /* newest first */
    size_t used;              /* bytes handed out, alignment included */
    size_t cap;               /* bytes that may be handed out */
};

/* An empty arena that hands out at most `cap` bytes. Allocates nothing. */
void arena_init(struct arena *a, size_t cap);

/* Wipe everything and keep the first block for the next request. */
void arena_reset(struct arena *a);

/* Wipe everything and release it. */
void arena_fini(struct arena *a);

/* `size` zeroed bytes, aligned for any type; NULL when memory is out or the cap is reached. */
void *arena_alloc(struct arena *a, size_t size);

/* A NUL-terminated copy of `len` bytes of `s`; NULL as arena_alloc. */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_strdup(struct arena *a, const char *s);

/* printf into the arena; NULL as arena_alloc. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
