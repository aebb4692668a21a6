/*
 * SM2 public-key encryption (GB/T 32918.4, curve of GB/T 32918.5), to read passwords that browsers encrypted
 * to this site's key: the ciphertext in hex as npm sm-crypto writes it with cipherMode 0, C1 ‖ C2 ‖ C3
 * without the leading 04 of C1.
 *
 * Depends on libcrypto, base/codec, base/random, base/secure.
 * Source: contracts, section blade; GB/T 32918.4-2016, 7.
 */
#ifndef CRYPTO_SM2_H
#define CRYPTO_SM2_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SM2_KEY_LEN        32  /* private key: a big-endian scalar */
#define SM2_PUBLIC_HEX_CAP 131 /* 04 ‖ X ‖ Y in hex, with NUL */
#define SM2_PLAIN_MAX      512 /* bytes of the longest plaintext: 128 characters of UTF-8 */

/* A new private key. ERR_OK; ERR_RANDOM; ERR_CRYPTO. `key_out` is a secret. */
enum err sm2_generate(unsigned char key_out[SM2_KEY_LEN]);

/* Whether the scalar is a private key: 1 … n - 2. ERR_OK; ERR_BAD_REQUEST; ERR_CRYPTO. */
enum err sm2_check_key(const unsigned char key[SM2_KEY_LEN]);

/* Read a private key from 64 hex digits of any case. ERR_OK; ERR_BAD_REQUEST (also: out of range);
 * ERR_CRYPTO. `key_out` is a secret. */
enum err sm2_key_of_hex(const char *hex, unsigned char key_out[SM2_KEY_LEN]);

/* The public key, 130 lower-case hex digits beginning with 04: what goes into front ends. ERR_OK; ERR_CRYPTO.
 */
enum err sm2_public_hex(const unsigned char key[SM2_KEY_LEN], char hex_out[SM2_PUBLIC_HEX_CAP]);

/* Whether `s` has the form of a ciphertext of 1 … SM2_PLAIN_MAX bytes, with or without the leading 04. Looks
 * at digits and length alone. */
bool sm2_is_ciphertext(const char *s);

/*
 * Decrypt. A text that begins with 04 is tried as it stands first, then without these digits.
 *
 * plain_out  `cap` bytes, more than SM2_PLAIN_MAX always suffice; NUL-terminated on ERR_OK; a secret.
 * len_out    bytes without the NUL; the plaintext may hold any bytes, a NUL too.
 *
 * ERR_OK; ERR_PASSWORD_SM2 (no ciphertext by its form; the point is not on the curve; C3 does not fit:
 * another key's, or changed; no room); ERR_CRYPTO (libcrypto failed; `key` is none).
 */
enum err sm2_decrypt(const unsigned char key[SM2_KEY_LEN], const char *hex, char *plain_out, size_t cap,
                     size_t *len_out);

#endif
