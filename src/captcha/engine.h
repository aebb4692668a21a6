/*
 * Draws captchas: text, style and seed in, a finished PNG or JPEG out. Lives as long as the process and keeps
 * its canvases and scratch memory between pictures; nothing in it outlasts a picture otherwise.
 *
 * Depends on base/buf, base/captcha_profile, base/err and the rest of captcha/.
 */
#ifndef CAPTCHA_ENGINE_H
#define CAPTCHA_ENGINE_H

#include "base/buf.h"
#include "base/captcha_profile.h"
#include "base/err.h"
#include "captcha/rng.h"

struct captcha_engine;

/*
 * An engine that draws in the style of `style_seed` (kept in the database, one per site).
 *
 * engine_out  owned by the caller, captcha_engine_free; written on ERR_OK only.
 *
 * Returns ERR_OK; ERR_MEMORY.
 */
enum err captcha_engine_new(const unsigned char style_seed[CAPTCHA_SEED_BYTES],
                            struct captcha_engine **engine_out);

/* NULL is allowed. */
void captcha_engine_free(struct captcha_engine *e);

/*
 * Draw `shown` (UTF-8, as captcha_kind_make wrote it) by the profile's size, level and format, and append the
 * file to `image_out`. Equal style seed, profile, text and image seed give equal bytes.
 *
 * image_seed  from another draw of the random source than the text's, so that the picture's details tell
 * nothing of the text.
 *
 * Returns ERR_OK; ERR_CONFIG (size, level or format out of bounds); ERR_BAD_REQUEST (characters that no face
 * gives, or more than LAYOUT_LETTERS_MAX of them); ERR_MEMORY. On failure nothing is appended.
 */
enum err captcha_engine_draw(struct captcha_engine *e, const struct captcha_profile *p, const char *shown,
                             const unsigned char image_seed[CAPTCHA_SEED_BYTES], struct buf *image_out);

#endif
