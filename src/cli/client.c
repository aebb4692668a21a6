/*
 * menshen client …: the applications that ask for tokens.
 * Source: schema.sql, table client; DESIGN, "Command line and configuration"; RFC 6749 §2.
 */
#include "admin/clients.h"

#include <stdio.h>
#include <string.h>

#include "auth/client.h"
#include "auth/token_style.h"
#include "base/clock.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/secret.h"
#include "cli/table.h"

enum { OVERLAP_DEFAULT_S = 86400 };

/* ---- Shared by the commands -------------------------------------------------------------------------- */

/* A value that is short and can be shown helps to find what is wrong with it. */
static enum cli_status refuse_field(const struct cli *cli, const char *option, const char *value,
                                    const struct buf *why)
{
    bool shown = strlen(value) <= TEXT_ID_MAX && text_fault(value, strlen(value)) == NULL;
    return cli_misuse(cli, "--%s%s%s: %s", option, shown ? " " : "", shown ? value : "", buf_str(why));
}

/* The options that describe a client; what was not given keeps its value. */
static enum cli_status take_description(const struct cli *cli, struct clients_draft *d)
{
    struct buf why;
    enum cli_status status = CLI_DONE;
    buf_init(&why);
    for (size_t i = 0; status == CLI_DONE && clients_field(i) != NULL; i++) {
        const char *value = cli_value(cli, clients_field(i));
        if (value != NULL && clients_set_field(d, i, value, &why) != ERR_OK)
            status = refuse_field(cli, clients_field(i), value, &why);
    }
    buf_free(&why);
    return status;
}

/* The secret of the client: typed with --secret, else made here. */
static enum cli_status take_secret(const struct cli *cli, struct secret *out)
{
    if (cli_given(cli, "secret"))
        return secret_read_new(cli, "client secret", CLIENTS_SECRET_MAX, out);
    out->len = CLIENTS_SECRET_LEN;
    return cli_result(cli, clients_make_secret(out->text));
}

/* A secret that was made here is shown, this once. `old_until_s` NULL: there was none before. */
static enum cli_status show_secret(const struct cli *cli, const char *doing, const char *secret,
                                   const int64_t *old_until_s)
{
    const char *shown = cli_given(cli, "secret") ? NULL : secret;
    if (!cli->json) {
        cli_say(cli, "Client %s %s.\n", cli->operand[0], doing);
        if (shown != NULL)
            cli_say(cli, "Its secret, which is shown only now: %s\n", shown);
        return CLI_DONE;
    }
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_str(&j, "id", cli->operand[0]);
    json_str(&j, "secret", shown);
    if (old_until_s != NULL && *old_until_s != 0)
        json_int(&j, "old_secret_until_s", *old_until_s);
    else if (old_until_s != NULL)
        json_null(&j, "old_secret_until_s");
    return table_object_end(cli, &j);
}

static enum err get_client(struct cli *cli, struct client *out)
{
    return client_store_get(cli->app.db, cli->operand[0], &cli->arena, out);
}

static void say_made(const struct cli *cli, const struct clients_draft *d)
{
    if (d->made_key)
        cli_say(cli, "A key that signs with %s was made; see: menshen key list\n",
                d->row.alg[0] != '\0' ? d->row.alg : "HMAC");
}

/* ---- add --------------------------------------------------------------------------------------------- */

struct adding {
    struct clients_draft draft;
    const char *secret; /* NULL: none */
};

static enum err add_client(struct cli *cli, void *ctx)
{
    struct adding *a = ctx;
    return clients_add(&cli->app, &a->draft, a->secret, cli->now_s);
}

static enum cli_status report_added(const struct cli *cli, const struct adding *a, enum err e)
{
    if (e == ERR_EXISTS)
        return cli_fail(cli, "client %s is there already; change it with: menshen client set %s",
                        cli->operand[0], cli->operand[0]);
    if (e != ERR_OK)
        return cli_result(cli, e);
    say_made(cli, &a->draft);
    return show_secret(cli, a->secret != NULL ? "added" : "added, without a secret", a->secret, NULL);
}

