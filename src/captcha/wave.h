/*
 * Sine and cosine in integers, the same on every machine.
 * Depends on nothing.
 */
#ifndef CAPTCHA_WAVE_H
#define CAPTCHA_WAVE_H

#include <stdint.h>

#define WAVE_ONE  32767   /* the value of 1 */
#define WAVE_TURN 0x10000 /* the angle of a full turn */

/* sin and cos of `angle` (65536 to a turn, any value), times WAVE_ONE. */
int32_t wave_sin(uint32_t angle);
int32_t wave_cos(uint32_t angle);

#endif
