#include "server/pace.h"

int64_t pace_deadline_us(const struct pace *p)
{
    int64_t s = PACE_FIRST_S + p->bytes / PACE_BYTES_PER_S;
    return p->start_us + (s < PACE_WHOLE_S ? s : PACE_WHOLE_S) * 1000 * 1000;
}
