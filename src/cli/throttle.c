/*
 * menshen throttle …: who is locked out or limited, and letting them in again.
 * Source: auth/throttle.h; schema.sql, table throttle.
 */
#include "auth/throttle.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"

/* ---- list -------------------------------------------------------------------------------------------- */

struct listing {
    struct table table;
    bool all;
};

/* What a counter means for those whom it counts, in words. */
static const char *in_words(const struct throttle_entry *e)
{
    static const char *const words[] = {
        [THROTTLE_COUNTING] = "nothing yet",
        [THROTTLE_CAPTCHA_DUE] = "needs a captcha",
        [THROTTLE_ATTACKED] = "under attack: needs a captcha and an address that has not failed",
        [THROTTLE_LOCKED] = "locked",
    };
    return e->kind == THROTTLE_CAPTCHA && e->state == THROTTLE_LOCKED ? "gets no captchas" : words[e->state];
}

/* What is counted, in words. */
static const char *what_of(const struct throttle_entry *e)
{
    static const char *const words[] = {
        [THROTTLE_ACCOUNT] = "failed logins of the account",
        [THROTTLE_ADDRESS] = "failed logins from the address",
        [THROTTLE_CLIENT] = "failed logins of the client",
        [THROTTLE_SECRET] = "wrong client secrets from the address",
        [THROTTLE_CAPTCHA] = "captchas of the address",
    };
    if (e->name[0] == '\0')
        return e->kind == THROTTLE_SECRET ? "addresses with a wrong client secret"
                                          : "addresses with a failed login";
    return e->kind == THROTTLE_ACCOUNT && e->name[0] == '#' ? "failed logins of accounts that do not exist"
                                                            : words[e->kind];
}

static enum err list_one(void *ctx, const struct throttle_entry *e)
{
    struct listing *l = ctx;
    struct table *t = &l->table;
    if (e->state == THROTTLE_COUNTING && !l->all)
        return ERR_OK;
    table_row(t);
    table_str(t, "kind", throttle_kind_name(e->kind));
    table_str(t, "name", e->name);
    table_int(t, "count", e->count);
    table_int(t, "limit", e->limit);
    table_time(t, "ends_s", e->ends_s);
    table_str(t, "counted", what_of(e));
    table_str(t, "effect", in_words(e));
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct listing l = {.all = cli_given(cli, "all")};
    table_open(&l.table, cli);
    return table_close(&l.table, throttle_list(&cli->app, cli->now_s, &cli->arena, list_one, &l),
                       "Nobody is locked out or limited.");
}

/* ---- clear ------------------------------------------------------------------------------------------- */

/* An account as the list names it, TENANT/ACCOUNT, or without its tenant in the default one. */
struct account {
    const char *tenant_id, *name;
};

static enum err read_account(struct cli *cli, struct account *out)
{
    const char *given = cli_value(cli, "account"), *slash = strchr(given, '/');
    *out = (struct account){"000000", given};
    if (slash == NULL)
        return ERR_OK;
    out->tenant_id = arena_strndup(&cli->arena, given, (size_t)(slash - given));
    out->name = slash + 1;
    return out->tenant_id != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err clear_account(struct cli *cli, void *ctx)
{
    const struct account *a = ctx;
    return throttle_clear_account(&cli->app, a->tenant_id, a->name);
}

static enum err clear_address(struct cli *cli, void *ctx)
{
    return throttle_clear_address(&cli->app, ctx);
}

static enum err clear_client(struct cli *cli, void *ctx)
{
    return throttle_clear_client(&cli->app, ctx);
}

static enum err clear_all(struct cli *cli, void *ctx)
{
    (void)ctx;
    return throttle_clear_all(&cli->app);
}

/* Run it, with what it is done to for the audit. `what` is cleared, in words. */
static enum cli_status clear(struct cli *cli, cli_body *body, void *ctx, const char *subject,
                             const char *what)
{
    if (subject == NULL || what == NULL)
        return cli_result(cli, ERR_MEMORY);
    cli->subject = subject;
    enum err e = cli_write(cli, body, ctx);
    if (e == ERR_BAD_REQUEST)
        return cli_fail(cli, "%s: expected an IPv4 or IPv6 address, an IPv6 network of /64, unix or unknown",
                        what);
    if (e == ERR_NOT_FOUND) {
        cli_note(cli, "nothing was counted against %s; see: menshen throttle list --all", what);
        return CLI_DONE;
    }
    if (e == ERR_OK)
        cli_say(cli, "Nothing is counted against %s any more.\n", what);
    return cli_result(cli, e);
}

static enum cli_status run_clear(struct cli *cli)
{
    const char *address = cli_value(cli, "address"), *client = cli_value(cli, "client");
    struct account account;
    if ((address != NULL) + (client != NULL) + cli_given(cli, "account") + cli_given(cli, "all") != 1)
        return cli_misuse(cli, "give one of --address, --account, --client and --all");
    if (address != NULL)
        return clear(cli, clear_address, (void *)address, arena_printf(&cli->arena, "address:%s", address),
                     address);
    if (client != NULL)
        return clear(cli, clear_client, (void *)client, arena_printf(&cli->arena, "client:%s", client),
                     client);
    if (cli_given(cli, "all"))
        return clear(cli, clear_all, NULL, "", "anybody");
    enum err e = read_account(cli, &account);
    if (e != ERR_OK)
        return cli_result(cli, e);
    return clear(cli, clear_account, &account,
                 arena_printf(&cli->arena, "user:%s/%s", account.tenant_id, account.name),
                 arena_printf(&cli->arena, "%s/%s", account.tenant_id, account.name));
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option list_options[] = {{"all", NULL, "also counters that have no effect yet"}, {0}};

static const struct cli_option clear_options[] = {
    {"address", "ADDRESS",
     "failures, wrong secrets, captchas; IPv6 counts by its /64; unix, unknown: whom nobody knows"},
    {"account", "TENANT/ACCOUNT", "failed logins of the account; without a tenant of 000000"},
    {"client", "ID", "failed logins of the client"},
    {"all", NULL, "everything"},
    {0}};

const struct cli_command cli_throttle_commands[] = {
    {CLI_ROW("throttle", "list", NULL, NULL, run_list, "List who is locked out or limited, and until when"),
     .options = list_options, .json = true,
     .details =
         "Counters start with the first failure and end with [login] window, those of captchas after a\n"
         "minute. Accounts that do not exist have numbers: what was typed may be a password.",
     .examples = "menshen throttle list\nmenshen throttle list --all --json"},
    {CLI_ROW("throttle", "clear", NULL, NULL, run_clear, "Let an address, an account or a client in again"),
     .options = clear_options,
     .details = "Takes effect at once. An account under attack will be so again after as many failures.",
     .examples = "menshen throttle clear --address 192.0.2.7\n"
                 "menshen throttle clear --account 000000/zhangsan\n"
                 "menshen throttle clear --client portal\n"
                 "menshen throttle clear --all"},
    {0}};
