#include "server/durable.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct durable {
    durable_wait *wait;
    durable_done *done;
    void *ctx;    /* borrowed */
    int timer_fd; /* wakes the thread */
    pthread_t thread;
    pthread_mutex_t lock;              /* of all below */
    struct durable_item *first, *last; /* in the order they came */
    int count;
    bool watched; /* the thread will wake for what waits */
    bool ending;
};

/* In so many microseconds, at least one, and once. */
static void wake_thread_in(struct durable *d, long us)
{
    struct itimerspec when = {.it_value = {.tv_nsec = us * 1000}};
    timerfd_settime(d->timer_fd, 0, &when, NULL);
}

static struct durable_item *take_all(struct durable *d)
{
    pthread_mutex_lock(&d->lock);
    struct durable_item *batch = d->first;
    d->first = d->last = NULL;
    d->count = 0;
    d->watched = false;
    pthread_mutex_unlock(&d->lock);
    return batch;
}

void durable_flush(struct durable *d)
{
    struct durable_item *item = take_all(d);
    if (item == NULL)
        return;
    enum err e = d->wait(d->ctx);
    while (item != NULL) {
        struct durable_item *next = item->next;
        d->done(d->ctx, item, e);
        item = next;
    }
}

static bool is_ending(struct durable *d)
{
    pthread_mutex_lock(&d->lock);
    bool ending = d->ending;
    pthread_mutex_unlock(&d->lock);
    return ending;
}

static void *run(void *ctx)
{
    struct durable *d = ctx;
    uint64_t times = 0;
    while (!is_ending(d)) {
        if (read(d->timer_fd, &times, sizeof times) > 0)
            durable_flush(d);
        else if (errno != EINTR)
            break;
    }
    return NULL;
}

/* Signals are for the thread that can act on them: a new thread begins with the mask of its maker. */
static bool start_without_signals(struct durable *d)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&d->thread, NULL, run, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

enum err durable_new(durable_wait *wait, durable_done *done, void *ctx, struct durable **out)
{
    struct durable *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ERR_MEMORY;
    *d = (struct durable){.wait = wait, .done = done, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER};
    d->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (d->timer_fd >= 0 && start_without_signals(d)) {
        *out = d;
        return ERR_OK;
    }
    if (d->timer_fd >= 0)
        close(d->timer_fd);
    free(d);
    return ERR_MEMORY;
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
    bool is_full = ++d->count >= DURABLE_WAITING_MAX;
    pthread_mutex_unlock(&d->lock);
    if (is_full)
        durable_flush(d);
}

bool durable_is_waiting(struct durable *d)
{
    if (d == NULL)
        return false;
    pthread_mutex_lock(&d->lock);
    bool waiting = d->count > 0;
    pthread_mutex_unlock(&d->lock);
    return waiting;
}

void durable_watch(struct durable *d)
{
    pthread_mutex_lock(&d->lock);
    bool wake = d->count > 0 && !d->watched;
    d->watched = d->watched || wake;
    pthread_mutex_unlock(&d->lock);
    if (wake)
        wake_thread_in(d, DURABLE_PATIENCE_US);
}

void durable_free(struct durable *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_mutex_unlock(&d->lock);
    wake_thread_in(d, 1);
    pthread_join(d->thread, NULL);
    durable_flush(d);
    close(d->timer_fd);
    free(d);
}
