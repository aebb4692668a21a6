/*
 * menshen backup: a copy of the database while the site runs.
 */
#include "cli/cli.h"
#include "cli/noun.h"

/* A copy holds every secret of the site: that it was made is recorded, once it is there. */
static enum cli_status run_backup(struct cli *cli)
{
    struct buf why;
    buf_init(&why);
    enum cli_status status = cli_result_why(cli, db_backup(cli->app.db, cli->operand[0], &why), &why);
    if (status == CLI_DONE && cli_write(cli, NULL, NULL) != ERR_OK)
        return cli_fail(cli,
                        "the copy %s was made, but could not be recorded in the audit: the database was "
                        "locked, or failed; the log says more",
                        cli->operand[0]);
    if (status == CLI_DONE)
        cli_say(cli, "Copied to %s. It holds keys and password hashes: keep it as safe as the database.\n",
                cli->operand[0]);
    return status;
}

const struct cli_command cli_backup_commands[] = {
    {CLI_ROW("backup", NULL, "FILE", &noun_file, run_backup, "Copy the database while the site runs"),
     .details = "FILE must not exist yet; only its owner can read it. To put it back: menshen restore FILE. "
                "A copy of\n" DB_FILE " that was made by other means lacks what is still in " DB_FILE "-wal.",
     .examples = "menshen backup /backup/menshen-2026-11-21.db"},
    {0}};
