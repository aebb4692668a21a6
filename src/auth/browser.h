/*
 * Browser sessions: a person who signed in to the portal, in one browser. The cookie holds a secret of 128 bits; the
 * database its SHA-256 only. A session ends by its absolute end, by idleness, by sign-out, or with its user's lock,
 * removal or new password.
 *
 * Depends on auth/app, store/browser_store, store/link_store, store/token_store, store/user_store, crypto/digest.
 * Source: schema.sql, table browser_session; OWASP ASVS 5.0, V7.
 */
#ifndef AUTH_BROWSER_H
#define AUTH_BROWSER_H

#include <stdbool.h>

#include "auth/app.h"
#include "store/browser_store.h"
#include "store/user_store.h"

#define BROWSER_SECRET_CAP 33 /* 32 hex digits and NUL */

/* How somebody proved himself (RFC 8176, comma-joined): "pwd"; later "pwd,otp". */
#define BROWSER_BY_PASSWORD "pwd"
#define BROWSER_BY_LINK     "link" /* an invitation or a reset, which ends with a new password */

struct browser_start {
    int64_t user_id;
    const char *proof;
    const char *address;    /* canonical */
    const char *user_agent; /* as it came; cut to what is stored */
    bool
        remember; /* lives for [portal] remember_ttl, and without an idle end; else session_ttl, session_idle */
};

/*
 * Start a session; past [policy] max_sessions the person's oldest one ends. Within a transaction of the caller; the
 * secret may be shown once that is committed. ERR_OK, ERR_RANDOM, ERR_STORE, ERR_CRYPTO.
 */
enum err browser_start(struct app *app, const struct browser_start *s, int64_t now_s,
                       char secret_out[BROWSER_SECRET_CAP]);

/*
 * The session of a cookie's secret, and its person, who must still be let in. Seen again: written at most once a
 * minute. ERR_OK; ERR_TOKEN_INVALID for anything that is wrong with it; ERR_STORE; ERR_MEMORY.
 */
enum err browser_find(struct app *app, const char *secret, int64_t now_s, struct arena *arena,
                      struct browser_session *out, struct user *user_out);

/* Whether the session is there still, and its person, for a transaction that acts on what browser_find said before.
 * Errors as there. */
enum err browser_stands(struct app *app, const struct browser_session *s, int64_t now_s, struct arena *arena);

/* The session goes on under a secret of its own, as after a change of password; the old one is good for nothing. Within
 * a transaction. ERR_OK; ERR_TOKEN_INVALID (it has ended); ERR_RANDOM; ERR_STORE; ERR_CRYPTO. */
enum err browser_renew(struct app *app, int64_t id, char secret_out[BROWSER_SECRET_CAP]);

/* The same proof was given again, by password: proved_s becomes now. Within a transaction. */
enum err browser_prove(struct app *app, int64_t id, const char *proof, int64_t now_s);

/*
 * End what lets a person in without the password, or all the people of a tenant: token families, browser sessions and
 * links; but not those of the one that goes on (0: none does). Within a transaction. ERR_OK, ERR_STORE.
 */
enum err browser_end_person(struct db *db, int64_t user_id, int64_t keep_family_id, int64_t keep_browser_id,
                            int64_t now_s);
enum err browser_end_tenant(struct db *db, const char *tenant_id, int64_t now_s);

#endif
