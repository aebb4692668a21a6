/*
 * The site's own colour. It may be any: what can be read on it and beside it is worked out here, so that pages stay
 * within WCAG 2.2 AA (contrast 4.5 to 1) in light and dark whatever colour somebody likes.
 * Depends on base/buf.
 */
#ifndef PORTAL_LOOK_H
#define PORTAL_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Colours are 0xRRGGBB. */
struct look {
    uint32_t accent;       /* the ground of buttons, the line at the top */
    uint32_t on_accent;    /* text on it: black or white */
    uint32_t ink_on_light; /* text in that colour on the light pages' grounds, darkened as far as it takes */
    uint32_t ink_on_dark;  /* and on the dark pages', lightened */
};

/* Six hex digits, with or without "#". False for anything else. */
bool look_of_accent(const char *accent, struct look *out);

/* Append the style sheet that puts them in place of style.css' own; nothing for "" and what is no colour. */
void look_css(const char *accent, struct buf *out);

/* The contrast of two colours, 1 to 21. Source: WCAG 2.2, "contrast ratio" and "relative luminance". */
double look_contrast(uint32_t a, uint32_t b);

#endif
