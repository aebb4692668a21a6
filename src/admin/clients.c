#include "admin/clients.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "admin/text.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "auth/token_style.h"
#include "base/codec.h"
#include "base/random.h"
#include "store/token_store.h"

/* ---- What describes one ------------------------------------------------------------------------------ */

/* What a field takes, and where it goes. */
struct field {
    const char *name;
    enum { LIST, WORD, TEXT, SECONDS } type;
    const char *allowed;  /* of a list or a word; NULL: any */
    const char *standing; /* the first of `allowed`, if it stands for "" */
    int64_t max;          /* of seconds */
    size_t offset;
};

static const struct field fields[] = {
    {"grants", LIST, CLIENT_GRANTS, NULL, 0, offsetof(struct client, grants)},
    {"scope", LIST, NULL, NULL, 0, offsetof(struct client, scope)},
    {"password-wire", WORD, "md5,plain,sm2", NULL, 0, offsetof(struct client, password_wire)},
    {"alg", WORD, CLIENTS_ALG_SITE "," CLIENTS_ALGS, CLIENTS_ALG_SITE, 0, offsetof(struct client, alg)},
    {"audience", TEXT, NULL, NULL, 0, offsetof(struct client, audience)},
    {"access-ttl", SECONDS, NULL, NULL, 31536000, offsetof(struct client, access_ttl_s)},
    {"refresh-ttl", SECONDS, NULL, NULL, 315360000, offsetof(struct client, refresh_ttl_s)},
    {"refresh-reuse", WORD, CLIENTS_REUSE_DIALECT "," TOKEN_REUSES, CLIENTS_REUSE_DIALECT, 0,
     offsetof(struct client, refresh_reuse)},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

const char *clients_field(size_t i)
{
    return i < FIELDS ? fields[i].name : NULL;
}

static enum err check_word(const char *value, const char *allowed, struct buf *why)
{
    if (config_list_has(allowed, value, strlen(value)))
        return ERR_OK;
    buf_addf(why, "expected one of %s", allowed);
    return ERR_BAD_REQUEST;
}

static enum err set_seconds(int64_t *to, const char *value, int64_t max, struct buf *why)
{
    if (codec_parse_int(value, 0, max, to))
        return ERR_OK;
    buf_addf(why, "expected a whole number from 0 to %" PRId64, max);
    return ERR_BAD_REQUEST;
}

enum err clients_set_field(struct clients_draft *d, size_t i, const char *value, struct buf *why)
{
    const struct field *f = &fields[i];
    char *at = (char *)&d->row + f->offset;
    if (f->type == SECONDS)
        return set_seconds((int64_t *)(void *)at, value, f->max, why);
    enum err e = f->type == LIST   ? text_check_list(value, f->allowed, why)
                 : f->type == WORD ? check_word(value, f->allowed, why)
                                   : text_check(value, TEXT_MAX, why);
    d->alg_chosen = d->alg_chosen || f->offset == offsetof(struct client, alg);
    if (e == ERR_OK)
        *(const char **)(void *)at = f->standing != NULL && strcmp(value, f->standing) == 0 ? "" : value;
    return e;
}

enum err clients_check_id(const char *id, struct buf *why)
{
    enum err e = text_check_id(id, why);
    /* Both stand in the claim sub: a client must not pass for a user (RFC 9700, section 4.15). */
    if (e != ERR_OK || id[strspn(id, "0123456789")] != '\0')
        return e;
    buf_add_str(why, "digits only, as the ids of users are; put a letter in");
    return ERR_BAD_REQUEST;
}

/* ---- Writing one ------------------------------------------------------------------------------------- */

void clients_init(struct clients_draft *d, const char *id, int64_t now_s)
{
    *d = (struct clients_draft){.row = {.id = id,
                                        .grants = "",
                                        .scope = "all",
                                        .password_wire = "md5",
                                        .alg = "",
                                        .audience = "",
                                        .refresh_reuse = "",
                                        .created_s = now_s}};
}

enum err clients_make_secret(char out[CLIENTS_SECRET_LEN + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return random_text(out, CLIENTS_SECRET_LEN, alphabet);
}

static enum err ensure_key(struct app *app, struct clients_draft *d, int64_t now_s)
{
    return d->alg_chosen ? keyring_ensure(app, d->row.alg, now_s, &d->made_key) : ERR_OK;
}

enum err clients_add(struct app *app, struct clients_draft *d, const char *secret, int64_t now_s)
{
    d->row.has_secret = secret != NULL;
    enum err e = secret != NULL ? client_secret_mac(app, secret, d->row.secret_mac) : ERR_OK;
    if (e == ERR_OK)
        e = ensure_key(app, d, now_s);
    return e == ERR_OK ? client_store_put(app->db, &d->row) : e;
}

enum err clients_set(struct app *app, struct clients_draft *d, int64_t now_s)
{
    enum err e = ensure_key(app, d, now_s);
    return e == ERR_OK ? client_store_set(app->db, &d->row) : e;
}

enum err clients_set_locked(struct db *db, const char *id, bool locked, int64_t now_s, struct arena *arena)
{
    struct client c;
    enum err e = client_store_get(db, id, arena, &c);
    if (e != ERR_OK)
        return e;
    c.locked = locked;
    e = client_store_set(db, &c);
    return e == ERR_OK && locked ? session_store_revoke_client(db, c.id, now_s) : e;
}

enum err clients_set_secret(struct app *app, const char *id, const char *secret, int64_t overlap_s,
                            int64_t now_s, struct arena *arena, int64_t *old_until_s_out)
{
    struct client c;
    enum err e = client_store_get(app->db, id, arena, &c);
    if (e != ERR_OK)
        return e;
    c.has_old_secret = c.has_secret && overlap_s > 0;
    c.old_secret_until_s = c.has_old_secret ? now_s + overlap_s : 0;
    memcpy(c.old_secret_mac, c.secret_mac, sizeof c.old_secret_mac);
    c.has_secret = true;
    *old_until_s_out = c.old_secret_until_s;
    e = client_secret_mac(app, secret, c.secret_mac);
    return e == ERR_OK ? client_store_set(app->db, &c) : e;
}

enum err clients_end_old_secret(struct db *db, const char *id, struct arena *arena)
{
    struct client c;
    enum err e = client_store_get(db, id, arena, &c);
    c.has_old_secret = false;
    c.old_secret_until_s = 0;
    return e == ERR_OK ? client_store_set(db, &c) : e;
}

int64_t clients_old_secret_until(const struct client *c, int64_t now_s)
{
    return client_old_secret_until(c, now_s);
}

const char *clients_dialect(const struct config *cfg, const char *id)
{
    for (int d = 0; d < DIALECT_COUNT; d++)
        if (cfg->dialect[d].enabled && strcmp(cfg->dialect[d].client, id) == 0)
            return config_dialect_name((enum dialect_id)d);
    return NULL;
}

static enum err note_md5(void *ctx, const struct client *c)
{
    struct buf *out = ctx;
    if (!c->locked && strcmp(c->password_wire, "md5") == 0)
        buf_addf(out, "%s%s", out->len > 0 ? ", " : "", c->id);
    return out->err;
}

enum err clients_md5(struct db *db, struct buf *out)
{
    struct arena rows;
    arena_init(&rows, 1 << 16);
    enum err e = client_store_list(db, &rows, note_md5, out);
    arena_fini(&rows);
    return e;
}
