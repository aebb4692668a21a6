/*
 * menshen audit …: who did what, when, from where.
 * Source: schema.sql, table audit; auth/audit.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "admin/users.h"
#include "auth/audit.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "cli/cli.h"
#include "store/audit_store.h"

enum { COUNT_DEFAULT = 20, COUNT_MAX = 100000000, POLL_MS = 1000 };

static const int64_t SINCE_MAX_S = 3153600000; /* as [audit] retention */

/* What is printed, and how far it got. */
struct tail {
    struct audit_filter filter;
    struct buf who, line;
};

static void add_time(struct json_out *j, const char *name, int64_t t_s)
{
    char time[CLOCK_RFC3339_CAP];
    clock_rfc3339(t_s, time);
    json_str(j, name, time);
}

/* One JSON object, one line: the answer of this command for people too. */
static enum err print_one(void *ctx, const struct audit_row *row)
{
    struct tail *t = ctx;
    struct json_out j;
    buf_clear(&t->line);
    json_out_init(&j, &t->line);
    json_open_object(&j, NULL);
    add_time(&j, "time", row->at_s);
    json_str(&j, "actor", row->actor);
    json_str(&j, "action", row->action);
    json_str(&j, "subject", row->subject);
    json_str(&j, "result", row->result);
    json_str(&j, "client_id", row->client_id);
    json_str(&j, "dialect", row->dialect);
    json_str(&j, "address", row->address);
    json_int(&j, "count", row->count);
    if (row->first_s != 0) {
        add_time(&j, "first", row->first_s);
        add_time(&j, "last", row->last_s);
    }
    json_int(&j, "id", row->id);
    json_close_object(&j);
    buf_add_char(&t->line, '\n');
    if (t->line.err == ERR_OK)
        fwrite(t->line.data, 1, t->line.len, stdout);
    if (row->id > 0)
        t->filter.after = row->id;
    return t->line.err;
}

static enum err print_rows(struct cli *cli, struct tail *t)
{
    enum err e = audit_store_list(cli->app.db, &t->filter, &cli->arena, print_one, t);
    fflush(stdout);
    return e;
}

static enum err note_id(void *ctx, const struct audit_row *row)
{
    int64_t *id = ctx;
    *id = row->id;
    return ERR_OK;
}

/* The rows that are asked for; what is followed starts behind all that were there before, printed or not. */
static enum err print_first(struct cli *cli, struct tail *t)
{
    int64_t newest = 0;
    enum err e =
        audit_store_list(cli->app.db, &(struct audit_filter){.limit = 1}, &cli->arena, note_id, &newest);
    if (e == ERR_OK)
        e = print_rows(cli, t);
    if (t->filter.after < newest)
        t->filter.after = newest;
    return e;
}

/* What is being summed up, as far as it got. */
static enum err print_sums(struct cli *cli, struct tail *t)
{
    enum err e = audit_sum_list(cli->app.db, &cli->arena, print_one, t);
    fflush(stdout);
    return e;
}

/* ---- --follow ---------------------------------------------------------------------------------------- */

/* Wait a moment. False when a signal asks to end, or when nobody reads what is printed any more. */
static bool wait_for_more(int signals)
{
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};
    int n = poll(fds, 2, POLL_MS);
    return n == 0 || (n < 0 && errno == EINTR);
}

/* Print what comes, until it is enough. Between two looks no transaction is open. */
static enum err follow(struct cli *cli, struct tail *t)
{
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL); /* for good: one that came has done what it was sent for */
    int signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
    enum err e = signals >= 0 ? ERR_OK : ERR_IO;
    t->filter.limit = INT64_MAX;
    t->filter.since_s = 0; /* a row that comes is new, also when the clock was set back */
    while ((e == ERR_OK || e == ERR_BUSY) && ferror(stdout) == 0 && wait_for_more(signals)) {
        e = audit_close_windows(&cli->app, clock_now_s());
        if (e == ERR_OK)
            e = print_rows(cli, t);
    }
    if (signals >= 0)
        close(signals);
    return e == ERR_BUSY ? ERR_OK : e;
}

