/*
 * How long a request may take to arrive: ten seconds, one more for every 500 bytes, a minute at most. A body
 * of a login is there at once; the longest that is read, 64 KiB, over a bad line in half a minute.
 *
 * Depends on nothing.
 */
#ifndef SERVER_PACE_H
#define SERVER_PACE_H

#include <stdint.h>

#define PACE_FIRST_S     10
#define PACE_BYTES_PER_S 500
#define PACE_WHOLE_S     60

struct pace {
    int64_t start_us; /* of the clock that only goes forward */
    int64_t bytes;    /* that have arrived since */
};

/* When that clock says so much and the request is not there, it comes too slowly. */
int64_t pace_deadline_us(const struct pace *p);

#endif
