#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"

struct ip {
    int family;              /* AF_INET, AF_INET6 */
    unsigned char bytes[16]; /* 4 or 16 of them */
};

static bool parse(const char *s, size_t len, struct ip *out)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    char text[INET6_ADDRSTRLEN];
    if (len == 0 || len >= sizeof text)
        return false;
    memcpy(text, s, len);
    text[len] = '\0';
    *out = (struct ip){.family = AF_INET};
    if (inet_pton(AF_INET, text, out->bytes) == 1)
        return true;
    if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    out->family = AF_INET6;
    if (memcmp(out->bytes, mapped, sizeof mapped) == 0) {
        out->family = AF_INET;
        memmove(out->bytes, out->bytes + 12, 4);
    }
    return true;
}

bool address_canonical(const char *s, size_t len, char out[ADDRESS_CAP])
{
    struct ip ip;
    if (parse(s, len, &ip) && inet_ntop(ip.family, ip.bytes, out, ADDRESS_CAP) != NULL)
        return true;
    memcpy(out, "unknown", sizeof "unknown");
    return false;
}

/* Write the network of `ip`: its first `bits`, a multiple of 8. */
static void write_network(struct ip *ip, size_t bits, char out[ADDRESS_CAP])
{
    char text[INET6_ADDRSTRLEN];
    memset(ip->bytes + bits / 8, 0, sizeof ip->bytes - bits / 8);
    inet_ntop(ip->family, ip->bytes, text, sizeof text);
    snprintf(out, ADDRESS_CAP, "%s/%zu", text, bits);
}

void address_bucket(const char *address, char out[ADDRESS_CAP])
{
    struct ip ip;
    if (parse(address, strlen(address), &ip) && ip.family == AF_INET6)
        write_network(&ip, 64, out);
    else
        snprintf(out, ADDRESS_CAP, "%s", address);
}

bool address_network(const char *address, char out[ADDRESS_CAP])
{
    struct ip ip;
    if (!parse(address, strlen(address), &ip)) {
        snprintf(out, ADDRESS_CAP, "%s", address);
        return false;
    }
    bool is_wide = ip.family == AF_INET6;
    write_network(&ip, is_wide ? 48 : 24, out);
    return is_wide;
}

static bool same_prefix(const unsigned char *a, const unsigned char *b, int64_t bits)
{
    size_t whole = (size_t)bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    int rest = (int)(bits % 8);
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* Read "192.0.2.0/24" or "192.0.2.1". */
static bool parse_range(const char *range, size_t len, struct ip *net, int64_t *bits)
{
    char width[8];
    const char *slash = memchr(range, '/', len);
    size_t host = slash != NULL ? (size_t)(slash - range) : len;
    if (!parse(range, host, net))
        return false;
    *bits = net->family == AF_INET ? 32 : 128;
    if (slash == NULL)
        return true;
    size_t n = len - host - 1;
    if (n >= sizeof width)
        return false;
    memcpy(width, slash + 1, n);
    width[n] = '\0';
    return codec_parse_int(width, 0, *bits, bits);
}

/* The next element of a list; NULL at its end. */
static const char *next_range(const char **list, size_t *len)
{
    *list += strspn(*list, ", ");
    const char *range = *list;
    *len = strcspn(range, ", ");
    *list += *len;
    return *len > 0 ? range : NULL;
}

static bool is_unix(const char *text, size_t len)
{
    return len == sizeof ADDRESS_UNIX - 1 && memcmp(text, ADDRESS_UNIX, len) == 0;
}

bool address_list_ok(const char *list)
{
    struct ip net;
    int64_t bits;
    size_t len;
    for (const char *range; (range = next_range(&list, &len)) != NULL;)
        if (!is_unix(range, len) && !parse_range(range, len, &net, &bits))
            return false;
    return true;
}

bool address_in_list(const char *address, const char *list)
{
    struct ip ip, net;
    int64_t bits;
    size_t len;
    bool local = is_unix(address, strlen(address));
    if (!local && !parse(address, strlen(address), &ip))
        return false;
    for (const char *range; (range = next_range(&list, &len)) != NULL;)
        if (local ? is_unix(range, len)
                  : parse_range(range, len, &net, &bits) && net.family == ip.family &&
                        same_prefix(ip.bytes, net.bytes, bits))
            return true;
    return false;
}

/* "192.0.2.1:4711" and "[2001:db8::1]:4711" are addresses too, in the logs of some proxies and in their
 * headers. */
static void strip_port(const char **hop, size_t *len)
{
    const char *colon = memchr(*hop, ':', *len);
    const char *bracket = memchr(*hop, ']', *len);
    if (*len > 0 && (*hop)[0] == '[' && bracket != NULL) {
        *len = (size_t)(bracket - *hop - 1);
        (*hop)++;
    } else if (colon != NULL && memchr(colon + 1, ':', *len - (size_t)(colon + 1 - *hop)) == NULL) {
        *len = (size_t)(colon - *hop);
    }
}

void address_of_client(const char *remote, const char *forwarded, const char *trusted, char out[ADDRESS_CAP])
{
    /* nginx writes "unix:" for who came over a Unix socket, lighttpd the socket's name, or nothing. */
    if (remote[0] == '\0' || remote[0] == '/' || strncmp(remote, "unix:", 5) == 0)
        memcpy(out, ADDRESS_UNIX, sizeof ADDRESS_UNIX);
    else
        address_canonical(remote, strlen(remote), out);
    size_t end = forwarded != NULL ? strlen(forwarded) : 0;
    while (end > 0 && address_in_list(out, trusted)) {
        size_t from = end;
        while (from > 0 && forwarded[from - 1] != ',')
            from--;
        const char *hop = forwarded + from;
        size_t len = end - from;
        for (; len > 0 && *hop == ' '; hop++)
            len--;
        while (len > 0 && hop[len - 1] == ' ')
            len--;
        char next[ADDRESS_CAP];
        strip_port(&hop, &len);
        if (!address_canonical(hop, len, next))
            return;
        memcpy(out, next, sizeof next);
        end = from > 0 ? from - 1 : 0;
    }
}