static enum cli_status check_new_id(const struct cli *cli)
{
    struct buf why;
    buf_init(&why);
    return check_refuse(cli, "ID", clients_check_id(cli->operand[0], &why), &why);
}

static enum cli_status run_add(struct cli *cli)
{
    struct secret secret = {.len = 0};
    struct adding a = {.secret = cli_given(cli, "public") ? NULL : secret.text};
    if (!cli_given(cli, "grants"))
        return cli_misuse(cli, "--grants is missing; a list of %s", CLIENT_GRANTS);
    if (cli_given(cli, "secret") && cli_given(cli, "public"))
        return cli_misuse(cli, "--secret and --public exclude each other");
    clients_init(&a.draft, cli->operand[0], cli->now_s);
    enum cli_status status = check_new_id(cli);
    if (status == CLI_DONE)
        status = take_description(cli, &a.draft);
    if (status == CLI_DONE && a.secret != NULL)
        status = take_secret(cli, &secret);
    if (status == CLI_DONE)
        status = report_added(cli, &a, cli_write(cli, add_client, &a));
    secret_wipe(&secret);
    return status;
}

/* ---- list, show -------------------------------------------------------------------------------------- */

static enum err list_client(void *ctx, const struct client *c)
{
    struct table *t = ctx;
    table_row(t);
    table_str(t, "id", c->id);
    table_bool(t, "secret", c->has_secret);
    table_str(t, "grants", c->grants);
    table_str(t, "scope", c->scope);
    table_str(t, "password_wire", c->password_wire);
    table_str(t, "alg", c->alg[0] != '\0' ? c->alg : CLIENTS_ALG_SITE);
    table_str(t, "audience", c->audience);
    table_seconds(t, "access_ttl_s", c->access_ttl_s);
    table_seconds(t, "refresh_ttl_s", c->refresh_ttl_s);
    table_bool(t, "locked", c->locked);
    table_time(t, "created_s", c->created_s);
    table_details(t);
    table_str(t, "refresh_reuse", c->refresh_reuse[0] != '\0' ? c->refresh_reuse : CLIENTS_REUSE_DIALECT);
    table_str(t, "redirect_uris", c->redirect_uris);
    table_time(t, "old_secret_until_s", clients_old_secret_until(c, t->cli->now_s));
    table_row_end(t);
    return ERR_OK;
}

static enum err show_client(struct cli *cli, struct table *t)
{
    struct client c;
    enum err e = get_client(cli, &c);
    return e == ERR_OK ? list_client(t, &c) : e;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    table_open(&t, cli);
    return table_close(&t, client_store_list(cli->app.db, &cli->arena, list_client, &t),
                       "No clients. Add one with: menshen client add ID --grants captcha,refresh_token");
}

/* ---- set, secret, lock, unlock, remove --------------------------------------------------------------- */

struct changing {
    struct clients_draft draft;
    enum cli_status checked; /* whether the options are good */
};

static enum err set_client(struct cli *cli, void *ctx)
{
    struct changing *c = ctx;
    enum err e = get_client(cli, &c->draft.row);
    if (e != ERR_OK)
        return e;
    c->checked = take_description(cli, &c->draft);
    return c->checked == CLI_DONE ? clients_set(&cli->app, &c->draft, cli->now_s) : ERR_BAD_REQUEST;
}

static enum cli_status run_set(struct cli *cli)
{
    struct changing c = {.checked = CLI_DONE};
    bool any = false;
    for (size_t i = 0; clients_field(i) != NULL; i++)
        any = any || cli_given(cli, clients_field(i));
    if (!any)
        return cli_misuse(cli, "nothing to change: give at least one option");
    enum err e = cli_write(cli, set_client, &c);
    if (c.checked != CLI_DONE)
        return c.checked;
    if (e == ERR_OK)
        say_made(cli, &c.draft);
    return noun_report(cli, e, "changed");
}

