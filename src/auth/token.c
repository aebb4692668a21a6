#include "auth/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/keyring.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/tenant_store.h"

/* Of each kind of row, with every token: more than a token adds, and too few to be noticed. */
enum { PURGE_ROWS = 2 };

/* How far the clock of another worker's host may be ahead. */
enum { CLOCK_SKEW_S = 60 };

static const char access_type[] = "access_token";
static const char refresh_type[] = "refresh_token";

static int64_t min_s(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

const char *token_issuer(const struct app *app)
{
    const char *named = app->cfg.token.issuer;
    return named[0] != '\0'                      ? named
           : app->cfg.server.base_url[0] != '\0' ? app->cfg.server.base_url
                                                 : "menshen";
}

static bool is_oauth(const struct token_row *row)
{
    return strcmp(row->session.dialect, config_dialect_name(DIALECT_OAUTH)) == 0;
}

const char *token_audience(const struct app *app, const struct token_row *row)
{
    const char *own = row->session.client_audience;
    return own[0] == '\0' && is_oauth(row) ? token_issuer(app) : own;
}

/* Whether the password was too old when the token was issued: by then, not by now, so that a repeated answer
 * says the same. */
static void note_password_age(const struct app *app, const struct token_row *row, struct user *u)
{
    int64_t max_age_s = app->cfg.login.password_max_age_s;
    if (u->id != 0 && max_age_s > 0 && u->password_changed_s + max_age_s <= row->issued_s)
        u->password_expired = true;
}

/* ---- Minting ---- */

/* The claims of a person's token, in the order of the sample; `ati` only in a refresh token. */
static void user_claims(struct json_out *j, const struct app *app, const struct token_pair *t,
                        bool is_refresh)
{
    const struct user *u = &t->user;
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, u->id);
    json_str(j, "tenant_id", u->tenant_id);
    json_str(j, "tenant_name", u->tenant_name);
    json_bool(j, "password_expired", u->password_expired);
    json_str(j, "user_name", u->account);
    json_str(j, "real_name", u->real_name);
    json_list(j, "authorities", u->role_id);
    json_str(j, "client_id", t->row.session.client_id);
    json_str(j, "role_name", u->role_name);
    json_str(j, "license", app->cfg.server.license);
    json_str(j, "post_id", u->post_id);
    json_str(j, "user_id", id);
    json_str(j, "role_id", u->role_id);
    json_list(j, "scope", t->row.session.scope);
    json_str(j, "nick_name", u->nick_name);
    if (is_refresh)
        json_str(j, "ati", t->row.jti);
    json_str(j, "oauth_id", u->oauth_id);
    json_int(j, "exp", is_refresh ? t->row.refresh_expires_s : t->row.access_expires_s);
    json_str(j, "dept_id", u->dept_id);
    json_int(j, "password_last_update_date", u->password_changed_s * 1000);
    json_str(j, "jti", is_refresh ? t->row.refresh_jti : t->row.jti);
    json_str(j, "account", u->account);
}

static void client_claims(struct json_out *j, const struct token_pair *t)
{
    json_str(j, "tenant_id", t->row.session.tenant_id);
    json_str(j, "client_id", t->row.session.client_id);
    json_list(j, "scope", t->row.session.scope);
    json_int(j, "exp", t->row.access_expires_s);
    json_str(j, "jti", t->row.jti);
}

char *token_scope(const struct token_row *row, struct arena *arena)
{
    char *s = arena_strdup(arena, row->session.scope);
    for (char *p = s; p != NULL && *p != '\0'; p++)
        if (*p == ',')
            *p = ' ';
    return s;
}

