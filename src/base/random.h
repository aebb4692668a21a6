/*
 * The system's random source: getrandom(2), or /dev/urandom where an old kernel or a filter refuses the call. Both
 * are the kernel's generator. A failure of both is an error, never a fallback.
 * Depends on base/err.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>

#include "base/err.h"

/* Fill `len` bytes at `out` of it. ERR_OK or ERR_RANDOM. */
enum err random_bytes(void *out, size_t len);

/* `len` characters drawn uniformly from `alphabet` (at most 64 characters) and a NUL into `out`. ERR_OK,
 * ERR_RANDOM. */
enum err random_text(char *out, size_t len, const char *alphabet);

#endif
