/*
 * Sending mail beside the requests: a process of its own, `menshen mail send`, is started when mail is due and no
 * answer waits. A program that hangs holds up nobody.
 *
 * Depends on auth/mail.
 */
#ifndef SERVER_MAILER_H
#define SERVER_MAILER_H

#include <sys/types.h>

#include "auth/app.h"

struct mailer {
    pid_t child;       /* that was started and may run still; 0: none */
    int64_t looked_s;  /* when it was last looked whether mail is due */
    bool keeps_stderr; /* the sender may write to it: for a process that goes on */
};

/* Start the sender if mail is due and none runs: where each request is a process of its own, there would be as many. */
void mailer_step(struct mailer *m, struct app *app, int64_t now_s);

#endif
