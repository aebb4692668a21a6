/*
 * How the portal looks, as far as that was set in it. Depends on store/db, base/arena.
 * Source: schema.sql, table look.
 */
#ifndef STORE_LOOK_STORE_H
#define STORE_LOOK_STORE_H

#include "base/arena.h"
#include "store/db.h"

/* Every value that is a text; texts live until the callback returns. Stops when it returns an error. */
typedef enum err look_store_each(void *ctx, const char *name, const char *value);
enum err look_store_list(struct db *db, look_store_each *each, void *ctx);

/* Write or replace a value. Within a transaction of the caller, as is look_store_remove. */
enum err look_store_put(struct db *db, const char *name, const char *value);

/* The same of an image: its bytes; and read one, appended to `out`. ERR_NOT_FOUND: there is none. */
enum err look_store_put_image(struct db *db, const char *name, const void *data, size_t len);
enum err look_store_image(struct db *db, const char *name, struct buf *out);

/* Remove it, if it is there. */
enum err look_store_remove(struct db *db, const char *name);

#endif
