/*
 * The keys that sign and verify tokens, as the database has them now. They are read for every request that
 * needs them: a few rows, and a key that was retired on the command line is retired everywhere at once. What
 * is kept is the parsed form of key pairs, by kid, since parsing takes longer than a request.
 *
 * A key is in use until it is retired; it verifies from the beginning and signs from signs_from_s on. Of
 * several that may sign with an algorithm the newest does.
 *
 * Depends on store/key_store, store/client_store, crypto/jws.
 * Source: schema.sql, tables sign_key and client.
 */
#ifndef AUTH_KEYRING_H
#define AUTH_KEYRING_H

#include "auth/app.h"
#include "crypto/jws.h"
#include "store/key_store.h"

#define KEYRING_MAX 64 /* keys in use at a time */

struct keyring {
    struct jws_key key[KEYRING_MAX];   /* key pairs are borrowed until the next keyring_load */
    int64_t signs_from_s[KEYRING_MAX]; /* of the key at the same place */
    int64_t retired_s[KEYRING_MAX];    /* 0: no end is set */
    size_t count;
};

/*
 * Read the keys in use. keyring_wipe afterwards in either case.
 * ERR_OK; ERR_STORE (also when there are none, or one cannot be read; logged); ERR_MEMORY.
 */
enum err keyring_load(struct app *app, int64_t now_s, struct keyring *ring);

/* The same, but that there are none is no error: for those who look after the keys. */
enum err keyring_read(struct app *app, int64_t now_s, struct keyring *ring);
void keyring_wipe(struct keyring *ring);

/* Wipe and release the parsed key pairs. app_close does it. */
void keyring_forget(struct app *app);

/*
 * The key that signs at `at_s` with the algorithm of this name, as in client.alg: "" stands for the site's
 * own HMAC key, the newest whatever its length. NULL if there is none. Borrowed from the ring.
 */
const struct jws_key *keyring_signer(const struct keyring *ring, const char *alg, int64_t at_s);

/*
 * Append the public keys in use, those that do not sign yet among them, as a JWK Set (RFC 7517 §5). Never an
 * HMAC key. ERR_OK; ERR_STORE; ERR_CRYPTO; ERR_MEMORY.
 */
enum err keyring_jwks(struct app *app, int64_t now_s, struct buf *json_out);

/* What clients, and the configuration, ask of keys. */
struct keyring_needs {
    bool named[JWS_ALG_COUNT];            /* a client's row names the algorithm */
    int64_t longest_ttl_s[JWS_ALG_COUNT]; /* how long a token signed with it can live */
};

/* ERR_OK, ERR_STORE. */
enum err keyring_needs(struct app *app, struct keyring_needs *out);

/* Fill `out` with a new key that signs from now on; a secret, the caller wipes it. Nothing is stored. Takes
 * some tenths of a second for RSA. ERR_OK, ERR_RANDOM, ERR_CRYPTO, ERR_MEMORY. */
enum err keyring_new(enum jws_alg alg, int64_t now_s, struct key_row *out);

/* keyring_new, and store it. Within a transaction. Also ERR_STORE. */
enum err keyring_generate(struct db *db, enum jws_alg alg, int64_t now_s);

/*
 * See that something signs with `alg` (as in client.alg): make a key if nothing does. A new HMAC key of this
 * purpose does not become the site's own: it counts as older than that. Within a transaction.
 *
 * made_out  whether a key was made.
 *
 * ERR_OK; ERR_BAD_REQUEST (no such algorithm); ERR_FULL (KEYRING_MAX are in use); ERR_RANDOM; ERR_CRYPTO;
 * ERR_STORE; ERR_MEMORY.
 */
enum err keyring_ensure(struct app *app, const char *alg, int64_t now_s, bool *made_out);

/*
 * Store `row` and let the keys it takes the place of end `overlap_s` seconds after it begins to sign, unless
 * they end before: those of its algorithm, and for an HMAC key those of the other HS… as well that no client
 * names. Within a transaction. ERR_OK; ERR_FULL; ERR_STORE; ERR_MEMORY.
 */
enum err keyring_succeed(struct app *app, const struct key_row *row, int64_t overlap_s, int64_t now_s);

/*
 * Store the shared HMAC key of an existing site as the signing key and end those it takes the place of at
 * once, as keyring_succeed. Key pairs stay. The algorithm follows the length. Within a transaction. ERR_OK;
 * ERR_BAD_REQUEST if it is shorter than 32 or longer than 512 bytes; else as keyring_succeed. Source:
 * contracts, section blade.
 */
enum err keyring_import(struct app *app, const void *secret, size_t len, int64_t now_s);

/*
 * End a key at once. Within a transaction.
 *
 * force       also if nothing can sign in its place.
 * needed_out  on ERR_EXISTS what could not be signed any more: a name as in client.alg, "" for the site's own
 * tokens.
 *
 * ERR_OK; ERR_NOT_FOUND (no such key in use); ERR_EXISTS (it is needed; nothing was changed); ERR_STORE;
 * ERR_MEMORY.
 */
enum err keyring_retire(struct app *app, const char *kid, bool force, int64_t now_s, const char **needed_out);

#endif
