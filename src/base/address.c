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

void address_bucket(const char *address, char out[ADDRESS_CAP])
{
    struct ip ip;
    char text[INET6_ADDRSTRLEN];
    if (!parse(address, strlen(address), &ip) || ip.family == AF_INET) {
        snprintf(out, ADDRESS_CAP, "%s", address);
        return;
    }
    memset(ip.bytes + 8, 0, 8);
    inet_ntop(AF_INET6, ip.bytes, text, sizeof text);
    snprintf(out, ADDRESS_CAP, "%s/64", text);
}

static bool same_prefix(const unsigned char *a, const unsigned char *b, int64_t bits)
{
    size_t whole = (size_t)bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    int rest = (int)(bits % 8);
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool in_range(const struct ip *ip, const char *range, size_t len)
{
    struct ip net;
    char width[8];
    const char *slash = memchr(range, '/', len);
    size_t host = slash != NULL ? (size_t)(slash - range) : len;
    if (!parse(range, host, &net) || net.family != ip->family)
        return false;
    int64_t bits = net.family == AF_INET ? 32 : 128;
    if (slash != NULL) {
        size_t n = len - host - 1;
        if (n >= sizeof width)
            return false;
        memcpy(width, slash + 1, n);
        width[n] = '\0';
        if (!codec_parse_int(width, 0, bits, &bits))
            return false;
    }
    return same_prefix(ip->bytes, net.bytes, bits);
}

bool address_in_list(const char *address, const char *list)
{
    struct ip ip;
    if (!parse(address, strlen(address), &ip))
        return false;
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t n = strcspn(list, ", ");
        if (n > 0 && in_range(&ip, list, n))
            return true;
        list += n;
    }
    return false;
}

void address_of_client(const char *remote, const char *forwarded, const char *trusted, char out[ADDRESS_CAP])
{
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
        if (!address_canonical(hop, len, next))
            return;
        memcpy(out, next, sizeof next);
        end = from > 0 ? from - 1 : 0;
    }
}