/* A new secret, and how long the one before it stays good; 0: not at all. */
struct rotation {
    const char *secret;
    int64_t overlap_s;
    int64_t old_until_s; /* as it came out */
};

static enum err set_secret(struct cli *cli, void *ctx)
{
    struct rotation *r = ctx;
    return clients_set_secret(&cli->app, cli->operand[0], r->secret, r->overlap_s, cli->now_s, &cli->arena,
                              &r->old_until_s);
}

static enum cli_status report_secret(const struct cli *cli, const struct rotation *r)
{
    char until[CLOCK_LOCAL_CAP], doing[96];
    clock_local(r->old_until_s, until);
    snprintf(doing, sizeof doing, "has a new secret; the old one is %s%s",
             r->old_until_s != 0 ? "good until " : "refused from now on", r->old_until_s != 0 ? until : "");
    return show_secret(cli, doing, r->secret, &r->old_until_s);
}

static enum cli_status rotate_secret(struct cli *cli)
{
    struct secret secret = {.len = 0};
    struct rotation r = {.secret = secret.text, .overlap_s = OVERLAP_DEFAULT_S};
    enum cli_status status = cli_number(cli, "overlap", 0, CLIENT_OVERLAP_MAX_S, &r.overlap_s);
    if (status == CLI_DONE)
        status = take_secret(cli, &secret);
    if (status == CLI_DONE) {
        enum err e = cli_write(cli, set_secret, &r);
        status = e == ERR_OK ? report_secret(cli, &r) : noun_report(cli, e, "");
    }
    secret_wipe(&secret);
    return status;
}

static enum err end_old_secret(struct cli *cli, void *ctx)
{
    (void)ctx;
    return clients_end_old_secret(cli->app.db, cli->operand[0], &cli->arena);
}

static enum cli_status run_secret(struct cli *cli)
{
    struct client c;
    bool revoke = cli_given(cli, "revoke-old");
    if (revoke && (cli_given(cli, "secret") || cli_given(cli, "overlap") || cli->json))
        return cli_misuse(cli, "--revoke-old stands alone: it makes no new secret");
    enum err e = get_client(cli, &c); /* nobody should type a secret in vain */
    if (e != ERR_OK)
        return noun_report(cli, e, "");
    if (!revoke)
        return rotate_secret(cli);
    return noun_report(cli, cli_write(cli, end_old_secret, NULL),
                       "has one secret: any older one is refused from now on");
}

static enum err set_client_locked(struct cli *cli, bool locked)
{
    return clients_set_locked(cli->app.db, cli->operand[0], locked, cli->now_s, &cli->arena);
}

static enum err remove_client(struct cli *cli)
{
    return client_store_remove(cli->app.db, cli->operand[0]);
}

/* That a dialect's users are let in by this client should be no riddle. */
static enum cli_status run_remove(struct cli *cli)
{
    enum cli_status status = noun_remove(cli);
    const char *dialect = clients_dialect(&cli->app.cfg, cli->operand[0]);
    if (status == CLI_DONE && dialect != NULL)
        cli_note(cli,
                 "logins of the dialect %s belong to this client: without it they fail; name another in "
                 "[dialect.%s] client",
                 dialect, dialect);
    return status;
}

const struct cli_noun noun_client = {
    .name = "client",
    .show = show_client,
    .set_locked = set_client_locked,
    .locked = "locked; all its sessions ended",
    .remove = remove_client,
    .removed = "removed, with its sessions",
};

/* ---- Rows -------------------------------------------------------------------------------------------- */

