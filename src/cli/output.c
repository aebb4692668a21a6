#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *output_open(const struct cli *cli, const char *path, mode_t mode)
{
    int how = cli_given(cli, "force") ? O_TRUNC : O_EXCL;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, mode);
    FILE *f = NULL;
    if (fd >= 0 && (mode != 0600 || fchmod(fd, mode) == 0))
        f = fdopen(fd, "wb");
    if (f != NULL)
        return f;
    if (errno == EEXIST)
        cli_fail(cli, "%s: exists already; it was left as it is; --force overwrites it", path);
    else
        cli_fail(cli, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return NULL;
}
