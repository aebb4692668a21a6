/*
 * crypto/keypair and the part of crypto/jws that signs with key pairs: published vectors, tokens of another
 * library, then everything that must be refused. Source: RFC 7515 §A, RFC 7518 §3.3, §3.4, §6, RFC 8037 §A,
 * RFC 8725 §2 and §3.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/jws.h"
#include "crypto/keypair.h"
#include "jws_vectors.h"

#define KID "0123456789abcdef"
#define PAYLOAD                                                                                              \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
static const char payload_text[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

enum { PAIRS = 3 };

/* The key of an RFC for each algorithm that signs with a pair. */
static const struct {
    enum jws_alg alg;
    const char *pkcs8;     /* base64 */
    const char *input;     /* what the RFC signs */
    const char *signature; /* base64url */
    const char *own;       /* another library's token under our header */
} known[PAIRS] = {
    {JWS_RS256, rsa_pkcs8, "eyJhbGciOiJSUzI1NiJ9." PAYLOAD, rfc_rs256, own_rs256},
    {JWS_ES256, p256_pkcs8, "eyJhbGciOiJFUzI1NiJ9." PAYLOAD, rfc_es256, own_es256},
    {JWS_EDDSA, ed25519_pkcs8, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", rfc_eddsa,
     own_eddsa},
};

static struct keypair *pair[PAIRS];

static struct jws_key key_of(int i)
{
    return (struct jws_key){.alg = known[i].alg, .kid = KID, .pair = pair[i]};
}

static size_t decode(const char *base64, unsigned char *out, size_t cap)
{
    long n = codec_base64_decode(base64, strlen(base64), out, cap);
    assert_true(n > 0);
    return (size_t)n;
}

static enum err parse(enum jws_alg alg, const char *base64, struct keypair **out)
{
    unsigned char der[KEYPAIR_DER_CAP];
    return keypair_parse(jws_pair_kind(alg), der, decode(base64, der, sizeof der), out);
}

static enum err verify(const struct jws_key *keys, size_t count, const char *token, size_t len)
{
    struct buf payload;
    buf_init(&payload);
    enum err e = jws_verify(keys, count, token, len, &payload);
    assert_true(e == ERR_OK || payload.len == 0);
    if (e == ERR_OK)
        assert_string_equal(buf_str(&payload), payload_text);
    buf_free(&payload);
    return e;
}

/* ---- What is accepted ---- */

static void test_signatures_of_the_rfcs(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        unsigned char signature[KEYPAIR_SIGNATURE_CAP], mine[KEYPAIR_SIGNATURE_CAP];
        size_t mine_len = 0, input_len = strlen(known[i].input);
        long len = codec_base64url_decode(known[i].signature, strlen(known[i].signature), signature,
                                          sizeof signature);
        assert_true(len > 0);
        assert_err(keypair_verify(pair[i], known[i].input, input_len, signature, (size_t)len), ERR_OK);
        assert_err(keypair_verify(pair[i], known[i].input, input_len - 1, signature, (size_t)len),
                   ERR_TOKEN_INVALID);
        assert_err(keypair_sign(pair[i], known[i].input, input_len, mine, &mine_len), ERR_OK);
        assert_int_equal(mine_len, len);
        assert_err(keypair_verify(pair[i], known[i].input, input_len, mine, mine_len), ERR_OK);
        if (known[i].alg != JWS_ES256) /* the others have one signature per text */
            assert_memory_equal(mine, signature, mine_len);
    }
}

static void test_tokens_of_another_library(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        struct jws_key key = key_of(i);
        struct buf jwt;
        buf_init(&jwt);
        assert_err(verify(&key, 1, known[i].own, strlen(known[i].own)), ERR_OK);
        assert_err(jws_sign(&key, payload_text, strlen(payload_text), &jwt), ERR_OK);
        assert_err(verify(&key, 1, buf_str(&jwt), jwt.len), ERR_OK);
        if (key.alg != JWS_ES256)
            assert_string_equal(buf_str(&jwt), known[i].own);
        buf_free(&jwt);
    }
    /* r, then s, with a zero byte in front, which DER leaves out. */
    struct jws_key key = key_of(1);
    assert_err(verify(&key, 1, own_es256_zero0, strlen(own_es256_zero0)), ERR_OK);
    assert_err(verify(&key, 1, own_es256_zero32, strlen(own_es256_zero32)), ERR_OK);
}

