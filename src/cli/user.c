/*
 * menshen user …: the people of a tenant.
 * Source: schema.sql, table user; DESIGN, "Command line and configuration".
 */
#include "admin/groups.h"
#include "admin/users.h"

#include <stdio.h>
#include <string.h>

#include "auth/policy.h"
#include "base/account.h"
#include "base/secure.h"
#include "cli/check.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/people.h"
#include "cli/secret.h"
#include "cli/table.h"

/* The user that ACCOUNT means, as it would at a login. From then on ACCOUNT is spelled as the user's is. */
static enum err find_user(struct cli *cli, struct user *out)
{
    enum err e = users_find(cli->app.db, cli_tenant(cli), cli->operand[0], &cli->arena, out);
    if (e == ERR_OK)
        cli->operand[0] = out->account;
    return e;
}

/* The descriptive options, checked and written to `u`; what was not given keeps its value. */
static enum cli_status take_texts(struct cli *cli, struct user *u)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < USER_TEXT_COUNT; i++) {
        const char *value = cli_value(cli, user_texts[i].option);
        char what[32];
        struct buf why;
        buf_init(&why);
        snprintf(what, sizeof what, "--%s", user_texts[i].option);
        if (value != NULL)
            status = check_refuse(cli, what, users_set_text(u, i, value, &cli->arena, &why), &why);
    }
    return status;
}

static enum cli_status take_expired(const struct cli *cli, struct user *u)
{
    const char *value = cli_value(cli, "password-expired");
    if (value == NULL)
        return CLI_DONE;
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return cli_misuse(cli, "--password-expired %s: expected yes or no", value);
    u->password_expired = value[0] == 'y';
    return CLI_DONE;
}

/* A new password as its verifier. */
static enum cli_status read_password(const struct cli *cli, char hash_out[PASSWORD_HASH_CAP])
{
    struct secret password;
    struct buf why;
    char what[ACCOUNT_CAP + 32];
    snprintf(what, sizeof what, "password of %s", cli->operand[0]);
    enum cli_status status = secret_read_new(cli, what, SECRET_CAP - 1, &password);
    if (status != CLI_DONE)
        return status;
    enum err e = users_hash_new_password(&cli->app, cli->operand[0], password.text, password.len, hash_out);
    if (e == ERR_OK && password_looks_like_verifier(password.text))
        cli_note(cli,
                 "%s: it looks like a hash and is taken as it stands; hashes of another system come in by: "
                 "menshen user import",
                 what);
    secret_wipe(&password);
    buf_init(&why);
    if (users_password_fault(&cli->app.cfg, e, &why))
        status = cli_fail(cli, "%s: %s; nothing was changed", what, buf_str(&why));
    else
        status = cli_result(cli, e);
    buf_free(&why);
    return status;
}

/* The list of --groups, tidied, whose groups are all there; NULL if it was not given. */
static enum cli_status take_groups(struct cli *cli, const char **out)
{
    const char *list = cli_value(cli, "groups");
    struct user_group group;
    *out = list != NULL ? text_tidy_list(&cli->arena, list) : NULL;
    if (list != NULL && *out == NULL)
        return cli_result(cli, ERR_MEMORY);
    for (const char *at = *out; at != NULL && *at != '\0';) {
        size_t len = strcspn(at, ",");
        const char *name = arena_strndup(&cli->arena, at, len);
        enum err e = name != NULL ? group_store_get(cli->app.db, name, &cli->arena, &group) : ERR_MEMORY;
        if (e == ERR_NOT_FOUND)
            return noun_refuse(cli, &noun_group, name);
        if (e != ERR_OK)
            return cli_result(cli, e);
        at += len + (at[len] == ',');
    }
    return CLI_DONE;
}

/* ---- add ---- */

/* A person, and what the command says of him besides. */
struct change {
    struct user user;
    const char *groups; /* comma-joined; NULL: as they are */
};

