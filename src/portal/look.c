#include "portal/look.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The grounds of style.css that are hardest to read on: --sunken of the light pages, --surface of the dark ones. */
enum { LIGHT_GROUND = 0xEEF1EE, DARK_GROUND = 0x1B2321, WHITE = 0xFFFFFF, BLACK = 0x000000 };

#define CONTRAST_MIN 4.5
enum { STEPS = 32 };

static double channel(uint32_t colour, int shift)
{
    double c = (double)(colour >> shift & 0xFF) / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(uint32_t colour)
{
    return 0.2126 * channel(colour, 16) + 0.7152 * channel(colour, 8) + 0.0722 * channel(colour, 0);
}

double look_contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;
    return la > lb ? la / lb : lb / la;
}

/* `step` of STEPS parts of the way from `from` to `to`. */
static uint32_t mix(uint32_t from, uint32_t to, unsigned step)
{
    uint32_t out = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        uint32_t a = from >> shift & 0xFF, b = to >> shift & 0xFF;
        out |= (a * (STEPS - step) + b * step) / STEPS << shift;
    }
    return out;
}

/* The nearest to `colour`, on the way to `end`, that can be read on `ground`. */
static uint32_t readable(uint32_t colour, uint32_t ground, uint32_t end)
{
    unsigned step = 0;
    while (step < STEPS && look_contrast(mix(colour, end, step), ground) < CONTRAST_MIN)
        step++;
    return mix(colour, end, step);
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

static bool parse(const char *text, uint32_t *out)
{
    text += *text == '#';
    *out = 0;
    if (strlen(text) != 6)
        return false;
    for (; *text != '\0'; text++) {
        int digit = hex_digit(*text);
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

bool look_of_accent(const char *accent, struct look *out)
{
    uint32_t colour;
    if (!parse(accent, &colour))
        return false;
    /* One of the two has at least 4.58, the root of 21. */
    bool white = look_contrast(colour, WHITE) >= CONTRAST_MIN;
    *out = (struct look){.accent = colour,
                         .on_accent = white ? WHITE : BLACK,
                         .ink_on_light = readable(colour, LIGHT_GROUND, BLACK),
                         .ink_on_dark = readable(colour, DARK_GROUND, WHITE)};
    return true;
}

static void add(struct buf *out, const struct look *l, uint32_t ink)
{
    buf_addf(out, ":root{--accent:#%06" PRIx32 ";--on-accent:#%06" PRIx32 ";--accent-ink:#%06" PRIx32 "}",
             l->accent, l->on_accent, ink);
}

void look_css(const char *accent, struct buf *out)
{
    struct look l;
    if (!look_of_accent(accent, &l))
        return;
    add(out, &l, l.ink_on_light);
    buf_add_str(out, "\n@media (prefers-color-scheme: dark){");
    add(out, &l, l.ink_on_dark);
    buf_add_str(out, "}\n");
}