/* RFC 9068 §2.2; no data of a person beyond id and tenant. */
static enum err oauth_claims(struct json_out *j, const struct app *app, const struct token_pair *t,
                             bool is_refresh, struct arena *arena)
{
    const struct session *s = &t->row.session;
    char id[24];
    const char *scope = token_scope(&t->row, arena);
    if (scope == NULL)
        return ERR_MEMORY;
    snprintf(id, sizeof id, "%" PRId64, t->user.id);
    json_str(j, "iss", token_issuer(app));
    json_str(j, "sub", t->user.id != 0 ? id : s->client_id);
    if (!is_refresh)
        json_str(j, "aud", token_audience(app, &t->row));
    json_str(j, "client_id", s->client_id);
    json_str(j, "scope", scope);
    json_str(j, "tenant_id", s->tenant_id);
    json_int(j, "exp", is_refresh ? t->row.refresh_expires_s : t->row.access_expires_s);
    json_int(j, "iat", t->row.issued_s);
    json_str(j, "jti", is_refresh ? t->row.refresh_jti : t->row.jti);
    if (is_refresh)
        json_str(j, "ati", t->row.jti);
    json_str(j, "token_type", is_refresh ? refresh_type : access_type);
    return ERR_OK;
}

/* The sample's claims, and behind them ours. */
static void family_claims(struct json_out *j, const struct app *app, const struct token_pair *t,
                          bool is_refresh)
{
    const char *audience = token_audience(app, &t->row);
    if (t->user.id != 0)
        user_claims(j, app, t, is_refresh);
    else
        client_claims(j, t);
    json_str(j, "token_type", is_refresh ? refresh_type : access_type);
    json_str(j, "iss", token_issuer(app));
    json_int(j, "iat", t->row.issued_s);
    if (!is_refresh && audience[0] != '\0')
        json_str(j, "aud", audience);
}

static enum err write_claims(const struct app *app, const struct token_pair *t, bool is_refresh,
                             struct arena *arena, struct buf *out)
{
    struct json_out j;
    enum err e = ERR_OK;
    json_out_init(&j, out);
    json_open_object(&j, NULL);
    if (is_oauth(&t->row))
        e = oauth_claims(&j, app, t, is_refresh, arena);
    else
        family_claims(&j, app, t, is_refresh);
    json_close_object(&j);
    return e == ERR_OK ? out->err : e;
}

/* The key for a token of this client; refresh tokens get the site's own. */
static enum err find_key(const struct app *app, const struct keyring *ring, const struct token_pair *t,
                         bool is_refresh, int64_t now_s, const struct jws_key **out)
{
    const char *alg = is_refresh ? "" : t->row.session.client_alg;
    *out = keyring_signer(ring, alg, now_s);
    if (*out != NULL)
        return ERR_OK;
    LOG(&app->log, ERR_LEVEL_ERROR, "no_signing_key", LOG_S("alg", alg[0] != '\0' ? alg : "HMAC"),
        LOG_S("client", t->row.session.client_id), LOG_S("hint", "menshen key rotate --alg"));
    return ERR_STORE;
}

static enum err mint_one(struct app *app, const struct keyring *ring, const struct token_pair *t,
                         bool is_refresh, int64_t now_s, struct arena *arena, char **jwt_out)
{
    struct buf claims, jwt;
    const struct jws_key *key = NULL;
    buf_init(&claims);
    buf_init(&jwt);
    enum err e = find_key(app, ring, t, is_refresh, now_s, &key);
    if (e == ERR_OK)
        e = write_claims(app, t, is_refresh, arena, &claims);
    if (e == ERR_OK)
        e = jws_sign(key, buf_str(&claims), claims.len, &jwt);
    if (e == ERR_OK) {
        *jwt_out = arena_strndup(arena, buf_str(&jwt), jwt.len);
        e = *jwt_out != NULL ? ERR_OK : ERR_MEMORY;
    }
    buf_free(&claims);
    buf_free(&jwt);
    return e;
}

/* The tokens that t->row and t->user stand for. */
static enum err mint_with(struct app *app, const struct keyring *ring, struct token_pair *t, int64_t now_s,
                          struct arena *arena)
{
    note_password_age(app, &t->row, &t->user);
    enum err e = mint_one(app, ring, t, false, now_s, arena, &t->access);
    if (e == ERR_OK && t->row.refresh_jti[0] != '\0')
        e = mint_one(app, ring, t, true, now_s, arena, &t->refresh);
    t->expires_in_s = t->row.access_expires_s - t->row.issued_s;
    return e;
}

