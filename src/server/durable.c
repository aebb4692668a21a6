#include "server/durable.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct durable {
    durable_wait *wait;
    durable_done *done;
    void *ctx; /* borrowed */
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct durable_item *first, *last; /* not yet waited for */
    bool ending;
};

/* Everything that has been handed over, in order; NULL when nothing more will come. */
static struct durable_item *take_all(struct durable *d)
{
    pthread_mutex_lock(&d->lock);
    while (d->first == NULL && !d->ending)
        pthread_cond_wait(&d->changed, &d->lock);
    struct durable_item *batch = d->first;
    d->first = d->last = NULL;
    pthread_mutex_unlock(&d->lock);
    return batch;
}

static void *run(void *ctx)
{
    struct durable *d = ctx;
    for (struct durable_item *item; (item = take_all(d)) != NULL;) {
        enum err e = d->wait(d->ctx);
        while (item != NULL) {
            struct durable_item *next = item->next;
            d->done(d->ctx, item, e);
            item = next;
        }
    }
    return NULL;
}

/* Signals are for the thread that can act on them: a new thread begins with the mask of its maker. */
static int start_without_signals(struct durable *d)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&d->thread, NULL, run, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

enum err durable_new(durable_wait *wait, durable_done *done, void *ctx, struct durable **out)
{
    struct durable *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ERR_MEMORY;
    d->wait = wait;
    d->done = done;
    d->ctx = ctx;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    if (start_without_signals(d) != 0) {
        pthread_cond_destroy(&d->changed);
        pthread_mutex_destroy(&d->lock);
        free(d);
        return ERR_MEMORY;
    }
    *out = d;
    return ERR_OK;
}

void durable_put(struct durable *d, struct durable_item *item)
{
    item->next = NULL;
    pthread_mutex_lock(&d->lock);
    if (d->last != NULL)
        d->last->next = item;
    else
        d->first = item;
    d->last = item;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

void durable_free(struct durable *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}
