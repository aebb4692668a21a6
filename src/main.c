/*
 * Menshen: FastCGI program, CGI program and command line in one. Which it is, its surroundings say: a
 * listening socket on descriptor 0 means FastCGI, GATEWAY_INTERFACE means CGI, anything else is a person.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "server/server.h"

#ifdef MENSHEN_SANITIZED
/* Where a worker that a web server started leaves its findings: its standard error may go nowhere. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "log_path=" MENSHEN_SANITIZED ":detect_leaks=1";
}
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "log_path=" MENSHEN_SANITIZED ":print_stacktrace=1";
}
#endif

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/*
 * Whether the file is a script that names this program as its interpreter, in whatever way it is called here:
 * it is its configuration then. A shell script that calls this program is not.
 */
static bool is_own_script(const char *path, const char *own)
{
    char line[512] = "";
    FILE *f = path != NULL ? fopen(path, "re") : NULL;
    if (f == NULL)
        return false;
    bool is_script = fgets(line, sizeof line, f) != NULL && line[0] == '#' && line[1] == '!';
    fclose(f);
    char *rest = line + 2;
    for (char *word; is_script && (word = strsep(&rest, " \t\r\n")) != NULL;)
        if (*word != '\0' && strcmp(base_name(word), base_name(own)) == 0)
            return true;
    return false;
}

/* FastCGI: what the spawner's configuration wrote, `--conf FILE` or a script. */
static const char *conf_of_arguments(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "--conf") == 0)
        return argv[2];
    return argc >= 2 && is_own_script(argv[1], argv[0]) ? argv[1] : NULL;
}

/*
 * CGI: argv may hold words of the query string (RFC 3875 §4.4) and is never read, but for the program's own
 * name. If a script was called, the server says so in SCRIPT_FILENAME.
 */
static const char *conf_of_environment(const char *own)
{
    const char *script = getenv("SCRIPT_FILENAME");
    return is_own_script(script, own) ? script : NULL;
}

int main(int argc, char **argv)
{
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core file would hold keys and passwords */
    signal(SIGXFSZ, SIG_IGN); /* what is beyond a limit cannot be written; that is no reason to end */
    if (server_is_fastcgi())
        return server_fastcgi(conf_of_arguments(argc, argv));
    if (getenv("GATEWAY_INTERFACE") != NULL)
        return server_cgi(conf_of_environment(argc > 0 ? argv[0] : ""));
    return cli_main(argc, argv);
}
