/*
 * menshen key …: the keys that sign tokens. A key's secret is never printed.
 * Source: schema.sql, table sign_key; contracts, section blade.
 */
#include <string.h>

#include "auth/keyring.h"
#include "cli/cli.h"
#include "cli/secret.h"
#include "cli/table.h"
#include "store/key_store.h"

static enum err list_one(void *ctx, const struct key_row *row)
{
    struct table *t = ctx;
    table_row(t);
    table_str(t, "kid", row->kid);
    table_str(t, "alg", row->alg);
    table_int(t, "bytes", (int64_t)row->secret_len);
    table_time(t, "created_s", row->created_s);
    table_time(t, "retired_s", row->retired_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    table_open(&t, cli);
    return table_close(&t, key_store_list(cli->app.db, list_one, &t),
                       "No keys: no token can be signed. Import one with: menshen key import");
}

static enum err import(struct cli *cli, void *ctx)
{
    const struct secret *key = ctx;
    return keyring_import(&cli->app, key->text, key->len, cli->now_s);
}

static enum cli_status run_import(struct cli *cli)
{
    struct secret key;
    enum jws_alg alg = JWS_HS256;
    enum cli_status status = secret_read_new(cli, "sign key", JWS_SECRET_CAP, &key);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, import, &key);
    size_t len = key.len;
    secret_wipe(&key);
    if (e == ERR_BAD_REQUEST)
        return cli_fail(
            cli,
            "a key of %zu bytes is too short to be safe (RFC 7518, section 3.2): 64 bytes and more "
            "sign with HS512, 48 with HS384, 32 with HS256; nothing was changed",
            len);
    if (e == ERR_OK && jws_alg_of_key_len(len, &alg))
        cli_say(cli,
                "Imported: tokens are signed with %s from now on. The other keys are retired, and tokens "
                "signed with them refused.\n",
                jws_alg_name(alg));
    return cli_result(cli, e);
}

const struct cli_command cli_key_commands[] = {
    {.family = "key",
     .verb = "list",
     .summary = "List the keys that sign tokens",
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = "The newest that is not retired signs. The keys themselves are never shown.",
     .examples = "menshen key list\nmenshen key list --json",
     .run = run_list},
    {.family = "key",
     .verb = "import",
     .summary = "Sign with the shared key of services that exist already",
     .needs = CLI_NEEDS_DATABASE,
     .details =
         "The key is the text that those services have in their configuration; its bytes are the HMAC\n"
         "key. It is asked for twice on a terminal, else read as one line from standard input. The\n"
         "algorithm follows its length: 64 bytes and more HS512, 48 HS384, 32 HS256. The keys used so\n"
         "far are retired: whoever is logged in has to log in again.",
     .examples = "menshen key import\nmenshen key import < sign-key.txt",
     .run = run_import},
    {0}};
