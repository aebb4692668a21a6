/*
 * menshen group …: groups of people, and who is in them.
 * Source: schema.sql, tables user_group and group_member.
 */
#include "admin/groups.h"

#include "admin/users.h"
#include "base/address.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/people.h"
#include "cli/table.h"

static enum cli_status check_settings(const struct cli *cli)
{
    const char *title = cli_value_or(cli, "title", ""), *networks = cli_value_or(cli, "networks", "");
    enum cli_status status = check_text(cli, "--title", title, TEXT_MAX);
    if (status == CLI_DONE)
        status = check_text(cli, "--networks", networks, TEXT_LIST_MAX);
    if (status == CLI_DONE && !address_list_ok(networks))
        return cli_misuse(cli, "--networks %s: expected a list of addresses and ranges such as 10.0.0.0/8",
                          networks);
    return status;
}

/* What was not given stays. */
static void take_settings(const struct cli *cli, struct user_group *g)
{
    g->title = cli_value_or(cli, "title", g->title);
    g->networks = cli_value_or(cli, "networks", g->networks);
}

static enum err add_group(struct cli *cli, void *ctx)
{
    return groups_add(cli->app.db, ctx);
}

static enum cli_status run_add(struct cli *cli)
{
    struct user_group g = {.name = cli->operand[0], .title = "", .networks = "", .created_s = cli->now_s};
    struct buf why;
    buf_init(&why);
    enum cli_status status = check_refuse(cli, "NAME", groups_check_name(g.name, &why), &why);
    if (status == CLI_DONE)
        status = check_settings(cli);
    if (status != CLI_DONE)
        return status;
    take_settings(cli, &g);
    enum err e = cli_write(cli, add_group, &g);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "group %s is there already; change it with: menshen group set %s", g.name,
                        g.name);
    return noun_report(cli, e, "added");
}

