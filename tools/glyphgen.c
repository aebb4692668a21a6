/*
 * Build tool: draws the letters of the captchas once, from free fonts, into a C table (on standard output).
 *
 * A glyph is kept as a small signed-distance tile: each texel holds, in four bits, how far it lies inside or
 * outside the outline, up to GLYPH_RANGE texels. Sampled between texels and cut at one half, such a tile
 * gives a sharp edge at any scale and angle, and its weight can be changed by moving the cut, so one small
 * master serves every picture size. Outlines are taken unhinted and cut at eight times the tile's resolution,
 * which makes the table insensitive to the rasteriser's version.
 *
 * Which letters a face gives is decided here, by looking: those that could be taken for another letter of the
 * alphabet in that face are left out. The layout of the table is declared in captcha/glyphs.h.
 *
 * Depends on FreeType and the font packages named in tools/glyph-fonts.txt.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include "captcha/chinese.h"
#include "captcha/glyphs.h"

#define FONTS "/usr/share/fonts/"

enum {
    SUPER = 8,                       /* outline samples along a texel's side */
    REACH = GLYPH_RANGE * SUPER,     /* distances are measured up to here, in samples */
    CANVAS = GLYPH_TILE_MAX * SUPER, /* samples along the side of the largest tile */
    LATIN_CAP_TEXELS = 32,           /* height of a capital H */
    CHINESE_EM_TEXELS = 36           /* side of a Chinese character's square */
};

/* The forms that captcha/kind.c asks for; the faces below add or withhold a few. */
#define COMMON_FORMS "DFKNRTWdefhmpw02346789"
#define SIGNS        "+\u2212\u00d7=?"

struct source {
    const char *name; /* as printed in the table */
    const char *path;
    const char *forms; /* UTF-8: the characters this face gives */
    enum glyph_script script;
};

/*
 * 5 is shown by digits and arithmetic only, 1 by arithmetic only and then from faces where it has a flag and
 * a foot. Lobster's T, F, N, f and Bebas's small letters, which are capitals, are withheld.
 */
static const struct source sources[] = {
    {"DejaVu Sans Bold", FONTS "truetype/dejavu/DejaVuSans-Bold.ttf", COMMON_FORMS "15" SIGNS, GLYPH_LATIN},
    {"DejaVu Serif Bold", FONTS "truetype/dejavu/DejaVuSerif-Bold.ttf", COMMON_FORMS "15" SIGNS, GLYPH_LATIN},
    {"Comic Neue Bold", FONTS "opentype/comic-neue/ComicNeue-Bold.otf", COMMON_FORMS "5" SIGNS, GLYPH_LATIN},
    {"Courier Prime Bold", FONTS "opentype/courier-prime/Courier Prime Bold.otf", COMMON_FORMS "15" SIGNS,
     GLYPH_LATIN},
    {"Quicksand Bold", FONTS "truetype/quicksand/Quicksand-Bold.ttf", COMMON_FORMS "5" SIGNS, GLYPH_LATIN},
    {"Liberation Serif Bold Italic", FONTS "truetype/liberation2/LiberationSerif-BoldItalic.ttf",
     COMMON_FORMS "15" SIGNS, GLYPH_LATIN},
    {"Andika Bold", FONTS "truetype/andika/Andika-Bold.ttf", COMMON_FORMS "15" SIGNS, GLYPH_LATIN},
    {"Lobster Two Bold", FONTS "opentype/lobstertwo/LobsterTwo-Bold.otf", "DKRWdehmpw023456789", GLYPH_LATIN},
    {"Bebas Neue Bold", FONTS "opentype/bebas-neue/BebasNeue-Bold.otf", "DFKNRTW023456789" SIGNS,
     GLYPH_LATIN},
    {"Averia Serif Bold", FONTS "truetype/averia-gwf/AveriaSerifGWF-Bold.ttf", COMMON_FORMS "5" SIGNS,
     GLYPH_LATIN},
    {"Go Mono Bold Italic", FONTS "fonts-go/Go-Mono-Bold-Italic.ttf", COMMON_FORMS "15" SIGNS, GLYPH_LATIN},
    {"Droid Sans Fallback", FONTS "truetype/droid/DroidSansFallbackFull.ttf", CAPTCHA_CHINESE_CHARACTERS,
     GLYPH_CHINESE},
    {"AR PL KaitiM GB", FONTS "truetype/arphic-gkai00mp/gkai00mp.ttf", CAPTCHA_CHINESE_CHARACTERS,
     GLYPH_CHINESE},
};
enum { SOURCE_COUNT = sizeof sources / sizeof sources[0] };

