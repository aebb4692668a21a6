/*
 * menshen mail …: what waits to be sent, and sending it.
 * Source: auth/mail.h; schema.sql, table mail.
 */
#include "auth/mail.h"

#include <inttypes.h>
#include <string.h>

#include "base/codec.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/table.h"
#include "portal/letter.h"

/* What one run sends at most: the server starts the next one when there is more. */
enum { SEND_MAX = 50 };

/* ---- list -------------------------------------------------------------------------------------------- */

static enum err list_one(void *ctx, const struct mail_row *m)
{
    struct table *t = ctx;
    bool is_question = m->recipient[0] == '\0';
    table_row(t);
    table_int(t, "id", m->id);
    table_str(t, "recipient", is_question ? "" : m->recipient);
    table_str(t, "subject", m->subject);
    table_time(t, "created_s", m->created_s);
    table_int(t, "tries", m->tries);
    table_time(t, "next_s", m->next_s);
    table_time(t, "expires_s", m->expires_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    table_open(&t, cli);
    return table_close(&t, mail_store_list(cli->app.db, &cli->arena, list_one, &t), "No mail waits.");
}

/* ---- send -------------------------------------------------------------------------------------------- */

static enum err hurry(struct cli *cli)
{
    enum err e = db_begin(cli->app.db, DB_DURABLE);
    return e == ERR_OK ? db_end(cli->app.db, mail_store_hurry(cli->app.db, cli->now_s)) : e;
}

static enum cli_status run_send(struct cli *cli)
{
    struct mail_count count = {0};
    if (!mail_is_on(&cli->app))
        return cli_fail(cli, "no program sends mail: set [mail] sendmail = /usr/sbin/sendmail -t -i");
    enum err e = cli_given(cli, "all") ? hurry(cli) : ERR_OK;
    if (e == ERR_OK)
        e = mail_send_due(&cli->app, letter_answer, SEND_MAX, &count);
    if (e != ERR_OK)
        return cli_result(cli, e);
    cli_say(cli, "%" PRId64 " sent, %" PRId64 " failed, %" PRId64 " given up\n", count.sent, count.failed,
            count.given_up);
    return count.failed > 0 ? cli_fail(cli, "the log says why; what was not given up is tried again")
                            : CLI_DONE;
}

/* ---- remove ------------------------------------------------------------------------------------------ */

static enum err remove_body(struct cli *cli, void *ctx)
{
    const int64_t *id = ctx;
    return id != NULL ? mail_store_remove(cli->app.db, *id) : mail_store_remove_all(cli->app.db);
}

static enum cli_status run_remove(struct cli *cli)
{
    int64_t id = 0;
    bool all = cli_given(cli, "all");
    if (all == (cli->operand_count > 0))
        return cli_misuse(cli, "give an ID of menshen mail list, or --all");
    if (!all && !codec_parse_int(cli->operand[0], 1, INT64_MAX, &id))
        return cli_misuse(cli, "%s: expected a number of menshen mail list", cli->operand[0]);
    cli->subject = all ? "" : arena_printf(&cli->arena, "mail:%" PRId64, id);
    if (cli->subject == NULL)
        return cli_result(cli, ERR_MEMORY);
    enum err e = cli_write(cli, remove_body, all ? NULL : &id);
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no mail %" PRId64 " waits; see: menshen mail list", id);
    if (e == ERR_OK)
        cli_say(cli, all ? "No mail waits any more.\n" : "Removed.\n");
    return cli_result(cli, e);
}

static const struct cli_option send_options[] = {{"all", NULL, "also what waits for its next try"}, {0}};
static const struct cli_option remove_options[] = {{"all", NULL, "everything that waits"}, {0}};

const struct cli_command cli_mail_commands[] = {
    {CLI_ROW("mail", "list", NULL, NULL, run_list, "List the mail that waits to be sent"), .json = true,
     .details = "Without a recipient: a question (\"forgot\") that is looked up when it is sent.",
     .examples = "menshen mail list"},
    {CLI_ROW("mail", "send", NULL, NULL, run_send, "Send the mail that is due"), .options = send_options,
     .details =
         "Workers start this by themselves, after requests. Where there are few of those, let cron start it.",
     .examples = "menshen mail send\nmenshen mail send --all"},
    {CLI_ROW("mail", "remove", "[ID]", NULL, run_remove, "Remove mail that waits"), .options = remove_options,
     .examples = "menshen mail remove 17\nmenshen mail remove --all"},
    {0}};
