/* Why the deprecated functions: crypto/digest.h. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/apr1.h"

#include <openssl/md5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/secure.h"

enum { SUM_LEN = 16, ROUNDS = 1000 };

/* The texts that are mixed, over and over. */
struct mix {
    MD5_CTX ctx;
    const char *text, *salt;
    size_t text_len, salt_len;
    unsigned char sum[SUM_LEN];
    bool failed;
};

static void begin(struct mix *m)
{
    m->failed = m->failed || MD5_Init(&m->ctx) != 1;
}

static void add(struct mix *m, const void *data, size_t len)
{
    m->failed = m->failed || MD5_Update(&m->ctx, data, len) != 1;
}

static void add_text(struct mix *m)
{
    add(m, m->text, m->text_len);
}

static void add_salt(struct mix *m)
{
    add(m, m->salt, m->salt_len);
}

static void end(struct mix *m)
{
    m->failed = m->failed || MD5_Final(m->sum, &m->ctx) != 1;
}

static void start(struct mix *m)
{
    begin(m);
    add_text(m);
    add_salt(m);
    add_text(m);
    end(m);
    begin(m);
    add_text(m);
    add(m, APR1_PREFIX, strlen(APR1_PREFIX));
    add_salt(m);
    for (size_t left = m->text_len; left > 0; left -= left < SUM_LEN ? left : SUM_LEN)
        add(m, m->sum, left < SUM_LEN ? left : SUM_LEN);
    /* For each bit of the length: a NUL, or the first character. So it was written once, so it stays. */
    for (size_t bits = m->text_len; bits > 0; bits >>= 1)
        add(m, (bits & 1) != 0 ? "" : m->text, 1);
    end(m);
}

static void stretch(struct mix *m)
{
    for (int i = 0; i < ROUNDS; i++) {
        begin(m);
        if (i % 2 != 0)
            add_text(m);
        else
            add(m, m->sum, SUM_LEN);
        if (i % 3 != 0)
            add_salt(m);
        if (i % 7 != 0)
            add_text(m);
        if (i % 2 != 0)
            add(m, m->sum, SUM_LEN);
        else
            add_text(m);
        end(m);
    }
}

/* `digits` characters of 6 bits each, the lowest first. */
static char *put64(char *out, uint32_t v, int digits)
{
    static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (; digits > 0; digits--, v >>= 6)
        *out++ = alphabet[v & 63];
    return out;
}

static void print(const struct mix *m, char out[APR1_CAP])
{
    const unsigned char *s = m->sum;
    char *o = out + snprintf(out, APR1_CAP, APR1_PREFIX "%.*s$", (int)m->salt_len, m->salt);
    for (size_t i = 0; i < 5; i++)
        o = put64(o, (uint32_t)s[i] << 16 | (uint32_t)s[i + 6] << 8 | s[i < 4 ? i + 12 : 5], 4);
    o = put64(o, s[11], 2);
    *o = '\0';
}

enum err apr1_hash(const char *text, const char *salt, char out[APR1_CAP])
{
    struct mix m = {.text = text, .salt = salt, .text_len = strlen(text), .salt_len = strcspn(salt, "$")};
    m.failed = m.salt_len > APR1_SALT_MAX;
    start(&m);
    stretch(&m);
    if (!m.failed)
        print(&m, out);
    bool failed = m.failed;
    secure_wipe(&m, sizeof m);
    return failed ? ERR_CRYPTO : ERR_OK;
}
