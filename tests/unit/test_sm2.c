/*
 * crypto/sm2 against the standard's example and what npm sm-crypto writes; then what must be refused.
 */
#include "unit.h"

#include "base/random.h"
#include "crypto/sm2.h"

/* The key of the examples in GB/T 32918.5-2017. */
static const char key_hex[] = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
static const char public_hex[] = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                                 "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";

static unsigned char key[SM2_KEY_LEN];

/* GB/T 32918.5-2017, C.2: "encryption standard", its C1, C3 and C2 as C1, C2 and C3. The X of C1 begins with
 * 04 itself. */
static const char standard[] =
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee"
    "6a"
    "63094d99283aff767e124df021886ca989ca9c7d58087307ca93092d651efa59983c18f809e262923c53aec295d30383b54e39d6"
    "09d160afcb1908d0bd8766";

static enum err decrypt(const char *hex, char plain_out[SM2_PLAIN_MAX + 1])
{
    size_t len = 0;
    enum err e = sm2_decrypt(key, hex, plain_out, SM2_PLAIN_MAX + 1, &len);
    assert_true(e != ERR_OK || strlen(plain_out) == len);
    return e;
}

static void test_the_example_of_the_standard(void **state)
{
    (void)state;
    char hex[SM2_PUBLIC_HEX_CAP], plain[SM2_PLAIN_MAX + 1];
    assert_err(sm2_public_hex(key, hex), ERR_OK);
    assert_string_equal(hex, public_hex);
    assert_true(sm2_is_ciphertext(standard));
    assert_err(decrypt(standard, plain), ERR_OK);
    assert_string_equal(plain, "encryption standard");
    assert_err(decrypt(standard + 2, plain), ERR_OK);
    assert_string_equal(plain, "encryption standard");
}

/* Made with npm sm-crypto 0.3, sm2.doEncrypt(text, publicKey, 0). The last two: a coordinate that begins with
 * a zero byte, and one that begins with 04, which is no prefix there. */