static enum err add_user(struct cli *cli, void *ctx)
{
    const struct change *c = ctx;
    enum err e = users_add(cli->app.db, &c->user, &cli->arena);
    if (e == ERR_OK && c->groups != NULL)
        e = groups_set_of_user(cli->app.db, c->user.id, c->groups, &cli->arena);
    return e;
}

static enum cli_status report_added(const struct cli *cli, const struct user *u, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return cli_fail(cli, "no tenant %s; make it with: menshen tenant add %s --name NAME", u->tenant_id,
                        u->tenant_id);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "tenant %s has a user %s already; change it with: menshen user set %s",
                        u->tenant_id, u->account, u->account);
    if (e != ERR_OK)
        return cli_result(cli, e);
    cli_say(cli, "User %s of tenant %s added, id %lld.\n", u->account, u->tenant_id, (long long)u->id);
    if (!cli->json)
        return CLI_DONE;
    struct buf text;
    struct json_out j;
    char id[24];
    snprintf(id, sizeof id, "%lld", (long long)u->id);
    table_object(&j, &text);
    json_str(&j, "id", id);
    json_str(&j, "tenant_id", u->tenant_id);
    json_str(&j, "account", u->account);
    return table_object_end(cli, &j);
}

/* ACCOUNT in the form in which it is kept, and --tenant. */
static enum cli_status take_new_name(struct cli *cli)
{
    struct buf why;
    buf_init(&why);
    enum err e = users_new_account(cli->operand[0], &cli->arena, &cli->operand[0], &why);
    enum cli_status status = check_refuse(cli, "ACCOUNT", e, &why);
    return status == CLI_DONE ? check_id(cli, "--tenant", cli_tenant(cli)) : status;
}

