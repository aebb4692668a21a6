#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secure.h"

enum { BLOCK_MIN = 16 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t size, used; /* bytes of data[] */
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *a, size_t cap)
{
    *a = (struct arena){.cap = cap};
}

void arena_reset(struct arena *a)
{
    struct arena_block *b = a->head;
    while (b != NULL && b->next != NULL) {
        struct arena_block *next = b->next;
        secure_wipe(b->data, b->used);
        free(b);
        b = next;
    }
    if (b != NULL) {
        secure_wipe(b->data, b->used);
        b->used = 0;
    }
    a->head = b;
    a->used = 0;
}

void arena_fini(struct arena *a)
{
    arena_reset(a);
    free(a->head);
    a->head = NULL;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > a->cap || a->used > a->cap - size)
        return NULL;
    size = size == 0 ? align : (size + align - 1) / align * align;
    struct arena_block *b = a->head;
    if (b == NULL || b->size - b->used < size) {
        size_t cap = size > BLOCK_MIN ? size : BLOCK_MIN;
        b = calloc(1, sizeof *b + cap);
        if (b == NULL)
            return NULL;
        b->size = cap;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->data + b->used;
    b->used += size;
    a->used += size;
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    if (len + 1 == 0)
        return NULL;
    char *copy = arena_alloc(a, len + 1);
    if (copy != NULL && len > 0)
        memcpy(copy, s, len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (s == NULL)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(s, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}
