#include "crypto/password.h"

#include <argon2.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"

enum { SALT_LEN = 16, HASH_LEN = 32, LANES = 1 };

enum err password_hash(struct password_cost cost, const char md5_hex[DIGEST_MD5_HEX_CAP],
                       char out[PASSWORD_HASH_CAP])
{
    unsigned char salt[SALT_LEN];
    enum err e = random_bytes(salt, sizeof salt);
    if (e != ERR_OK)
        return e;
    int rc = argon2id_hash_encoded(cost.passes, cost.memory_kib, LANES, md5_hex, strlen(md5_hex), salt,
                                   sizeof salt, HASH_LEN, out, PASSWORD_HASH_CAP);
    return rc == ARGON2_OK ? ERR_OK : ERR_CRYPTO;
}

/* What a PHC string of this cost starts with. */
static void phc_head(struct password_cost cost, char *out, size_t cap)
{
    snprintf(out, cap, "$argon2id$v=%d$m=%u,t=%u,p=%d$", ARGON2_VERSION_13, cost.memory_kib, cost.passes,
             LANES);
}

bool password_needs_rehash(const char *stored, struct password_cost cost)
{
    char head[64];
    phc_head(cost, head, sizeof head);
    return strncmp(stored, head, strlen(head)) != 0;
}

enum err password_decoy(struct password_cost cost, char out[PASSWORD_HASH_CAP])
{
    unsigned char noise[SALT_LEN + HASH_LEN];
    enum err e = random_bytes(noise, sizeof noise);
    if (e != ERR_OK)
        return e;
    struct buf salt, hash;
    char head[64];
    buf_init(&salt);
    buf_init(&hash);
    codec_base64(&salt, noise, SALT_LEN);
    codec_base64(&hash, noise + SALT_LEN, HASH_LEN);
    phc_head(cost, head, sizeof head);
    int n = snprintf(out, PASSWORD_HASH_CAP, "%s%.*s$%.*s", head, (int)strcspn(buf_str(&salt), "="),
                     buf_str(&salt), (int)strcspn(buf_str(&hash), "="), buf_str(&hash));
    if (salt.err != ERR_OK || hash.err != ERR_OK || n < 0 || n >= PASSWORD_HASH_CAP)
        e = ERR_MEMORY;
    buf_free(&salt);
    buf_free(&hash);
    return e;
}

enum err password_verify(const char *stored, const char md5_hex[DIGEST_MD5_HEX_CAP])
{
    switch (argon2id_verify(stored, md5_hex, strlen(md5_hex))) {
    case ARGON2_OK:
        return ERR_OK;
    case ARGON2_VERIFY_MISMATCH:
        return ERR_PASSWORD;
    default:
        return ERR_CRYPTO;
    }
}
