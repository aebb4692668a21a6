/*
 * The site's SM2 key, which browsers encrypt passwords to. Made on first need, so that a site whose front
 * ends send no SM2 has none. Depends on auth/app, store/setting_store, crypto/sm2. Source: schema.sql, table
 * setting.
 */
#ifndef AUTH_SITE_KEY_H
#define AUTH_SITE_KEY_H

#include "auth/app.h"
#include "crypto/sm2.h"

/*
 * Read the private key; make it, durably, if there is none. Of two processes that make one at the same
 * moment, the later reads the earlier's. Not within a transaction.
 *
 * key_out  a secret, the caller wipes it.
 *
 * ERR_OK; ERR_BUSY; ERR_STORE; ERR_RANDOM; ERR_CRYPTO.
 */
enum err site_key_sm2(struct app *app, unsigned char key_out[SM2_KEY_LEN]);

#endif
