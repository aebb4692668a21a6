#include "server/mailer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/mail.h"

/* A worker that wrote no mail itself looks as often for what others left, or is to be tried again. */
enum { LOOK_EVERY_S = 5 };

/* In the child: become the sender. It shares nothing with the worker, whose database, sockets and held back signals
 * are not for it. */
static void become_sender(const struct mailer *m, const struct config *cfg)
{
    char name[] = "menshen", conf[] = "--conf", mail[] = "mail", send[] = "send", path[CONFIG_PATH_CAP];
    char home[sizeof "HOME=" + CONFIG_PATH_CAP] = "HOME=";
    char *with_conf[] = {name, conf, path, mail, send, NULL}, *without[] = {name, mail, send, NULL};
    char *env[] = {home, NULL};
    const char *own_home = getenv("HOME");
    sigset_t none;
    int nothing = open("/dev/null", O_RDWR);
    memcpy(path, cfg->path, sizeof path);
    if (own_home != NULL)
        snprintf(home, sizeof home, "HOME=%s", own_home);
    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    bool ready = nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDOUT_FILENO) >= 0 &&
                 (m->keeps_stderr || dup2(nothing, STDERR_FILENO) >= 0);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    if (ready)
        execve("/proc/self/exe", path[0] != '\0' ? with_conf : without, env);
    _exit(127);
}

static void look_after(struct mailer *m, const struct log *log)
{
    int status = 0;
    if (m->child == 0 || waitpid(m->child, &status, WNOHANG) == 0)
        return;
    m->child = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) /* 1: some could not be sent, which it logged */
        LOG_SOME(log, ERR_LEVEL_ERROR, "mail_sender_failed", LOG_S("hint", "menshen mail send"));
}

static bool is_due(struct mailer *m, struct app *app, int64_t now_s)
{
    bool due = false;
    if (!app->has_mail && now_s >= m->looked_s && now_s < m->looked_s + LOOK_EVERY_S)
        return false;
    m->looked_s = now_s;
    return mail_store_is_due(app->db, now_s, &due) == ERR_OK && due;
}

void mailer_step(struct mailer *m, struct app *app, int64_t now_s)
{
    look_after(m, &app->log);
    if (app->db == NULL || !mail_is_on(app) || m->child != 0 || !is_due(m, app, now_s) ||
        mail_is_being_sent(app))
        return;
    app->has_mail = false;
    m->child = fork();
    if (m->child == 0)
        become_sender(m, &app->cfg);
    if (m->child > 0)
        return;
    m->child = 0;
    LOG_SOME(&app->log, ERR_LEVEL_ERROR, "mail_sender_failed", LOG_S("error", strerror(errno)),
             LOG_S("hint", "menshen mail send"));
}
