/*
 * menshen init: the database of a new site, with what every site needs; menshen setup code: what its first
 * administrator is made with.
 */
#include "admin/site.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/demo.h"
#include "admin/setup.h"
#include "admin/users.h"
#include "base/secure.h"
#include "cli/cli.h"
#include "cli/table.h"

static enum cli_status report_json(const struct cli *cli, bool demo, const char *code)
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
    json_str(&j, "setup_code", code);
    return table_object_end(cli, &j);
}

/* `code` is NULL where there is a user already. */
static enum cli_status report_made(const struct cli *cli, bool demo, const char *code)
{
    const struct config *cfg = &cli->app.cfg;
    struct stat st;
    /* What root makes belongs to the owner of the folder around it. */
    if (geteuid() == 0 && stat(cfg->server.data_dir, &st) == 0 && st.st_uid == 0)
        cli_note(cli, "made as root. If the web server runs Menshen as another user: chown -R USER '%s'",
                 cfg->server.data_dir);
    if (cli->json)
        return report_json(cli, demo, code);
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
    cli_say(cli,
            "Next: open the site in a browser and make its first administrator; the page asks for this setup "
            "code\n"
            "  %s\n"
            "or, here:\n"
            "  menshen tenant add 000000 --name NAME\n"
            "  menshen client add ID --grants captcha,refresh_token\n"
            "  menshen user add ACCOUNT --real-name NAME --groups admins\n"
            "  menshen doctor\n",
            code);
    return CLI_DONE;
}

/* With a demo there is an administrator to sign in as, and nothing is to be set up. */
static enum err make(struct cli *cli, bool demo, char code_out[SETUP_CODE_CAP], struct buf *why)
{
    char hash[PASSWORD_HASH_CAP];
    struct app *app = &cli->app;
    enum err e = demo ? users_hash_password(app, DEMO_PASSWORD, strlen(DEMO_PASSWORD), hash) : ERR_OK;
    if (e == ERR_OK)
        e = site_create(app, demo ? hash : NULL, cli->now_s, why);
    return e == ERR_OK && !demo ? setup_code(app->cfg.server.data_dir, code_out, why) : e;
}

static enum cli_status run_init(struct cli *cli)
{
    struct buf why;
    char code[SETUP_CODE_CAP] = "";
    bool demo = cli_given(cli, "demo");
    buf_init(&why);
    enum cli_status status = cli_result_why(cli, make(cli, demo, code, &why), &why);
    if (status == CLI_DONE)
        status = report_made(cli, demo, demo ? NULL : code);
    secure_wipe(code, sizeof code);
    return status;
}

static enum cli_status run_setup_code(struct cli *cli)
{
    struct buf why;
    char code[SETUP_CODE_CAP] = "";
    bool is_due = false;
    buf_init(&why);
    enum err e = setup_is_due(cli->app.db, &is_due);
    if (e == ERR_OK && !is_due)
        setup_forget_code(cli->app.cfg.server.data_dir);
    if (e == ERR_OK && !is_due)
        return cli_fail(cli,
                        "there are users already, and no code makes an administrator: menshen group join "
                        "admins ACCOUNT");
    if (e == ERR_OK)
        e = setup_code(cli->app.cfg.server.data_dir, code, &why);
    enum cli_status status = cli_result_why(cli, e, &why);
    if (status == CLI_DONE)
        cli_print(stdout, "%s\n", code);
    secure_wipe(code, sizeof code);
    return status;
}

static const struct cli_option options[] = {
    {"demo", NULL, "also a tenant, a client and a user whose passwords everybody knows"}, {0}};

const struct cli_command cli_init_commands[] = {
    {CLI_ROW("init", NULL, NULL, NULL, run_init, "Make the database of a new site"),
     .needs = CLI_NEEDS_CONFIG, .options = options, .json = true,
     .details =
         "It goes into the folder [server] data_dir, which is made if it is missing. A database that is\n"
         "there already is left as it is. --demo adds tenant 000000, client sword with secret\n"
         "sword_secret, and user admin with password admin, who administers the portal: to try things\n"
         "out, never to be reached by others.",
     .examples = "menshen init\n"
                 "menshen init --demo\n"
                 "menshen --conf /home/site/menshen.conf init"},
    {0}};

const struct cli_command cli_setup_commands[] = {
    {CLI_ROW("setup", "code", NULL, NULL, run_setup_code,
             "Print the code that makes the first administrator"),
     .details = "The portal asks for it as long as the site has no users. It is in setup-code.txt in the "
                "data folder\n"
                "too, and gone once it was used.",
     .examples = "menshen setup code"},
    {0}};
