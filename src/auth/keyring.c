#include "auth/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/json_out.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/client_store.h"

_Static_assert(KEY_ID_CAP == JWS_KID_CAP, "a kid has one length");
_Static_assert(KEY_SECRET_CAP >= KEYPAIR_DER_CAP, "a row holds any key pair");

/* ---- Key pairs that were parsed ---------------------------------------------------------------------- */

struct keyring_pairs {
    struct {
        char kid[KEY_ID_CAP];
        struct keypair *pair;
        bool in_use; /* since the last load began */
    } at[KEYRING_MAX];
    size_t count;
};

void keyring_forget(struct app *app)
{
    for (size_t i = 0; app->pairs != NULL && i < app->pairs->count; i++)
        keypair_free(app->pairs->at[i].pair);
    free(app->pairs);
    app->pairs = NULL;
}

/* A key that is retired leaves memory with the next load. */
static void drop_unused(struct keyring_pairs *pairs)
{
    size_t kept = 0;
    for (size_t i = 0; pairs != NULL && i < pairs->count; i++) {
        if (pairs->at[i].in_use)
            pairs->at[kept++] = pairs->at[i];
        else
            keypair_free(pairs->at[i].pair);
    }
    if (pairs != NULL)
        pairs->count = kept;
}

static void mark_unused(struct keyring_pairs *pairs)
{
    for (size_t i = 0; pairs != NULL && i < pairs->count; i++)
        pairs->at[i].in_use = false;
}

static struct keypair *find_pair(struct keyring_pairs *pairs, const char *kid)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->at[i].kid, kid) == 0) {
            pairs->at[i].in_use = true;
            return pairs->at[i].pair;
        }
    }
    return NULL;
}

/* The key pair of a row: kept from before, or parsed now. ERR_STORE if it cannot be read. */
static enum err pair_of(struct app *app, const struct key_row *row, enum jws_alg alg,
                        const struct keypair **out)
{
    struct keypair *pair = NULL;
    if (app->pairs == NULL)
        app->pairs = calloc(1, sizeof *app->pairs);
    if (app->pairs == NULL)
        return ERR_MEMORY;
    struct keyring_pairs *pairs = app->pairs;
    *out = find_pair(pairs, row->kid);
    if (*out != NULL)
        return ERR_OK;
    if (pairs->count == KEYRING_MAX)
        drop_unused(pairs); /* what is kept for a load is never more than the ring holds */
    enum err e = keypair_parse(jws_pair_kind(alg), row->secret, row->secret_len, &pair);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_STORE;
    memcpy(pairs->at[pairs->count].kid, row->kid, KEY_ID_CAP);
    pairs->at[pairs->count].pair = pair;
    pairs->at[pairs->count++].in_use = true;
    *out = pair;
    return ERR_OK;
}

/* ---- The ring ---------------------------------------------------------------------------------------- */

struct loading {
    struct app *app;
    struct keyring *ring;
};

static enum err read_key(struct app *app, const struct key_row *row, struct jws_key *key)
{
    *key = (struct jws_key){0};
    if (!jws_alg_find(row->alg, &key->alg))
        return ERR_STORE;
    memcpy(key->kid, row->kid, sizeof key->kid);
    if (!jws_is_hmac(key->alg))
        return pair_of(app, row, key->alg, &key->pair);
    if (row->secret_len > sizeof key->secret)
        return ERR_STORE;
    memcpy(key->secret, row->secret, row->secret_len);
    key->secret_len = row->secret_len;
    return ERR_OK;
}

static enum err take_row(void *ctx, const struct key_row *row)
{
    const struct loading *l = ctx;
    struct keyring *ring = l->ring;
    if (ring->count == KEYRING_MAX)
        return ERR_OK;
    enum err e = read_key(l->app, row, &ring->key[ring->count]);
    if (e != ERR_OK) {
        LOG(&l->app->log, ERR_LEVEL_ERROR, "key_unreadable", LOG_S("kid", row->kid), LOG_S("alg", row->alg));
        return e;
    }
    ring->signs_from_s[ring->count] = row->signs_from_s;
    ring->retired_s[ring->count++] = row->retired_s;
    return ERR_OK;
}

enum err keyring_read(struct app *app, int64_t now_s, struct keyring *ring)
{
    struct loading l = {app, ring};
    ring->count = 0;
    mark_unused(app->pairs);
    enum err e = key_store_in_use(app->db, now_s, take_row, &l);
    if (e == ERR_OK)
        drop_unused(app->pairs);
    return e;
}

enum err keyring_load(struct app *app, int64_t now_s, struct keyring *ring)
{
    enum err e = keyring_read(app, now_s, ring);
    if (e == ERR_OK && ring->count == 0) {
        LOG_SOME(&app->log, ERR_LEVEL_ERROR, "no_signing_key", LOG_S("hint", "menshen doctor"));
        return ERR_STORE;
    }
    return e;
}

void keyring_wipe(struct keyring *ring)
{
    secure_wipe(ring->key, ring->count * sizeof ring->key[0]);
    ring->count = 0;
}

