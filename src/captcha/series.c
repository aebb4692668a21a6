#include "captcha/series.h"

#include <string.h>

#include "base/random.h"
#include "base/secure.h"
#include "captcha/sheet.h"

/* What a draw is for: the text's chance and the picture's are kept apart. */
enum purpose { FOR_TEXT = 1, FOR_PICTURE };

void captcha_series_init(struct captcha_series *s, struct captcha_engine *engine,
                         const struct captcha_profile *profile, bool seeded, uint64_t seed)
{
    *s = (struct captcha_series){.engine = engine, .profile = *profile, .seeded = seeded, .seed = seed};
    buf_init(&s->file);
}

void captcha_series_fini(struct captcha_series *s)
{
    buf_free(&s->file);
    secure_wipe(&s->text, sizeof s->text);
}

static enum err draw_seed(const struct captcha_series *s, enum purpose purpose,
                          unsigned char seed[CAPTCHA_SEED_BYTES])
{
    if (!s->seeded)
        return random_bytes(seed, CAPTCHA_SEED_BYTES);
    const uint64_t parts[] = {s->seed, s->number, (uint64_t)purpose};
    memset(seed, 0, CAPTCHA_SEED_BYTES);
    for (size_t i = 0; i < sizeof parts; i++)
        seed[i] = (unsigned char)(parts[i / 8] >> (8 * (i % 8)));
    return ERR_OK;
}

enum err captcha_series_next(struct captcha_series *s)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    struct captcha_rng rng;
    s->number++;
    buf_clear(&s->file);
    enum err e = draw_seed(s, FOR_TEXT, seed);
    if (e == ERR_OK) {
        captcha_rng_seed(&rng, seed);
        e = captcha_kind_make(&s->profile, &rng, &s->text);
    }
    if (e == ERR_OK)
        e = draw_seed(s, FOR_PICTURE, seed);
    if (e == ERR_OK)
        e = captcha_engine_draw(s->engine, &s->profile, s->text.shown, seed, &s->file);
    secure_wipe(&rng, sizeof rng);
    secure_wipe(seed, sizeof seed);
    return e;
}

enum err captcha_series_sheet(struct captcha_series *s, int columns, int rows, int zoom, bool captions,
                              struct buf *out)
{
    struct captcha_sheet *sheet = NULL;
    s->profile.format = CAPTCHA_PNG;
    enum err e =
        captcha_sheet_new(columns, rows, s->profile.width_px, s->profile.height_px, zoom, captions, &sheet);
    for (int i = 0; i < columns * rows && e == ERR_OK; i++) {
        e = captcha_series_next(s);
        if (e == ERR_OK)
            e = captcha_sheet_add(sheet, &s->file, s->text.answer);
    }
    if (e == ERR_OK)
        e = captcha_sheet_encode(sheet, out);
    captcha_sheet_free(sheet);
    return e;
}
