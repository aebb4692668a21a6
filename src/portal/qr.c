#include "portal/qr.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What the versions differ in, at level M; sizes in bytes ("codewords"). */
static const struct version {
    int total;        /* data and check bytes */
    int blocks;       /* that they are split into */
    int checks;       /* check bytes of each block */
    int alignment[3]; /* centres of the alignment patterns, in both directions; 0: no more */
} versions[] = {
    {26, 1, 10, {0}},          {44, 1, 16, {6, 18}},      {70, 1, 26, {6, 22}},
    {100, 2, 18, {6, 26}},     {134, 2, 24, {6, 30}},     {172, 4, 16, {6, 34}},
    {196, 4, 18, {6, 22, 38}}, {242, 4, 22, {6, 24, 42}}, {292, 5, 22, {6, 26, 46}},
    {346, 5, 26, {6, 28, 50}},
};

enum { VERSIONS = sizeof versions / sizeof versions[0], BYTES_MAX = 346, CHECKS_MAX = 26, QUIET = 4 };

static int data_bytes(const struct version *v)
{
    return v->total - v->blocks * v->checks;
}

/* ---- Bytes ---- */

struct bits {
    unsigned char byte[BYTES_MAX];
    int len; /* bits */
};

static void add_bits(struct bits *b, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, b->len++)
        if ((value >> i & 1) != 0)
            b->byte[b->len / 8] |= (unsigned char)(0x80 >> b->len % 8);
}

/* Bits that the length takes. */
static int length_bits(int version)
{
    return version < 10 ? 8 : 16;
}

/* The smallest version that holds `len` bytes, from 1; 0: none does. */
static int fitting_version(size_t len)
{
    for (int v = 1; v <= VERSIONS; v++)
        if (4 + (size_t)length_bits(v) + 8 * len <= 8 * (size_t)data_bytes(&versions[v - 1]))
            return v;
    return 0;
}

static void encode_text(const char *text, size_t len, int version, struct bits *out)
{
    int cap = 8 * data_bytes(&versions[version - 1]);
    add_bits(out, 4, 4); /* byte mode */
    add_bits(out, (unsigned)len, length_bits(version));
    for (size_t i = 0; i < len; i++)
        add_bits(out, (unsigned char)text[i], 8);
    out->len += cap - out->len < 4 ? cap - out->len : 4; /* the end */
    out->len = (out->len + 7) / 8 * 8;
    for (unsigned pad = 0xEC; out->len < cap; pad ^= 0xEC ^ 0x11)
        add_bits(out, pad, 8);
}

/* Product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
static unsigned char multiply(unsigned a, unsigned b)
{
    unsigned product = 0;
    for (int i = 7; i >= 0; i--) {
        product = product << 1 ^ (product >> 7) * 0x11D;
        product ^= (b >> i & 1) * a;
    }
    return (unsigned char)product;
}

/* The Reed-Solomon generator polynomial of `count` check bytes, highest power first, without its leading 1. */
static void make_generator(int count, unsigned char out[CHECKS_MAX])
{
    unsigned char root = 1;
    memset(out, 0, CHECKS_MAX);
    out[count - 1] = 1;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++)
            out[j] = multiply(out[j], root) ^ (unsigned char)(j + 1 < count ? out[j + 1] : 0);
        root = multiply(root, 2);
    }
}

static void make_checks(const unsigned char *data, int len, const unsigned char *generator, int count,
                        unsigned char out[CHECKS_MAX])
{
    memset(out, 0, CHECKS_MAX);
    for (int i = 0; i < len; i++) {
        unsigned char factor = data[i] ^ out[0];
        memmove(out, out + 1, (size_t)count - 1);
        out[count - 1] = 0;
        for (int j = 0; j < count; j++)
            out[j] ^= multiply(generator[j], factor);
    }
}

/* Add the check bytes, and deal out the bytes of all blocks in turn: data first. The last blocks may be a byte longer. */
static void interleave(const struct version *v, const unsigned char *data, unsigned char out[BYTES_MAX])
{
    int shorter = data_bytes(v) / v->blocks, longer_from = v->blocks - data_bytes(v) % v->blocks;
    unsigned char generator[CHECKS_MAX], checks[CHECKS_MAX];
    make_generator(v->checks, generator);
    for (int block = 0, at = 0; block < v->blocks; block++) {
        int len = shorter + (block >= longer_from ? 1 : 0);
        for (int i = 0; i < len; i++)
            out[i < shorter ? i * v->blocks + block : shorter * v->blocks + block - longer_from] =
                data[at + i];
        make_checks(data + at, len, generator, v->checks, checks);
        for (int i = 0; i < v->checks; i++)
            out[data_bytes(v) + i * v->blocks + block] = checks[i];
        at += len;
    }
}

