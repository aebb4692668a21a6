/*
 * Source: schema.sql, table setting; contracts, section blade.
 */
#include "cli/key_sm2.h"

#include <stdio.h>
#include <string.h>

#include "admin/keys.h"
#include "base/secure.h"
#include "cli/secret.h"
#include "cli/table.h"

enum { KEY_HEX = SM2_KEY_LEN * 2 };

const struct cli_option key_sm2_options[] = {
    {"import", NULL, "use this private key instead, read from a prompt or standard input"},
    {"new", NULL, "make a new key; front ends with the old one stop working"},
    {0}};

static enum err put_key(struct cli *cli, void *ctx)
{
    return keys_set_sm2(cli->app.db, ctx);
}

/* Making it is a command's work too, so it is recorded, unlike a worker's first need. */
static enum err put_new(struct cli *cli, void *ctx)
{
    return keys_put_sm2(cli->app.db, ctx);
}

static enum cli_status read_key(const struct cli *cli, unsigned char key_out[SM2_KEY_LEN])
{
    struct secret text;
    enum cli_status status = secret_read_new(cli, "private SM2 key", SECRET_CAP - 1, &text);
    if (status != CLI_DONE)
        return status;
    enum err e = sm2_key_of_hex(text.text, key_out);
    size_t len = text.len;
    secret_wipe(&text);
    if (e == ERR_BAD_REQUEST && len != KEY_HEX)
        return cli_fail(cli, "%zu characters: expected %d hex digits, the private key; nothing was changed",
                        len, KEY_HEX);
    if (e == ERR_BAD_REQUEST)
        return cli_fail(cli,
                        "this is no private SM2 key: expected %d hex digits, from 1 to the order of the "
                        "curve less 2; nothing was changed",
                        KEY_HEX);
    return cli_result(cli, e);
}

/* What is about to stop working, said before it does. */
static enum cli_status warn(const struct cli *cli, const unsigned char new_key[SM2_KEY_LEN])
{
    unsigned char old[SM2_KEY_LEN];
    char hex[SM2_PUBLIC_HEX_CAP];
    enum err e = keys_get_sm2(cli->app.db, old);
    if (e == ERR_OK && !secure_equal(old, new_key, sizeof old)) {
        e = sm2_public_hex(old, hex);
        if (e == ERR_OK)
            cli_note(cli,
                     "front ends that have the key %.16s… cannot log anybody in any more: give them the "
                     "one below",
                     hex);
    }
    secure_wipe(old, sizeof old);
    return cli_result(cli, e == ERR_NOT_FOUND ? ERR_OK : e);
}

static enum cli_status replace(struct cli *cli, unsigned char key[SM2_KEY_LEN])
{
    enum cli_status status =
        cli_given(cli, "import") ? read_key(cli, key) : cli_result(cli, sm2_generate(key));
    if (status == CLI_DONE)
        status = warn(cli, key);
    return status == CLI_DONE ? cli_result(cli, cli_write(cli, put_key, key)) : status;
}

/* The one there is; a new one if there is none. */
static enum cli_status find_key(struct cli *cli, unsigned char key[SM2_KEY_LEN])
{
    enum err e = keys_get_sm2(cli->app.db, key);
    if (e != ERR_NOT_FOUND)
        return cli_result(cli, e);
    e = sm2_generate(key);
    if (e == ERR_OK)
        e = cli_write(cli, put_new, key);
    if (e == ERR_EXISTS) /* another process was faster */
        e = keys_get_sm2(cli->app.db, key);
    return cli_result(cli, e);
}

static enum cli_status show(const struct cli *cli, const unsigned char key[SM2_KEY_LEN])
{
    char hex[SM2_PUBLIC_HEX_CAP];
    enum err e = sm2_public_hex(key, hex);
    if (e != ERR_OK)
        return cli_result(cli, e);
    cli_say(cli, "%s\n", hex);
    if (!cli->json)
        return CLI_DONE;
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_str(&j, "public_key", hex);
    return table_object_end(cli, &j);
}

enum cli_status key_sm2_run(struct cli *cli)
{
    unsigned char key[SM2_KEY_LEN];
    if (cli_given(cli, "import") && cli_given(cli, "new"))
        return cli_misuse(cli, "--import and --new: either or");
    enum cli_status status =
        cli_given(cli, "import") || cli_given(cli, "new") ? replace(cli, key) : find_key(cli, key);
    if (status == CLI_DONE)
        status = show(cli, key);
    secure_wipe(key, sizeof key);
    return status;
}
