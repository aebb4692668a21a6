/*
 * menshen config: the settings in force and where each comes from; and a sample file.
 * Source: DESIGN, "Command line and configuration".
 */
#include "base/config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "dialect/dialects.h"
#include "http/routes.h"

/* cgi-bin/menshen.conf.sample, embedded by the build. */
extern const char sample_conf[];

static void print_row(struct table *t, const struct config *cfg, const struct config_view *v)
{
    char name[64], origin[sizeof cfg->path + 16];
    snprintf(name, sizeof name, "%s.%s", v->section, v->key);
    if (v->place.line > 0)
        snprintf(origin, sizeof origin, "%s:%d", cfg->path, v->place.line);
    else if (v->profile != NULL)
        snprintf(origin, sizeof origin, "profile %s", v->profile);
    else
        snprintf(origin, sizeof origin, "default");
    table_row(t);
    table_str(t, "setting", name);
    table_str(t, "value", v->value);
    table_str(t, "origin", origin);
    table_details(t);
    table_str(t, "default", v->initial);
    table_str(t, "help", v->help);
    table_row_end(t);
}

static enum cli_status print_effective(struct cli *cli)
{
    struct table t;
    struct config_view v;
    const struct config *cfg = &cli->app.cfg;
    if (cfg->path[0] == '\0')
        cli_say(cli, "No configuration file was found; every setting has its default. See: menshen config "
                     "--sample\n\n");
    table_open(&t, cli);
    for (size_t i = 0; config_view_at(cfg, i, &v); i++)
        print_row(&t, cfg, &v);
    return table_close(&t, ERR_OK, "");
}

/* The settings, and the dialects against each other: two must not serve the same path. */
static enum err check(struct cli *cli, struct buf *why)
{
    enum err e = app_configure(&cli->app, cli->conf, why);
    return e == ERR_OK ? routes_check(&cli->app.cfg, dialect_all, why) : e;
}

static enum cli_status run_config(struct cli *cli)
{
    if (cli_given(cli, "sample"))
        return fputs(sample_conf, stdout) >= 0 ? CLI_DONE : CLI_FAILED;
    struct buf why;
    buf_init(&why);
    enum cli_status status = cli_result_why(cli, check(cli, &why), &why);
    if (status == CLI_DONE)
        status = print_effective(cli);
    app_close(&cli->app);
    return status;
}

static const struct cli_option options[] = {{"sample", NULL, "print a commented sample file instead"}, {0}};

const struct cli_command cli_config_commands[] = {
    {CLI_ROW("config", NULL, NULL, NULL, run_config, "Print the settings in force and where each comes from"),
     .needs = CLI_NEEDS_NOTHING, .options = options, .json = true,
     .details =
         "Fails, naming file and line, if the configuration is wrong. The file is the one of --conf, else\n"
         "of $MENSHEN_CONF, else the first there is of: menshen.conf beside the program,\n"
         "../etc/menshen.conf, ~/.menshen/menshen.conf, /etc/menshen/menshen.conf. Called by a link, it\n"
         "looks around the link first. What is there and cannot be read is an error.",
     .examples = "menshen config\n"
                 "menshen --conf ./menshen.conf config --json\n"
                 "menshen config --sample > menshen.conf"},
    {0}};
