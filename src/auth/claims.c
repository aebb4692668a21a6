#include "auth/claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/token_style.h"
#include "base/clock.h"
#include "base/json_in.h"
#include "base/json_out.h"

static const char access_type[] = "access_token";
static const char refresh_type[] = "refresh_token";

const char *claims_issuer(const struct app *app)
{
    const char *named = app->cfg.token.issuer;
    return named[0] != '\0'                      ? named
           : app->cfg.server.base_url[0] != '\0' ? app->cfg.server.base_url
                                                 : "menshen";
}

const char *claims_audience(const struct app *app, const struct token_row *row)
{
    const char *own = row->session.client_audience;
    return own[0] == '\0' && token_style(row->session.dialect)->is_standard ? claims_issuer(app) : own;
}

void claims_note_password_age(const struct app *app, const struct token_row *row, int64_t now_s,
                              struct user *u)
{
    int64_t max_age_s = app->cfg.login.password_max_age_s;
    bool is_old = u->password_changed_s + max_age_s <= row->issued_s;
    bool is_ahead = u->password_changed_s > now_s + CLOCK_SKEW_S; /* it would never be old */
    if (u->id != 0 && max_age_s > 0 && (is_old || is_ahead))
        u->password_expired = true;
}

/* ---- Minting ---- */

/* The claims of a person's token, in the order of the sample. */
static void user_claims(struct json_out *j, const struct app *app, const struct token_pair *t)
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
    json_str(j, "oauth_id", u->oauth_id);
    json_int(j, "exp", t->row.access_expires_s);
    json_str(j, "dept_id", u->dept_id);
    json_int(j, "password_last_update_date", u->password_changed_s * 1000);
    json_str(j, "jti", t->row.jti);
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

char *claims_scope(const struct token_row *row, struct arena *arena)
{
    char *s = arena_strdup(arena, row->session.scope);
    for (char *p = s; p != NULL && *p != '\0'; p++)
        if (*p == ',')
            *p = ' ';
    return s;
}

/* RFC 9068 §2.2; no data of a person beyond id and tenant. */
static enum err standard_claims(struct json_out *j, const struct app *app, const struct token_pair *t,
                                struct arena *arena)
{
    const struct session *s = &t->row.session;
    char id[24];
    const char *scope = claims_scope(&t->row, arena);
    if (scope == NULL)
        return ERR_MEMORY;
    snprintf(id, sizeof id, "%" PRId64, t->user.id);
    json_str(j, "iss", claims_issuer(app));
    json_str(j, "sub", t->user.id != 0 ? id : s->client_id);
    json_str(j, "aud", claims_audience(app, &t->row));
    json_str(j, "client_id", s->client_id);
    json_str(j, "scope", scope);
    json_str(j, "tenant_id", s->tenant_id);
    json_int(j, "exp", t->row.access_expires_s);
    json_int(j, "iat", t->row.issued_s);
    json_str(j, "jti", t->row.jti);
    json_str(j, "token_type", access_type);
    return ERR_OK;
}

/* The sample's claims, and behind them ours. */
static void family_claims(struct json_out *j, const struct app *app, const struct token_pair *t)
{
    const char *audience = claims_audience(app, &t->row);
    if (t->user.id != 0)
        user_claims(j, app, t);
    else
        client_claims(j, t);
    json_str(j, "token_type", access_type);
    json_str(j, "iss", claims_issuer(app));
    json_int(j, "iat", t->row.issued_s);
    if (audience[0] != '\0')
        json_str(j, "aud", audience);
}

/* Type, ids and times, since everything else is in the row: front ends send it in a cookie and a query. */
static void refresh_claims(struct json_out *j, const struct app *app, const struct token_row *row)
{
    json_str(j, "token_type", refresh_type);
    json_str(j, "iss", claims_issuer(app));
    json_str(j, "jti", row->refresh_jti);
    json_str(j, "ati", row->jti);
    json_int(j, "iat", row->issued_s);
    json_int(j, "exp", row->refresh_expires_s);
}

static enum err write_claims(const struct app *app, const struct token_pair *t, bool is_refresh,
                             struct arena *arena, struct buf *out)
{
    struct json_out j;
    enum err e = ERR_OK;
    json_out_init(&j, out);
    json_open_object(&j, NULL);
    if (is_refresh)
        refresh_claims(&j, app, &t->row);
    else if (token_style(t->row.session.dialect)->is_standard)
        e = standard_claims(&j, app, t, arena);
    else
        family_claims(&j, app, t);
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

enum err claims_mint_with(struct app *app, const struct keyring *ring, struct token_pair *t, int64_t now_s,
                          struct arena *arena)
{
    claims_note_password_age(app, &t->row, now_s, &t->user);
    enum err e = mint_one(app, ring, t, false, now_s, arena, &t->access);
    if (e == ERR_OK && t->row.refresh_jti[0] != '\0')
        e = mint_one(app, ring, t, true, now_s, arena, &t->refresh);
    t->expires_in_s = t->row.access_expires_s - t->row.issued_s;
    return e;
}

enum err claims_mint(struct app *app, struct token_pair *t, int64_t now_s, struct arena *arena)
{
    struct keyring ring;
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = claims_mint_with(app, &ring, t, now_s, arena);
    keyring_wipe(&ring);
    return e;
}

/* ---- Reading ---- */

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
static bool is_in_time(struct app *app, struct json_object *root, int64_t now_s)
{
    int64_t exp = 0, iat = 0, nbf = 0;
    enum err e = json_in_int(root, "nbf", &nbf);
    bool is_now = (e == ERR_NOT_FOUND || (e == ERR_OK && nbf <= now_s)) &&
                  json_in_int(root, "exp", &exp) == ERR_OK && exp > now_s &&
                  json_in_int(root, "iat", &iat) == ERR_OK;
    if (!is_now || iat <= now_s + CLOCK_SKEW_S)
        return is_now;
    LOG_SOME(&app->log, ERR_LEVEL_WARN, "clock_went_back", LOG_S("seen_in", "token"),
             LOG_N("ahead_s", iat - now_s), LOG_S("hint", "menshen doctor"));
    return false;
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
static enum err read_claims(struct app *app, const struct buf *payload, int64_t now_s, struct arena *arena,
                            struct claims *out)
{
    struct json_object *root = NULL;
    enum json_fault fault;
    enum err e = json_in_parse(buf_str(payload), payload->len, &root, &fault);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? e : ERR_TOKEN_INVALID;
    out->is_refresh = is_str(root, "token_type", refresh_type);
    bool good = (out->is_refresh || is_str(root, "token_type", access_type)) &&
                is_str(root, "iss", claims_issuer(app)) && is_in_time(app, root, now_s) &&
                copy_id(root, "jti", out->jti) && (!out->is_refresh || copy_id(root, "ati", out->ati)) &&
                copy_audience(root, arena, &out->aud);
    json_in_free(root);
    return good ? ERR_OK : ERR_TOKEN_INVALID;
}

enum err claims_verify_with(struct app *app, const struct keyring *ring, const char *jwt, int64_t now_s,
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

enum err claims_verify(struct app *app, const char *jwt, int64_t now_s, struct arena *arena,
                       struct claims *out)
{
    struct keyring ring;
    *out = (struct claims){0};
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = claims_verify_with(app, &ring, jwt, now_s, arena, out);
    keyring_wipe(&ring);
    return e;
}
