#include "auth/refresh.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/token_style.h"
#include "base/address.h"
#include "base/clock.h"
#include "store/counter_store.h"
#include "store/token_store.h"

/* A row that is to be rotated, and by whom. */
struct rotation {
    const struct client *client;
    struct token_row row;
    bool with_refresh;          /* the successor gets a refresh token too */
    bool is_shared;             /* many hold the token, so that a second use says nothing */
    const char *scope;          /* asked for, separated by blanks; NULL: what it had */
    const char *address;        /* who asks for it */
    const struct keyring *ring; /* that signs; NULL: still to be loaded */
};

/* Whether the row was used, and longer ago than the grace window; or by a clock that was ahead, whoever knows when:
 * the window must not last until then. */
static bool is_late(const struct app *app, const struct token_row *row, int64_t now_s)
{
    int64_t age_s = now_s - row->used_s;
    return row->used_s != 0 && (age_s >= app->cfg.token.refresh_grace_s || age_s < -CLOCK_SKEW_S);
}

/* The tokens of a pair, after its transaction: others need not wait while it is signed. If that fails, the
 * pair is there to be asked for again, as after an answer that was lost. */
static enum err mint_rotated(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                             struct token_pair *out)
{
    return r->ring != NULL ? claims_mint_with(app, r->ring, out, now_s, arena)
                           : claims_mint(app, out, now_s, arena);
}

/* The pair of `row`, which is there already: minted again. */
static enum err repeat(struct app *app, const struct rotation *r, const struct token_row *row, int64_t now_s,
                       struct arena *arena, struct token_pair *out)
{
    *out = (struct token_pair){.row = *row};
    enum err e = db_sync(app->db); /* the process that rotated may be waiting for the disk yet */
    if (e == ERR_OK)
        e = token_user(app, row, arena, &out->user);
    if (e == ERR_OK)
        e = mint_rotated(app, r, now_s, arena, out);
    return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

/* Within the grace window: the pair that the used row was used for, again. */
static enum err replay(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    struct token_row successor;
    enum err e = token_store_by_id(app->db, r->row.successor_id, arena, &successor);
    if (e == ERR_OK && successor.session.id != r->row.session.id)
        e = ERR_NOT_FOUND; /* the successor is gone, and its id was given again */
    if (e == ERR_OK)
        e = repeat(app, r, &successor, now_s, arena, out);
    return e == ERR_NOT_FOUND ? ERR_REFRESH_INVALID : e;
}

/* ---- Reuse ---- */

static enum token_reuse reuse_of(const struct rotation *r)
{
    enum token_reuse of_dialect = token_style(r->row.session.dialect)->reuse;
    return r->is_shared ? TOKEN_REUSE_REFUSE : token_reuse_named(r->client->refresh_reuse, of_dialect);
}

/* As limits count them, an IPv6 network as one; what is no address is nobody's. */
static bool is_same_address(const char *a, const char *b)
{
    char known[ADDRESS_CAP], bucket_a[ADDRESS_CAP], bucket_b[ADDRESS_CAP];
    address_bucket(a, bucket_a);
    address_bucket(b, bucket_b);
    return address_canonical(a, strlen(a), known) && strcmp(bucket_a, bucket_b) == 0;
}

static void log_reuse(struct app *app, const struct rotation *r, enum err_level level, const char *outcome)
{
    LOG(&app->log, level, "refresh_reuse", LOG_S("outcome", outcome), LOG_S("client", r->client->id),
        LOG_S("jti", r->row.jti), LOG_N("session", r->row.session.id), LOG_S("address", r->address));
}

/* The user is of interest for the record only: locked or gone, whatever. */
static enum err reuse_bearer(struct app *app, const struct rotation *r, struct arena *arena,
                             struct token_bearer *out)
{
    *out = (struct token_bearer){.row = r->row};
    enum err e = token_user(app, &r->row, arena, &out->user);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Within a transaction. */
static enum err put_record(struct app *app, const struct rotation *r, const struct token_bearer *bearer,
                           const char *action, enum err result, int64_t now_s)
{
    const struct audit_event event = {.action = action,
                                      .tenant_id = r->row.session.tenant_id,
                                      .account = bearer->user.account,
                                      .client_id = r->client->id,
                                      .dialect = r->row.session.dialect,
                                      .address = r->address,
                                      .result = result};
    enum err e = token_store_note_reuse(app->db, r->row.id);
    if (e == ERR_OK)
        counter_add(app->db, COUNTER_REFRESH_REUSED, 0, now_s);
    return e == ERR_OK ? audit_record(app, &event, now_s) : e;
}

/* Record the reuse of a row that ends nothing: once, so that whoever repeats it does not fill the audit. */
static enum err record_reuse(struct app *app, const struct rotation *r, const char *action, enum err result,
                             int64_t now_s, struct arena *arena)
{
    struct token_bearer bearer;
    if (r->row.successor_id == 0)
        return ERR_OK;
    log_reuse(app, r, err_info(result)->level, action);
    enum err e = reuse_bearer(app, r, arena, &bearer);
    if (e == ERR_OK)
        e = db_begin(app->db, DB_RELAXED);
    if (e != ERR_OK)
        return e;
    e = db_end(app->db, put_record(app, r, &bearer, action, result, now_s));
    return e == ERR_NOT_FOUND ? ERR_OK : e; /* another process was faster */
}

/* It was stolen, before or now. ERR_REFRESH_INVALID when the family is ended. */
static enum err end_family(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena)
{
    struct token_bearer bearer;
    log_reuse(app, r, ERR_LEVEL_WARN, AUDIT_REFRESH_REUSE);
    counter_add(app->db, COUNTER_REFRESH_REUSED, 0, now_s);
    enum err e = reuse_bearer(app, r, arena, &bearer);
    if (e == ERR_OK)
        e = token_end_session(app, &bearer, AUDIT_REFRESH_REUSE, ERR_REFRESH_INVALID, r->address, now_s);
    return e == ERR_OK ? ERR_REFRESH_INVALID : e;
}

/* A refresh token that was used long ago came again. ERR_OK: from a stale tab; r->row has become the newest
 * of the family, which nobody has used. */
static enum err judge_reuse(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena)
{
    struct token_row newest;
    enum token_reuse reuse = reuse_of(r);
    enum err e = ERR_REFRESH_INVALID;
    if (reuse == TOKEN_REUSE_REFUSE) {
        enum err recorded = record_reuse(app, r, AUDIT_REFRESH_REFUSED, e, now_s, arena);
        return recorded == ERR_OK ? e : recorded;
    }
    if (reuse != TOKEN_REUSE_SAME_ADDRESS || !is_same_address(r->row.session.refresh_address, r->address))
        return end_family(app, r, now_s, arena);
    e = token_store_newest(app->db, r->row.session.id, arena, &newest);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && (newest.used_s != 0 || !token_is_live(&newest, now_s))))
        return ERR_REFRESH_INVALID;
    if (e == ERR_OK)
        e = record_reuse(app, r, AUDIT_REFRESH_STALE, ERR_OK, now_s, arena);
    if (e == ERR_OK)
        r->row = newest;
    return e;
}

