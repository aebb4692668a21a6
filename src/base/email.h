/*
 * E-mail addresses, as strictly as mail systems of today take them: ASCII, one @, no quotes, no comments. What passes
 * can stand in a header as it is.
 *
 * Depends on base/codec.
 * Source: RFC 5321 §4.1.2 and §4.5.3.1; RFC 5322 §3.2.3 (dot-atom); RFC 1123 §2.1 (host names).
 */
#ifndef BASE_EMAIL_H
#define BASE_EMAIL_H

#include <stdbool.h>
#include <stddef.h>

#define EMAIL_MAX 254 /* bytes of an address */

/* Whether `len` bytes are an address: "zhang.san@example.com". */
bool email_is_address(const char *text, size_t len);

/*
 * Whether `text` is an address, or a name with one: "门神 <noreply@example.com>". The name is UTF-8 without control
 * characters, quotes and angle brackets; with name_len_out 0 there is none.
 *
 * address_out  where the address begins within `text`, and its length; may be NULL, as the others.
 */
bool email_is_mailbox(const char *text, size_t *name_len_out, const char **address_out,
                      size_t *address_len_out);

#endif