static const struct {
    const char *plain, *hex;
} written[] = {
    {"admin", "006c844470bf26ed76eb4ce4aeb376e6a4c9bac6f68f113096c1c2b221b41c2886cc5ca89d2aa923bcb0"
              "f1f322289b5e316bb3d9efc12f24f90a1e186ccccea09965677dea58e50fdb7f4de2ca10da481337941f"
              "c42a4ca9426e6e3f8127f0ac4eb69d7a6d"},
    {"a", "3658586fc1e71bd95d9264152b27fab6a5206e7eae4bf263ca468ef6519264ffb64bd9e53e7cafd2b20b"
          "ed2ef6867210a6f332bfa085e5976f694d448aacd929a1904b53eba803bf4ee797d68c072d33c4bf65e7"
          "7a0611b70a99dd2b3525cf0ac0"},
    {"密码Пароль🚪", "ba377d13458b691a34ff3d591cc12ffcc5cc7354a83c2c6e91467ffc23e06be36e0cf1ac7e1447e2ad4b"
                    "d0b34ddc81c67e07cf68fb3d0d54ae965abd1efedf3a3fa2fe991e3315d903e6e1f43abef41061e5470e"
                    "08cb88c52fdca710d128594d32edfcb5f335a41ae7a762a99406ea8d9cf35974ccdf"},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxx",
     "55887748847d7cca65544c234c574d00a7ac88370830df0ee944e080925a65ac31f5cb92dcf2150fc0fb"
     "586ca6180722e1d2f443eb3e2011966f1aebd714b8e36937846b414425eef02c4cfa8ee22159f87a61c5"
     "cfe76db1479ec9b072df7406a4d13de5ee7f94bd3bd81c310afde604e0f22e227897753aa87d77f02cb6"
     "fc1d6fadf6f42961cf2e7e47171778b4e6227caa1bf2d51efc2a208b01a6b26e6ec2ea589c5dea209b40"
     "845c2c92213ad1139b71d99cb029d7603d3816aaf2d1e28ce8fbb6489f51b736975fbcdd376aff6f4038"
     "5fa419c14a9c977f3547a89c1ef4"},
    {"🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪"
     "🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪🚪",
     "6a37035a46b4481925a50c24a268e1e2e33031b2b34f27fbf0fc556fdd15c58b0d00c5713f831ce08d84"
     "56061bcf08f9c9e58f44eaa91efc1dfffe5f8cecf46b217bdec71f33ae6f19bb6cd1aceea2ee3850b797"
     "8c4626075a899716946fb1ed398d40d1c160331d7e269db6e86117329f10646d17ae212a89044b298847"
     "d67bf4ba5bae9a90c4aff6180825bc415ceacfd4673ed71d9cc53d60659f95f19f1b5c05e4160bac034d"
     "5f5c27da7d9efa7cf7b00c2236a2f727da186489a3379126b439adf67aae0d1e1034628306f6e61aa7fa"
     "1c9a8b52a60f0ce9d6df438a19cba8f1985c3429f6797fd59fef01de8fc7cf5558c5085197fd00e90905"
     "0b2ea339eff553c65e0f48eb24ee370e30a78cfe3eb41add40023308e90f3ebd8c45a6b2991eb57460e2"
     "0db269ead110d696859d048202c8f7b78f121141565a4eab09deb469256e2463f32a710d12ea7a98fc04"
     "00ebd6c69f4c3a15ca8b46a732b02b9475a5a7c6e10f729f7b50bfef86e08411a52bf53a3387647e3464"
     "526245d1df9100c21a3f5ed281dde4581e580194148958203cad0e745bdb3778bd8268067ab0cf0f0e7c"
     "f8f0d12fec51a7ea18154e8e37b165174e17eda93af7bc7275194c9991d1fe74157c24f164edb654a9da"
     "a916952e8ba5bdd32fe564586178397d20ae510f72f6b483ff7aebe741dde57fd8829e91eadc519a4e76"
     "b94bc263863c3a7a2f3690cc9a804a805b85c5ac7f926395d05556cc7858cb5ec8aa42ad86041b642c4d"
     "9062ca882df2014f51986118dec92ebf407cba0c4ea39b45d9fb6398124eceeb155911b4bfb0a055cc66"
     "0a642b4b9c8b1b93c36a6aa5ab162ff4f42669b3"},
    {"admin123", "000c92c0f7f0cd040833ba3f5fd1cd47515d994a9237634268b364556284ad03611b6d1e39018b0fe4bc"
                 "c7227ca5df67156eb8e92d309e99c08dfd0c9360f58b635150fa37f436728cf5c305e25b630cd4414d1b"
                 "34f0865a47709d02e18a3fb36474290e02798cf5"},
    {"admin123", "04fc847d8792ce272762983eb1f69f7f7eca588dac60064975af997178bbce94da79cf824c313374ccf8"
                 "f03903f5eccb1d35ae3a1c929ec77bb55fe85309ca28f49a79c161d040c139acb60a6d9a431cad6c59b8"
                 "d11a2d8b997f66f8ecedd36e6000aab108aa3881"},
};

static void test_what_npm_sm_crypto_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        char plain[SM2_PLAIN_MAX + 1];
        assert_true(sm2_is_ciphertext(written[i].hex));
        assert_case(decrypt(written[i].hex, plain) == ERR_OK, "%s", written[i].plain);
        assert_string_equal(plain, written[i].plain);
    }
}

static void test_digits_of_either_case_and_a_leading_04(void **state)
{
    (void)state;
    char hex[1500], plain[SM2_PLAIN_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        snprintf(hex, sizeof hex, "04%s", written[i].hex);
        for (char *c = hex; *c != '\0'; c++)
            if (*c >= 'a' && *c <= 'f')
                *c = (char)(*c - 'a' + 'A');
        assert_true(sm2_is_ciphertext(hex));
        assert_case(decrypt(hex, plain) == ERR_OK, "%s", written[i].plain);
        assert_string_equal(plain, written[i].plain);
    }
}

/* Every digit changed in turn: the point leaves the curve or C3 does not fit. */
static void test_one_changed_digit_is_noticed(void **state)
{
    (void)state;
    char hex[512], plain[SM2_PLAIN_MAX + 1];
    for (size_t i = 0; i < strlen(written[0].hex); i++) {
        snprintf(hex, sizeof hex, "%s", written[0].hex);
        hex[i] = hex[i] == '7' ? '8' : '7';
        assert_case(decrypt(hex, plain) == ERR_PASSWORD_SM2, "digit %zu", i);
    }
}