/* Of 700 signatures about five have a zero byte in front of r or of s. */
static void test_es256_signatures_have_full_width(void **state)
{
    (void)state;
    int with_zero = 0;
    for (int n = 0; n < 700; n++) {
        unsigned char signature[KEYPAIR_SIGNATURE_CAP];
        size_t len = 0;
        assert_err(keypair_sign(pair[1], &n, sizeof n, signature, &len), ERR_OK);
        assert_int_equal(len, 64);
        assert_err(keypair_verify(pair[1], &n, sizeof n, signature, len), ERR_OK);
        with_zero += signature[0] == 0 || signature[32] == 0;
    }
    print_message("%d of 700 with a zero byte in front\n", with_zero);
}

static void test_new_keys_sign_and_survive_being_stored(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        struct keypair *fresh = NULL, *read = NULL;
        unsigned char der[KEYPAIR_DER_CAP];
        size_t len = 0;
        struct jws_key key = key_of(i), old = key_of(i);
        struct buf jwt;
        buf_init(&jwt);
        assert_err(keypair_generate(jws_pair_kind(known[i].alg), &fresh), ERR_OK);
        assert_err(keypair_write(fresh, der, &len), ERR_OK);
        assert_err(keypair_parse(jws_pair_kind(known[i].alg), der, len, &read), ERR_OK);
        key.pair = fresh;
        assert_err(jws_sign(&key, payload_text, strlen(payload_text), &jwt), ERR_OK);
        key.pair = read;
        assert_err(verify(&key, 1, buf_str(&jwt), jwt.len), ERR_OK);
        assert_err(verify(&old, 1, buf_str(&jwt), jwt.len),
                   ERR_TOKEN_INVALID); /* another key of the same kid */
        if (known[i].alg == JWS_RS256)
            assert_int_equal(jwt.len - (size_t)(strrchr(buf_str(&jwt), '.') + 1 - buf_str(&jwt)),
                             512); /* 3072 bits */
        keypair_free(fresh);
        keypair_free(read);
        buf_free(&jwt);
    }
}

static void test_public_keys(void **state)
{
    (void)state;
    struct buf text;
    struct json_out j;
    buf_init(&text);
    json_out_init(&j, &text);
    json_open_array(&j, NULL);
    for (int i = 0; i < PAIRS; i++) {
        struct jws_key key = key_of(i);
        assert_err(jws_public_jwk(&key, &j), ERR_OK);
    }
    json_close_array(&j);
    struct buf want;
    buf_init(&want);
    buf_addf(&want,
             "[{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\",\"kid\":\"" KID
             "\",\"alg\":\"RS256\",\"use\":\"sig\"},"
             "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
             "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"kid\":\"" KID "\",\"alg\":\"ES256\","
             "\"use\":\"sig\"},{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
             "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\",\"kid\":\"" KID "\",\"alg\":\"EdDSA\","
             "\"use\":\"sig\"}]",
             rsa_n);
    assert_string_equal(buf_str(&text), buf_str(&want));
    buf_free(&want);
    buf_free(&text);
}

/* ---- What is refused ---- */

/* Whether a token of this header, rightly signed by the key itself, is refused. */
static bool refuses_header(const struct jws_key *key, const char *header)
{
    unsigned char signature[KEYPAIR_SIGNATURE_CAP];
    size_t len = 0;
    struct buf jwt;
    buf_init(&jwt);
    codec_base64url(&jwt, header, strlen(header));
    buf_add_str(&jwt, "." PAYLOAD);
    assert_err(keypair_sign(key->pair, jwt.data, jwt.len, signature, &len), ERR_OK);
    buf_add_char(&jwt, '.');
    codec_base64url(&jwt, signature, len);
    bool refused = verify(key, 1, buf_str(&jwt), jwt.len) == ERR_TOKEN_INVALID;
    buf_free(&jwt);
    return refused;
}

