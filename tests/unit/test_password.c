/*
 * crypto/password: every scheme against published verifiers, then what must be refused.
 */
#include "unit.h"

#include "base/buf.h"
#include "crypto/apr1.h"
#include "crypto/digest.h"
#include "crypto/password.h"

static struct password typed(const char *plain)
{
    struct password p;
    assert_err(password_of_plain(plain, strlen(plain), &p), ERR_OK);
    return p;
}

/* ---- Schemes ---- */

/*
 * bcrypt: Openwall's crypt_blowfish (wrapper.c), Apache's "Password Formats", RuoYi's database (sys_user);
 * yescrypt and MD5-crypt: libxcrypt's and passlib's known answers; SHA-crypt: its specification (Drepper);
 * apr1 and {SHA}: "Password Formats"; Blade: its database (blade_user, admin).
 */
static const struct {
    const char *scheme, *stored, *password;
    bool takes_md5;
} known[] = {
    {"bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", false},
    {"bcrypt", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", false},
    {"bcrypt", "$2a$10$7JB720yubVSZvUI0rEqK/.VqGOZTH.ulu33dHOiBE8ByOhJIrdAu2", "admin123", false},
    {"bcrypt", "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC", "myPassword", false},
    {"yescrypt", "$y$j75$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4", "abc", false},
    {"sha256", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!", false},
    {"sha256", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA", "Hello world!",
     false},
    {"sha512",
     "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
     "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
     "Hello world!", false},
    {"md5", "$1$ec6XvcoW$ghEtNK2U1MC5l.Dwgi3020", "test", false},
    {"md5", "$1$dOHYPKoP$tnxS1T8Q6VVn3kpV8cN6o.", "", false},
    {"apr1", "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/", "myPassword", false},
    {"sha1", "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", "myPassword", false},
    {"blade", "90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad", "admin", true},
    {"blade", "90B9AA7E25F80CF4F64E990B78A9FC5EBD6CECAD", "admin", true},
    {"blade", "{BLADE}90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad", "admin", true},
};

static void test_published_verifiers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct password right = typed(known[i].password), wrong = typed("wrong"), of_md5;
        struct buf why;
        buf_init(&why);
        assert_err(password_of_md5(right.md5_hex, &of_md5), ERR_OK);
        assert_string_equal(password_scheme_name(known[i].stored), known[i].scheme);
        assert_case(password_verify(known[i].stored, &right) == ERR_OK, "%s", known[i].stored);
        assert_case(password_verify(known[i].stored, &wrong) == ERR_PASSWORD, "%s", known[i].stored);
        assert_case(password_verify(known[i].stored, &of_md5) == (known[i].takes_md5 ? ERR_OK : ERR_PASSWORD),
                    "%s", known[i].stored);
        assert_case(password_check_verifier(known[i].stored, &why) == ERR_OK, "%s", buf_str(&why));
        buf_free(&why);
    }
}

/* A client that sends the text of somebody's MD5 as it is must not become that person: the verifier of the
 * MD5's text is met with the MD5 alone, and that is not the password. */
static void test_the_md5_is_not_the_password_of_a_plain_scheme(void **state)
{
    (void)state;
    struct password admin = typed("admin"), of_md5;
    char of_text[APR1_CAP];
    assert_err(password_of_md5(admin.md5_hex, &of_md5), ERR_OK);
    assert_err(apr1_hash(admin.md5_hex, "saltsalt", of_text), ERR_OK);
    assert_err(password_verify(of_text, &of_md5), ERR_PASSWORD);
    struct password text = typed(admin.md5_hex);
    assert_err(password_verify(of_text, &text), ERR_OK);
}

