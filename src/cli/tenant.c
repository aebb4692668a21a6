/*
 * menshen tenant …: separate populations of users.
 * Source: schema.sql, table tenant.
 */
#include "store/tenant_store.h"

#include "cli/cli.h"
#include "cli/table.h"
#include "cli/text.h"
#include "store/token_store.h"

static enum cli_status check_name(const struct cli *cli, const char *name)
{
    if (name[0] == '\0')
        return cli_misuse(cli, "--name: empty");
    return text_check(cli, "--name", name, TEXT_MAX);
}

static enum cli_status report(const struct cli *cli, enum err e, const char *doing)
{
    const char *id = cli->operand[0];
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no tenant %s; list them with: menshen tenant list", id);
    if (e == ERR_OK)
        cli_say(cli, "Tenant %s %s.\n", id, doing);
    return cli_result(cli, e);
}

static enum err put(struct cli *cli, void *ctx)
{
    return tenant_store_put(cli->app.db, ctx);
}

static enum cli_status run_add(struct cli *cli)
{
    struct tenant t = {.id = cli->operand[0], .name = cli_value(cli, "name"), .created_s = cli->now_s};
    if (t.name == NULL)
        return cli_misuse(cli, "--name is missing");
    enum cli_status status = text_check_id(cli, "ID", t.id);
    if (status == CLI_DONE)
        status = check_name(cli, t.name);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, put, &t);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "tenant %s is there already; change it with: menshen tenant set", t.id);
    return report(cli, e, "added");
}

static enum err list_one(void *ctx, const struct tenant *row)
{
    struct table *t = ctx;
    table_row(t);
    table_str(t, "id", row->id);
    table_str(t, "name", row->name);
    table_bool(t, "locked", row->locked);
    table_time(t, "created_s", row->created_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    table_open(&t, cli);
    return table_close(&t, tenant_store_list(cli->app.db, &cli->arena, list_one, &t),
                       "No tenants. Add one with: menshen tenant add 000000 --name NAME");
}

static enum cli_status run_show(struct cli *cli)
{
    struct table t;
    struct tenant tenant;
    int64_t users = 0;
    enum err e = tenant_store_get(cli->app.db, cli->operand[0], &cli->arena, &tenant);
    if (e == ERR_OK)
        e = tenant_store_users(cli->app.db, tenant.id, &users);
    if (e != ERR_OK)
        return report(cli, e, "");
    table_open_single(&t, cli);
    table_row(&t);
    table_str(&t, "id", tenant.id);
    table_str(&t, "name", tenant.name);
    table_int(&t, "users", users);
    table_bool(&t, "locked", tenant.locked);
    table_time(&t, "created_s", tenant.created_s);
    table_row_end(&t);
    return table_close(&t, ERR_OK, "");
}

/* What of a tenant is to change. */
struct change {
    const char *name; /* NULL: stays */
    const bool *locked;
};

static enum err apply(struct cli *cli, void *ctx)
{
    const struct change *change = ctx;
    struct tenant t;
    enum err e = tenant_store_get(cli->app.db, cli->operand[0], &cli->arena, &t);
    if (e != ERR_OK)
        return e;
    if (change->name != NULL)
        t.name = change->name;
    if (change->locked != NULL)
        t.locked = *change->locked;
    e = tenant_store_set(cli->app.db, &t);
    bool ends = change->locked != NULL && *change->locked;
    return e == ERR_OK && ends ? session_store_revoke_tenant(cli->app.db, t.id, cli->now_s) : e;
}

static enum cli_status run_set(struct cli *cli)
{
    struct change change = {.name = cli_value(cli, "name")};
    if (change.name == NULL)
        return cli_misuse(cli, "nothing to change: --name is missing");
    enum cli_status status = check_name(cli, change.name);
    return status == CLI_DONE ? report(cli, cli_write(cli, apply, &change), "changed") : status;
}

static enum cli_status run_lock(struct cli *cli)
{
    struct change change = {.locked = &(const bool){true}};
    return report(cli, cli_write(cli, apply, &change),
                  "locked: its users cannot log in; all its sessions ended");
}

static enum cli_status run_unlock(struct cli *cli)
{
    struct change change = {.locked = &(const bool){false}};
    return report(cli, cli_write(cli, apply, &change), "unlocked");
}

static enum err remove_tenant(struct cli *cli, void *ctx)
{
    (void)ctx;
    enum err e = tenant_store_remove(cli->app.db, cli->operand[0]);
    /* Clients' own sessions have no user to go with, and would come back with a tenant of the same id. */
    return e == ERR_OK ? session_store_revoke_tenant(cli->app.db, cli->operand[0], cli->now_s) : e;
}

static enum cli_status run_remove(struct cli *cli)
{
    enum err e = cli_write(cli, remove_tenant, NULL);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "tenant %s still has users; list them with: menshen user list --tenant %s",
                        cli->operand[0], cli->operand[0]);
    return report(cli, e, "removed");
}

static const struct cli_option name_option[] = {{"name", "NAME", "name shown to users"}, {0}};

const struct cli_command cli_tenant_commands[] = {
    {.family = "tenant",
     .verb = "add",
     .summary = "Add a tenant",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .options = name_option,
     .needs = CLI_NEEDS_DATABASE,
     .details = "Front ends send the ID as Tenant-Id; a site without tenants has the one, 000000.",
     .examples = "menshen tenant add 000000 --name 默认租户",
     .run = run_add},
    {.family = "tenant",
     .verb = "list",
     .summary = "List tenants",
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant list\nmenshen tenant list --json",
     .run = run_list},
    {.family = "tenant",
     .verb = "show",
     .summary = "Show a tenant, and how many users it has",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant show 000000\nmenshen tenant show 000000 --json",
     .run = run_show},
    {.family = "tenant",
     .verb = "set",
     .summary = "Change a tenant's name",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .options = name_option,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant set 000000 --name 总公司",
     .run = run_set},
    {.family = "tenant",
     .verb = "lock",
     .summary = "Lock all users of a tenant out and end their sessions",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant lock 100001",
     .run = run_lock},
    {.family = "tenant",
     .verb = "unlock",
     .summary = "Let a tenant's users in again",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant unlock 100001",
     .run = run_unlock},
    {.family = "tenant",
     .verb = "remove",
     .summary = "Remove a tenant that has no users",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen tenant remove 100001",
     .run = run_remove},
    {0}};
