/*
 * menshen init: the database of a new site, with what every site needs.
 */
#include "admin/site.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/demo.h"
#include "admin/users.h"
#include "cli/cli.h"
#include "cli/table.h"

/* `ctx` is the hash of the demo password, NULL without demo. */
static enum err fill(struct cli *cli, void *ctx)
{
    enum err e = site_put_essentials(&cli->app, cli->now_s);
    return e == ERR_OK && ctx != NULL ? site_put_demo(&cli->app, ctx, cli->now_s) : e;
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
    for (size_t i = 0; site_public_client(i) != NULL; i++)
        json_str(&j, NULL, site_public_client(i));
    if (demo)
        json_str(&j, NULL, DEMO_CLIENT);
    json_close_array(&j);
    json_bool(&j, "demo", demo);
    return table_object_end(cli, &j);
}

static enum cli_status report_made(const struct cli *cli, bool demo)
{
    const struct config *cfg = &cli->app.cfg;
    struct stat st;
    /* What root makes belongs to the owner of the folder around it. */
    if (geteuid() == 0 && stat(cfg->server.data_dir, &st) == 0 && st.st_uid == 0)
        cli_note(cli, "made as root. If the web server runs Menshen as another user: chown -R USER '%s'",
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
    return status == CLI_DONE ? report_made(cli, demo) : status;
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
