/* The yardstick's way to make a captcha. Depends on straightforward.h, libgd. */
#include "images.h"

#include <stdio.h>

#include "straightforward.h"

bool images_make(const struct captcha_profile *p, const char *shown,
                 const unsigned char seed[CAPTCHA_SEED_BYTES], struct buf *file_out)
{
    enum { DEFAULT_QUALITY = -1 };
    struct captcha_rng rng;
    int size = 0;
    captcha_rng_seed(&rng, seed);
    gdImage *image = straightforward_draw(p, shown, &rng);
    if (image == NULL) {
        fprintf(stderr, "images: the straightforward program cannot draw; is fonts-dejavu-core installed?\n");
        return false;
    }
    void *file = p->format == CAPTCHA_PNG ? gdImagePngPtr(image, &size)
                                          : gdImageJpegPtr(image, &size, DEFAULT_QUALITY);
    gdImageDestroy(image);
    if (file != NULL)
        buf_add(file_out, file, (size_t)size);
    gdFree(file);
    return file != NULL && file_out->err == ERR_OK;
}
