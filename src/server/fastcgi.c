#include <errno.h>
#include <fcgiapp.h>
#include <malloc.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/server.h"

enum { KEPT_BYTES = 8 * 1024 * 1024 };

/*
 * FCGX_IsCGI() would say the same after starting the library, which a CGI request or a command has no use
 * for: a listening socket has no peer.
 */
bool server_is_fastcgi(void)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    return getpeername(STDIN_FILENO, (struct sockaddr *)&peer, &len) != 0 && errno == ENOTCONN;
}

static long read_fcgi(void *ctx, char *out, size_t cap)
{
    return FCGX_GetStr(out, (int)(cap > 65536 ? 65536 : cap), ctx);
}

static void stop(int signal_number)
{
    (void)signal_number;
    FCGX_ShutdownPending();
}

/* Without SA_RESTART, so that a waiting accept(2) returns and sees that the end has come. */
static void catch_signals(void)
{
    struct sigaction on_stop = {.sa_handler = stop};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&on_stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTERM, &on_stop, NULL);
    sigaction(SIGUSR1, &on_stop, NULL);
    sigaction(SIGINT, &on_stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Hold back, or let through again, the signals that end the process: a request that was begun is finished. */
static void hold_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGINT);
    sigprocmask(how, &set, NULL);
}

/*
 * After an answer libfcgi waits for the web server to close the connection, lest something unread makes the
 * kernel reset it and cut the answer off. When the request was read to its end there is nothing unread, and
 * the next request need not wait; FCGX_Detach says so.
 */
static void finish(FCGX_Request *request)
{
    char rest[256];
    if (FCGX_GetStr(rest, sizeof rest, request->in) == 0 && FCGX_GetError(request->in) == 0)
        FCGX_Detach(request);
    FCGX_Finish_r(request);
}

int server_fastcgi(const char *conf_path)
{
    struct server s;
    FCGX_Request request;
    struct buf out;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
        return 1;
    catch_signals();
    /* Pictures are encoded in buffers of a few hundred KiB: keep them, instead of asking the kernel for each.
     */
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    buf_init(&out);
    server_init(&s, conf_path);
    while (FCGX_Accept_r(&request) == 0) {
        hold_signals(SIG_BLOCK);
        buf_clear(&out);
        server_answer(&s, request.envp, read_fcgi, request.in, &out);
        if (out.err == ERR_OK)
            FCGX_PutStr((const char *)out.data, (int)out.len, request.out);
        finish(&request);
        hold_signals(SIG_UNBLOCK);
    }
    buf_free(&out);
    server_fini(&s);
    return 0;
}
