/*
 * menshen captcha …: look at the pictures, measure them, change their style.
 * Source: DESIGN, "Command line and configuration"; schema.sql, table setting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "admin/site.h"
#include "base/secure.h"
#include "captcha/series.h"
#include "cli/cli.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/table.h"
#include "store/setting_store.h"

enum {
    SHEET_COLUMNS = 4,
    SHEET_ROWS = 10,
    SHEET_ZOOM = 2,
    DUMP_MAX = 1000000,
    BENCH_COUNT = 10000,
    PROGRESS_STEP = 1000
};

/* A series, and the engine that draws it. */
struct drawing {
    struct captcha_engine *engine;
    struct captcha_series series;
};

/* The site's style; without a database that of a site whose seed is zero, which says so. */
static enum err read_style(struct cli *cli, unsigned char style[SETTING_SEED_LEN])
{
    struct buf why;
    struct db *db = NULL;
    buf_init(&why);
    enum err e = db_open(cli->app.cfg.server.data_dir, &cli->app.log, &db, &why);
    if (e == ERR_OK) {
        e = setting_store_get(db, SETTING_CAPTCHA_STYLE, style, SETTING_SEED_LEN);
    } else if (e == ERR_NOT_FOUND) {
        memset(style, 0, SETTING_SEED_LEN);
        cli_note(cli, "there is no database yet, so this is not the style of your site");
        e = ERR_OK;
    }
    db_close(db);
    buf_free(&why);
    return e;
}

static enum cli_status read_kind(const struct cli *cli, struct captcha_profile *p)
{
    const char *name = cli_value(cli, "kind");
    if (name == NULL)
        return CLI_DONE;
    for (int kind = 0; kind < CAPTCHA_KIND_COUNT; kind++) {
        if (strcmp(name, config_kind_name((enum captcha_kind)kind)) == 0) {
            p->kind = (enum captcha_kind)kind;
            return CLI_DONE;
        }
    }
    return cli_misuse(cli, "--kind is alnum, digits, letters, arithmetic or chinese, not \"%s\"", name);
}

static enum cli_status read_profile(const struct cli *cli, struct captcha_profile *p)
{
    enum dialect_id dialect = DIALECT_BLADE;
    const char *name = cli_value(cli, "dialect");
    const char *level = cli_value(cli, "level");
    if (name != NULL && !config_dialect_find(name, &dialect))
        return cli_misuse(cli,
                          "there is no dialect \"%s\"; there are: blade, ebaas, eplatform, platform, "
                          "springblade, ruoyi, oauth",
                          name);
    *p = cli->app.cfg.dialect[dialect].captcha;
    if (level != NULL && !config_level_find(level, &p->level))
        return cli_misuse(cli, "--level is easy, normal or hard, not \"%s\"", level);
    return read_kind(cli, p);
}

/* drawing_close in any case. */
static enum cli_status drawing_open(struct cli *cli, struct drawing *d)
{
    unsigned char style[SETTING_SEED_LEN];
    struct captcha_profile profile;
    int64_t seed = 0;
    *d = (struct drawing){.engine = NULL};
    enum cli_status status = read_profile(cli, &profile);
    if (status == CLI_DONE)
        status = cli_number(cli, "seed", 0, INT64_MAX, &seed);
    if (status != CLI_DONE)
        return status;
    enum err e = read_style(cli, style);
    if (e == ERR_OK)
        e = captcha_engine_new(style, &d->engine);
    secure_wipe(style, sizeof style);
    captcha_series_init(&d->series, d->engine, &profile, cli_given(cli, "seed"), (uint64_t)seed);
    return cli_result(cli, e);
}

static void drawing_close(struct drawing *d)
{
    captcha_series_fini(&d->series);
    captcha_engine_free(d->engine);
}

static enum cli_status write_file(const struct cli *cli, const char *path, const struct buf *content)
{
    FILE *f = output_open(cli, path, 0666);
    if (f == NULL)
        return CLI_FAILED;
    bool written = fwrite(content->data, 1, content->len, f) == content->len;
    if (fclose(f) != 0)
        written = false;
    return written ? CLI_DONE : cli_fail(cli, "cannot write %s: %s", path, strerror(errno));
}

/* ---- dump ---- */

static enum cli_status dump_next(struct cli *cli, struct captcha_series *s)
{
    char path[4096];
    enum cli_status status = cli_result(cli, captcha_series_next(s));
    if (status != CLI_DONE)
        return status;
    int len = snprintf(path, sizeof path, "%s/%s_%06" PRIu64 ".%s", cli->operand[0], s->text.answer,
                       s->number, s->profile.format == CAPTCHA_PNG ? "png" : "jpg");
    if (len < 0 || (size_t)len >= sizeof path)
        return cli_fail(cli, "the folder's name is too long");
    return write_file(cli, path, &s->file);
}

static enum cli_status run_dump(struct cli *cli)
{
    struct drawing d;
    char *end = NULL;
    errno = 0;
    long count = strtol(cli->operand[1], &end, 10);
    if (errno != 0 || *end != '\0' || count < 1 || count > DUMP_MAX)
        return cli_misuse(cli, "COUNT is a number from 1 to %d, not \"%s\"", DUMP_MAX, cli->operand[1]);
    enum cli_status status = drawing_open(cli, &d);
    if (status == CLI_DONE && mkdir(cli->operand[0], 0777) != 0 && errno != EEXIST)
        status = cli_fail(cli, "cannot make the folder %s: %s", cli->operand[0], strerror(errno));
    for (long i = 1; i <= count && status == CLI_DONE; i++) {
        status = dump_next(cli, &d.series);
        if (i % PROGRESS_STEP == 0 && status == CLI_DONE)
            cli_say(cli, "%ld of %ld\n", i, count);
    }
    if (status == CLI_DONE)
        cli_say(cli, "Wrote %ld pictures to %s; their names begin with the answer.\n", count,
                cli->operand[0]);
    drawing_close(&d);
    return status;
}

