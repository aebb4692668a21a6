/*
 * Users, each with the tenant it belongs to. Depends on store/db, base/arena.
 * Source: schema.sql, tables user and tenant.
 */
#ifndef STORE_USER_STORE_H
#define STORE_USER_STORE_H

#include "base/arena.h"
#include "store/columns.h"
#include "store/db.h"

#define USER_MEMBER(member, ...) const char *member;
struct user {
    int64_t id;
    const char *tenant_id;
    const char *account;        /* in the form of account_canonical */
    const char *account_folded; /* read only: user_store_put writes that of `account` */
    const char *password_hash;  /* PHC string */
    int64_t password_changed_s;
    bool password_expired;
    USER_TEXTS(USER_MEMBER) /* real_name, … */
    bool email_verified;
    bool locked;
    int64_t created_s;
    int64_t last_login_s;    /* 0: none; read only, but for a new user: user_store_note_login */
    int64_t unlocked_s;      /* when an administrator unlocked it last; 0: never */
    const char *tenant_name; /* read only */
    bool tenant_locked;      /* read only */
};

/* The texts that describe a person, one row each, in the order of USER_TEXTS. */
struct user_text {
    const char *column; /* "real_name": in the database, and in files of people */
    const char *option; /* "real-name": of `user add` and `user set` */
    bool is_list;       /* comma-joined */
    const char *value;  /* what stands for it in the help: "NAME" */
    const char *help;
    size_t offset; /* in struct user */
};
#define USER_COUNT_ONE(member, ...) +1
enum { USER_TEXT_COUNT = 0 USER_TEXTS(USER_COUNT_ONE) };
extern const struct user_text user_texts[USER_TEXT_COUNT];

/* Which of them has this column, which has to be one. */
size_t user_text_index(const char *column);

/* The text i of a user: where it stands, and what it is. */
const char **user_text_at(struct user *u, size_t i);
const char *user_text_of(const struct user *u, size_t i);

/*
 * The user that somebody means who types `account`: the one that is spelled so, else the only one that differs in
 * case or width (account_fold). Where several differ so, none is meant. One look-up by index in every case.
 *
 * Texts of the result live in `arena`. ERR_OK, ERR_NOT_FOUND, ERR_STORE, ERR_MEMORY.
 */
enum err user_store_find(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                         struct user *out);

/* The user whose account is spelled exactly so. */
enum err user_store_find_exact(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                               struct user *out);

/* Another one whose account differs from this in case or width only. ERR_NOT_FOUND: there is none. */
enum err user_store_lookalike(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                              struct user *out);

/* How many users have such a lookalike. */
enum err user_store_lookalikes(struct db *db, int64_t *count_out);

enum err user_store_get(struct db *db, int64_t id, struct arena *arena, struct user *out);

/*
 * The verifier of the account that, folded, is `account` or comes next in the tenant: where the account itself is not
 * known, verifying against its neighbour's takes the time that a known one takes. In `arena`; a secret.
 * ERR_OK; ERR_NOT_FOUND (the tenant has no users).
 */
enum err user_store_neighbour(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                              const char **hash_out);

/* The users of a tenant, or of all when NULL, by tenant and account; of a group only, where that is not NULL. As
 * tenant_store_list. */
typedef enum err user_store_each(void *ctx, const struct user *row);
enum err user_store_list(struct db *db, const char *tenant_id, struct arena *arena, user_store_each *each,
                         void *ctx);
enum err user_store_list_group(struct db *db, const char *tenant_id, const char *group, struct arena *arena,
                               user_store_each *each, void *ctx);

/* ERR_OK; ERR_EXISTS (the account is taken, or the tenant does not exist). */
enum err user_store_put(struct db *db, const struct user *row);

/* Of a row that was read within the same transaction, or what others wrote meanwhile is lost: change the descriptive fields, password_expired, the time of the password, the lock and unlocked_s. Another e-mail
 * address than the one that is there is not verified, whatever the row says. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_set(struct db *db, const struct user *row);

/* Lock it, or unlock it as of now_s, and change nothing else of the row. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_set_locked(struct db *db, int64_t id, bool locked, int64_t now_s);

/* Set the password's verifier and its time; clears password_expired. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_set_password(struct db *db, int64_t id, const char *password_hash, int64_t now_s);

/* The password has expired: the person is to set another. Within a transaction. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_expire_password(struct db *db, int64_t id);

/* Replace the verifier by another of the same password. Within a transaction. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_rehash(struct db *db, int64_t id, const char *password_hash);

/* The person has shown that the e-mail address is his. Within a transaction. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_verify_email(struct db *db, int64_t id, const char *email);

/* Somebody logged in. Within a transaction. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_note_login(struct db *db, int64_t id, int64_t now_s);

/* The only user of the tenant (NULL: of all) with this e-mail address, whatever its case, who has shown that it is his:
 * anybody may write another's into his own row. ERR_NOT_FOUND: none has it, or several. Otherwise as user_store_find. */
enum err user_store_find_email(struct db *db, const char *tenant_id, const char *email, struct arena *arena,
                               struct user *out);

/* Remove it, its sessions of either kind, links, memberships and mail. ERR_OK; ERR_NOT_FOUND. */
enum err user_store_remove(struct db *db, int64_t id);

/* Whether there is any user. */
enum err user_store_any(struct db *db, bool *out);

enum err user_store_count(struct db *db, int64_t *out);

#endif
