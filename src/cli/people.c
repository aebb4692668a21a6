#include "cli/people.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/clients.h"
#include "admin/export.h"
#include "admin/import.h"
#include "admin/users.h"
#include "base/printable.h"
#include "cli/check.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/table.h"

enum { SHOWN_NOTES = 20 };

/* The format that --format names, or else the name of the file; `path` may be NULL. */
static enum cli_status take_format(const struct cli *cli, const char *path, enum people_format *out)
{
    const char *name = cli_value(cli, "format");
    if (name != NULL && !people_format_find(name, out))
        return cli_misuse(cli, "--format %s: expected csv, jsonl or htpasswd", name);
    if (name == NULL && (path == NULL || !people_format_of_file(path, out)))
        return cli_misuse(cli, "the name of the file does not say its format: give --format; a spreadsheet "
                               "is read when it is saved as \"CSV UTF-8\"");
    return CLI_DONE;
}

/* ---- import: what is said of it ---------------------------------------------------------------------- */

/* `mark` says what they are: "note: ". */
static void show_notes(const struct cli *cli, const struct import_notes *notes, const char *mark)
{
    for (size_t i = 0; i < notes->count && i < SHOWN_NOTES; i++)
        cli_print(stderr, "%s:%zu: %s%s\n", cli->operand[0], notes->at[i].line, mark, notes->at[i].what);
    if (notes->count > SHOWN_NOTES)
        fprintf(stderr, "… and %zu more\n", notes->count - SHOWN_NOTES);
}

/* Who of the file cannot log in everywhere, and what to do about it. */
static enum err warn_of_unseen(const struct cli *cli, const struct import *im)
{
    struct buf clients;
    buf_init(&clients);
    enum err e = im->unseen > 0 ? clients_md5(cli->app.db, &clients) : ERR_OK;
    if (e == ERR_OK && clients.len > 0)
        cli_note(cli, "%zu of them have a hash over the password itself. " USERS_UNSEEN_ADVICE, im->unseen,
                 buf_str(&clients));
    buf_free(&clients);
    return e;
}

static enum cli_status report_counts(const struct cli *cli, const struct import *im, bool written)
{
    struct buf text;
    struct json_out j;
    size_t added = im->count - im->existing;
    cli_say(cli, "%zu added, %zu changed, %zu refused%s.\n", added, im->existing, im->faults.count,
            written                     ? ""
            : cli_given(cli, "dry-run") ? ": a dry run, nothing was written"
                                        : ": nothing was written");
    if (!cli->json)
        return CLI_DONE;
    table_object(&j, &text);
    json_int(&j, "added", (int64_t)added);
    json_int(&j, "changed", (int64_t)im->existing);
    json_int(&j, "refused", (int64_t)im->faults.count);
    json_int(&j, "needs_plain", (int64_t)im->unseen);
    json_bool(&j, "written", written);
    return table_object_end(cli, &j);
}

static enum cli_status report_import(const struct cli *cli, const struct import *im, bool written)
{
    show_notes(cli, &im->doubts, "note: ");
    show_notes(cli, &im->faults, "");
    enum cli_status status = cli_result(cli, warn_of_unseen(cli, im));
    if (status == CLI_DONE)
        status = report_counts(cli, im, written);
    if (status == CLI_DONE && im->faults.count > 0 && !cli_given(cli, "dry-run") && !written)
        return cli_fail(cli, "correct these lines, or give --keep-going to leave them out");
    return status == CLI_DONE && im->faults.count > 0 ? CLI_FAILED : status;
}

/* ---- import ------------------------------------------------------------------------------------------ */

/* What the audit says the import was about: the file, and how many people of it cannot log in everywhere. */
static void name_subject(struct cli *cli, const struct import *im)
{
    const char *file = cli->operand[0];
    if (text_fault(file, strlen(file)) != NULL)
        file = "?";
    if (im->unseen > 0)
        cli->subject = arena_printf(&cli->arena, "file:%s (%zu of %zu not through clients that send MD5)",
                                    file, im->unseen, im->count);
}

static enum err write_people(struct cli *cli, void *ctx)
{
    (void)cli;
    return import_write(ctx);
}

static enum cli_status write_if_good(struct cli *cli, struct import *im, struct progress *bar)
{
    bool dry = cli_given(cli, "dry-run"), good = im->faults.count == 0;
    if (dry || im->count == 0 || (!good && !cli_given(cli, "keep-going")))
        return report_import(cli, im, good && !dry);
    name_subject(cli, im);
    enum err e = cli_write(cli, write_people, im);
    progress_close(bar);
    if (im->overtaken_line != 0)
        return cli_fail(
            cli,
            "line %zu: the account or its user_id is there meanwhile, or the file has the user_id twice; "
            "nothing was written",
            im->overtaken_line);
    if (im->last_admin_line != 0)
        return cli_fail(cli, "line %zu: " USERS_LAST_ADMIN "; nothing was written", im->last_admin_line);
    return e == ERR_OK ? report_import(cli, im, true) : cli_result(cli, e);
}

