/*
 * Keys that sign tokens. Depends on store/db.
 * Source: schema.sql, table sign_key.
 */
#ifndef STORE_KEY_STORE_H
#define STORE_KEY_STORE_H

#include <stddef.h>

#include "store/db.h"

#define KEY_ID_CAP     17   /* 16 hex digits and NUL */
#define KEY_SECRET_CAP 2560 /* an RSA key of 4096 bits has 2380 */

struct key_row {
    char kid[KEY_ID_CAP];
    char alg[8];                          /* "HS256" … */
    unsigned char secret[KEY_SECRET_CAP]; /* raw, or PKCS #8 DER; the caller wipes the row */
    size_t secret_len;
    int64_t created_s;
    int64_t signs_from_s; /* later than created_s: published first */
    int64_t retired_s;    /* from then on of no use; 0: no end is set */
};

/* Call `each` for every key, those without an end first and among them the newest. Stops when it returns an
 * error. */
typedef enum err key_store_each(void *ctx, const struct key_row *row);
enum err key_store_list(struct db *db, key_store_each *each, void *ctx);

/* The same for the keys that are not retired at `now_s`. */
enum err key_store_in_use(struct db *db, int64_t now_s, key_store_each *each, void *ctx);

/* Add a key. Within a transaction. ERR_OK; ERR_EXISTS; ERR_STORE. */
enum err key_store_put(struct db *db, const struct key_row *row);

/* Let the key `kid` end at `retired_s`, unless it does so before. Within a transaction. ERR_OK; ERR_NOT_FOUND
 * (no such key, or it ends before). */
enum err key_store_retire(struct db *db, const char *kid, int64_t retired_s);

#endif
