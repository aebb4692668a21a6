/*
 * The passwords that a person had: [policy] password_history says how many of the newest, the present one among them,
 * do not come again. What is kept of them is their verifiers, as of the present one, and no more of them than that.
 *
 * Depends on auth/app, crypto/password, store/history_store, store/user_store.
 * Source: schema.sql, table password_history.
 */
#ifndef AUTH_HISTORY_H
#define AUTH_HISTORY_H

#include "auth/app.h"
#include "base/arena.h"
#include "crypto/password.h"
#include "store/user_store.h"

/*
 * Whether `p` is new to the person. Takes the time of up to POLICY_HISTORY_MAX password checks: not within a
 * transaction, and only for who has proved that he is the person. ERR_OK; ERR_PASSWORD_REUSED; ERR_STORE; ERR_CRYPTO;
 * ERR_MEMORY.
 */
enum err history_check(struct app *app, const struct user *u, const struct password *p, struct arena *arena);

/*
 * Set the person's verifier, and keep the one that it replaces as long as it has to be known. password_expired is
 * cleared. Within a transaction of the caller. ERR_OK; ERR_NOT_FOUND; ERR_STORE.
 */
enum err history_set_password(struct app *app, int64_t user_id, const char *hash, int64_t now_s);

/* The same of a password that somebody else chose for the person: with [policy] change_at_first_login it has expired. */
enum err history_set_given_password(struct app *app, int64_t user_id, const char *hash, int64_t now_s);

#endif
