#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/text.h"
#include "auth/audit.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/printable.h"
#include "cli/help.h"
#include "cli/noun.h"

enum { ARENA_CAP = 16 * 1024 * 1024 };

/* What getopt_long returns for each option. */
enum { OPT_CONF = 256, OPT_HELP, OPT_VERSION, OPT_JSON, OPT_OWN };

static const struct cli_command *const families[] = {
    cli_init_commands,    cli_setup_commands,    cli_mail_commands,
    cli_tenant_commands,  cli_client_commands,   cli_user_commands,
    cli_group_commands,   cli_key_commands,      cli_session_commands,
    cli_token_commands,   cli_throttle_commands, cli_audit_commands,
    cli_captcha_commands, cli_config_commands,   cli_doctor_commands,
    cli_backup_commands,  cli_restore_commands,  NULL};

/* ---- What is said ------------------------------------------------------------------------------------ */

static void print_v(FILE *to, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void print_v(FILE *to, const char *fmt, va_list ap)
{
    struct buf safe;
    char *text = NULL;
    int len = vasprintf(&text, fmt, ap);
    buf_init(&safe);
    if (len >= 0)
        printable_add(&safe, text, (size_t)len, "\n");
    fputs(len >= 0 && safe.err == ERR_OK ? buf_str(&safe) : "out of memory", to);
    buf_free(&safe);
    free(len >= 0 ? text : NULL);
}

void cli_print(FILE *to, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    print_v(to, fmt, ap);
    va_end(ap);
}

static void print_name(FILE *to, const struct cli *cli)
{
    fputs("menshen", to);
    if (cli->command != NULL) {
        fprintf(to, ": %s", cli->command->family);
        if (cli->command->verb != NULL)
            fprintf(to, " %s", cli->command->verb);
    }
}

__attribute__((format(printf, 3, 0))) static void complain(const struct cli *cli, const char *mark,
                                                           const char *fmt, va_list ap)
{
    fflush(stdout);
    print_name(stderr, cli);
    fprintf(stderr, ": %s", mark);
    print_v(stderr, fmt, ap);
}

enum cli_status cli_fail(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(cli, "", fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return CLI_FAILED;
}

enum cli_status cli_misuse(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(cli, "", fmt, ap);
    va_end(ap);
    fputs("; see: menshen", stderr);
    if (cli->command != NULL)
        fprintf(stderr, " %s", cli->command->family);
    if (cli->command != NULL && cli->command->verb != NULL)
        fprintf(stderr, " %s", cli->command->verb);
    fputs(" --help\n", stderr);
    return CLI_USAGE;
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    complain(cli, "note: ", fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
    if (cli->json)
        return;
    va_list ap;
    va_start(ap, fmt);
    print_v(stdout, fmt, ap);
    va_end(ap);
}

static const char not_confirmed[] = "the change was made, but the disk did not confirm it: a power cut may "
                                    "undo it. Check the disk, run: menshen "
                                    "doctor, and look whether the change is still there";

enum cli_status cli_result(const struct cli *cli, enum err e)
{
    switch (e) {
    case ERR_OK:
        return CLI_DONE;
    case ERR_BUSY:
        return cli_fail(cli, "the database was locked by another process for 5 seconds; nothing was changed; "
                             "try again");
    case ERR_STORE:
        return cli_fail(cli, "the database in %s failed; the log says how; check it with: menshen doctor",
                        cli->app.cfg.server.data_dir);
    case ERR_NOT_DURABLE:
        return cli_fail(cli, "%s", not_confirmed);
    case ERR_RANDOM:
        return cli_fail(cli,
                        "the system has no random source: getrandom(2) is refused and /dev/urandom is not "
                        "there; nothing was changed");
    case ERR_CRYPTO:
        return cli_fail(cli, "a cryptographic function failed; if memory is short, lower [login] "
                             "argon2_memory_kib");
    case ERR_MEMORY:
        return cli_fail(cli, "out of memory");
    case ERR_FULL:
        return cli_fail(cli,
                        "%d sign keys are in use, which is the limit; end some with: menshen key retire KID",
                        KEYRING_MAX);
    case ERR_IO:
        return cli_fail(cli, "reading or writing failed: %s", strerror(errno));
    default:
        return cli_fail(cli, "failed: %s", err_info(e)->name);
    }
}

enum cli_status cli_result_why(const struct cli *cli, enum err e, struct buf *why)
{
    enum cli_status status =
        e != ERR_OK && why->len > 0 ? cli_fail(cli, "%s", buf_str(why)) : cli_result(cli, e);
    buf_free(why);
    return status;
}

/* ---- Values ------------------------------------------------------------------------------------------ */

static size_t option_count(const struct cli_command *c)
{
    size_t n = 0;
    while (c->options != NULL && c->options[n].name != NULL)
        n++;
    assert(n <= CLI_OPTIONS_MAX);
    return n;
}

const char *cli_value(const struct cli *cli, const char *name)
{
    size_t n = option_count(cli->command);
    for (size_t i = 0; i < n; i++)
        if (strcmp(cli->command->options[i].name, name) == 0)
            return cli->value[i];
    assert(!"an option that its command lacks");
    return NULL;
}

const char *cli_value_or(const struct cli *cli, const char *name, const char *otherwise)
{
    const char *value = cli_value(cli, name);
    return value != NULL ? value : otherwise;
}

bool cli_given(const struct cli *cli, const char *name)
{
    return cli_value(cli, name) != NULL;
}

enum cli_status cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max, int64_t *out)
{
    const char *value = cli_value(cli, name);
    if (value == NULL || codec_parse_int(value, min, max, out))
        return CLI_DONE;
    return cli_misuse(cli, "--%s %s: expected a whole number from %" PRId64 " to %" PRId64, name, value, min,
                      max);
}

/* The value of an option that the command need not have; NULL if it lacks it or it was not given. */
static const char *value_if_any(const struct cli *cli, const char *name)
{
    for (size_t i = 0; cli->command->options != NULL && cli->command->options[i].name != NULL; i++)
        if (strcmp(cli->command->options[i].name, name) == 0)
            return cli->value[i];
    return NULL;
}

const char *cli_tenant(const struct cli *cli)
{
    const char *tenant = value_if_any(cli, "tenant");
    return tenant != NULL ? tenant : "000000";
}

/* What a command was done to: "user:000000/zhangsan", "client:portal"; "" for the site as a whole. */
static void add_subject(const struct cli *cli, struct buf *out)
{
    const struct cli_noun *noun = cli->operand_count > 0 ? cli->command->noun : NULL;
    const char *operand = noun != NULL ? cli->operand[0] : NULL;
    const char *account = noun != NULL && noun->of_tenant ? operand : value_if_any(cli, "account");
    if (cli->subject != NULL)
        buf_add_str(out, cli->subject);
    else if (account != NULL)
        buf_addf(out, "user:%s/%s", cli_tenant(cli), account);
    else if (operand != NULL &&
             text_fault(operand, strlen(operand)) == NULL) /* a file's name may be anything */
        buf_addf(out, "%s:%s", noun->name, operand);
    else if (value_if_any(cli, "client") != NULL)
        buf_addf(out, "client:%s", value_if_any(cli, "client"));
}

static enum err audit(struct cli *cli)
{
    struct buf action, subject;
    const struct cli_command *c = cli->command;
    buf_init(&action);
    buf_init(&subject);
    buf_addf(&action, "%s%s%s", c->family, c->verb != NULL ? "." : "", c->verb != NULL ? c->verb : "");
    add_subject(cli, &subject);
    enum err e = action.err != ERR_OK ? action.err : subject.err;
    if (e == ERR_OK)
        e = audit_record_admin(&cli->app, buf_str(&action), buf_str(&subject), cli->now_s);
    buf_free(&action);
    buf_free(&subject);
    return e;
}

enum err cli_write(struct cli *cli, cli_body *body, void *ctx)
{
    enum err e = db_begin(cli->app.db, DB_DURABLE);
    if (e != ERR_OK)
        return e;
    if (body != NULL)
        e = body(cli, ctx);
    if (e == ERR_OK)
        e = audit(cli);
    e = db_end(cli->app.db, e);
    cli->is_unconfirmed = cli->is_unconfirmed || e == ERR_NOT_DURABLE;
    return e == ERR_NOT_DURABLE ? ERR_OK : e; /* it was done: a new secret has to be shown, for one */
}

/* ---- Parsing ----------------------------------------------------------------------------------------- */

/* `said` is what getopt_long stumbled over. */
static enum cli_status refuse_option(const struct cli *cli, int returned, const char *said)
{
    if (returned == ':')
        return cli_misuse(cli, "%s: a value is missing", said);
    if (optopt >= OPT_CONF)
        return cli_misuse(cli, "%s: this option takes no value", said);
    if (optopt != 0)
        return cli_misuse(cli, "-%c: no such option", optopt);
    return cli_misuse(cli, "%s: no such option", said);
}

static enum cli_status take_conf(struct cli *cli, const char *value)
{
    if (value[0] == '\0')
        return cli_misuse(cli, "--conf: the file name is empty");
    cli->conf = value;
    return CLI_DONE;
}

/* What an option of any command asks for instead of running it. */
struct wish {
    bool help, version;
};

/* The options before the command. optind is then the place of its first word. */
static enum cli_status parse_global(struct cli *cli, int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"conf", required_argument, NULL, OPT_CONF},
                                            {"help", no_argument, NULL, OPT_HELP},
                                            {"version", no_argument, NULL, OPT_VERSION},
                                            {0}};
    enum cli_status status = CLI_DONE;
    optind = 0;
    opterr = 0;
    for (int c; status == CLI_DONE && (c = getopt_long(argc, argv, "+:h", options, NULL)) != -1;) {
        if (c == OPT_CONF)
            status = take_conf(cli, optarg);
        else if (c == OPT_HELP || c == 'h')
            wish->help = true;
        else if (c == OPT_VERSION)
            wish->version = true;
        else
            status = refuse_option(cli, c, argv[optind - 1]);
    }
    return status;
}

