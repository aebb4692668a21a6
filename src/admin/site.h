/*
 * What a new site has in its database. All to be called within a transaction.
 * Depends on auth/client, auth/keyring, store/.
 * Source: contracts, section blade (the demo's tenant, client and user); schema.sql.
 */
#ifndef ADMIN_SITE_H
#define ADMIN_SITE_H

#include <stddef.h>

#include "auth/app.h"

/* The id of a client of a dialect whose requests carry no client credentials; NULL behind the last. */
const char *site_public_client(size_t i);

/* What every site needs: secrets of its own, also for the rest of this run, a key that signs, the public clients.
 * ERR_OK, ERR_RANDOM, ERR_CRYPTO, ERR_STORE, ERR_MEMORY. */
enum err site_put_essentials(struct app *app, int64_t now_s);

/* Give the captchas another style. Within a transaction. ERR_OK, ERR_RANDOM, ERR_STORE. */
enum err site_restyle(struct db *db);

/* What a demo has besides: admin/demo. password_hash: the verifier of its password. Errors as above. */
enum err site_put_demo(struct app *app, const char *password_hash, int64_t now_s);

#endif
