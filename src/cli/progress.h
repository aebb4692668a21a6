/*
 * A bar on standard error while something takes long; nothing where that is no terminal.
 * Depends on admin/watch, base/clock.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "admin/watch.h"

struct progress {
    int64_t drawn_us; /* when it was last drawn; 0: it is not there */
};

/* What draws the bar of `p`, which is zero at first, ten times a second at most. */
struct watch progress_watch(struct progress *p);

/* Take the bar away. */
void progress_close(struct progress *p);

#endif