static enum err mint(struct app *app, struct token_pair *t, int64_t now_s, struct arena *arena)
{
    struct keyring ring;
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = mint_with(app, &ring, t, now_s, arena);
    keyring_wipe(&ring);
    return e;
}

/* ---- Issuing ---- */

/* Fresh ids and times for a row of t->row.session. */
static enum err fill_row(const struct app *app, const struct client *client, bool with_refresh, int64_t now_s,
                         struct token_row *row)
{
    unsigned char noise[32];
    int64_t access_ttl_s = client->access_ttl_s != 0 ? client->access_ttl_s : app->cfg.token.access_ttl_s;
    int64_t refresh_ttl_s = client->refresh_ttl_s != 0 ? client->refresh_ttl_s : app->cfg.token.refresh_ttl_s;
    enum err e = random_bytes(noise, sizeof noise);
    if (e != ERR_OK)
        return e;
    codec_uuid7(row->jti, now_s * 1000, noise);
    row->refresh_jti[0] = '\0';
    if (with_refresh)
        codec_uuid7(row->refresh_jti, now_s * 1000, noise + 16);
    row->issued_s = now_s;
    row->access_expires_s = min_s(now_s + access_ttl_s, row->session.family_end_s);
    row->refresh_expires_s =
        with_refresh ? min_s(now_s + refresh_ttl_s, row->session.family_end_s) : row->access_expires_s;
    row->used_s = 0;
    row->successor_id = 0;
    return ERR_OK;
}

enum err token_issue(struct app *app, const struct token_grant *grant, int64_t now_s, struct arena *arena,
                     struct token_pair *out)
{
    *out = (struct token_pair){
        .row.session = {.user_id = grant->user != NULL ? grant->user->id : 0,
                        .client_id = grant->client->id,
                        .tenant_id = grant->tenant_id,
                        .dialect = config_dialect_name(grant->dialect),
                        .scope = grant->scope,
                        .fingerprint = grant->fingerprint,
                        .address = grant->address,
                        .client_alg = grant->client->alg != NULL ? grant->client->alg : "",
                        .client_audience = grant->client->audience != NULL ? grant->client->audience : "",
                        .created_s = now_s,
                        .family_end_s = now_s + app->cfg.token.family_ttl_s},
    };
    if (grant->user != NULL)
        out->user = *grant->user;
    enum err e = fill_row(app, grant->client, grant->with_refresh, now_s, &out->row);
    if (e == ERR_OK)
        e = session_store_put(app->db, &out->row.session, out->row.refresh_expires_s);
    if (e == ERR_OK)
        e = token_store_put(app->db, &out->row);
    if (e == ERR_OK)
        e = db_purge_step(app->db, now_s, PURGE_ROWS);
    if (e == ERR_OK)
        e = mint(app, out, now_s, arena);
    return e;
}

/* Inside the transaction: the client and the tenant may have been locked since they were looked at. */
static enum err check_client(struct app *app, const struct token_grant *grant, struct arena *arena)
{
    struct client client;
    struct tenant tenant;
    enum err e = client_store_get(app->db, grant->client->id, arena, &client);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && client.locked))
        return ERR_CLIENT_SECRET;
    if (e == ERR_OK)
        e = tenant_store_get(app->db, grant->tenant_id, arena, &tenant);
    return e == ERR_OK && tenant.locked ? ERR_NOT_FOUND : e;
}

enum err token_issue_for_client(struct app *app, const struct token_grant *grant, int64_t now_s,
                                struct arena *arena, struct token_pair *out)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = check_client(app, grant, arena);
    if (e == ERR_OK)
        e = token_issue(app, grant, now_s, arena, out);
    return db_end(app->db, e);
}

/* ---- Verifying ---- */

/* What a token says about itself, after its signature was found good. */
struct claims {
    bool is_refresh;
    char jti[CODEC_UUID_CAP];
    char ati[CODEC_UUID_CAP]; /* refresh tokens only */
    const char *aud;          /* in the arena; NULL: none */
};

