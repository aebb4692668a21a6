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

#include "admin/audit_export.h"
#include "admin/users.h"
#include "auth/audit.h"
#include "base/clock.h"
#include "base/printable.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "store/audit_store.h"

enum { COUNT_DEFAULT = 20, COUNT_MAX = 100000000, POLL_MS = 1000 };

static const int64_t SINCE_MAX_S = 3153600000; /* as [audit] retention */

/* What is printed, and how far it got. */
struct tail {
    struct audit_filter filter;
    struct buf who, line;
};

/* One JSON object, one line: the answer of this command for people too. */
static enum err print_one(void *ctx, const struct audit_row *row)
{
    struct tail *t = ctx;
    buf_clear(&t->line);
    audit_export_row(AUDIT_JSON_LINES, row, &t->line);
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

/* ---- export ------------------------------------------------------------------------------------------ */

/* Where the file goes. */
struct target {
    FILE *to;
    bool to_screen;
};

/* On a screen, and only there, what would control it is written out. */
static enum err put_piece(void *ctx, const struct buf *text)
{
    const struct target *t = ctx;
    struct buf safe;
    buf_init(&safe);
    if (t->to_screen)
        printable_add(&safe, buf_str(text), text->len, "\r\n");
    const struct buf *shown = t->to_screen ? &safe : text;
    enum err e = safe.err;
    if (e == ERR_OK && fwrite(shown->data, 1, shown->len, t->to) != shown->len)
        e = ERR_IO;
    buf_free(&safe);
    return e;
}

/* The format that --format names, or else the name of the file; JSON lines for standard output. */
static enum cli_status take_format(const struct cli *cli, const char *path, enum audit_format *out)
{
    const char *name = cli_value(cli, "format");
    const char *ending = path != NULL ? strrchr(path, '.') : NULL;
    *out = AUDIT_JSON_LINES;
    if (name != NULL && !audit_format_find(name, out))
        return cli_misuse(cli, "--format %s: expected csv or jsonl", name);
    if (name == NULL && path != NULL && (ending == NULL || !audit_format_find(ending + 1, out)))
        return cli_misuse(cli, "the name of the file does not say its format: give --format");
    return CLI_DONE;
}

static enum cli_status read_ask(struct cli *cli, struct audit_filter *out)
{
    const char *field = NULL;
    const struct audit_ask ask = {.who = cli_value(cli, "who"),
                                  .action = cli_value(cli, "action"),
                                  .result = cli_value(cli, "result"),
                                  .address = cli_value(cli, "address"),
                                  .from = cli_value(cli, "from"),
                                  .to = cli_value(cli, "to")};
    enum err e = audit_ask_read(cli->app.db, &ask, &cli->arena, out, &field);
    if (e != ERR_BAD_REQUEST)
        return cli_result(cli, e);
    return cli_misuse(cli, "--%s %s: expected %s", field, cli_value(cli, field),
                      strcmp(field, "address") == 0 ? "an address" : "YYYY-MM-DD or \"YYYY-MM-DD HH:MM:SS\"");
}

static enum cli_status write_export(struct cli *cli, const struct audit_filter *filter,
                                    enum audit_format format)
{
    const char *path = cli->operand_count > 0 ? cli->operand[0] : NULL;
    struct target t = {.to = stdout, .to_screen = path == NULL && isatty(STDOUT_FILENO)};
    size_t count = 0;
    if (path != NULL)
        t.to = output_open(cli, path, 0600);
    if (t.to == NULL)
        return CLI_FAILED;
    enum err e = audit_close_windows(&cli->app, cli->now_s);
    if (e == ERR_OK || e == ERR_BUSY) /* then somebody else does it */
        e = audit_export(cli->app.db, filter, format, put_piece, &t, &count);
    if (fflush(t.to) != 0 && e == ERR_OK)
        e = ERR_IO;
    int error = errno;
    if (path != NULL && fclose(t.to) != 0 && e == ERR_OK) {
        error = errno;
        e = ERR_IO;
    }
    if (e == ERR_OK && path != NULL)
        cli_say(cli, "%zu rows written to %s.\n", count, path);
    if (e != ERR_OK && path != NULL)
        unlink(path);
    return e == ERR_IO ? cli_fail(cli, "%s: %s", path != NULL ? path : "standard output", strerror(error))
                       : cli_result(cli, e);
}

static enum cli_status run_export(struct cli *cli)
{
    enum audit_format format;
    struct audit_filter filter;
    enum cli_status status = take_format(cli, cli->operand_count > 0 ? cli->operand[0] : NULL, &format);
    if (status == CLI_DONE)
        status = read_ask(cli, &filter);
    return status == CLI_DONE ? write_export(cli, &filter, format) : status;
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static const struct cli_option export_options[] = {
    {"format", "FORMAT", "csv or jsonl; default: as the file's name ends, jsonl without a file"},
    {"who", "NAME", "what this account, TENANT/ACCOUNT, or actor (admin:root) did, and what was done to it"},
    {"action", "NAME", "of this action: login, user.lock, …"},
    {"result", "NAME", "of this result: ok, failed (any but ok), bad_password, …"},
    {"address", "ADDRESS", "from this address"},
    {"from", "DATE", "not before this day, or moment, of the site's zone"},
    {"to", "DATE", "not after it"},
    {"force", NULL, "overwrite FILE"},
    {0}};

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
    {CLI_ROW("audit", "export", "[FILE]", &noun_file, run_export,
             "Write the audit, or what is asked for of it, to a file"),
     .options = export_options,
     .details =
         "The same file as /admin/audit gives out: JSON lines as audit tail prints them, or CSV for\n"
         "spreadsheets, in which a cell that would be a formula begins with an apostrophe. The oldest row\n"
         "comes first; what is being summed up yet is not among them.",
     .examples = "menshen audit export audit.csv\n"
                 "menshen audit export audit-2026-11.jsonl --from 2026-11-01 --to 2026-11-30\n"
                 "menshen audit export --who zhangsan --result failed"},
    {0}};