/* The row's options as getopt_long wants them, those of every command last. */
static void getopt_table(const struct cli_command *c, struct option out[CLI_OPTIONS_MAX + 4])
{
    size_t n = option_count(c);
    for (size_t i = 0; i < n; i++)
        out[i] =
            (struct option){c->options[i].name, c->options[i].value != NULL ? required_argument : no_argument,
                            NULL, OPT_OWN + (int)i};
    out[n++] = (struct option){"conf", required_argument, NULL, OPT_CONF};
    out[n++] = (struct option){"help", no_argument, NULL, OPT_HELP};
    if (c->json)
        out[n++] = (struct option){"json", no_argument, NULL, OPT_JSON};
    out[n] = (struct option){0};
}

/* Which of the row's options getopt_long means by `c`; -1 if it is none of them. */
static int own_option(const struct cli_command *command, int c)
{
    if (command->first_letter != 0 && c == command->first_letter)
        return 0;
    return c >= OPT_OWN ? c - OPT_OWN : -1;
}

static enum cli_status take_own(struct cli *cli, int index)
{
    if (cli->value[index] != NULL)
        return cli_misuse(cli, "--%s is given twice", cli->command->options[index].name);
    cli->value[index] = optarg != NULL ? optarg : "";
    return CLI_DONE;
}

