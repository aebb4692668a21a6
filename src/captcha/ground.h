/*
 * Counterchange: on one side of a curve through the word ink and paper change places, so that letters are
 * partly dark on light and partly light on dark. People hardly notice; whoever thresholds a picture to find
 * its letters finds halves of them, and no single threshold gives more.
 *
 * Depends on captcha/ink, captcha/layout, captcha/rng, captcha/style, captcha/wave.
 */
#ifndef CAPTCHA_GROUND_H
#define CAPTCHA_GROUND_H

#include "captcha/ink.h"
#include "captcha/layout.h"
#include "captcha/rng.h"
#include "captcha/style.h"

/* How a curve runs: from side to side, through every letter, or from top to bottom, through one or two. */
enum ground_run { GROUND_LYING, GROUND_UPRIGHT };

/* Choose a curve through the word of `layout` and change ink and paper on one side of it. */
void ground_counterchange(struct ink_plane *plane, const struct layout *layout, enum ground_run run,
                          struct captcha_rng *rng);

#endif
