/*
 * crypto/: digests, MACs, JWS against published vectors; then what must be refused.
 */
#include "unit.h"

#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/jws.h"

/* ---- Digests ---- */

/* RFC 1321 §A.5, and the password of the seeds. */
static void test_md5_known_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
        {"admin", "21232f297a57a5a743894a0e4a801fc3"},
    };
    char out[DIGEST_MD5_HEX_CAP];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_err(digest_md5_hex(cases[i].text, strlen(cases[i].text), out), ERR_OK);
        assert_string_equal(out, cases[i].hex);
    }
}

/* RFC 4231 §4.2, §4.3, §4.4 and §4.7: a short key, a shorter one, bytes above 127, a key longer than a block.
 */
static void test_hmac_known_vectors(void **state)
{
    (void)state;
    static const struct {
        int key_byte; /* repeated; 0: the key is "Jefe" */
        size_t key_len;
        const char *data; /* NULL: 50 bytes of 0xdd */
        const char *sha256, *sha384, *sha512;
    } cases[] = {
        {0x0b, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
         "be9d914eeb61f1702e696c203a126854"},
        {0, 4, "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
         "caeab1a34d4a6b4b636e070a38bce737"},
        {0xaa, 20, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
         "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
         "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807"
         "b946a337bee8942674278859e13292fb"},
        {0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
         "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e52"
         "95e64f73f63f0aec8b915a985d786598"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *expected[] = {cases[i].sha256, cases[i].sha384, cases[i].sha512};
        unsigned char key[131] = "Jefe", data[64], mac[DIGEST_MAX_LEN];
        size_t data_len = cases[i].data != NULL ? strlen(cases[i].data) : 50;
        if (cases[i].key_byte != 0)
            memset(key, cases[i].key_byte, cases[i].key_len);
        memset(data, 0xdd, sizeof data);
        if (cases[i].data != NULL)
            memcpy(data, cases[i].data, data_len);
        for (int hash = DIGEST_SHA256; hash <= DIGEST_SHA512; hash++) {
            size_t len = 0;
            assert_err(digest_hmac((enum digest_hash)hash, key, cases[i].key_len, data, data_len, mac, &len),
                       ERR_OK);
            assert_int_equal(len * 2, strlen(expected[hash]));
            for (size_t b = 0; b < len; b++) {
                char hex[3];
                snprintf(hex, sizeof hex, "%02x", mac[b]);
                assert_memory_equal(hex, expected[hash] + 2 * b, 2);
            }
        }
    }
}

/* ---- JWS ---- */

/* The key and payload of RFC 7515 §A.1, under this program's own header. */
static const unsigned char rfc_key[64] = {
    0x03, 0x23, 0x35, 0x4b, 0x2b, 0x0f, 0xa5, 0xbc, 0x83, 0x7e, 0x06, 0x65, 0x77, 0x7b, 0xa6, 0x8f,
    0x5a, 0xb3, 0x28, 0xe6, 0xf0, 0x54, 0xc9, 0x28, 0xa9, 0x0f, 0x84, 0xb2, 0xd2, 0x50, 0x2e, 0xbf,
    0xd3, 0xfb, 0x5a, 0x92, 0xd2, 0x06, 0x47, 0xef, 0x96, 0x8a, 0xb4, 0xc3, 0x77, 0x62, 0x3d, 0x22,
    0x3d, 0x2e, 0x21, 0x72, 0x05, 0x2e, 0x4f, 0x08, 0xc0, 0xcd, 0x9a, 0xf5, 0x67, 0xd0, 0x80, 0xa3};
static const char rfc_payload[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

#define PAYLOAD                                                                                              \
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
enum { HMACS = JWS_HS512 + 1 }; /* key pairs: test_jws.c */
static const char *const signed_by[HMACS] = {
    [JWS_HS256] =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" PAYLOAD "SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ",
    [JWS_HS384] = "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9" PAYLOAD
                  "5JCPtUU64vCh7qWsYDKF1NZJFGecPXOoiPZoB8OHvTxpHr9XmrY7i2we8wDQsGx-",
    [JWS_HS512] = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9" PAYLOAD
                  "airyqKRhMR-v-uQ-zMsxfVmI9MOIgX3mBKaHwPxBs1-EJKDri7gnGjR2Eoh7qJwU4HbpzslmNZO9lFkN3RKrhw",
};

static struct jws_key key_of(enum jws_alg alg)
{
    struct jws_key key = {.alg = alg, .secret_len = sizeof rfc_key};
    memcpy(key.secret, rfc_key, sizeof rfc_key);
    return key;
}

static void test_jws_known_vectors(void **state)
{
    (void)state;
    for (int alg = 0; alg < HMACS; alg++) {
        struct jws_key key = key_of((enum jws_alg)alg);
        struct buf jwt, payload;
        buf_init(&jwt);
        buf_init(&payload);
        assert_err(jws_sign(&key, rfc_payload, strlen(rfc_payload), &jwt), ERR_OK);
        assert_string_equal(buf_str(&jwt), signed_by[alg]);
        assert_err(jws_verify(&key, 1, buf_str(&jwt), jwt.len, &payload), ERR_OK);
        assert_string_equal(buf_str(&payload), rfc_payload);
        buf_free(&jwt);
        buf_free(&payload);
    }
}

static enum err verify_with(const struct jws_key *keys, size_t count, const char *token, size_t len)
{
    struct buf payload;
    buf_init(&payload);
    enum err e = jws_verify(keys, count, token, len, &payload);
    assert_true(e == ERR_OK || payload.len == 0);
    buf_free(&payload);
    return e;
}

static void test_any_of_several_keys_verifies(void **state)
{
    (void)state;
    struct jws_key keys[] = {key_of(JWS_HS512), key_of(JWS_HS256), key_of(JWS_HS384)};
    keys[0].secret[0] ^= 1;
    assert_err(verify_with(keys, 3, signed_by[JWS_HS256], strlen(signed_by[JWS_HS256])), ERR_OK);
    assert_err(verify_with(keys, 3, signed_by[JWS_HS384], strlen(signed_by[JWS_HS384])), ERR_OK);
    assert_err(verify_with(keys, 3, signed_by[JWS_HS512], strlen(signed_by[JWS_HS512])), ERR_TOKEN_INVALID);
    assert_err(verify_with(keys, 0, signed_by[JWS_HS256], strlen(signed_by[JWS_HS256])), ERR_TOKEN_INVALID);
}

/* RFC 8725 §3.1: a key is for one algorithm. */
static void test_a_key_verifies_its_own_algorithm_only(void **state)
{
    (void)state;
    for (int key_alg = 0; key_alg < HMACS; key_alg++) {
        struct jws_key key = key_of((enum jws_alg)key_alg);
        for (int alg = 0; alg < HMACS; alg++)
            assert_err(verify_with(&key, 1, signed_by[alg], strlen(signed_by[alg])),
                       alg == key_alg ? ERR_OK : ERR_TOKEN_INVALID);
    }
}

static void test_one_changed_bit_is_noticed(void **state)
{
    (void)state;
    struct jws_key key = key_of(JWS_HS256);
    size_t len = strlen(signed_by[JWS_HS256]);
    char token[512];
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 7; bit++) {
            memcpy(token, signed_by[JWS_HS256], len + 1);
            token[i] = (char)(token[i] ^ (1 << bit));
            assert_err(verify_with(&key, 1, token, len), ERR_TOKEN_INVALID);
        }
        assert_err(verify_with(&key, 1, signed_by[JWS_HS256], i), ERR_TOKEN_INVALID);
    }
}

