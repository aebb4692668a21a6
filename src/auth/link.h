/*
 * Links that let somebody do one thing once: accept an invitation, set a new password, confirm an e-mail address.
 * The link holds a secret of 128 bits, the database its SHA-256. Looking at it changes nothing; taking it uses it up.
 *
 * Depends on auth/app, store/link_store, store/user_store.
 * Source: schema.sql, table link.
 */
#ifndef AUTH_LINK_H
#define AUTH_LINK_H

#include "auth/app.h"
#include "store/user_store.h"

#define LINK_SECRET_CAP 33 /* 32 hex digits and NUL */

/* What a link is for, as it stands in the database. */
#define LINK_INVITATION "invitation" /* the person sets a first password, and may fill in name and e-mail */
#define LINK_RESET      "reset"      /* the person sets a new password */
#define LINK_EMAIL      "email"      /* the address in `detail` is the person's */

enum {
    LINK_INVITATION_TTL_S = 7 * 86400,
    LINK_RESET_TTL_S = 86400,
    LINK_MAIL_RESET_TTL_S = 3600,
    LINK_EMAIL_TTL_S = 86400,
};

struct link {
    int64_t id;
    const char *purpose;
    int64_t user_id;
    const char *detail; /* LINK_EMAIL: the address; else "" */
    int64_t created_s, expires_s;
};

/* Make one; an older one of the same purpose for the same person ends. Within a transaction of the caller. ERR_OK,
 * ERR_RANDOM, ERR_STORE, ERR_CRYPTO. */
enum err link_make(struct app *app, const char *purpose, int64_t user_id, const char *detail, int64_t ttl_s,
                   int64_t now_s, char secret_out[LINK_SECRET_CAP]);

/* What the secret is good for, and its person (not locked, nor its tenant). ERR_OK; ERR_NOT_FOUND: unknown, used,
 * expired or of somebody who is locked, which nothing tells apart; ERR_STORE; ERR_MEMORY. */
enum err link_find(struct app *app, const char *secret, int64_t now_s, struct arena *arena, struct link *out,
                   struct user *user_out);

/* link_find, and use it up. Within a transaction of the caller. */
enum err link_take(struct app *app, const char *secret, int64_t now_s, struct arena *arena, struct link *out,
                   struct user *user_out);

#endif
