/*
 * Sessions and the tokens issued in them. Depends on store/db, base/arena.
 * Source: schema.sql, tables session and token; RFC 9700 §4.14 (families).
 */
#ifndef STORE_TOKEN_STORE_H
#define STORE_TOKEN_STORE_H

#include "base/arena.h"
#include "base/codec.h"
#include "store/db.h"

struct session {
    int64_t id;
    int64_t user_id; /* 0: client_credentials */
    const char *client_id, *tenant_id, *dialect, *scope, *fingerprint, *address;
    int64_t created_s;
    int64_t family_end_s;
    int64_t revoked_s;           /* 0: valid */
    const char *refresh_address; /* read only; where its newest row was asked for; "": it was not refreshed */
    bool client_locked;          /* read only */
    const char *client_alg;      /* read only, as in struct client; "": the site's HMAC key */
    const char *client_audience; /* read only; "": none */
};

struct token_row {
    int64_t id;
    char jti[CODEC_UUID_CAP];         /* access token */
    char refresh_jti[CODEC_UUID_CAP]; /* "" if no refresh token was issued */
    int64_t issued_s, access_expires_s, refresh_expires_s;
    int64_t used_s;       /* 0: not refreshed */
    int64_t successor_id; /* 0: none, or it is not answered with any more */
    struct session session;
};

/* Write a session and set its id; expires_s is when its last token expires. Within a transaction. */
enum err session_store_put(struct db *db, struct session *s, int64_t expires_s);

/* The session has a new token row, asked for by `address`: it lasts until expires_s at least. Within a
 * transaction. */
enum err session_store_extend(struct db *db, int64_t id, int64_t expires_s, int64_t newest_token_id,
                              const char *address);

/*
 * End a session, all of a user's but `keep_id` (0: none is kept), all of a client's, or all of a tenant's
 * (one pass over the sessions: a rare command needs no index). Within a transaction.
 */
enum err session_store_revoke(struct db *db, int64_t id, int64_t now_s);
enum err session_store_revoke_user(struct db *db, int64_t user_id, int64_t keep_id, int64_t now_s);
enum err session_store_revoke_client(struct db *db, const char *client_id, int64_t now_s);
enum err session_store_revoke_tenant(struct db *db, const char *tenant_id, int64_t now_s);

/* End a user's oldest logins, browser sessions among them, but the newest `keep`; how many ended. Within a
 * transaction. */
enum err session_store_displace(struct db *db, int64_t user_id, int64_t now_s, int64_t keep,
                                int64_t *ended_out);

/* End a session. Within a transaction. ERR_OK; ERR_NOT_FOUND if there is none of this id, or it has ended. */
enum err session_store_end(struct db *db, int64_t id, int64_t now_s);

/* The same, if it is this user's; else ERR_NOT_FOUND too. */
enum err session_store_end_own(struct db *db, int64_t id, int64_t user_id, int64_t now_s);

/* A session as it is listed. */
struct session_row {
    struct session session;
    const char *account; /* "" where there is no user */
    int64_t refreshed_s; /* when its newest token was issued; 0: none is left */
    int64_t expires_s;   /* when its last token expires */
};

/* The newest live sessions, of one user and of one client where these are not 0 and NULL, at most `limit`;
 * texts live in `arena` until the callback returns. */
typedef enum err session_store_each(void *ctx, const struct session_row *row);
enum err session_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s,
                            int64_t limit, struct arena *arena, session_store_each *each, void *ctx);

/* Write a token row into the session row->session.id and set row->id. Within a transaction. ERR_EXISTS: jti
 * taken. */
enum err token_store_put(struct db *db, struct token_row *row);

/*
 * The token row, with its session, of the access token `jti`, or by row id. Texts live in `arena`.
 * ERR_OK; ERR_NOT_FOUND; ERR_STORE; ERR_MEMORY.
 */
enum err token_store_by_jti(struct db *db, const char *jti, struct arena *arena, struct token_row *out);
enum err token_store_by_id(struct db *db, int64_t id, struct arena *arena, struct token_row *out);

/* The row that came last in a session which was refreshed. Otherwise as token_store_by_id. */
enum err token_store_newest(struct db *db, int64_t session_id, struct arena *arena, struct token_row *out);

/* Mark the row used and name its successor. Within a transaction. ERR_OK; ERR_NOT_FOUND if it was used
 * before. */
enum err token_store_use(struct db *db, int64_t id, int64_t now_s, int64_t successor_id);

/* Forget the successor of a row that was used again after the grace window, when it has none to answer with
 * any more. Within a transaction. ERR_OK; ERR_NOT_FOUND if it was forgotten before. */
enum err token_store_note_reuse(struct db *db, int64_t id);

/* The newest valid rows, of one user and of one client where these are not 0 and NULL, at most `limit`. */
typedef enum err token_store_each(void *ctx, const struct token_row *row);
enum err token_store_list(struct db *db, int64_t user_id, const char *client_id, int64_t now_s, int64_t limit,
                          struct arena *arena, token_store_each *each, void *ctx);

#endif