/* Made with `openssl passwd -apr1`: on either side of a whole MD5 sum, and beyond ASCII. */
static void test_apr1_of_other_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *stored, *password;
    } cases[] = {
        {"$apr1$abcdefgh$L.PT565ESX4Tp2bqNs7Ie.", ""},
        {"$apr1$abcdefgh$XPL5Vz34pxVqzh7eQZqKU0", "123456789012345"},
        {"$apr1$abcdefgh$0BN03pNFq3IjPZPHbhtmm/", "1234567890123456"},
        {"$apr1$abcdefgh$mL6v8ElrVdzrp4WqWzYvo0", "12345678901234567"},
        {"$apr1$abcdefgh$IQR6BLOQR.eaCxU8thhfU1", "密码很长很长很长很长很长"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct password p = typed(cases[i].password);
        assert_case(password_verify(cases[i].stored, &p) == ERR_OK, "%s", cases[i].stored);
    }
    char out[APR1_CAP];
    assert_err(apr1_hash("x", "123456789", out), ERR_CRYPTO);
}

/* Some writers of bcrypt set the spare bits of the salt's last character (here / instead of .). */
static void test_spare_bits_in_a_bcrypt_salt(void **state)
{
    (void)state;
    struct password p = typed("U*U"), wrong = typed("U*V");
    static const char stored[] = "$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_err(password_verify(stored, &p), ERR_OK);
    assert_err(password_verify(stored, &wrong), ERR_PASSWORD);
}

static void test_what_is_no_verifier(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "password",
        "21232f297a57a5a743894a0e4a801fc3",
        "rl.3StKT.4T8M", /* DES crypt */
        "_J9..rasmBYk8r9AiWNc",
        "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
        "$2a$3$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe!",
        "$2a$",
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc",
        "$5$rounds=999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "$5$rounds=$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "$5$saltstringsaltstr$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "$6$saltstring",
        "$1$ec6XvcoWX$ghEtNK2U1MC5l.Dwgi3020",
        "$1$ec6XvcoW$ghEtNK2U1MC5l.Dwgi302",
        "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA",
        "$apr1$r31......$HqJZimcKQFAMYayBlzkrA/",
        "$y$j75$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC",
        "$y$j75.7$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4",
        "$y$/75$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4",
        "$y$j",
        "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE",
        "{SHA}",
        "{SSHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=",
        "{BLADE}90b9aa7e25f80cf4f64e990b78a9fc5ebd6ceca",
        "90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecag",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ=$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=1,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=101,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=1,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    };
    struct password admin = typed("admin");
    char form[PASSWORD_STORED_CAP];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct buf why;
        buf_init(&why);
        assert_case(password_verify(bad[i], &admin) == ERR_CRYPTO, "%s", bad[i]);
        assert_case(password_check_verifier(bad[i], &why) == ERR_BAD_REQUEST, "%s", bad[i]);
        assert_case(password_stored_form(bad[i], form) == ERR_BAD_REQUEST, "%s", bad[i]);
        assert_case(why.len > 10, "%s: \"%s\"", bad[i], buf_str(&why));
        assert_case(bad[i][0] == '\0' || strlen(bad[i]) < 13 || strstr(buf_str(&why), bad[i]) == NULL,
                    "it repeats %s", bad[i]);
        buf_free(&why);
    }
    assert_null(password_scheme_name("password"));
}

/* Each pair: the most that may be imported, and the next. */
static void test_a_cost_that_would_hang_logins(void **state)
{
    (void)state;
    static const struct {
        const char *most, *more, *says;
    } cases[] = {
        {"$2b$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
         "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt with 15"},
        {"$5$rounds=1000000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
         "$5$rounds=1000001$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "1000001 rounds"},
        {"$6$rounds=1000000$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
         "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
         "$6$rounds=999999999$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
         "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
         "999999999 rounds"},
        {"$y$jDT$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4",
         "$y$jET$.......$stbr2M6i8w/SU36N/.i6VVEHCMYG2OkDpj/I1wKYZC4", "524288 KiB"},
        {"$argon2id$v=19$m=524288,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
         "$argon2id$v=19$m=524289,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
         "1048578 KiB"},
    };
    struct password admin = typed("admin");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf why;
        buf_init(&why);
        assert_case(password_check_verifier(cases[i].most, &why) == ERR_OK, "%s", buf_str(&why));
        assert_case(password_check_verifier(cases[i].more, &why) == ERR_BAD_REQUEST, "%s", cases[i].more);
        assert_case(strstr(buf_str(&why), cases[i].says) != NULL, "%s", buf_str(&why));
        if (strncmp(cases[i].more, "$argon2id$", 10) != 0) /* ours verify at any configured cost */
            assert_err(password_verify(cases[i].more, &admin), ERR_CRYPTO);
        buf_free(&why);
    }
}

