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

/* Change ink and paper beyond `count` curves (0 and more) that run from side to side, through every letter.
 */
void ground_lying(struct ink_plane *plane, const struct layout *layout, int count, struct captcha_rng *rng);

/* The same for curves that run from top to bottom, through one letter or two. */
void ground_upright(struct ink_plane *plane, const struct layout *layout, int count, struct captcha_rng *rng);

#endif
