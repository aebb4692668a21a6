/*
 * menshen session …: who is logged in, and ending it.
 * Source: schema.sql, table session.
 */
#include "cli/session.h"

#include "base/codec.h"
#include "cli/table.h"
#include "cli/user.h"
#include "store/client_store.h"
#include "store/token_store.h"
#include "store/user_store.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000 };

/* ---- Shared with token ------------------------------------------------------------------------------- */

/* The id of --account in --tenant; 0 if no account was given. ERR_OK, ERR_NOT_FOUND, ERR_STORE. */
static enum err user_id_of(struct cli *cli, int64_t *id_out)
{
    const char *account = cli_value(cli, "account");
    struct user u = {0};
    enum err e = ERR_OK;
    if (account != NULL)
        e = user_store_find(cli->app.db, user_tenant(cli), account, &cli->arena, &u);
    if (u.id != 0)
        cli->subject = arena_printf(&cli->arena, "user:%s/%s", u.tenant_id, u.account);
    *id_out = u.id;
    return e;
}

static enum cli_status check_tenant(const struct cli *cli)
{
    if (cli_given(cli, "tenant") && !cli_given(cli, "account"))
        return cli_misuse(cli, "--tenant belongs to --account");
    return CLI_DONE;
}

enum cli_status session_query_read(struct cli *cli, struct session_query *out)
{
    *out = (struct session_query){.client_id = cli_value(cli, "client"), .limit = LIST_DEFAULT};
    enum cli_status status = cli_number(cli, "limit", 1, LIST_MAX, &out->limit);
    if (status == CLI_DONE)
        status = check_tenant(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = user_id_of(cli, &out->user_id);
    return e == ERR_NOT_FOUND ? user_refuse_unknown(cli, cli_value(cli, "account")) : cli_result(cli, e);
}

static enum err revoke_account(struct cli *cli, void *ctx)
{
    int64_t user_id = 0;
    (void)ctx;
    enum err e = user_id_of(cli, &user_id);
    return e == ERR_OK ? session_store_revoke_user(cli->app.db, user_id, 0, cli->now_s) : e;
}

static enum err revoke_client(struct cli *cli, void *ctx)
{
    struct client c;
    (void)ctx;
    enum err e = client_store_get(cli->app.db, cli_value(cli, "client"), &cli->arena, &c);
    return e == ERR_OK ? session_store_revoke_client(cli->app.db, c.id, cli->now_s) : e;
}

enum cli_status session_revoke(struct cli *cli, cli_body *one, const char *operand, const char *what)
{
    bool by_operand = cli->operand_count > 0, by_account = cli_given(cli, "account"),
         by_client = cli_given(cli, "client");
    if (by_operand + by_account + by_client != 1)
        return cli_misuse(cli, "give one of %s, --account and --client", operand);
    enum cli_status status = check_tenant(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, by_operand ? one : by_account ? revoke_account : revoke_client, NULL);
    if (e == ERR_NOT_FOUND && by_operand)
        return cli_fail(cli, "no %s %s; list them with: menshen %s list", what, cli->operand[0], what);
    if (e == ERR_NOT_FOUND && by_account)
        return user_refuse_unknown(cli, cli_value(cli, "account"));
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no client %s; list them with: menshen client list", cli_value(cli, "client"));
    if (e == ERR_OK)
        cli_say(cli, "%s ended: none of its tokens is accepted any more.\n",
                by_operand   ? "The session"
                : by_account ? "Every session of this user"
                             : "Every session of this client");
    return cli_result(cli, e);
}

/* ---- list -------------------------------------------------------------------------------------------- */

static enum err list_one(void *ctx, const struct session_row *row)
{
    struct table *t = ctx;
    const struct session *s = &row->session;
    table_row(t);
    table_int(t, "id", s->id);
    table_str(t, "tenant_id", s->tenant_id);
    table_str(t, "account", row->account);
    table_str(t, "client_id", s->client_id);
    table_str(t, "dialect", s->dialect);
    table_str(t, "address", s->address);
    table_str(t, "fingerprint", s->fingerprint);
    table_time(t, "created_s", s->created_s);
    table_time(t, "refreshed_s", row->refreshed_s);
    table_time(t, "expires_s", row->expires_s);
    table_time(t, "ends_s", s->family_end_s);
    table_details(t);
    table_str(t, "scope", s->scope);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    struct session_query q;
    enum cli_status status = session_query_read(cli, &q);
    if (status != CLI_DONE)
        return status;
    table_open(&t, cli);
    return table_close(&t,
                       session_store_list(cli->app.db, q.user_id, q.client_id, cli->now_s, q.limit,
                                          &cli->arena, list_one, &t),
                       "Nobody is logged in.");
}

/* ---- revoke ------------------------------------------------------------------------------------------ */

static enum err revoke_id(struct cli *cli, void *ctx)
{
    int64_t id = 0;
    (void)ctx;
    if (!codec_parse_int(cli->operand[0], 1, INT64_MAX, &id))
        return ERR_NOT_FOUND;
    return session_store_end(cli->app.db, id, cli->now_s);
}

static enum cli_status run_revoke(struct cli *cli)
{
    return session_revoke(cli, revoke_id, "ID", "session");
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option list_options[] = {SESSION_WHOSE_OPTIONS, SESSION_LIMIT_OPTION, {0}};
static const struct cli_option revoke_options[] = {SESSION_WHOSE_OPTIONS, {0}};

const struct cli_command cli_session_commands[] = {
    {.family = "session",
     .verb = "list",
     .summary = "List live sessions, the newest first",
     .options = list_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = "A session is one login and what was refreshed from it. It expires unless it is refreshed, "
                "and ends\n"
                "at the latest after [token] family_ttl.",
     .examples = "menshen session list\nmenshen session list --account zhangsan --json",
     .run = run_list},
    {.family = "session",
     .verb = "revoke",
     .summary = "End sessions: one, a user's, a client's",
     .operands = "[ID]",
     .operands_max = 1,
     .options = revoke_options,
     .needs = CLI_NEEDS_DATABASE,
     .details = "ID is the number that session list shows. Takes effect at once; the person can log in again "
                "unless\n"
                "locked: menshen user lock.",
     .examples = "menshen session revoke 17\n"
                 "menshen session revoke --account zhangsan\n"
                 "menshen session revoke --client portal",
     .run = run_revoke},
    {0}};