static void test_the_stored_form(void **state)
{
    (void)state;
    char out[PASSWORD_STORED_CAP];
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        bool blade = strcmp(known[i].scheme, "blade") == 0;
        assert_err(password_stored_form(known[i].stored, out), ERR_OK);
        assert_string_equal(out, blade ? "{BLADE}90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad" : known[i].stored);
    }
}

/* ---- What a login knows ---- */

static void test_a_password_as_typed(void **state)
{
    (void)state;
    struct password p = typed("admin");
    assert_string_equal(p.md5_hex, "21232f297a57a5a743894a0e4a801fc3");
    assert_string_equal(p.plain, "admin");
    assert_true(p.has_plain);
    char text[PASSWORD_PLAIN_CAP + 4] = "";
    for (size_t i = 0; i < PASSWORD_CHARACTERS_MAX; i++)
        memcpy(text + i * 4, "\xf0\x9f\x9a\xaa", 4); /* a door, four bytes */
    assert_err(password_of_plain(text, 512, &p), ERR_OK);
    assert_int_equal(strlen(p.plain), 512);
    /* libcrypt hashes at most 511 bytes: nobody's password there. */
    assert_err(password_verify(known[0].stored, &p), ERR_PASSWORD);
    memcpy(text + 512, "\xf0\x9f\x9a\xaa", 4);
    assert_err(password_of_plain(text, 516, &p), ERR_PASSWORD_LONG);
    memset(text, 'x', 129);
    assert_err(password_of_plain(text, 128, &p), ERR_OK);
    assert_err(password_of_plain(text, 129, &p), ERR_PASSWORD_LONG);
    assert_err(password_of_plain("a\0b", 3, &p), ERR_BAD_REQUEST);
    assert_err(password_of_plain("\xff\xff\xa3", 3, &p), ERR_BAD_REQUEST);
    assert_false(p.has_plain);
    assert_string_equal(p.md5_hex, "");
}

static void test_a_password_of_which_the_md5_is_known(void **state)
{
    (void)state;
    struct password p;
    assert_err(password_of_md5("21232F297A57A5A743894A0E4A801FC3", &p), ERR_OK);
    assert_string_equal(p.md5_hex, "21232f297a57a5a743894a0e4a801fc3");
    assert_string_equal(p.plain, "");
    assert_false(p.has_plain);
    assert_err(password_of_md5("21232f297a57a5a743894a0e4a801fc", &p), ERR_BAD_REQUEST);
    assert_err(password_of_md5("21232f297a57a5a743894a0e4a801fc33", &p), ERR_BAD_REQUEST);
    assert_err(password_of_md5("", &p), ERR_BAD_REQUEST);
    password_wipe(&p);
}

/* Made with libxcrypt's crypt(3) from the bytes of UTF-8. */
static void test_passwords_beyond_ascii(void **state)
{
    (void)state;
    static const char *const stored[] = {
        "$2b$05$abcdefghijklmnopqrstuuCAzF7//aGuGuhgc7Qz1RcN8a4WIdx0S",
        "$y$j75$abcdefgh$ReSfP6rzmz6KbRMW12jr0H6kfpZvfWtRwiv1RxH6G7D",
        "$6$rounds=1000$salt$EUDaqraLyNe5GOF2Nd5R6caFLHBBApYms7h/"
        "kqOLyheoSsKiE1hipDM7tg4z0tzhJp6Vp5.uIDdZrlVBvuw850",
        "$5$rounds=1000$salt$LBQqe5Abv9eXKPxR/xyIYVhQYnfypXC5kTerbscwsU0",
        "$1$salt$Woa3PcIFvqr6bBZxMcWTO0",
        "$apr1$abcdefgh$FhXUTbo6WJl.T.1GYECwG1",
    };
    struct password p = typed("密码Пароль🚪"), other = typed("密码Пароль");
    for (size_t i = 0; i < COUNT_OF(stored); i++) {
        assert_case(password_verify(stored[i], &p) == ERR_OK, "%s", stored[i]);
        assert_case(password_verify(stored[i], &other) == ERR_PASSWORD, "%s", stored[i]);
    }
}

