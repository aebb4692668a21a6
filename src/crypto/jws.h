/*
 * JSON Web Signatures in compact form (RFC 7515), by HMAC (RFC 7518 §3.2) or by a key pair.
 *
 * The protected header is a fixed text per key, and a token whose header is not that very text is refused:
 * the algorithm is pinned to the key (RFC 8725 §3.1), and alg=none, crit, jku or a second alg have no way in.
 * HMAC keys write {"alg":"HS256","typ":"JWT"} (contracts, section blade), key pairs
 * {"alg":"RS256","typ":"JWT","kid":"…"}.
 *
 * Depends on crypto/digest, crypto/keypair, base/buf, base/codec, base/json_out, base/secure.
 */
#ifndef CRYPTO_JWS_H
#define CRYPTO_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_out.h"
#include "crypto/keypair.h"

enum jws_alg { JWS_HS256, JWS_HS384, JWS_HS512, JWS_RS256, JWS_ES256, JWS_EDDSA, JWS_ALG_COUNT };

#define JWS_SECRET_CAP 512 /* bytes of an HMAC key */
#define JWS_KID_CAP    17  /* 16 hex digits and NUL */

struct jws_key {
    enum jws_alg alg;
    char kid[JWS_KID_CAP]; /* in the header where there is a pair; digits that JSON need not escape */
    unsigned char secret[JWS_SECRET_CAP]; /* HMAC: raw bytes; the owner wipes it */
    size_t secret_len;
    const struct keypair *pair; /* else: borrowed */
};

/* The name in the header: "HS256", "RS256", "EdDSA". */
const char *jws_alg_name(enum jws_alg alg);
bool jws_alg_find(const char *name, enum jws_alg *out);

/* Whether one secret both signs and verifies. */
bool jws_is_hmac(enum jws_alg alg);

/* Bytes of a new HMAC key, as many as its MAC has (RFC 7518 §3.2); 0 for the others. */
size_t jws_secret_len(enum jws_alg alg);

/* The kind of key pair that an algorithm asks for; not for HMAC. */
enum keypair_kind jws_pair_kind(enum jws_alg alg);

/*
 * The algorithm that a shared key of `len` bytes stands for: 64 and more HS512, 48 HS384, 32 HS256.
 * False for shorter keys (RFC 7518 §3.2 forbids them). Source: contracts, section blade.
 */
bool jws_alg_of_key_len(size_t len, enum jws_alg *out);

/* Append header.payload.signature of the `len` bytes at `payload`. ES256 signs the same payload differently
 * each time. ERR_OK, ERR_CRYPTO, ERR_MEMORY. */
enum err jws_sign(const struct jws_key *key, const char *payload, size_t len, struct buf *out);

/*
 * Check a token against `count` keys and append its payload, still unread, to payload_out.
 * ERR_OK; ERR_TOKEN_INVALID (not a token, foreign header, wrong signature); ERR_CRYPTO; ERR_MEMORY.
 */
enum err jws_verify(const struct jws_key *keys, size_t count, const char *token, size_t len,
                    struct buf *payload_out);

/*
 * Add the public half of a key as an element of the open array of a JWK Set (RFC 7517 §4): kty, the numbers,
 * kid, alg, use "sig". Not for HMAC keys, which have no public half. ERR_OK, ERR_CRYPTO, ERR_MEMORY.
 */
enum err jws_public_jwk(const struct jws_key *key, struct json_out *j);

#endif
