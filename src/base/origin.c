#include "base/origin.h"

#include <stdint.h>
#include <string.h>

#include "base/codec.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* The next element of a list, *len bytes; NULL at its end. */
static const char *next_origin(const char **list, size_t *len)
{
    *list += strspn(*list, ", ");
    const char *origin = *list;
    *len = strcspn(origin, ", ");
    *list += *len;
    return *len > 0 ? origin : NULL;
}

static bool is_scheme(const char *s, size_t len)
{
    return len > 0 && strchr(LOWER, s[0]) != NULL && strspn(s, LOWER DIGITS "+-.") >= len &&
           !(len == 4 && memcmp(s, "file", 4) == 0);
}

/* The length of the host at the start of `s`; 0 if there is none. Names beyond ASCII are sent as xn--… */
static size_t host_length(const char *s)
{
    if (s[0] != '[')
        return strspn(s, LOWER DIGITS "-._");
    size_t n = strspn(s + 1, "abcdef" DIGITS ":.");
    return n >= 2 && s[1 + n] == ']' ? n + 2 : 0;
}

/* Whether what follows the host is a port that a browser would write. */
static bool is_port(const char *s, size_t len, const char *implied)
{
    char text[8] = "";
    int64_t port;
    if (len < 2 || len > 6 || s[0] != ':' || s[1] == '0')
        return false;
    memcpy(text, s + 1, len - 1);
    return codec_parse_int(text, 1, 65535, &port) && strcmp(text, implied) != 0;
}

static bool is_origin(const char *s, size_t len)
{
    const char *end = strstr(s, "://");
    if (end == NULL || (size_t)(end - s) >= len || !is_scheme(s, (size_t)(end - s)))
        return false;
    const char *implied = strncmp(s, "http://", 7) == 0 ? "80" : strncmp(s, "https://", 8) == 0 ? "443" : "";
    size_t host = host_length(end + 3);
    size_t rest = len - (size_t)(end + 3 - s) - host;
    return host > 0 && (rest == 0 || is_port(end + 3 + host, rest, implied));
}

bool origin_list_ok(const char *list)
{
    size_t len;
    for (const char *origin; (origin = next_origin(&list, &len)) != NULL;)
        if (!is_origin(origin, len))
            return false;
    return true;
}

bool origin_in_list(const char *origin, const char *list)
{
    size_t len;
    for (const char *one; (one = next_origin(&list, &len)) != NULL;)
        if (strlen(origin) == len && memcmp(origin, one, len) == 0)
            return true;
    return false;
}
