#include "auth/keyring.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/key_store.h"

static enum err take_row(void *ctx, const struct key_row *row)
{
    struct keyring *ring = ctx;
    struct jws_key *key = &ring->key[ring->count];
    if (row->retired_s != 0 || ring->count == KEYRING_MAX)
        return ERR_OK;
    if (!jws_alg_find(row->alg, &key->alg) || row->secret_len > sizeof key->secret)
        return ERR_STORE;
    memcpy(key->secret, row->secret, row->secret_len);
    key->secret_len = row->secret_len;
    ring->count++;
    return ERR_OK;
}

enum err keyring_load(struct app *app, struct keyring *ring)
{
    ring->count = 0;
    enum err e = key_store_list(app->db, take_row, ring);
    if (e == ERR_OK && ring->count == 0) {
        LOG(&app->log, ERR_LEVEL_ERROR, "no_signing_key", LOG_S("hint", "menshen doctor"));
        return ERR_STORE;
    }
    return e;
}

void keyring_wipe(struct keyring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        secure_wipe(&ring->key[i], sizeof ring->key[i]);
    ring->count = 0;
}

static enum err put(struct db *db, struct key_row *row, enum jws_alg alg, int64_t now_s)
{
    unsigned char id[8];
    enum err e = random_bytes(id, sizeof id);
    if (e != ERR_OK)
        return e;
    codec_hex(row->kid, id, sizeof id);
    snprintf(row->alg, sizeof row->alg, "%s", jws_alg_name(alg));
    row->created_s = now_s;
    row->signs_from_s = now_s;
    return key_store_put(db, row);
}

enum err keyring_generate(struct db *db, int64_t now_s)
{
    struct key_row row = {.secret_len = 32};
    enum err e = random_bytes(row.secret, row.secret_len);
    if (e == ERR_OK)
        e = put(db, &row, JWS_HS256, now_s);
    secure_wipe(&row, sizeof row);
    return e;
}

struct retiring {
    const char *keep_kid;
    char kid[KEYRING_MAX][KEY_ID_CAP];
    size_t count;
};

static enum err collect(void *ctx, const struct key_row *row)
{
    struct retiring *r = ctx;
    if (row->retired_s == 0 && strcmp(row->kid, r->keep_kid) != 0 && r->count < KEYRING_MAX)
        memcpy(r->kid[r->count++], row->kid, KEY_ID_CAP);
    return ERR_OK;
}

static enum err retire_others(struct db *db, const char *kid, int64_t now_s)
{
    struct retiring r = {.keep_kid = kid};
    enum err e = key_store_list(db, collect, &r);
    for (size_t i = 0; e == ERR_OK && i < r.count; i++)
        e = key_store_retire(db, r.kid[i], now_s);
    return e;
}

enum err keyring_import(struct app *app, const void *secret, size_t len, int64_t now_s)
{
    struct key_row row = {.secret_len = len};
    enum jws_alg alg;
    if (len > JWS_SECRET_CAP || !jws_alg_of_key_len(len, &alg))
        return ERR_BAD_REQUEST;
    memcpy(row.secret, secret, len);
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e == ERR_OK) {
        e = put(app->db, &row, alg, now_s);
        if (e == ERR_OK)
            e = retire_others(app->db, row.kid, now_s);
        e = db_end(app->db, e);
    }
    secure_wipe(&row, sizeof row);
    return e;
}
