#include "straightforward.h"

#include <string.h>

#define FONT "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"

enum { LINES = 4 };

static int dark_colour(gdImage *image, struct captcha_rng *rng)
{
    return gdImageColorAllocate(image, captcha_rng_between(rng, 0, 120), captcha_rng_between(rng, 0, 120),
                                captcha_rng_between(rng, 0, 120));
}

gdImage *straightforward_draw(const struct captcha_profile *p, const char *shown, struct captcha_rng *rng)
{
    static const char font[] = FONT;
    char font_name[sizeof font]; /* libgd takes no const */
    memcpy(font_name, font, sizeof font);
    gdImage *image = gdImageCreateTrueColor(p->width_px, p->height_px);
    if (image == NULL) {
        return NULL;
    }
    gdImageFilledRectangle(image, 0, 0, p->width_px - 1, p->height_px - 1, gdTrueColor(255, 255, 255));
    int pitch = p->width_px / (int)strlen(shown);
    for (int i = 0; shown[i] != '\0'; i++) {
        int box[8];
        char letter[2] = {shown[i], '\0'};
        double angle = captcha_rng_between(rng, -300, 300) / 1000.0;
        if (gdImageStringFT(image, box, dark_colour(image, rng), font_name, p->height_px / 2.0, angle,
                            i * pitch + captcha_rng_between(rng, 2, 5), p->height_px * 3 / 4,
                            letter) != NULL) {
            gdImageDestroy(image);
            return NULL;
        }
    }
    for (int i = 0; i < LINES; i++) {
        gdImageLine(image, captcha_rng_between(rng, 0, p->width_px),
                    captcha_rng_between(rng, 0, p->height_px), captcha_rng_between(rng, 0, p->width_px),
                    captcha_rng_between(rng, 0, p->height_px), dark_colour(image, rng));
    }
    return image;
}
