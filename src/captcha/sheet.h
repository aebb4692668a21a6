/*
 * A contact sheet: many captchas in one picture, with or without what is to be read in them, to choose a
 * difficulty by looking.
 *
 * Depends on base/buf, base/err, captcha/glyphs, libgd.
 */
#ifndef CAPTCHA_SHEET_H
#define CAPTCHA_SHEET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct captcha_sheet;

/*
 * An empty sheet of columns times rows pictures, each width_px times height_px, shown at `zoom` times that.
 *
 * captions   whether there is room for a line below each.
 * sheet_out  owned by the caller, captcha_sheet_free; written on ERR_OK only.
 *
 * Returns ERR_OK; ERR_MEMORY.
 */
enum err captcha_sheet_new(int columns, int rows, int width_px, int height_px, int zoom, bool captions,
                           struct captcha_sheet **sheet_out);

/* NULL is allowed. */
void captcha_sheet_free(struct captcha_sheet *s);

/*
 * Put the next picture in its place, row by row.
 *
 * png      a captcha as captcha_engine_draw wrote it in the format CAPTCHA_PNG, in the sheet's size.
 * caption  UTF-8; drawn below when the sheet has captions; characters that no face gives are left out, it
 * ends where it is no UTF-8.
 *
 * Returns ERR_OK; ERR_BAD_REQUEST (no such PNG, or the sheet is full); ERR_MEMORY.
 */
enum err captcha_sheet_add(struct captcha_sheet *s, const struct buf *png, const char *caption);

/* Append the sheet as a PNG. Returns ERR_OK; ERR_MEMORY. */
enum err captcha_sheet_encode(const struct captcha_sheet *s, struct buf *out);

#endif
