/*
 * menshen init: the database of a new site, with what every site needs.
 * Source: contracts, section blade (the demo's tenant, client and user); schema.sql.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/demo.h"
#include "admin/users.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "base/random.h"
#include "base/secure.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "store/setting_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

/* The clients of the dialects whose requests carry no client credentials. */
static const struct client public_clients[] = {
    {.id = "ebaas", .grants = "captcha", .scope = "all", .password_wire = "plain"},
    {.id = "eplatform", .grants = "captcha,refresh_token", .scope = "all", .password_wire = "md5"},
    {.id = "platform", .grants = "captcha", .scope = "all", .password_wire = "plain"},
    {.id = "ruoyi", .grants = "captcha", .scope = "all", .password_wire = "plain"},
};
enum { PUBLIC_CLIENTS = sizeof public_clients / sizeof public_clients[0] };

static enum err put_seed(struct db *db, const char *name, unsigned char seed[SETTING_SEED_LEN])
{
    enum err e = random_bytes(seed, SETTING_SEED_LEN);
    return e == ERR_OK ? setting_store_put(db, name, seed, SETTING_SEED_LEN) : e;
}

static enum err put_essentials(struct cli *cli)
{
    unsigned char style[SETTING_SEED_LEN];
    struct db *db = cli->app.db;
    enum err e = put_seed(db, SETTING_CAPTCHA_STYLE, style);
    secure_wipe(style, sizeof style);
    if (e == ERR_OK)
        e = put_seed(db, SETTING_CLIENT_PEPPER, cli->app.client_pepper);
    if (e == ERR_OK)
        e = keyring_generate(db, JWS_HS256, cli->now_s);
    for (size_t i = 0; e == ERR_OK && i < PUBLIC_CLIENTS; i++) {
        struct client c = public_clients[i];
        c.created_s = cli->now_s;
        e = client_store_put(db, &c);
    }
    return e;
}

static enum err put_demo(struct cli *cli, const char *password_hash)
{
    struct tenant tenant = {.id = DEMO_TENANT, .name = "默认租户", .created_s = cli->now_s};
    struct client client = {.id = DEMO_CLIENT,
                            .has_secret = true,
                            .grants = "captcha,password,refresh_token,client_credentials",
                            .scope = "all",
                            .password_wire = "md5",
                            .created_s = cli->now_s};
    struct user user = {.tenant_id = DEMO_TENANT,
                        .account = DEMO_ACCOUNT,
                        .password_hash = password_hash,
                        .password_changed_s = cli->now_s,
                        .real_name = "admin",
                        .nick_name = "超级管理员",
                        .role_id = "1341632363013054455",
                        .role_name = "administrator",
                        .created_s = cli->now_s};
    enum err e = tenant_store_put(cli->app.db, &tenant);
    if (e == ERR_OK)
        e = client_secret_mac(&cli->app, DEMO_SECRET, client.secret_mac);
    if (e == ERR_OK)
        e = client_store_put(cli->app.db, &client);
    if (e == ERR_OK)
        e = users_new_id(&user.id);
    if (e == ERR_OK)
        e = user_store_put(cli->app.db, &user);
    return e;
}

/* `ctx` is the hash of the demo password, NULL without demo. */
static enum err fill(struct cli *cli, void *ctx)
{
    enum err e = put_essentials(cli);
    return e == ERR_OK && ctx != NULL ? put_demo(cli, ctx) : e;
}

/* The database is there and empty. */
static enum err open_and_fill(struct cli *cli, bool demo, struct buf *why)
{
    char hash[PASSWORD_HASH_CAP];
    enum err e = db_open(cli->app.cfg.server.data_dir, &cli->app.log, &cli->app.db, why);
    if (e == ERR_OK && demo)
        e = users_hash_password(&cli->app, DEMO_PASSWORD, strlen(DEMO_PASSWORD), hash);
    if (e == ERR_OK)
        e = cli_write(cli, fill, demo ? hash : NULL);
    return e;
}

static enum cli_status report_json(const struct cli *cli, bool demo)
{
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_str(&j, "data_dir", cli->app.cfg.server.data_dir);
    json_str(&j, "configuration", cli->app.cfg.path[0] != '\0' ? cli->app.cfg.path : NULL);
    json_open_array(&j, "clients");
    for (size_t i = 0; i < PUBLIC_CLIENTS; i++)
        json_str(&j, NULL, public_clients[i].id);
    if (demo)
        json_str(&j, NULL, DEMO_CLIENT);
    json_close_array(&j);
    json_bool(&j, "demo", demo);
    return table_object_end(cli, &j);
}

static enum cli_status report(const struct cli *cli, bool demo)
{
    const struct config *cfg = &cli->app.cfg;
    struct stat st;
    /* What root makes belongs to the owner of the folder around it. */
    if (geteuid() == 0 && stat(cfg->server.data_dir, &st) == 0 && st.st_uid == 0)
        cli_note(cli, "made as root. If the web server runs Menshen as another user: chown -R USER %s",
                 cfg->server.data_dir);
    if (cli->json)
        return report_json(cli, demo);
    cli_say(cli, "Made %s/%s\n", cfg->server.data_dir, DB_FILE);
    cli_say(cli, "  configuration: %s\n", cfg->path[0] != '\0' ? cfg->path : "none found; defaults");
    cli_say(cli, "  a signing key, and the clients ebaas, eplatform, platform and ruoyi of the dialects "
                 "without client "
                 "secrets\n");
    if (demo) {
        cli_say(cli, "  tenant %s, client %s with secret %s, user %s with password %s\n", DEMO_TENANT,
                DEMO_CLIENT, DEMO_SECRET, DEMO_ACCOUNT, DEMO_PASSWORD);
        cli_note(cli,
                 "this password and this secret are public. Before anyone else can reach the site: menshen "
                 "user passwd %s; menshen client secret %s --overlap 0",
                 DEMO_ACCOUNT, DEMO_CLIENT);
        return CLI_DONE;
    }
    cli_say(cli, "Next:\n"
                 "  menshen tenant add 000000 --name NAME\n"
                 "  menshen client add ID --grants captcha,refresh_token\n"
                 "  menshen user add ACCOUNT --real-name NAME\n"
                 "  menshen doctor\n");
    return CLI_DONE;
}

static enum cli_status run_init(struct cli *cli)
{
    struct buf why;
    bool demo = cli_given(cli, "demo");
    const char *dir = cli->app.cfg.server.data_dir;
    buf_init(&why);
    enum err e = db_create(dir, &why);
    if (e == ERR_OK) {
        e = open_and_fill(cli, demo, &why);
        if (e != ERR_OK) {
            db_close(cli->app.db);
            cli->app.db = NULL;
            db_discard(dir);
        }
    }
    enum cli_status status = cli_result_why(cli, e, &why);
    return status == CLI_DONE ? report(cli, demo) : status;
}

static const struct cli_option options[] = {
    {"demo", NULL, "also a tenant, a client and a user whose passwords everybody knows"}, {0}};

const struct cli_command cli_init_commands[] = {
    {CLI_ROW("init", NULL, NULL, NULL, run_init, "Make the database of a new site"),
     .needs = CLI_NEEDS_CONFIG, .options = options, .json = true,
     .details =
         "It goes into the folder [server] data_dir, which is made if it is missing. A database that is\n"
         "there already is left as it is. --demo adds tenant 000000, client sword with secret\n"
         "sword_secret, and user admin with password admin: to try things out, never to be reached by\n"
         "others.",
     .examples = "menshen init\n"
                 "menshen init --demo\n"
                 "menshen --conf /home/site/menshen.conf init"},
    {0}};
