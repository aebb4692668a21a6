/*
 * The keys that sign and verify tokens, as the database has them now. They are read for every request that
 * needs them: a row or two, and a key that was retired on the command line is retired everywhere at once.
 *
 * Depends on store/key_store, crypto/jws.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include "auth/app.h"
#include "crypto/jws.h"

#define KEYRING_MAX 8

struct keyring {
    struct jws_key key[KEYRING_MAX]; /* [0] signs */
    size_t count;
};

/* Read the keys in use. ERR_OK; ERR_STORE (also when there are none). keyring_wipe afterwards in either case.
 */
enum err keyring_load(struct app *app, struct keyring *ring);
void keyring_wipe(struct keyring *ring);

/* Make and store a new HS256 key. Within a transaction. ERR_OK, ERR_RANDOM, ERR_STORE. */
enum err keyring_generate(struct db *db, int64_t now_s);

/*
 * Store the shared key of an existing site as the signing key and retire the others, in one transaction. The
 * algorithm follows the length. ERR_OK; ERR_BAD_REQUEST if it is shorter than 32 or longer than 512 bytes;
 * ERR_STORE. Source: contracts, section blade.
 */
enum err keyring_import(struct app *app, const void *secret, size_t len, int64_t now_s);

#endif