/* ---- sheet ---- */

static enum cli_status run_sheet(struct cli *cli)
{
    struct drawing d;
    struct buf out;
    buf_init(&out);
    enum cli_status status = drawing_open(cli, &d);
    if (status == CLI_DONE)
        status = cli_result(cli, captcha_series_sheet(&d.series, SHEET_COLUMNS, SHEET_ROWS, SHEET_ZOOM,
                                                      !cli_given(cli, "no-answers"), &out));
    if (status == CLI_DONE)
        status = write_file(cli, cli->operand[0], &out);
    if (status == CLI_DONE)
        cli_say(cli, "Wrote %s.\n", cli->operand[0]);
    buf_free(&out);
    drawing_close(&d);
    return status;
}

/* ---- bench ---- */

static enum cli_status print_bench(struct cli *cli, const struct captcha_series *s, int64_t count,
                                   clock_t used, size_t bytes)
{
    struct table t;
    int64_t used_us = (int64_t)used * 1000000 / CLOCKS_PER_SEC;
    table_open(&t, cli);
    table_row(&t);
    table_str(&t, "kind", config_kind_name(s->profile.kind));
    table_str(&t, "level", config_level_name(s->profile.level));
    table_str(&t, "format", s->profile.format == CAPTCHA_PNG ? "png" : "jpeg");
    table_int(&t, "width", s->profile.width_px);
    table_int(&t, "height", s->profile.height_px);
    table_int(&t, "images", count);
    table_int(&t, "images_per_cpu_second", used_us > 0 ? count * 1000000 / used_us : 0);
    table_int(&t, "ns_per_image", used_us * 1000 / count);
    table_int(&t, "bytes_per_image", (int64_t)bytes / count);
    table_row_end(&t);
    return table_close(&t, ERR_OK, "");
}

static enum cli_status run_bench(struct cli *cli)
{
    struct drawing d;
    int64_t count = BENCH_COUNT;
    size_t bytes = 0;
    enum cli_status status = drawing_open(cli, &d);
    if (status == CLI_DONE)
        status = cli_number(cli, "count", 1, DUMP_MAX, &count);
    clock_t begin = clock();
    for (int64_t i = 0; i < count && status == CLI_DONE; i++) {
        status = cli_result(cli, captcha_series_next(&d.series));
        bytes += d.series.file.len;
    }
    clock_t used = clock() - begin;
    if (status == CLI_DONE)
        status = print_bench(cli, &d.series, count, used, bytes);
    drawing_close(&d);
    return status;
}

/* ---- restyle ---- */

static enum err restyle(struct cli *cli, void *ctx)
{
    (void)ctx;
    return site_restyle(cli->app.db);
}

static enum cli_status run_restyle(struct cli *cli)
{
    enum err e = cli_write(cli, restyle, NULL);
    if (e == ERR_OK)
        cli_say(cli, "The captchas have a new style.\n");
    return cli_result(cli, e);
}

#define PICTURE_OPTIONS                                                                                      \
    {"dialect", "NAME", "the dialect whose size, kind and level to use (blade)"},                            \
        {"level", "LEVEL", "easy, normal or hard, instead of the dialect's"},                                \
        {"kind", "KIND", "alnum, digits, letters, arithmetic or chinese, instead of the dialect's"},         \
    {                                                                                                        \
        "seed", "NUMBER", "the same pictures each time; without it they are of chance"                       \
    }

static const struct cli_option dump_options[] = {
    PICTURE_OPTIONS, {"force", NULL, "overwrite pictures of the same names"}, {0}};
static const struct cli_option sheet_options[] = {PICTURE_OPTIONS,
                                                  {"no-answers", NULL, "leave out what is to be read"},
                                                  {"force", NULL, "overwrite FILE"},
                                                  {0}};
static const struct cli_option bench_options[] = {
    PICTURE_OPTIONS, {"count", "NUMBER", "how many pictures to draw (10000)"}, {0}};

const struct cli_command cli_captcha_commands[] = {
    {CLI_ROW("captcha", "dump", "DIR COUNT", NULL, run_dump,
             "Write captchas to a folder, for anyone who measures"),
     .needs = CLI_NEEDS_CONFIG, .options = dump_options,
     .details = "Files are called ANSWER_000001.png, or .jpg; DIR is made if it is not there.",
     .examples = "menshen captcha dump /tmp/captchas 2000\n"
                 "menshen captcha dump /tmp/captchas 40 --dialect platform --seed 1"},
    {CLI_ROW("captcha", "sheet", "FILE.png", &noun_file, run_sheet,
             "Draw 40 captchas on one sheet, to choose a difficulty by looking"),
     .needs = CLI_NEEDS_CONFIG, .options = sheet_options,
     .examples = "menshen captcha sheet sheet.png --level hard\n"
                 "menshen captcha sheet sheet.png --kind chinese --no-answers"},
    {CLI_ROW("captcha", "bench", NULL, NULL, run_bench,
             "Measure drawing: pictures per second of processor time, bytes per picture"),
     .needs = CLI_NEEDS_CONFIG, .options = bench_options, .json = true,
     .examples = "menshen captcha bench\nmenshen captcha bench --dialect ebaas --count 50000 --json"},
    {CLI_ROW("captcha", "restyle", NULL, NULL, run_restyle, "Give this site's captchas a new style"),
     .details =
         "Faces, warp, strokes and colours are derived from a seed that only this site has. A new one\n"
         "makes pictures that an attacker has collected and labelled so far less useful.",
     .examples = "menshen captcha restyle"},
    {0}};
