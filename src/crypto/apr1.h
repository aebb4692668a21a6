/*
 * Apache's variant of MD5-crypt, as htpasswd writes it: to verify people who were imported, never for new
 * passwords. Depends on libcrypto.
 * Source: Apache HTTP Server, "Password Formats".
 */
#ifndef CRYPTO_APR1_H
#define CRYPTO_APR1_H

#include "base/err.h"

#define APR1_PREFIX   "$apr1$"
#define APR1_SALT_MAX 8
#define APR1_CAP      (6 + APR1_SALT_MAX + 1 + 22 + 1) /* prefix, salt, $, sum, NUL */

/*
 * Hash `text` with a salt of at most 8 characters, which ends at the first '$' or NUL.
 * ERR_OK; ERR_CRYPTO (also: a longer salt). `out` is a secret.
 */
enum err apr1_hash(const char *text, const char *salt, char out[APR1_CAP]);

#endif
