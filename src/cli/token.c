/*
 * menshen token …: the tokens that are valid, ending their sessions, clearing away what has expired.
 * Source: schema.sql, tables session and token.
 */
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/table.h"
#include "store/token_store.h"
#include "store/user_store.h"

/* Transactions of a few rows, with a pause behind each in which those who wait get their turn. */
enum { PURGE_ROWS = 8, PURGE_PAUSE_US = 500 };

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
    struct session_query q;
    enum cli_status status = session_query_read(cli, &q);
    if (status != CLI_DONE)
        return status;
    table_open(&l.table, cli);
    arena_init(&l.users, cli->arena.cap);
    enum err e =
        token_store_list(cli->app.db, q.user_id, q.client_id, cli->now_s, q.limit, &cli->arena, list_one, &l);
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

static enum cli_status run_revoke(struct cli *cli)
{
    return session_revoke(cli, revoke_jti, "JTI", "token");
}

/* ---- purge ------------------------------------------------------------------------------------------- */

static enum err purge_step(struct cli *cli)
{
    enum err e = db_begin(cli->app.db, DB_RELAXED);
    return e == ERR_OK ? db_end(cli->app.db, db_purge_step(cli->app.db, cli->now_s, PURGE_ROWS)) : e;
}

/* As many steps as `rows` rows can take. */
static enum err purge_rows(struct cli *cli, int64_t rows)
{
    struct progress bar;
    enum err e = ERR_OK;
    progress_open(&bar, "Purging", (size_t)rows);
    for (int64_t done = 0; e == ERR_OK && done < rows; done += PURGE_ROWS) {
        e = purge_step(cli);
        progress_set(&bar, (size_t)done);
        usleep(PURGE_PAUSE_US);
    }
    progress_close(&bar);
    return e;
}

/* Until nothing is left, or what is left stays. Counted rarely: that is a pass over all that has expired. */
static enum err purge(struct cli *cli, int64_t *purged_out)
{
    int64_t first = 0, left = 0, before = INT64_MAX;
    enum err e = db_expired_count(cli->app.db, cli->now_s, &first);
    left = first;
    while (e == ERR_OK && left > 0 && left < before) {
        before = left;
        e = purge_rows(cli, left);
        if (e == ERR_OK)
            e = db_expired_count(cli->app.db, cli->now_s, &left);
    }
    *purged_out = first - left;
    return e;
}

static enum err count_ahead(struct cli *cli, int64_t *count_out)
{
    int64_t counts[DB_AHEAD_TABLES];
    *count_out = 0;
    enum err e = db_ahead_count(cli->app.db, cli->now_s, counts);
    for (int i = 0; e == ERR_OK && i < DB_AHEAD_TABLES; i++)
        *count_out += counts[i];
    return e;
}

static enum err purge_ahead(struct cli *cli, void *ctx)
{
    int64_t *purged = ctx, left = 0;
    enum err e = count_ahead(cli, purged);
    if (e == ERR_OK)
        e = db_purge_ahead(cli->app.db, cli->now_s);
    if (e == ERR_OK)
        e = count_ahead(cli, &left);
    *purged -= left;
    return e;
}

static enum cli_status run_purge(struct cli *cli)
{
    int64_t purged = 0, ahead = 0;
    enum err e = cli_given(cli, "ahead") ? cli_write(cli, purge_ahead, &ahead) : ERR_OK;
    if (e == ERR_OK)
        e = purge(cli, &purged);
    purged += ahead;
    if (e != ERR_OK)
        return cli_result(cli, e);
    cli_say(cli, cli_given(cli, "ahead") ? "%lld rows purged.\n" : "%lld expired rows purged.\n",
            (long long)purged);
    if (!cli->json)
        return CLI_DONE;
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_int(&j, "purged", purged);
    return table_object_end(cli, &j);
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option list_options[] = {SESSION_WHOSE_OPTIONS, SESSION_LIMIT_OPTION, {0}};
static const struct cli_option purge_options[] = {
    {"ahead", NULL, "also what was made by a clock that was ahead; see doctor"}, {0}};
static const struct cli_option revoke_options[] = {SESSION_WHOSE_OPTIONS, {0}};

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
     .options = purge_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = "Ordinary requests do this in small steps; this does the rest at once. Rows from the future, "
                "made while\n"
                "the clock was ahead, bind nobody; doctor names them. With --ahead they are deleted: see "
                "first that\n"
                "the clock is right now, or all that there is looks so.",
     .examples = "menshen token purge\nmenshen token purge --ahead",
     .run = run_purge},
    {0}};
