#include "crypto/keypair.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/codec.h"
#include "crypto/libcrypto.h"

enum { RSA_BITS = 3072, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096, P256_LEN = 32, ED25519_LEN = 32 };

struct keypair {
    enum keypair_kind kind;
    EVP_PKEY *pkey; /* owned */
};

/* ---- Making, reading, writing ------------------------------------------------------------------------ */

/* Takes `pkey` over, also when it fails. */
static enum err wrap(enum keypair_kind kind, EVP_PKEY *pkey, struct keypair **out)
{
    struct keypair *pair = malloc(sizeof *pair);
    if (pair == NULL) {
        EVP_PKEY_free(pkey);
        return ERR_MEMORY;
    }
    *pair = (struct keypair){.kind = kind, .pkey = pkey};
    *out = pair;
    return ERR_OK;
}

enum err keypair_generate(enum keypair_kind kind, struct keypair **out)
{
    if (libcrypto_start() != ERR_OK)
        return ERR_CRYPTO;
    EVP_PKEY *pkey = kind == KEYPAIR_RSA    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS)
                     : kind == KEYPAIR_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                                            : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ERR_clear_error();
    return pkey != NULL ? wrap(kind, pkey, out) : ERR_CRYPTO;
}

static bool is_of_kind(EVP_PKEY *pkey, enum keypair_kind kind)
{
    char curve[32] = "";
    size_t n = 0;
    int bits = EVP_PKEY_get_bits(pkey);
    switch (kind) {
    case KEYPAIR_RSA:
        return EVP_PKEY_is_a(pkey, "RSA") && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
    case KEYPAIR_P256:
        return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, curve, sizeof curve, &n) == 1 &&
               strcmp(curve, "prime256v1") == 0;
    case KEYPAIR_ED25519:
        return EVP_PKEY_is_a(pkey, "ED25519");
    }
    return false;
}

enum err keypair_parse(enum keypair_kind kind, const unsigned char *der, size_t len, struct keypair **out)
{
    const unsigned char *at = der;
    if (libcrypto_start() != ERR_OK)
        return ERR_CRYPTO;
    PKCS8_PRIV_KEY_INFO *info = len <= KEYPAIR_DER_CAP ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)len) : NULL;
    EVP_PKEY *pkey = info != NULL && at == der + len ? EVP_PKCS82PKEY(info) : NULL;
    bool good = pkey != NULL && is_of_kind(pkey, kind);
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    if (good)
        return wrap(kind, pkey, out);
    EVP_PKEY_free(pkey);
    return ERR_BAD_REQUEST;
}

enum err keypair_write(const struct keypair *pair, unsigned char der_out[KEYPAIR_DER_CAP], size_t *len_out)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pair->pkey);
    int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
    bool good = len > 0 && len <= KEYPAIR_DER_CAP;
    if (good) {
        unsigned char *at = der_out;
        good = i2d_PKCS8_PRIV_KEY_INFO(info, &at) == len;
        *len_out = (size_t)len;
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    ERR_clear_error();
    return good ? ERR_OK : ERR_CRYPTO;
}

void keypair_free(struct keypair *pair)
{
    if (pair == NULL)
        return;
    EVP_PKEY_free(pair->pkey); /* wipes the private part */
    free(pair);
}

/* ---- Signing ----------------------------------------------------------------------------------------- */

/* ECDSA-Sig-Value in DER (RFC 3279 §2.2.3) to r and s of full width. */
static bool der_to_pair(const unsigned char *der, size_t len, unsigned char out[2 * P256_LEN])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, P256_LEN) == P256_LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + P256_LEN, P256_LEN) == P256_LEN;
    ECDSA_SIG_free(sig);
    return good;
}

/* The other way; the length in DER, 0 on failure. */
static size_t pair_to_der(const unsigned char in[2 * P256_LEN], unsigned char out[KEYPAIR_SIGNATURE_CAP])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(in, P256_LEN, NULL), *s = BN_bin2bn(in + P256_LEN, P256_LEN, NULL);
    int len = 0;
    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
        unsigned char *at = out; /* at most 72 bytes */
        r = s = NULL;            /* now sig's */
        len = i2d_ECDSA_SIG(sig, &at);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return len > 0 ? (size_t)len : 0;
}

static const EVP_MD *hash_of(const struct keypair *pair)
{
    return pair->kind == KEYPAIR_ED25519 ? NULL : EVP_sha256();
}

enum err keypair_sign(const struct keypair *pair, const void *data, size_t len,
                      unsigned char signature_out[KEYPAIR_SIGNATURE_CAP], size_t *len_out)
{
    unsigned char signature[KEYPAIR_SIGNATURE_CAP];
    size_t n = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        return ERR_MEMORY;
    bool good = EVP_DigestSignInit(ctx, NULL, hash_of(pair), NULL, pair->pkey) == 1 &&
                EVP_DigestSign(ctx, signature, &n, data, len) == 1;
    EVP_MD_CTX_free(ctx);
    if (good && pair->kind == KEYPAIR_P256) {
        good = der_to_pair(signature, n, signature_out);
        n = (size_t)2 * P256_LEN;
    } else if (good) {
        memcpy(signature_out, signature, n);
    }
    *len_out = n;
    ERR_clear_error();
    return good ? ERR_OK : ERR_CRYPTO;
}

