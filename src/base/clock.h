/*
 * Time. It is sampled at the edge (the transports, the command line) and passed down as Unix seconds.
 * Depends on base/err.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_LOCAL_CAP   20 /* "YYYY-MM-DD HH:MM:SS" with NUL */
#define CLOCK_RFC3339_CAP 26 /* "YYYY-MM-DDTHH:MM:SS+08:00" with NUL */

/*
 * How far ahead of now a time may be that some worker wrote: its request may have begun later than the one that
 * reads it, and the clock of another host differs a little. What is further ahead was written by a clock that
 * was wrong.
 */
#define CLOCK_SKEW_S 60

/* Unix time, seconds. */
int64_t clock_now_s(void);

/* A clock that only goes forward, microseconds: for durations in the log. */
int64_t clock_monotonic_us(void);

/*
 * Make `zone` the zone of clock_local(), process-wide. An IANA name ("Asia/Shanghai") needs the host's zone
 * files; for the default zone, UTC and fixed offsets written as in POSIX ("CST-8") nothing is needed. ERR_OK;
 * ERR_CONFIG for a name that this host does not know.
 */
enum err clock_set_zone(const char *zone);

/* `t_s` as "YYYY-MM-DD HH:MM:SS" in the zone set before. */
void clock_local(int64_t t_s, char out[CLOCK_LOCAL_CAP]);

/* The same with its offset, as "YYYY-MM-DDTHH:MM:SS+08:00": RFC 3339 §5.6. */
void clock_rfc3339(int64_t t_s, char out[CLOCK_RFC3339_CAP]);

/* clock_local's other way: "YYYY-MM-DD HH:MM:SS", or "YYYY-MM-DD" for its midnight. False for anything else.
 */
bool clock_parse_local(const char *text, int64_t *t_s_out);

#endif
