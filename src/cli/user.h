/*
 * What commands outside user.c need of users: making one, naming one.
 * Depends on cli/cli, crypto/password, base/random.
 */
#ifndef CLI_USER_H
#define CLI_USER_H

#include <stddef.h>
#include <stdint.h>

#include "cli/cli.h"
#include "crypto/password.h"

/*
 * A user id as BladeX makes them: milliseconds since 2010-11-04 01:42:54.657 UTC, shifted by 22 bits, and 22
 * random bits: 19 decimal digits. ERR_OK, ERR_RANDOM.
 */
enum err user_new_id(int64_t *id_out);

/* The verifier of a password as it was typed, at the configured cost. ERR_OK, ERR_RANDOM, ERR_CRYPTO. */
enum err user_hash_password(const struct cli *cli, const char *password, size_t len,
                            char hash_out[PASSWORD_HASH_CAP]);

/* What is wrong with a new password, by what policy_check or password_of_plain said; NULL for another error.
 * The text is in `text`, which the caller frees. */
const char *user_password_fault(const struct cli *cli, enum err e, struct buf *text);

/*
 * Append the names of the clients that send the MD5 of a password, comma-separated: people whose verifier is over
 * the password itself cannot log in through them. Nothing if there are none, or all are locked. ERR_OK,
 * ERR_STORE, ERR_MEMORY.
 */
enum err user_md5_clients(struct cli *cli, struct buf *out);

/* What to do about these people; %s: the clients. */
#define USER_UNSEEN_ADVICE                                                                                   \
    "Clients that send the password's MD5 (%s) cannot let them in until they logged in once through a "      \
    "client "                                                                                                \
    "that sends it plain or by SM2 (menshen client set ID --password-wire sm2), or got a new password "      \
    "(menshen user passwd)"

/* How the user of --tenant that `account` means is spelled; `account` itself if there is none. In cli->arena.
 * ERR_OK, ERR_STORE, ERR_MEMORY. */
enum err user_spelling(struct cli *cli, const char *account, const char **out);

/* What is said of two accounts, the new one and the one that is there. */
#define USER_LOOKALIKE                                                                                       \
    "%s differs in case or width only from %s; both have to be spelled exactly when they log in"

/* The tenant that --tenant names; 000000 if it was not given. */
const char *user_tenant(const struct cli *cli);

/* Say that the tenant has no such account. CLI_FAILED. */
enum cli_status user_refuse_unknown(const struct cli *cli, const char *account);

#endif
