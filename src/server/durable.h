/*
 * Answers that wait for the disk together: one fdatasync serves all whose transactions were committed before
 * it began, and none leaves earlier. The worker goes on with the next request as long as one is there, and
 * waits for the disk when none is, or when enough answers wait. A thread sees to it that they do not wait for
 * a request that takes long, a password for one, or a body that comes slowly; it sleeps unless that happens.
 *
 * Depends on base/err, POSIX threads, timerfd (Linux).
 */
#ifndef SERVER_DURABLE_H
#define SERVER_DURABLE_H

#include <stdbool.h>

#include "base/err.h"

/* So many answers wait at most, and so long: 1 ms is what a web server on the same machine does not notice.
 */
#define DURABLE_WAITING_MAX 16
#define DURABLE_PATIENCE_US 4000

/* The head of whatever waits. */
struct durable_item {
    struct durable_item *next;
};

/* Return when all that was committed before the call is on disk. Two threads may be in it. ERR_OK, ERR_STORE.
 */
typedef enum err durable_wait(void *ctx);

/*
 * Let the item go: with ERR_OK it is on disk, with anything else it may not be. The item is the callee's. Two
 * threads may be in it, with different items.
 */
typedef void durable_done(void *ctx, struct durable_item *item, enum err e);

struct durable;

/* Start. `wait` and `done` are called with `ctx` (borrowed). ERR_OK; ERR_MEMORY if there can be no thread. */
enum err durable_new(durable_wait *wait, durable_done *done, void *ctx, struct durable **out);

/* Let an item wait whose transaction is committed; if it is the DURABLE_WAITING_MAX-th, do them all. */
void durable_put(struct durable *d, struct durable_item *item);

/* Whether anything waits. False for NULL. */
bool durable_is_waiting(struct durable *d);

/* The caller goes on with something else: do what waits in DURABLE_PATIENCE_US, unless it does so before. */
void durable_watch(struct durable *d);

/* Do everything that waits. When it returns, all that was put is done or in the other thread's hands. */
void durable_flush(struct durable *d);

/* Do everything that waits, and end. NULL is allowed. */
void durable_free(struct durable *d);

#endif
