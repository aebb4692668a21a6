/*
 * A small deterministic generator: the same seed gives the same sequence on every machine, so a picture is a
 * function of its seed. It is no source of secrets by itself: who needs an unguessable answer seeds it with
 * 256 bits from the system's random source.
 *
 * The algorithm is xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * 2021). Depends on nothing.
 */
#ifndef CAPTCHA_RNG_H
#define CAPTCHA_RNG_H

#include <stdint.h>

#define CAPTCHA_SEED_BYTES 32

struct captcha_rng {
    uint64_t s[4];
};

/* Start the sequence of `seed`. Any seed will do; all zero is replaced, since the generator would stay there.
 */
void captcha_rng_seed(struct captcha_rng *r, const unsigned char seed[CAPTCHA_SEED_BYTES]);

/* The next 64 bits. */
uint64_t captcha_rng_next(struct captcha_rng *r);

/* A number from 0 to n - 1, each as likely as the other. n >= 1. */
uint32_t captcha_rng_below(struct captcha_rng *r, uint32_t n);

/* A number from `low` to `high`, both included, each as likely as the other. low <= high. */
int captcha_rng_between(struct captcha_rng *r, int low, int high);

#endif
