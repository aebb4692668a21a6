/*
 * Network addresses: what a limit counts by, and which proxies are believed.
 * Depends on base/codec.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_CAP  64     /* longest text written here, with NUL */
#define ADDRESS_UNIX "unix" /* who came over a Unix socket: a proxy on this machine, or nobody known */

/*
 * Write the canonical text of an IPv4 or IPv6 address; an IPv4 address mapped into IPv6 becomes IPv4.
 * False, and "unknown" is written, when `s` is no address.
 */
bool address_canonical(const char *s, size_t len, char out[ADDRESS_CAP]);

/* What limits count by: an IPv4 address itself, an IPv6 address' /64. `address` is canonical. */
void address_bucket(const char *address, char out[ADDRESS_CAP]);

/*
 * The network that a flood comes from, whose addresses one person may well have all of: an IPv4 address' /24, an
 * IPv6 address' /48; an address that is not known is its own. `address` is canonical. True for IPv6, where a network
 * has more addresses than can be counted one by one.
 */
bool address_network(const char *address, char out[ADDRESS_CAP]);

/* Whether every element of the comma-joined `list` is an address, a CIDR range or ADDRESS_UNIX; an empty list is fine. */
bool address_list_ok(const char *list);

/* Whether `address` (canonical, or ADDRESS_UNIX) is in such a list. */
bool address_in_list(const char *address, const char *list);

/*
 * The client's address: `remote`, or, as long as that is in `trusted`, the next one from the end of
 * `forwarded` (X-Forwarded-For, may be NULL). What an untrusted hop claims is not looked at.
 */
void address_of_client(const char *remote, const char *forwarded, const char *trusted, char out[ADDRESS_CAP]);

#endif