/* A glyph's outline as samples, 1 inside; the margin around it is empty. */
struct samples {
    int width, height; /* in samples, whole texels */
    unsigned char in[CANVAS][CANVAS];
};

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "glyphgen: %s: %s\n", what, which);
    exit(EXIT_FAILURE);
}

/* Decode one well-formed UTF-8 character at *s and advance. */
static uint32_t next_code(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;
    int more = p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more == 2 ? p[0] & 0x0FU : more == 1 ? p[0] & 0x1FU : p[0];
    for (int i = 1; i <= more; i++) {
        code = code << 6 | (p[i] & 0x3FU);
    }
    *s += more + 1;
    return code;
}

/* Scale the face so that its capitals (Latin) or its em (Chinese) have the wanted height in samples. */
static void set_scale(FT_Face face, const struct source *src)
{
    int em_samples = CHINESE_EM_TEXELS * SUPER;
    if (src->script == GLYPH_LATIN) {
        if (FT_Load_Char(face, 'H', FT_LOAD_NO_SCALE) != 0) {
            fail("no capital H", src->path);
        }
        em_samples = (int)((long)LATIN_CAP_TEXELS * SUPER * face->units_per_EM / face->glyph->metrics.height);
    }
    if (FT_Set_Pixel_Sizes(face, 0, (FT_UInt)em_samples) != 0) {
        fail("cannot scale", src->path);
    }
}

/* Draw `code` into `out`, its ink centred in a whole number of texels with GLYPH_MARGIN texels around. */
static void take_samples(FT_Face face, const struct source *src, uint32_t code, struct samples *out)
{
    FT_UInt index = FT_Get_Char_Index(face, code);
    if (index == 0 || FT_Load_Glyph(face, index, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0 ||
        FT_Render_Glyph(face->glyph, FT_RENDER_MODE_NORMAL) != 0) {
        fprintf(stderr, "glyphgen: U+%04X\n", (unsigned)code);
        fail("glyph missing", src->path);
    }
    const FT_Bitmap *bitmap = &face->glyph->bitmap;
    int ink_width = (int)bitmap->width;
    int ink_height = (int)bitmap->rows;
    out->width = ((ink_width + SUPER - 1) / SUPER + 2 * GLYPH_MARGIN) * SUPER;
    out->height = ((ink_height + SUPER - 1) / SUPER + 2 * GLYPH_MARGIN) * SUPER;
    if (out->width > CANVAS || out->height > CANVAS) {
        fail("glyph larger than GLYPH_TILE_MAX", src->path);
    }
    memset(out->in, 0, sizeof out->in);
    int left = (out->width - ink_width) / 2;
    int top = (out->height - ink_height) / 2;
    for (int y = 0; y < ink_height; y++) {
        const unsigned char *row = bitmap->buffer + (ptrdiff_t)y * bitmap->pitch;
        for (int x = 0; x < ink_width; x++) {
            out->in[top + y][left + x] = row[x] >= 128;
        }
    }
}

/*
 * Squared distance, in samples, from the middle of sample (x, y) to the nearest sample of the other kind, at
 * most REACH * REACH: columns are scanned outwards, rows around (x, y) likewise.
 */
static int squared_distance(const struct samples *s, int x, int y)
{
    bool inside = s->in[y][x];
    int best = REACH * REACH;
    for (int dy = -REACH; dy <= REACH; dy++) {
        if (dy * dy >= best) {
            continue;
        }
        for (int dx = -REACH; dx <= REACH; dx++) {
            int d = dx * dx + dy * dy;
            int u = x + dx;
            int v = y + dy;
            bool there = u >= 0 && v >= 0 && u < s->width && v < s->height && s->in[v][u];
            if (d < best && there != inside) {
                best = d;
            }
        }
    }
    return best;
}

/* The texel's four-bit value: 0 far outside, 15 far inside, the outline between 7 and 8. */
static unsigned texel(const struct samples *s, int column, int row)
{
    int x = column * SUPER + SUPER / 2;
    int y = row * SUPER + SUPER / 2;
    int squared = squared_distance(s, x, y);
    int distance_16 = 0; /* sixteenths of a sample, the largest whose square fits */
    while ((distance_16 + 1) * (distance_16 + 1) <= squared * 256) {
        distance_16++;
    }
    distance_16 -= 8; /* the outline runs half a sample before the other kind's middle */
    int reach_16 = REACH * 16;
    int sign = s->in[y][x] ? 1 : -1;
    int value = (15 * (reach_16 + sign * distance_16) + reach_16) / (2 * reach_16);
    return value < 0 ? 0 : value > 15 ? 15U : (unsigned)value;
}

/* Print the tile, two texels a byte, rows padded to whole bytes; returns the bytes printed. */
static size_t print_tile(const struct samples *s)
{
    int columns = s->width / SUPER;
    int rows = s->height / SUPER;
    size_t bytes = 0;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column += 2) {
            unsigned high = texel(s, column, row);
            unsigned low = column + 1 < columns ? texel(s, column + 1, row) : 0;
            printf("%u,", high << 4 | low);
            bytes++;
        }
    }
    printf("\n");
    return bytes;
}