static enum err verify_plain(const struct keypair *pair, const void *data, size_t len,
                             const unsigned char *signature, size_t signature_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL)
        return ERR_MEMORY;
    /* Anything but 1 is a refusal: libcrypto answers 0 for a wrong signature and -1 for an impossible one. */
    bool good = EVP_DigestVerifyInit(ctx, NULL, hash_of(pair), NULL, pair->pkey) == 1 &&
                EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good ? ERR_OK : ERR_TOKEN_INVALID;
}

enum err keypair_verify(const struct keypair *pair, const void *data, size_t len,
                        const unsigned char *signature, size_t signature_len)
{
    unsigned char der[KEYPAIR_SIGNATURE_CAP];
    if (pair->kind != KEYPAIR_P256)
        return verify_plain(pair, data, len, signature, signature_len);
    if (signature_len != (size_t)2 * P256_LEN)
        return ERR_TOKEN_INVALID;
    size_t der_len = pair_to_der(signature, der);
    return der_len > 0 ? verify_plain(pair, data, len, der, der_len) : ERR_MEMORY;
}

/* ---- The public key ---------------------------------------------------------------------------------- */

static enum err add_base64url(struct json_out *j, const char *name, const unsigned char *data, size_t len)
{
    struct buf text;
    buf_init(&text);
    codec_base64url(&text, data, len);
    if (text.err == ERR_OK)
        json_str(j, name, buf_str(&text));
    enum err e = text.err;
    buf_free(&text);
    return e;
}

/* A number of the key, `width` bytes with zeros in front, or, where that is 0, as few as it has. */
static enum err add_number(const struct keypair *pair, const char *param, int width, struct json_out *j,
                           const char *name)
{
    unsigned char bytes[RSA_BITS_MAX / 8];
    BIGNUM *n = NULL;
    int len = -1;
    if (EVP_PKEY_get_bn_param(pair->pkey, param, &n) == 1 && BN_num_bytes(n) <= (int)sizeof bytes)
        len = width > 0 ? BN_bn2binpad(n, bytes, width) : BN_bn2bin(n, bytes);
    BN_free(n);
    return len > 0 ? add_base64url(j, name, bytes, (size_t)len) : ERR_CRYPTO;
}

static enum err add_rsa(const struct keypair *pair, struct json_out *j)
{
    json_str(j, "kty", "RSA");
    enum err e = add_number(pair, OSSL_PKEY_PARAM_RSA_N, 0, j, "n");
    return e == ERR_OK ? add_number(pair, OSSL_PKEY_PARAM_RSA_E, 0, j, "e") : e;
}

static enum err add_p256(const struct keypair *pair, struct json_out *j)
{
    json_str(j, "kty", "EC");
    json_str(j, "crv", "P-256");
    enum err e = add_number(pair, OSSL_PKEY_PARAM_EC_PUB_X, P256_LEN, j, "x");
    return e == ERR_OK ? add_number(pair, OSSL_PKEY_PARAM_EC_PUB_Y, P256_LEN, j, "y") : e;
}

static enum err add_ed25519(const struct keypair *pair, struct json_out *j)
{
    unsigned char x[ED25519_LEN];
    size_t len = sizeof x;
    json_str(j, "kty", "OKP");
    json_str(j, "crv", "Ed25519");
    if (EVP_PKEY_get_raw_public_key(pair->pkey, x, &len) != 1 || len != sizeof x)
        return ERR_CRYPTO;
    return add_base64url(j, "x", x, len);
}

enum err keypair_public_members(const struct keypair *pair, struct json_out *j)
{
    enum err e = pair->kind == KEYPAIR_RSA    ? add_rsa(pair, j)
                 : pair->kind == KEYPAIR_P256 ? add_p256(pair, j)
                                              : add_ed25519(pair, j);
    return e == ERR_OK ? j->buf->err : e;
}

enum { PEM_LINE = 64 }; /* characters */

enum err keypair_public_pem(const struct keypair *pair, struct buf *out)
{
    struct buf text;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pair->pkey, &der);
    if (len <= 0) {
        ERR_clear_error();
        return ERR_CRYPTO;
    }
    buf_init(&text);
    codec_base64(&text, der, (size_t)len);
    buf_add_str(out, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t at = 0; at < text.len; at += PEM_LINE)
        buf_addf(out, "%.*s\n", PEM_LINE, buf_str(&text) + at);
    buf_add_str(out, "-----END PUBLIC KEY-----\n");
    enum err e = text.err != ERR_OK ? text.err : out->err;
    buf_free(&text);
    OPENSSL_free(der);
    return e;
}
