/*
 * Handling of secrets: wiping that the compiler keeps, comparison whose time does not depend on the content.
 * Depends on nothing.
 */
#ifndef BASE_SECURE_H
#define BASE_SECURE_H

#include <stdbool.h>
#include <stddef.h>

/* Overwrite `len` bytes at `p` with zeros. `p` may be NULL when len is 0. */
void secure_wipe(void *p, size_t len);

/* Wipe a C string and free it. NULL is allowed. */
void secure_free_str(char *s);

/* Whether `len` bytes at `a` and `b` are the same; the time depends on `len` alone. */
bool secure_equal(const void *a, const void *b, size_t len);

#endif
