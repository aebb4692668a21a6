/*
 * Menshen: FastCGI program, CGI program and command line in one. Which it is, its surroundings say: a
 * listening socket on descriptor 0 means FastCGI, GATEWAY_INTERFACE means CGI, anything else is a person.
 */
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

/* Whether the file starts with "#!": a script that names this program as its interpreter and is its
 * configuration. */
static bool is_script(const char *path)
{
    char mark[2] = {0, 0};
    FILE *f = path != NULL ? fopen(path, "re") : NULL;
    if (f == NULL)
        return false;
    size_t n = fread(mark, 1, sizeof mark, f);
    fclose(f);
    return n == sizeof mark && mark[0] == '#' && mark[1] == '!';
}

/* FastCGI: what the spawner's configuration wrote, `--conf FILE` or a script. */
static const char *conf_of_arguments(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "--conf") == 0)
        return argv[2];
    return argc >= 2 && is_script(argv[1]) ? argv[1] : NULL;
}

/*
 * CGI: argv may hold words of the query string (RFC 3875 §4.4) and is never read. If a script was called, the
 * server says so in SCRIPT_FILENAME.
 */
static const char *conf_of_environment(void)
{
    const char *script = getenv("SCRIPT_FILENAME");
    return is_script(script) ? script : NULL;
}

int main(int argc, char **argv)
{
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* a core file would hold keys and passwords */
    if (server_is_fastcgi())
        return server_fastcgi(conf_of_arguments(argc, argv));
    if (getenv("GATEWAY_INTERFACE") != NULL)
        return server_cgi(conf_of_environment());
    return cli_main(argc, argv);
}