/* ---- Squares ---- */

/* `fixed` are the squares of patterns, which hold no data and are not masked. */
struct canvas {
    struct qr *qr;
    int version;
    bool fixed[QR_SIDE_MAX][QR_SIDE_MAX];
};

static void fix(struct canvas *c, int x, int y, bool dark)
{
    c->qr->dark[y][x] = dark;
    c->fixed[y][x] = true;
}

/* A square ring pattern around x, y: dark where the distance from the centre is none of the two. Beyond the side
 * nothing is drawn. */
static void draw_rings(struct canvas *c, int x, int y, int radius, int light1, int light2)
{
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            int distance = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
            if (x + dx >= 0 && x + dx < c->qr->side && y + dy >= 0 && y + dy < c->qr->side)
                fix(c, x + dx, y + dy, distance != light1 && distance != light2);
        }
}

static void draw_alignment(struct canvas *c)
{
    const int *at = versions[c->version - 1].alignment;
    int count = 0, last = c->qr->side - 7;
    while (count < 3 && at[count] != 0)
        count++;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            bool in_a_corner = (at[i] == 6 && (at[j] == 6 || at[j] == last)) || (at[i] == last && at[j] == 6);
            if (!in_a_corner)
                draw_rings(c, at[i], at[j], 2, 1, 1);
        }
}

/* `value` and behind it the remainder of its division by `polynomial`, of the degree `checks`. */
static unsigned with_checks(unsigned value, int checks, unsigned polynomial)
{
    unsigned rest = value;
    for (int i = 0; i < checks; i++)
        rest = rest << 1 ^ (rest >> (checks - 1) & 1) * polynomial;
    return value << checks | (rest & ((1U << checks) - 1));
}

/* Level and mask, twice. */
static void draw_format(struct canvas *c, int mask)
{
    unsigned bits = with_checks((unsigned)mask /* level M is 00 */, 10, 0x537) ^ 0x5412;
    int side = c->qr->side;
    for (int i = 0; i < 15; i++) {
        bool dark = (bits >> i & 1) != 0;
        fix(c, i < 8 ? 8 : i == 8 ? 7 : 14 - i, i < 6 ? i : i < 8 ? i + 1 : 8, dark);
        fix(c, i < 8 ? side - 1 - i : 8, i < 8 ? 8 : side - 15 + i, dark);
    }
    fix(c, 8, side - 8, true);
}

static void draw_version(struct canvas *c)
{
    if (c->version < 7)
        return;
    unsigned bits = with_checks((unsigned)c->version, 12, 0x1F25);
    for (int i = 0; i < 18; i++) {
        int a = c->qr->side - 11 + i % 3, b = i / 3;
        fix(c, a, b, (bits >> i & 1) != 0);
        fix(c, b, a, (bits >> i & 1) != 0);
    }
}

static void draw_patterns(struct canvas *c)
{
    int side = c->qr->side;
    for (int i = 0; i < side; i++) {
        fix(c, 6, i, i % 2 == 0);
        fix(c, i, 6, i % 2 == 0);
    }
    draw_rings(c, 3, 3, 4, 2, 4);
    draw_rings(c, side - 4, 3, 4, 2, 4);
    draw_rings(c, 3, side - 4, 4, 2, 4);
    draw_alignment(c);
    draw_format(c, 0); /* its place; the mask is chosen later */
    draw_version(c);
}

/* Upwards and downwards in columns of two, from the right; the column of the timing pattern is passed over. */
static void draw_data(struct canvas *c, const unsigned char *byte, int len)
{
    int side = c->qr->side, bit = 0;
    for (int right = side - 1; right >= 1; right -= 2) {
        if (right == 6)
            right = 5;
        for (int i = 0; i < side; i++)
            for (int x = right; x >= right - 1; x--) {
                bool upwards = ((right + 1) & 2) == 0;
                int y = upwards ? side - 1 - i : i;
                if (!c->fixed[y][x] && bit < 8 * len) {
                    c->qr->dark[y][x] = byte[bit / 8] >> (7 - bit % 8) & 1;
                    bit++;
                }
            }
    }
    assert(bit == 8 * len);
}

