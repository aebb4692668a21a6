/*
 * One request of a FastCGI connection, put together as it arrives, in whatever pieces. libfcgi reads until it
 * has what it wants, however long that takes, and loses its place in a record if it must not wait; so it is
 * given what is complete, and this is what knows when that is. Of the protocol it reads no more than where
 * records end.
 *
 * Depends on base/buf.
 * Source: FastCGI 1.0, sections 3.3, 5.1 to 5.3.
 */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define INTAKE_HEAD_MAX (128 * 1024) /* bytes: more than any web server lets through */

/* Bytes of memory that stay with each of the three buffers, for the next request. */
#define INTAKE_KEPT (16 * 1024)

enum intake_state {
    INTAKE_HEAD, /* the variables are still coming */
    INTAKE_BODY, /* the body is */
    INTAKE_DONE, /* all is there */
    INTAKE_FULL, /* the body has body_max bytes, or would have more: nobody wants the rest */
    INTAKE_BAD /* no FastCGI, a head beyond INTAKE_HEAD_MAX, several requests at once, given up by the peer */
};

struct intake {
    enum intake_state state;
    uint16_t id;     /* of the request; 0: it has not begun */
    size_t body_max; /* bytes */
    struct buf raw;  /* what has come of a record that is not whole, and what follows an INTAKE_DONE */
    struct buf head; /* the records up to the end of the variables, as they came: for libfcgi */
    struct buf body; /* the body itself; a secret, as the two others are */
};

void intake_init(struct intake *in, size_t body_max);
void intake_free(struct intake *in);

/* Take what has arrived (borrowed). With INTAKE_FULL or INTAKE_BAD nothing more is taken. */
void intake_add(struct intake *in, const void *data, size_t len);

/* After INTAKE_DONE, go on to the connection's next request, with what has come of it. Memory is kept, up to INTAKE_KEPT. */
void intake_next(struct intake *in);

/* Forget everything, for another connection. Memory as there. */
void intake_clear(struct intake *in);

/* How many bytes have come of the request; what the protocol adds to its body does not count. */
int64_t intake_size(const struct intake *in);

/* Whether nothing has come of the request yet. */
bool intake_is_empty(const struct intake *in);

#endif
