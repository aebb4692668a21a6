/*
 * Verifiers of passwords: Argon2id (RFC 9106), stored as PHC strings, over the lower-case hex MD5 of what the
 * person typed. MD5 adds nothing to safety; it is what browsers of the Blade family send, and hashing it
 * alone lets one account log in through clients that send MD5 and clients that send the password as it is.
 *
 * Depends on libargon2, crypto/digest, base/random, base/secure.
 * Source: contracts, section blade; DESIGN, [login].
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"

#define PASSWORD_HASH_CAP 160 /* longest PHC string that password_hash writes, with NUL */

struct password_cost {
    uint32_t memory_kib;
    uint32_t passes; /* one lane always */
};

/* Hash `md5_hex` with a fresh salt. ERR_OK, ERR_RANDOM, ERR_CRYPTO (also: no memory for the cost). */
enum err password_hash(struct password_cost cost, const char md5_hex[DIGEST_MD5_HEX_CAP],
                       char out[PASSWORD_HASH_CAP]);

/*
 * A PHC string of the given cost that no password is known for: what an unknown account is verified against,
 * so that it takes as long as a known one. ERR_OK, ERR_RANDOM.
 */
enum err password_decoy(struct password_cost cost, char out[PASSWORD_HASH_CAP]);

/* Whether `stored` was made with another cost than this, or in another way: it is hashed anew at the next
 * login. */
bool password_needs_rehash(const char *stored, struct password_cost cost);

/* ERR_OK if it is the password; ERR_PASSWORD if not; ERR_CRYPTO if `stored` is no verifier. Takes the cost of
 * `stored`. */
enum err password_verify(const char *stored, const char md5_hex[DIGEST_MD5_HEX_CAP]);

#endif
