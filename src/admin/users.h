/*
 * Users as an administrator handles them. What changes something is to be called within a transaction.
 * Depends on admin/groups, admin/text, auth/browser, auth/link, auth/policy, auth/throttle, crypto/password, store/user_store, store/token_store.
 */
#ifndef ADMIN_USERS_H
#define ADMIN_USERS_H

#include "auth/app.h"
#include "auth/link.h"
#include "store/user_store.h"

/* What is said where the last administrator who can sign in would be locked or removed. */
#define USERS_LAST_ADMIN                                                                                     \
    "nobody could administer the site any more; make another a member of the group admins first"

/*
 * A user id as BladeX makes them: milliseconds since 2010-11-04 01:42:54.657 UTC, shifted by 22 bits, and 22
 * random bits: 19 decimal digits. ERR_OK, ERR_RANDOM.
 */
enum err users_new_id(int64_t *id_out);

/* An account that is to be made, in the form in which it is kept, in `arena`. ERR_OK; ERR_BAD_REQUEST, and `why` says
 * what is wrong with it; ERR_MEMORY. */
enum err users_new_account(const char *given, struct arena *arena, const char **out, struct buf *why);

/* Set the text `i` of user_texts from what an administrator gives; lists are tidied. The result lives in `arena`, or is
 * `value`. Errors as above. */
enum err users_set_text(struct user *u, size_t i, const char *value, struct arena *arena, struct buf *why);

/* The user whom somebody means that types `account`, as at a login. Texts in `arena`. ERR_OK, ERR_NOT_FOUND,
 * ERR_STORE, ERR_MEMORY. */
enum err users_find(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                    struct user *out);

/* How the account that `account` means is spelled; `account` itself if there is none. Errors as above, but
 * ERR_NOT_FOUND. */
enum err users_spelling(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                        const char **out);

/* Write a user that is new. Errors as users_check_free. */
enum err users_add(struct db *db, const struct user *u, struct arena *arena);

/* Whether the tenant is there and the account free. ERR_OK; ERR_NOT_FOUND: no such tenant; ERR_EXISTS: it is
 * taken; ERR_STORE; ERR_MEMORY. */
enum err users_check_free(struct db *db, const char *tenant_id, const char *account, struct arena *arena);

/* Lock it, which ends all its sessions and links; or unlock it and forget its failed logins, so that it can log in at
 * once. ERR_OK, ERR_NOT_FOUND, ERR_STORE; ERR_EXISTS: the last who can administer the site is not locked. */
enum err users_set_locked(struct app *app, const struct user *u, bool locked, int64_t now_s);

/* Remove it, with its sessions, links and memberships. Errors as above. */
enum err users_remove(struct db *db, int64_t id);

/* Give it a new password, by its verifier, which has expired where [policy] change_at_first_login says so; its sessions and links end, and its failed logins are forgotten. Errors as
 * above, but ERR_EXISTS. */
enum err users_set_password(struct app *app, const struct user *u, const char *hash, int64_t now_s);

/* The verifier of a password as it was typed, at the configured cost. ERR_OK, ERR_RANDOM, ERR_CRYPTO. */
enum err users_hash_password(const struct app *app, const char *password, size_t len,
                             char hash_out[PASSWORD_HASH_CAP]);

/* The same of a new password, which has to follow the policy. ERR_OK; what users_password_fault explains;
 * ERR_RANDOM, ERR_CRYPTO. */
enum err users_hash_new_password(const struct app *app, const char *account, const char *password, size_t len,
                                 char hash_out[PASSWORD_HASH_CAP]);

/* A verifier that no password has: of somebody who is invited, and sets the first one by a link. ERR_OK, ERR_RANDOM. */
enum err users_hash_no_password(const struct app *app, char hash_out[PASSWORD_HASH_CAP]);

/*
 * A link to hand over: LINK_INVITATION or LINK_RESET (auth/link.h), good for a week and a day. One of the same purpose
 * that was made before ends. Within a transaction; secret_out is to be shown once. ERR_OK; ERR_USER_LOCKED: it, or its
 * tenant, is locked, or it has gone out of use ([policy] unused_lock), and the link would be good for nothing; ERR_RANDOM; ERR_STORE; ERR_CRYPTO.
 */
enum err users_make_link(struct app *app, const struct user *u, const char *purpose, int64_t now_s,
                         char secret_out[LINK_SECRET_CAP], int64_t *expires_s_out);

/* What is wrong with a new password, appended to `out`, by what users_hash_new_password or policy_check said; false
 * for another error. */
bool users_password_fault(const struct config *cfg, enum err e, struct buf *out);

/* What to do about people whose verifier is over the password itself; %s: clients_md5. */
#define USERS_UNSEEN_ADVICE                                                                                  \
    "Clients that send the password's MD5 (%s) cannot let them in until they logged in once through a "      \
    "client "                                                                                                \
    "that sends it plain or by SM2 (menshen client set ID --password-wire sm2), or got a new password "      \
    "(menshen user passwd)"

/* What is said of two accounts, the new one and the one that is there. */
#define USERS_LOOKALIKE                                                                                      \
    "%s differs in case or width only from %s; both have to be spelled exactly when they log in"

#endif
