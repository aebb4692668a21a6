#include "crypto/password.h"

#include <argon2.h>
#include <assert.h>
#include <crypt.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "crypto/apr1.h"

enum { SALT_LEN = 16, HASH_LEN = 32, LANES = 1, LANES_MAX = 16, SHA1_LEN = DIGEST_SHA1_LEN };

/* ---- What a login knows ---- */

/* Characters of valid UTF-8: the bytes that begin one. */
static size_t count_characters(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

enum err password_of_plain(const char *plain, size_t len, struct password *out)
{
    *out = (struct password){0};
    if (memchr(plain, '\0', len) != NULL || !codec_utf8_valid(plain, len))
        return ERR_BAD_REQUEST;
    if (len >= sizeof out->plain || count_characters(plain, len) > PASSWORD_CHARACTERS_MAX)
        return ERR_PASSWORD_LONG;
    enum err e = digest_md5_hex(plain, len, out->md5_hex);
    if (e != ERR_OK)
        return e;
    memcpy(out->plain, plain, len);
    out->has_plain = true;
    return ERR_OK;
}

enum err password_of_md5(const char *md5_hex, struct password *out)
{
    *out = (struct password){0};
    if (!codec_is_hex(md5_hex, DIGEST_MD5_HEX_CAP - 1))
        return ERR_BAD_REQUEST;
    for (size_t i = 0; i < DIGEST_MD5_HEX_CAP; i++)
        out->md5_hex[i] = (char)tolower((unsigned char)md5_hex[i]);
    return ERR_OK;
}

size_t password_characters(const struct password *p)
{
    return count_characters(p->plain, strlen(p->plain));
}

void password_wipe(struct password *p)
{
    secure_wipe(p, sizeof *p);
}

/* ---- Argon2id, ours ---- */

enum err password_hash(struct password_cost cost, const char md5_hex[DIGEST_MD5_HEX_CAP],
                       char out[PASSWORD_HASH_CAP])
{
    unsigned char salt[SALT_LEN];
    enum err e = random_bytes(salt, sizeof salt);
    if (e != ERR_OK)
        return e;
    int rc = argon2id_hash_encoded(cost.passes, cost.memory_kib, LANES, md5_hex, strlen(md5_hex), salt,
                                   sizeof salt, HASH_LEN, out, PASSWORD_HASH_CAP);
    return rc == ARGON2_OK ? ERR_OK : ERR_CRYPTO;
}

/* What a PHC string of this cost starts with. */
static void phc_head(struct password_cost cost, char *out, size_t cap)
{
    snprintf(out, cap, "$argon2id$v=%d$m=%u,t=%u,p=%d$", ARGON2_VERSION_13, cost.memory_kib, cost.passes,
             LANES);
}

bool password_needs_rehash(const char *stored, struct password_cost cost)
{
    char head[64];
    phc_head(cost, head, sizeof head);
    return strncmp(stored, head, strlen(head)) != 0;
}

enum err password_decoy(struct password_cost cost, char out[PASSWORD_HASH_CAP])
{
    unsigned char noise[SALT_LEN + HASH_LEN];
    enum err e = random_bytes(noise, sizeof noise);
    if (e != ERR_OK)
        return e;
    struct buf salt, hash;
    char head[64];
    buf_init(&salt);
    buf_init(&hash);
    codec_base64(&salt, noise, SALT_LEN);
    codec_base64(&hash, noise + SALT_LEN, HASH_LEN);
    phc_head(cost, head, sizeof head);
    int n = snprintf(out, PASSWORD_HASH_CAP, "%s%.*s$%.*s", head, (int)strcspn(buf_str(&salt), "="),
                     buf_str(&salt), (int)strcspn(buf_str(&hash), "="), buf_str(&hash));
    if (salt.err != ERR_OK || hash.err != ERR_OK || n < 0 || n >= PASSWORD_HASH_CAP)
        e = ERR_MEMORY;
    buf_free(&salt);
    buf_free(&hash);
    return e;
}

/* ---- Forms ---- */

/* Each of these: whether `rest`, what follows the scheme's prefix, is well-formed, and its cost in the unit
 * of the scheme's row (0 where there is none to choose). */
typedef bool form_reader(const char *rest, int64_t *cost_out);

/* A decimal number without sign or leading zero at *s, which moves behind it. */
static bool take_number(const char **s, int64_t max, int64_t *out)
{
    int64_t v = 0;
    const char *p = *s;
    if (*p < '1' || *p > '9')
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (*p - '0');
        if (v > max)
            return false;
    }
    *s = p;
    *out = v;
    return true;
}

