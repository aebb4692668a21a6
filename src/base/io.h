/*
 * Descriptors. Depends on nothing.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

/* Write all `len` bytes, in as many pieces as it takes. False, with errno, if that cannot be: some may be written. */
bool io_write_all(int fd, const void *data, size_t len);

#endif
