/*
 * A bar on standard error while something takes long; nothing where that is no terminal.
 * Depends on base/clock.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *what; /* "Checking" */
    size_t total;
    int64_t drawn_us; /* when it was last drawn; 0: never */
    bool shown;       /* standard error is a terminal */
};

void progress_open(struct progress *p, const char *what, size_t total);

/* `done` of total are done. Draws ten times a second at most. */
void progress_set(struct progress *p, size_t done);

/* Take the bar away. */
void progress_close(struct progress *p);

#endif
