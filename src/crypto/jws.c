#include "crypto/jws.h"

#include <string.h>

#include "base/codec.h"
#include "base/secure.h"
#include "crypto/digest.h"

static const struct {
    const char *name;
    const char *header; /* protected header, base64url; its text stands behind it */
    enum digest_hash hash;
    size_t mac_len;
} algs[JWS_ALG_COUNT] = {
    [JWS_HS256] = {"HS256", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", DIGEST_SHA256,
                   32}, /* {"alg":"HS256","typ":"JWT"} */
    [JWS_HS384] = {"HS384", "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9", DIGEST_SHA384,
                   48}, /* {"alg":"HS384","typ":"JWT"} */
    [JWS_HS512] = {"HS512", "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9", DIGEST_SHA512,
                   64}, /* {"alg":"HS512","typ":"JWT"} */
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

bool jws_alg_of_key_len(size_t len, enum jws_alg *out)
{
    for (int i = JWS_ALG_COUNT - 1; i >= 0; i--) {
        if (len >= algs[i].mac_len) {
            *out = (enum jws_alg)i;
            return true;
        }
    }
    return false;
}

enum err jws_sign(const struct jws_key *key, const char *payload, size_t len, struct buf *out)
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t mac_len = 0, from = out->len;
    buf_add_str(out, algs[key->alg].header);
    buf_add_char(out, '.');
    codec_base64url(out, payload, len);
    if (out->err != ERR_OK)
        return out->err;
    enum err e = digest_hmac(algs[key->alg].hash, key->secret, key->secret_len, out->data + from,
                             out->len - from, mac, &mac_len);
    if (e != ERR_OK)
        return e;
    buf_add_char(out, '.');
    codec_base64url(out, mac, mac_len);
    return out->err;
}

static bool signature_fits(const struct jws_key *key, const char *token, size_t signed_len,
                           const unsigned char *mac, size_t mac_len, enum err *e)
{
    size_t header_len = strlen(algs[key->alg].header);
    if (signed_len <= header_len || memcmp(token, algs[key->alg].header, header_len) != 0 ||
        token[header_len] != '.' || mac_len != algs[key->alg].mac_len)
        return false;
    unsigned char expected[DIGEST_MAX_LEN];
    size_t expected_len = 0;
    *e = digest_hmac(algs[key->alg].hash, key->secret, key->secret_len, token, signed_len, expected,
                     &expected_len);
    bool fits = *e == ERR_OK && expected_len == mac_len && secure_equal(expected, mac, mac_len);
    secure_wipe(expected, sizeof expected);
    return fits;
}

enum err jws_verify(const struct jws_key *keys, size_t count, const char *token, size_t len,
                    struct buf *payload_out)
{
    const char *dot1 = memchr(token, '.', len);
    const char *dot2 = dot1 != NULL ? memchr(dot1 + 1, '.', len - (size_t)(dot1 + 1 - token)) : NULL;
    unsigned char mac[DIGEST_MAX_LEN];
    if (dot2 == NULL)
        return ERR_TOKEN_INVALID;
    size_t signed_len = (size_t)(dot2 - token);
    long mac_len = codec_base64url_decode(dot2 + 1, len - signed_len - 1, mac, sizeof mac);
    if (mac_len < 0)
        return ERR_TOKEN_INVALID;
    enum err e = ERR_OK;
    bool good = false;
    for (size_t i = 0; i < count && !good && e == ERR_OK; i++)
        good = signature_fits(&keys[i], token, signed_len, mac, (size_t)mac_len, &e);
    if (e != ERR_OK)
        return e;
    if (!good)
        return ERR_TOKEN_INVALID;
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