static enum cli_status take_operands(struct cli *cli, int count, char **given)
{
    int needed = 0, most = 0;
    for (const char *p = cli->command->operands; p != NULL && *p != '\0'; p += strspn(p, " ")) {
        needed += *p != '[';
        most++;
        p += strcspn(p, " ");
    }
    assert(most <= CLI_OPERANDS_MAX);
    if (count < needed)
        return cli_misuse(cli, "%s is missing", cli->command->operands);
    if (count > most)
        return cli_misuse(cli, "%s: one argument too many", given[most]);
    while (cli->operand_count < count) {
        cli->operand[cli->operand_count] = given[cli->operand_count];
        cli->operand_count++;
    }
    return CLI_DONE;
}

/* argv[0] is the command's last word. */
static enum cli_status parse_command(struct cli *cli, int argc, char **argv, struct wish *wish)
{
    struct option options[CLI_OPTIONS_MAX + 4];
    char letters[] = {':', 'h', cli->command->first_letter, ':', '\0'}; /* the first option takes a value */
    enum cli_status status = CLI_DONE;
    getopt_table(cli->command, options);
    optind = 0;
    for (int c; status == CLI_DONE && (c = getopt_long(argc, argv, letters, options, NULL)) != -1;) {
        if (own_option(cli->command, c) >= 0)
            status = take_own(cli, own_option(cli->command, c));
        else if (c == OPT_CONF)
            status = take_conf(cli, optarg);
        else if (c == OPT_JSON)
            cli->json = true;
        else if (c == OPT_HELP || c == 'h')
            wish->help = true;
        else
            status = refuse_option(cli, c, argv[optind - 1]);
    }
    if (status != CLI_DONE || wish->help)
        return status;
    return take_operands(cli, argc - optind, argv + optind);
}

