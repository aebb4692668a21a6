#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { WIDTH = 30, EVERY_US = 100 * 1000 };

static void draw(void *ctx, const char *what, size_t done, size_t total)
{
    static const char full[] = "##############################", rest[] = "..............................";
    struct progress *p = ctx;
    int64_t now_us = clock_monotonic_us();
    if (total == 0 || isatty(STDERR_FILENO) != 1 || (p->drawn_us != 0 && now_us - p->drawn_us < EVERY_US))
        return;
    p->drawn_us = now_us;
    int n = (int)(done * WIDTH / total);
    fprintf(stderr, "\r%s %.*s%.*s %3zu %% (%zu of %zu)", what, n, full, WIDTH - n, rest, done * 100 / total,
            done, total);
}

struct watch progress_watch(struct progress *p)
{
    return (struct watch){draw, p};
}

void progress_close(struct progress *p)
{
    if (p->drawn_us != 0)
        fprintf(stderr, "\r\033[K");
    p->drawn_us = 0;
}
