/*
 * The audit: who did what, when, from where. One row per event, written in the transaction of what it tells
 * of, so that neither is there without the other. No password, secret, token or captcha answer goes in.
 *
 * Depends on auth/app, store/audit_store.
 * Source: schema.sql, table audit.
 */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include "auth/app.h"

/* What requests do. On the command line the action is the command's name ("user.lock"). */
#define AUDIT_LOGIN           "login"
#define AUDIT_CLIENT_SECRET   "client.authenticate" /* a wrong client secret */
#define AUDIT_LOGOUT          "logout"
#define AUDIT_PASSWORD_CHANGE "password.change"
#define AUDIT_REFRESH_REUSE   "refresh.reuse"   /* a used refresh token came again; its family was ended */
#define AUDIT_REFRESH_REFUSED "refresh.refused" /* one came again, and nothing ended */
#define AUDIT_REFRESH_STALE                                                                                  \
    "refresh.stale" /* one came again from the same address: a stale tab got the newest pair */
#define AUDIT_TOKEN_REVOKE "token.revoke"

struct audit_event {
    const char *action;
    const char *tenant_id, *account; /* the user who acted; NULL: none, or not known */
    const char *client_id;           /* through which client; who acted, where there is no user */
    const char *dialect;             /* name of the dialect */
    const char *address;             /* "" where it is not known */
    enum err result;
};

/* Record what a request did. Within a transaction of the caller. ERR_OK, ERR_STORE, ERR_MEMORY. */
enum err audit_record(struct app *app, const struct audit_event *event, int64_t now_s);

/*
 * Record what the administrator did on the command line: the action "user.lock" to the subject
 * "user:000000/zhangsan". Within a transaction of the caller. ERR_OK, ERR_STORE.
 */
enum err audit_record_admin(struct app *app, const char *action, const char *subject, int64_t now_s);

#endif
