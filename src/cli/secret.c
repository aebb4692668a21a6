#include "cli/secret.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "admin/text.h"
#include "base/secure.h"

/* How a line ended. */
enum line_end {
    LINE_WHOLE,
    LINE_EOF,         /* nothing came */
    LINE_LONG,        /* more than fits */
    LINE_FAILED,      /* errno says why */
    LINE_INTERRUPTED, /* a signal waits to be delivered */
};

void secret_wipe(struct secret *s)
{
    secure_wipe(s, sizeof *s);
}

/* Wait for input, or for a signal on `signals` (-1: none). */
static enum line_end wait_input(int signals)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return LINE_FAILED;
    return fds[1].revents != 0 ? LINE_INTERRUPTED : LINE_WHOLE;
}

/* One line, byte by byte, so that nothing behind it is taken. The line feed is not stored. */
static enum line_end read_line(int signals, struct secret *out)
{
    bool any = false;
    out->len = 0;
    for (;;) {
        char c = 0;
        enum line_end end = wait_input(signals);
        if (end != LINE_WHOLE)
            return end;
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return LINE_FAILED;
        if (n == 0 && !any)
            return LINE_EOF;
        if (n == 0 || c == '\n')
            break;
        any = true;
        if (out->len == sizeof out->text - 1)
            return LINE_LONG;
        out->text[out->len++] = c;
    }
    out->text[out->len] = '\0';
    return LINE_WHOLE;
}

/* With echo off. Signals that would end or stop the program wait until the echo is back. */
static enum line_end read_hidden(const char *prompt, struct secret *out)
{
    struct termios shown, hidden;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(&blocked, signals[i]);
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return LINE_FAILED;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    hidden.c_lflag |= ICANON;

    enum line_end end = LINE_FAILED;
    sigprocmask(SIG_BLOCK, &blocked, &before);
    int fd = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0 && tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0) {
        cli_print(stderr, "%s: ", prompt);
        end = read_line(fd, out);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    if (fd >= 0)
        close(fd);
    sigprocmask(SIG_SETMASK, &before, NULL); /* a signal that waited takes effect here */
    return end;
}

/* Ask again after a stop (Ctrl-Z, fg). */
static enum line_end ask(const char *prompt, struct secret *out)
{
    enum line_end end;
    do
        end = read_hidden(prompt, out);
    while (end == LINE_INTERRUPTED);
    return end;
}

static enum cli_status check(const struct cli *cli, const char *what, size_t max, enum line_end end,
                             const struct secret *s)
{
    if (end == LINE_FAILED)
        return cli_fail(cli, "%s: cannot be read: %s", what, strerror(errno));
    if (end == LINE_EOF || (end == LINE_WHOLE && s->len == 0))
        return cli_fail(cli, "%s: empty; give it at the prompt or as one line on standard input", what);
    if (end == LINE_LONG || s->len > max)
        return cli_fail(cli, "%s: longer than %zu bytes", what, max);
    const char *fault = text_fault(s->text, s->len);
    if (fault != NULL)
        return cli_fail(cli, "%s: it has %s", what, fault);
    return CLI_DONE;
}

static enum cli_status read_twice(const struct cli *cli, const char *what, size_t max, struct secret *out)
{
    struct secret again = {.len = 0};
    char prompt[256];
    snprintf(prompt, sizeof prompt, "%s", what);
    enum cli_status status = check(cli, what, max, ask(prompt, out), out);
    if (status == CLI_DONE) {
        snprintf(prompt, sizeof prompt, "%s, again", what);
        status = check(cli, what, max, ask(prompt, &again), &again);
    }
    if (status == CLI_DONE && (again.len != out->len || !secure_equal(again.text, out->text, out->len)))
        status = cli_fail(cli, "%s: the two entries differ; nothing was changed", what);
    secret_wipe(&again);
    return status;
}

enum cli_status secret_read_new(const struct cli *cli, const char *what, size_t max, struct secret *out)
{
    enum cli_status status = isatty(STDIN_FILENO) ? read_twice(cli, what, max, out)
                                                  : check(cli, what, max, read_line(-1, out), out);
    if (status != CLI_DONE)
        secret_wipe(out);
    return status;
}
