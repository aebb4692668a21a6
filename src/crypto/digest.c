#include "crypto/digest.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

enum err digest_hmac(enum digest_hash hash, const void *key, size_t key_len, const void *data, size_t len,
                     unsigned char *mac_out, size_t *len_out)
{
    const EVP_MD *md = hash == DIGEST_SHA256   ? EVP_sha256()
                       : hash == DIGEST_SHA384 ? EVP_sha384()
                                               : EVP_sha512();
    unsigned n = 0;
    if (key_len > INT_MAX || HMAC(md, key, (int)key_len, data, len, mac_out, &n) == NULL)
        return ERR_CRYPTO;
    *len_out = n;
    return ERR_OK;
}
