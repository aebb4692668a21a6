/*
 * Key pairs that sign: RSA, elliptic curves, Edwards curves, each in the one form that its JWS algorithm asks
 * for. A private key is kept as PKCS #8 DER and parsed once; no libcrypto type is shown.
 *
 * Depends on libcrypto, base/json_out, base/codec.
 * Source: RFC 7518 §3.3, §3.4, §6; RFC 8037; RFC 5958 (PKCS #8); RFC 7468 (PEM).
 */
#ifndef CRYPTO_KEYPAIR_H
#define CRYPTO_KEYPAIR_H

#include <stddef.h>

#include "base/err.h"
#include "base/json_out.h"

enum keypair_kind {
    KEYPAIR_RSA,     /* RSASSA-PKCS1-v1_5 with SHA-256; 3072 bits where made here, 2048 to 4096 are read */
    KEYPAIR_P256,    /* ECDSA on P-256 with SHA-256 */
    KEYPAIR_ED25519, /* Ed25519, pure */
};

#define KEYPAIR_SIGNATURE_CAP 512  /* bytes; RSA of 4096 bits */
#define KEYPAIR_DER_CAP       2560 /* bytes; an RSA key of 4096 bits has 2380 */

struct keypair;

/* Make a new pair, in some tenths of a second for RSA. To be freed with keypair_free. ERR_OK, ERR_CRYPTO,
 * ERR_MEMORY. */
enum err keypair_generate(enum keypair_kind kind, struct keypair **out);

/*
 * Read a private key.
 *
 * der  PKCS #8 DER, the whole of `len` bytes; a secret of the caller's.
 * out  to be freed with keypair_free.
 *
 * ERR_OK; ERR_BAD_REQUEST if it is none, of another kind or size, or followed by anything; ERR_CRYPTO,
 * ERR_MEMORY.
 */
enum err keypair_parse(enum keypair_kind kind, const unsigned char *der, size_t len, struct keypair **out);

/* Write the private key as PKCS #8 DER: *len_out of KEYPAIR_DER_CAP bytes; a secret, the caller wipes it.
 * ERR_OK, ERR_CRYPTO. */
enum err keypair_write(const struct keypair *pair, unsigned char der_out[KEYPAIR_DER_CAP], size_t *len_out);

/* Wipe and release. NULL is allowed. */
void keypair_free(struct keypair *pair);

/*
 * Sign `len` bytes: *len_out of KEYPAIR_SIGNATURE_CAP bytes. For P-256 that is r and s, 32 bytes each (RFC
 * 7518 §3.4); these signatures differ from call to call. ERR_OK, ERR_CRYPTO, ERR_MEMORY.
 */
enum err keypair_sign(const struct keypair *pair, const void *data, size_t len,
                      unsigned char signature_out[KEYPAIR_SIGNATURE_CAP], size_t *len_out);

/* ERR_OK; ERR_TOKEN_INVALID if it is not this pair's signature of the `len` bytes, in the form that
 * keypair_sign writes; ERR_MEMORY. */
enum err keypair_verify(const struct keypair *pair, const void *data, size_t len,
                        const unsigned char *signature, size_t signature_len);

/* Add the public key's members to an open JSON object: kty and n, e; crv, x, y; or crv, x. ERR_OK,
 * ERR_CRYPTO, ERR_MEMORY. Source: RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2. */
enum err keypair_public_members(const struct keypair *pair, struct json_out *j);

/* Append the public key as PEM ("BEGIN PUBLIC KEY", RFC 7468 §13). ERR_OK, ERR_CRYPTO, ERR_MEMORY. */
enum err keypair_public_pem(const struct keypair *pair, struct buf *out);

#endif
