#include "crypto/sm2.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "crypto/libcrypto.h"

enum {
    POINT_LEN = 64, /* X ‖ Y */
    SUM_LEN = 32,   /* C3 */
    PUBLIC_LEN = 1 + POINT_LEN,
    CIPHER_MAX = POINT_LEN + SM2_PLAIN_MAX + SUM_LEN,
    DER_MAX = CIPHER_MAX + 32, /* tags, lengths and two leading zeros */
    TRIES = 8,                 /* a random scalar is out of range once in 2^32 */
};

/* ---- The key ----------------------------------------------------------------------------------------- */

/* What everything here begins with. NULL if libcrypto does not start or memory is short. */
static EC_GROUP *curve(void)
{
    return libcrypto_start() == ERR_OK ? EC_GROUP_new_by_curve_name(NID_sm2) : NULL;
}

enum err sm2_check_key(const unsigned char key[SM2_KEY_LEN])
{
    enum err e = ERR_CRYPTO;
    EC_GROUP *group = curve();
    BIGNUM *d = BN_secure_new();
    BIGNUM *last = group != NULL ? BN_dup(EC_GROUP_get0_order(group)) : NULL;
    if (d != NULL && last != NULL && BN_bin2bn(key, SM2_KEY_LEN, d) != NULL && BN_sub_word(last, 2) == 1)
        e = BN_is_zero(d) || BN_cmp(d, last) > 0 ? ERR_BAD_REQUEST : ERR_OK;
    BN_free(last);
    BN_clear_free(d);
    EC_GROUP_free(group);
    return e;
}

enum err sm2_key_of_hex(const char *hex, unsigned char key_out[SM2_KEY_LEN])
{
    if (!codec_is_hex(hex, (size_t)SM2_KEY_LEN * 2) || !codec_hex_decode(hex, key_out, SM2_KEY_LEN))
        return ERR_BAD_REQUEST;
    return sm2_check_key(key_out);
}

enum err sm2_generate(unsigned char key_out[SM2_KEY_LEN])
{
    enum err e = ERR_BAD_REQUEST;
    for (int i = 0; i < TRIES && e == ERR_BAD_REQUEST; i++) {
        e = random_bytes(key_out, SM2_KEY_LEN);
        if (e == ERR_OK)
            e = sm2_check_key(key_out);
    }
    return e == ERR_BAD_REQUEST ? ERR_RANDOM : e;
}

static enum err public_point(const unsigned char key[SM2_KEY_LEN], unsigned char out[PUBLIC_LEN])
{
    enum err e = ERR_CRYPTO;
    EC_GROUP *group = curve();
    EC_POINT *point = group != NULL ? EC_POINT_new(group) : NULL;
    BIGNUM *d = BN_secure_new();
    if (point != NULL && d != NULL && BN_bin2bn(key, SM2_KEY_LEN, d) != NULL &&
        EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, PUBLIC_LEN, NULL) == PUBLIC_LEN)
        e = ERR_OK;
    BN_clear_free(d);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return e;
}

enum err sm2_public_hex(const unsigned char key[SM2_KEY_LEN], char hex_out[SM2_PUBLIC_HEX_CAP])
{
    unsigned char point[PUBLIC_LEN];
    enum err e = public_point(key, point);
    if (e == ERR_OK)
        codec_hex(hex_out, point, sizeof point);
    return e;
}

