#include "captcha/wave.h"

enum { QUARTER = WAVE_TURN / 4, STEP_BITS = 8, STEP = 1 << STEP_BITS };

/* round(32767 * sin(i / 64 * 90 degrees)) */
static const int16_t quarter_sine[QUARTER / STEP + 1] = {
    0,     804,   1608,  2410,  3212,  4011,  4808,  5602,  6393,  7179,  7962,  8739,  9512,
    10278, 11039, 11793, 12539, 13279, 14010, 14732, 15446, 16151, 16846, 17530, 18204, 18868,
    19519, 20159, 20787, 21403, 22005, 22594, 23170, 23731, 24279, 24811, 25329, 25832, 26319,
    26790, 27245, 27683, 28105, 28510, 28898, 29268, 29621, 29956, 30273, 30571, 30852, 31113,
    31356, 31580, 31785, 31971, 32137, 32285, 32412, 32521, 32609, 32678, 32728, 32757, 32767,
};

int32_t wave_sin(uint32_t angle)
{
    uint32_t within = angle % (2 * QUARTER);
    uint32_t rising = within <= QUARTER ? within : 2 * QUARTER - within;
    uint32_t step = rising >> STEP_BITS;
    int32_t low = quarter_sine[step];
    int32_t high = step < QUARTER / STEP ? quarter_sine[step + 1] : low;
    int32_t value = low + (high - low) * (int32_t)(rising % STEP) / STEP;
    return (angle / (2 * QUARTER)) % 2 == 0 ? value : -value;
}

int32_t wave_cos(uint32_t angle)
{
    return wave_sin(angle + QUARTER);
}
