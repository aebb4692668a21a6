#include "captcha/rng.h"

#include <assert.h>

static uint64_t rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

void captcha_rng_seed(struct captcha_rng *r, const unsigned char seed[CAPTCHA_SEED_BYTES])
{
    uint64_t any = 0;
    for (int i = 0; i < 4; i++) {
        r->s[i] = 0;
        for (int byte = 0; byte < 8; byte++) {
            r->s[i] |= (uint64_t)seed[8 * i + byte] << (8 * byte);
        }
        any |= r->s[i];
    }
    if (any == 0) {
        r->s[0] = 1;
    }
    /* Seeds that differ in a few bits, as tests count them, have parted company after these steps. */
    for (int i = 0; i < 16; i++) {
        (void)captcha_rng_next(r);
    }
}

uint64_t captcha_rng_next(struct captcha_rng *r)
{
    uint64_t result = rotate_left(r->s[1] * 5, 7) * 9;
    uint64_t t = r->s[1] << 17;
    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = rotate_left(r->s[3], 45);
    return result;
}

uint32_t captcha_rng_below(struct captcha_rng *r, uint32_t n)
{
    assert(n >= 1);
    /* The top 32 bits scaled to n; the few values that would favour some results are drawn again. */
    uint32_t refused = (uint32_t)-n % n;
    for (;;) {
        uint64_t scaled = (captcha_rng_next(r) >> 32) * n;
        if ((uint32_t)scaled >= refused) {
            return (uint32_t)(scaled >> 32);
        }
    }
}

int captcha_rng_between(struct captcha_rng *r, int low, int high)
{
    assert(low <= high);
    return low + (int)captcha_rng_below(r, (uint32_t)(high - low) + 1);
}
