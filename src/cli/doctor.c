/*
 * menshen doctor: what admin/doctor found, as text or JSON.
 */
#include "admin/doctor.h"

#include "cli/cli.h"
#include "cli/table.h"
#include "dialect/dialects.h"

static enum cli_status print_json(const struct cli *cli, const struct doctor *d)
{
    struct buf text;
    struct json_out j;
    table_object(&j, &text);
    json_bool(&j, "ok", doctor_count(d, DOCTOR_ERROR) == 0);
    json_open_array(&j, "checks");
    for (size_t i = 0; i < d->count; i++) {
        const struct doctor_finding *f = &d->finding[i];
        json_open_object(&j, NULL);
        json_str(&j, "name", f->name);
        json_str(&j, "status", doctor_status_name(f->status));
        json_str(&j, "message", f->message);
        json_str(&j, "advice", f->advice);
        json_close_object(&j);
    }
    json_close_array(&j);
    return table_object_end(cli, &j);
}

static enum cli_status print_text(const struct cli *cli, const struct doctor *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct doctor_finding *f = &d->finding[i];
        cli_say(cli, "%-8s %-16s %s\n", doctor_status_name(f->status), f->name, f->message);
        if (f->advice != NULL)
            cli_say(cli, "%-25s > %s\n", "", f->advice);
    }
    size_t errors = doctor_count(d, DOCTOR_ERROR), warnings = doctor_count(d, DOCTOR_WARNING);
    cli_say(cli, "\n%zu checks: %zu %s, %zu %s.\n", d->count, errors, errors == 1 ? "error" : "errors",
            warnings, warnings == 1 ? "warning" : "warnings");
    return CLI_DONE;
}

static enum cli_status run_doctor(struct cli *cli)
{
    struct doctor d = {.app = &cli->app,
                       .conf = cli->conf,
                       .dialects = dialect_all,
                       .arena = &cli->arena,
                       .now_s = cli->now_s};
    doctor_examine(&d);
    enum cli_status status = cli->json ? print_json(cli, &d) : print_text(cli, &d);
    if (status == CLI_DONE && doctor_count(&d, DOCTOR_ERROR) > 0)
        status = CLI_FAILED;
    app_close(&cli->app);
    return status;
}

const struct cli_command cli_doctor_commands[] = {
    {CLI_ROW("doctor", NULL, NULL, NULL, run_doctor,
             "Check this installation and say what to do about each finding"),
     .needs = CLI_NEEDS_NOTHING, .json = true,
     .details =
         "Run it as the user that the web server runs Menshen as. The exit status is 1 if there is an\n"
         "error, 0 if there are at most warnings.",
     .examples = "menshen doctor\n"
                 "menshen --conf /home/site/menshen.conf doctor --json"},
    {0}};
