#include "admin/clients.h"

#include <string.h>

#include "auth/client.h"
#include "store/token_store.h"

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
    return c->has_old_secret && c->old_secret_until_s > now_s ? c->old_secret_until_s : 0;
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
