/*
 * images: CPU time of captchas of blade's kind and size, drawn and encoded.
 *
 *   images FORMAT COUNT     FORMAT is png or jpeg; COUNT is 1 to 1000000
 *
 * Prints one line of JSON: {"per_cpu_s":N,"bytes":B}, B being the mean size of a file. Exit code 1 when
 * something cannot be drawn, 2 for misuse.
 *
 * Depends on images.h, captcha/kind.
 */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "captcha/kind.h"

enum { COUNT_MAX = 1000000, WARM_UP = 20 };

static struct captcha_profile blade = {.kind = CAPTCHA_ALNUM,
                                       .width_px = 130,
                                       .height_px = 48,
                                       .length_min = 5,
                                       .length_max = 5,
                                       .level = CAPTCHA_NORMAL};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Make pictures number `from` to `to` - 1; the sum of their sizes, or -1. */
static long make(long from, long to)
{
    unsigned char seed[CAPTCHA_SEED_BYTES] = {0};
    struct captcha_rng rng;
    struct captcha_text text;
    struct buf file;
    long bytes = 0;
    bool good = true;
    buf_init(&file);
    for (long i = from; i < to && good; i++) {
        memcpy(seed, &i, sizeof i);
        captcha_rng_seed(&rng, seed);
        buf_clear(&file);
        good =
            captcha_kind_make(&blade, &rng, &text) == ERR_OK && images_make(&blade, text.shown, seed, &file);
        bytes += (long)file.len;
    }
    buf_free(&file);
    return good ? bytes : -1;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long count = argc == 3 ? strtol(argv[2], &end, 10) : 0;
    bool png = argc == 3 && strcmp(argv[1], "png") == 0;
    if (count < 1 || count > COUNT_MAX || *end != '\0' || (!png && strcmp(argv[1], "jpeg") != 0)) {
        fprintf(stderr, "usage: images png|jpeg COUNT\n");
        return 2;
    }
    blade.format = png ? CAPTCHA_PNG : CAPTCHA_JPEG;
    if (make(0, WARM_UP) < 0)
        return 1;
    double start = cpu_s();
    long bytes = make(WARM_UP, WARM_UP + count);
    double spent = cpu_s() - start;
    if (bytes < 0)
        return 1;
    printf("{\"per_cpu_s\":%.1f,\"bytes\":%.0f}\n", (double)count / spent, (double)bytes / (double)count);
    return 0;
}
