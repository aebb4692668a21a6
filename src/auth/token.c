#include "auth/token.h"

#include <string.h>

#include "auth/admission.h"
#include "auth/audit.h"
#include "auth/policy.h"
#include "base/random.h"
#include "store/counter_store.h"
#include "store/tenant_store.h"

/* Of each kind of row, with every token: more than a token adds, and too few to be noticed. */
enum { PURGE_ROWS = 2 };

/* ---- Issuing ---- */

static int64_t min_s(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

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
    if (row->session.user_id != 0) {
        access_ttl_s = policy_access_ttl(&app->cfg, access_ttl_s, with_refresh);
        refresh_ttl_s = policy_refresh_ttl(&app->cfg, refresh_ttl_s);
    }
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
                        .refresh_address = "",
                        .client_alg = grant->client->alg != NULL ? grant->client->alg : "",
                        .client_audience = grant->client->audience != NULL ? grant->client->audience : "",
                        .created_s = now_s,
                        .family_end_s = now_s + app->cfg.token.family_ttl_s},
    };
    if (grant->user != NULL)
        out->user = *grant->user;
    enum err e = fill_row(app, grant->client, grant->with_refresh, now_s, &out->row);
    if (e == ERR_OK && grant->user != NULL)
        e = admission_make_room(app, grant->user->id, grant->address, now_s);
    if (e == ERR_OK)
        e = session_store_put(app->db, &out->row.session, out->row.refresh_expires_s);
    if (e == ERR_OK)
        e = token_store_put(app->db, &out->row);
    if (e == ERR_OK)
        e = db_purge_step(app->db, now_s, PURGE_ROWS);
    if (e == ERR_OK)
        e = claims_mint(app, out, now_s, arena);
    if (e == ERR_OK)
        counter_add(app->db, COUNTER_TOKEN_ISSUED, 0, now_s);
    return e;
}

enum err token_put_successor(struct app *app, const struct client *client, const struct token_row *row,
                             bool with_refresh, const char *address, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    *out = (struct token_pair){.row = *row};
    enum err e = token_user(app, row, arena, &out->user);
    if (e == ERR_OK && row->session.user_id != 0 && policy_idled_out(&app->cfg, row->issued_s, now_s))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK && row->session.user_id != 0)
        e = admission_refresh(app, &out->user, address, now_s, arena);
    if (e == ERR_USER_NETWORK || e == ERR_PASSWORD_EXPIRED)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = fill_row(app, client, with_refresh, now_s, &out->row);
    if (e == ERR_OK)
        e = token_store_put(app->db, &out->row);
    if (e == ERR_OK)
        e = session_store_extend(app->db, row->session.id, out->row.refresh_expires_s, out->row.id, address);
    if (e == ERR_OK)
        e = db_purge_step(app->db, now_s, PURGE_ROWS);
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

static bool is_ended(const struct token_row *row)
{
    return row->session.revoked_s != 0 || row->session.client_locked;
}

bool token_is_live(const struct token_row *row, int64_t now_s)
{
    return !is_ended(row) && row->refresh_expires_s > now_s && row->session.family_end_s > now_s;
}

enum err token_user(struct app *app, const struct token_row *row, struct arena *arena, struct user *out)
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

/* The row of an access token that is valid now. ERR_TOKEN_INVALID, ERR_NOT_FOUND if it is not. */
static enum err find_access(struct app *app, const struct claims *claims, int64_t now_s, struct arena *arena,
                            struct token_row *out)
{
    enum err e = token_store_by_jti(app->db, claims->jti, arena, out);
    if (e != ERR_OK)
        return e;
    const char *audience = claims_audience(app, out);
    bool is_meant = claims->aud != NULL ? strcmp(claims->aud, audience) == 0 : audience[0] == '\0';
    return is_meant && !is_ended(out) && out->access_expires_s > now_s ? ERR_OK : ERR_TOKEN_INVALID;
}

enum err token_find_refresh(struct app *app, const struct claims *claims, struct arena *arena,
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
    enum err e = claims_verify(app, jwt, now_s, arena, &claims);
    if (e == ERR_OK && claims.is_refresh)
        e = token_find_refresh(app, &claims, arena, &out->row);
    else if (e == ERR_OK)
        e = find_access(app, &claims, now_s, arena, &out->row);
    if (e == ERR_OK && claims.is_refresh && !token_is_live(&out->row, now_s))
        e = ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = token_user(app, &out->row, arena, &out->user);
    if (e == ERR_OK)
        claims_note_password_age(app, &out->row, now_s, &out->user);
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

/* ---- Ending a session ---- */

enum err token_end_session(struct app *app, const struct token_bearer *bearer, const char *action,
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
