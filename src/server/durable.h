/*
 * Answers that wait for the disk together. A worker commits, hands the answer over and goes on with the next
 * request; a thread waits until the disk has it, and then lets all answers go that were there when it began.
 * So one fdatasync serves many requests, and none of them leaves before what it says is on disk.
 *
 * The thread touches nothing of the worker's but what the two functions below do.
 * Depends on base/err, POSIX threads.
 */
#ifndef SERVER_DURABLE_H
#define SERVER_DURABLE_H

#include "base/err.h"

/* The head of whatever waits. */
struct durable_item {
    struct durable_item *next;
};

/* Return when all that was committed before the call is on disk. ERR_OK, ERR_STORE. */
typedef enum err durable_wait(void *ctx);

/* Let the item go: with ERR_OK it is on disk, with anything else it may not be. The item is the callee's. */
typedef void durable_done(void *ctx, struct durable_item *item, enum err e);

struct durable;

/* Start the thread, which calls `wait` and `done` with `ctx` (borrowed). ERR_OK, ERR_MEMORY. */
enum err durable_new(durable_wait *wait, durable_done *done, void *ctx, struct durable **out);

/* Hand over an item whose transaction is committed. In the order they came, they are done. */
void durable_put(struct durable *d, struct durable_item *item);

/* Wait until everything that was handed over is done, and end the thread. NULL is allowed. */
void durable_free(struct durable *d);

#endif