static void test_another_key_reads_nothing(void **state)
{
    (void)state;
    unsigned char other[SM2_KEY_LEN], none[SM2_KEY_LEN] = {0};
    char plain[SM2_PLAIN_MAX + 1];
    size_t len = 0;
    assert_err(sm2_generate(other), ERR_OK);
    assert_err(sm2_decrypt(other, written[0].hex, plain, sizeof plain, &len), ERR_PASSWORD_SM2);
    assert_err(sm2_decrypt(none, written[0].hex, plain, sizeof plain, &len), ERR_CRYPTO);
    assert_err(sm2_decrypt(key, written[0].hex, plain, 6, &len), ERR_OK);
    assert_err(sm2_decrypt(key, written[0].hex, plain, 5, &len), ERR_PASSWORD_SM2); /* no room for the NUL */
}

static void test_what_is_no_ciphertext(void **state)
{
    (void)state;
    char text[2400], plain[SM2_PLAIN_MAX + 1];
    static const char *const bad[] = {"", "admin", "04", "21232f297a57a5a743894a0e4a801fc3"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(sm2_is_ciphertext(bad[i]));
        assert_err(decrypt(bad[i], plain), ERR_PASSWORD_SM2);
    }
    static const struct {
        size_t digits;
        bool is;
    } lengths[] = {{192, false}, {193, false}, {194, true},   {195, false},
                   {1216, true}, {1218, true}, {1219, false}, {1220, false}};
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        memset(text, '1', sizeof text);
        text[lengths[i].digits] = '\0';
        assert_case(sm2_is_ciphertext(text) == lengths[i].is, "%zu digits", lengths[i].digits);
        assert_err(decrypt(text, plain), ERR_PASSWORD_SM2);
    }
    memset(text, '1', 194);
    text[194] = '\0';
    text[100] = 'g';
    assert_false(sm2_is_ciphertext(text));
    /* An empty C2, with and without the 04: the standard's point and its sum. */
    snprintf(text, sizeof text, "%.130s%s", standard, standard + strlen(standard) - 64);
    assert_err(decrypt(text, plain), ERR_PASSWORD_SM2);
    assert_err(decrypt(text + 2, plain), ERR_PASSWORD_SM2);
    /* The point (0, 0). */
    memset(text, '0', 400);
    text[400] = '\0';
    assert_err(decrypt(text, plain), ERR_PASSWORD_SM2);
}

static void test_the_range_of_a_key(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum err expected;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", ERR_BAD_REQUEST},
        {"0000000000000000000000000000000000000000000000000000000000000001", ERR_OK},
        /* the order of the curve (GB/T 32918.5), less 2, less 1, itself */
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121", ERR_OK},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", ERR_BAD_REQUEST},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", ERR_BAD_REQUEST},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", ERR_BAD_REQUEST},
        {"1", ERR_BAD_REQUEST},
        {"", ERR_BAD_REQUEST},
        {"g000000000000000000000000000000000000000000000000000000000000001", ERR_BAD_REQUEST},
        {"00000000000000000000000000000000000000000000000000000000000000011", ERR_BAD_REQUEST},
    };
    unsigned char k[SM2_KEY_LEN], again[SM2_KEY_LEN];
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_case(sm2_key_of_hex(cases[i].hex, k) == cases[i].expected, "%s", cases[i].hex);
    assert_err(sm2_generate(k), ERR_OK);
    assert_err(sm2_check_key(k), ERR_OK);
    assert_err(sm2_generate(again), ERR_OK);
    assert_memory_not_equal(k, again, sizeof k);
}

static int start(void **state)
{
    (void)state;
    return sm2_key_of_hex(key_hex, key) == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_standard),
        cmocka_unit_test(test_what_npm_sm_crypto_writes),
        cmocka_unit_test(test_digits_of_either_case_and_a_leading_04),
        cmocka_unit_test(test_one_changed_digit_is_noticed),
        cmocka_unit_test(test_another_key_reads_nothing),
        cmocka_unit_test(test_what_is_no_ciphertext),
        cmocka_unit_test(test_the_range_of_a_key),
    };
    return cmocka_run_group_tests_name("sm2", tests, start, NULL);
}