/* ---- Argon2id ---- */

/* Of the reference implementation's own tests (phc-winner-argon2, src/test.c, version 0x13, Argon2id). */
static void test_argon2id_known_strings(void **state)
{
    (void)state;
    static const char *const good =
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    static const char *const strong =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    struct password right = {.md5_hex = "password"}, wrong = {.md5_hex = "passwore"}, none = {0};
    assert_err(password_verify(good, &right), ERR_OK);
    assert_err(password_verify(good, &wrong), ERR_PASSWORD);
    assert_err(password_verify(good, &none), ERR_PASSWORD);
    assert_err(password_verify(strong, &right), ERR_OK);
}

static void test_a_hash_verifies_its_password_only(void **state)
{
    (void)state;
    struct password_cost cost = {.memory_kib = 64, .passes = 1};
    char hash[PASSWORD_HASH_CAP], again[PASSWORD_HASH_CAP];
    struct password right = {.md5_hex = "21232f297a57a5a743894a0e4a801fc3"};
    struct password wrong = {.md5_hex = "21232f297a57a5a743894a0e4a801fc4"};
    assert_err(password_hash(cost, right.md5_hex, hash), ERR_OK);
    assert_memory_equal(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28);
    assert_err(password_verify(hash, &right), ERR_OK);
    assert_err(password_verify(hash, &wrong), ERR_PASSWORD);
    assert_err(password_hash(cost, right.md5_hex, again), ERR_OK);
    assert_string_not_equal(hash, again); /* a fresh salt */
    cost = (struct password_cost){.memory_kib = 1048576, .passes = 100};
    assert_err(password_decoy(cost, hash), ERR_OK);
    assert_true(strlen(hash) < PASSWORD_HASH_CAP);
}

/* A decoy takes the cost of a real one, and nobody knows its password. */
static void test_a_decoy_is_a_verifier(void **state)
{
    (void)state;
    struct password_cost cost = {.memory_kib = 128, .passes = 3};
    char decoy[PASSWORD_HASH_CAP];
    struct password admin = {.md5_hex = "21232f297a57a5a743894a0e4a801fc3"};
    assert_err(password_decoy(cost, decoy), ERR_OK);
    assert_memory_equal(decoy, "$argon2id$v=19$m=128,t=3,p=1$", 29);
    assert_err(password_verify(decoy, &admin), ERR_PASSWORD);
}

static void test_a_verifier_of_another_cost_is_hashed_anew(void **state)
{
    (void)state;
    struct password_cost cost = {.memory_kib = 64, .passes = 1}, more = {.memory_kib = 64, .passes = 11};
    char hash[PASSWORD_HASH_CAP], md5_hex[DIGEST_MD5_HEX_CAP] = "21232f297a57a5a743894a0e4a801fc3";
    assert_err(password_hash(cost, md5_hex, hash), ERR_OK);
    assert_false(password_needs_rehash(hash, cost));
    assert_true(password_needs_rehash(hash, more));
    assert_err(password_hash(more, md5_hex, hash), ERR_OK);
    assert_true(password_needs_rehash(hash, cost));
    assert_true(password_needs_rehash("", cost));
    assert_true(password_needs_rehash("$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", cost));
}

/* What stands behind bcrypt's 72 bytes was not proved, and must not become the password; nor that none does: a password
 * may be longer than the 72 bytes that were typed. */
static void test_a_verifier_that_ignores_part_of_the_password_says_so(void **state)
{
    (void)state;
    struct password whole, longer;
    char text[129];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_err(password_of_plain(text, 71, &whole), ERR_OK);
        assert_err(password_of_plain(text, 72, &longer), ERR_OK);
        bool bcrypt = strcmp(known[i].scheme, "bcrypt") == 0;
        assert_true(password_was_seen_whole(known[i].stored, &whole));
        assert_case(password_was_seen_whole(known[i].stored, &longer) == !bcrypt, "%s", known[i].stored);
        assert_case(password_needs_plain(known[i].stored) == !known[i].takes_md5, "%s", known[i].stored);
    }
}

