/*
 * Verifiers of passwords, one row of a table per scheme. New ones are Argon2id (RFC 9106), stored as PHC
 * strings, over the lower-case hex MD5 of what the person typed. MD5 adds nothing to safety; it is what
 * browsers of the Blade family send, and hashing it alone lets one account log in through clients that send
 * MD5 and clients that send the password as it is. The other schemes verify people who were imported, until
 * their first login replaces the verifier:
 *
 *   argon2id   $argon2id$v=19$m=…,t=…,p=…$…$…   over the MD5 hex
 *   bcrypt     $2a$ $2b$ $2y$                   over the first 72 bytes of the password
 *   yescrypt   $y$                              over the password
 *   sha512     $6$   sha256 $5$   md5 $1$       over the password (crypt(5))
 *   apr1       $apr1$                           over the password (Apache's htpasswd)
 *   sha1       {SHA} and base64                 over the password (Apache's htpasswd -s)
 *   blade      {BLADE} and 40 hex digits, or the digits alone as in Blade's own table: SHA-1 over the MD5 hex
 *
 * Verifiers over the password itself cannot be verified for a client that sends MD5.
 *
 * Depends on libargon2, libcrypt, libcrypto, base/buf, base/codec, base/random, base/secure.
 * Source: contracts, section blade; DESIGN, [login]; crypt(5).
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"

#define PASSWORD_HASH_CAP       160 /* longest PHC string that password_hash writes, with NUL */
#define PASSWORD_STORED_CAP     256 /* longest verifier of any scheme, with NUL */
#define PASSWORD_PLAIN_CAP      513 /* bytes: 128 characters of UTF-8, with NUL */
#define PASSWORD_CHARACTERS_MAX 128

struct password_cost {
    uint32_t memory_kib;
    uint32_t passes; /* one lane always */
};

/* What a login knows of the password it brought. A secret: password_wipe it. */
struct password {
    char md5_hex[DIGEST_MD5_HEX_CAP]; /* lower case */
    char plain[PASSWORD_PLAIN_CAP];   /* "" unless has_plain */
    bool has_plain;
};

/* A password as it was typed, `len` bytes. ERR_OK; ERR_PASSWORD_LONG (over 128 characters); ERR_BAD_REQUEST
 * (no UTF-8, or a NUL in it); ERR_CRYPTO. `out` is wiped on failure. */
enum err password_of_plain(const char *plain, size_t len, struct password *out);

/* A password of which only the MD5 is known: 32 hex digits, any case. ERR_OK; ERR_BAD_REQUEST. */
enum err password_of_md5(const char *md5_hex, struct password *out);

/* Characters of the password; 0 where it is not known. */
size_t password_characters(const struct password *p);

void password_wipe(struct password *p);

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

/*
 * Verify. ERR_OK if it is the password. ERR_PASSWORD if not; also where the verifier wants the password
 * itself and only its MD5 is known, which takes the same time. ERR_CRYPTO if `stored` is no verifier, or one
 * of a cost that would hang the host. Takes the cost of `stored`.
 */
enum err password_verify(const char *stored, const struct password *p);

/* Whether `stored` is over the password itself: a client that sends only its MD5 cannot be let in by it. */
bool password_needs_plain(const char *stored);

/*
 * Whether verifying against `stored` looked at all of the password, its end included. bcrypt looks at 72 bytes: what
 * comes behind them, or that nothing does, was not proved, and a verifier over all of it must not be made from it.
 */
bool password_was_seen_whole(const char *stored, const struct password *p);

/*
 * Whether a text that was given as a password is more likely a verifier of any program: "$2a$…", "{SSHA}…", a
 * digest in hex or base64, … Taken for the password, it would let in whoever has seen the old table.
 */
bool password_looks_like_verifier(const char *text);

/*
 * Whether `stored` may be imported. ERR_OK; ERR_BAD_REQUEST with `why` appended: what it is instead (plain
 * text, DES crypt, …), malformed, or a cost that would let a login hang. `why` never repeats the verifier.
 */
enum err password_check_verifier(const char *stored, struct buf *why);

/*
 * The one form in which a verifier is kept: Blade's bare digits get their prefix and lower case, {bcrypt} and
 * {CRYPT} before one fall away, all others are copied. ERR_OK; ERR_BAD_REQUEST for what password_check_verifier
 * refuses by its form.
 */
enum err password_stored_form(const char *given, char out[PASSWORD_STORED_CAP]);

/* "argon2id", "bcrypt", …, by how `stored` begins; NULL for an unknown scheme. */
const char *password_scheme_name(const char *stored);

#endif