static enum err list_group(void *ctx, const struct user_group *g)
{
    struct table *t = ctx;
    table_row(t);
    table_str(t, "name", g->name);
    table_str(t, "title", g->title);
    table_int(t, "members", g->members);
    table_str(t, "networks", g->networks);
    table_time(t, "created_s", g->created_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    table_open(&t, cli);
    return table_close(&t, group_store_list(cli->app.db, &cli->arena, list_group, &t), "No groups.");
}

static enum err set_group(struct cli *cli, void *ctx)
{
    struct user_group g;
    (void)ctx;
    enum err e = group_store_get(cli->app.db, cli->operand[0], &cli->arena, &g);
    if (e != ERR_OK)
        return e;
    take_settings(cli, &g);
    return groups_set(cli->app.db, &g);
}

static enum cli_status run_set(struct cli *cli)
{
    if (!cli_given(cli, "title") && !cli_given(cli, "networks"))
        return cli_misuse(cli, "nothing to change: give --title or --networks");
    enum cli_status status = check_settings(cli);
    return status == CLI_DONE ? noun_change(cli, set_group, NULL, "changed") : status;
}

static enum err remove_group(struct cli *cli)
{
    return groups_remove(cli->app.db, cli->operand[0]);
}

const struct cli_noun noun_group = {
    .name = "group",
    .remove = remove_group,
    .removed = "removed; its members stay as users",
    .kept = "it is always there: its members administer the site",
};

/* ---- Members ----------------------------------------------------------------------------------------- */

enum cli_status people_list_group(struct cli *cli, const char *group)
{
    struct table t;
    struct user_group g;
    struct arena rows;
    enum err e = group_store_get(cli->app.db, group, &cli->arena, &g);
    if (e == ERR_NOT_FOUND)
        return noun_refuse(cli, &noun_group, group);
    if (e != ERR_OK)
        return cli_result(cli, e);
    arena_init(&rows, cli->arena.cap);
    table_open(&t, cli);
    e = user_store_list_group(cli->app.db, cli_value(cli, "tenant"), group, &rows, people_list_row, &t);
    enum cli_status status =
        table_close(&t, e, "Nobody is in it. Add somebody with: menshen group join NAME ACCOUNT");
    arena_fini(&rows);
    return status;
}

static enum cli_status run_members(struct cli *cli)
{
    const char *tenant = cli_value(cli, "tenant");
    if (tenant != NULL && check_id(cli, "--tenant", tenant) != CLI_DONE)
        return CLI_USAGE;
    return people_list_group(cli, cli->operand[0]);
}

/* What is done to a membership, and what went wrong with it. */
struct membership {
    enum err (*act)(struct db *db, const char *name, int64_t user_id);
    bool no_group;
};

static enum err change_membership(struct cli *cli, void *ctx)
{
    struct membership *m = ctx;
    struct user u;
    enum err e = users_find(cli->app.db, cli_tenant(cli), cli->operand[1], &cli->arena, &u);
    if (e != ERR_OK)
        return e;
    cli->operand[1] = u.account;
    cli->subject = arena_printf(&cli->arena, "group:%s user:%s/%s", cli->operand[0], u.tenant_id, u.account);
    if (cli->subject == NULL)
        return ERR_MEMORY;
    e = m->act(cli->app.db, cli->operand[0], u.id);
    m->no_group = e == ERR_NOT_FOUND;
    return e;
}

static enum cli_status run_membership(struct cli *cli, struct membership m, const char *doing)
{
    enum cli_status status = check_id(cli, "--tenant", cli_tenant(cli));
    if (status != CLI_DONE)
        return status;
    enum err e = cli_write(cli, change_membership, &m);
    if (e == ERR_NOT_FOUND)
        return noun_refuse(cli, m.no_group ? &noun_group : &noun_user, cli->operand[m.no_group ? 0 : 1]);
    if (e == ERR_EXISTS)
        return cli_fail(cli, USERS_LAST_ADMIN);
    if (e == ERR_OK)
        cli_say(cli, "User %s of tenant %s %s group %s.\n", cli->operand[1], cli_tenant(cli), doing,
                cli->operand[0]);
    return cli_result(cli, e);
}

static enum cli_status run_join(struct cli *cli)
{
    return run_membership(cli, (struct membership){.act = groups_put_member}, "is in");
}

static enum cli_status run_leave(struct cli *cli)
{
    return run_membership(cli, (struct membership){.act = groups_remove_member}, "is not in");
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option settings_options[] = {
    {"title", "TITLE", "what people see"},
    {"networks", "LIST", "addresses and ranges that members sign in from; \"\": from anywhere"},
    {0}};
static const struct cli_option tenant_option[] = {{"tenant", "ID", "tenant of the user; default 000000"},
                                                  {0}};
static const struct cli_option members_options[] = {{"tenant", "ID", "users of this tenant only"}, {0}};

const struct cli_command cli_group_commands[] = {
    {CLI_ROW("group", "add", "NAME", &noun_group, run_add, "Add a group"), .options = settings_options,
     .details =
         "Groups are of this site, and people of any tenant can be in them; roles are of the applications.\n"
         "The members of admins, which is always there, administer the site in the portal.",
     .examples = "menshen group add staff --title 员工 --networks 10.0.0.0/8,192.168.0.0/16"},
    {CLI_ROW("group", "list", NULL, NULL, run_list, "List groups"), .json = true,
     .examples = "menshen group list\nmenshen group list --json"},
    {CLI_ROW("group", "set", "NAME", &noun_group, run_set, "Change a group's title or networks"),
     .options = settings_options, .examples = "menshen group set staff --networks \"\""},
    {CLI_ROW("group", "remove", "NAME", &noun_group, noun_remove,
             "Remove a group; its members stay as users"),
     .examples = "menshen group remove staff"},
    {CLI_ROW("group", "members", "NAME", NULL, run_members, "List the users who are in a group"),
     .options = members_options, .json = true, .examples = "menshen group members admins"},
    {CLI_ROW("group", "join", "NAME ACCOUNT", &noun_group, run_join, "Put a user into a group"),
     .options = tenant_option, .examples = "menshen group join admins zhangsan"},
    {CLI_ROW("group", "leave", "NAME ACCOUNT", &noun_group, run_leave, "Take a user out of a group"),
     .options = tenant_option, .details = "The last member of admins who can sign in stays.",
     .examples = "menshen group leave admins zhangsan"},
    {0}};
