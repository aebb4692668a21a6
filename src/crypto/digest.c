#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/codec.h"
#include "base/secure.h"

enum err digest_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 ? ERR_OK : ERR_CRYPTO;
}

enum err digest_md5_hex(const void *data, size_t len, char out[DIGEST_MD5_HEX_CAP])
{
    unsigned char md[16];
    unsigned n = 0;
    if (EVP_Digest(data, len, md, &n, EVP_md5(), NULL) != 1 || n != sizeof md)
        return ERR_CRYPTO;
    codec_hex(out, md, sizeof md);
    secure_wipe(md, sizeof md);
    return ERR_OK;
}

/*
 * A context for each hash, with a key of no meaning, to be copied: libcrypto looks MAC and hash up by their
 * names each time one is made anew, which costs more than the MAC of a kilobyte. Made on first use, never
 * changed.
 */
static EVP_MAC_CTX *pattern_of(enum digest_hash hash)
{
    static const char *const names[] = {
        [DIGEST_SHA256] = "SHA256", [DIGEST_SHA384] = "SHA384", [DIGEST_SHA512] = "SHA512"};
    static EVP_MAC_CTX *patterns[sizeof names / sizeof names[0]];
    if (patterns[hash] != NULL)
        return patterns[hash];
    char name[8];
    snprintf(name, sizeof name, "%s", names[hash]);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    if (ctx != NULL && EVP_MAC_init(ctx, (const unsigned char *)"", 1, params) == 1) {
        patterns[hash] = ctx;
        ctx = NULL;
    }
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac); /* the context holds it */
    return patterns[hash];
}

enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out)
{
    const EVP_MAC_CTX *pattern = pattern_of(hash);
    EVP_MAC_CTX *ctx = pattern != NULL ? EVP_MAC_CTX_dup(pattern) : NULL;
    bool done = ctx != NULL && EVP_MAC_init(ctx, key, key_len, NULL) == 1 &&
                EVP_MAC_update(ctx, data, len) == 1 &&
                EVP_MAC_final(ctx, mac_out, len_out, DIGEST_MAX_LEN) == 1;
    EVP_MAC_CTX_free(ctx); /* wipes the key */
    return done ? ERR_OK : ERR_CRYPTO;
}
