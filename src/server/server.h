/*
 * The transports: plain CGI and FastCGI, over one loop body. Depends on dialect, http/dispatch, auth/app;
 * fastcgi.c is the only includer of fcgiapp.h.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>

#include "http/dispatch.h"

/* Whether descriptor 0 is a listening socket: how every spawner of FastCGI programs starts them. */
bool server_is_fastcgi(void);

/* Serve the one request of the environment and standard input. Returns the exit status. */
int server_cgi(const char *conf_path);

/* Serve requests from descriptor 0 until SIGTERM or SIGUSR1. Returns the exit status. */
int server_fastcgi(const char *conf_path);

/* What both transports set up, in start.c. */
struct server {
    struct app app;
    struct dispatch dispatch;
    struct dispatch failures; /* server_fail's own: it may run in another thread than server_answer */
    const char *conf_path;    /* borrowed; NULL: look for it */
    bool ready;               /* false: requests are answered with "unavailable"; the log says why */
    bool defers; /* set by a transport that waits for the disk itself, before the first request */
};

/* Nothing is opened yet: the first request does that, and so does every one until it succeeds. */
void server_init(struct server *s, const char *conf_path);
void server_fini(struct server *s);

/*
 * Answer one request. True if the answer must not leave before what it says is on disk: before a db_flush that comes
 * after this has returned ERR_OK.
 */
bool server_answer(struct server *s, char **env, request_read *read, void *read_ctx, struct buf *out);

/*
 * Answer a request, after server_answer has returned true for it, with the failure `e` instead. One thread at
 * a time may do this, while another is in server_answer: the configuration and the log do not change any
 * more.
 */
void server_fail(struct server *s, char **env, enum err e, struct buf *out);

#endif