/* ---- tail -------------------------------------------------------------------------------------------- */

/* Which rows the options ask for. t->who is where the name of the person is kept. */
static enum cli_status read_filter(struct cli *cli, struct tail *t)
{
    const char *account = cli_value(cli, "account");
    int64_t since_s = 0;
    t->filter.limit = cli_given(cli, "since") ? INT64_MAX : COUNT_DEFAULT;
    t->filter.action = cli_value(cli, "action");
    if (cli_given(cli, "tenant") && account == NULL)
        return cli_misuse(cli, "--tenant belongs to --account");
    enum cli_status status = cli_number(cli, "count", 0, COUNT_MAX, &t->filter.limit);
    if (status == CLI_DONE)
        status = cli_number(cli, "since", 1, SINCE_MAX_S, &since_s);
    if (since_s > 0)
        t->filter.since_s = cli->now_s - since_s;
    if (status != CLI_DONE || account == NULL)
        return status;
    enum err e = users_spelling(cli->app.db, cli_tenant(cli), account, &cli->arena, &account);
    buf_addf(&t->who, "user:%s/%s", cli_tenant(cli), account);
    t->filter.who = buf_str(&t->who);
    return cli_result(cli, e == ERR_OK ? t->who.err : e);
}

static enum cli_status run_tail(struct cli *cli)
{
    struct tail t = {.filter = {.after = 0}};
    buf_init(&t.who);
    buf_init(&t.line);
    enum cli_status status = read_filter(cli, &t);
    if (status == CLI_DONE && cli->app.cfg.audit.retention_s == 0)
        cli_note(cli, "[audit] retention is 0: nothing is recorded");
    if (status == CLI_DONE) {
        enum err e = audit_close_windows(&cli->app, cli->now_s);
        if (e == ERR_OK || e == ERR_BUSY) /* then somebody else does it */
            e = print_first(cli, &t);
        if (e == ERR_OK && cli_given(cli, "sums"))
            e = print_sums(cli, &t);
        if (e == ERR_OK && cli_given(cli, "follow"))
            e = follow(cli, &t);
        status = cli_result(cli, e);
    }
    buf_free(&t.who);
    buf_free(&t.line);
    return status;
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option tail_options[] = {
    {"count", "N", "at most so many, the newest; default 20, with --since all"},
    {"follow", NULL, "go on printing what comes, until interrupted"},
    {"account", "ACCOUNT", "what this user did, and what was done to it"},
    {"tenant", "ID", "tenant of the user; default 000000"},
    {"action", "NAME", "of this action: login, user.lock, …"},
    {"since", "SECONDS", "of the last so many seconds"},
    {"sums", NULL, "also what is being summed up and is no row yet: id 0, at the end of its hour"},
    {0}};

const struct cli_command cli_audit_commands[] = {
    {CLI_ROW("audit", "tail", NULL, NULL, run_tail, "Print who did what, when, from where"),
     .options = tail_options, .first_letter = 'n', .json = true,
     .details =
         "One JSON object a line, with or without --json, the newest last. Actions are login, logout,\n"
         "password.change, screen.unlock, token.revoke, refresh.reuse (a used token came again and its "
         "login\n"
         "ended), refresh.stale (from an open tab), refresh.refused, client.authenticate (a wrong secret), "
         "and\n"
         "every command that changes something, and backup, by its name: user.lock. No password, secret, "
         "token\n"
         "or captcha answer is recorded. [audit] retention says how long rows are kept.\n"
         "What failed is summed up: the first of a kind (action, actor, result, client, dialect) is a row "
         "at\n"
         "once, those of the following hour are one, with count, first and last.",
     .examples = "menshen audit tail\n"
                 "menshen audit tail --follow --action login\n"
                 "menshen audit tail --account zhangsan --since 86400"},
    {0}};
