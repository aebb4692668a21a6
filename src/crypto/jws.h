/*
 * JSON Web Signatures in compact form (RFC 7515), HMAC only (RFC 7518 §3.2).
 *
 * The protected header is a fixed text per algorithm, and a token whose header is not that very text is
 * refused: the algorithm is pinned to the key (RFC 8725 §3.1), and alg=none, crit, jku or a second alg have
 * no way in.
 *
 * Depends on crypto/digest, base/buf, base/codec, base/secure.
 */
#ifndef CRYPTO_JWS_H
#define CRYPTO_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

enum jws_alg { JWS_HS256, JWS_HS384, JWS_HS512, JWS_ALG_COUNT };

#define JWS_SECRET_CAP 512

struct jws_key {
    enum jws_alg alg;
    unsigned char secret[JWS_SECRET_CAP]; /* raw bytes; the owner wipes it */
    size_t secret_len;
};

/* "HS256", "HS384", "HS512". */
const char *jws_alg_name(enum jws_alg alg);
bool jws_alg_find(const char *name, enum jws_alg *out);

/*
 * The algorithm that a shared key of `len` bytes stands for: 64 and more HS512, 48 HS384, 32 HS256.
 * False for shorter keys (RFC 7518 §3.2 forbids them). Source: contracts, section blade.
 */
bool jws_alg_of_key_len(size_t len, enum jws_alg *out);

/* Append header.payload.signature of the `len` bytes at `payload`. ERR_OK, ERR_CRYPTO, ERR_MEMORY. */
enum err jws_sign(const struct jws_key *key, const char *payload, size_t len, struct buf *out);

/*
 * Check a token against `count` keys and append its payload, still unread, to payload_out.
 * ERR_OK; ERR_TOKEN_INVALID (not a token, foreign header, wrong signature); ERR_CRYPTO; ERR_MEMORY.
 */
enum err jws_verify(const struct jws_key *keys, size_t count, const char *token, size_t len,
                    struct buf *payload_out);

#endif
