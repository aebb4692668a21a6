#include "admin/clients.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "admin/text.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "auth/token_style.h"
#include "base/address.h"
#include "base/codec.h"
#include "base/random.h"
#include "store/token_store.h"

/* ---- What describes one ------------------------------------------------------------------------------ */

/* What a field takes, and where it goes. */
struct field {
    const char *name;
    enum { LIST, WORD, TEXT, SECONDS, REDIRECTS } type;
    const char *allowed;  /* of a list or a word; NULL: any */
    const char *standing; /* the first of `allowed`, if it stands for "" */
    int64_t max;          /* of seconds */
    size_t offset;
};

static const struct field fields[] = {
    {"grants", LIST, CLIENT_GRANTS, NULL, 0, offsetof(struct client, grants)},
    {"scope", LIST, NULL, NULL, 0, offsetof(struct client, scope)},
    {"password-wire", WORD, "md5,plain,sm2", NULL, 0, offsetof(struct client, password_wire)},
    {"alg", WORD, CLIENTS_ALG_SITE "," CLIENTS_ALGS, CLIENTS_ALG_SITE, 0, offsetof(struct client, alg)},
    {"audience", TEXT, NULL, NULL, 0, offsetof(struct client, audience)},
    {"access-ttl", SECONDS, NULL, NULL, 31536000, offsetof(struct client, access_ttl_s)},
    {"refresh-ttl", SECONDS, NULL, NULL, 315360000, offsetof(struct client, refresh_ttl_s)},
    {"refresh-reuse", WORD, CLIENTS_REUSE_DIALECT "," TOKEN_REUSES, CLIENTS_REUSE_DIALECT, 0,
     offsetof(struct client, refresh_reuse)},
    {"redirect-uris", REDIRECTS, NULL, NULL, 0, offsetof(struct client, redirect_uris)},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

const char *clients_field(size_t i)
{
    return i < FIELDS ? fields[i].name : NULL;
}

static enum err check_word(const char *value, const char *allowed, struct buf *why)
{
    if (config_list_has(allowed, value, strlen(value)))
        return ERR_OK;
    buf_addf(why, "expected one of %s", allowed);
    return ERR_BAD_REQUEST;
}

enum { REDIRECTS_MAX = 20 };

static bool is_name(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", s[i]) == NULL)
            return false;
    return len > 0;
}

static bool same(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncmp(s, word, len) == 0;
}

/* Host and port of an address, of `len` bytes. */
static bool authority_ok(const char *s, size_t len, bool loopback_only)
{
    size_t host = s[0] == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":/?");
    char address[ADDRESS_CAP];
    if (host > len)
        return false;
    const char *port = s + host;
    size_t digits = len - host;
    if (digits > 0 &&
        (port[0] != ':' || digits < 2 || digits > 6 || strspn(port + 1, "0123456789") != digits - 1))
        return false;
    if (loopback_only)
        return same(s, host, "localhost") || same(s, host, "127.0.0.1") || same(s, host, "[::1]");
    return s[0] == '[' ? host > 2 && address_canonical(s + 1, host - 2, address) : is_name(s, host);
}

/* What is wrong with one address; NULL: nothing. Source: RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1. */
static const char *redirect_fault(const char *s, size_t len)
{
    size_t scheme = strcspn(s, ":/?,");
    if (len == 0 || len > TEXT_MAX)
        return "empty, or longer than 255 bytes";
    for (size_t i = 0; i < len; i++)
        if (s[i] <= ' ' || s[i] > '~' || strchr("\"<>\\^`{|}", s[i]) != NULL)
            return "blanks, non-ASCII characters and \"<>\\^`{|} are written %20 and the like";
    if (memchr(s, '#', len) != NULL || memchr(s, '*', len) != NULL)
        return "no fragment (#) and no wildcard (*): addresses are compared as they stand";
    if (scheme >= len || s[scheme] != ':')
        return "an address begins with https://";
    bool is_https = same(s, scheme, "https");
    if (is_https || same(s, scheme, "http")) {
        const char *host = s + scheme + 3;
        if (len < scheme + 4 || strncmp(s + scheme, "://", 3) != 0)
            return "an address begins with https://";
        size_t n = strcspn(host, "/?,");
        if (n > len - scheme - 3)
            n = len - scheme - 3;
        return authority_ok(host, n, !is_https) ? NULL
               : is_https                       ? "the host is none"
                          : "http is for localhost, 127.0.0.1 and [::1] only; take https";
    }
    return is_name(s, scheme) && s[0] > '9' && memchr(s, '.', scheme) != NULL
               ? NULL
               : "a scheme of an app's own has a dot in it, as com.example.app:/callback";
}

static enum err check_redirects(const char *list, struct buf *why)
{
    size_t count = 0;
    for (const char *p = list; *p != '\0'; count++) {
        size_t n = strcspn(p, ",");
        const char *next = p[n] == ',' ? p + n + 1 : p + n;
        const char *fault = redirect_fault(p, n);
        if (fault == NULL && config_list_has(next, p, n))
            fault = "it stands there twice";
        if (fault == NULL && count == REDIRECTS_MAX)
            fault = "at most 20 addresses";
        if (fault == NULL && p[n] == ',' && *next == '\0')
            fault = "a comma at the end";
        if (fault != NULL) {
            buf_addf(why, "%.*s: %s", n <= TEXT_MAX && text_fault(p, n) == NULL ? (int)n : 0, p, fault);
            return ERR_BAD_REQUEST;
        }
        p = next;
    }
    return ERR_OK;
}