/* The pair of r->row, the newest of its family, as it is by now. */
static enum err answer_newest(struct app *app, const struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    enum err e = repeat(app, r, &r->row, now_s, arena, out);
    out->expires_in_s = r->row.access_expires_s - now_s;
    return e;
}

/* ---- Rotation ---- */

/* Within the transaction: the row is read again, since another process may have used or ended it meanwhile.
 */
static enum err rotate_locked(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    enum err e = token_store_by_id(app->db, r->row.id, arena, &r->row);
    if (e != ERR_OK || r->row.used_s != 0 || !token_is_live(&r->row, now_s))
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    e = token_put_successor(app, r->client, &r->row, r->with_refresh, r->address, now_s, arena, out);
    if (e == ERR_OK)
        e = token_store_use(app->db, r->row.id, now_s, out->row.id);
    if (e == ERR_OK)
        counter_add(app->db, COUNTER_REFRESH_OK, 0, now_s);
    return e;
}

/* Use r->row. ERR_NOT_FOUND: nothing was written, and r->row says why. */
static enum err rotate_unused(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                              struct token_pair *out)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e == ERR_OK)
        e = db_end(app->db, rotate_locked(app, r, now_s, arena, out));
    return e == ERR_OK ? mint_rotated(app, r, now_s, arena, out) : e;
}

/* Whether all of `requested` was granted to the session. ERR_OK; ERR_SCOPE; ERR_MEMORY. */
static enum err check_scope(const struct session *s, const char *requested, struct arena *arena)
{
    struct client granted = {.scope = s->scope};
    const char *narrower = NULL;
    return client_scope(&granted, requested, arena, &narrower);
}

/* A family that somebody ended is over for whoever hears it, also after a power cut: who ended it may be
 * waiting for the disk yet. */
static enum err told_ended(struct app *app, const struct token_row *row)
{
    enum err e = row->session.revoked_s != 0 ? db_sync(app->db) : ERR_OK;
    return e == ERR_OK ? ERR_REFRESH_INVALID : e;
}

/* Another process may be faster each time; then the row says more than before. */
enum { ROTATE_TRIES = 3 };

