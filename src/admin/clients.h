/*
 * Clients as an administrator handles them. What changes something is to be called within a transaction.
 * Depends on admin/text, auth/client, auth/keyring, store/client_store, store/token_store.
 */
#ifndef ADMIN_CLIENTS_H
#define ADMIN_CLIENTS_H

#include "auth/app.h"
#include "store/client_store.h"

/* The words that stand for "" in a row: the site's own algorithm, and what the login's dialect does. */
#define CLIENTS_ALG_SITE      "site"
#define CLIENTS_REUSE_DIALECT "dialect"

#define CLIENTS_ALGS "HS256,HS384,HS512,RS256,ES256,EdDSA"

/* What describes a client, by the names "grants", "scope", "password-wire", "alg", "audience", "access-ttl",
 * "refresh-ttl", "refresh-reuse", "redirect-uris" (where OpenID Connect may lead people back to: https, http on this
 * very machine, or an app's own scheme; without fragment or wildcard, since they are compared as they stand). NULL behind the last. */
const char *clients_field(size_t i);

/* A client as it is to be written. */
struct clients_draft {
    struct client row;
    bool alg_chosen; /* its algorithm was set: something has to sign with it, or its logins fail */
    bool made_key;   /* nothing did, and a key was made */
};

/* One with nothing said yet but its id: no grants, scope all, passwords by MD5. */
void clients_init(struct clients_draft *d, const char *id, int64_t now_s);

/*
 * Set the field `i` from the text that an administrator gives; `value` is borrowed for as long as the row lives.
 * ERR_OK; ERR_BAD_REQUEST, and `why` says what is wrong with it.
 */
enum err clients_set_field(struct clients_draft *d, size_t i, const char *value, struct buf *why);

/* Whether a client that is to be made may have this id. ERR_OK; ERR_BAD_REQUEST, and `why`. */
enum err clients_check_id(const char *id, struct buf *why);

#define CLIENTS_SECRET_LEN 32  /* characters of a secret that is made here: 190 bits */
#define CLIENTS_SECRET_MAX 128 /* of one that is given */

/* Make a secret. ERR_OK, ERR_RANDOM. */
enum err clients_make_secret(char out[CLIENTS_SECRET_LEN + 1]);

/* Write a client that is new. secret NULL: none; it cannot authenticate. ERR_OK; ERR_EXISTS; as keyring_ensure and
 * client_secret_mac. */
enum err clients_add(struct app *app, struct clients_draft *d, const char *secret, int64_t now_s);

/* Write what is changed of one that is there. ERR_OK; ERR_NOT_FOUND; as keyring_ensure. */
enum err clients_set(struct app *app, struct clients_draft *d, int64_t now_s);

/* Lock it, which ends all its sessions, or unlock it. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err clients_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena);

/*
 * Give it a new secret, and let the one before stay good for overlap_s (0: not at all). Two are good at most: one
 * that was still good from an earlier change ends.
 *
 * old_until_s_out  until when the one before is good; 0: it is not.
 *
 * ERR_OK, ERR_NOT_FOUND, ERR_CRYPTO, ERR_STORE, ERR_MEMORY.
 */
enum err clients_set_secret(struct app *app, const char *id, const char *secret, int64_t overlap_s,
                            int64_t now_s, struct arena *arena, int64_t *old_until_s_out);

/* The secret before the last is refused from now on. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY. */
enum err clients_end_old_secret(struct db *db, const char *id, struct arena *arena);

/* Until when the secret before the last is good; 0: it is not. */
int64_t clients_old_secret_until(const struct client *c, int64_t now_s);

/* The enabled dialect whose logins belong to this client; NULL: none. */
const char *clients_dialect(const struct config *cfg, const char *id);

/*
 * Append the names of the clients that send the MD5 of a password, comma-separated: people whose verifier is over
 * the password itself cannot log in through them. Nothing if there are none, or all are locked. ERR_OK,
 * ERR_STORE, ERR_MEMORY.
 */
enum err clients_md5(struct db *db, struct buf *out);

#endif
