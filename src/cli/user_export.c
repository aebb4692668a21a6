/*
 * menshen user export: what user import reads. Without verifiers, unless a site is to be moved.
 * Source: schema.sql, table user.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/printable.h"
#include "cli/output.h"
#include "cli/text.h"
#include "cli/user_import.h"
#include "store/user_store.h"

struct exporting {
    struct cli *cli;
    enum people_format format;
    bool shown[PEOPLE_COLUMNS];
    bool for_excel;
    bool to_screen;
    FILE *to;
    size_t count;
};

/* On a screen, and only there, what would control it is written out. */
static void make_printable(struct buf *text)
{
    struct buf safe;
    buf_init(&safe);
    printable_add(&safe, buf_str(text), text->len, "\r\n");
    if (safe.err == ERR_OK)
        safe.err = text->err;
    buf_free(text);
    *text = safe;
}

static enum err write_out(struct exporting *ex, struct buf *text)
{
    if (ex->to_screen)
        make_printable(text);
    enum err e = text->err;
    if (e == ERR_OK && fwrite(text->data, 1, text->len, ex->to) != text->len)
        e = ERR_IO;
    buf_free(text);
    return e;
}

static enum err write_one(void *ctx, const struct user *u)
{
    struct exporting *ex = ctx;
    char changed[24], id[24];
    struct buf text;
    struct person p = {.value = {[PEOPLE_ACCOUNT] = u->account,
                                 [PEOPLE_TENANT] = u->tenant_id,
                                 [PEOPLE_USER_ID] = id,
                                 [PEOPLE_PASSWORD_HASH] = u->password_hash,
                                 [PEOPLE_LOCKED] = u->locked ? "yes" : "no",
                                 [PEOPLE_PASSWORD_EXPIRED] = u->password_expired ? "yes" : "no",
                                 [PEOPLE_PASSWORD_CHANGED] = changed}};
    for (size_t i = 0; i < USER_TEXT_COUNT; i++)
        p.value[PEOPLE_TEXTS + i] = user_text_of(u, i);
    snprintf(id, sizeof id, "%" PRId64, u->id);
    snprintf(changed, sizeof changed, "%" PRId64, u->password_changed_s);
    buf_init(&text);
    people_write(ex->format, ex->shown, &p, &text);
    ex->count++;
    return write_out(ex, &text);
}

/* That verifiers left the site is on record before they do. */
static enum err record(struct cli *cli, void *ctx)
{
    (void)cli;
    (void)ctx;
    return ERR_OK;
}

static enum err write_all(struct exporting *ex, const char *tenant)
{
    struct buf head;
    buf_init(&head);
    if (ex->for_excel)
        buf_add_str(&head, "\xEF\xBB\xBF"); /* without it Excel takes the file for GBK */
    people_write_head(ex->format, ex->shown, &head);
    enum err e = ERR_OK;
    if (ex->shown[PEOPLE_PASSWORD_HASH])
        e = cli_write(ex->cli, record, NULL);
    if (head.len == 0)
        buf_free(&head);
    else if (e == ERR_OK)
        e = write_out(ex, &head);
    if (e == ERR_OK)
        e = user_store_list(ex->cli->app.db, tenant, &ex->cli->arena, write_one, ex);
    if (fflush(ex->to) != 0 && e == ERR_OK)
        e = ERR_IO;
    return e;
}

static enum cli_status to_file(struct exporting *ex, const char *path, const char *tenant)
{
    ex->to = output_open(ex->cli, path, 0600);
    if (ex->to == NULL)
        return CLI_FAILED;
    enum err e = write_all(ex, tenant);
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
        cli_say(ex->cli, "%zu users written to %s%s.\n", ex->count, path,
                ex->shown[PEOPLE_PASSWORD_HASH] ? ", with their password hashes: keep it as you keep the "
                                                  "database"
                                                : "");
        return CLI_DONE;
    }
    unlink(path);
    return e == ERR_IO ? cli_fail(ex->cli, "%s: %s", path, strerror(error)) : cli_result(ex->cli, e);
}

static enum cli_status to_output(struct exporting *ex, const char *tenant)
{
    ex->to = stdout;
    ex->to_screen = isatty(STDOUT_FILENO);
    enum err e = write_all(ex, tenant);
    return e == ERR_IO ? cli_fail(ex->cli, "standard output: %s", strerror(errno)) : cli_result(ex->cli, e);
}

enum cli_status user_run_export(struct cli *cli)
{
    struct exporting ex = {.cli = cli, .format = PEOPLE_CSV, .for_excel = cli_given(cli, "for-excel")};
    const char *path = cli->operand_count > 0 && strcmp(cli->operand[0], "-") != 0 ? cli->operand[0] : NULL;
    const char *tenant = cli_value(cli, "tenant");
    bool hashes = cli_given(cli, "with-hashes");
    enum cli_status status = CLI_DONE;
    if (tenant != NULL)
        status = text_check_id(cli, "--tenant", tenant);
    if (status == CLI_DONE && (path != NULL || cli_given(cli, "format")))
        status = user_take_format(cli, path, &ex.format);
    if (status != CLI_DONE)
        return status;
    if (ex.format == PEOPLE_HTPASSWD)
        return cli_misuse(cli, "htpasswd can be read, not written: expected csv or jsonl");
    if (ex.for_excel && ex.format != PEOPLE_CSV)
        return cli_misuse(cli, "--for-excel: expected the format csv");
    if (hashes && path == NULL && isatty(STDOUT_FILENO))
        return cli_misuse(cli, "--with-hashes: password hashes are not for a screen; name a file");
    for (int i = 0; i < PEOPLE_COLUMNS; i++)
        ex.shown[i] = i != PEOPLE_PASSWORD && (hashes || i != PEOPLE_PASSWORD_HASH) &&
                      (!ex.for_excel || i != PEOPLE_USER_ID);
    return path != NULL ? to_file(&ex, path, tenant) : to_output(&ex, tenant);
}
