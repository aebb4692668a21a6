/*
 * server/durable: which items one wait answers for, what becomes of them when it fails, and when it happens.
 */
#include "unit.h"

#include <pthread.h>

#include "server/durable.h"

enum { ITEMS = 2 * DURABLE_WAITING_MAX };

struct note {
    struct durable_item item; /* first */
    int waits;                /* how many waits had begun when it was done; 0: it is not done */
    enum err result;
};

/* What the two functions are called with. */
struct disk {
    struct durable *durable;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct note note[ITEMS];
    struct note *order[ITEMS]; /* as they were done */
    int done, waits;
    enum err result;          /* of the next wait */
    struct note *put_in_wait; /* handed over while the disk works; NULL: nothing */
};

static enum err wait_for_disk(void *ctx)
{
    struct disk *d = ctx;
    pthread_mutex_lock(&d->lock);
    d->waits++;
    enum err e = d->result;
    struct note *late = d->put_in_wait;
    d->put_in_wait = NULL;
    pthread_mutex_unlock(&d->lock);
    if (late != NULL)
        durable_put(d->durable, &late->item);
    return e;
}

static void note_done(void *ctx, struct durable_item *item, enum err e)
{
    struct disk *d = ctx;
    struct note *n = (struct note *)item;
    pthread_mutex_lock(&d->lock);
    n->waits = d->waits;
    n->result = e;
    d->order[d->done++] = n;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static int setup(void **state)
{
    struct disk *d = calloc(1, sizeof *d);
    if (d == NULL)
        return -1;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    *state = d;
    return durable_new(wait_for_disk, note_done, d, &d->durable) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct disk *d = *state;
    durable_free(d->durable);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
    return 0;
}

static int done_count(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    int n = d->done;
    pthread_mutex_unlock(&d->lock);
    return n;
}

static void put(struct disk *d, int from, int to)
{
    for (int i = from; i < to; i++)
        durable_put(d->durable, &d->note[i].item);
}

static void test_one_wait_for_all_in_order(void **state)
{
    struct disk *d = *state;
    assert_false(durable_is_waiting(NULL));
    assert_false(durable_is_waiting(d->durable));
    put(d, 0, 3);
    assert_true(durable_is_waiting(d->durable));
    assert_int_equal(done_count(d), 0);
    durable_flush(d->durable);
    assert_false(durable_is_waiting(d->durable));
    assert_int_equal(d->waits, 1);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(d->order[i], &d->note[i]);
        assert_err(d->note[i].result, ERR_OK);
    }
    durable_flush(d->durable);
    assert_int_equal(d->waits, 1);
}

/* What the disk began before it was committed, the disk may not have. */
static void test_a_wait_that_has_begun_is_not_for_who_comes_later(void **state)
{
    struct disk *d = *state;
    d->put_in_wait = &d->note[1];
    put(d, 0, 1);
    durable_flush(d->durable);
    assert_int_equal(done_count(d), 1);
    assert_ptr_equal(d->order[0], &d->note[0]);
    assert_true(durable_is_waiting(d->durable));
    durable_flush(d->durable);
    assert_int_equal(d->note[1].waits, 2);
}

static void test_all_hear_of_a_failure_and_nobody_later(void **state)
{
    struct disk *d = *state;
    d->result = ERR_STORE;
    put(d, 0, 2);
    durable_flush(d->durable);
    assert_err(d->note[0].result, ERR_STORE);
    assert_err(d->note[1].result, ERR_STORE);
    d->result = ERR_OK;
    put(d, 2, 3);
    durable_flush(d->durable);
    assert_err(d->note[2].result, ERR_OK);
}

static void test_no_more_wait_than_may(void **state)
{
    struct disk *d = *state;
    put(d, 0, DURABLE_WAITING_MAX - 1);
    assert_int_equal(done_count(d), 0);
    put(d, DURABLE_WAITING_MAX - 1, DURABLE_WAITING_MAX + 1);
    assert_int_equal(done_count(d), DURABLE_WAITING_MAX);
    assert_int_equal(d->waits, 1);
}

/* The one who put them does nothing more: the thread does them, each batch anew. */
static void test_what_is_watched_is_done_by_the_thread(void **state)
{
    struct disk *d = *state;
    durable_watch(d->durable); /* nothing to watch */
    for (int i = 0; i < 4; i += 2) {
        put(d, i, i + 1);
        durable_watch(d->durable);
        put(d, i + 1, i + 2);
        durable_watch(d->durable);
        pthread_mutex_lock(&d->lock);
        while (d->done < i + 1)
            pthread_cond_wait(&d->changed, &d->lock);
        pthread_mutex_unlock(&d->lock);
        durable_flush(d->durable); /* the second, if the thread was between the two */
    }
    pthread_mutex_lock(&d->lock);
    while (d->done < 4)
        pthread_cond_wait(&d->changed, &d->lock);
    pthread_mutex_unlock(&d->lock);
    for (int i = 0; i < 4; i++)
        assert_err(d->note[i].result, ERR_OK);
}

static void test_the_end_leaves_nothing_behind(void **state)
{
    struct disk *d = *state;
    put(d, 0, 2);
    durable_watch(d->durable);
    durable_free(d->durable);
    assert_int_equal(d->done, 2);
    d->durable = NULL; /* NULL is allowed */
}

/* ---- Several that commit at once ---- */

enum { WRITERS = 4, ROUNDS = 500 };

/* Whether each item's wait began after its transaction: a counter stands for the log, `synced` for the disk.
 */
struct sea {
    struct durable *durable;
    pthread_mutex_t lock;
    int written, synced, wrong, done;
};

struct wave {
    struct durable_item item; /* first */
    int number;
};

static enum err sync_sea(void *ctx)
{
    struct sea *s = ctx;
    pthread_mutex_lock(&s->lock);
    int written = s->written;
    pthread_mutex_unlock(&s->lock);
    sched_yield();
    pthread_mutex_lock(&s->lock);
    s->synced = written > s->synced ? written : s->synced;
    pthread_mutex_unlock(&s->lock);
    return ERR_OK;
}

static void check_wave(void *ctx, struct durable_item *item, enum err e)
{
    struct sea *s = ctx;
    pthread_mutex_lock(&s->lock);
    s->wrong += e != ERR_OK || ((struct wave *)item)->number > s->synced;
    s->done++;
    pthread_mutex_unlock(&s->lock);
    free(item);
}

static void *write_waves(void *ctx)
{
    struct sea *s = ctx;
    for (int i = 0; i < ROUNDS; i++) {
        struct wave *w = calloc(1, sizeof *w);
        if (w == NULL)
            break;
        pthread_mutex_lock(&s->lock);
        w->number = ++s->written;
        pthread_mutex_unlock(&s->lock);
        durable_put(s->durable, &w->item);
        if (i % 3 == 0)
            durable_flush(s->durable);
        else
            durable_watch(s->durable);
    }
    return NULL;
}

static void test_nobody_is_told_before_it_is_on_disk(void **state)
{
    struct sea s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t writers[WRITERS];
    (void)state;
    assert_err(durable_new(sync_sea, check_wave, &s, &s.durable), ERR_OK);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_waves, &s), 0);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    durable_free(s.durable);
    assert_int_equal(s.done, WRITERS * ROUNDS);
    assert_int_equal(s.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_wait_for_all_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_wait_that_has_begun_is_not_for_who_comes_later, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_all_hear_of_a_failure_and_nobody_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_more_wait_than_may, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_watched_is_done_by_the_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_leaves_nothing_behind, setup, teardown),
        cmocka_unit_test(test_nobody_is_told_before_it_is_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
