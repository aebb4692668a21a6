/*
 * How long db_purge_step takes, which is what the purge of expired rows adds to the request it is part of.
 *
 *   purge DIR NOW_S [cold]
 *
 * DIR    the folder of a database with many expired rows; nobody else has it open. Rows are deleted.
 * NOW_S  Unix time by which they are expired.
 * cold   before each step what the system remembers of the file is dropped, so that the step reads the disk.
 *
 * Prints a line of JSON per number of rows a step is told: {"rows":N,"steps":S,"p50_us":…,"p99_us":…,
 * "max_us":…,"max_cpu_us":…,"deleted":D}. A step is timed from after the beginning of its transaction to
 * before the commit, with the reading and writing of pages that it causes; the commit belongs to the request
 * with or without it.
 *
 * Depends on store/db.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/db.h"

/* What the callers use: a failed login, a token, a captcha; and what would be too much. */
static const int row_counts[] = {4, 8, 64, 512};
enum { STEPS_WARM = 4000, STEPS_COLD = 200 };

static double read_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
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

static void measure(struct db *db, const char *dir, int64_t now_s, int rows, bool is_cold)
{
    static double took_us[STEPS_WARM];
    int64_t before = 0, after = 0;
    double max_cpu_us = 0;
    int steps = is_cold ? STEPS_COLD : STEPS_WARM;
    require(db_expired_count(db, now_s, &before), "counting");
    for (int i = 0; i < steps; i++) {
        if (is_cold)
            forget(dir);
        require(db_begin(db, DB_RELAXED), "beginning");
        double cpu_us = read_us(CLOCK_PROCESS_CPUTIME_ID), start_us = read_us(CLOCK_MONOTONIC);
        require(db_purge_step(db, now_s, rows), "purging");
        took_us[i] = read_us(CLOCK_MONOTONIC) - start_us;
        cpu_us = read_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us;
        max_cpu_us = cpu_us > max_cpu_us ? cpu_us : max_cpu_us;
        require(db_commit(db), "committing");
    }
    require(db_expired_count(db, now_s, &after), "counting");
    qsort(took_us, (size_t)steps, sizeof took_us[0], compare);
    printf("{\"rows\":%d,\"steps\":%d,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"max_cpu_us\":%.1f,"
           "\"deleted\":%lld}\n",
           rows, steps, took_us[steps / 2], took_us[steps * 99 / 100], took_us[steps - 1], max_cpu_us,
           (long long)(before - after));
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
