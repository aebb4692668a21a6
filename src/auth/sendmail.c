#include "auth/sendmail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config_find.h"

enum { WORDS_MAX = 32, COMPLAINT_CAP = 256, LOOK_MS = 20 };

/* The program that runs, and what goes to it and comes from it. */
struct run {
    pid_t pid;
    int to, from; /* its standard input, -1 when it has all; its standard error */
    const char *message;
    size_t len, sent;
    char complaint[COMPLAINT_CAP]; /* what it said first */
    size_t complaint_len;
};

/* Cut at blanks. `words` points into `command`. False if there are too many, or none. */
static bool split(char *command, char *words[WORDS_MAX + 1])
{
    size_t n = 0;
    for (char *word; (word = strsep(&command, " \t")) != NULL;) {
        if (*word == '\0')
            continue;
        if (n == WORDS_MAX)
            return false;
        words[n++] = word;
    }
    words[n] = NULL;
    return n > 0;
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: become the program. Its environment has nothing of a web server's or of a request's. */
static void become(char **words, int in, int err)
{
    char home[sizeof "HOME=" + CONFIG_PATH_CAP], own[CONFIG_PATH_CAP];
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *env[] = {path, locale, NULL, NULL};
    int nothing = open("/dev/null", O_RDWR);
    if (config_home(own)) {
        snprintf(home, sizeof home, "HOME=%s", own);
        env[2] = home;
    }
    setpgid(0, 0);
    reset_signals();
    if (nothing >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(nothing, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0) {
        close_range(STDERR_FILENO + 1, ~0U, 0);
        execve(words[0], words, env);
        dprintf(STDERR_FILENO, "%s: %s", words[0], strerror(errno));
    }
    _exit(127);
}

static bool start(struct run *r, char **words, struct buf *why)
{
    int in[2] = {-1, -1}, err[2] = {-1, -1};
    bool ready = pipe2(in, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0;
    r->pid = ready ? fork() : -1;
    if (r->pid == 0)
        become(words, in[0], err[1]);
    if (r->pid < 0)
        buf_addf(why, "cannot start a program: %s", strerror(errno));
    else
        setpgid(r->pid, r->pid); /* here too: whichever comes first */
    r->to = in[1];
    r->from = err[0];
    if (in[0] >= 0)
        close(in[0]);
    if (err[1] >= 0)
        close(err[1]);
    return r->pid > 0;
}

static void stop_writing(struct run *r)
{
    if (r->to >= 0)
        close(r->to);
    r->to = -1;
}

static void write_some(struct run *r)
{
    ssize_t n = write(r->to, r->message + r->sent, r->len - r->sent);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    r->sent += n > 0 ? (size_t)n : 0;
    if (n <= 0 || r->sent == r->len)
        stop_writing(r);
}

static void read_some(struct run *r)
{
    char text[COMPLAINT_CAP];
    ssize_t n = read(r->from, text, sizeof text);
    for (ssize_t i = 0; i < n && r->complaint_len < sizeof r->complaint - 1; i++)
        r->complaint[r->complaint_len++] = text[i];
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    close(r->from);
    r->from = -1;
}

/* Until it has ended; what it started may go on, with its standard error open. False: it takes too long. */
static bool attend(struct run *r, int timeout_s, int *status_out)
{
    int64_t end_us = clock_monotonic_us() + (int64_t)timeout_s * 1000000;
    fcntl(r->to, F_SETFL, O_NONBLOCK);
    fcntl(r->from, F_SETFL, O_NONBLOCK);
    while (clock_monotonic_us() < end_us) {
        struct pollfd fds[] = {{.fd = r->to, .events = POLLOUT}, {.fd = r->from, .events = POLLIN}};
        poll(fds, 2, LOOK_MS);
        if (fds[0].revents != 0)
            write_some(r);
        bool has_ended = waitpid(r->pid, status_out, WNOHANG) == r->pid;
        if (fds[1].revents != 0 || (has_ended && r->from >= 0))
            read_some(r);
        if (has_ended)
            return true;
    }
    return false;
}

static void explain(const struct run *r, int status, struct buf *why)
{
    if (WIFSIGNALED(status))
        buf_addf(why, "was ended by signal %d", WTERMSIG(status));
    else
        buf_addf(why, "ended with status %d", WEXITSTATUS(status));
    if (r->complaint_len > 0)
        buf_addf(why, ": %.*s", (int)strcspn(r->complaint, "\r\n"), r->complaint);
}

static enum err run(struct run *r, char **words, int timeout_s, struct buf *why)
{
    int status = 0;
    if (!start(r, words, why))
        return ERR_IO;
    if (!attend(r, timeout_s, &status)) {
        kill(-r->pid, SIGKILL);
        waitpid(r->pid, &status, 0);
        buf_addf(why, "took longer than %d seconds", timeout_s);
        return ERR_IO;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && r->sent == r->len)
        return ERR_OK;
    explain(r, status, why);
    return ERR_IO;
}

enum err sendmail_run(const char *command, const void *message, size_t len, int timeout_s, struct buf *why)
{
    char *words[WORDS_MAX + 1], *copy = strdup(command);
    struct run r = {.to = -1, .from = -1, .message = message, .len = len};
    enum err e = copy == NULL ? ERR_MEMORY : ERR_OK;
    if (e == ERR_OK && !split(copy, words)) {
        buf_addf(why, "no program, or more than %d words", WORDS_MAX);
        e = ERR_IO;
    }
    signal(SIGPIPE, SIG_IGN); /* it may end without reading all */
    if (e == ERR_OK)
        e = run(&r, words, timeout_s, why);
    stop_writing(&r);
    if (r.from >= 0)
        close(r.from);
    free(copy);
    return e;
}