/* RFC 8725 §3.1, §3.8 to §3.10; RFC 7515 §4.1.11. The signature is right in every case. */
static void test_a_right_signature_under_another_header(void **state)
{
    (void)state;
    static const char *const before[] = {"{", "{\"crit\":[\"exp\"],", "{\"b64\":false,"};
    static const char *const between[] = {
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\"}x",
        ", \"typ\":\"JWT\",\"kid\":\"" KID "\"}",
        ",\"typ\":\"at+jwt\",\"kid\":\"" KID "\"}",
        ",\"typ\":\"jwt\",\"kid\":\"" KID "\"}",
        ",\"kid\":\"" KID "\",\"typ\":\"JWT\"}",
        ",\"typ\":\"JWT\"}",
        ",\"kid\":\"" KID "\"}",
        "}",
        ",\"typ\":\"JWT\",\"kid\":\"0123456789abcdee\"}",
        ",\"typ\":\"JWT\",\"kid\":\"\"}",
        ",\"typ\":\"JWT\",\"kid\":\"../../dev/null\"}",
        ",\"typ\":\"JWT\",\"kid\":\"' OR 1=1 --\"}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"crit\":[\"exp\"]}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"b64\":false,\"crit\":[\"b64\"]}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"jku\":\"https://evil.example/jwks\"}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"x5c\":[\"MIIB\"]}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"x5u\":\"https://evil.example/x\"}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"alg\":\"none\"}",
        ",\"typ\":\"JWT\",\"kid\":\"" KID "\",\"kid\":\"" KID "\"}",
    };
    for (int i = 0; i < PAIRS; i++) {
        struct jws_key key = key_of(i);
        char header[256];
        for (size_t b = 0; b < COUNT_OF(before); b++) {
            for (size_t n = 0; n < COUNT_OF(between); n++) {
                snprintf(header, sizeof header, "%s\"alg\":\"%s\"%s", before[b], jws_alg_name(key.alg),
                         between[n]);
                assert_case(refuses_header(&key, header), "%s", header);
            }
        }
        for (int alg = 0; alg <= JWS_ALG_COUNT; alg++) {
            const char *name = alg < JWS_ALG_COUNT ? jws_alg_name((enum jws_alg)alg) : "none";
            snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}", name);
            assert_case(refuses_header(&key, header) == (alg != (int)key.alg), "%s", header);
            snprintf(header, sizeof header, "{\"alg\":\"%s\",\"typ\":\"JWT\"}", name);
            assert_case(refuses_header(&key, header), "%s", header);
        }
    }
}

/* Whether a token of this header with the HMAC of it under `secret` is refused by all `count` keys together.
 */
static bool refuse_mac(const struct jws_key *keys, size_t count, const char *header, enum digest_hash hash,
                       const void *secret, size_t secret_len)
{
    unsigned char mac[DIGEST_MAX_LEN];
    size_t len = 0;
    struct buf jwt;
    buf_init(&jwt);
    codec_base64url(&jwt, header, strlen(header));
    buf_add_str(&jwt, "." PAYLOAD);
    assert_err(digest_hmac(hash, secret, secret_len, jwt.data, jwt.len, mac, &len), ERR_OK);
    buf_add_char(&jwt, '.');
    codec_base64url(&jwt, mac, len);
    bool refused = verify(keys, count, buf_str(&jwt), jwt.len) == ERR_TOKEN_INVALID;
    buf_free(&jwt);
    return refused;
}

static bool refuses_mac(const char *header, enum digest_hash hash, const void *secret, size_t secret_len)
{
    const struct jws_key keys[] = {key_of(0), key_of(1), key_of(2)};
    return refuse_mac(keys, COUNT_OF(keys), header, hash, secret, secret_len);
}

