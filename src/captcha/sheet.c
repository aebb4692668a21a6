#include "captcha/sheet.h"

#include <assert.h>
#include <stdlib.h>

#include <gd.h>
#include <gdfontg.h>

#include "captcha/glyphs.h"

enum {
    GAP = 8,             /* pixels between pictures */
    CAPTION_HEIGHT = 24, /* pixels */
    CHINESE_SIDE = 20,   /* pixels of a Chinese character in a caption */
    PNG_LEVEL = 6,
    WHITE = 0xFFFFFF,
    BLACK = 0x000000
};

struct captcha_sheet {
    gdImage *image;
    int columns, rows, zoom;
    int width, height; /* of one picture, before zooming */
    bool captions;
    int count; /* pictures so far */
};

static int cell_width(const struct captcha_sheet *s)
{
    return s->width * s->zoom + GAP;
}

static int cell_height(const struct captcha_sheet *s)
{
    return s->height * s->zoom + GAP + (s->captions ? CAPTION_HEIGHT : 0);
}

enum err captcha_sheet_new(int columns, int rows, int width_px, int height_px, int zoom, bool captions,
                           struct captcha_sheet **sheet_out)
{
    assert(columns > 0 && rows > 0 && width_px > 0 && height_px > 0 && zoom > 0);
    struct captcha_sheet *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ERR_MEMORY;
    *s = (struct captcha_sheet){.columns = columns,
                                .rows = rows,
                                .zoom = zoom,
                                .width = width_px,
                                .height = height_px,
                                .captions = captions};
    int width = columns * cell_width(s) + GAP;
    int height = rows * cell_height(s) + GAP;
    s->image = gdImageCreateTrueColor(width, height);
    if (s->image == NULL) {
        free(s);
        return ERR_MEMORY;
    }
    gdImageFilledRectangle(s->image, 0, 0, width - 1, height - 1, WHITE);
    *sheet_out = s;
    return ERR_OK;
}

void captcha_sheet_free(struct captcha_sheet *s)
{
    if (s == NULL)
        return;
    gdImageDestroy(s->image);
    free(s);
}

/* Draw a glyph of the table in a square, each pixel the texel at its middle; grey where the outline runs. */
static void draw_glyph(gdImage *image, const struct glyph *g, int x0, int y0)
{
    struct glyph_tile tile;
    glyph_unpack(g, &tile);
    int side = tile.width > tile.height ? tile.width : tile.height;
    for (int y = 0; y < CHINESE_SIDE; y++) {
        for (int x = 0; x < CHINESE_SIDE; x++) {
            int u = (2 * x + 1) * side / (2 * CHINESE_SIDE) - (side - tile.width) / 2;
            int v = (2 * y + 1) * side / (2 * CHINESE_SIDE) - (side - tile.height) / 2;
            if (u >= 0 && v >= 0 && u < tile.width && v < tile.height) {
                int grey = 255 - tile.at[v * GLYPH_TILE_MAX + u];
                gdImageSetPixel(image, x0 + x, y0 + y, gdTrueColor(grey, grey, grey));
            }
        }
    }
}

static const struct glyph *any_glyph(uint32_t code)
{
    const struct glyph *g = NULL;
    for (size_t face = 0; face < glyph_face_count && g == NULL; face++)
        g = glyph_find(face, code);
    return g;
}

static void draw_caption(const struct captcha_sheet *s, const char *caption, int x, int y)
{
    gdFont *font = gdFontGetGiant();
    while (*caption != '\0') {
        uint32_t code = glyph_next_code(&caption);
        if (code == 0)
            return;
        const struct glyph *g = code < 0x80 ? NULL : any_glyph(code);
        if (code > ' ' && code < 0x7F) {
            gdImageChar(s->image, font, x, y, (int)code, BLACK);
            x += font->w;
        } else if (g != NULL) {
            draw_glyph(s->image, g, x, y);
            x += CHINESE_SIDE;
        }
    }
}

enum err captcha_sheet_add(struct captcha_sheet *s, const struct buf *png, const char *caption)
{
    if (s->count == s->columns * s->rows)
        return ERR_BAD_REQUEST;
    gdImage *picture = gdImageCreateFromPngPtr((int)png->len, png->data);
    if (picture == NULL)
        return ERR_BAD_REQUEST;
    enum err e = ERR_BAD_REQUEST;
    if (gdImageSX(picture) == s->width && gdImageSY(picture) == s->height) {
        int x = GAP + s->count % s->columns * cell_width(s);
        int y = GAP + s->count / s->columns * cell_height(s);
        gdImageCopyResized(s->image, picture, x, y, 0, 0, s->width * s->zoom, s->height * s->zoom, s->width,
                           s->height);
        if (s->captions)
            draw_caption(s, caption, x, y + s->height * s->zoom + 2);
        s->count++;
        e = ERR_OK;
    }
    gdImageDestroy(picture);
    return e;
}

enum err captcha_sheet_encode(const struct captcha_sheet *s, struct buf *out)
{
    int size = 0;
    void *file = gdImagePngPtrEx(s->image, &size, PNG_LEVEL);
    if (file == NULL || size <= 0) {
        gdFree(file);
        return ERR_MEMORY;
    }
    buf_add(out, file, (size_t)size);
    gdFree(file);
    return out->err;
}
