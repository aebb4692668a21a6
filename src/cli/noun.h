/*
 * Nouns: what the operand of a command names. What is said of it and what the audit calls it come from here; and,
 * for what is kept under a name of its own, the commands show, lock, unlock and remove.
 *
 * Depends on cli/cli, cli/table.
 */
#ifndef CLI_NOUN_H
#define CLI_NOUN_H

#include "cli/cli.h"
#include "cli/table.h"

struct cli_noun {
    const char *name; /* "user": in messages, in the audit's subject, and the family that lists it */
    bool of_tenant;   /* it is an account of the tenant that --tenant names */

    /* For noun_show: the row of what the operand names. ERR_NOT_FOUND, before it is begun, if there is none. */
    enum err (*show)(struct cli *cli, struct table *t);
    /* For noun_lock and noun_unlock, and for noun_remove; within a transaction. ERR_NOT_FOUND if there is none. */
    enum err (*set_locked)(struct cli *cli, bool locked);
    enum err (*remove)(struct cli *cli);
    const char *locked, *removed; /* what was done then: "locked; all its sessions ended" */
    const char *in_use;           /* what keeps it from being removed (ERR_EXISTS), and how that is listed */
    const char *kept;             /* else why ERR_EXISTS keeps it as it is */
};

extern const struct cli_noun noun_client, noun_file, noun_group, noun_key, noun_session, noun_tenant,
    noun_token, noun_user;

/* Handlers of rows whose noun has what they need. */
enum cli_status noun_show(struct cli *cli);
enum cli_status noun_lock(struct cli *cli);
enum cli_status noun_unlock(struct cli *cli);
enum cli_status noun_remove(struct cli *cli);

/* Whether the operand, and --tenant if it belongs to it, can be a name at all. CLI_DONE; CLI_USAGE after saying
 * why. */
enum cli_status noun_check(const struct cli *cli);

/* Say how a change of what the operand names ended; `doing` is what was done ("has a new password"). */
enum cli_status noun_report(const struct cli *cli, enum err e, const char *doing);

/* noun_check, cli_write, noun_report. */
enum cli_status noun_change(struct cli *cli, cli_body *body, void *ctx, const char *doing);

/* Say that there is none of this name. CLI_FAILED. */
enum cli_status noun_refuse(const struct cli *cli, const struct cli_noun *noun, const char *name);

#endif
