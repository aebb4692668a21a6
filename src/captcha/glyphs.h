/*
 * The letters in the binary: signed-distance tiles made at build time by tools/glyphgen.c, in several faces.
 *
 * A texel is four bits: 0 lies GLYPH_RANGE texels or more outside the outline, 15 as far inside, the outline
 * between 7 and 8. A tile is the glyph's ink box with GLYPH_MARGIN texels around it, and has no baseline:
 * letters are placed by their middle. Tables are read-only and shared by all processes.
 *
 * Depends on nothing.
 */
#ifndef CAPTCHA_GLYPHS_H
#define CAPTCHA_GLYPHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_RANGE    2  /* texels of distance that a texel can tell, to either side */
#define GLYPH_MARGIN   3  /* empty texels around the ink: GLYPH_RANGE and one for sampling between texels */
#define GLYPH_TILE_MAX 64 /* texels along the longest side of a tile, margin included */

enum glyph_script { GLYPH_LATIN, GLYPH_CHINESE };

struct glyph {
    uint32_t code;         /* Unicode code point */
    uint32_t offset;       /* of its first byte in glyph_texels */
    uint8_t width, height; /* texels, margin included; a row is (width + 1) / 2 bytes, left texel high */
};

struct glyph_face {
    const char *name;
    enum glyph_script script;
    size_t first, count; /* its glyphs in glyph_list, in code point order */
    int stem_16;         /* mean width of its strokes, sixteenths of a texel */
};

extern const uint8_t glyph_texels[];
extern const struct glyph glyph_list[];
extern const struct glyph_face glyph_faces[];
extern const size_t glyph_face_count;

/* The glyph of `code` in face number `face` (< glyph_face_count), or NULL when the face withholds it. */
const struct glyph *glyph_find(size_t face, uint32_t code);

/*
 * Read the UTF-8 character at *text, of at most three bytes, and advance *text behind it. Returns its code
 * point; 0, without advancing, when there is none such.
 */
uint32_t glyph_next_code(const char **text);

/* A tile unpacked for sampling: eight bits a texel (0, 17, … 255; the outline at 127.5). */
struct glyph_tile {
    int width, height;                           /* texels, margin included */
    uint8_t at[GLYPH_TILE_MAX * GLYPH_TILE_MAX]; /* row stride GLYPH_TILE_MAX */
};

/* Unpack `g` into `tile_out`; texels outside the glyph's tile are left as they are and never read. */
void glyph_unpack(const struct glyph *g, struct glyph_tile *tile_out);

#endif
