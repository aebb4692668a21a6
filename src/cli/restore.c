/*
 * menshen restore: a copy in the place of the database, while the site runs.
 */
#include "cli/cli.h"
#include "cli/noun.h"

/* In the audit of the database that is there now. */
static enum err record(struct cli *cli, struct buf *why)
{
    enum err e = db_open(cli->app.cfg.server.data_dir, &cli->app.log, &cli->app.db, why);
    return e == ERR_OK ? cli_write(cli, NULL, NULL) : e;
}

static enum cli_status run_restore(struct cli *cli)
{
    struct buf kept, why;
    const char *dir = cli->app.cfg.server.data_dir;
    buf_init(&kept);
    buf_init(&why);
    enum err e = db_restore(dir, cli->operand[0], &cli->app.log, &kept, &why);
    enum cli_status status = cli_result_why(cli, e, &why);
    if (status == CLI_DONE)
        cli_say(cli, "%s is in the place of %s/%s; running workers open it with their next request.\n",
                cli->operand[0], dir, DB_FILE);
    if (status == CLI_DONE && kept.len > 0)
        cli_say(
            cli,
            "The one before is kept as %s. It holds keys and password hashes: remove it when all is well.\n",
            buf_str(&kept));
    if (status == CLI_DONE && record(cli, &why) != ERR_OK)
        status = cli_fail(cli, "it could not be recorded in the audit: %s",
                          why.len > 0 ? buf_str(&why) : "the log says more; see: menshen doctor");
    buf_free(&kept);
    buf_free(&why);
    return status;
}

const struct cli_command cli_restore_commands[] = {
    {CLI_ROW("restore", NULL, "FILE", &noun_file, run_restore,
             "Put a copy in the place of the database while the site runs"),
     .needs = CLI_NEEDS_CONFIG,
     .details =
         "FILE is examined first and only read. Nothing is overwritten: the present database is kept beside\n"
         "the new one, as " DB_FILE
         ".before-restore-TIME. Running workers notice; whoever logged in since FILE\n"
         "was made logs in again.",
     .examples = "menshen restore /backup/menshen-2026-11-21.db"},
    {0}};
