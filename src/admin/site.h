/*
 * A new site: its database, and what that has in it.
 * Depends on auth/audit, auth/client, auth/keyring, store/.
 * Source: contracts, section blade (the demo's tenant, client and user); schema.sql.
 */
#ifndef ADMIN_SITE_H
#define ADMIN_SITE_H

#include <stddef.h>

#include "auth/app.h"

/* The id of a client of a dialect whose requests carry no client credentials; NULL behind the last. */
const char *site_public_client(size_t i);

/*
 * Make the folder and the database that the configuration names (app_configure; app->db is NULL, before and after),
 * with what every site needs. What others see is a whole one or none; of any number of processes that do this at once
 * one succeeds. It is recorded in the audit as "init".
 *
 * demo_hash  NULL: no demo; else the verifier of its password: site_put_demo too.
 * why        receives what is wrong and what to do; for the operator: it has paths.
 *
 * ERR_OK; ERR_EXISTS: there is one, and it was left as it is; ERR_CONFIG, ERR_IO (db_create); ERR_NOT_DURABLE: it is
 * made, and the disk has not confirmed it; else errors of site_put_essentials.
 */
enum err site_create(struct app *app, const char *demo_hash, int64_t now_s, struct buf *why);

/* Both within a transaction: */

/* What every site needs: secrets of its own, also for the rest of this run, a key that signs, the public clients.
 * ERR_OK, ERR_RANDOM, ERR_CRYPTO, ERR_STORE, ERR_MEMORY. */
enum err site_put_essentials(struct app *app, int64_t now_s);

/* Give the captchas another style. Within a transaction. ERR_OK, ERR_RANDOM, ERR_STORE. */
enum err site_restyle(struct db *db);

/* What a demo has besides: admin/demo. password_hash: the verifier of its password. Errors as above. */
enum err site_put_demo(struct app *app, const char *password_hash, int64_t now_s);

#endif
