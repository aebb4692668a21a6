#include "cli/check.h"

#include "base/account.h"

static enum cli_status refuse(const struct cli *cli, const char *what, enum err e, struct buf *why)
{
    enum cli_status status = e == ERR_OK ? CLI_DONE : cli_misuse(cli, "%s: %s", what, buf_str(why));
    buf_free(why);
    return status;
}

enum cli_status check_text(const struct cli *cli, const char *what, const char *value, size_t max)
{
    struct buf why;
    buf_init(&why);
    return refuse(cli, what, text_check(value, max, &why), &why);
}

enum cli_status check_id(const struct cli *cli, const char *what, const char *value)
{
    struct buf why;
    buf_init(&why);
    return refuse(cli, what, text_check_id(value, &why), &why);
}

enum cli_status check_list(const struct cli *cli, const char *what, const char *value, const char *allowed)
{
    struct buf why;
    buf_init(&why);
    return refuse(cli, what, text_check_list(value, allowed, &why), &why);
}

enum cli_status check_account(const struct cli *cli, const char *value)
{
    const char *fault = account_fault(value);
    return fault == NULL ? CLI_DONE : cli_misuse(cli, "ACCOUNT: %s", fault);
}
