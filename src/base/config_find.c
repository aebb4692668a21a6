#include "base/config_find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/passwd.h"

_Static_assert((int)PASSWD_HOME_CAP == (int)CONFIG_PATH_CAP, "config_home hands it on");

bool config_home(char out[CONFIG_PATH_CAP])
{
    struct stat st;
    const char *home = getenv("HOME");
    if (passwd_home(geteuid(), out))
        return true;
    if (home == NULL || home[0] != '/' || strlen(home) >= CONFIG_PATH_CAP || stat(home, &st) != 0 ||
        st.st_uid != geteuid())
        return false;
    memcpy(out, home, strlen(home) + 1);
    return true;
}

/* Cut the last part off; "/" stays. False if there is no slash. */
static bool cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    slash[slash == path] = '\0';
    return true;
}

/* The path of the file that the program is. Without /proc, of the one it was called by. */
static bool program_file(const char *called, char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n <= 0)
        return called != NULL && realpath(called, out) != NULL;
    out[n] = '\0';
    return true;
}

/* The folder that the program was called in, which is another than its file's where it was called by a link. */
static bool called_dir(const char *called, char out[PATH_MAX])
{
    char path[PATH_MAX];
    if (called == NULL || strlen(called) >= sizeof path)
        return false;
    memcpy(path, called, strlen(called) + 1);
    return realpath(cut_last(path) ? path : ".", out) != NULL;
}

/* Whether DIR/NAME exists; *err_out becomes ERR_IO if that cannot be told. */
static bool look(const char *dir, const char *name, char path_out[CONFIG_PATH_CAP], struct buf *why,
                 enum err *err_out)
{
    struct stat st;
    int n = snprintf(path_out, CONFIG_PATH_CAP, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);
    if (*err_out != ERR_OK || n < 0 || n >= CONFIG_PATH_CAP)
        return false;
    if (stat(path_out, &st) == 0)
        return true;
    if (errno == ENOENT || errno == ENOTDIR)
        return false;
    buf_addf(
        why,
        "%s: %s: user %lu cannot tell whether there is a configuration; make it readable for that user, or "
        "name another file with --conf or MENSHEN_CONF",
        path_out, strerror(errno), (unsigned long)geteuid());
    *err_out = ERR_IO;
    return false;
}

/* menshen.conf in `dir`, or in the folder etc beside it. */
static bool look_around(char dir[PATH_MAX], char path_out[CONFIG_PATH_CAP], struct buf *why,
                        enum err *err_out)
{
    return look(dir, "menshen.conf", path_out, why, err_out) ||
           (cut_last(dir) && look(dir, "etc/menshen.conf", path_out, why, err_out));
}

static bool look_everywhere(char path_out[CONFIG_PATH_CAP], struct buf *why, enum err *err_out)
{
    char file[PATH_MAX], dir[PATH_MAX], home[CONFIG_PATH_CAP];
    const char *called = (const char *)getauxval(AT_EXECFN); /* the path that the kernel was given */
    bool has_file = program_file(called, file);
    bool direct = has_file && called != NULL && strcmp(called, file) == 0;
    return (!direct && called_dir(called, dir) && look_around(dir, path_out, why, err_out)) ||
           (has_file && cut_last(file) && look_around(file, path_out, why, err_out)) ||
           (config_home(home) && look(home, ".menshen/menshen.conf", path_out, why, err_out)) ||
           look("/etc/menshen", "menshen.conf", path_out, why, err_out);
}

bool config_beside(char out[CONFIG_PATH_CAP])
{
    char file[PATH_MAX];
    return program_file(NULL, file) && cut_last(file) &&
           snprintf(out, CONFIG_PATH_CAP, "%s/menshen.conf", file) < CONFIG_PATH_CAP;
}

enum err config_find(char path_out[CONFIG_PATH_CAP], struct buf *why)
{
    enum err e = ERR_OK;
    const char *named = getenv("MENSHEN_CONF");
    if (named != NULL && named[0] != '\0') {
        if (snprintf(path_out, CONFIG_PATH_CAP, "%s", named) < CONFIG_PATH_CAP)
            return ERR_OK;
        buf_addf(why, "MENSHEN_CONF: longer than %d bytes", CONFIG_PATH_CAP - 1);
        return ERR_IO;
    }
    if (!look_everywhere(path_out, why, &e))
        path_out[0] = '\0';
    return e;
}
