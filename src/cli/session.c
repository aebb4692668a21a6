/*
 * menshen session … and menshen token …: who is logged in, and ending it. A session is one login; its tokens end
 * with it. Browsers that signed in to the portal have sessions of their own kind, with numbers of their own (--browser). Both families ask for the same rows and end them in the same way: a session by its number, or by the jti of
 * one of its tokens.
 * Source: schema.sql, tables session and token.
 */
#include "admin/purge.h"
#include "admin/users.h"
#include "base/codec.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "store/browser_store.h"
#include "store/client_store.h"
#include "store/token_store.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000 };

/* ---- Whose ------------------------------------------------------------------------------------------- */

/* The id of --account in --tenant; 0 if no account was given. ERR_OK, ERR_NOT_FOUND, ERR_STORE. */
static enum err user_id_of(struct cli *cli, int64_t *id_out)
{
    const char *account = cli_value(cli, "account");
    struct user u = {0};
    enum err e = ERR_OK;
    if (account != NULL)
        e = users_find(cli->app.db, cli_tenant(cli), account, &cli->arena, &u);
    if (e == ERR_OK && account != NULL)
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

/* ---- list -------------------------------------------------------------------------------------------- */

struct listing {
    struct table table;
    struct arena users; /* texts of the row's user */
};

/* What both lists show of a session, behind the id of the row. */
static void add_session(struct table *t, const struct session *s, const char *account)
{
    table_str(t, "tenant_id", s->tenant_id);
    table_str(t, "account", account);
    table_str(t, "client_id", s->client_id);
    table_str(t, "dialect", s->dialect);
    table_str(t, "address", s->address);
}

static enum err list_session(void *ctx, const struct session_row *row)
{
    struct listing *l = ctx;
    struct table *t = &l->table;
    const struct session *s = &row->session;
    table_row(t);
    table_int(t, "id", s->id);
    add_session(t, s, row->account);
    table_str(t, "fingerprint", s->fingerprint);
    table_time(t, "created_s", s->created_s);
    table_time(t, "refreshed_s", row->refreshed_s);
    table_time(t, "expires_s", row->expires_s);
    table_time(t, "ends_s", s->family_end_s);
    table_details(t);
    table_str(t, "scope", s->scope);
    table_str(t, "refresh_address", s->refresh_address);
    table_row_end(t);
    return ERR_OK;
}

static enum err list_token(void *ctx, const struct token_row *row)
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
    add_session(t, s, u.account);
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

static enum err list_browser(void *ctx, const struct browser_session *row)
{
    struct listing *l = ctx;
    struct table *t = &l->table;
    struct user u = {0};
    enum err e = user_store_get(t->cli->app.db, row->user_id, &l->users, &u);
    if (e != ERR_OK)
        return e;
    table_row(t);
    table_int(t, "id", row->id);
    table_str(t, "tenant_id", u.tenant_id);
    table_str(t, "account", u.account);
    table_str(t, "address", row->address);
    table_time(t, "created_s", row->created_s);
    table_time(t, "seen_s", row->seen_s);
    table_time(t, "expires_s", row->idle_end_s);
    table_time(t, "ends_s", row->end_s);
    table_details(t);
    table_str(t, "user_agent", row->user_agent);
    table_str(t, "proof", row->proof);
    table_time(t, "proved_s", row->proved_s);
    table_row_end(t);
    arena_reset(&l->users);
    return ERR_OK;
}

/* Whoever looks for people who are signed in may not know that there are two lists. */
static enum err mention_browsers(const struct cli *cli)
{
    int64_t count = 0;
    enum err e = browser_store_count(cli->app.db, cli->now_s, &count);
    if (e == ERR_OK && count > 0)
        cli_say(cli, "In the portal: %lld; list them with: menshen session list --browser\n",
                (long long)count);
    return e;
}

enum listed { SESSIONS, TOKENS, BROWSERS };

static enum cli_status list(struct cli *cli, enum listed what)
{
    struct listing l;
    const char *client = cli_value(cli, "client");
    int64_t user_id = 0, limit = LIST_DEFAULT;
    enum cli_status status = cli_number(cli, "limit", 1, LIST_MAX, &limit);
    if (status == CLI_DONE)
        status = check_tenant(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = user_id_of(cli, &user_id);
    if (e == ERR_NOT_FOUND)
        return noun_refuse(cli, &noun_user, cli_value(cli, "account"));
    if (e != ERR_OK)
        return cli_result(cli, e);
    table_open(&l.table, cli);
    arena_init(&l.users, cli->arena.cap);
    struct db *db = cli->app.db;
    if (what == TOKENS)
        e = token_store_list(db, user_id, client, cli->now_s, limit, &cli->arena, list_token, &l);
    else if (what == BROWSERS)
        e = browser_store_list(db, user_id, cli->now_s, limit, &cli->arena, list_browser, &l);
    else
        e = session_store_list(db, user_id, client, cli->now_s, limit, &cli->arena, list_session, &l);
    status = table_close(&l.table, e,
                         what == TOKENS     ? "No valid tokens."
                         : what == BROWSERS ? "Nobody is signed in to the portal."
                                            : "Nobody is logged in.");
    arena_fini(&l.users);
    return status == CLI_DONE && what == SESSIONS ? cli_result(cli, mention_browsers(cli)) : status;
}

static enum cli_status run_session_list(struct cli *cli)
{
    if (cli_given(cli, "browser") && cli_given(cli, "client"))
        return cli_misuse(cli, "--client: browsers that signed in to the portal have none");
    return list(cli, cli_given(cli, "browser") ? BROWSERS : SESSIONS);
}

static enum cli_status run_token_list(struct cli *cli)
{
    return list(cli, TOKENS);
}

/* ---- revoke ------------------------------------------------------------------------------------------ */

/* By the operand: a session's number, or a token's jti. */
static enum err revoke_named(struct cli *cli)
{
    struct token_row row;
    int64_t id = 0;
    bool is_session = cli->command->noun == &noun_session;
    if (is_session && !codec_parse_int(cli->operand[0], 1, INT64_MAX, &id))
        return ERR_NOT_FOUND;
    if (is_session && cli_given(cli, "browser")) {
        cli->subject = arena_printf(&cli->arena, "browser:%s", cli->operand[0]);
        return cli->subject != NULL ? browser_store_end(cli->app.db, id, 0) : ERR_MEMORY;
    }
    if (is_session)
        return session_store_end(cli->app.db, id, cli->now_s);
    enum err e = token_store_by_jti(cli->app.db, cli->operand[0], &cli->arena, &row);
    return e == ERR_OK ? session_store_revoke(cli->app.db, row.session.id, cli->now_s) : e;
}

static enum err revoke_account(struct cli *cli)
{
    int64_t user_id = 0;
    enum err e = user_id_of(cli, &user_id);
    if (e == ERR_OK)
        e = session_store_revoke_user(cli->app.db, user_id, 0, cli->now_s);
    return e == ERR_OK ? browser_store_end_user(cli->app.db, user_id, 0) : e;
}

static enum err revoke_client(struct cli *cli)
{
    struct client c;
    enum err e = client_store_get(cli->app.db, cli_value(cli, "client"), &cli->arena, &c);
    return e == ERR_OK ? session_store_revoke_client(cli->app.db, c.id, cli->now_s) : e;
}

static enum err revoke(struct cli *cli, void *ctx)
{
    (void)ctx;
    return cli->operand_count > 0      ? revoke_named(cli)
           : cli_given(cli, "account") ? revoke_account(cli)
                                       : revoke_client(cli);
}

static enum cli_status run_revoke(struct cli *cli)
{
    const char *account = cli_value(cli, "account"), *client = cli_value(cli, "client");
    const struct cli_noun *noun = cli->command->noun;
    if ((cli->operand_count > 0) + (account != NULL) + (client != NULL) != 1)
        return cli_misuse(cli, "give one of %s, --account and --client",
                          noun == &noun_session ? "ID" : "JTI");
    bool browser = noun == &noun_session && cli_given(cli, "browser");
    if (browser && cli->operand_count == 0)
        return cli_misuse(cli, "--browser belongs to ID; --account ends the sessions of both kinds");
    enum cli_status status = check_tenant(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, revoke, NULL);
    if (e == ERR_NOT_FOUND && browser)
        return cli_fail(cli, "no session %s in the portal; list them with: menshen session list --browser",
                        cli->operand[0]);
    if (e == ERR_NOT_FOUND)
        return cli->operand_count > 0 ? noun_refuse(cli, noun, cli->operand[0])
               : account != NULL      ? noun_refuse(cli, &noun_user, account)
                                      : noun_refuse(cli, &noun_client, client);
    if (e == ERR_OK && browser)
        cli_say(cli, "The session ended: the browser has to sign in again.\n");
    else if (e == ERR_OK)
        cli_say(cli, "%s ended: none of its tokens is accepted any more.\n",
                cli->operand_count > 0 ? "The session"
                : account != NULL      ? "Every session of this user"
                                       : "Every session of this client");
    return cli_result(cli, e);
}

/* ---- purge ------------------------------------------------------------------------------------------- */

static enum err delete_ahead(struct cli *cli, void *ctx)
{
    return purge_ahead(cli->app.db, cli->now_s, ctx);
}

static enum cli_status run_purge(struct cli *cli)
{
    struct progress bar = {0};
    struct watch watch = progress_watch(&bar);
    int64_t purged = 0, ahead = 0;
    enum err e = cli_given(cli, "ahead") ? cli_write(cli, delete_ahead, &ahead) : ERR_OK;
    if (e == ERR_OK)
        e = purge_expired(cli->app.db, cli->now_s, &watch, &purged);
    progress_close(&bar);
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

#define WHOSE_OPTIONS                                                                                        \
    {"account", "ACCOUNT", "of this user"}, {"tenant", "ID", "tenant of the user; default 000000"},          \
    {                                                                                                        \
        "client", "ID", "of this client"                                                                     \
    }
#define LIMIT_OPTION                                                                                         \
    {                                                                                                        \
        "limit", "N", "at most so many, the newest; default 100"                                             \
    }

static const struct cli_option list_options[] = {WHOSE_OPTIONS, LIMIT_OPTION, {0}};
static const struct cli_option revoke_options[] = {WHOSE_OPTIONS, {0}};
static const struct cli_option session_list_options[] = {
    WHOSE_OPTIONS, LIMIT_OPTION, {"browser", NULL, "of browsers that signed in to the portal"}, {0}};
static const struct cli_option session_revoke_options[] = {
    WHOSE_OPTIONS, {"browser", NULL, "ID is one of session list --browser"}, {0}};
static const struct cli_option purge_options[] = {
    {"ahead", NULL, "also what was made by a clock that was ahead; see doctor"}, {0}};

const struct cli_command cli_session_commands[] = {
    {CLI_ROW("session", "list", NULL, NULL, run_session_list, "List live sessions, the newest first"),
     .options = session_list_options, .json = true,
     .details =
         "A session is one login and what was refreshed from it. It expires unless it is refreshed, "
         "and ends\n"
         "at the latest after [token] family_ttl. Browsers that signed in to the portal have a list of "
         "their own.",
     .examples = "menshen session list\nmenshen session list --account zhangsan --json\n"
                 "menshen session list --browser"},
    {CLI_ROW("session", "revoke", "[ID]", &noun_session, run_revoke,
             "End sessions: one, a user's, a client's"),
     .options = session_revoke_options,
     .details = "ID is the number that session list shows. Takes effect at once; the person can log in again "
                "unless\n"
                "locked: menshen user lock.",
     .examples = "menshen session revoke 17\n"
                 "menshen session revoke 4 --browser\n"
                 "menshen session revoke --account zhangsan\n"
                 "menshen session revoke --client portal"},
    {0}};

const struct cli_command cli_token_commands[] = {
    {CLI_ROW("token", "list", NULL, NULL, run_token_list, "List valid tokens, the newest first"),
     .options = list_options, .json = true,
     .details = "Tokens are known by their jti; the token itself is not stored.",
     .examples = "menshen token list\nmenshen token list --account zhangsan --limit 5 --json"},
    {CLI_ROW("token", "revoke", "[JTI]", &noun_token, run_revoke,
             "End sessions: by a token, of a user, of a client"),
     .options = revoke_options,
     .details =
         "JTI is an access token's id as token list shows it. The session's refresh token ends with it.",
     .examples = "menshen token revoke c7eba9ce-291a-4c00-8a2b-02129a2943fb\n"
                 "menshen token revoke --account zhangsan\n"
                 "menshen token revoke --client portal"},
    {CLI_ROW("token", "purge", NULL, NULL, run_purge,
             "Delete what has expired: tokens, sessions, captchas, counters"),
     .options = purge_options, .json = true,
     .details = "Ordinary requests do this in small steps; this does the rest at once. Rows from the future, "
                "made while\n"
                "the clock was ahead, bind nobody; doctor names them. With --ahead they are deleted: see "
                "first that\n"
                "the clock is right now, or all that there is looks so.",
     .examples = "menshen token purge\nmenshen token purge --ahead"},
    {0}};