/* A right MAC under a header of the very length of the right one, and of others. */
static void test_a_right_mac_under_another_header(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"typ\":\"JWS\"}",
        "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
        "{\"alg\":\"none\" ,\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"} ",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}",
    };
    struct jws_key key = {.alg = JWS_HS256, .kid = KID, .secret_len = 32};
    memset(key.secret, 's', key.secret_len);
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        assert_case(refuse_mac(&key, 1, headers[i], DIGEST_SHA256, key.secret, key.secret_len), "%s",
                    headers[i]);
    assert_false(refuse_mac(&key, 1, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", DIGEST_SHA256, key.secret,
                            key.secret_len));
}

/* RFC 8725 §2.1: what everybody knows of the RSA key, as an HMAC key, in each form it is handed out in. */
static void test_the_public_key_is_no_hmac_key(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"" KID "\"}",
    };
    unsigned char der[512];
    size_t der_len = decode(rsa_spki, der, sizeof der);
    struct buf pem, jwk;
    struct json_out j;
    struct jws_key rsa = key_of(0);
    buf_init(&pem);
    buf_add_str(&pem, "-----BEGIN PUBLIC KEY-----\n");
    for (size_t at = 0; at < strlen(rsa_spki); at += 64)
        buf_addf(&pem, "%.64s\n", rsa_spki + at);
    buf_add_str(&pem, "-----END PUBLIC KEY-----\n");
    buf_init(&jwk);
    json_out_init(&j, &jwk);
    assert_err(jws_public_jwk(&rsa, &j), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        for (int hash = DIGEST_SHA256; hash <= DIGEST_SHA512; hash++) {
            enum digest_hash h = (enum digest_hash)hash;
            assert_true(refuses_mac(headers[i], h, der, der_len));
            assert_true(refuses_mac(headers[i], h, pem.data, pem.len));
            assert_true(refuses_mac(headers[i], h, pem.data, pem.len - 1));
            assert_true(refuses_mac(headers[i], h, jwk.data, jwk.len));
            assert_true(refuses_mac(headers[i], h, rsa_n, strlen(rsa_n)));
            assert_true(refuses_mac(headers[i], h, "", 0)); /* the secret that a key pair does not have */
        }
    }
    buf_free(&pem);
    buf_free(&jwk);
}

/* The token with its last segment replaced. */
static enum err with_signature(int i, const char *signature)
{
    struct jws_key key = key_of(i);
    struct buf jwt;
    buf_init(&jwt);
    buf_add(&jwt, known[i].own, (size_t)(strrchr(known[i].own, '.') + 1 - known[i].own));
    buf_add_str(&jwt, signature);
    enum err e = verify(&key, 1, buf_str(&jwt), jwt.len);
    buf_free(&jwt);
    return e;
}

static void test_signatures_in_another_form(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "AA",
        /* 64 zero bytes (CVE-2022-21449); r = 0; s = 0; r = s = the order of the curve */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgVQ9UG5hRmeAihkK_Q_rJb8EcwAVkQ1N2rY3F3do7A",
        "TYgkfu-7TafhSz92i1P59a73n6qS9jJRCmnsTDAwB7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "_____wAAAAD__________7zm-q2nF56E87nKwvxjJVH_____AAAAAP__________vOb6racXnoTzucrC_GMlUQ",
    };
    for (int i = 0; i < PAIRS; i++) {
        for (size_t n = 0; n < COUNT_OF(bad); n++)
            assert_err(with_signature(i, bad[n]), ERR_TOKEN_INVALID);
        for (int other = 0; other < PAIRS; other++) /* right for another header, or of another key */
            assert_err(with_signature(i, known[other].signature), ERR_TOKEN_INVALID);
    }
    assert_err(with_signature(1, es256_der), ERR_TOKEN_INVALID); /* right, but in DER */
}

/* One byte more or less, another spelling of the same bytes. */
static void test_signatures_of_another_length(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        const char *text = strrchr(known[i].own, '.') + 1;
        unsigned char signature[KEYPAIR_SIGNATURE_CAP + 1] = {0};
        long len = codec_base64url_decode(text, strlen(text), signature, KEYPAIR_SIGNATURE_CAP);
        struct buf other;
        assert_true(len > 0);
        for (int change = -1; change <= 1; change++) {
            buf_init(&other);
            codec_base64url(&other, signature, (size_t)(len + change));
            assert_err(with_signature(i, buf_str(&other)), change == 0 ? ERR_OK : ERR_TOKEN_INVALID);
            buf_free(&other);
        }
        buf_init(&other);
        buf_addf(&other, "%s=", text);
        assert_err(with_signature(i, buf_str(&other)), ERR_TOKEN_INVALID);
        other.len -= 2; /* the last digit has bits that no byte needs: set one */
        buf_add_char(&other, (char)(text[strlen(text) - 1] + 1));
        assert_err(with_signature(i, buf_str(&other)), ERR_TOKEN_INVALID);
        buf_free(&other);
    }
}

