#include "crypto/jws.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/secure.h"
#include "crypto/digest.h"

static const struct {
    const char *name;
    const char *header; /* HMAC: the protected header, base64url; its text stands behind it */
    enum digest_hash hash;
    size_t mac_len; /* 0: a key pair signs */
    enum keypair_kind kind;
} algs[JWS_ALG_COUNT] = {
    [JWS_HS256] = {"HS256", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", DIGEST_SHA256, 32,
                   0}, /* {"alg":"HS256","typ":"JWT"} */
    [JWS_HS384] = {"HS384", "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9", DIGEST_SHA384, 48,
                   0}, /* {"alg":"HS384","typ":"JWT"} */
    [JWS_HS512] = {"HS512", "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9", DIGEST_SHA512, 64,
                   0}, /* {"alg":"HS512","typ":"JWT"} */
    [JWS_RS256] = {.name = "RS256", .kind = KEYPAIR_RSA},
    [JWS_ES256] = {.name = "ES256", .kind = KEYPAIR_P256},
    [JWS_EDDSA] = {.name = "EdDSA", .kind = KEYPAIR_ED25519},
};

const char *jws_alg_name(enum jws_alg alg)
{
    return algs[alg].name;
}

bool jws_alg_find(const char *name, enum jws_alg *out)
{
    for (int i = 0; i < JWS_ALG_COUNT; i++) {
        if (strcmp(algs[i].name, name) == 0) {
            *out = (enum jws_alg)i;
            return true;
        }
    }
    return false;
}

bool jws_is_hmac(enum jws_alg alg)
{
    return algs[alg].mac_len != 0;
}

size_t jws_secret_len(enum jws_alg alg)
{
    return algs[alg].mac_len;
}

enum keypair_kind jws_pair_kind(enum jws_alg alg)
{
    return algs[alg].kind;
}

bool jws_alg_of_key_len(size_t len, enum jws_alg *out)
{
    for (int i = JWS_HS512; i >= 0; i--) {
        if (len >= algs[i].mac_len) {
            *out = (enum jws_alg)i;
            return true;
        }
    }
    return false;
}

/* Append the protected header that this key writes, and the only one it reads. */
static void add_header(const struct jws_key *key, struct buf *out)
{
    char text[64 + JWS_KID_CAP];
    if (jws_is_hmac(key->alg)) {
        buf_add_str(out, algs[key->alg].header);
        return;
    }
    int n = snprintf(text, sizeof text, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
                     algs[key->alg].name, key->kid);
    codec_base64url(out, text, (size_t)n);
}

static enum err sign_bytes(const struct jws_key *key, const void *data, size_t len,
                           unsigned char signature_out[KEYPAIR_SIGNATURE_CAP], size_t *len_out)
{
    _Static_assert(DIGEST_MAX_LEN <= KEYPAIR_SIGNATURE_CAP, "a MAC is a signature too");
    if (jws_is_hmac(key->alg))
        return digest_hmac(algs[key->alg].hash, key->secret, key->secret_len, data, len, signature_out,
                           len_out);
    return keypair_sign(key->pair, data, len, signature_out, len_out);
}

enum err jws_sign(const struct jws_key *key, const char *payload, size_t len, struct buf *out)
{
    unsigned char signature[KEYPAIR_SIGNATURE_CAP];
    size_t signature_len = 0, from = out->len;
    add_header(key, out);
    buf_add_char(out, '.');
    codec_base64url(out, payload, len);
    if (out->err != ERR_OK)
        return out->err;
    enum err e = sign_bytes(key, out->data + from, out->len - from, signature, &signature_len);
    if (e != ERR_OK)
        return e;
    buf_add_char(out, '.');
    codec_base64url(out, signature, signature_len);
    return out->err;
}

/* Whether the token begins with this key's header. */
static enum err check_header(const struct jws_key *key, const char *token, size_t signed_len)
{
    struct buf header;
    buf_init(&header);
    add_header(key, &header);
    enum err e = header.err;
    if (e == ERR_OK &&
        (signed_len <= header.len || memcmp(token, header.data, header.len) != 0 || token[header.len] != '.'))
        e = ERR_TOKEN_INVALID;
    buf_free(&header);
    return e;
}

static enum err check_mac(const struct jws_key *key, const char *token, size_t signed_len,
                          const unsigned char *mac, size_t mac_len)
{
    unsigned char expected[DIGEST_MAX_LEN];
    size_t expected_len = 0;
    enum err e = digest_hmac(algs[key->alg].hash, key->secret, key->secret_len, token, signed_len, expected,
                             &expected_len);
    if (e == ERR_OK && (expected_len != mac_len || !secure_equal(expected, mac, mac_len)))
        e = ERR_TOKEN_INVALID;
    secure_wipe(expected, sizeof expected);
    return e;
}

/* ERR_OK; ERR_TOKEN_INVALID if it is not for this key or not by it; ERR_CRYPTO; ERR_MEMORY. */
static enum err check_signature(const struct jws_key *key, const char *token, size_t signed_len,
                                const unsigned char *signature, size_t len)
{
    enum err e = check_header(key, token, signed_len);
    if (e != ERR_OK)
        return e;
    return jws_is_hmac(key->alg) ? check_mac(key, token, signed_len, signature, len)
                                 : keypair_verify(key->pair, token, signed_len, signature, len);
}

enum err jws_verify(const struct jws_key *keys, size_t count, const char *token, size_t len,
                    struct buf *payload_out)
{
    const char *dot1 = memchr(token, '.', len);
    const char *dot2 = dot1 != NULL ? memchr(dot1 + 1, '.', len - (size_t)(dot1 + 1 - token)) : NULL;
    unsigned char signature[KEYPAIR_SIGNATURE_CAP];
    if (dot2 == NULL)
        return ERR_TOKEN_INVALID;
    size_t signed_len = (size_t)(dot2 - token);
    long signature_len = codec_base64url_decode(dot2 + 1, len - signed_len - 1, signature, sizeof signature);
    if (signature_len < 0)
        return ERR_TOKEN_INVALID;
    enum err e = ERR_TOKEN_INVALID;
    for (size_t i = 0; i < count && e == ERR_TOKEN_INVALID; i++)
        e = check_signature(&keys[i], token, signed_len, signature, (size_t)signature_len);
    if (e != ERR_OK)
        return e;
    size_t body_len = (size_t)(dot2 - dot1 - 1);
    size_t room = body_len / 4 * 3 + 3;
    unsigned char *at = buf_reserve(payload_out, room);
    if (at == NULL)
        return ERR_MEMORY;
    long n = codec_base64url_decode(dot1 + 1, body_len, at, room);
    if (n < 0)
        return ERR_TOKEN_INVALID;
    payload_out->len += (size_t)n;
    payload_out->data[payload_out->len] = '\0';
    return ERR_OK;
}

enum err jws_public_jwk(const struct jws_key *key, struct json_out *j)
{
    json_open_object(j, NULL);
    enum err e = keypair_public_members(key->pair, j);
    json_str(j, "kid", key->kid);
    json_str(j, "alg", algs[key->alg].name);
    json_str(j, "use", "sig");
    json_close_object(j);
    return e == ERR_OK ? j->buf->err : e;
}