static bool is_for(const struct jws_key *key, const char *alg)
{
    return alg[0] == '\0' ? jws_is_hmac(key->alg) : strcmp(jws_alg_name(key->alg), alg) == 0;
}

/* The newest that signs from `from_s` or earlier and is not retired at `at_s`; ring->count if there is none. */
static size_t find_newest(const struct keyring *ring, const char *alg, int64_t from_s, int64_t at_s)
{
    size_t best = ring->count;
    for (size_t i = 0; i < ring->count; i++) {
        bool may_sign = is_for(&ring->key[i], alg) && ring->signs_from_s[i] <= from_s &&
                        (ring->retired_s[i] == 0 || ring->retired_s[i] > at_s);
        if (may_sign && (best == ring->count || ring->signs_from_s[i] > ring->signs_from_s[best]))
            best = i;
    }
    return best;
}

/*
 * The place of the signer in the ring; ring->count if there is none. Where none signs yet, as after a start with a
 * clock that was ahead, one that is published does: a site that issues no tokens helps nobody.
 */
static size_t find_signer(const struct keyring *ring, const char *alg, int64_t at_s)
{
    size_t signer = find_newest(ring, alg, at_s, at_s);
    return signer < ring->count ? signer : find_newest(ring, alg, INT64_MAX, at_s);
}

const struct jws_key *keyring_signer(const struct keyring *ring, const char *alg, int64_t at_s)
{
    size_t i = find_signer(ring, alg, at_s);
    return i < ring->count ? &ring->key[i] : NULL;
}

enum err keyring_jwks(struct app *app, int64_t now_s, struct buf *json_out)
{
    struct keyring ring;
    struct json_out j;
    enum err e = keyring_load(app, now_s, &ring);
    json_out_init(&j, json_out);
    json_open_object(&j, NULL);
    json_open_array(&j, "keys");
    for (size_t i = 0; e == ERR_OK && i < ring.count; i++)
        if (!jws_is_hmac(ring.key[i].alg))
            e = jws_public_jwk(&ring.key[i], &j);
    json_close_array(&j);
    json_close_object(&j);
    keyring_wipe(&ring);
    return e == ERR_OK ? json_out->err : e;
}

/* ---- What is asked of keys --------------------------------------------------------------------------- */

struct asking {
    struct keyring_needs *needs;
    int64_t access_ttl_s, refresh_ttl_s;
};