static void test_foreign_tokens_are_refused(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        /* {"alg":"none"} */
        "eyJhbGciOiJub25lIn0" PAYLOAD,
        /* {"alg":"HS256"}: another header, rightly signed or not */
        "eyJhbGciOiJIUzI1NiJ9" PAYLOAD "SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ",
        /* {"typ":"JWT","alg":"HS256"}, as RFC 7515 §A.1 has it, with a line feed between */
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" PAYLOAD "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" PAYLOAD,
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" PAYLOAD "SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ=",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" PAYLOAD "SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ.",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" PAYLOAD " SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..SfgggA-oZk7ztlq1i8Uz5VhmPmustakoDa9wAf8uHyQ",
    };
    struct jws_key key = key_of(JWS_HS256);
    for (size_t i = 0; i < COUNT_OF(tokens); i++)
        assert_case(verify_with(&key, 1, tokens[i], strlen(tokens[i])) == ERR_TOKEN_INVALID, "%s", tokens[i]);
}

/* Contracts, section blade: the algorithm follows the length. */
static void test_the_algorithm_of_a_key_length(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        int alg; /* -1: refused */
    } cases[] = {{0, -1},         {31, -1},        {32, JWS_HS256}, {47, JWS_HS256},
                 {48, JWS_HS384}, {63, JWS_HS384}, {64, JWS_HS512}, {512, JWS_HS512}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum jws_alg alg = JWS_ALG_COUNT;
        assert_int_equal(jws_alg_of_key_len(cases[i].len, &alg), cases[i].alg >= 0);
        assert_true(cases[i].alg < 0 || (int)alg == cases[i].alg);
    }
}

static void test_algorithm_names(void **state)
{
    (void)state;
    enum jws_alg alg = JWS_ALG_COUNT;
    for (int i = 0; i < JWS_ALG_COUNT; i++) {
        assert_true(jws_alg_find(jws_alg_name((enum jws_alg)i), &alg));
        assert_int_equal(alg, i);
    }
    assert_false(jws_alg_find("none", &alg));
    assert_false(jws_alg_find("hs256", &alg));
    assert_false(jws_alg_find("RS512", &alg));
    assert_false(jws_alg_find("Ed25519", &alg));
    assert_false(jws_alg_find("", &alg));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_md5_known_vectors),
        cmocka_unit_test(test_hmac_known_vectors),
        cmocka_unit_test(test_jws_known_vectors),
        cmocka_unit_test(test_any_of_several_keys_verifies),
        cmocka_unit_test(test_a_key_verifies_its_own_algorithm_only),
        cmocka_unit_test(test_one_changed_bit_is_noticed),
        cmocka_unit_test(test_foreign_tokens_are_refused),
        cmocka_unit_test(test_the_algorithm_of_a_key_length),
        cmocka_unit_test(test_algorithm_names),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