static bool copy_id(struct json_object *root, const char *name, char out[CODEC_UUID_CAP])
{
    const char *value = NULL;
    if (json_in_str(root, name, &value) != ERR_OK || value == NULL || strlen(value) >= CODEC_UUID_CAP)
        return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static bool is_str(struct json_object *root, const char *name, const char *expected)
{
    const char *value = NULL;
    return json_in_str(root, name, &value) == ERR_OK && value != NULL && strcmp(value, expected) == 0;
}

/* RFC 7519 §4.1.4 to §4.1.6: exp and iat are there, nbf may be. */
static bool is_in_time(struct json_object *root, int64_t now_s)
{
    int64_t exp = 0, iat = 0, nbf = 0;
    enum err e = json_in_int(root, "nbf", &nbf);
    return (e == ERR_NOT_FOUND || (e == ERR_OK && nbf <= now_s)) &&
           json_in_int(root, "exp", &exp) == ERR_OK && exp > now_s &&
           json_in_int(root, "iat", &iat) == ERR_OK && iat <= now_s + CLOCK_SKEW_S;
}

static bool copy_audience(struct json_object *root, struct arena *arena, const char **out)
{
    const char *aud = NULL;
    if (json_in_str(root, "aud", &aud) != ERR_OK)
        return false;
    *out = aud != NULL ? arena_strdup(arena, aud) : NULL;
    return aud == NULL || *out != NULL;
}

/* ERR_OK; ERR_TOKEN_INVALID for a wrong type, issuer, time or form. */
static enum err read_claims(const struct app *app, const struct buf *payload, int64_t now_s,
                            struct arena *arena, struct claims *out)
{
    struct json_object *root = NULL;
    enum json_fault fault;
    enum err e = json_in_parse(buf_str(payload), payload->len, &root, &fault);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_TOKEN_INVALID;
    out->is_refresh = is_str(root, "token_type", refresh_type);
    bool good = (out->is_refresh || is_str(root, "token_type", access_type)) &&
                is_str(root, "iss", token_issuer(app)) && is_in_time(root, now_s) &&
                copy_id(root, "jti", out->jti) && (!out->is_refresh || copy_id(root, "ati", out->ati)) &&
                copy_audience(root, arena, &out->aud);
    json_in_free(root);
    return good ? ERR_OK : ERR_TOKEN_INVALID;
}

static enum err verify_with(const struct app *app, const struct keyring *ring, const char *jwt, int64_t now_s,
                            struct arena *arena, struct claims *out)
{
    struct buf payload;
    buf_init(&payload);
    enum err e = jws_verify(ring->key, ring->count, jwt, strlen(jwt), &payload);
    if (e == ERR_OK)
        e = read_claims(app, &payload, now_s, arena, out);
    buf_free(&payload);
    return e;
}

static enum err verify_jwt(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                           struct claims *out)
{
    struct keyring ring;
    *out = (struct claims){0};
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = verify_with(app, &ring, jwt, now_s, arena, out);
    keyring_wipe(&ring);
    return e;
}

static bool is_ended(const struct token_row *row)
{
    return row->session.revoked_s != 0 || row->session.client_locked;
}

/* The user of a session, who must still be let in; ERR_NOT_FOUND if not. A client's own session has a tenant
 * only: id 0. */
static enum err user_of(struct app *app, const struct token_row *row, struct arena *arena, struct user *out)
{
    *out = (struct user){0};
    if (row->session.user_id == 0) {
        struct tenant tenant;
        enum err e = tenant_store_get(app->db, row->session.tenant_id, arena, &tenant);
        return e == ERR_OK && tenant.locked ? ERR_NOT_FOUND : e;
    }
    enum err e = user_store_get(app->db, row->session.user_id, arena, out);
    return e == ERR_OK && (out->locked || out->tenant_locked) ? ERR_NOT_FOUND : e;
}

static bool is_live(const struct token_row *row, int64_t now_s)
{
    return !is_ended(row) && row->refresh_expires_s > now_s && row->session.family_end_s > now_s;
}

/* Whether the row was used, and longer ago than the grace window. */
static bool is_late(const struct app *app, const struct token_row *row, int64_t now_s)
{
    return row->used_s != 0 && now_s >= row->used_s + app->cfg.token.refresh_grace_s;
}

/* The row of an access token that is valid now. ERR_TOKEN_INVALID, ERR_NOT_FOUND if it is not. */
static enum err find_access(struct app *app, const struct claims *claims, int64_t now_s, struct arena *arena,
                            struct token_row *out)
{
    enum err e = token_store_by_jti(app->db, claims->jti, arena, out);
    if (e != ERR_OK)
        return e;
    const char *audience = token_audience(app, out);
    bool is_meant = claims->aud != NULL ? strcmp(claims->aud, audience) == 0 : audience[0] == '\0';
    return is_meant && !is_ended(out) && out->access_expires_s > now_s ? ERR_OK : ERR_TOKEN_INVALID;
}

/* The row of a refresh token, used or not, ended or not. It names the access token that it came with. */
static enum err find_refresh(struct app *app, const struct claims *claims, struct arena *arena,
                             struct token_row *out)
{
    enum err e = token_store_by_jti(app->db, claims->ati, arena, out);
    if (e != ERR_OK)
        return e;
    bool is_it = out->refresh_jti[0] != '\0' && strcmp(claims->jti, out->refresh_jti) == 0;
    return is_it && claims->aud == NULL ? ERR_OK : ERR_TOKEN_INVALID;
}

enum err token_inspect(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                       struct token_bearer *out, bool *is_refresh_out)
{
    struct claims claims;
    enum err e = verify_jwt(app, jwt, now_s, arena, &claims);
    if (e == ERR_OK && claims.is_refresh)
        e = find_refresh(app, &claims, arena, &out->row);
    else if (e == ERR_OK)
        e = find_access(app, &claims, now_s, arena, &out->row);
    if (e == ERR_OK && claims.is_refresh && (out->row.used_s != 0 || !is_live(&out->row, now_s)))
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = user_of(app, &out->row, arena, &out->user);
    if (e == ERR_OK)
        note_password_age(app, &out->row, &out->user);
    *is_refresh_out = claims.is_refresh;
    return e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

enum err token_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                      struct token_bearer *out)
{
    bool is_refresh = false;
    enum err e = token_inspect(app, jwt, now_s, arena, out, &is_refresh);
    return e == ERR_OK && is_refresh ? ERR_TOKEN_INVALID : e;
}

/* ---- Ending a session ------------------------------------------------------------------------------- */

static enum err end_session(struct app *app, const struct token_bearer *bearer, const char *action,
                            enum err result, const char *address, int64_t now_s)
{
    const struct session *s = &bearer->row.session;
    const struct audit_event event = {.action = action,
                                      .tenant_id = s->tenant_id,
                                      .account = bearer->user.account,
                                      .client_id = s->client_id,
                                      .dialect = s->dialect,
                                      .address = address,
                                      .result = result};
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = session_store_revoke(app->db, s->id, now_s);
    if (e == ERR_OK)
        e = audit_record(app, &event, now_s);
    return db_end(app->db, e);
}

enum err token_end_session(struct app *app, const struct token_bearer *bearer, const char *action,
                           const char *address, int64_t now_s)
{
    return end_session(app, bearer, action, ERR_OK, address, now_s);
}

/* ---- Refreshing ---- */

/* A row that is to be rotated, and by whom. */
struct rotation {
    const struct client *client;
    struct token_row row;
    bool with_refresh;          /* the successor gets a refresh token too */
    bool is_shared;             /* many hold the token, so that a second use says nothing */
    const char *address;        /* who asks for it */
    const struct keyring *ring; /* that signs; NULL: still to be loaded */
};

/* The tokens of a pair, after its transaction: others need not wait while it is signed. If that fails, the
 * pair is there to be asked for again, as after an answer that was lost. */
static enum err mint_rotated(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    return r->ring != NULL ? mint_with(app, r->ring, out, now_s, arena) : mint(app, out, now_s, arena);
}

/* A refresh token that was used long ago came again: it was stolen, before or now. ERR_REFRESH_INVALID when
 * the family is ended. */
static enum err end_family(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena)
{
    struct token_bearer bearer = {.row = r->row};
    LOG(&app->log, ERR_LEVEL_WARN, "refresh_reuse", LOG_S("client", r->client->id), LOG_S("jti", r->row.jti),
        LOG_N("session", r->row.session.id));
    enum err e = user_of(app, &r->row, arena, &bearer.user);
    if (e == ERR_OK || e == ERR_NOT_FOUND) /* locked, perhaps: it is ended all the same */
        e = end_session(app, &bearer, AUDIT_REFRESH_REUSE, ERR_REFRESH_INVALID, r->address, now_s);
    return e == ERR_OK ? ERR_REFRESH_INVALID : e;
}

/* The pair that the used row was used for, again; or, when the grace window is over, the end of the family.
 */
static enum err replay(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    if (is_late(app, &r->row, now_s) && r->is_shared)
        return ERR_REFRESH_INVALID;
    if (is_late(app, &r->row, now_s))
        return end_family(app, r, now_s, arena);
    enum err e = token_store_by_id(app->db, r->row.successor_id, arena, &out->row);
    if (e == ERR_OK && out->row.session.id != r->row.session.id)
        e = ERR_NOT_FOUND; /* the successor is gone, and its id was given again */
    if (e == ERR_OK)
        e = db_sync(app->db); /* the process that rotated may be waiting for the disk yet */
    if (e == ERR_OK)
        e = user_of(app, &out->row, arena, &out->user);
    if (e == ERR_OK)
        e = mint_rotated(app, r, now_s, arena, out);
    return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

/* One more row in the session of r->row. Within a transaction. */
static enum err put_successor(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    *out = (struct token_pair){.row = r->row};
    enum err e = user_of(app, &r->row, arena, &out->user);
    if (e == ERR_OK)
        e = fill_row(app, r->client, r->with_refresh, now_s, &out->row);
    if (e == ERR_OK)
        e = token_store_put(app->db, &out->row);
    if (e == ERR_OK)
        e = session_store_extend(app->db, r->row.session.id, out->row.refresh_expires_s);
    if (e == ERR_OK)
        e = db_purge_step(app->db, now_s, PURGE_ROWS);
    return e;
}

/* Within the transaction: the row is read again, since another process may have used or ended it meanwhile.
 */
static enum err rotate_locked(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    enum err e = token_store_by_id(app->db, r->row.id, arena, &r->row);
    if (e != ERR_OK || r->row.used_s != 0 || !is_live(&r->row, now_s))
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    e = put_successor(app, r, now_s, arena, out);
    if (e == ERR_OK)
        e = token_store_use(app->db, r->row.id, now_s, out->row.id);
    return e;
}

static enum err rotate(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    *out = (struct token_pair){0};
    if (!is_live(&r->row, now_s))
        return ERR_REFRESH_INVALID;
    if (r->row.used_s == 0) {
        enum err e = db_begin(app->db, DB_DURABLE);
        if (e == ERR_OK)
            e = db_end(app->db, rotate_locked(app, r, now_s, arena, out));
        if (e == ERR_OK)
            return mint_rotated(app, r, now_s, arena, out);
        if (e != ERR_NOT_FOUND)
            return e;
        /* Nothing was written: it is not live any more, or another process was faster and r->row says so. */
        if (r->row.used_s == 0 || !is_live(&r->row, now_s))
            return ERR_REFRESH_INVALID;
    }
    return replay(app, r, now_s, arena, out);
}

/* Whether all of `requested` was granted to the session. ERR_OK; ERR_SCOPE; ERR_MEMORY. */
static enum err check_scope(const struct session *s, const char *requested, struct arena *arena)
{
    struct client granted = {.scope = s->scope};
    const char *narrower = NULL;
    return client_scope(&granted, requested, arena, &narrower);
}

static enum err refresh_with(struct app *app, struct rotation *r, const char *refresh_jwt, const char *scope,
                             int64_t now_s, struct arena *arena, struct token_pair *out)
{
    struct claims claims = {0};
    enum err e = verify_with(app, r->ring, refresh_jwt, now_s, arena, &claims);
    if (e == ERR_OK)
        e = claims.is_refresh ? find_refresh(app, &claims, arena, &r->row) : ERR_TOKEN_INVALID;
    if (e == ERR_OK && strcmp(r->row.session.client_id, r->client->id) != 0)
        e = ERR_TOKEN_INVALID;
    if (e == ERR_NOT_FOUND || e == ERR_TOKEN_INVALID)
        return ERR_REFRESH_INVALID;
    /* Not of one that is refused anyway: its reuse has to end the family, whatever it asks for. */
    if (e == ERR_OK && is_live(&r->row, now_s) && !is_late(app, &r->row, now_s))
        e = check_scope(&r->row.session, scope, arena);
    return e == ERR_OK ? rotate(app, r, now_s, arena, out) : e;
}

enum err token_refresh(struct app *app, const struct client *client, const char *refresh_jwt,
                       const char *scope, const char *address, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    struct keyring ring;
    struct rotation r = {.client = client, .with_refresh = true, .address = address, .ring = &ring};
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = refresh_with(app, &r, refresh_jwt, scope, now_s, arena, out);
    keyring_wipe(&ring);
    return e;
}

/* What refreshing an access token by itself takes. ERR_NOT_FOUND if it cannot be. */
static enum err bearer_rotation(struct app *app, const struct token_bearer *bearer, struct arena *arena,
                                struct client *client, struct rotation *out)
{
    bool is_shared = bearer->row.session.user_id == 0;
    if (bearer->row.refresh_jti[0] != '\0')
        return ERR_NOT_FOUND;
    enum err e = client_store_get(app->db, bearer->row.session.client_id, arena, client);
    if (e != ERR_OK)
        return e;
    *out = (struct rotation){.client = client, .row = bearer->row, .is_shared = is_shared};
    return is_shared || client_may(client, "refresh_token") ? ERR_OK : ERR_NOT_FOUND;
}

enum err token_refresh_bearer(struct app *app, const struct token_bearer *bearer, const char *address,
                              int64_t now_s, struct arena *arena, struct token_pair *out)
{
    struct client client;
    struct rotation r = {0};
    enum err e = bearer_rotation(app, bearer, arena, &client, &r);
    r.address = address;
    if (e == ERR_OK)
        e = rotate(app, &r, now_s, arena, out);
    return e == ERR_REFRESH_INVALID || e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

/* As rotate_locked, but the row stays unused. */
static enum err renew_locked(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    enum err e = token_store_by_id(app->db, r->row.id, arena, &r->row);
    if (e == ERR_OK && (r->row.used_s != 0 || !is_live(&r->row, now_s)))
        e = ERR_NOT_FOUND; /* a second life for what was rotated would be no rotation */
    return e == ERR_OK ? put_successor(app, r, now_s, arena, out) : e;
}

enum err token_renew(struct app *app, const struct token_bearer *bearer, int64_t now_s, struct arena *arena,
                     struct token_pair *out)
{
    struct client client;
    struct rotation r;
    const struct token_row *row = &bearer->row;
    int64_t life_s = row->access_expires_s - row->issued_s;
    if ((row->access_expires_s - now_s) * 2 >= life_s || row->access_expires_s >= row->session.family_end_s)
        return ERR_NOT_FOUND;
    enum err e = bearer_rotation(app, bearer, arena, &client, &r);
    if (e == ERR_OK)
        e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = db_end(app->db, renew_locked(app, &r, now_s, arena, out));
    return e == ERR_OK ? mint_rotated(app, &r, now_s, arena, out) : e;
}
