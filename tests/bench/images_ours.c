/* Menshen's own way to make a captcha, as the program does it. Depends on captcha/engine. */
#include "images.h"

#include <stdio.h>

#include "captcha/engine.h"

bool images_make(const struct captcha_profile *p, const char *shown,
                 const unsigned char seed[CAPTCHA_SEED_BYTES], struct buf *file_out)
{
    static struct captcha_engine *engine;
    static const unsigned char style_seed[CAPTCHA_SEED_BYTES] = {1};
    enum err e = engine == NULL ? captcha_engine_new(style_seed, &engine) : ERR_OK;
    if (e == ERR_OK)
        e = captcha_engine_draw(engine, p, shown, seed, file_out);
    if (e != ERR_OK)
        fprintf(stderr, "images: %s\n", err_info(e)->name);
    return e == ERR_OK;
}
