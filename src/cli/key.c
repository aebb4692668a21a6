/*
 * menshen key …: the keys that sign tokens. A key's secret is never printed.
 * Source: schema.sql, table sign_key; contracts, section blade.
 */
#include <inttypes.h>
#include <string.h>

#include "admin/keys.h"
#include "base/clock.h"
#include "base/secure.h"
#include "cli/cli.h"
#include "cli/key_sm2.h"
#include "cli/noun.h"
#include "cli/secret.h"
#include "cli/table.h"
#include "store/key_store.h"

/* Names of algorithms, for messages. */
#define ALGS "HS256, HS384, HS512, RS256, ES256, EdDSA"

enum {
    OVERLAP_MAX_S = 315360000, /* as long as a refresh token may live */
    PUBLISH_MAX_S = 31536000,
};

/* ---- list -------------------------------------------------------------------------------------------- */

struct listing {
    struct table table;
    struct keys_overview overview;
};

static enum err list_key(void *ctx, const struct key_row *row)
{
    struct listing *l = ctx;
    struct table *t = &l->table;
    table_row(t);
    table_str(t, "kid", row->kid);
    table_str(t, "alg", row->alg);
    table_str(t, "state", keys_state(&l->overview, row));
    table_time(t, "signs_from_s", row->signs_from_s);
    table_time(t, "retired_s", row->retired_s);
    table_int(t, "bytes", (int64_t)row->secret_len);
    table_time(t, "created_s", row->created_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct listing l;
    table_open(&l.table, cli);
    enum err e = keys_overview_read(&cli->app, cli->now_s, &l.overview);
    if (e == ERR_OK)
        e = key_store_list(cli->app.db, list_key, &l);
    keys_overview_wipe(&l.overview);
    return table_close(&l.table, e, "No keys: no token can be signed. Make one with: menshen key rotate");
}

/* ---- rotate ------------------------------------------------------------------------------------------ */

struct rotation {
    struct keys_rotation plan;
    struct key_row row;
};

static enum err rotate(struct cli *cli, void *ctx)
{
    const struct rotation *r = ctx;
    cli->subject = arena_printf(&cli->arena, "key:%s", r->row.kid);
    if (cli->subject == NULL)
        return ERR_MEMORY;
    return keyring_succeed(&cli->app, &r->row, r->plan.overlap_s, cli->now_s);
}

static enum cli_status tell_rotation(const struct cli *cli, const struct rotation *r)
{
    char from[CLOCK_LOCAL_CAP], until[CLOCK_LOCAL_CAP];
    int64_t end_s = r->row.signs_from_s + r->plan.overlap_s;
    if (cli->json) {
        struct buf text;
        struct json_out j;
        table_object(&j, &text);
        json_str(&j, "kid", r->row.kid);
        json_str(&j, "alg", r->row.alg);
        json_int(&j, "signs_from_s", r->row.signs_from_s);
        json_int(&j, "others_end_s", end_s);
        return table_object_end(cli, &j);
    }
    clock_local(r->row.signs_from_s, from);
    clock_local(end_s, until);
    cli_say(cli, "Key %s signs with %s from %s on.\nThe keys before it verify until %s.\n", r->row.kid,
            r->row.alg, r->plan.publish_ahead_s > 0 ? from : "now", until);
    return CLI_DONE;
}

static enum cli_status read_options(struct cli *cli, struct rotation *r)
{
    const char *alg = cli_value(cli, "alg");
    enum err e = keys_plan_rotation(&cli->app, alg, cli->now_s, &r->plan);
    if (e == ERR_BAD_REQUEST)
        return cli_misuse(cli, "--alg %s: expected one of " ALGS, alg);
    if (e != ERR_OK)
        return cli_result(cli, e);
    enum cli_status status = cli_number(cli, "overlap", 0, OVERLAP_MAX_S, &r->plan.overlap_s);
    return status == CLI_DONE ? cli_number(cli, "publish-ahead", 0, PUBLISH_MAX_S, &r->plan.publish_ahead_s)
                              : status;
}

static enum cli_status run_rotate(struct cli *cli)
{
    struct rotation r = {0};
    enum cli_status status = read_options(cli, &r);
    if (status != CLI_DONE)
        return status;
    enum err e = keyring_new(r.plan.alg, cli->now_s, &r.row); /* before the transaction: RSA takes its time */
    r.row.signs_from_s = cli->now_s + r.plan.publish_ahead_s;
    if (e == ERR_OK)
        e = cli_write(cli, rotate, &r);
    secure_wipe(r.row.secret, sizeof r.row.secret);
    return e == ERR_OK ? tell_rotation(cli, &r) : cli_result(cli, e);
}

/* ---- retire ------------------------------------------------------------------------------------------ */

static enum err retire(struct cli *cli, void *ctx)
{
    const char **needed = ctx;
    return keyring_retire(&cli->app, cli->operand[0], cli_given(cli, "force"), cli->now_s, needed);
}

static enum cli_status run_retire(struct cli *cli)
{
    const char *kid = cli->operand[0], *needed = NULL;
    enum err e = cli_write(cli, retire, &needed);
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no key %s is in use; list them with: menshen key list", kid);
    if (e == ERR_EXISTS && needed[0] == '\0')
        return cli_fail(
            cli,
            "key %s is the only one that signs this site's tokens; nothing was changed. Make another "
            "first: menshen key rotate --overlap 0, which also ends this one",
            kid);
    if (e == ERR_EXISTS)
        return cli_fail(
            cli,
            "key %s is the only one that signs with %s, which a client uses; nothing was changed. Make "
            "another first: menshen key rotate --alg %s --publish-ahead 0 --overlap 0, which also ends "
            "this one",
            kid, needed, needed);
    if (e == ERR_OK && needed != NULL)
        cli_note(cli, "nothing signs with %s now; make a key with: menshen key rotate%s%s",
                 needed[0] != '\0' ? needed : "HMAC", needed[0] != '\0' ? " --alg " : "", needed);
    if (e == ERR_OK)
        cli_say(cli, "Key %s is retired: tokens signed with it are refused.\n", kid);
    return cli_result(cli, e);
}

/* ---- import ------------------------------------------------------------------------------------------ */

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
                "Imported: tokens are signed with %s from now on. The HMAC keys before it are retired, and "
                "tokens "
                "signed with them refused.\n",
                jws_alg_name(alg));
    return cli_result(cli, e);
}

