/*
 * The transports: plain CGI and FastCGI, over one loop body. Depends on dialect, http/dispatch, auth/app;
 * fastcgi.c is the only includer of fcgiapp.h.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <signal.h>
#include <stdbool.h>

#include "http/dispatch.h"
#include "server/mailer.h"

/* Whether descriptor 0 is a listening socket: how every spawner of FastCGI programs starts them. */
bool server_is_fastcgi(void);

/* Serve the one request of the environment and standard input. Returns the exit status. */
int server_cgi(const char *conf_path);

/*
 * Serve requests from descriptor 0. SIGTERM, SIGINT and SIGUSR1 end it, once the requests that have come are
 * answered; SIGHUP lets it read its configuration anew between two requests. Returns the exit status.
 */
int server_fastcgi(const char *conf_path);

/*
 * Hold back the signals that end a program or let it read its configuration anew, so that what was begun is told, and
 * ignore SIGPIPE. Returns these signals; `before_out`, unless NULL, receives what was held back before.
 */
sigset_t server_hold_signals(sigset_t *before_out);

/* What both transports set up, in start.c. */
struct server {
    struct app app;
    struct dispatch dispatch;
    struct dispatch failures; /* server_fail's own: it may run within server_answer, before something slow */
    const char *conf_path;    /* borrowed; NULL: look for it */
    enum err start_err;       /* of the last start */
    int64_t tried_s;          /* when a request tried it last */
    bool was_ready;           /* since this process began: there is a database */
    bool ready;               /* false: requests are answered with "unavailable"; the log says why */
    struct mailer mailer;
    bool defers; /* set by a transport that waits for the disk itself, before the first request */
};

/* Nothing is opened yet: the first request does that, and so does every one until it succeeds. */
void server_init(struct server *s, const char *conf_path);
void server_fini(struct server *s);

/* Read the configuration anew, and open what it names. No answer may be waiting for the disk. Errors: app_open's. */
enum err server_reload(struct server *s);

/* How many bytes the body may have that has to be there before server_answer is called; 0: it is answered without. */
size_t server_wants_body(struct server *s, char **env);

/* Answer one request. True if the answer must not leave before a server_flush that comes after this. */
bool server_answer(struct server *s, char **env, request_read *read, void *read_ctx, struct buf *out);

/*
 * What a worker counted and keeps in memory, for the next request that writes: whether there is any, and write it now,
 * when the worker has nothing else to do, or ends. It waits for nobody.
 */
bool server_has_unsettled(const struct server *s);
void server_settle(struct server *s);

/* What is done when no answer waits: mail that is due is sent, by a process of its own. */
void server_rest(struct server *s);

/* Wait until what was answered so far is on disk. ERR_OK; anything else: nobody may be told that it is. */
enum err server_flush(struct server *s);

/*
 * Answer a request with the failure `e`: one that server_answer returned true for, instead of what it
 * answered, or one that does not come to its end.
 */
void server_fail(struct server *s, char **env, enum err e, struct buf *out);

#endif