static bool take_text(const char **s, const char *text)
{
    size_t len = strlen(text);
    if (strncmp(*s, text, len) != 0)
        return false;
    *s += len;
    return true;
}

static const char crypt64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* `salt` of at most max characters, "$", and a sum of exactly `sum` characters up to the end. */
static bool is_salt_and_sum(const char *s, size_t max, size_t sum)
{
    size_t n = strspn(s, crypt64);
    return n <= max && s[n] == '$' && strspn(s + n + 1, crypt64) == sum && s[n + 1 + sum] == '\0';
}

static bool form_argon2id(const char *rest, int64_t *cost_out)
{
    int64_t memory_kib = 0, passes = 0, lanes = 0;
    if (!take_text(&rest, "v=19$m=") || !take_number(&rest, 1048576, &memory_kib) ||
        !take_text(&rest, ",t=") || !take_number(&rest, 100, &passes) || !take_text(&rest, ",p=") ||
        !take_number(&rest, LANES_MAX, &lanes) || !take_text(&rest, "$"))
        return false;
    size_t salt = strcspn(rest, "$");
    unsigned char bytes[64];
    *cost_out = memory_kib * passes;
    return memory_kib >= 8 * lanes && rest[salt] == '$' && strchr(rest, '=') == NULL &&
           codec_base64_decode(rest, salt, bytes, 64) >= 8 &&
           codec_base64_decode(rest + salt + 1, strlen(rest + salt + 1), bytes, 64) >= 16;
}

static bool form_bcrypt(const char *rest, int64_t *cost_out)
{
    if (!isdigit((unsigned char)rest[0]) || !isdigit((unsigned char)rest[1]) || rest[2] != '$')
        return false;
    *cost_out = (rest[0] - '0') * 10 + (rest[1] - '0');
    return *cost_out >= 4 && *cost_out <= 31 && strspn(rest + 3, crypt64) == 53 && rest[3 + 53] == '\0';
}

static bool form_sha(const char *rest, int64_t *cost_out, size_t sum)
{
    *cost_out = 5000;
    if (take_text(&rest, "rounds=") &&
        (!take_number(&rest, 999999999, cost_out) || *cost_out < 1000 || !take_text(&rest, "$")))
        return false;
    return is_salt_and_sum(rest, 16, sum);
}

static bool form_sha256(const char *rest, int64_t *cost_out)
{
    return form_sha(rest, cost_out, 43);
}

static bool form_sha512(const char *rest, int64_t *cost_out)
{
    return form_sha(rest, cost_out, 86);
}

static bool form_md5(const char *rest, int64_t *cost_out)
{
    (void)cost_out;
    return is_salt_and_sum(rest, 8, 22);
}

static int crypt64_value(char c)
{
    const char *p = c != '\0' ? strchr(crypt64, c) : NULL;
    return p != NULL ? (int)(p - crypt64) : -1;
}

/*
 * One of yescrypt's numbers: its first character tells how many follow. Values past what two characters hold
 * are no cost that anyone uses.
 */
static bool take_yescrypt(const char **s, int64_t min, int64_t *out)
{
    int first = crypt64_value(**s);
    if (first < 0)
        return false;
    (*s)++;
    *out = min + first;
    if (first <= 47)
        return true;
    int second = crypt64_value(**s);
    if (first > 55 || second < 0)
        return false;
    (*s)++;
    *out = min + 48 + (first - 48) * 64 + second;
    return true;
}

/* Flavour, log2 of N and r, as crypt_gensalt writes them; with none of the optional numbers. The cost is the
 * memory in KiB: 128 · r · N bytes. */
static bool form_yescrypt(const char *rest, int64_t *cost_out)
{
    int64_t log2_n = 0, r = 0;
    if (!take_text(&rest, "j") || !take_yescrypt(&rest, 1, &log2_n) || !take_yescrypt(&rest, 1, &r) ||
        !take_text(&rest, "$") || log2_n > 30)
        return false;
    *cost_out = ((int64_t)1 << log2_n) * r / 8;
    return log2_n >= 3 && is_salt_and_sum(rest, 86, 43);
}

