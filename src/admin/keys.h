/*
 * The keys of a site as an administrator handles them: those that sign tokens, beyond auth/keyring, and the one that
 * browsers encrypt passwords to.
 *
 * Depends on auth/keyring, crypto/sm2, store/setting_store.
 * Source: schema.sql, tables sign_key and setting; contracts, section blade.
 */
#ifndef ADMIN_KEYS_H
#define ADMIN_KEYS_H

#include "auth/keyring.h"
#include "crypto/sm2.h"

/* How one key follows another. */
struct keys_rotation {
    enum jws_alg alg;
    int64_t publish_ahead_s; /* how long before it signs the new one can be read */
    int64_t overlap_s;       /* how long those before it go on verifying after that */
};

/*
 * What an administrator need not say: the algorithm (NULL: that of the site's own key); ahead of time where others read
 * the key set and something signs meanwhile; as long as the old key's tokens live.
 * ERR_OK; ERR_BAD_REQUEST (no such algorithm); ERR_STORE; ERR_MEMORY.
 */
enum err keys_plan_rotation(struct app *app, const char *alg, int64_t now_s, struct keys_rotation *out);

/* What is to be known of the keys together to say of each what it does. keys_overview_wipe afterwards in any case. */
struct keys_overview {
    struct keyring ring;
    struct keyring_needs needs;
    int64_t now_s;
};

enum err keys_overview_read(struct app *app, int64_t now_s, struct keys_overview *out);
void keys_overview_wipe(struct keys_overview *o);

/* "signs", "verifies" what it signed before, "published" ahead of its time, "retired". */
const char *keys_state(const struct keys_overview *o, const struct key_row *row);

/*
 * Append the public half of a key of the ring, as a JWK (RFC 7517), and, unless `pem` is NULL, as PEM.
 * ERR_OK; ERR_NOT_FOUND: no such key is in use, or it has no public half; ERR_CRYPTO; ERR_MEMORY.
 */
enum err keys_public(const struct keyring *ring, const char *kid, struct buf *jwk, struct buf *pem);

/* The private key that passwords are encrypted to, stored in the place of any other. Within a transaction. */
enum err keys_set_sm2(struct db *db, const unsigned char key[SM2_KEY_LEN]);

/* Store it if there is none: else ERR_EXISTS. Within a transaction. */
enum err keys_put_sm2(struct db *db, const unsigned char key[SM2_KEY_LEN]);

/* Read it; a secret. ERR_NOT_FOUND if there is none. What is read is on disk. */
enum err keys_get_sm2(struct db *db, unsigned char key_out[SM2_KEY_LEN]);

#endif
