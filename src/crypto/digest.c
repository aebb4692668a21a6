#include "crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>

#include "base/codec.h"
#include "base/secure.h"

/*
 * A context for each hash, with a key of no meaning, to be copied: libcrypto looks MAC and hash up by their
 * names each time one is made anew, which costs more than the MAC of a kilobyte. Made at the start, never
 * changed.
 */
static EVP_MAC_CTX *hmac_pattern[DIGEST_HASH_COUNT];

static enum err make_pattern(EVP_MAC *hmac, enum digest_hash hash)
{
    char names[][8] = {[DIGEST_SHA256] = "SHA256", [DIGEST_SHA384] = "SHA384", [DIGEST_SHA512] = "SHA512"};
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, names[hash], 0),
                           OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
    if (ctx == NULL || EVP_MAC_init(ctx, (const unsigned char *)"", 1, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        return ERR_CRYPTO;
    }
    hmac_pattern[hash] = ctx;
    return ERR_OK;
}

enum err digest_start(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return ERR_CRYPTO;
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    enum err e = hmac != NULL ? ERR_OK : ERR_CRYPTO;
    for (int hash = 0; e == ERR_OK && hash < DIGEST_HASH_COUNT; hash++)
        if (hmac_pattern[hash] == NULL)
            e = make_pattern(hmac, (enum digest_hash)hash);
    EVP_MAC_free(hmac); /* the contexts hold it */
    return e;
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

enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out)
{
    EVP_MAC_CTX *ctx = hmac_pattern[hash] != NULL ? EVP_MAC_CTX_dup(hmac_pattern[hash]) : NULL;
    bool done = ctx != NULL && EVP_MAC_init(ctx, key, key_len, NULL) == 1 &&
                EVP_MAC_update(ctx, data, len) == 1 &&
                EVP_MAC_final(ctx, mac_out, len_out, DIGEST_MAX_LEN) == 1;
    EVP_MAC_CTX_free(ctx); /* wipes the key */
    return done ? ERR_OK : ERR_CRYPTO;
}