static bool form_sha1(const char *rest, int64_t *cost_out)
{
    unsigned char sum[SHA1_LEN + 1];
    (void)cost_out;
    return strlen(rest) == 28 && codec_base64_decode(rest, 28, sum, sizeof sum) == SHA1_LEN;
}

static bool form_blade(const char *rest, int64_t *cost_out)
{
    (void)cost_out;
    return codec_is_hex(rest, (size_t)SHA1_LEN * 2);
}

/* ---- Verifying ---- */

static enum err verify_argon2id(const char *stored, const char *text)
{
    switch (argon2id_verify(stored, text, strlen(text))) {
    case ARGON2_OK:
        return ERR_OK;
    case ARGON2_VERIFY_MISMATCH:
        return ERR_PASSWORD;
    default:
        return ERR_CRYPTO;
    }
}

static enum err compare(const char *made, const char *stored, size_t len)
{
    return secure_equal(made, stored, len) ? ERR_OK : ERR_PASSWORD;
}

/*
 * Through libcrypt. Only the sum at the end, of `sum` characters, is compared: bcrypt's salt has spare bits
 * that some writers set and libcrypt clears. A password of 512 bytes is past what libcrypt hashes.
 */
static enum err verify_crypt(const char *stored, const char *text, size_t sum)
{
    struct crypt_data data = {0};
    if (strlen(text) >= CRYPT_MAX_PASSPHRASE_SIZE)
        return ERR_PASSWORD;
    const char *made = crypt_rn(text, stored, &data, sizeof data);
    enum err e = ERR_CRYPTO;
    if (made != NULL && strlen(made) > sum)
        e = compare(made + strlen(made) - sum, stored + strlen(stored) - sum, sum);
    secure_wipe(&data, sizeof data);
    return e;
}

static enum err verify_bcrypt(const char *stored, const char *text)
{
    return verify_crypt(stored, text, 31);
}

static enum err verify_crypt_43(const char *stored, const char *text)
{
    return verify_crypt(stored, text, 43);
}

static enum err verify_sha512(const char *stored, const char *text)
{
    return verify_crypt(stored, text, 86);
}

static enum err verify_md5(const char *stored, const char *text)
{
    return verify_crypt(stored, text, 22);
}

static enum err verify_apr1(const char *stored, const char *text)
{
    char made[APR1_CAP];
    enum err e = apr1_hash(text, stored + strlen(APR1_PREFIX), made);
    if (e == ERR_OK)
        e = strlen(made) == strlen(stored) ? compare(made, stored, strlen(made)) : ERR_CRYPTO;
    secure_wipe(made, sizeof made);
    return e;
}

static enum err verify_sha1(const char *stored, const char *text)
{
    unsigned char made[SHA1_LEN], kept[SHA1_LEN + 1];
    const char *base64 = stored + strlen("{SHA}");
    enum err e = digest_sha1(text, strlen(text), made);
    if (e == ERR_OK && codec_base64_decode(base64, strlen(base64), kept, sizeof kept) != SHA1_LEN)
        e = ERR_CRYPTO;
    if (e == ERR_OK)
        e = secure_equal(made, kept, SHA1_LEN) ? ERR_OK : ERR_PASSWORD;
    secure_wipe(made, sizeof made);
    return e;
}

/* Both forms end in the 40 digits. */
static enum err verify_blade(const char *stored, const char *text)
{
    unsigned char made[SHA1_LEN];
    char made_hex[SHA1_LEN * 2 + 1], kept_hex[SHA1_LEN * 2];
    const char *digits = stored + strlen(stored) - sizeof kept_hex;
    enum err e = digest_sha1(text, strlen(text), made);
    if (e == ERR_OK) {
        codec_hex(made_hex, made, sizeof made);
        for (size_t i = 0; i < sizeof kept_hex; i++)
            kept_hex[i] = (char)tolower((unsigned char)digits[i]);
        e = compare(made_hex, kept_hex, sizeof kept_hex);
    }
    secure_wipe(made, sizeof made);
    secure_wipe(made_hex, sizeof made_hex);
    return e;
}

/* ---- The schemes ---- */

/* The most that may be imported takes about a second on the hosts of this decade. What password_hash itself
 * makes verifies at any configured cost. */
