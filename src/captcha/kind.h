/*
 * What a captcha asks and what it takes for an answer: letters and digits, digits, letters, a sum, or Chinese
 * characters. Knows nothing of pictures.
 *
 * Depends on base/captcha_profile, base/err, base/secure, captcha/rng.
 */
#ifndef CAPTCHA_KIND_H
#define CAPTCHA_KIND_H

#include <stdbool.h>

#include "base/captcha_profile.h"
#include "base/err.h"
#include "captcha/rng.h"

#define CAPTCHA_TEXT_CAP   64 /* bytes of a shown text, NUL included */
#define CAPTCHA_ANSWER_CAP 32 /* bytes of an answer, NUL included */

struct captcha_text {
    char shown[CAPTCHA_TEXT_CAP];    /* UTF-8, in the cases to be drawn */
    char answer[CAPTCHA_ANSWER_CAP]; /* UTF-8, ASCII letters in lower case; a secret */
};

/*
 * Choose a text of p->kind. Each length from p->length_min to p->length_max (Chinese: at most four) is as
 * likely as the others, each symbol of the kind's alphabet as likely as the others; arithmetic chooses its
 * answer uniformly from ARITHMETIC_LOW to ARITHMETIC_HIGH (kind.c) and then a task that has it, so that no
 * answer comes more often than one in a hundred.
 *
 * rng       seeded from the system's random source; what is chosen is as secret as its seed.
 * text_out  written on ERR_OK only; the caller wipes it.
 *
 * Returns ERR_OK; ERR_CONFIG when the profile's kind or lengths are out of bounds.
 */
enum err captcha_kind_make(const struct captcha_profile *p, struct captcha_rng *rng,
                           struct captcha_text *text_out);

/*
 * Whether `given`, as a person or a program sent it, answers `expected` (an answer as captcha_kind_make wrote
 * it). Blanks around it are ignored; ASCII letters compare without case; full-width letters, digits and
 * signs, and the dashes that input methods give for a minus, count as their ASCII forms. An empty `expected`
 * is matched by nothing. The time depends on the lengths, not on where the two differ.
 */
bool captcha_answer_matches(const char *expected, const char *given);

#endif
