#include "captcha/word.h"

/* The part of the picture that the warp, wherever it is strongest, does not move out of sight. */
static void find_room(const struct captcha_profile *p, const struct warp *warp, struct layout_room *out)
{
    const int32_t edge = 3 * LAYOUT_PIXEL / 2; /* no ink closer to the border */
    int32_t width = p->width_px * LAYOUT_PIXEL;
    int32_t height = p->height_px * LAYOUT_PIXEL;
    struct warp_node least, most;
    warp_bounds(warp, 0, 0, width, height, &least, &most);
    out->left = edge + (most.dx > 0 ? most.dx : 0);
    out->top = edge + (most.dy > 0 ? most.dy : 0);
    out->right = width - edge + (least.dx < 0 ? least.dx : 0);
    out->bottom = height - edge + (least.dy < 0 ? least.dy : 0);
}

enum err word_place(const struct captcha_profile *p, const struct captcha_style *style, const char *shown,
                    struct captcha_rng *rng, struct warp *warp_out, struct layout *layout_out)
{
    /* A capital is about two thirds of the picture high. */
    int32_t nominal = p->height_px * LAYOUT_PIXEL * 2 / 3;
    int32_t reach = nominal * range_pick(&style->warp_height, rng) / 100;
    int32_t length = nominal * range_pick(&style->warp_length, rng) / 100;
    struct layout_room room;
    warp_make(p->width_px, p->height_px, reach, length, rng, warp_out);
    find_room(p, warp_out, &room);
    return captcha_layout(style, shown, &room, rng, layout_out);
}
