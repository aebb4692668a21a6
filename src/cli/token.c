/*
 * menshen token …: who is logged in, and ending it.
 * Source: schema.sql, tables session and token.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/user.h"
#include "store/client_store.h"
#include "store/token_store.h"
#include "store/user_store.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000, PURGE_ROWS = 500, PURGE_STEPS_MAX = 100000 };

/* The id of --account in --tenant; 0 if no account was given. ERR_OK, ERR_NOT_FOUND, ERR_STORE. */
static enum err user_id_of(struct cli *cli, int64_t *id_out)
{
    const char *account = cli_value(cli, "account");
    struct user u = {0};
    enum err e = ERR_OK;
    if (account != NULL)
        e = user_store_find(cli->app.db, user_tenant(cli), account, &cli->arena, &u);
    *id_out = u.id;
    return e;
}

static enum cli_status refuse_account(const struct cli *cli)
{
    return user_refuse_unknown(cli, cli_value(cli, "account"));
}

/* ---- list -------------------------------------------------------------------------------------------- */

struct listing {
    struct table table;
    struct arena users; /* texts of the row's user */
};

static enum err list_one(void *ctx, const struct token_row *row)
{
    struct listing *l = ctx;
    struct table *t = &l->table;
    struct user u = {0};
    const struct session *s = &row->session;
    enum err e = s->user_id != 0 ? user_store_get(t->cli->app.db, s->user_id, &l->users, &u) : ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    table_row(t);
    table_str(t, "jti", row->jti);
    table_str(t, "tenant_id", s->tenant_id);
    table_str(t, "account", u.account);
    table_str(t, "client_id", s->client_id);
    table_str(t, "dialect", s->dialect);
    table_str(t, "address", s->address);
    table_time(t, "issued_s", row->issued_s);
    table_time(t, "access_expires_s", row->access_expires_s);
    table_time(t, "refresh_expires_s", row->refresh_jti[0] != '\0' ? row->refresh_expires_s : 0);
    table_details(t);
    table_str(t, "scope", s->scope);
    table_str(t, "fingerprint", s->fingerprint);
    table_time(t, "session_created_s", s->created_s);
    table_time(t, "session_ends_s", s->family_end_s);
    table_row_end(t);
    arena_reset(&l->users);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct listing l;
    int64_t limit = LIST_DEFAULT, user_id = 0;
    enum cli_status status = cli_number(cli, "limit", 1, LIST_MAX, &limit);
    if (status != CLI_DONE)
        return status;
    enum err e = user_id_of(cli, &user_id);
    if (e == ERR_NOT_FOUND)
        return refuse_account(cli);
    table_open(&l.table, cli);
    arena_init(&l.users, cli->arena.cap);
    if (e == ERR_OK)
        e = token_store_list(cli->app.db, user_id, cli_value(cli, "client"), cli->now_s, limit, &cli->arena,
                             list_one, &l);
    status = table_close(&l.table, e, "No valid tokens.");
    arena_fini(&l.users);
    return status;
}

/* ---- revoke ------------------------------------------------------------------------------------------ */

static enum err revoke_jti(struct cli *cli, void *ctx)
{
    struct token_row row;
    (void)ctx;
    enum err e = token_store_by_jti(cli->app.db, cli->operand[0], &cli->arena, &row);
    return e == ERR_OK ? session_store_revoke(cli->app.db, row.session.id, cli->now_s) : e;
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

static enum cli_status run_revoke(struct cli *cli)
{
    bool by_jti = cli->operand_count > 0, by_account = cli_given(cli, "account"),
         by_client = cli_given(cli, "client");
    if (by_jti + by_account + by_client != 1)
        return cli_misuse(cli, "give one of JTI, --account and --client");
    if (cli_given(cli, "tenant") && !by_account)
        return cli_misuse(cli, "--tenant belongs to --account");
    enum err e = cli_write(cli, by_jti ? revoke_jti : by_account ? revoke_account : revoke_client, NULL);
    if (e == ERR_NOT_FOUND && by_jti)
        return cli_fail(cli, "no token %s; list them with: menshen token list", cli->operand[0]);
    if (e == ERR_NOT_FOUND && by_account)
        return refuse_account(cli);
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no client %s; list them with: menshen client list", cli_value(cli, "client"));
    if (e == ERR_OK)
        cli_say(cli, "%s ended: none of its tokens is accepted any more.\n",
                by_jti       ? "The session of this token"
                : by_account ? "Every session of this user"
                             : "Every session of this client");
    return cli_result(cli, e);
}

/* ---- purge ------------------------------------------------------------------------------------------- */

static enum err purge_step(struct cli *cli)
{
    enum err e = db_begin(cli->app.db, DB_RELAXED);
    return e == ERR_OK ? db_end(cli->app.db, db_purge_step(cli->app.db, cli->now_s, PURGE_ROWS)) : e;
}

/* Small transactions, so that nobody waits long; until nothing is left, or what is left stays. */
static enum err purge(struct cli *cli, int64_t *purged_out)
{
    int64_t first = 0, left = 0, before = 0;
    enum err e = db_expired_count(cli->app.db, cli->now_s, &first);
    left = first;
    for (int i = 0; e == ERR_OK && left > 0 && left != before && i < PURGE_STEPS_MAX; i++) {
        before = left;
        e = purge_step(cli);
        if (e == ERR_OK)
            e = db_expired_count(cli->app.db, cli->now_s, &left);
    }
    *purged_out = first - left;
    return e;
}

static enum cli_status run_purge(struct cli *cli)
{
    int64_t purged = 0;
    enum err e = purge(cli, &purged);
    if (e != ERR_OK)
        return cli_result(cli, e);
    cli_say(cli, "%lld expired rows purged.\n", (long long)purged);
    if (!cli->json)
        return CLI_DONE;
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_int(&j, "purged", purged);
    return table_object_end(cli, &j);
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

#define WHOSE_OPTIONS                                                                                        \
    {"account", "ACCOUNT", "of this user"}, {"tenant", "ID", "tenant of the user; default 000000"},          \
    {                                                                                                        \
        "client", "ID", "of this client"                                                                     \
    }

static const struct cli_option list_options[] = {
    WHOSE_OPTIONS, {"limit", "N", "at most so many, the newest; default 100"}, {0}};
static const struct cli_option revoke_options[] = {WHOSE_OPTIONS, {0}};

const struct cli_command cli_token_commands[] = {
    {.family = "token",
     .verb = "list",
     .summary = "List valid tokens, the newest first",
     .options = list_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = "Tokens are known by their jti; the token itself is not stored.",
     .examples = "menshen token list\nmenshen token list --account zhangsan --limit 5 --json",
     .run = run_list},
    {.family = "token",
     .verb = "revoke",
     .summary = "End sessions: by a token, of a user, of a client",
     .operands = "[JTI]",
     .operands_max = 1,
     .options = revoke_options,
     .needs = CLI_NEEDS_DATABASE,
     .details =
         "JTI is an access token's id as token list shows it. The session's refresh token ends with it.",
     .examples = "menshen token revoke c7eba9ce-291a-4c00-8a2b-02129a2943fb\n"
                 "menshen token revoke --account zhangsan\n"
                 "menshen token revoke --client portal",
     .run = run_revoke},
    {.family = "token",
     .verb = "purge",
     .summary = "Delete what has expired: tokens, sessions, captchas, counters",
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = "Ordinary requests do this in small steps; this does the rest at once.",
     .examples = "menshen token purge",
     .run = run_purge},
    {0}};