/* ---- Running ----------------------------------------------------------------------------------------- */

static const struct cli_command *find_family(const char *word)
{
    for (size_t i = 0; families[i] != NULL; i++)
        if (strcmp(families[i]->family, word) == 0)
            return families[i];
    return NULL;
}

static const struct cli_command *find_verb(const struct cli_command *family, const char *word)
{
    for (const struct cli_command *c = family; c->family != NULL; c++)
        if (c->verb == NULL || (word != NULL && strcmp(c->verb, word) == 0))
            return c;
    return NULL;
}

/* Output that did not arrive (a full disk, a closed pipe) must not pass for success. */
static enum cli_status flush_output(const struct cli *cli, enum cli_status status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return cli_fail(cli, "writing to standard output failed: %s", strerror(errno));
}

static enum cli_status open_app(struct cli *cli)
{
    struct buf why;
    buf_init(&why);
    enum err e = cli->command->needs == CLI_NEEDS_DATABASE ? app_open(&cli->app, cli->conf, &why)
                                                           : app_configure(&cli->app, cli->conf, &why);
    return cli_result_why(cli, e, &why);
}

static enum cli_status run(struct cli *cli)
{
    enum cli_status status = CLI_DONE;
    arena_init(&cli->arena, ARENA_CAP);
    if (cli->command->needs != CLI_NEEDS_NOTHING)
        status = open_app(cli);
    if (status == CLI_DONE)
        status = flush_output(cli, cli->command->run(cli));
    if (cli->is_unconfirmed)
        status = cli_result(cli, ERR_NOT_DURABLE);
    if (cli->command->needs != CLI_NEEDS_NOTHING)
        app_close(&cli->app);
    arena_fini(&cli->arena);
    return status;
}

/* A family without one of its verbs. */
static enum cli_status explain_family(const struct cli *cli, const struct cli_command *family,
                                      const char *word)
{
    if (word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
        help_family(stdout, family);
        return flush_output(cli, CLI_DONE);
    }
    if (word == NULL)
        fprintf(stderr, "menshen: %s: which command?\n", family->family);
    else
        cli_print(stderr, "menshen: %s: no command \"%s\"\n", family->family, word);
    help_family(stderr, family);
    return CLI_USAGE;
}

/* argv[0] is the first word of the command. */
static enum cli_status dispatch(struct cli *cli, int argc, char **argv)
{
    struct wish wish = {0};
    const struct cli_command *family = find_family(argv[0]);
    if (family == NULL)
        return cli_misuse(cli, "no command \"%s\"", argv[0]);
    cli->command = find_verb(family, argc > 1 ? argv[1] : NULL);
    if (cli->command == NULL)
        return explain_family(cli, family, argc > 1 ? argv[1] : NULL);
    int words = cli->command->verb != NULL ? 1 : 0;
    enum cli_status status = parse_command(cli, argc - words, argv + words, &wish);
    if (status != CLI_DONE)
        return status;
    if (wish.help) {
        help_command(stdout, cli->command);
        return flush_output(cli, CLI_DONE);
    }
    return run(cli);
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {.now_s = clock_now_s(), .app = {.log = {.fd = -1}}};
    struct wish wish = {0};
    enum cli_status status = parse_global(&cli, argc, argv, &wish);
    if (status != CLI_DONE)
        return status;
    if (wish.help || wish.version) {
        if (wish.help)
            help_all(stdout, families);
        else
            puts("menshen " MENSHEN_VERSION);
        return flush_output(&cli, CLI_DONE);
    }
    if (optind >= argc) {
        help_all(stderr, families);
        return CLI_USAGE;
    }
    return dispatch(&cli, argc - optind, argv + optind);
}
