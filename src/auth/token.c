#include "auth/token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/keyring.h"
#include "base/json_in.h"
#include "base/json_out.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/tenant_store.h"

enum { PURGE_EVERY = 16, PURGE_ROWS = 128 };

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

/* ---- Minting
 * --------------------------------------------------------------------------------------------------- */

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

static enum err mint_one(struct app *app, const struct keyring *ring, const struct token_pair *t,
                         bool is_refresh, struct arena *arena, char **jwt_out)
{
    struct buf claims, jwt;
    struct json_out j;
    buf_init(&claims);
    buf_init(&jwt);
    json_out_init(&j, &claims);
    json_open_object(&j, NULL);
    if (t->user.id != 0)
        user_claims(&j, app, t, is_refresh);
    else
        client_claims(&j, t);
    json_str(&j, "token_type", is_refresh ? refresh_type : access_type);
    json_str(&j, "iss", token_issuer(app));
    json_int(&j, "iat", t->row.issued_s);
    json_close_object(&j);
    enum err e = claims.err;
    if (e == ERR_OK)
        e = jws_sign(&ring->key[0], buf_str(&claims), claims.len, &jwt);
    if (e == ERR_OK) {
        *jwt_out = arena_strndup(arena, buf_str(&jwt), jwt.len);
        e = *jwt_out != NULL ? ERR_OK : ERR_MEMORY;
    }
    buf_free(&claims);
    buf_free(&jwt);
    return e;
}

/* The tokens that t->row and t->user stand for. */
static enum err mint(struct app *app, struct token_pair *t, struct arena *arena)
{
    struct keyring ring;
    enum err e = keyring_load(app, &ring);
    if (e == ERR_OK)
        e = mint_one(app, &ring, t, false, arena, &t->access);
    if (e == ERR_OK && t->row.refresh_jti[0] != '\0')
        e = mint_one(app, &ring, t, true, arena, &t->refresh);
    keyring_wipe(&ring);
    t->expires_in_s = t->row.access_expires_s - t->row.issued_s;
    return e;
}

/* ---- Issuing
 * --------------------------------------------------------------------------------------------------- */

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
    codec_uuid4(row->jti, noise);
    row->refresh_jti[0] = '\0';
    if (with_refresh)
        codec_uuid4(row->refresh_jti, noise + 16);
    row->issued_s = now_s;
    row->access_expires_s = min_s(now_s + access_ttl_s, row->session.family_end_s);
    row->refresh_expires_s =
        with_refresh ? min_s(now_s + refresh_ttl_s, row->session.family_end_s) : row->access_expires_s;
    row->used_s = 0;
    row->successor_id = 0;
    return ERR_OK;
}

/* Clear expired rows away: once in PURGE_EVERY tokens, for all of these. Within the transaction that put
 * `row`. */