/* ---- Table ------------------------------------------------------------------------------------------- */

static const struct cli_option rotate_options[] = {
    {"alg", "ALG", "algorithm: " ALGS "; default: that of the newest HMAC key"},
    {"overlap", "SECONDS", "how long the keys before go on verifying; default: as long as their tokens live"},
    {"publish-ahead", "SECONDS",
     "how long before it signs the key is published; default: 3600; 0 for HMAC and a first key"},
    {0}};

static const struct cli_option retire_options[] = {{"force", NULL, "also if nothing can sign in its place"},
                                                   {0}};

const struct cli_command cli_key_commands[] = {
    {CLI_ROW("key", "list", NULL, NULL, run_list, "List the keys that sign tokens"), .json = true,
     .details =
         "A key signs, verifies what it signed before, is published ahead of its time, or is retired. The\n"
         "keys themselves are never shown.",
     .examples = "menshen key list\nmenshen key list --json"},
    {CLI_ROW("key", "rotate", NULL, NULL, run_rotate,
             "Sign with a new key; the old ones go on verifying for a while"),
     .options = rotate_options, .json = true,
     .details =
         "Keys of the same algorithm end when the overlap is over; an HMAC key also takes the place of\n"
         "those of the other HS… algorithms that no client names. Nobody has to log in again, unless the\n"
         "overlap is shorter than tokens live. A key that became known to others: --overlap 0\n"
         "--publish-ahead 0.",
     .examples = "menshen key rotate\n"
                 "menshen key rotate --alg ES256\n"
                 "menshen key rotate --alg RS256 --publish-ahead 86400\n"
                 "menshen key rotate --overlap 0"},
    {CLI_ROW("key", "retire", "KID", &noun_key, run_retire, "End a key at once"), .options = retire_options,
     .details =
         "Tokens signed with it are refused from now on. The last key that can sign what the site or a\n"
         "client needs is kept, unless --force is given.",
     .examples = "menshen key retire 0a1b2c3d4e5f6789"},
    {CLI_ROW("key", "import", NULL, NULL, run_import,
             "Sign with the shared key of services that exist already"),
     .details =
         "The key is the text that those services have in their configuration; its bytes are the HMAC\n"
         "key. It is asked for twice on a terminal, else read as one line from standard input. The\n"
         "algorithm follows its length: 64 bytes and more HS512, 48 HS384, 32 HS256. The HMAC keys used\n"
         "so far are retired: whoever is logged in has to log in again.",
     .examples = "menshen key import\nmenshen key import < sign-key.txt"},
    {CLI_ROW("key", "sm2", NULL, NULL, key_sm2_run, "Show the key that front ends encrypt passwords to"),
     .options = key_sm2_options, .json = true, .details = KEY_SM2_DETAILS, .examples = KEY_SM2_EXAMPLES},
    {0}};