/* What the samples of a face add up to; a stroke of width w and length l has area w * l and border about 2 *
 * l. */
struct ink {
    long area;   /* samples inside */
    long border; /* sides of samples between inside and outside */
};

static void add_ink(const struct samples *s, struct ink *ink)
{
    for (int y = 1; y < s->height; y++) {
        for (int x = 1; x < s->width; x++) {
            ink->area += s->in[y][x];
            ink->border += (s->in[y][x] != s->in[y][x - 1]) + (s->in[y][x] != s->in[y - 1][x]);
        }
    }
}

/* Mean width of the face's strokes in sixteenths of a texel. A border along sample sides is 4 / pi of its
 * length. */
static int stem_16(const struct ink *ink)
{
    return (int)(2 * 16 * ink->area * 4 * 113 / (ink->border * 355 * SUPER));
}

struct entry {
    uint32_t code;
    size_t offset;
    int columns, rows;
};

static int by_code(const void *a, const void *b)
{
    uint32_t x = ((const struct entry *)a)->code;
    uint32_t y = ((const struct entry *)b)->code;
    return (x > y) - (x < y);
}

int main(void)
{
    enum { ENTRY_CAP = 4096 };
    static struct entry entries[ENTRY_CAP];
    static struct samples samples;
    size_t first[SOURCE_COUNT + 1] = {0};
    struct ink inks[SOURCE_COUNT] = {{0, 0}};
    size_t count = 0;
    size_t offset = 0;
    FT_Library library;
    if (FT_Init_FreeType(&library) != 0) {
        fail("FreeType does not start", "FT_Init_FreeType");
    }
    printf("/* Made by tools/glyphgen.c; do not edit. */\n#include \"captcha/glyphs.h\"\n\n"
           "const uint8_t glyph_texels[] = {\n");
    for (size_t f = 0; f < SOURCE_COUNT; f++) {
        const struct source *src = &sources[f];
        FT_Face face;
        if (FT_New_Face(library, src->path, 0, &face) != 0) {
            fail("cannot read the font (see tools/glyph-fonts.txt)", src->path);
        }
        set_scale(face, src);
        first[f] = count;
        for (const char *s = src->forms; *s != '\0';) {
            if (count == ENTRY_CAP) {
                fail("more glyphs than ENTRY_CAP", src->path);
            }
            entries[count++].code = next_code(&s);
        }
        qsort(entries + first[f], count - first[f], sizeof entries[0], by_code);
        for (struct entry *e = entries + first[f]; e < entries + count; e++) {
            take_samples(face, src, e->code, &samples);
            add_ink(&samples, &inks[f]);
            e->columns = samples.width / SUPER;
            e->rows = samples.height / SUPER;
            e->offset = offset;
            offset += print_tile(&samples);
        }
        FT_Done_Face(face);
    }
    first[SOURCE_COUNT] = count;
    FT_Done_FreeType(library);

    printf("};\n\nconst struct glyph glyph_list[] = {\n");
    for (size_t i = 0; i < count; i++) {
        printf("{0x%04XU, %zuU, %d, %d},\n", (unsigned)entries[i].code, entries[i].offset, entries[i].columns,
               entries[i].rows);
    }
    printf("};\n\nconst struct glyph_face glyph_faces[] = {\n");
    for (size_t f = 0; f < SOURCE_COUNT; f++) {
        printf("{\"%s\", %d, %zu, %zu, %d},\n", sources[f].name, (int)sources[f].script, first[f],
               first[f + 1] - first[f], stem_16(&inks[f]));
    }
    printf("};\nconst size_t glyph_face_count = %d;\n", (int)SOURCE_COUNT);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fail("cannot write", "standard output");
    }
    return EXIT_SUCCESS;
}
