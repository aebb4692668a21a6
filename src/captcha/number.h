/*
 * Small integer arithmetic of the drawing.
 * Depends on nothing.
 */
#ifndef CAPTCHA_NUMBER_H
#define CAPTCHA_NUMBER_H

#include <stdint.h>

/* `x`, or the bound that it passes. low <= high. */
static inline int32_t number_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* The place `hundredths` of the way from `a` to `b`. */
static inline int32_t number_between(int32_t a, int32_t b, int hundredths)
{
    return a + (int32_t)((int64_t)(b - a) * hundredths / 100);
}

#endif
