#include "cli/check.h"

enum cli_status check_refuse(const struct cli *cli, const char *what, enum err e, struct buf *why)
{
    enum cli_status status =
        e == ERR_BAD_REQUEST ? cli_misuse(cli, "%s: %s", what, buf_str(why)) : cli_result(cli, e);
    buf_free(why);
    return status;
}

enum cli_status check_text(const struct cli *cli, const char *what, const char *value, size_t max)
{
    struct buf why;
    buf_init(&why);
    return check_refuse(cli, what, text_check(value, max, &why), &why);
}

enum cli_status check_id(const struct cli *cli, const char *what, const char *value)
{
    struct buf why;
    buf_init(&why);
    return check_refuse(cli, what, text_check_id(value, &why), &why);
}