/* Two who differ in case or width only: people will mistake them, and have to spell them exactly. */
static enum err warn_of_lookalike(struct cli *cli, const struct user *u)
{
    struct user other;
    enum err e = user_store_lookalike(cli->app.db, u->tenant_id, u->account, &cli->arena, &other);
    if (e == ERR_OK)
        cli_note(cli, USERS_LOOKALIKE, u->account, other.account);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum cli_status run_add(struct cli *cli)
{
    char hash[PASSWORD_HASH_CAP];
    enum cli_status status = take_new_name(cli);
    if (status != CLI_DONE)
        return status;
    struct change c = {.user = {.tenant_id = cli_tenant(cli),
                                .account = cli->operand[0],
                                .password_hash = hash,
                                .password_changed_s = cli->now_s,
                                .password_expired = cli->app.cfg.policy.change_at_first_login,
                                .created_s = cli->now_s}};
    struct user *u = &c.user;
    status = take_texts(cli, u);
    if (status == CLI_DONE)
        status = take_expired(cli, u);
    if (status == CLI_DONE)
        status = take_groups(cli, &c.groups);
    if (status != CLI_DONE)
        return status;
    /* Nobody should type a password in vain. */
    enum err e = users_check_free(cli->app.db, u->tenant_id, u->account, &cli->arena);
    if (e == ERR_OK)
        e = warn_of_lookalike(cli, u);
    if (e != ERR_OK)
        return report_added(cli, u, e);
    status = cli_given(cli, "no-password") ? cli_result(cli, users_hash_no_password(&cli->app, hash))
                                           : read_password(cli, hash);
    if (status == CLI_DONE)
        status = cli_result(cli, users_new_id(&u->id));
    if (status == CLI_DONE)
        status = report_added(cli, u, cli_write(cli, add_user, &c));
    secure_wipe(hash, sizeof hash);
    return status;
}

/* ---- list, show ---- */

/* Whether people see the text i of a user in the list; programs, and `user show`, get all of them. */
static bool is_in_table(size_t i)
{
    return user_texts[i].offset == offsetof(struct user, real_name) ||
           user_texts[i].offset == offsetof(struct user, nick_name) ||
           user_texts[i].offset == offsetof(struct user, role_name);
}

enum err people_list_row(void *ctx, const struct user *u)
{
    struct table *t = ctx;
    const char *groups = "";
    enum err e = t->cli->json || t->single
                     ? group_store_of_user(t->cli->app.db, u->id, &t->cli->arena, &groups)
                     : ERR_OK;
    if (e != ERR_OK)
        return e;
    table_row(t);
    table_id(t, "id", u->id);
    table_str(t, "tenant_id", u->tenant_id);
    table_str(t, "account", u->account);
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        if (is_in_table(i))
            table_str(t, user_texts[i].column, user_text_of(u, i));
    table_str(t, "password_scheme", password_scheme_name(u->password_hash));
    table_bool(t, "locked", u->locked);
    table_time(t, "created_s", u->created_s);
    table_details(t);
    table_str(t, "tenant_name", u->tenant_name);
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        if (!is_in_table(i))
            table_str(t, user_texts[i].column, user_text_of(u, i));
    table_bool(t, "unused", policy_unused(&t->cli->app.cfg, u, t->cli->now_s));
    table_bool(t, "password_expired", policy_password_expired(&t->cli->app.cfg, u, t->cli->now_s));
    table_time(t, "password_changed_s", u->password_changed_s);
    table_bool(t, "email_verified", u->email_verified);
    table_str(t, "groups", groups);
    table_time(t, "last_login_s", u->last_login_s);
    table_time(t, "unlocked_s", u->unlocked_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    const char *tenant = cli_value(cli, "tenant"), *group = cli_value(cli, "group");
    if (tenant != NULL && check_id(cli, "--tenant", tenant) != CLI_DONE)
        return CLI_USAGE;
    if (group != NULL)
        return people_list_group(cli, group);
    table_open(&t, cli);
    return table_close(&t, user_store_list(cli->app.db, tenant, &cli->arena, people_list_row, &t),
                       "No users. Add one with: menshen user add ACCOUNT --real-name NAME");
}

static enum err show_user(struct cli *cli, struct table *t)
{
    struct user u;
    enum err e = find_user(cli, &u);
    return e == ERR_OK ? people_list_row(t, &u) : e;
}

/* ---- set, passwd, lock, unlock, remove ---- */

static enum err set_texts(struct cli *cli, void *ctx)
{
    const struct change *c = ctx;
    const struct user *changes = &c->user;
    struct user u;
    enum err e = find_user(cli, &u);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        if (cli_given(cli, user_texts[i].option))
            *user_text_at(&u, i) = user_text_of(changes, i);
    if (cli_given(cli, "password-expired"))
        u.password_expired = changes->password_expired;
    e = user_store_set(cli->app.db, &u);
    return e == ERR_OK && c->groups != NULL ? groups_set_of_user(cli->app.db, u.id, c->groups, &cli->arena)
                                            : e;
}

static enum cli_status run_set(struct cli *cli)
{
    struct change changes = {.groups = NULL};
    bool any = cli_given(cli, "password-expired") || cli_given(cli, "groups");
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        any = any || cli_given(cli, user_texts[i].option);
    if (!any)
        return cli_misuse(cli, "nothing to change: give at least one option");
    enum cli_status status = take_texts(cli, &changes.user);
    if (status == CLI_DONE)
        status = take_expired(cli, &changes.user);
    if (status == CLI_DONE)
        status = take_groups(cli, &changes.groups);
    return status == CLI_DONE ? noun_change(cli, set_texts, &changes, "changed") : status;
}

static enum err set_password(struct cli *cli, void *ctx)
{
    struct user u;
    enum err e = find_user(cli, &u);
    return e == ERR_OK ? users_set_password(&cli->app, &u, ctx, cli->now_s) : e;
}

static enum cli_status run_passwd(struct cli *cli)
{
    char hash[PASSWORD_HASH_CAP];
    struct user u;
    enum cli_status status = noun_check(cli);
    /* Nobody should type a password for a user that is not there. */
    enum err e = status == CLI_DONE ? find_user(cli, &u) : ERR_OK;
    if (e != ERR_OK)
        return noun_report(cli, e, "");
    if (status == CLI_DONE)
        status = read_password(cli, hash);
    if (status == CLI_DONE)
        status = noun_change(cli, set_password, hash, "has a new password; all its sessions ended");
    secure_wipe(hash, sizeof hash);
    return status;
}

static enum err set_user_locked(struct cli *cli, bool locked)
{
    struct user u;
    enum err e = find_user(cli, &u);
    return e == ERR_OK ? users_set_locked(&cli->app, &u, locked, cli->now_s) : e;
}

static enum err remove_user(struct cli *cli)
{
    struct user u;
    enum err e = find_user(cli, &u);
    return e == ERR_OK ? users_remove(cli->app.db, u.id) : e;
}

/* ---- invite, reset ---- */

struct handed_over {
    const char *purpose;
    char secret[LINK_SECRET_CAP];
    int64_t expires_s;
};

static enum err make_link(struct cli *cli, void *ctx)
{
    struct handed_over *h = ctx;
    struct user u;
    enum err e = find_user(cli, &u);
    return e == ERR_OK ? users_make_link(&cli->app, &u, h->purpose, cli->now_s, h->secret, &h->expires_s) : e;
}

/* Where the link leads: an address, or what follows the host in one. */
static const char *address_of_link(struct cli *cli, const char *secret)
{
    const struct config *cfg = &cli->app.cfg;
    const char *prefix = cfg->dialect[DIALECT_PORTAL].prefix;
    int len = (int)strcspn(prefix, ",");
    if (len == 1)
        len = 0; /* "/" */
    return arena_printf(&cli->arena, "%s%.*s/link/%s", cfg->server.base_url, len, prefix, secret);
}

static enum cli_status show_link(struct cli *cli, const struct handed_over *h)
{
    struct buf text;
    struct json_out j;
    const char *link = address_of_link(cli, h->secret);
    if (link == NULL)
        return cli_result(cli, ERR_MEMORY);
    if (cli->app.cfg.server.base_url[0] == '\0')
        cli_note(cli,
                 "the link is without scheme and host, which are not known here: set [server] base_url, or "
                 "put the portal's address before it");
    cli_say(cli, "%s\n", link);
    if (!cli->json)
        return CLI_DONE;
    table_object(&j, &text);
    json_str(&j, "link", link);
    json_int(&j, "expires_s", h->expires_s);
    return table_object_end(cli, &j);
}

static enum cli_status hand_over(struct cli *cli, const char *purpose)
{
    struct handed_over h = {.purpose = purpose};
    enum cli_status status = noun_check(cli);
    if (status != CLI_DONE)
        return status;
    if (!cli->app.cfg.dialect[DIALECT_PORTAL].enabled)
        return cli_fail(cli, "the portal, which the link leads to, is off: [portal] enabled");
    enum err e = cli_write(cli, make_link, &h);
    if (e == ERR_USER_LOCKED)
        status = cli_fail(cli,
                          "user %s of tenant %s is locked or out of use, or the tenant is locked: the link "
                          "would be good for "
                          "nothing; unlock it first: menshen user unlock %s",
                          cli->operand[0], cli_tenant(cli), cli->operand[0]);
    else
        status = e == ERR_OK ? show_link(cli, &h) : noun_report(cli, e, "");
    secure_wipe(h.secret, sizeof h.secret);
    return status;
}

static enum cli_status run_invite(struct cli *cli)
{
    return hand_over(cli, LINK_INVITATION);
}

static enum cli_status run_reset(struct cli *cli)
{
    return hand_over(cli, LINK_RESET);
}

const struct cli_noun noun_user = {
    .name = "user",
    .of_tenant = true,
    .show = show_user,
    .set_locked = set_user_locked,
    .locked = "locked; all its sessions ended",
    .remove = remove_user,
    .removed = "removed, with its sessions",
    .kept = USERS_LAST_ADMIN,
};

/* ---- Rows ---- */

#define TENANT_OPTION                                                                                        \
    {                                                                                                        \
        "tenant", "ID", "tenant of the user; default 000000"                                                 \
    }

#define TEXT_OPTION(member, option, is_list, value, help) {option, value, help},

static const struct cli_option tenant_option[] = {TENANT_OPTION, {0}};
static const struct cli_option list_options[] = {
    {"tenant", "ID", "users of this tenant only"}, {"group", "NAME", "members of this group only"}, {0}};

#define DESCRIBING_OPTIONS                                                                                   \
    TENANT_OPTION,                                                                                           \
        USER_TEXTS(TEXT_OPTION){"password-expired", "yes|no", "whether front ends ask for a new password"},  \
    {                                                                                                        \
        "groups", "LIST", "names of groups, comma-separated; in no others"                                   \
    }

static const struct cli_option describing_options[] = {DESCRIBING_OPTIONS, {0}};
static const struct cli_option add_options[] = {
    DESCRIBING_OPTIONS,
    {"no-password", NULL, "without a password: the first one is set by an invitation (user invite)"},
    {0}};

static const struct cli_option import_options[] = {
    {"tenant", "ID", "tenant of rows that name none; default 000000"},
    {"format", "csv|jsonl|htpasswd", "default: by the file's name"},
    {"encoding", "NAME",
     "utf-8, gbk, gb18030, big5, utf-16le, utf-16be; default: the byte order mark's, else utf-8"},
    {"dry-run", NULL, "check everything, write nothing"},
    {"passwords-as-typed", NULL,
     "what the column password has is typed by people, also where it looks like a hash"},
    {"keep-going", NULL, "write what is good, leave the other lines out"},
    {"update", NULL, "change accounts that are there already; columns that are not given stay"},
    {0}};
static const struct cli_option export_options[] = {
    {"tenant", "ID", "users of this tenant only"},
    {"format", "csv|jsonl", "default: by the file's name, else csv"},
    {"with-hashes", NULL, "with password hashes, to move a site"},
    {"for-excel", NULL, "CSV that Excel opens as UTF-8; without user_id, whose 19 digits it would round"},
    {"force", NULL, "overwrite FILE"},
    {0}};

#define PASSWORD_DETAILS                                                                                     \
    "The password is asked for twice on a terminal, else read as one line from standard input. It has at\n"  \
    "least [login] password_min_length characters and at most 128, is none of the most common ones, and "    \
    "not\n"                                                                                                  \
    "the account's name; and what [policy] asks for. With change_at_first_login it is to be changed."

const struct cli_command cli_user_commands[] = {
    {CLI_ROW("user", "add", "ACCOUNT", &noun_user, run_add, "Add a user"), .options = add_options,
     .json = true, .details = PASSWORD_DETAILS,
     .examples = "menshen user add zhangsan --real-name 张三 --role-id 1,2 --role-name admin,editor\n"
                 "menshen user add lisi --tenant 100001 --real-name 李四 < password.txt\n"
                 "menshen user add wangwu --email wangwu@example.com --groups staff --no-password"},
    {CLI_ROW("user", "list", NULL, NULL, run_list, "List users"), .options = list_options, .json = true,
     .examples = "menshen user list\nmenshen user list --tenant 000000 --json\n"
                 "menshen user list --group admins"},
    {CLI_ROW("user", "show", "ACCOUNT", &noun_user, noun_show, "Show what is known of a user"),
     .options = tenant_option, .json = true,
     .examples = "menshen user show zhangsan\nmenshen user show lisi --tenant 100001 --json"},
    {CLI_ROW("user", "set", "ACCOUNT", &noun_user, run_set, "Change what is known of a user"),
     .options = describing_options,
     .details = "What is not given stays as it is; an empty text (--dept-id \"\") clears.",
     .examples = "menshen user set zhangsan --nick-name 小张\n"
                 "menshen user set lisi --tenant 100001 --password-expired yes"},
    {CLI_ROW("user", "passwd", "ACCOUNT", &noun_user, run_passwd,
             "Give a user a new password and end its sessions"),
     .options = tenant_option, .details = PASSWORD_DETAILS, .examples = "menshen user passwd zhangsan"},
    {CLI_ROW("user", "invite", "ACCOUNT", &noun_user, run_invite,
             "Make a link by which a user sets the first password"),
     .options = tenant_option, .json = true,
     .details =
         "The link is shown once, good once and for a week; hand it over yourself. One that was made before\n"
         "ends. With [server] base_url it is a whole address.",
     .examples = "menshen user invite wangwu"},
    {CLI_ROW("user", "reset", "ACCOUNT", &noun_user, run_reset,
             "Make a link by which a user sets a new password"),
     .options = tenant_option, .json = true,
     .details = "As user invite, but good for a day. The old password stays good until the link was used.",
     .examples = "menshen user reset zhangsan"},
    {CLI_ROW("user", "import", "FILE", &noun_file, people_run_import,
             "Add people from a file: CSV, JSON lines, htpasswd"),
     .options = import_options, .json = true,
     .details =
         "Everything is checked first, and written in one transaction: all of the file or nothing. FILE -\n"
         "is standard input. The first line of CSV names its columns, JSON lines have the same names:\n"
         "account, tenant, user_id, password_hash or password, real_name, nick_name, role_id, role_name, "
         "dept_id,\n"
         "post_id, oauth_id, id_number, email, phone, locale (zh-Hans, zh-Hant, en), external_id, groups, "
         "locked,\n"
         "password_expired and email_verified (yes, no), password_changed (Unix seconds or\n"
         "YYYY-MM-DD HH:MM:SS). Groups have to be there. password_hash is bcrypt, yescrypt, SHA-crypt, "
         "MD5-crypt, $apr1$,\n"
         "{SHA}, Argon2id as menshen user export writes it, or Blade's sha1(md5(password)); the first login\n"
         "replaces it by Argon2id. password, as it is typed, is hashed here: some forty a second.",
     .examples = "menshen user import people.csv --dry-run\n"
                 "menshen user import people.csv\n"
                 "menshen user import /etc/apache2/htpasswd --tenant 000000\n"
                 "menshen user import changes.jsonl --update --keep-going"},
    {CLI_ROW("user", "export", "[FILE]", &noun_file, people_run_export,
             "Write users to a file that user import reads"),
     .options = export_options,
     .details =
         "Without FILE to standard output. FILE is made with mode 0600, in place of another only with "
         "--force. Texts are\n"
         "written as they are, but with --for-excel, where an apostrophe stands before those that begin "
         "with\n"
         "= + - or @ and would be taken for formulas; user import takes it away.",
     .examples = "menshen user export people.csv\n"
                 "menshen user export people.jsonl --tenant 000000\n"
                 "menshen user export site.csv --with-hashes"},
    {CLI_ROW("user", "lock", "ACCOUNT", &noun_user, noun_lock, "Lock a user out and end its sessions"),
     .options = tenant_option, .examples = "menshen user lock zhangsan"},
    {CLI_ROW("user", "unlock", "ACCOUNT", &noun_user, noun_unlock,
             "Let a user in again, also after too many failed logins"),
     .options = tenant_option,
     .details =
         "Forgets the account's failed logins. Those of the address they came from keep counting until\n"
         "their window ends.",
     .examples = "menshen user unlock zhangsan"},
    {CLI_ROW("user", "remove", "ACCOUNT", &noun_user, noun_remove, "Remove a user and its sessions"),
     .options = tenant_option, .examples = "menshen user remove zhangsan --tenant 000000"},
    {0}};