static int64_t max_s(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static enum err ask(void *ctx, const struct client *c)
{
    struct asking *a = ctx;
    enum jws_alg alg;
    if (jws_alg_find(c->alg, &alg))
        a->needs->named[alg] = true;
    a->access_ttl_s = max_s(a->access_ttl_s, c->access_ttl_s);
    a->refresh_ttl_s = max_s(a->refresh_ttl_s, c->refresh_ttl_s);
    return ERR_OK;
}

enum err keyring_needs(struct app *app, struct keyring_needs *out)
{
    const struct config *cfg = &app->cfg;
    struct asking a = {out, cfg->token.access_ttl_s, cfg->token.refresh_ttl_s};
    struct arena row;
    *out = (struct keyring_needs){0};
    arena_init(&row, 1 << 16);
    enum err e = client_store_list(app->db, &row, ask, &a);
    arena_fini(&row);
    for (int alg = 0; alg < JWS_ALG_COUNT; alg++) {
        /* Refresh tokens are signed with HMAC keys only. */
        int64_t ttl_s =
            jws_is_hmac((enum jws_alg)alg) ? max_s(a.access_ttl_s, a.refresh_ttl_s) : a.access_ttl_s;
        out->longest_ttl_s[alg] = ttl_s < cfg->token.family_ttl_s ? ttl_s : cfg->token.family_ttl_s;
    }
    return e;
}

/* ---- New keys ---------------------------------------------------------------------------------------- */

static enum err name_key(enum jws_alg alg, int64_t now_s, struct key_row *row)
{
    unsigned char id[8];
    enum err e = random_bytes(id, sizeof id);
    codec_hex(row->kid, id, sizeof id);
    snprintf(row->alg, sizeof row->alg, "%s", jws_alg_name(alg));
    row->created_s = now_s;
    row->signs_from_s = now_s;
    row->retired_s = 0;
    return e;
}

static enum err make_pair(enum jws_alg alg, struct key_row *row)
{
    struct keypair *pair = NULL;
    enum err e = keypair_generate(jws_pair_kind(alg), &pair);
    if (e == ERR_OK)
        e = keypair_write(pair, row->secret, &row->secret_len);
    keypair_free(pair);
    return e;
}

enum err keyring_new(enum jws_alg alg, int64_t now_s, struct key_row *out)
{
    *out = (struct key_row){.secret_len = jws_secret_len(alg)};
    enum err e = name_key(alg, now_s, out);
    if (e == ERR_OK)
        e = jws_is_hmac(alg) ? random_bytes(out->secret, out->secret_len) : make_pair(alg, out);
    return e;
}

enum err keyring_generate(struct db *db, enum jws_alg alg, int64_t now_s)
{
    struct key_row row;
    enum err e = keyring_new(alg, now_s, &row);
    if (e == ERR_OK)
        e = key_store_put(db, &row);
    secure_wipe(&row, sizeof row);
    return e;
}

enum err keyring_ensure(struct app *app, const char *alg, int64_t now_s, bool *made_out)
{
    struct keyring ring;
    struct key_row row = {0};
    enum jws_alg wanted = JWS_HS256;
    *made_out = false;
    if (alg[0] != '\0' && !jws_alg_find(alg, &wanted))
        return ERR_BAD_REQUEST;
    enum err e = keyring_read(app, now_s, &ring);
    bool missing = e == ERR_OK && keyring_signer(&ring, alg, now_s) == NULL;
    if (missing)
        e = ring.count == KEYRING_MAX ? ERR_FULL : keyring_new(wanted, now_s, &row);
    if (missing && e == ERR_OK) {
        size_t own = find_signer(&ring, "", now_s);
        if (jws_is_hmac(wanted) && own < ring.count)
            row.signs_from_s = ring.signs_from_s[own] - 1;
        e = key_store_put(app->db, &row);
        *made_out = e == ERR_OK;
    }
    keyring_wipe(&ring);
    secure_wipe(&row, sizeof row);
    return e;
}

/* ---- One key after another --------------------------------------------------------------------------- */

static bool takes_place_of(const struct key_row *row, const struct jws_key *old,
                           const struct keyring_needs *needs)
{
    const char *old_alg = jws_alg_name(old->alg);
    if (strcmp(row->kid, old->kid) == 0)
        return false;
    if (strcmp(row->alg, old_alg) == 0)
        return true;
    return row->alg[0] == 'H' && jws_is_hmac(old->alg) && !needs->named[old->alg];
}

static enum err succeed(struct app *app, const struct keyring *ring, const struct key_row *row,
                        int64_t overlap_s)
{
    struct keyring_needs needs;
    enum err e = ring->count == KEYRING_MAX ? ERR_FULL : keyring_needs(app, &needs);
    if (e == ERR_OK)
        e = key_store_put(app->db, row);
    for (size_t i = 0; e == ERR_OK && i < ring->count; i++) {
        if (takes_place_of(row, &ring->key[i], &needs))
            e = key_store_retire(app->db, ring->key[i].kid, row->signs_from_s + overlap_s);
        if (e == ERR_NOT_FOUND) /* it ends before */
            e = ERR_OK;
    }
    return e;
}

enum err keyring_succeed(struct app *app, const struct key_row *row, int64_t overlap_s, int64_t now_s)
{
    struct keyring ring;
    enum err e = keyring_read(app, now_s, &ring);
    if (e == ERR_OK)
        e = succeed(app, &ring, row, overlap_s);
    keyring_wipe(&ring);
    return e;
}

enum err keyring_import(struct app *app, const void *secret, size_t len, int64_t now_s)
{
    struct key_row row = {.secret_len = len};
    enum jws_alg alg;
    if (len > JWS_SECRET_CAP || !jws_alg_of_key_len(len, &alg))
        return ERR_BAD_REQUEST;
    memcpy(row.secret, secret, len);
    enum err e = name_key(alg, now_s, &row);
    if (e == ERR_OK)
        e = keyring_succeed(app, &row, 0, now_s);
    secure_wipe(&row, sizeof row);
    return e;
}

/* Whether tokens could be signed with `alg` before `kid` was gone, and cannot any more. */
static bool is_last(struct keyring *ring, const char *kid, const char *alg, int64_t now_s)
{
    size_t at = find_newest(ring, alg, now_s, now_s);
    if (at == ring->count || strcmp(ring->key[at].kid, kid) != 0)
        return false;
    int64_t end_s = ring->retired_s[at];
    ring->retired_s[at] = now_s;
    bool last = find_newest(ring, alg, now_s, now_s) == ring->count; /* one that is to sign later is none */
    ring->retired_s[at] = end_s;
    return last;
}

/* What could not be signed without `kid`; NULL: everything can. */
static const char *needed_for(struct keyring *ring, const struct keyring_needs *needs, const char *kid,
                              int64_t now_s)
{
    if (is_last(ring, kid, "", now_s))
        return "";
    for (int alg = 0; alg < JWS_ALG_COUNT; alg++)
        if (needs->named[alg] && is_last(ring, kid, jws_alg_name((enum jws_alg)alg), now_s))
            return jws_alg_name((enum jws_alg)alg);
    return NULL;
}

enum err keyring_retire(struct app *app, const char *kid, bool force, int64_t now_s, const char **needed_out)
{
    struct keyring ring;
    struct keyring_needs needs;
    enum err e = keyring_read(app, now_s, &ring);
    if (e == ERR_OK)
        e = keyring_needs(app, &needs);
    *needed_out = e == ERR_OK ? needed_for(&ring, &needs, kid, now_s) : NULL;
    if (e == ERR_OK && *needed_out != NULL && !force)
        e = ERR_EXISTS;
    if (e == ERR_OK)
        e = key_store_retire(app->db, kid, now_s);
    keyring_wipe(&ring);
    return e;
}