static const struct scheme {
    const char *name;
    const char *prefix;
    form_reader *form;
    enum err (*verify)(const char *stored, const char *text);
    bool over_md5;         /* else over the password itself */
    size_t sees;           /* of the password only so many bytes, its end among them; 0: all */
    const char *cost_unit; /* NULL: its cost is fixed */
    int64_t import_max, verify_max;
} schemes[] = {
    {.name = "argon2id",
     .prefix = "$argon2id$",
     .form = form_argon2id,
     .verify = verify_argon2id,
     .over_md5 = true,
     .cost_unit = "KiB of memory times passes",
     .import_max = 1048576,
     .verify_max = (int64_t)1048576 * 100},
#define BCRYPT(PREFIX)                                                                                       \
    {                                                                                                        \
        .name = "bcrypt", .prefix = PREFIX, .form = form_bcrypt, .verify = verify_bcrypt, .sees = 72,        \
        .cost_unit = "as its cost", .import_max = 14, .verify_max = 14                                       \
    }
    BCRYPT("$2a$"),
    BCRYPT("$2b$"),
    BCRYPT("$2y$"),
    {.name = "yescrypt",
     .prefix = "$y$",
     .form = form_yescrypt,
     .verify = verify_crypt_43,
     .cost_unit = "KiB of memory",
     .import_max = 262144,
     .verify_max = 262144},
    {.name = "sha512",
     .prefix = "$6$",
     .form = form_sha512,
     .verify = verify_sha512,
     .cost_unit = "rounds",
     .import_max = 1000000,
     .verify_max = 1000000},
    {.name = "sha256",
     .prefix = "$5$",
     .form = form_sha256,
     .verify = verify_crypt_43,
     .cost_unit = "rounds",
     .import_max = 1000000,
     .verify_max = 1000000},
    {.name = "md5", .prefix = "$1$", .form = form_md5, .verify = verify_md5},
    {.name = "apr1", .prefix = APR1_PREFIX, .form = form_md5, .verify = verify_apr1},
    {.name = "sha1", .prefix = "{SHA}", .form = form_sha1, .verify = verify_sha1},
    {.name = "blade", .prefix = "{BLADE}", .form = form_blade, .verify = verify_blade, .over_md5 = true},
    {.name = "blade", .prefix = "", .form = form_blade, .verify = verify_blade, .over_md5 = true},
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

/* The row of `stored`, by its prefix; the bare digits of the last row by their form. */
static const struct scheme *find_scheme(const char *stored)
{
    int64_t cost;
    for (size_t i = 0; i < SCHEMES; i++) {
        const struct scheme *s = &schemes[i];
        if (s->prefix[0] != '\0' ? strncmp(stored, s->prefix, strlen(s->prefix)) == 0
                                 : s->form(stored, &cost))
            return s;
    }
    return NULL;
}

static bool read_form(const struct scheme *s, const char *stored, int64_t *cost_out)
{
    *cost_out = 0;
    return strlen(stored) < PASSWORD_STORED_CAP && s->form(stored + strlen(s->prefix), cost_out);
}

enum err password_verify(const char *stored, const struct password *p)
{
    int64_t cost = 0;
    const struct scheme *s = find_scheme(stored);
    if (s == NULL || !read_form(s, stored, &cost) || (s->cost_unit != NULL && cost > s->verify_max))
        return ERR_CRYPTO;
    bool can_tell = s->over_md5 || p->has_plain;
    enum err e = s->verify(stored, s->over_md5 || !p->has_plain ? p->md5_hex : p->plain);
    return e == ERR_OK && !can_tell ? ERR_PASSWORD : e;
}

bool password_needs_plain(const char *stored)
{
    const struct scheme *s = find_scheme(stored);
    return s != NULL && !s->over_md5;
}

bool password_was_seen_whole(const char *stored, const struct password *p)
{
    const struct scheme *s = find_scheme(stored);
    return s != NULL && (s->sees == 0 || strlen(p->plain) < s->sees);
}

/* ---- Import ---- */

/* Behind what other programs write before a verifier: Spring's {bcrypt}, {CRYPT} of LDAP directories. */
static const char *unwrapped(const char *given)
{
    static const char *const wrappers[] = {"{bcrypt}$2", "{crypt}$", "{CRYPT}$"};
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
        if (strncmp(given, wrappers[i], strlen(wrappers[i])) == 0)
            return strchr(given, '$');
    return given;
}

/* "{SSHA}…", "$2a$…": `open`, a name, `close`, and behind it as much as a digest has. */
static bool is_tagged(const char *text, char open, char close)
{
    static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_,=@./";
    size_t len = text[0] == open ? strspn(text + 1, name) : 0;
    return len > 0 && len <= 24 && text[1 + len] == close && strlen(text) >= 20;
}

/* Hex digits, as many as the shortest digest has, MD5's, or more: with its salt, as Spring writes it. */
static bool is_hex_digest(const char *text)
{
    size_t len = strlen(text);
    return len >= 32 && codec_is_hex(text, len);
}

/* Base64 with its padding, of a digest or of one with a salt. */
static bool is_base64_digest(const char *text)
{
    unsigned char bytes[96];
    size_t len = strlen(text);
    return len >= 24 && len <= 96 && text[len - 1] == '=' &&
           codec_base64_decode(text, len, bytes, sizeof bytes) >= 16;
}

/* "pbkdf2_sha256$260000$salt$…", "scrypt:32768:8:1$salt$…": Python's frameworks; "SCRAM-SHA-256$4096:…$…". */
static bool is_named_hash(const char *text)
{
    static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-";
    const char *dollar = strchr(text, '$');
    return dollar != NULL && strchr(dollar + 1, '$') != NULL && strlen(text) >= 40 &&
           strspn(text, name) == (size_t)(dollar - text);
}

bool password_looks_like_verifier(const char *text)
{
    /* What databases write before a digest: MySQL's PASSWORD() and its clients, PostgreSQL. */
    static const char *const marks[] = {"*", "0x", "md5"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strncmp(text, marks[i], strlen(marks[i])) == 0 && is_hex_digest(text + strlen(marks[i])))
            return true;
    return is_tagged(text, '$', '$') || is_tagged(text, '{', '}') || strncmp(text, "{noop}", 6) == 0 ||
           is_hex_digest(text) || is_base64_digest(text) || is_named_hash(text);
}

/* What a text without a row of its own most likely is. */
static const char *guess(const char *stored)
{
    size_t len = strlen(stored);
    if (len == 0)
        return "is empty";
    if (len == 13 && strspn(stored, crypt64) == len)
        return "looks like DES crypt, which is broken";
    if (codec_is_hex(stored, 32))
        return "looks like a bare MD5, which is broken";
    if (strncmp(stored, "{argon2", 7) == 0)
        return "is Argon2 over the password itself; here it is over the password's MD5";
    if (strncmp(stored, "{noop}", 6) == 0)
        return "is a password as it is typed; without {noop} it goes into the column password";
    if (stored[0] == '$' || stored[0] == '{' || stored[0] == '_')
        return "has a scheme that is not known here";
    return "is no verifier; a password itself goes into the column password";
}

static const char expected[] = "expected argon2id, bcrypt, yescrypt, SHA-crypt ($5$, $6$), MD5-crypt ($1$), "
                               "$apr1$, {SHA}, or Blade's 40 hex digits";

enum err password_check_verifier(const char *stored, struct buf *why)
{
    int64_t cost = 0;
    stored = unwrapped(stored);
    const struct scheme *s = find_scheme(stored);
    if (s == NULL)
        buf_addf(why, "%s; %s", guess(stored), expected);
    else if (!read_form(s, stored, &cost))
        buf_addf(why, "is no well-formed %s verifier", s->name);
    else if (s->cost_unit != NULL && cost > s->import_max)
        buf_addf(why, "costs too much to verify: %s with %lld %s; at most %lld", s->name, (long long)cost,
                 s->cost_unit, (long long)s->import_max);
    else
        return ERR_OK;
    return ERR_BAD_REQUEST;
}

enum err password_stored_form(const char *given, char out[PASSWORD_STORED_CAP])
{
    int64_t cost = 0;
    given = unwrapped(given);
    const struct scheme *s = find_scheme(given);
    if (s == NULL || !read_form(s, given, &cost))
        return ERR_BAD_REQUEST;
    bool blade = s->verify == verify_blade;
    int n = snprintf(out, PASSWORD_STORED_CAP, "%s%s", blade ? "{BLADE}" : "",
                     blade ? given + strlen(s->prefix) : given);
    assert(n > 0 && n < PASSWORD_STORED_CAP);
    for (char *c = out + strlen("{BLADE}"); blade && *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return ERR_OK;
}

const char *password_scheme_name(const char *stored)
{
    const struct scheme *s = find_scheme(stored);
    return s != NULL ? s->name : NULL;
}
