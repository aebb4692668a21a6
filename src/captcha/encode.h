/*
 * From a canvas to a file in memory, by libgd.
 *
 * Depends on base/buf, base/captcha_profile, base/err, captcha/draw, libgd.
 */
#ifndef CAPTCHA_ENCODE_H
#define CAPTCHA_ENCODE_H

#include "base/buf.h"
#include "base/captcha_profile.h"
#include "base/err.h"
#include "captcha/draw.h"

/* Append the canvas as a file of `format`. Returns ERR_OK; ERR_CONFIG (no such format); ERR_MEMORY. */
enum err canvas_encode(const struct canvas *c, enum captcha_format format, struct buf *out);

#endif
