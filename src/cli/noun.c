#include "cli/noun.h"

#include <ctype.h>

#include "base/account.h"
#include "cli/check.h"

const struct cli_noun noun_file = {.name = "file"};
const struct cli_noun noun_key = {.name = "key"};
const struct cli_noun noun_session = {.name = "session"};
const struct cli_noun noun_token = {.name = "token"};

enum cli_status noun_check(const struct cli *cli)
{
    if (!cli->command->noun->of_tenant)
        return CLI_DONE;
    enum cli_status status = check_text(cli, "ACCOUNT", cli->operand[0], ACCOUNT_CAP - 1);
    return status == CLI_DONE ? check_id(cli, "--tenant", cli_tenant(cli)) : status;
}

enum cli_status noun_refuse(const struct cli *cli, const struct cli_noun *noun, const char *name)
{
    return cli_fail(cli, "no %s %s%s%s; list them with: menshen %s list", noun->name, name,
                    noun->of_tenant ? " in tenant " : "", noun->of_tenant ? cli_tenant(cli) : "", noun->name);
}

enum cli_status noun_report(const struct cli *cli, enum err e, const char *doing)
{
    const struct cli_noun *noun = cli->command->noun;
    if (e == ERR_NOT_FOUND)
        return noun_refuse(cli, noun, cli->operand[0]);
    if (e == ERR_EXISTS && noun->kept != NULL)
        return cli_fail(cli, "%s %s: %s", noun->name, cli->operand[0], noun->kept);
    if (e == ERR_OK)
        cli_say(cli, "%c%s %s%s%s %s.\n", toupper((unsigned char)noun->name[0]), noun->name + 1,
                cli->operand[0], noun->of_tenant ? " of tenant " : "", noun->of_tenant ? cli_tenant(cli) : "",
                doing);
    return cli_result(cli, e);
}

enum cli_status noun_change(struct cli *cli, cli_body *body, void *ctx, const char *doing)
{
    enum cli_status status = noun_check(cli);
    return status == CLI_DONE ? noun_report(cli, cli_write(cli, body, ctx), doing) : status;
}

enum cli_status noun_show(struct cli *cli)
{
    struct table t;
    enum cli_status status = noun_check(cli);
    if (status != CLI_DONE)
        return status;
    table_open_single(&t, cli);
    enum err e = cli->command->noun->show(cli, &t);
    return e == ERR_NOT_FOUND ? noun_report(cli, e, "") : table_close(&t, e, "");
}

static enum err set_locked(struct cli *cli, void *ctx)
{
    const bool *locked = ctx;
    return cli->command->noun->set_locked(cli, *locked);
}

enum cli_status noun_lock(struct cli *cli)
{
    return noun_change(cli, set_locked, &(bool){true}, cli->command->noun->locked);
}

enum cli_status noun_unlock(struct cli *cli)
{
    return noun_change(cli, set_locked, &(bool){false}, "unlocked");
}

static enum err remove_it(struct cli *cli, void *ctx)
{
    (void)ctx;
    return cli->command->noun->remove(cli);
}

enum cli_status noun_remove(struct cli *cli)
{
    const struct cli_noun *noun = cli->command->noun;
    enum cli_status status = noun_check(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, remove_it, NULL);
    if (e == ERR_EXISTS && noun->in_use != NULL)
        return cli_fail(cli, "%s %s still has %s %s", noun->name, cli->operand[0], noun->in_use,
                        cli->operand[0]);
    return noun_report(cli, e, noun->removed);
}
