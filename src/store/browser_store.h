/*
 * Browser sessions. Depends on store/db, base/arena.
 * Source: schema.sql, table browser_session.
 */
#ifndef STORE_BROWSER_STORE_H
#define STORE_BROWSER_STORE_H

#include "base/arena.h"
#include "store/columns.h"
#include "store/db.h"

struct browser_session {
    int64_t id;
    unsigned char secret_hash[32]; /* SHA-256 of the cookie's secret */
    int64_t user_id;
    int64_t created_s;
    int64_t seen_s;     /* last seen, to the minute */
    int64_t end_s;      /* ends then, whatever happens */
    int64_t idle_end_s; /* ends then unless it is seen before; at most end_s */
    int64_t idle_s;     /* what idle_end_s grows by; 0: it has no idle end */
    const char *address, *user_agent;
    const char *proof; /* auth/browser.h */
    int64_t proved_s;
};

/* Within a transaction, as all that change something; sets row->id. */
enum err browser_store_put(struct db *db, struct browser_session *row);
enum err browser_store_find(struct db *db, const unsigned char secret_hash[32], int64_t now_s,
                            struct arena *arena, struct browser_session *out);
/* The live one of this id. */
enum err browser_store_get(struct db *db, int64_t id, int64_t now_s, struct arena *arena,
                           struct browser_session *out);
enum err browser_store_seen(struct db *db, int64_t id, int64_t seen_s, int64_t idle_end_s);
enum err browser_store_prove(struct db *db, int64_t id, const char *proof, int64_t proved_s);

/* It goes on under another secret; the old one is good for nothing. ERR_NOT_FOUND: there is none. */
enum err browser_store_renew(struct db *db, int64_t id, const unsigned char secret_hash[32]);

/* End one (ERR_NOT_FOUND: there is none, or it is not of this user, where user_id is not 0); all of a user's but
 * keep_id (0: none is kept); all of a tenant's. */
enum err browser_store_end(struct db *db, int64_t id, int64_t user_id);
enum err browser_store_end_user(struct db *db, int64_t user_id, int64_t keep_id);
enum err browser_store_end_tenant(struct db *db, const char *tenant_id);

/* The newest live ones of a user, or of all (user_id 0), at most `limit`; texts live until the callback returns. */
typedef enum err browser_store_each(void *ctx, const struct browser_session *row);
enum err browser_store_list(struct db *db, int64_t user_id, int64_t now_s, int64_t limit, struct arena *arena,
                            browser_store_each *each, void *ctx);

/* How many live ones there are. */
enum err browser_store_count(struct db *db, int64_t now_s, int64_t *out);

#endif