static enum err set_seconds(int64_t *to, const char *value, int64_t max, struct buf *why)
{
    if (codec_parse_int(value, 0, max, to))
        return ERR_OK;
    buf_addf(why, "expected a whole number from 0 to %" PRId64, max);
    return ERR_BAD_REQUEST;
}

enum err clients_set_field(struct clients_draft *d, size_t i, const char *value, struct buf *why)
{
    const struct field *f = &fields[i];
    char *at = (char *)&d->row + f->offset;
    if (f->type == SECONDS)
        return set_seconds((int64_t *)(void *)at, value, f->max, why);
    enum err e = f->type == LIST        ? text_check_list(value, f->allowed, why)
                 : f->type == WORD      ? check_word(value, f->allowed, why)
                 : f->type == REDIRECTS ? check_redirects(value, why)
                                        : text_check(value, TEXT_MAX, why);
    d->alg_chosen = d->alg_chosen || f->offset == offsetof(struct client, alg);
    if (e == ERR_OK)
        *(const char **)(void *)at = f->standing != NULL && strcmp(value, f->standing) == 0 ? "" : value;
    return e;
}

enum err clients_check_id(const char *id, struct buf *why)
{
    enum err e = text_check_id(id, why);
    /* Both stand in the claim sub: a client must not pass for a user (RFC 9700, section 4.15). */
    if (e != ERR_OK || id[strspn(id, "0123456789")] != '\0')
        return e;
    buf_add_str(why, "digits only, as the ids of users are; put a letter in");
    return ERR_BAD_REQUEST;
}

/* ---- Writing one ------------------------------------------------------------------------------------- */

void clients_init(struct clients_draft *d, const char *id, int64_t now_s)
{
    *d = (struct clients_draft){.row = {.id = id,
                                        .grants = "",
                                        .scope = "all",
                                        .password_wire = "md5",
                                        .alg = "",
                                        .audience = "",
                                        .refresh_reuse = "",
                                        .redirect_uris = "",
                                        .created_s = now_s}};
}

enum err clients_make_secret(char out[CLIENTS_SECRET_LEN + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return random_text(out, CLIENTS_SECRET_LEN, alphabet);
}

static enum err ensure_key(struct app *app, struct clients_draft *d, int64_t now_s)
{
    return d->alg_chosen ? keyring_ensure(app, d->row.alg, now_s, &d->made_key) : ERR_OK;
}

enum err clients_add(struct app *app, struct clients_draft *d, const char *secret, int64_t now_s)
{
    d->row.has_secret = secret != NULL;
    enum err e = secret != NULL ? client_secret_mac(app, secret, d->row.secret_mac) : ERR_OK;
    if (e == ERR_OK)
        e = ensure_key(app, d, now_s);
    return e == ERR_OK ? client_store_put(app->db, &d->row) : e;
}

enum err clients_set(struct app *app, struct clients_draft *d, int64_t now_s)
{
    enum err e = ensure_key(app, d, now_s);
    return e == ERR_OK ? client_store_set(app->db, &d->row) : e;
}

enum err clients_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena)
{
    struct client c;
    enum err e = client_store_get(db, id, arena, &c);
    if (e != ERR_OK)
        return e;
    c.locked = locked;
    e = client_store_set(db, &c);
    return e == ERR_OK && locked ? session_store_revoke_client(db, c.id, now_s) : e;
}

enum err clients_set_secret(struct app *app, const char *id, const char *secret, int64_t overlap_s,
                            int64_t now_s, struct arena *arena, int64_t *old_until_s_out)
{
    struct client c;
    enum err e = client_store_get(app->db, id, arena, &c);
    if (e != ERR_OK)
        return e;
    c.has_old_secret = c.has_secret && overlap_s > 0;
    c.old_secret_until_s = c.has_old_secret ? now_s + overlap_s : 0;
    memcpy(c.old_secret_mac, c.secret_mac, sizeof c.old_secret_mac);
    c.has_secret = true;
    *old_until_s_out = c.old_secret_until_s;
    e = client_secret_mac(app, secret, c.secret_mac);
    return e == ERR_OK ? client_store_set(app->db, &c) : e;
}

enum err clients_end_old_secret(struct db *db, const char *id, struct arena *arena)
{
    struct client c;
    enum err e = client_store_get(db, id, arena, &c);
    c.has_old_secret = false;
    c.old_secret_until_s = 0;
    return e == ERR_OK ? client_store_set(db, &c) : e;
}

int64_t clients_old_secret_until(const struct client *c, int64_t now_s)
{
    return client_old_secret_until(c, now_s);
}

const char *clients_dialect(const struct config *cfg, const char *id)
{
    for (int d = 0; d < DIALECT_COUNT; d++)
        if (cfg->dialect[d].enabled && strcmp(cfg->dialect[d].client, id) == 0)
            return config_dialect_name((enum dialect_id)d);
    return NULL;
}

static enum err note_md5(void *ctx, const struct client *c)
{
    struct buf *out = ctx;
    if (!c->locked && strcmp(c->password_wire, "md5") == 0)
        buf_addf(out, "%s%s", out->len > 0 ? ", " : "", c->id);
    return out->err;
}

enum err clients_md5(struct db *db, struct buf *out)
{
    struct arena rows;
    arena_init(&rows, 1 << 16);
    enum err e = client_store_list(db, &rows, note_md5, out);
    arena_fini(&rows);
    return e;
}
