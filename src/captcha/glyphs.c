#include "captcha/glyphs.h"

#include <assert.h>

const struct glyph *glyph_find(size_t face, uint32_t code)
{
    assert(face < glyph_face_count);
    const struct glyph *list = glyph_list + glyph_faces[face].first;
    size_t low = 0;
    size_t high = glyph_faces[face].count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].code == code) {
            return &list[middle];
        }
        if (list[middle].code < code) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

uint32_t glyph_next_code(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    int more = p[0] < 0x80 ? 0 : p[0] >= 0xC2 && p[0] < 0xE0 ? 1 : p[0] >= 0xE0 && p[0] < 0xF0 ? 2 : -1;
    if (more < 0) {
        return 0;
    }
    uint32_t code = more == 0 ? p[0] : more == 1 ? p[0] & 0x1FU : p[0] & 0x0FU;
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3FU);
    }
    *text += more + 1;
    return code;
}

void glyph_unpack(const struct glyph *g, struct glyph_tile *tile_out)
{
    static_assert(GLYPH_TILE_MAX % 2 == 0, "the padding of an odd row fits in the tile");
    const uint8_t *packed = glyph_texels + g->offset;
    tile_out->width = g->width;
    tile_out->height = g->height;
    for (int y = 0; y < g->height; y++) {
        uint8_t *row = tile_out->at + (size_t)y * GLYPH_TILE_MAX;
        for (int x = 0; x < g->width; x += 2, packed++) {
            row[x] = (uint8_t)((*packed >> 4) * 17);
            row[x + 1] = (uint8_t)((*packed & 15) * 17);
        }
    }
}
