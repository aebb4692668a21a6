/*
 * menshen tenant …: separate populations of users.
 * Source: schema.sql, table tenant.
 */
#include "admin/tenants.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/table.h"

static enum cli_status check_name(const struct cli *cli, const char *name)
{
    if (name[0] == '\0')
        return cli_misuse(cli, "--name: empty");
    return check_text(cli, "--name", name, TEXT_MAX);
}

static enum err put_tenant(struct cli *cli, void *ctx)
{
    return tenant_store_put(cli->app.db, ctx);
}

static enum cli_status run_add(struct cli *cli)
{
    struct tenant t = {.id = cli->operand[0], .name = cli_value(cli, "name"), .created_s = cli->now_s};
    if (t.name == NULL)
        return cli_misuse(cli, "--name is missing");
    enum cli_status status = check_id(cli, "ID", t.id);
    if (status == CLI_DONE)
        status = check_name(cli, t.name);
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, put_tenant, &t);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "tenant %s is there already; change it with: menshen tenant set %s", t.id, t.id);
    return noun_report(cli, e, "added");
}

static enum err list_tenant(void *ctx, const struct tenant *row)
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
    return table_close(&t, tenant_store_list(cli->app.db, &cli->arena, list_tenant, &t),
                       "No tenants. Add one with: menshen tenant add 000000 --name NAME");
}

static enum err show_tenant(struct cli *cli, struct table *t)
{
    struct tenant tenant;
    int64_t users = 0;
    enum err e = tenant_store_get(cli->app.db, cli->operand[0], &cli->arena, &tenant);
    if (e == ERR_OK)
        e = tenant_store_users(cli->app.db, tenant.id, &users);
    if (e != ERR_OK)
        return e;
    table_row(t);
    table_str(t, "id", tenant.id);
    table_str(t, "name", tenant.name);
    table_int(t, "users", users);
    table_bool(t, "locked", tenant.locked);
    table_time(t, "created_s", tenant.created_s);
    table_row_end(t);
    return ERR_OK;
}

static enum err rename_tenant(struct cli *cli, void *ctx)
{
    return tenants_rename(cli->app.db, cli->operand[0], ctx, &cli->arena);
}

static enum cli_status run_set(struct cli *cli)
{
    const char *name = cli_value(cli, "name");
    if (name == NULL)
        return cli_misuse(cli, "nothing to change: --name is missing");
    enum cli_status status = check_name(cli, name);
    return status == CLI_DONE ? noun_change(cli, rename_tenant, (void *)name, "changed") : status;
}

static enum err set_tenant_locked(struct cli *cli, bool locked)
{
    return tenants_set_locked(cli->app.db, cli->operand[0], locked, cli->now_s, &cli->arena);
}

static enum err remove_tenant(struct cli *cli)
{
    return tenants_remove(cli->app.db, cli->operand[0], cli->now_s);
}

const struct cli_noun noun_tenant = {
    .name = "tenant",
    .show = show_tenant,
    .set_locked = set_tenant_locked,
    .locked = "locked: its users cannot log in; all its sessions ended",
    .remove = remove_tenant,
    .removed = "removed",
    .in_use = "users; list them with: menshen user list --tenant",
};

static const struct cli_option name_option[] = {{"name", "NAME", "name shown to users"}, {0}};

const struct cli_command cli_tenant_commands[] = {
    {CLI_ROW("tenant", "add", "ID", &noun_tenant, run_add, "Add a tenant"), .options = name_option,
     .details = "Front ends send the ID as Tenant-Id; a site without tenants has the one, 000000.",
     .examples = "menshen tenant add 000000 --name 默认租户"},
    {CLI_ROW("tenant", "list", NULL, NULL, run_list, "List tenants"), .json = true,
     .examples = "menshen tenant list\nmenshen tenant list --json"},
    {CLI_ROW("tenant", "show", "ID", &noun_tenant, noun_show, "Show a tenant, and how many users it has"),
     .json = true, .examples = "menshen tenant show 000000\nmenshen tenant show 000000 --json"},
    {CLI_ROW("tenant", "set", "ID", &noun_tenant, run_set, "Change a tenant's name"), .options = name_option,
     .examples = "menshen tenant set 000000 --name 总公司"},
    {CLI_ROW("tenant", "lock", "ID", &noun_tenant, noun_lock,
             "Lock all users of a tenant out and end their sessions"),
     .examples = "menshen tenant lock 100001"},
    {CLI_ROW("tenant", "unlock", "ID", &noun_tenant, noun_unlock, "Let a tenant's users in again"),
     .examples = "menshen tenant unlock 100001"},
    {CLI_ROW("tenant", "remove", "ID", &noun_tenant, noun_remove, "Remove a tenant that has no users"),
     .examples = "menshen tenant remove 100001"},
    {0}};
