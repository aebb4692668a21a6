#include "captcha/encode.h"

#include <limits.h>

#include "captcha/canvas_gd.h"

enum {
    PNG_STORED_BYTES = 2500, /* pixels up to here are stored as they are, more are compressed */
    PNG_STORED = 0,          /* zlib's level for that */
    PNG_COMPRESSED = 1,      /* higher ones save few bytes and take much longer */
    JPEG_QUALITY = 60        /* per cent */
};

static int png_level(const struct canvas *c)
{
    int row_bytes = 1 + (gdImageSX(c->image) * c->shade_bits + 7) / 8;
    return row_bytes * gdImageSY(c->image) <= PNG_STORED_BYTES ? PNG_STORED : PNG_COMPRESSED;
}

enum err canvas_encode(const struct canvas *c, enum captcha_format format, struct buf *out)
{
    int size = 0;
    void *file = NULL;
    switch (format) {
    case CAPTCHA_PNG:
        file = gdImagePngPtrEx(c->image, &size, png_level(c));
        break;
    case CAPTCHA_JPEG:
        file = gdImageJpegPtr(c->image, &size, JPEG_QUALITY);
        break;
    case CAPTCHA_FORMAT_COUNT:
    default:
        return ERR_CONFIG;
    }
    if (file == NULL || size <= 0) {
        gdFree(file);
        return ERR_MEMORY;
    }
    buf_add(out, file, (size_t)size);
    gdFree(file);
    return out->err;
}
