/*
 * Clients (RFC 6749 §2). Depends on store/db, base/arena.
 * Source: schema.sql, table client.
 */
#ifndef STORE_CLIENT_STORE_H
#define STORE_CLIENT_STORE_H

#include "base/arena.h"
#include "store/db.h"

#define CLIENT_MAC_LEN 32

struct client {
    const char *id;
    bool has_secret;
    unsigned char secret_mac[CLIENT_MAC_LEN];
    bool has_old_secret;
    unsigned char old_secret_mac[CLIENT_MAC_LEN]; /* good until old_secret_until_s */
    int64_t old_secret_until_s;
    const char *grants;        /* comma-joined */
    const char *scope;         /* comma-joined */
    const char *password_wire; /* "md5", "plain", "sm2" */
    const char *alg;           /* "RS256" …; "": the site's HMAC key */
    const char *audience;      /* "": none */
    const char *refresh_reuse; /* "end", "same-address", "refuse"; "": the dialect's */
    const char *redirect_uris; /* comma-joined; "": none */
    int64_t access_ttl_s;      /* 0: the configuration's */
    int64_t refresh_ttl_s;     /* 0: the configuration's */
    bool locked;
    int64_t created_s;
};

/* As tenant_store.h. */
enum err client_store_get(struct db *db, const char *id, struct arena *arena, struct client *out);
typedef enum err client_store_each(void *ctx, const struct client *row);
enum err client_store_list(struct db *db, struct arena *arena, client_store_each *each, void *ctx);

/* ERR_OK; ERR_EXISTS. */
enum err client_store_put(struct db *db, const struct client *row);

/* Change everything but id and creation. ERR_OK; ERR_NOT_FOUND. */
enum err client_store_set(struct db *db, const struct client *row);

/* Remove it and its sessions. ERR_OK; ERR_NOT_FOUND. */
enum err client_store_remove(struct db *db, const char *id);

#endif
