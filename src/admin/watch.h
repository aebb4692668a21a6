/* Somebody who watches while something takes long: a bar on a terminal, a page. */
#ifndef ADMIN_WATCH_H
#define ADMIN_WATCH_H

#include <stddef.h>

struct watch {
    /* `what` ("Checking") is done with `done` of `total`; equal at the end. */
    void (*step)(void *ctx, const char *what, size_t done, size_t total);
    void *ctx;
};

#endif