static bool mask_is_dark(int mask, int x, int y)
{
    switch (mask) {
    case 0:
        return (x + y) % 2 == 0;
    case 1:
        return y % 2 == 0;
    case 2:
        return x % 3 == 0;
    case 3:
        return (x + y) % 3 == 0;
    case 4:
        return (x / 3 + y / 2) % 2 == 0;
    case 5:
        return x * y % 2 + x * y % 3 == 0;
    case 6:
        return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
        return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

/* Doing it twice undoes it. */
static void apply_mask(struct canvas *c, int mask)
{
    for (int y = 0; y < c->qr->side; y++)
        for (int x = 0; x < c->qr->side; x++)
            if (!c->fixed[y][x] && mask_is_dark(mask, x, y))
                c->qr->dark[y][x] ^= 1;
    draw_format(c, mask);
}

/* ---- Which mask reads best ---- */

/* Square i of the row or column `line`. */
static unsigned char square(const struct qr *qr, bool column, int line, int i)
{
    return column ? qr->dark[i][line] : qr->dark[line][i];
}

/* Runs of five and more, and what looks like a finder pattern: 1:1:3:1:1 with four light ones at one side. */
static int line_penalty(const struct qr *qr, bool column, int line)
{
    int penalty = 0, run = 0;
    unsigned seen = 0;
    for (int i = 0; i < qr->side; i++) {
        unsigned char now = square(qr, column, line, i);
        run = i > 0 && now == square(qr, column, line, i - 1) ? run + 1 : 1;
        penalty += run == 5 ? 3 : run > 5 ? 1 : 0;
        seen = (seen << 1 | now) & 0x7FF;
        if (i >= 10 && (seen == 0x5D0 || seen == 0x05D))
            penalty += 40;
    }
    return penalty;
}

static int penalty_of(const struct qr *qr)
{
    int penalty = 0, dark = 0, all = qr->side * qr->side;
    for (int i = 0; i < qr->side; i++)
        penalty += line_penalty(qr, false, i) + line_penalty(qr, true, i);
    for (int y = 0; y < qr->side; y++)
        for (int x = 0; x < qr->side; x++) {
            dark += qr->dark[y][x];
            if (x > 0 && y > 0) {
                int four = qr->dark[y][x] + qr->dark[y - 1][x] + qr->dark[y][x - 1] + qr->dark[y - 1][x - 1];
                penalty += four == 0 || four == 4 ? 3 : 0;
            }
        }
    return penalty + abs(2 * dark - all) * 10 / all * 10; /* 10 for each 5 % off the half */
}

static void choose_mask(struct canvas *c)
{
    int best = 0, least = -1;
    for (int mask = 0; mask < 8; mask++) {
        apply_mask(c, mask);
        int penalty = penalty_of(c->qr);
        apply_mask(c, mask);
        if (least < 0 || penalty < least) {
            least = penalty;
            best = mask;
        }
    }
    apply_mask(c, best);
}

/* ---- Public ---- */

enum err qr_make(const char *text, struct qr *out)
{
    size_t len = strlen(text);
    int version = fitting_version(len);
    if (version == 0)
        return ERR_TOO_LARGE;
    const struct version *v = &versions[version - 1];
    struct bits data = {.len = 0};
    unsigned char bytes[BYTES_MAX];
    encode_text(text, len, version, &data);
    interleave(v, data.byte, bytes);
    *out = (struct qr){.side = 17 + 4 * version};
    struct canvas c = {.qr = out, .version = version};
    draw_patterns(&c);
    draw_data(&c, bytes, v->total);
    choose_mask(&c);
    return ERR_OK;
}

enum err qr_svg(const char *text, struct buf *out)
{
    struct qr qr;
    enum err e = qr_make(text, &qr);
    if (e != ERR_OK)
        return e;
    int side = qr.side + 2 * QUIET;
    buf_addf(out,
             "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
             "height=\"%d\" "
             "shape-rendering=\"crispEdges\" aria-hidden=\"true\" focusable=\"false\">"
             "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
             side, side, side * 5, side * 5, side, side);
    for (int y = 0; y < qr.side; y++)
        for (int x = 0, run; x < qr.side; x += run) {
            for (run = 1; x + run < qr.side && qr.dark[y][x + run] == qr.dark[y][x];)
                run++;
            if (qr.dark[y][x])
                buf_addf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
        }
    buf_add_str(out, "\"/></svg>");
    return out->err;
}
