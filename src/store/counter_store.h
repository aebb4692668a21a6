/*
 * What happened, counted by the hour: the numbers behind the charts of the portal.
 *
 * Counting never costs a transaction of its own. What is counted is kept in memory, and goes into the database with the
 * next transaction that commits anyway: in a worker (counter_collect) every few seconds, else at once. So what a
 * request counts that writes nothing is lost in plain CGI, and what a worker counted last if it is killed: statistics,
 * not evidence, which the audit is.
 *
 * Depends on store/db.
 * Source: schema.sql, table counter.
 */
#ifndef STORE_COUNTER_STORE_H
#define STORE_COUNTER_STORE_H

#include "store/db.h"

enum counter {
    COUNTER_LOGIN_OK,
    COUNTER_LOGIN_WRONG,   /* no such account, or another password */
    COUNTER_LOGIN_LOCKED,  /* the right password of an account, or tenant, that an administrator locked */
    COUNTER_LOGIN_REFUSED, /* too many failures before: the password was not looked at */
    COUNTER_CAPTCHA_ISSUED,
    COUNTER_CAPTCHA_LIMITED,  /* asked for too often, not issued */
    COUNTER_CAPTCHA_SOLVED_5, /* answered right, within so many seconds; sum: the seconds that it took */
    COUNTER_CAPTCHA_SOLVED_10,
    COUNTER_CAPTCHA_SOLVED_20,
    COUNTER_CAPTCHA_SOLVED_40,
    COUNTER_CAPTCHA_SOLVED_MORE,
    COUNTER_CAPTCHA_WRONG,   /* answered wrong; sum as above */
    COUNTER_CAPTCHA_UNKNOWN, /* an answer to one that has expired, was answered, or never was */
    COUNTER_LOCK_ACCOUNT,    /* an account's failures reached the limit */
    COUNTER_LOCK_ADDRESS,    /* an address' did */
    COUNTER_TOKEN_ISSUED,    /* logins and client_credentials: a family began */
    COUNTER_REFRESH_OK,      /* a pair was rotated */
    COUNTER_REFRESH_REUSED,  /* a used refresh token came after its grace */
    COUNTER_BROWSER_STARTED, /* somebody signed in to the portal */
    COUNTER_TOKENS_LIVE,     /* a sample, the first of its hour: token families that were open */
    COUNTER_BROWSERS_LIVE,   /* the same of browser sessions */
    COUNTER_COUNT
};

enum { COUNTER_HOUR_S = 3600 };

/* The name that it has in the database: "login.ok". */
const char *counter_name(enum counter id);

/* Of COUNTER_CAPTCHA_SOLVED_…: the one for an answer that took so long. */
enum counter counter_solved(int64_t took_s);

/* Count one. sum: what is added to the counter's sum, 0 where it has none. Cannot fail: when there is no room, which
 * takes hours without one commit, it is not counted. */
void counter_add(struct db *db, enum counter id, int64_t sum, int64_t now_s);

/* From now on write what was counted every few seconds: for a worker, which has many transactions. */
void counter_collect(struct db *db);

/* How long rows are kept, seconds; the first row of an hour clears away older ones. Until this is called, and with 0,
 * for ever. */
void counter_keep(struct db *db, int64_t keep_s);

/* Whether something was counted that is not in the database; not when it was refused and nothing was counted since, so
 * that nobody tries for ever. */
bool counter_is_pending(const struct db *db);

/* Write it now, in a transaction of its own, if there is any: for a worker that has nothing else to do, or ends. It does
 * not wait for others. ERR_OK, ERR_BUSY, ERR_STORE: it stays for the next one. */
enum err counter_flush(struct db *db);

/* Add to a row. Within a transaction of the caller. ERR_OK, ERR_STORE. */
enum err counter_store_add(struct db *db, int64_t hour_s, enum counter id, int64_t count, int64_t sum);

/* The rows of from_s <= hour_s < until_s, by hour; rows of names that this version does not know are left out.
 * ERR_OK, ERR_STORE, or what the callback returned. */
struct counter_row {
    int64_t hour_s; /* when the hour began: a multiple of 3600 */
    enum counter id;
    int64_t count, sum;
};
typedef enum err counter_each(void *ctx, const struct counter_row *row);
enum err counter_store_list(struct db *db, int64_t from_s, int64_t until_s, counter_each *each, void *ctx);

/* How many token families, and browser sessions, are open now. ERR_OK, ERR_STORE. */
enum err counter_store_live(struct db *db, int64_t now_s, int64_t *tokens_out, int64_t *browsers_out);

#endif
