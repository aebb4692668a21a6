#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { WIDTH = 30, EVERY_US = 100 * 1000 };

void progress_open(struct progress *p, const char *what, size_t total)
{
    *p = (struct progress){.what = what, .total = total, .shown = isatty(STDERR_FILENO) == 1 && total > 0};
}

void progress_set(struct progress *p, size_t done)
{
    static const char full[] = "##############################", rest[] = "..............................";
    int64_t now_us = clock_monotonic_us();
    if (!p->shown || (p->drawn_us != 0 && now_us - p->drawn_us < EVERY_US))
        return;
    p->drawn_us = now_us;
    int n = (int)(done * WIDTH / p->total);
    fprintf(stderr, "\r%s %.*s%.*s %3zu %% (%zu of %zu)", p->what, n, full, WIDTH - n, rest,
            done * 100 / p->total, done, p->total);
}

void progress_close(struct progress *p)
{
    if (p->drawn_us != 0)
        fprintf(stderr, "\r\033[K");
    p->shown = false;
}