static enum cli_status import_file(struct cli *cli, struct import *im, enum people_format format,
                                   struct progress *bar)
{
    struct buf file;
    buf_init(&file);
    enum cli_status status = input_read(cli, &file);
    if (status == CLI_DONE) {
        enum err e = import_read(im, format, buf_str(&file), file.len);
        progress_close(bar);
        status = cli_result(cli, e);
    }
    buf_free(&file);
    return status == CLI_DONE ? write_if_good(cli, im, bar) : status;
}

enum cli_status people_run_import(struct cli *cli)
{
    struct import im;
    struct progress bar = {0};
    enum people_format format = PEOPLE_CSV;
    struct import_rules rules = {.tenant_id = cli_tenant(cli),
                                 .update = cli_given(cli, "update"),
                                 .as_typed = cli_given(cli, "passwords-as-typed")};
    struct watch watch = progress_watch(&bar);
    enum cli_status status = take_format(cli, cli->operand[0], &format);
    if (status == CLI_DONE)
        status = check_id(cli, "--tenant", rules.tenant_id);
    if (status != CLI_DONE)
        return status;
    import_init(&im, &cli->app, &rules, cli->now_s, &watch);
    status = import_file(cli, &im, format, &bar);
    import_fini(&im);
    return status;
}

/* ---- export ------------------------------------------------------------------------------------------ */

struct exporting {
    struct export_rules rules;
    FILE *to;
    bool to_screen;
    size_t count;
};

/* On a screen, and only there, what would control it is written out. */
static enum err put_piece(void *ctx, const struct buf *text)
{
    const struct exporting *ex = ctx;
    struct buf safe;
    buf_init(&safe);
    if (ex->to_screen)
        printable_add(&safe, buf_str(text), text->len, "\r\n");
    const struct buf *shown = ex->to_screen ? &safe : text;
    enum err e = safe.err;
    if (e == ERR_OK && fwrite(shown->data, 1, shown->len, ex->to) != shown->len)
        e = ERR_IO;
    buf_free(&safe);
    return e;
}

static enum err write_export(struct cli *cli, struct exporting *ex)
{
    /* That verifiers left the site is on record before they do. */
    enum err e = ex->rules.with_hashes ? cli_write(cli, NULL, NULL) : ERR_OK;
    if (e == ERR_OK)
        e = export_people(cli->app.db, &ex->rules, put_piece, ex, &ex->count);
    return fflush(ex->to) != 0 && e == ERR_OK ? ERR_IO : e;
}

static enum cli_status to_file(struct cli *cli, struct exporting *ex, const char *path)
{
    ex->to = output_open(cli, path, 0600);
    if (ex->to == NULL)
        return CLI_FAILED;
    enum err e = write_export(cli, ex);
    int error = errno;
    if (e == ERR_OK && fsync(fileno(ex->to)) != 0) {
        error = errno;
        e = ERR_IO;
    }
    if (fclose(ex->to) != 0 && e == ERR_OK) {
        error = errno;
        e = ERR_IO;
    }
    if (e == ERR_OK) {
        cli_say(cli, "%zu users written to %s%s.\n", ex->count, path,
                ex->rules.with_hashes ? ", with their password hashes: keep it as you keep the database"
                                      : "");
        return CLI_DONE;
    }
    unlink(path);
    return e == ERR_IO ? cli_fail(cli, "%s: %s", path, strerror(error)) : cli_result(cli, e);
}

static enum cli_status to_output(struct cli *cli, struct exporting *ex)
{
    ex->to = stdout;
    ex->to_screen = isatty(STDOUT_FILENO);
    enum err e = write_export(cli, ex);
    return e == ERR_IO ? cli_fail(cli, "standard output: %s", strerror(errno)) : cli_result(cli, e);
}

enum cli_status people_run_export(struct cli *cli)
{
    const char *path = cli->operand_count > 0 && strcmp(cli->operand[0], "-") != 0 ? cli->operand[0] : NULL;
    struct exporting ex = {.rules = {.format = PEOPLE_CSV,
                                     .tenant_id = cli_value(cli, "tenant"),
                                     .with_hashes = cli_given(cli, "with-hashes"),
                                     .for_excel = cli_given(cli, "for-excel")}};
    enum cli_status status = CLI_DONE;
    if (ex.rules.tenant_id != NULL)
        status = check_id(cli, "--tenant", ex.rules.tenant_id);
    if (status == CLI_DONE && (path != NULL || cli_given(cli, "format")))
        status = take_format(cli, path, &ex.rules.format);
    if (status != CLI_DONE)
        return status;
    if (ex.rules.format == PEOPLE_HTPASSWD)
        return cli_misuse(cli, "htpasswd can be read, not written: expected csv or jsonl");
    if (ex.rules.for_excel && ex.rules.format != PEOPLE_CSV)
        return cli_misuse(cli, "--for-excel: expected the format csv");
    if (ex.rules.with_hashes && path == NULL && isatty(STDOUT_FILENO))
        return cli_misuse(cli, "--with-hashes: password hashes are not for a screen; name a file");
    return path != NULL ? to_file(cli, &ex, path) : to_output(cli, &ex);
}
