/*
 * menshen user …: the people of a tenant.
 * Source: schema.sql, table user; DESIGN, "Command line and configuration".
 */
#include "cli/user.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "auth/policy.h"
#include "auth/throttle.h"
#include "base/account.h"
#include "base/random.h"
#include "base/secure.h"
#include "cli/secret.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/user_import.h"
#include "store/client_store.h"
#include "store/tenant_store.h"
#include "store/token_store.h"
#include "store/user_store.h"

enum { ID_RANDOM_BITS = 22 };

static const int64_t ID_EPOCH_MS = 1288834974657;

enum err user_new_id(int64_t *id_out)
{
    uint32_t noise = 0;
    struct timespec now;
    enum err e = random_bytes(&noise, sizeof noise);
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    *id_out = (now_ms - ID_EPOCH_MS) << ID_RANDOM_BITS | (noise & ((1U << ID_RANDOM_BITS) - 1));
    return e;
}

enum err user_hash_password(const struct cli *cli, const char *password, size_t len,
                            char hash_out[PASSWORD_HASH_CAP])
{
    char md5_hex[DIGEST_MD5_HEX_CAP];
    enum err e = digest_md5_hex(password, len, md5_hex);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(&cli->app), md5_hex, hash_out);
    secure_wipe(md5_hex, sizeof md5_hex);
    return e;
}

static enum err note_md5_client(void *ctx, const struct client *c)
{
    struct buf *out = ctx;
    if (!c->locked && strcmp(c->password_wire, "md5") == 0)
        buf_addf(out, "%s%s", out->len > 0 ? ", " : "", c->id);
    return out->err;
}

enum err user_md5_clients(struct cli *cli, struct buf *out)
{
    struct arena rows;
    arena_init(&rows, 1 << 16);
    enum err e = client_store_list(cli->app.db, &rows, note_md5_client, out);
    arena_fini(&rows);
    return e;
}

const char *user_tenant(const struct cli *cli)
{
    return cli_value_or(cli, "tenant", "000000");
}

enum cli_status user_refuse_unknown(const struct cli *cli, const char *account)
{
    return cli_fail(cli, "no user %s in tenant %s; list them with: menshen user list", account,
                    user_tenant(cli));
}

/* ---- Shared by the commands ---- */

/* ACCOUNT and --tenant of a user that should be there. */
static enum cli_status check_name(const struct cli *cli)
{
    enum cli_status status = text_check(cli, "ACCOUNT", cli->operand[0], ACCOUNT_CAP - 1);
    return status == CLI_DONE ? text_check_id(cli, "--tenant", user_tenant(cli)) : status;
}

/* The user that ACCOUNT means, as it would at a login. From then on ACCOUNT is spelled as the user's is. */
static enum err find(struct cli *cli, struct user *out)
{
    char typed[ACCOUNT_CAP];
    enum err e = account_canonical(cli->operand[0], typed)
                     ? user_store_find(cli->app.db, user_tenant(cli), typed, &cli->arena, out)
                     : ERR_NOT_FOUND;
    if (e == ERR_OK)
        cli->operand[0] = out->account;
    return e;
}

