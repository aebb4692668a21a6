#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t clock_now_s(void)
{
    return (int64_t)time(NULL);
}

int64_t clock_monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* "CST-8", "UTC0", "EST5": letters, an optional sign, one or two digits. glibc takes these without any file.
 */
static bool is_posix_zone(const char *zone)
{
    size_t letters = strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    const char *p = zone + letters;
    if (*p == '+' || *p == '-')
        p++;
    size_t digits = strspn(p, "0123456789");
    return letters >= 3 && letters <= 6 && digits >= 1 && digits <= 2 && p[digits] == '\0';
}

static bool has_zone_file(const char *zone)
{
    char path[256];
    if (strstr(zone, "..") != NULL || zone[0] == '/' || zone[0] == '\0')
        return false;
    int n = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", zone);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

enum err clock_set_zone(const char *zone)
{
    const char *tz = zone;
    if (strcmp(zone, "UTC") == 0)
        tz = "UTC0";
    else if (strcmp(zone, "Asia/Shanghai") == 0)
        tz = "CST-8"; /* no daylight saving since 1991; works on hosts without zone files */
    else if (!is_posix_zone(zone) && !has_zone_file(zone))
        return ERR_CONFIG;
    if (setenv("TZ", tz, 1) != 0)
        return ERR_MEMORY;
    tzset();
    return ERR_OK;
}

void clock_local(int64_t t_s, char out[CLOCK_LOCAL_CAP])
{
    time_t t = (time_t)t_s;
    struct tm tm;
    if (localtime_r(&t, &tm) == NULL || strftime(out, CLOCK_LOCAL_CAP, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        memcpy(out, "1970-01-01 00:00:00", CLOCK_LOCAL_CAP);
}

static void put_two(char *at, long value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

/* By hand, since a page has a hundred times and strftime(3) asks the zone's files anew for each. */
void clock_rfc3339(int64_t t_s, char out[CLOCK_RFC3339_CAP])
{
    time_t t = (time_t)t_s;
    struct tm tm;
    memcpy(out, "1970-01-01T00:00:00+00:00", CLOCK_RFC3339_CAP);
    if (localtime_r(&t, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
        return;
    long offset_min = (tm.tm_gmtoff < 0 ? -tm.tm_gmtoff : tm.tm_gmtoff) / 60;
    put_two(out, (tm.tm_year + 1900) / 100);
    put_two(out + 2, tm.tm_year + 1900);
    put_two(out + 5, tm.tm_mon + 1);
    put_two(out + 8, tm.tm_mday);
    put_two(out + 11, tm.tm_hour);
    put_two(out + 14, tm.tm_min);
    put_two(out + 17, tm.tm_sec);
    out[19] = tm.tm_gmtoff < 0 ? '-' : '+';
    put_two(out + 20, offset_min / 60);
    put_two(out + 23, offset_min % 60);
}

bool clock_parse_local(const char *text, int64_t *t_s_out)
{
    static const char *const forms[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = {.tm_isdst = -1};
        const char *end = strptime(text, forms[i], &tm);
        if (end == NULL || *end != '\0')
            continue;
        tm.tm_isdst = -1;
        time_t t = mktime(&tm);
        *t_s_out = (int64_t)t;
        return t >= 0;
    }
    return false;
}
