/*
 * How long db_purge_step takes, which is what the purge of expired rows adds to the request it is part of.
 *
 *   purge DIR NOW_S [cold]
 *
 * DIR    the folder of a database with many expired rows. Rows are deleted.
 * NOW_S  Unix time by which they are expired.
 * cold   before each step what the system remembers of the file is dropped, so that the step reads the disk.
 *
 * Prints a line of JSON per number of rows a step is told: {"rows":N,"steps":S,"p50_us":…,"max_us":…,
 * "disturbed":D,"deleted":R}. A step is timed from after the beginning of its transaction to before the
 * commit, with the reading and writing of pages that it causes; the commit belongs to the request with or
 * without it. Waiting for the disk counts; steps in which the system gave the processor to somebody else are
 * counted in D instead of in the times.
 *
 * Depends on store/db.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/db.h"

/* What the callers use: a token; a failed login; a captcha and `menshen token purge`. */
static const int row_counts[] = {2, 4, 8};
enum { STEPS_WARM = 4000, STEPS_COLD = 200 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* How often the processor was taken away from this process. */
static long preemptions(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void forget(const char *dir)
{
    static const char *const names[] = {DB_FILE, DB_FILE "-wal"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
            perror(path);
            exit(1);
        }
        close(fd);
    }
}

static void require(enum err e, const char *doing)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "purge: %s: %s\n", doing, err_info(e)->name);
    exit(1);
}

/* Its time in µs; negative if it was disturbed. */
static double step(struct db *db, int64_t now_s, int rows)
{
    require(db_begin(db, DB_RELAXED), "beginning");
    long before = preemptions();
    double start_us = now_us();
    require(db_purge_step(db, now_s, rows), "purging");
    double took_us = now_us() - start_us;
    bool is_disturbed = preemptions() != before;
    require(db_commit(db), "committing");
    return is_disturbed ? -1 : took_us;
}

static void measure(struct db *db, const char *dir, int64_t now_s, int rows, bool is_cold)
{
    static double took_us[STEPS_WARM];
    int64_t before = 0, after = 0;
    int steps = is_cold ? STEPS_COLD : STEPS_WARM, timed = 0;
    require(db_expired_count(db, now_s, &before), "counting");
    for (int i = 0; i < steps; i++) {
        if (is_cold)
            forget(dir);
        double us = step(db, now_s, rows);
        if (us >= 0)
            took_us[timed++] = us;
    }
    require(db_expired_count(db, now_s, &after), "counting");
    if (timed == 0) {
        fprintf(stderr, "purge: every step was disturbed: try again when the machine is quieter\n");
        exit(1);
    }
    qsort(took_us, (size_t)timed, sizeof took_us[0], compare);
    printf("{\"rows\":%d,\"steps\":%d,\"p50_us\":%.1f,\"max_us\":%.1f,\"disturbed\":%d,\"deleted\":%lld}\n",
           rows, steps, took_us[timed / 2], took_us[timed - 1], steps - timed, (long long)(before - after));
}

int main(int argc, char **argv)
{
    bool is_cold = argc == 4 && strcmp(argv[3], "cold") == 0;
    int64_t now_s = argc == 3 || is_cold ? strtoll(argv[2], NULL, 10) : 0;
    if (now_s == 0) {
        fprintf(stderr, "usage: purge DIR NOW_S [cold]\n");
        return 2;
    }
    struct log log = {.fd = STDERR_FILENO};
    struct db *db = NULL;
    struct buf why;
    buf_init(&why);
    enum err e = db_open(argv[1], &log, &db, &why);
    if (e != ERR_OK) {
        fprintf(stderr, "purge: %s\n", buf_str(&why));
        return 1;
    }
    for (size_t i = 0; i < sizeof row_counts / sizeof row_counts[0]; i++)
        measure(db, argv[1], now_s, row_counts[i], is_cold);
    db_close(db);
    return 0;
}
