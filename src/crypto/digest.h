/*
 * Digests and MACs through libcrypto, which starts without reading any host configuration.
 * Depends on openssl, base/err.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define DIGEST_MD5_HEX_CAP 33 /* 32 hex digits and NUL */
#define DIGEST_SHA256_LEN  32
#define DIGEST_MAX_LEN     64

enum digest_hash { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_HASH_COUNT };

/* Start libcrypto, before anything else here and before there are threads; again does no harm. ERR_OK,
 * ERR_CRYPTO. */
enum err digest_start(void);

/* Lower-case hex MD5: what browsers of the Blade family send for a password. ERR_OK, ERR_CRYPTO. */
enum err digest_md5_hex(const void *data, size_t len, char out[DIGEST_MD5_HEX_CAP]);

/* HMAC (RFC 2104); digest_start comes first. `mac_out` has DIGEST_MAX_LEN bytes, *len_out of them are
 * written. ERR_OK, ERR_CRYPTO. */
enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out);

#endif
