#include "auth/refresh.h"

#include <string.h>

#include "auth/audit.h"
#include "store/token_store.h"

/* A row that is to be rotated, and by whom. */
struct rotation {
    const struct client *client;
    struct token_row row;
    bool with_refresh;          /* the successor gets a refresh token too */
    bool is_shared;             /* many hold the token, so that a second use says nothing */
    const char *address;        /* who asks for it */
    const struct keyring *ring; /* that signs; NULL: still to be loaded */
};

/* Whether the row was used, and longer ago than the grace window. */
static bool is_late(const struct app *app, const struct token_row *row, int64_t now_s)
{
    return row->used_s != 0 && now_s >= row->used_s + app->cfg.token.refresh_grace_s;
}

/* The tokens of a pair, after its transaction: others need not wait while it is signed. If that fails, the
 * pair is there to be asked for again, as after an answer that was lost. */
static enum err mint_rotated(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    return r->ring != NULL ? claims_mint_with(app, r->ring, out, now_s, arena)
                           : claims_mint(app, out, now_s, arena);
}

/* A refresh token that was used long ago came again: it was stolen, before or now. ERR_REFRESH_INVALID when
 * the family is ended. */
static enum err end_family(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena)
{
    struct token_bearer bearer = {.row = r->row};
    LOG(&app->log, ERR_LEVEL_WARN, "refresh_reuse", LOG_S("client", r->client->id), LOG_S("jti", r->row.jti),
        LOG_N("session", r->row.session.id));
    enum err e = token_user(app, &r->row, arena, &bearer.user);
    if (e == ERR_OK || e == ERR_NOT_FOUND) /* locked, perhaps: it is ended all the same */
        e = token_end_session(app, &bearer, AUDIT_REFRESH_REUSE, ERR_REFRESH_INVALID, r->address, now_s);
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
        e = token_user(app, &out->row, arena, &out->user);
    if (e == ERR_OK)
        e = mint_rotated(app, r, now_s, arena, out);
    return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

/* Within the transaction: the row is read again, since another process may have used or ended it meanwhile.
 */
static enum err rotate_locked(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    enum err e = token_store_by_id(app->db, r->row.id, arena, &r->row);
    if (e != ERR_OK || r->row.used_s != 0 || !token_is_live(&r->row, now_s))
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    e = token_put_successor(app, r->client, &r->row, r->with_refresh, now_s, arena, out);
    if (e == ERR_OK)
        e = token_store_use(app->db, r->row.id, now_s, out->row.id);
    return e;
}

static enum err rotate(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    *out = (struct token_pair){0};
    if (!token_is_live(&r->row, now_s))
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
        if (r->row.used_s == 0 || !token_is_live(&r->row, now_s))
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
    enum err e = claims_verify_with(app, r->ring, refresh_jwt, now_s, arena, &claims);
    if (e == ERR_OK)
        e = claims.is_refresh ? token_find_refresh(app, &claims, arena, &r->row) : ERR_TOKEN_INVALID;
    if (e == ERR_OK && strcmp(r->row.session.client_id, r->client->id) != 0)
        e = ERR_TOKEN_INVALID;
    if (e == ERR_NOT_FOUND || e == ERR_TOKEN_INVALID)
        return ERR_REFRESH_INVALID;
    /* Not of one that is refused anyway: its reuse has to end the family, whatever it asks for. */
    if (e == ERR_OK && token_is_live(&r->row, now_s) && !is_late(app, &r->row, now_s))
        e = check_scope(&r->row.session, scope, arena);
    return e == ERR_OK ? rotate(app, r, now_s, arena, out) : e;
}

enum err refresh_use(struct app *app, const struct client *client, const char *refresh_jwt, const char *scope,
                     const char *address, int64_t now_s, struct arena *arena, struct token_pair *out)
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

enum err refresh_bearer(struct app *app, const struct token_bearer *bearer, const char *address,
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
    if (e == ERR_OK && (r->row.used_s != 0 || !token_is_live(&r->row, now_s)))
        e = ERR_NOT_FOUND; /* a second life for what was rotated would be no rotation */
    return e == ERR_OK ? token_put_successor(app, r->client, &r->row, r->with_refresh, now_s, arena, out) : e;
}

enum err refresh_renew(struct app *app, const struct token_bearer *bearer, int64_t now_s, struct arena *arena,
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