#define DESCRIBING_OPTIONS                                                                                   \
    {"grants", "LIST", "what it may ask for: " CLIENT_GRANTS},                                               \
        {"password-wire", "WIRE", "how it sends passwords: md5 (default), plain, sm2"},                      \
        {"alg", "ALG", "what signs its access tokens: site (default), " CLIENTS_ALGS},                       \
        {"audience", "TEXT", "claim aud of its access tokens; empty, the default: none"},                    \
        {"access-ttl", "SECONDS", "life of its access tokens; 0: as configured"},                            \
        {"refresh-ttl", "SECONDS", "life of its refresh tokens; 0: as configured"},                          \
        {"refresh-reuse", "HOW", "used refresh tokens: " CLIENTS_REUSE_DIALECT " (default), " TOKEN_REUSES}, \
        {"redirect-uris", "LIST", "where people may be led back to (OpenID Connect), comma-separated"},      \
    {                                                                                                        \
        "scope", "LIST", "scopes it may ask for; default all"                                                \
    }
#define SECRET_OPTION                                                                                        \
    {                                                                                                        \
        "secret", NULL, "ask for the secret instead of making one"                                           \
    }

static const struct cli_option add_options[] = {
    DESCRIBING_OPTIONS, SECRET_OPTION, {"public", NULL, "without a secret: it cannot authenticate"}, {0}};
static const struct cli_option set_options[] = {DESCRIBING_OPTIONS, {0}};
static const struct cli_option secret_options[] = {
    SECRET_OPTION,
    {"overlap", "SECONDS", "how long the old secret stays good beside it; default 86400; 0: not at all"},
    {"revoke-old", NULL, "make none; end the old secret now"},
    {0}};

#define SECRET_DETAILS                                                                                       \
    "Without --secret a secret is made and shown once. With it, it is asked for twice on a terminal, else\n" \
    "read as one line from standard input."

const struct cli_command cli_client_commands[] = {
    {CLI_ROW("client", "add", "ID", &noun_client, run_add, "Add a client"), .options = add_options,
     .json = true, .details = SECRET_DETAILS,
     .examples = "menshen client add portal --grants captcha,refresh_token\n"
                 "menshen client add app --grants password,refresh_token --password-wire plain --secret\n"
                 "menshen client add kiosk --grants captcha --public"},
    {CLI_ROW("client", "list", NULL, NULL, run_list, "List clients"), .json = true,
     .examples = "menshen client list\nmenshen client list --json"},
    {CLI_ROW("client", "show", "ID", &noun_client, noun_show,
             "Show a client, and until when an old secret is good"),
     .json = true, .details = "Secrets are stored as keyed hashes and never shown.",
     .examples = "menshen client show portal\nmenshen client show portal --json"},
    {CLI_ROW("client", "set", "ID", &noun_client, run_set, "Change what a client may do"),
     .options = set_options,
     .details =
         "What is not given stays as it is. --alg site is the site's newest HMAC key. A key is made if none\n"
         "signs with the algorithm yet.",
     .examples = "menshen client set portal --access-ttl 3600 --refresh-ttl 86400\n"
                 "menshen client set portal --alg RS256 --audience https://api.example.com"},
    {CLI_ROW("client", "secret", "ID", &noun_client, run_secret, "Give a client a new secret"),
     .options = secret_options, .json = true,
     .details = SECRET_DETAILS
     "\n"
     "The old secret stays good for a day, or as --overlap says, so that the application can be\n"
     "changed meanwhile. At most two are good: one from an earlier rotation ends. After a leak use\n"
     "--overlap 0.",
     .examples = "menshen client secret portal\n"
                 "menshen client secret portal --overlap 0\n"
                 "menshen client secret app --secret < secret.txt\n"
                 "menshen client secret portal --revoke-old"},
    {CLI_ROW("client", "lock", "ID", &noun_client, noun_lock, "Disable a client and end its sessions"),
     .details = "It gets nothing until it is unlocked; its settings and secrets stay.",
     .examples = "menshen client lock portal"},
    {CLI_ROW("client", "unlock", "ID", &noun_client, noun_unlock, "Let a client in again"),
     .examples = "menshen client unlock portal"},
    {CLI_ROW("client", "remove", "ID", &noun_client, run_remove, "Remove a client and its sessions"),
     .examples = "menshen client remove portal"},
    {0}};
