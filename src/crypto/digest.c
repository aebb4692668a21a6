/* libcrypto 3 calls these functions deprecated, in favour of EVP, whose price the header tells. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <string.h>

#include "base/codec.h"
#include "base/secure.h"

/* Some bytes of what is digested; borrowed. */
struct part {
    const void *data;
    size_t len;
};

enum err digest_md5_hex(const void *data, size_t len, char out[DIGEST_MD5_HEX_CAP])
{
    unsigned char md[MD5_DIGEST_LENGTH];
    MD5_CTX md5;
    bool done = MD5_Init(&md5) == 1 && MD5_Update(&md5, data, len) == 1 && MD5_Final(md, &md5) == 1;
    if (done)
        codec_hex(out, md, sizeof md);
    secure_wipe(&md5, sizeof md5);
    secure_wipe(md, sizeof md);
    return done ? ERR_OK : ERR_CRYPTO;
}

enum err digest_sha1(const void *data, size_t len, unsigned char out[DIGEST_SHA1_LEN])
{
    SHA_CTX sha;
    bool done = SHA1_Init(&sha) == 1 && SHA1_Update(&sha, data, len) == 1 && SHA1_Final(out, &sha) == 1;
    secure_wipe(&sha, sizeof sha);
    return done ? ERR_OK : ERR_CRYPTO;
}

static bool sha256(const struct part *parts, size_t count, unsigned char *out)
{
    SHA256_CTX sha;
    bool done = SHA256_Init(&sha) == 1;
    for (size_t i = 0; i < count; i++)
        done = done && SHA256_Update(&sha, parts[i].data, parts[i].len) == 1;
    done = done && SHA256_Final(out, &sha) == 1;
    secure_wipe(&sha, sizeof sha);
    return done;
}

enum err digest_sha256(const void *data, size_t len, unsigned char out[DIGEST_SHA256_LEN])
{
    return sha256(&(struct part){data, len}, 1, out) ? ERR_OK : ERR_CRYPTO;
}

/* SHA-384 is SHA-512 with another beginning and a shorter end (FIPS 180-4 §6.5). */
static bool sha512(int (*begin)(SHA512_CTX *), const struct part *parts, size_t count, unsigned char *out)
{
    SHA512_CTX sha;
    bool done = begin(&sha) == 1;
    for (size_t i = 0; i < count; i++)
        done = done && SHA512_Update(&sha, parts[i].data, parts[i].len) == 1;
    done = done && SHA512_Final(out, &sha) == 1;
    secure_wipe(&sha, sizeof sha);
    return done;
}

static bool digest(enum digest_hash hash, const struct part *parts, size_t count, unsigned char *out)
{
    switch (hash) {
    case DIGEST_SHA256:
        return sha256(parts, count, out);
    case DIGEST_SHA384:
        return sha512(SHA384_Init, parts, count, out);
    default:
        return sha512(SHA512_Init, parts, count, out);
    }
}

static const struct {
    size_t block, len; /* bytes */
} sizes[DIGEST_HASH_COUNT] = {
    [DIGEST_SHA256] = {SHA256_CBLOCK, DIGEST_SHA256_LEN},
    [DIGEST_SHA384] = {SHA512_CBLOCK, SHA384_DIGEST_LENGTH},
    [DIGEST_SHA512] = {SHA512_CBLOCK, SHA512_DIGEST_LENGTH},
};

/* The key at the length of a block: filled up with zeros, or first digested if it is longer. */
static bool fit_key(enum digest_hash hash, const void *key, size_t len, unsigned char out[SHA512_CBLOCK])
{
    memset(out, 0, SHA512_CBLOCK);
    if (len > sizes[hash].block)
        return digest(hash, &(struct part){key, len}, 1, out);
    if (len > 0)
        memcpy(out, key, len);
    return true;
}

static void xor_all(unsigned char bytes[SHA512_CBLOCK], unsigned char with)
{
    for (size_t i = 0; i < SHA512_CBLOCK; i++)
        bytes[i] ^= with;
}

enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out)
{
    unsigned char pad[SHA512_CBLOCK], inner[DIGEST_MAX_LEN];
    size_t block = sizes[hash].block, size = sizes[hash].len;
    bool done = fit_key(hash, key, key_len, pad);
    xor_all(pad, 0x36);
    done = done && digest(hash, (struct part[]){{pad, block}, {data, len}}, 2, inner);
    xor_all(pad, 0x36 ^ 0x5c);
    done = done && digest(hash, (struct part[]){{pad, block}, {inner, size}}, 2, mac_out);
    *len_out = size;
    secure_wipe(pad, sizeof pad);
    secure_wipe(inner, sizeof inner);
    return done ? ERR_OK : ERR_CRYPTO;
}