static void test_what_looks_like_a_verifier_is_no_password(void **state)
{
    (void)state;
    static const char *const verifiers[] = {
        "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "{bcrypt}$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
        "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
        "{noop}x",
        "$argon2id$v=19$m=16384,t=2,p=1$c2FsdA$aGFzaA",
        "$apr1$saltsalt$9c0WR0Se3z5lfIgYnltHf1",
        "21232f297a57a5a743894a0e4a801fc3",
        "21232F297A57A5A743894A0E4A801FC3",
        "90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad",
        "*4ACFE3202A5FF5CF467898FC58AAB1D615029441",
        "0x90b9aa7e25f80cf4f64e990b78a9fc5ebd6cecad",
        "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918",
        "pbkdf2_sha256$260000$salt$aGFzaGhhc2hoYXNoaGFzaGhhc2g=",
        "scrypt:32768:8:1$salt$c0ffeec0ffeec0ffeec0ffeec0ffee",
        "ISMvKXpXpadDiUoOSoAfww==",
        "5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc", /* Spring's */
        "md53175bce1d3201d16594cebf9d7eb3f9d",                                              /* PostgreSQL's */
        "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVkc3RvcmVk:c2VydmVyc2VydmVy",
    };
    static const char *const passwords[] = {
        "",  "Correct-horse-1",        "admin", "$100$",  "{x}", "deadbeef", "正确的马", "a$b$c",
        "=", "correct=horse=battery=", "md5",   "0x1234",
    };
    for (size_t i = 0; i < sizeof verifiers / sizeof verifiers[0]; i++)
        assert_case(password_looks_like_verifier(verifiers[i]), "%s", verifiers[i]);
    for (size_t i = 0; i < sizeof passwords / sizeof passwords[0]; i++)
        assert_case(!password_looks_like_verifier(passwords[i]), "%s", passwords[i]);
}

static void test_what_other_programs_write_before_a_verifier(void **state)
{
    (void)state;
    static const char bcrypt[] = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
    char given[PASSWORD_STORED_CAP], out[PASSWORD_STORED_CAP];
    struct buf why;
    buf_init(&why);
    for (int i = 0; i < 3; i++) {
        snprintf(given, sizeof given, "%s%s", (const char *[]){"{bcrypt}", "{crypt}", "{CRYPT}"}[i], bcrypt);
        assert_err(password_check_verifier(given, &why), ERR_OK);
        assert_err(password_stored_form(given, out), ERR_OK);
        assert_string_equal(out, bcrypt);
    }
    assert_err(password_check_verifier("{argon2}$argon2id$v=19$m=16384,t=2,p=1$c2FsdA$aGFzaA", &why),
               ERR_BAD_REQUEST);
    assert_non_null(strstr(buf_str(&why), "over the password itself"));
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_verifiers),
        cmocka_unit_test(test_the_md5_is_not_the_password_of_a_plain_scheme),
        cmocka_unit_test(test_apr1_of_other_lengths),
        cmocka_unit_test(test_spare_bits_in_a_bcrypt_salt),
        cmocka_unit_test(test_what_is_no_verifier),
        cmocka_unit_test(test_a_cost_that_would_hang_logins),
        cmocka_unit_test(test_the_stored_form),
        cmocka_unit_test(test_a_password_as_typed),
        cmocka_unit_test(test_a_password_of_which_the_md5_is_known),
        cmocka_unit_test(test_passwords_beyond_ascii),
        cmocka_unit_test(test_argon2id_known_strings),
        cmocka_unit_test(test_a_hash_verifies_its_password_only),
        cmocka_unit_test(test_a_decoy_is_a_verifier),
        cmocka_unit_test(test_a_verifier_of_another_cost_is_hashed_anew),
        cmocka_unit_test(test_a_verifier_that_ignores_part_of_the_password_says_so),
        cmocka_unit_test(test_what_looks_like_a_verifier_is_no_password),
        cmocka_unit_test(test_what_other_programs_write_before_a_verifier),
    };
    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
