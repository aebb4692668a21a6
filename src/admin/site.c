#include "admin/site.h"

#include <limits.h>

#include "admin/demo.h"
#include "admin/groups.h"
#include "admin/users.h"
#include "auth/audit.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/client_store.h"
#include "store/setting_store.h"
#include "store/tenant_store.h"

/* The clients of the dialects whose requests carry no client credentials. */
static const struct client public_clients[] = {
    {.id = "ebaas", .grants = "captcha", .scope = "all", .password_wire = "plain"},
    {.id = "eplatform", .grants = "captcha,refresh_token", .scope = "all", .password_wire = "md5"},
    {.id = "platform", .grants = "captcha", .scope = "all", .password_wire = "plain"},
    {.id = "ruoyi", .grants = "captcha", .scope = "all", .password_wire = "plain"},
};
enum { PUBLIC_CLIENTS = sizeof public_clients / sizeof public_clients[0] };

const char *site_public_client(size_t i)
{
    return i < PUBLIC_CLIENTS ? public_clients[i].id : NULL;
}

static enum err put_seed(struct db *db, const char *name, unsigned char seed[SETTING_SEED_LEN])
{
    enum err e = random_bytes(seed, SETTING_SEED_LEN);
    return e == ERR_OK ? setting_store_put(db, name, seed, SETTING_SEED_LEN) : e;
}

enum err site_restyle(struct db *db)
{
    unsigned char style[SETTING_SEED_LEN];
    enum err e = put_seed(db, SETTING_CAPTCHA_STYLE, style);
    secure_wipe(style, sizeof style);
    return e;
}

enum err site_put_essentials(struct app *app, int64_t now_s)
{
    struct db *db = app->db;
    enum err e = site_restyle(db);
    if (e == ERR_OK)
        e = put_seed(db, SETTING_CLIENT_PEPPER, app->client_pepper);
    if (e == ERR_OK)
        e = keyring_generate(db, JWS_HS256, now_s);
    for (size_t i = 0; e == ERR_OK && i < PUBLIC_CLIENTS; i++) {
        struct client c = public_clients[i];
        c.created_s = now_s;
        e = client_store_put(db, &c);
    }
    return e;
}

enum err site_put_demo(struct app *app, const char *password_hash, int64_t now_s)
{
    struct tenant tenant = {.id = DEMO_TENANT, .name = "默认租户", .created_s = now_s};
    struct client client = {.id = DEMO_CLIENT,
                            .has_secret = true,
                            .grants = "captcha,password,refresh_token,client_credentials",
                            .scope = "all",
                            .password_wire = "md5",
                            .created_s = now_s};
    struct user user = {.tenant_id = DEMO_TENANT,
                        .account = DEMO_ACCOUNT,
                        .password_hash = password_hash,
                        .password_changed_s = now_s,
                        .real_name = "admin",
                        .nick_name = "超级管理员",
                        .role_id = "1341632363013054455",
                        .role_name = "administrator",
                        .created_s = now_s};
    enum err e = tenant_store_put(app->db, &tenant);
    if (e == ERR_OK)
        e = client_secret_mac(app, DEMO_SECRET, client.secret_mac);
    if (e == ERR_OK)
        e = client_store_put(app->db, &client);
    if (e == ERR_OK)
        e = users_new_id(&user.id);
    if (e == ERR_OK)
        e = user_store_put(app->db, &user);
    return e == ERR_OK ? groups_put_member(app->db, GROUPS_ADMINS, user.id) : e;
}

static enum err fill(struct app *app, const char *demo_hash, int64_t now_s)
{
    enum err e = db_begin(app->db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    e = site_put_essentials(app, now_s);
    if (e == ERR_OK && demo_hash != NULL)
        e = site_put_demo(app, demo_hash, now_s);
    if (e == ERR_OK)
        e = audit_record_admin(app, "init", "", now_s);
    return db_end(app->db, e);
}

enum err site_create(struct app *app, const char *demo_hash, int64_t now_s, struct buf *why)
{
    char hidden[PATH_MAX];
    const char *dir = app->cfg.server.data_dir;
    enum err e = db_create_hidden(dir, hidden, why);
    if (e != ERR_OK)
        return e;
    e = db_open(hidden, &app->log, &app->db, why);
    if (e == ERR_OK)
        e = fill(app, demo_hash, now_s);
    db_close(app->db);
    app->db = NULL;
    if (e == ERR_OK)
        return db_publish(hidden, dir, why);
    db_discard_hidden(hidden);
    return e;
}
