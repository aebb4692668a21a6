/*
 * Digests and MACs. They are computed by libcrypto's plain functions, SHA256_Update(3) and its kin, not
 * through EVP: EVP first starts libcrypto and looks its algorithms up by name, and that is most of what a CGI
 * request cost.
 *
 * Depends on openssl, base/err.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define DIGEST_MD5_HEX_CAP 33 /* 32 hex digits and NUL */
#define DIGEST_SHA1_LEN    20
#define DIGEST_SHA256_LEN  32
#define DIGEST_MAX_LEN     64

enum digest_hash { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_HASH_COUNT };

/* Lower-case hex MD5: what browsers of the Blade family send for a password. ERR_OK, ERR_CRYPTO. */
enum err digest_md5_hex(const void *data, size_t len, char out[DIGEST_MD5_HEX_CAP]);

/* ERR_OK, ERR_CRYPTO. */
enum err digest_sha1(const void *data, size_t len, unsigned char out[DIGEST_SHA1_LEN]);

/* ERR_OK, ERR_CRYPTO. */
enum err digest_sha256(const void *data, size_t len, unsigned char out[DIGEST_SHA256_LEN]);

/* HMAC (RFC 2104). `mac_out` has DIGEST_MAX_LEN bytes, *len_out of them are written. ERR_OK, ERR_CRYPTO. */
enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out);

#endif
