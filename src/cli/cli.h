/*
 * The command line. A command is a row: its words, what it takes, what it needs opened, its help, its
 * handler. From the row come parsing, refusal and `--help`. One file per family (user.c has `user add`, `user
 * list`, …) exports its rows; cli.c lists the families.
 *
 * To add a command: write a handler, add a row. To add a family: declare its rows at the end of this file and
 * list them in cli.c.
 *
 * Depends on auth/app, base/arena.
 * Source: DESIGN, "Command line and configuration".
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "auth/app.h"
#include "base/arena.h"

/* Run the command that argv names. Returns the exit status: enum cli_status. */
int cli_main(int argc, char **argv);

/* Exit statuses. */
enum cli_status { CLI_DONE, CLI_FAILED, CLI_USAGE };

/* What is opened before a handler runs; the one includes the next. */
enum cli_needs {
    CLI_NEEDS_DATABASE, /* cli->app.db (app_open); what a row needs that says nothing */
    CLI_NEEDS_CONFIG,   /* cli->app.cfg and .log (app_configure) */
    CLI_NEEDS_NOTHING,
};

#define CLI_OPERANDS_MAX 4
#define CLI_OPTIONS_MAX  20

struct cli_option {
    const char *name;  /* without dashes; NULL ends a table */
    const char *value; /* what stands for its value in the help ("SECONDS"); NULL: a flag */
    const char *help;
};

struct cli;
struct cli_noun; /* cli/noun */

struct cli_command {
    const char *family; /* "user"; NULL ends a table */
    const char *verb;   /* "add"; NULL where the family is the command ("doctor") */
    /* As the help shows them: "DIR COUNT", "[JTI]". Those in brackets may be left out. NULL: none. */
    const char *operands;
    const struct cli_noun *noun; /* what the operand names; NULL: nothing that the audit would tell */
    enum cli_status (*run)(struct cli *cli);
    const char *summary;
    const struct cli_option *options; /* its own, without --conf, --json, --help; NULL: none */
    char first_letter;                /* short form of the first of them ('n' for -n); 0: none */
    bool json;                        /* it prints data and takes --json */
    enum cli_needs needs;
    const char *details;  /* more for the help; lines of at most 100 columns; NULL: none */
    const char *examples; /* lines, each a command with its "menshen" */
};

/* What every row has, in one line or two. */
#define CLI_ROW(FAMILY, VERB, OPERANDS, NOUN, RUN, SUMMARY)                                                  \
    .family = (FAMILY), .verb = (VERB), .operands = (OPERANDS), .noun = (NOUN), .run = (RUN),                \
    .summary = (SUMMARY)

/* What a handler works with. */
struct cli {
    const struct cli_command *command; /* NULL while it is not known */
    struct app app;
    struct arena arena;  /* for what lives as long as the command */
    int64_t now_s;       /* sampled once */
    const char *conf;    /* --conf; NULL: look for it */
    bool json;           /* --json */
    bool is_unconfirmed; /* what cli_write did is done, but not known to be on disk: it is said at the end */
    const char *operand[CLI_OPERANDS_MAX];
    int operand_count;
    const char *subject; /* of the audit row ("key:KID"), where the operands do not tell; NULL: they do */
    const char *value[CLI_OPTIONS_MAX]; /* by position in command->options; NULL: not given; "" for a flag */
};

/* The value of the option `name` ("tenant"), or NULL if it was not given. A name that the row lacks is a
 * programmer's mistake. */
const char *cli_value(const struct cli *cli, const char *name);

/* The same, `otherwise` if it was not given. */
const char *cli_value_or(const struct cli *cli, const char *name, const char *otherwise);

/* Whether the option, or flag, was given. */
bool cli_given(const struct cli *cli, const char *name);

/* The tenant that --tenant names; 000000 if it was not given, or the command has no such option. */
const char *cli_tenant(const struct cli *cli);

/* A whole number from `min` to `max`; *out keeps its value if the option was not given. CLI_DONE; CLI_USAGE
 * after saying why. */
enum cli_status cli_number(const struct cli *cli, const char *name, int64_t min, int64_t max, int64_t *out);

/*
 * Say on standard error what is wrong, where, and what to do about it: "menshen: user add: …".
 * cli_fail returns CLI_FAILED; cli_misuse points to --help and returns CLI_USAGE.
 */
enum cli_status cli_fail(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum cli_status cli_misuse(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say what every command would say of `e` (busy, database, random source, …). CLI_DONE for ERR_OK, else
 * CLI_FAILED, also for ERR_NOT_DURABLE: then the change was made, and that is what is said. */
enum cli_status cli_result(const struct cli *cli, enum err e);

/* The same where a function that failed has filled `why`, which is released. */
enum cli_status cli_result_why(const struct cli *cli, enum err e, struct buf *why);

/*
 * printf for a terminal, where texts of files, the database or the command line are among what is printed:
 * nothing of it but line ends controls the terminal (base/printable). What else this header prints goes
 * through it.
 */
void cli_print(FILE *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* printf to standard output, unless JSON was asked for. */
void cli_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A remark on standard error that fails nothing: "menshen: user add: note: …". */
void cli_note(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Run `body` in a durable write transaction and record the command in the audit: committed if it returns
 * ERR_OK, else rolled back. Its result, or that of begin or commit. The audit's subject is cli->subject, else
 * what the operand, --account or --client names; no other option goes in. `body` NULL: it is only recorded.
 */
typedef enum err cli_body(struct cli *cli, void *ctx);
enum err cli_write(struct cli *cli, cli_body *body, void *ctx);

/* The families. */
extern const struct cli_command cli_init_commands[];
extern const struct cli_command cli_setup_commands[];
extern const struct cli_command cli_mail_commands[];
extern const struct cli_command cli_tenant_commands[];
extern const struct cli_command cli_client_commands[];
extern const struct cli_command cli_user_commands[];
extern const struct cli_command cli_group_commands[];
extern const struct cli_command cli_key_commands[];
extern const struct cli_command cli_session_commands[];
extern const struct cli_command cli_token_commands[];
extern const struct cli_command cli_throttle_commands[];
extern const struct cli_command cli_audit_commands[];
extern const struct cli_command cli_captcha_commands[];
extern const struct cli_command cli_config_commands[];
extern const struct cli_command cli_doctor_commands[];
extern const struct cli_command cli_backup_commands[];
extern const struct cli_command cli_restore_commands[];

#endif