/* libcrypto's form of the key; NULL if it has none. */
static EVP_PKEY *load_key(const unsigned char key[SM2_KEY_LEN])
{
    EVP_PKEY *pkey = NULL;
    unsigned char point[PUBLIC_LEN];
    if (public_point(key, point) != ERR_OK)
        return NULL;
    BIGNUM *d = BN_secure_new();
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM *params = NULL;
    if (d != NULL && build != NULL && ctx != NULL && BN_bin2bn(key, SM2_KEY_LEN, d) != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    BN_clear_free(d);
    return pkey;
}

/* ---- The ciphertext ---------------------------------------------------------------------------------- */

bool sm2_is_ciphertext(const char *s)
{
    size_t digits = strlen(s);
    return digits % 2 == 0 && digits >= 2 * (POINT_LEN + 1 + SUM_LEN) && digits <= 2 * (1 + CIPHER_MAX) &&
           codec_is_hex(s, digits);
}

/* DER (X.690): tag and length. */
static unsigned char *put_head(unsigned char *out, unsigned char tag, size_t len)
{
    *out++ = tag;
    if (len > 0xFF) {
        *out++ = 0x82;
        *out++ = (unsigned char)(len >> 8);
    } else if (len > 0x7F) {
        *out++ = 0x81;
    }
    *out++ = (unsigned char)len;
    return out;
}

static unsigned char *put_octets(unsigned char *out, const unsigned char *bytes, size_t len)
{
    out = put_head(out, 0x04, len);
    memcpy(out, bytes, len);
    return out + len;
}

/* A coordinate as INTEGER: without leading zeros, but with one where the top bit would make it negative. */
static unsigned char *put_integer(unsigned char *out, const unsigned char bytes[POINT_LEN / 2])
{
    size_t len = POINT_LEN / 2;
    while (len > 1 && *bytes == 0) {
        bytes++;
        len--;
    }
    bool sign = (*bytes & 0x80) != 0;
    out = put_head(out, 0x02, len + sign);
    if (sign)
        *out++ = 0;
    memcpy(out, bytes, len);
    return out + len;
}

/* C1 ‖ C2 ‖ C3 as SEQUENCE { x, y, C3, C2 } (GB/T 35276), which libcrypto reads. Returns the length. */
static size_t to_der(const unsigned char *cipher, size_t len, unsigned char out[DER_MAX])
{
    unsigned char body[DER_MAX], *end = body;
    end = put_integer(end, cipher);
    end = put_integer(end, cipher + POINT_LEN / 2);
    end = put_octets(end, cipher + len - SUM_LEN, SUM_LEN);
    end = put_octets(end, cipher + POINT_LEN, len - POINT_LEN - SUM_LEN);
    size_t body_len = (size_t)(end - body);
    unsigned char *o = put_head(out, 0x30, body_len);
    memcpy(o, body, body_len);
    return (size_t)(o - out) + body_len;
}

/* `hex` has the form of a ciphertext, without the 04. */
static enum err decrypt(EVP_PKEY *pkey, const char *hex, unsigned char plain[CIPHER_MAX], size_t *len_out)
{
    unsigned char cipher[CIPHER_MAX], der[DER_MAX];
    size_t len = strlen(hex) / 2, plain_len = CIPHER_MAX;
    if (len <= POINT_LEN + SUM_LEN || len > CIPHER_MAX || !codec_hex_decode(hex, cipher, len))
        return ERR_PASSWORD_SM2;
    size_t der_len = to_der(cipher, len, der);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    enum err e = ERR_CRYPTO;
    if (ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1)
        e = EVP_PKEY_decrypt(ctx, plain, &plain_len, der, der_len) == 1 ? ERR_OK : ERR_PASSWORD_SM2;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    *len_out = plain_len;
    return e;
}

enum err sm2_decrypt(const unsigned char key[SM2_KEY_LEN], const char *hex, char *plain_out, size_t cap,
                     size_t *len_out)
{
    unsigned char plain[CIPHER_MAX];
    size_t len = 0;
    if (!sm2_is_ciphertext(hex))
        return ERR_PASSWORD_SM2;
    EVP_PKEY *pkey = load_key(key);
    enum err e = pkey != NULL ? decrypt(pkey, hex, plain, &len) : ERR_CRYPTO;
    if (e == ERR_PASSWORD_SM2 && strncmp(hex, "04", 2) == 0)
        e = decrypt(pkey, hex + 2, plain, &len);
    if (e == ERR_OK && (len == 0 || len >= cap))
        e = ERR_PASSWORD_SM2;
    if (e == ERR_OK) {
        memcpy(plain_out, plain, len);
        plain_out[len] = '\0';
        *len_out = len;
    }
    secure_wipe(plain, sizeof plain);
    EVP_PKEY_free(pkey);
    return e;
}
