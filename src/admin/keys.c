#include "admin/keys.h"

#include <string.h>

#include "store/setting_store.h"

enum { PUBLISH_AHEAD_S = 3600 }; /* resource servers keep a key set for minutes, seldom for an hour */

enum err keys_overview_read(struct app *app, int64_t now_s, struct keys_overview *out)
{
    out->now_s = now_s;
    enum err e = keyring_read(app, now_s, &out->ring);
    return e == ERR_OK ? keyring_needs(app, &out->needs) : e;
}

void keys_overview_wipe(struct keys_overview *o)
{
    keyring_wipe(&o->ring);
}

static bool signs_now(const struct keys_overview *o, const struct key_row *row)
{
    const struct jws_key *own = keyring_signer(&o->ring, "", o->now_s);
    const struct jws_key *key = keyring_signer(&o->ring, row->alg, o->now_s);
    if (own != NULL && strcmp(own->kid, row->kid) == 0)
        return true;
    return key != NULL && strcmp(key->kid, row->kid) == 0 &&
           (!jws_is_hmac(key->alg) || o->needs.named[key->alg]);
}

const char *keys_state(const struct keys_overview *o, const struct key_row *row)
{
    if (row->retired_s != 0 && row->retired_s <= o->now_s)
        return "retired";
    if (row->signs_from_s > o->now_s)
        return "published";
    return signs_now(o, row) ? "signs" : "verifies";
}

enum err keys_plan_rotation(struct app *app, const char *alg, int64_t now_s, struct keys_rotation *out)
{
    struct keys_overview o;
    if (alg != NULL && !jws_alg_find(alg, &out->alg))
        return ERR_BAD_REQUEST;
    enum err e = keys_overview_read(app, now_s, &o);
    if (e == ERR_OK) {
        const struct jws_key *own = keyring_signer(&o.ring, "", now_s);
        if (alg == NULL)
            out->alg = own != NULL ? own->alg : JWS_HS256;
        bool is_signed = keyring_signer(&o.ring, jws_alg_name(out->alg), now_s) != NULL;
        out->publish_ahead_s = !jws_is_hmac(out->alg) && is_signed ? PUBLISH_AHEAD_S : 0;
        out->overlap_s = o.needs.longest_ttl_s[out->alg];
    }
    keys_overview_wipe(&o);
    return e;
}

enum err keys_public(const struct keyring *ring, const char *kid, struct buf *jwk, struct buf *pem)
{
    for (size_t i = 0; i < ring->count; i++) {
        struct json_out j;
        if (strcmp(ring->key[i].kid, kid) != 0 || jws_is_hmac(ring->key[i].alg))
            continue;
        json_out_init(&j, jwk);
        enum err e = jws_public_jwk(&ring->key[i], &j);
        return e == ERR_OK && pem != NULL ? keypair_public_pem(ring->key[i].pair, pem) : e;
    }
    return ERR_NOT_FOUND;
}

enum err keys_set_sm2(struct db *db, const unsigned char key[SM2_KEY_LEN])
{
    return setting_store_put(db, SETTING_SM2_KEY, key, SM2_KEY_LEN);
}

enum err keys_put_sm2(struct db *db, const unsigned char key[SM2_KEY_LEN])
{
    return setting_store_put_new(db, SETTING_SM2_KEY, key, SM2_KEY_LEN);
}

enum err keys_get_sm2(struct db *db, unsigned char key_out[SM2_KEY_LEN])
{
    enum err e = setting_store_get(db, SETTING_SM2_KEY, key_out, SM2_KEY_LEN);
    return e == ERR_OK ? db_sync(db) : e; /* who made it may be waiting for the disk yet */
}