enum err user_spelling(struct cli *cli, const char *account, const char **out)
{
    struct user u;
    char typed[ACCOUNT_CAP];
    *out = account;
    if (!account_canonical(account, typed))
        return ERR_OK;
    enum err e = user_store_find(cli->app.db, user_tenant(cli), typed, &cli->arena, &u);
    if (e == ERR_OK)
        *out = u.account;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* What these commands say of a result; `doing` is what was done to the user ("locked"). */
static enum cli_status report(const struct cli *cli, enum err e, const char *doing)
{
    if (e == ERR_NOT_FOUND)
        return user_refuse_unknown(cli, cli->operand[0]);
    if (e == ERR_OK)
        cli_say(cli, "User %s of tenant %s %s.\n", cli->operand[0], user_tenant(cli), doing);
    return cli_result(cli, e);
}

/* A command that takes ACCOUNT and --tenant and changes the user in one transaction. */
static enum cli_status change(struct cli *cli, cli_body *body, void *ctx, const char *doing)
{
    enum cli_status status = check_name(cli);
    return status == CLI_DONE ? report(cli, cli_write(cli, body, ctx), doing) : status;
}

/* The descriptive options, checked and written to `u`; what was not given keeps its value. */
static enum cli_status take_texts(struct cli *cli, struct user *u)
{
    enum cli_status status = CLI_DONE;
    for (size_t i = 0; status == CLI_DONE && i < USER_TEXT_COUNT; i++) {
        const char *value = cli_value(cli, user_texts[i].option);
        char what[32];
        snprintf(what, sizeof what, "--%s", user_texts[i].option);
        if (value != NULL && user_texts[i].is_list)
            value = text_tidy_list(&cli->arena, value);
        if (value != NULL) {
            status = text_check(cli, what, value, user_texts[i].is_list ? TEXT_LIST_MAX : TEXT_MAX);
            *user_text_at(u, i) = value;
        } else if (cli_given(cli, user_texts[i].option)) {
            status = cli_result(cli, ERR_MEMORY);
        }
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

const char *user_password_fault(const struct cli *cli, enum err e, struct buf *text)
{
    if (e == ERR_PASSWORD_SHORT)
        buf_addf(text, "fewer than %lld characters, the minimum ([login] password_min_length); 15 are better",
                 (long long)cli->app.cfg.login.password_min_length);
    else if (e == ERR_PASSWORD_LONG)
        buf_addf(text, "more than %d characters", PASSWORD_CHARACTERS_MAX);
    else if (e == ERR_PASSWORD_COMMON)
        buf_add_str(text, "one of the most common passwords, which are tried first");
    else if (e == ERR_PASSWORD_ACCOUNT)
        buf_add_str(text, "the account's name");
    else if (e == ERR_BAD_REQUEST)
        buf_add_str(text, "not UTF-8");
    return text->len > 0 ? buf_str(text) : NULL;
}

static enum cli_status refuse_password(const struct cli *cli, const char *what, enum err e)
{
    struct buf text;
    buf_init(&text);
    const char *fault = user_password_fault(cli, e, &text);
    enum cli_status status =
        fault != NULL ? cli_fail(cli, "%s: %s; nothing was changed", what, fault) : cli_result(cli, e);
    buf_free(&text);
    return status;
}

/* A new password as its verifier. */
static enum cli_status read_password(const struct cli *cli, char hash_out[PASSWORD_HASH_CAP])
{
    struct password new;
    struct secret password;
    char what[ACCOUNT_CAP + 32];
    snprintf(what, sizeof what, "password of %s", cli->operand[0]);
    enum cli_status status = secret_read_new(cli, what, SECRET_CAP - 1, &password);
    if (status != CLI_DONE)
        return status;
    enum err e = password_of_plain(password.text, password.len, &new);
    secret_wipe(&password);
    if (e == ERR_OK)
        e = policy_check(&cli->app.cfg, cli->operand[0], &new);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(&cli->app), new.md5_hex, hash_out);
    if (e == ERR_OK && password_looks_like_verifier(new.plain))
        cli_note(cli,
                 "%s: it looks like a hash and is taken as it stands; hashes of another system come in by: "
                 "menshen user import",
                 what);
    password_wipe(&new);
    return e == ERR_OK ? CLI_DONE : refuse_password(cli, what, e);
}

/* ---- add ---- */

struct adding {
    struct user user;
    bool no_tenant; /* it was the tenant that was not found */
};

/* Whether the tenant is there and the account is free. ERR_OK, ERR_NOT_FOUND, ERR_EXISTS, ERR_STORE. */
static enum err check_free(struct cli *cli, struct adding *a)
{
    struct tenant tenant;
    struct user other;
    enum err e = tenant_store_get(cli->app.db, a->user.tenant_id, &cli->arena, &tenant);
    a->no_tenant = e == ERR_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    e = user_store_find_exact(cli->app.db, a->user.tenant_id, a->user.account, &cli->arena, &other);
    return e == ERR_NOT_FOUND ? ERR_OK : e == ERR_OK ? ERR_EXISTS : e;
}

static enum err add(struct cli *cli, void *ctx)
{
    struct adding *a = ctx;
    enum err e = check_free(cli, a);
    return e == ERR_OK ? user_store_put(cli->app.db, &a->user) : e;
}

static enum cli_status report_added(const struct cli *cli, const struct adding *a, enum err e)
{
    const struct user *u = &a->user;
    if (a->no_tenant)
        return cli_fail(cli, "no tenant %s; make it with: menshen tenant add %s --name NAME", u->tenant_id,
                        u->tenant_id);
    if (e == ERR_EXISTS)
        return cli_fail(cli, "tenant %s has a user %s already; change it with: menshen user set",
                        u->tenant_id, u->account);
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
    char account[ACCOUNT_CAP];
    enum cli_status status = text_check_account(cli, cli->operand[0]);
    if (status == CLI_DONE)
        status = text_check_id(cli, "--tenant", user_tenant(cli));
    if (status != CLI_DONE || !account_canonical(cli->operand[0], account))
        return status;
    cli->operand[0] = arena_strdup(&cli->arena, account);
    return cli->operand[0] != NULL ? text_check_account(cli, cli->operand[0]) : cli_result(cli, ERR_MEMORY);
}

/* Two who differ in case or width only: people will mistake them, and have to spell them exactly. */
static enum err warn_of_lookalike(struct cli *cli, const struct user *u)
{
    struct user other;
    enum err e = user_store_lookalike(cli->app.db, u->tenant_id, u->account, &cli->arena, &other);
    if (e == ERR_OK)
        cli_note(cli, USER_LOOKALIKE, u->account, other.account);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum cli_status run_add(struct cli *cli)
{
    char hash[PASSWORD_HASH_CAP];
    enum cli_status status = take_new_name(cli);
    if (status != CLI_DONE)
        return status;
    struct adding a = {.user = {.tenant_id = user_tenant(cli),
                                .account = cli->operand[0],
                                .password_hash = hash,
                                .password_changed_s = cli->now_s,
                                .created_s = cli->now_s}};
    status = take_texts(cli, &a.user);
    if (status == CLI_DONE)
        status = take_expired(cli, &a.user);
    if (status != CLI_DONE)
        return status;
    enum err e = check_free(cli, &a); /* nobody should type a password in vain */
    if (e == ERR_OK)
        e = warn_of_lookalike(cli, &a.user);
    if (e != ERR_OK)
        return report_added(cli, &a, e);
    status = read_password(cli, hash);
    if (status == CLI_DONE)
        status = cli_result(cli, user_new_id(&a.user.id));
    if (status == CLI_DONE)
        status = report_added(cli, &a, cli_write(cli, add, &a));
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

static enum err list_one(void *ctx, const struct user *u)
{
    struct table *t = ctx;
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
    table_bool(t, "password_expired", u->password_expired);
    table_time(t, "password_changed_s", u->password_changed_s);
    table_row_end(t);
    return ERR_OK;
}

static enum cli_status run_list(struct cli *cli)
{
    struct table t;
    const char *tenant = cli_value(cli, "tenant");
    if (tenant != NULL && text_check_id(cli, "--tenant", tenant) != CLI_DONE)
        return CLI_USAGE;
    table_open(&t, cli);
    return table_close(&t, user_store_list(cli->app.db, tenant, &cli->arena, list_one, &t),
                       "No users. Add one with: menshen user add ACCOUNT --real-name NAME");
}

static enum cli_status run_show(struct cli *cli)
{
    struct table t;
    struct user u;
    enum cli_status status = check_name(cli);
    if (status != CLI_DONE)
        return status;
    enum err e = find(cli, &u);
    if (e != ERR_OK)
        return report(cli, e, "");
    table_open_single(&t, cli);
    return table_close(&t, list_one(&t, &u), "");
}

/* ---- set, passwd, lock, unlock, remove ---- */

static enum err set(struct cli *cli, void *ctx)
{
    const struct user *changes = ctx;
    struct user u;
    enum err e = find(cli, &u);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        if (cli_given(cli, user_texts[i].option))
            *user_text_at(&u, i) = user_text_of(changes, i);
    if (cli_given(cli, "password-expired"))
        u.password_expired = changes->password_expired;
    return user_store_set(cli->app.db, &u);
}

static enum cli_status run_set(struct cli *cli)
{
    struct user changes = {0};
    bool any = cli_given(cli, "password-expired");
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        any = any || cli_given(cli, user_texts[i].option);
    if (!any)
        return cli_misuse(cli, "nothing to change: give at least one option");
    enum cli_status status = take_texts(cli, &changes);
    if (status == CLI_DONE)
        status = take_expired(cli, &changes);
    return status == CLI_DONE ? change(cli, set, &changes, "changed") : status;
}

static enum err set_password(struct cli *cli, void *ctx)
{
    struct user u;
    enum err e = find(cli, &u);
    if (e == ERR_OK)
        e = user_store_set_password(cli->app.db, u.id, ctx, cli->now_s);
    if (e == ERR_OK)
        e = session_store_revoke_user(cli->app.db, u.id, 0, cli->now_s);
    return e == ERR_OK ? throttle_unlock(&cli->app, u.tenant_id, u.account) : e;
}

static enum cli_status run_passwd(struct cli *cli)
{
    char hash[PASSWORD_HASH_CAP];
    struct user u;
    enum cli_status status = check_name(cli);
    /* Nobody should type a password for a user that is not there. */
    enum err e = status == CLI_DONE ? find(cli, &u) : ERR_OK;
    if (e != ERR_OK)
        return report(cli, e, "");
    if (status == CLI_DONE)
        status = read_password(cli, hash);
    if (status == CLI_DONE)
        status = change(cli, set_password, hash, "has a new password; all its sessions ended");
    secure_wipe(hash, sizeof hash);
    return status;
}

static enum err lock(struct cli *cli, void *ctx)
{
    struct user u;
    (void)ctx;
    enum err e = find(cli, &u);
    if (e != ERR_OK)
        return e;
    u.locked = true;
    e = user_store_set(cli->app.db, &u);
    return e == ERR_OK ? session_store_revoke_user(cli->app.db, u.id, 0, cli->now_s) : e;
}

static enum cli_status run_lock(struct cli *cli)
{
    return change(cli, lock, NULL, "locked; all its sessions ended");
}

/* Failed logins are forgotten too, so that the person can log in at once. */
static enum err unlock(struct cli *cli, void *ctx)
{
    struct user u;
    (void)ctx;
    enum err e = find(cli, &u);
    if (e != ERR_OK)
        return e;
    u.locked = false;
    e = user_store_set(cli->app.db, &u);
    return e == ERR_OK ? throttle_unlock(&cli->app, u.tenant_id, u.account) : e;
}

static enum cli_status run_unlock(struct cli *cli)
{
    return change(cli, unlock, NULL, "unlocked");
}

static enum err remove_user(struct cli *cli, void *ctx)
{
    struct user u;
    (void)ctx;
    enum err e = find(cli, &u);
    return e == ERR_OK ? user_store_remove(cli->app.db, u.id) : e;
}

static enum cli_status run_remove(struct cli *cli)
{
    return change(cli, remove_user, NULL, "removed, with its sessions");
}

/* ---- Rows ---- */

#define TENANT_OPTION                                                                                        \
    {                                                                                                        \
        "tenant", "ID", "tenant of the user; default 000000"                                                 \
    }

#define TEXT_OPTION(member, option, is_list, value, help) {option, value, help},

static const struct cli_option tenant_option[] = {TENANT_OPTION, {0}};
static const struct cli_option list_options[] = {{"tenant", "ID", "users of this tenant only"}, {0}};
static const struct cli_option describing_options[] = {
    TENANT_OPTION,
    USER_TEXTS(TEXT_OPTION){"password-expired", "yes|no", "whether front ends ask for a new password"},
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
    "the account's name."

const struct cli_command cli_user_commands[] = {
    {.family = "user",
     .verb = "add",
     .summary = "Add a user",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = describing_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details = PASSWORD_DETAILS,
     .examples = "menshen user add zhangsan --real-name 张三 --role-id 1,2 --role-name admin,editor\n"
                 "menshen user add lisi --tenant 100001 --real-name 李四 < password.txt",
     .run = run_add},
    {.family = "user",
     .verb = "list",
     .summary = "List users",
     .options = list_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen user list\nmenshen user list --tenant 000000 --json",
     .run = run_list},
    {.family = "user",
     .verb = "show",
     .summary = "Show what is known of a user",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = tenant_option,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen user show zhangsan\nmenshen user show lisi --tenant 100001 --json",
     .run = run_show},
    {.family = "user",
     .verb = "set",
     .summary = "Change what is known of a user",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = describing_options,
     .needs = CLI_NEEDS_DATABASE,
     .details = "What is not given stays as it is; an empty text (--dept-id \"\") clears.",
     .examples = "menshen user set zhangsan --nick-name 小张\n"
                 "menshen user set lisi --tenant 100001 --password-expired yes",
     .run = run_set},
    {.family = "user",
     .verb = "passwd",
     .summary = "Give a user a new password and end its sessions",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = tenant_option,
     .needs = CLI_NEEDS_DATABASE,
     .details = PASSWORD_DETAILS,
     .examples = "menshen user passwd zhangsan",
     .run = run_passwd},
    {.family = "user",
     .verb = "import",
     .summary = "Add people from a file: CSV, JSON lines, htpasswd",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .options = import_options,
     .json = true,
     .needs = CLI_NEEDS_DATABASE,
     .details =
         "Everything is checked first, and written in one transaction: all of the file or nothing. FILE -\n"
         "is standard input. The first line of CSV names its columns, JSON lines have the same names:\n"
         "account, tenant, user_id, password_hash or password, real_name, nick_name, role_id, role_name, "
         "dept_id,\n"
         "post_id, oauth_id, id_number, locked and password_expired (yes, no), password_changed (Unix\n"
         "seconds or YYYY-MM-DD HH:MM:SS). password_hash is bcrypt, yescrypt, SHA-crypt, MD5-crypt, $apr1$,\n"
         "{SHA}, Argon2id as menshen user export writes it, or Blade's sha1(md5(password)); the first login\n"
         "replaces it by Argon2id. password, as it is typed, is hashed here: some forty a second.",
     .examples = "menshen user import people.csv --dry-run\n"
                 "menshen user import people.csv\n"
                 "menshen user import /etc/apache2/htpasswd --tenant 000000\n"
                 "menshen user import changes.jsonl --update --keep-going",
     .run = user_run_import},
    {.family = "user",
     .verb = "export",
     .summary = "Write users to a file that user import reads",
     .operands = "[FILE]",
     .operands_max = 1,
     .options = export_options,
     .needs = CLI_NEEDS_DATABASE,
     .details =
         "Without FILE to standard output. FILE is made with mode 0600 and never overwritten. Texts are\n"
         "written as they are: a spreadsheet takes those that begin with = + - or @ for formulas.",
     .examples = "menshen user export people.csv\n"
                 "menshen user export people.jsonl --tenant 000000\n"
                 "menshen user export site.csv --with-hashes",
     .run = user_run_export},
    {.family = "user",
     .verb = "lock",
     .summary = "Lock a user out and end its sessions",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = tenant_option,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen user lock zhangsan",
     .run = run_lock},
    {.family = "user",
     .verb = "unlock",
     .summary = "Let a user in again, also after too many failed logins",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = tenant_option,
     .needs = CLI_NEEDS_DATABASE,
     .details =
         "Forgets the account's failed logins. Those of the address they came from keep counting until\n"
         "their window ends.",
     .examples = "menshen user unlock zhangsan",
     .run = run_unlock},
    {.family = "user",
     .verb = "remove",
     .summary = "Remove a user and its sessions",
     .operands = "ACCOUNT",
     .operands_min = 1,
     .operands_max = 1,
     .options = tenant_option,
     .needs = CLI_NEEDS_DATABASE,
     .examples = "menshen user remove zhangsan --tenant 000000",
     .run = run_remove},
    {0}};