static enum err tidy(struct app *app, const struct token_row *row, int64_t now_s)
{
    return row->id % PURGE_EVERY == 0 ? db_purge_step(app->db, now_s, PURGE_ROWS) : ERR_OK;
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
        e = tidy(app, &out->row, now_s);
    if (e == ERR_OK)
        e = mint(app, out, arena);
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

/* ---- Verifying
 * ------------------------------------------------------------------------------------------------- */

/* What a token says about itself, after its signature was found good. */
struct claims {
    char jti[CODEC_UUID_CAP];
    char ati[CODEC_UUID_CAP]; /* "" in an access token */
};

static bool copy_id(struct json_object *root, const char *name, char out[CODEC_UUID_CAP])
{
    const char *value = NULL;
    if (json_in_str(root, name, &value) != ERR_OK || value == NULL || strlen(value) >= CODEC_UUID_CAP)
        return false;
    memcpy(out, value, strlen(value) + 1);
    return true;
}

/* ERR_OK; ERR_TOKEN_INVALID for a wrong type, issuer, time or form. */
static enum err read_claims(const struct app *app, const struct buf *payload, const char *type, int64_t now_s,
                            struct claims *out)
{
    struct json_object *root = NULL;
    enum json_fault fault;
    const char *said = NULL, *iss = NULL;
    int64_t exp = 0;
    enum err e = json_in_parse(buf_str(payload), payload->len, &root, &fault);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_TOKEN_INVALID;
    bool good = json_in_str(root, "token_type", &said) == ERR_OK && said != NULL && strcmp(said, type) == 0 &&
                json_in_str(root, "iss", &iss) == ERR_OK && iss != NULL &&
                strcmp(iss, token_issuer(app)) == 0 && json_in_int(root, "exp", &exp) == ERR_OK &&
                exp > now_s && copy_id(root, "jti", out->jti) &&
                (type == access_type || copy_id(root, "ati", out->ati));
    json_in_free(root);
    return good ? ERR_OK : ERR_TOKEN_INVALID;
}

static enum err verify_jwt(struct app *app, const char *jwt, const char *type, int64_t now_s,
                           struct claims *out)
{
    struct keyring ring;
    struct buf payload;
    buf_init(&payload);
    *out = (struct claims){{0}, {0}};
    enum err e = keyring_load(app, &ring);
    if (e == ERR_OK)
        e = jws_verify(ring.key, ring.count, jwt, strlen(jwt), &payload);
    if (e == ERR_OK)
        e = read_claims(app, &payload, type, now_s, out);
    keyring_wipe(&ring);
    buf_free(&payload);
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

enum err token_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                      struct token_bearer *out)
{
    struct claims claims;
    enum err e = verify_jwt(app, jwt, access_type, now_s, &claims);
    if (e == ERR_OK)
        e = token_store_by_jti(app->db, claims.jti, arena, &out->row);
    if (e == ERR_OK && (is_ended(&out->row) || out->row.access_expires_s <= now_s))
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = user_of(app, &out->row, arena, &out->user);
    return e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

/* ---- Refreshing
 * ------------------------------------------------------------------------------------------------ */

/* A row that is to be rotated, and by whom. */
struct rotation {
    const struct client *client;
    struct token_row row;
    bool with_refresh; /* the successor gets a refresh token too */
    bool is_shared;    /* many hold the token, so that a second use says nothing */
};

static bool is_live(const struct token_row *row, int64_t now_s)
{
    return !is_ended(row) && row->refresh_expires_s > now_s && row->session.family_end_s > now_s;
}

/* The pair that the used row was used for, again; or, when the grace window is over, the end of the family.
 */
static enum err replay(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    bool is_late = now_s >= r->row.used_s + app->cfg.token.refresh_grace_s;
    if (is_late && r->is_shared)
        return ERR_REFRESH_INVALID;
    if (is_late) {
        LOG(&app->log, ERR_LEVEL_WARN, "refresh_reuse", LOG_S("client", r->client->id),
            LOG_S("jti", r->row.jti), LOG_N("session", r->row.session.id));
        enum err e = token_end_session(app, r->row.session.id, now_s);
        return e == ERR_OK ? ERR_REFRESH_INVALID : e;
    }
    enum err e = token_store_by_id(app->db, r->row.successor_id, arena, &out->row);
    if (e == ERR_OK)
        e = db_sync(app->db); /* the process that rotated may be waiting for the disk yet */
    if (e == ERR_OK)
        e = user_of(app, &out->row, arena, &out->user);
    if (e == ERR_OK)
        e = mint(app, out, arena);
    return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

/* One more row in the session of r->row, and its tokens. Within a transaction. */
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
        e = tidy(app, &out->row, now_s);
    if (e == ERR_OK)
        e = mint(app, out, arena);
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
        if (e != ERR_NOT_FOUND)
            return e;
        /* Nothing was written: it is not live any more, or another process was faster and r->row says so. */
        if (r->row.used_s == 0 || !is_live(&r->row, now_s))
            return ERR_REFRESH_INVALID;
    }
    return replay(app, r, now_s, arena, out);
}

enum err token_refresh(struct app *app, const struct client *client, const char *refresh_jwt, int64_t now_s,
                       struct arena *arena, struct token_pair *out)
{
    struct claims claims;
    struct rotation r = {.client = client, .with_refresh = true};
    enum err e = verify_jwt(app, refresh_jwt, refresh_type, now_s, &claims);
    if (e == ERR_OK)
        e = token_store_by_jti(app->db, claims.ati, arena, &r.row);
    if (e == ERR_NOT_FOUND || e == ERR_TOKEN_INVALID)
        return ERR_REFRESH_INVALID;
    if (e != ERR_OK)
        return e;
    if (strcmp(claims.jti, r.row.refresh_jti) != 0 || strcmp(r.row.session.client_id, client->id) != 0)
        return ERR_REFRESH_INVALID;
    return rotate(app, &r, now_s, arena, out);
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

enum err token_refresh_bearer(struct app *app, const struct token_bearer *bearer, int64_t now_s,
                              struct arena *arena, struct token_pair *out)
{
    struct client client;
    struct rotation r;
    enum err e = bearer_rotation(app, bearer, arena, &client, &r);
    if (e == ERR_OK)
        e = rotate(app, &r, now_s, arena, out);
    return e == ERR_REFRESH_INVALID || e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

/* As rotate_locked, but the row stays unused. */
static enum err renew_locked(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    enum err e = token_store_by_id(app->db, r->row.id, arena, &r->row);
    if (e == ERR_OK && !is_live(&r->row, now_s))
        e = ERR_NOT_FOUND;
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
    return db_end(app->db, renew_locked(app, &r, now_s, arena, out));
}

enum err token_end_session(struct app *app, int64_t session_id, int64_t now_s)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    return db_end(app->db, session_store_revoke(app->db, session_id, now_s));
}
