/*
 * What `menshen session` and `menshen token` share: whose sessions are meant, how many rows, and ending them.
 * Depends on cli/cli, store/token_store.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/cli.h"

/* Options that say whose sessions are meant, for both verbs. */
#define SESSION_WHOSE_OPTIONS                                                                                \
    {"account", "ACCOUNT", "of this user"}, {"tenant", "ID", "tenant of the user; default 000000"},          \
    {                                                                                                        \
        "client", "ID", "of this client"                                                                     \
    }
#define SESSION_LIMIT_OPTION                                                                                 \
    {                                                                                                        \
        "limit", "N", "at most so many, the newest; default 100"                                             \
    }

/* What is to be listed. */
struct session_query {
    int64_t user_id;       /* 0: of anybody */
    const char *client_id; /* NULL: of any client */
    int64_t limit;
};

/* Read --account, --tenant, --client and --limit. CLI_DONE; CLI_USAGE, CLI_FAILED after saying why. */
enum cli_status session_query_read(struct cli *cli, struct session_query *out);

/*
 * End sessions: by the operand, of --account, or of --client, of which one has to be given.
 *
 * one      ends the session that the operand names; ERR_NOT_FOUND if there is none.
 * operand  what the help calls it ("JTI"); what  what it is the name of ("token").
 */
enum cli_status session_revoke(struct cli *cli, cli_body *one, const char *operand, const char *what);

#endif