static void test_one_changed_bit_is_noticed(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++) {
        struct jws_key key = key_of(i);
        size_t len = strlen(known[i].own);
        char token[1024];
        for (size_t at = 0; at < len;
             at += 3) { /* every third byte: RSA takes its time under the sanitizers */
            memcpy(token, known[i].own, len + 1);
            token[at] = (char)(token[at] ^ 1);
            assert_err(verify(&key, 1, token, len), ERR_TOKEN_INVALID);
            assert_err(verify(&key, 1, known[i].own, at), ERR_TOKEN_INVALID);
        }
    }
}

static void test_a_token_is_for_the_key_whose_kid_it_names(void **state)
{
    (void)state;
    struct jws_key keys[] = {key_of(0), key_of(1), key_of(2)};
    for (int i = 0; i < PAIRS; i++)
        assert_err(verify(keys, PAIRS, known[i].own, strlen(known[i].own)), ERR_OK);
    for (int i = 0; i < PAIRS; i++)
        keys[i].kid[0] ^= 1;
    for (int i = 0; i < PAIRS; i++)
        assert_err(verify(keys, PAIRS, known[i].own, strlen(known[i].own)), ERR_TOKEN_INVALID);
}

static void test_what_is_no_private_key(void **state)
{
    (void)state;
    static const enum jws_alg algs[] = {JWS_RS256, JWS_ES256, JWS_EDDSA};
    const char *const keys[] = {rsa_pkcs8, p256_pkcs8, ed25519_pkcs8, rsa_spki, rsa1024, p384};
    for (size_t a = 0; a < COUNT_OF(algs); a++) {
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            struct keypair *got = NULL;
            assert_err(parse(algs[a], keys[k], &got), a == k ? ERR_OK : ERR_BAD_REQUEST);
            keypair_free(got);
        }
        unsigned char der[KEYPAIR_DER_CAP] = {0};
        size_t len = decode(keys[a], der, sizeof der);
        struct keypair *none = NULL;
        assert_err(keypair_parse(jws_pair_kind(algs[a]), der, len + 1, &none), ERR_BAD_REQUEST);
        assert_err(keypair_parse(jws_pair_kind(algs[a]), der, len - 1, &none), ERR_BAD_REQUEST);
        assert_err(keypair_parse(jws_pair_kind(algs[a]), der, 0, &none), ERR_BAD_REQUEST);
        assert_null(none);
    }
}

static int start(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++)
        if (parse(known[i].alg, known[i].pkcs8, &pair[i]) != ERR_OK)
            return -1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (int i = 0; i < PAIRS; i++)
        keypair_free(pair[i]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_of_the_rfcs),
        cmocka_unit_test(test_tokens_of_another_library),
        cmocka_unit_test(test_es256_signatures_have_full_width),
        cmocka_unit_test(test_new_keys_sign_and_survive_being_stored),
        cmocka_unit_test(test_public_keys),
        cmocka_unit_test(test_a_right_signature_under_another_header),
        cmocka_unit_test(test_a_right_mac_under_another_header),
        cmocka_unit_test(test_the_public_key_is_no_hmac_key),
        cmocka_unit_test(test_signatures_in_another_form),
        cmocka_unit_test(test_signatures_of_another_length),
        cmocka_unit_test(test_one_changed_bit_is_noticed),
        cmocka_unit_test(test_a_token_is_for_the_key_whose_kid_it_names),
        cmocka_unit_test(test_what_is_no_private_key),
    };
    return cmocka_run_group_tests_name("jws", tests, start, stop);
}
