/*
 * The audit: who did what, when, from where. One row per event, written in the transaction of what it tells
 * of, so that neither is there without the other. No password, secret, token or captcha answer goes in.
 *
 * What failed is caused by strangers, as often as they like, and is summed up: the first of its kind (action,
 * actor, result, client, dialect) is a row at once; those that follow within AUDIT_WINDOW_S are counted, and become one
 * row with their number, their first and last time and the last address when whoever comes next finds the window
 * over. Past AUDIT_KINDS_MAX kinds at a time, further ones are of the kind "others".
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
#define AUDIT_SCREEN_UNLOCK   "screen.unlock"
#define AUDIT_PASSWORD_CHANGE "password.change"
#define AUDIT_PASSWORD_PROVE  "password.prove" /* typed again in the portal, before something that matters */
#define AUDIT_PASSWORD_RESET  "password.reset" /* a new one by a link */
#define AUDIT_INVITATION      "invitation.accept" /* the first one by a link */
#define AUDIT_REFRESH_REUSE   "refresh.reuse"     /* a used refresh token came again; its family was ended */
#define AUDIT_REFRESH_REFUSED "refresh.refused"   /* one came again, and nothing ended */
#define AUDIT_REFRESH_STALE                                                                                  \
    "refresh.stale" /* one came again from the same address: a stale tab got the newest pair */
#define AUDIT_TOKEN_REVOKE     "token.revoke"
#define AUDIT_SESSION_DISPLACE "session.displace" /* one more login ended the person's oldest */

struct audit_event {
    const char *action;
    const char *tenant_id, *account; /* the user who acted; NULL: none, or not known */
    const char *client_id;           /* through which client; who acted, where there is no user */
    const char *dialect;             /* name of the dialect */
    const char *address;             /* "" where it is not known */
    const char *subject;             /* to whom or what, where that is somebody else; NULL: nobody */
    enum err result;
};

enum { AUDIT_WINDOW_S = 3600, AUDIT_KINDS_MAX = 256 };

/* Record what a request did, or sum it up. Within a transaction of the caller. ERR_OK, ERR_STORE, ERR_MEMORY. */
enum err audit_record(struct app *app, const struct audit_event *event, int64_t now_s);

/*
 * Record what the administrator did on the command line: the action "user.lock" to the subject
 * "user:000000/zhangsan". Within a transaction of the caller. ERR_OK, ERR_STORE.
 */
enum err audit_record_admin(struct app *app, const char *action, const char *subject, int64_t now_s);

/* Make rows of the sums whose window is over, in a transaction of its own. ERR_OK, ERR_BUSY, ERR_STORE. */
enum err audit_close_windows(struct app *app, int64_t now_s);

#endif