static enum err rotate(struct app *app, struct rotation *r, int64_t now_s, struct arena *arena,
                       struct token_pair *out)
{
    *out = (struct token_pair){0};
    for (int i = 0; i < ROTATE_TRIES; i++) {
        if (!token_is_live(&r->row, now_s))
            return told_ended(app, &r->row);
        bool late = is_late(app, &r->row, now_s);
        enum err e = late ? judge_reuse(app, r, now_s, arena) : ERR_OK;
        if (e == ERR_OK) /* not of one that ends its family, whatever it asks for */
            e = check_scope(&r->row.session, r->scope, arena);
        if (e != ERR_OK)
            return e;
        bool is_ahead = r->row.issued_s > now_s + CLOCK_SKEW_S; /* it would be refused */
        if (late && r->row.access_expires_s > now_s && !is_ahead)
            return answer_newest(app, r, now_s, arena, out);
        if (r->row.used_s != 0)
            return replay(app, r, now_s, arena, out);
        e = rotate_unused(app, r, now_s, arena, out);
        if (e != ERR_NOT_FOUND)
            return e;
        if (r->row.used_s == 0) /* its user is not let in any more, or it has ended, or is gone */
            return told_ended(app, &r->row);
    }
    return ERR_BUSY;
}

static enum err refresh_with(struct app *app, struct rotation *r, const char *refresh_jwt, int64_t now_s,
                             struct arena *arena, struct token_pair *out)
{
    struct claims claims = {0};
    enum err e = claims_verify_with(app, r->ring, refresh_jwt, now_s, arena, &claims);
    if (e == ERR_OK)
        e = claims.is_refresh ? token_find_refresh(app, &claims, arena, &r->row) : ERR_TOKEN_INVALID;
    if (e == ERR_OK && strcmp(r->row.session.client_id, r->client->id) != 0)
        e = ERR_TOKEN_INVALID;
    if (e == ERR_NOT_FOUND || e == ERR_TOKEN_INVALID)
        return ERR_REFRESH_INVALID;
    return e == ERR_OK ? rotate(app, r, now_s, arena, out) : e;
}

enum err refresh_use(struct app *app, const struct client *client, const char *refresh_jwt, const char *scope,
                     const char *address, int64_t now_s, struct arena *arena, struct token_pair *out)
{
    struct keyring ring;
    struct rotation r = {
        .client = client, .with_refresh = true, .scope = scope, .address = address, .ring = &ring};
    enum err e = keyring_load(app, now_s, &ring);
    if (e == ERR_OK)
        e = refresh_with(app, &r, refresh_jwt, now_s, arena, out);
    keyring_wipe(&ring);
    return e;
}

/* What refreshing an access token by itself takes. ERR_NOT_FOUND if it cannot be. */
static enum err bearer_rotation(struct app *app, const struct token_bearer *bearer, const char *address,
                                struct arena *arena, struct client *client, struct rotation *out)
{
    bool is_shared = bearer->row.session.user_id == 0;
    if (bearer->row.refresh_jti[0] != '\0')
        return ERR_NOT_FOUND;
    enum err e = client_store_get(app->db, bearer->row.session.client_id, arena, client);
    if (e != ERR_OK)
        return e;
    *out =
        (struct rotation){.client = client, .row = bearer->row, .is_shared = is_shared, .address = address};
    return is_shared || client_may(client, "refresh_token") ? ERR_OK : ERR_NOT_FOUND;
}

enum err refresh_bearer(struct app *app, const struct token_bearer *bearer, const char *address,
                        int64_t now_s, struct arena *arena, struct token_pair *out)
{
    struct client client;
    struct rotation r;
    enum err e = bearer_rotation(app, bearer, address, arena, &client, &r);
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
    return e == ERR_OK
               ? token_put_successor(app, r->client, &r->row, r->with_refresh, r->address, now_s, arena, out)
               : e;
}

enum err refresh_renew(struct app *app, const struct token_bearer *bearer, const char *address, int64_t now_s,
                       struct arena *arena, struct token_pair *out)
{
    struct client client;
    struct rotation r;
    const struct token_row *row = &bearer->row;
    int64_t life_s = row->access_expires_s - row->issued_s;
    if ((row->access_expires_s - now_s) * 2 >= life_s || row->access_expires_s >= row->session.family_end_s)
        return ERR_NOT_FOUND;
    enum err e = bearer_rotation(app, bearer, address, arena, &client, &r);
    if (e == ERR_OK)
        e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = db_end(app->db, renew_locked(app, &r, now_s, arena, out));
    return e == ERR_OK ? mint_rotated(app, &r, now_s, arena, out) : e;
}
