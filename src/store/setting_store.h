/*
 * What belongs to the site as a whole: seeds and keys made at init. Depends on store/db.
 * Source: schema.sql, table setting.
 */
#ifndef STORE_SETTING_STORE_H
#define STORE_SETTING_STORE_H

#include <stddef.h>

#include "store/db.h"

#define SETTING_CAPTCHA_STYLE "captcha_style"
#define SETTING_CLIENT_PEPPER "client_pepper"
#define SETTING_SM2_KEY       "sm2_key"
#define SETTING_SEED_LEN      32

/* Read the value of exactly `len` bytes into `out`. ERR_OK; ERR_NOT_FOUND; ERR_STORE (also for another
 * length). */
enum err setting_store_get(struct db *db, const char *name, void *out, size_t len);

/* Write a value that is not there yet. Within a transaction. ERR_OK; ERR_EXISTS. */
enum err setting_store_put_new(struct db *db, const char *name, const void *value, size_t len);

/* Write or replace a value. Within a transaction of the caller. */
enum err setting_store_put(struct db *db, const char *name, const void *value, size_t len);

#endif
