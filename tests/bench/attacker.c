/*
 * An attacker without learning framework, to measure how hard the captchas are: it cuts a picture into cells
 * by connected components and by projection, and names each cell by its nearest neighbour among the cells of
 * labelled pictures.
 *
 *   attacker [--images N] [--tests N] [--target NAME]
 *
 * prints a table: for every target the share of test pictures whose whole text it names, from 200, 2 000 and
 * 8 000 labelled pictures of the same site, and from 2 000 of ten other sites. The first row is a yardstick:
 * pictures as many programs draw them, letters of one face in fixed cells; an attacker that fails there
 * proves nothing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gd.h>

#include "captcha/engine.h"
#include "captcha/kind.h"
#include "captcha/rng.h"
#include "straightforward.h"

enum {
    CELL_WIDTH = 16,
    CELL_HEIGHT = 20,
    CELL_SIZE = CELL_WIDTH * CELL_HEIGHT,
    LETTERS_MAX = 8,
    OTHER_SITES = 10,
    MEASURED_SITE = 1,
    DEFAULT_TESTS = 500,
    SMALL_COMPONENT = 12 /* pixels; smaller ones are dirt */
};

struct target {
    const char *name;
    bool yardstick;
    struct captcha_profile profile;
};

#define DIALECT(NAME, LEVEL, KIND, FORMAT, WIDTH, HEIGHT, LENGTH_MIN, LENGTH_MAX)                            \
    {                                                                                                        \
        NAME " " #LEVEL, false,                                                                              \
        {                                                                                                    \
            CAPTCHA_##KIND, CAPTCHA_##LEVEL, CAPTCHA_##FORMAT, WIDTH, HEIGHT, LENGTH_MIN, LENGTH_MAX         \
        }                                                                                                    \
    }
#define LEVELS(NAME, ...)                                                                                    \
    DIALECT(NAME, EASY, __VA_ARGS__), DIALECT(NAME, NORMAL, __VA_ARGS__), DIALECT(NAME, HARD, __VA_ARGS__)

static const struct target targets[] = {
    {"straightforward", true, {CAPTCHA_ALNUM, CAPTCHA_NORMAL, CAPTCHA_PNG, 130, 48, 5, 5}},
    LEVELS("blade", ALNUM, PNG, 130, 48, 5, 5),
    LEVELS("blade 4-6", ALNUM, PNG, 130, 48, 4, 6),
    LEVELS("ebaas", ALNUM, JPEG, 125, 45, 4, 4),
    LEVELS("eplatform", DIGITS, JPEG, 166, 90, 5, 5),
    LEVELS("platform", ARITHMETIC, PNG, 160, 60, 1, 1),
    LEVELS("letters", LETTERS, PNG, 130, 48, 5, 5),
    LEVELS("chinese", CHINESE, PNG, 130, 48, 4, 4),
};

/* What is to be read in a picture: each letter as the answer has it, arithmetic as it is shown. */
struct label {
    int count;
    uint32_t letters[LETTERS_MAX];
};

/* A picture in black and white. */
struct bitmap {
    int width, height;
    bool ink[CAPTCHA_HEIGHT_MAX][CAPTCHA_WIDTH_MAX];
};

struct cell {
    uint32_t letter;
    int8_t at[CELL_SIZE]; /* ink less the mean, so that a product of two cells tells how alike they are */
    float norm;
};

struct box {
    int left, right, top, bottom; /* right and bottom excluded */
};

static void *must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "attacker: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return p;
}

/* ---- Pictures ---- */

static void seed_of(unsigned char seed[CAPTCHA_SEED_BYTES], uint32_t n, uint32_t purpose)
{
    memset(seed, 0, CAPTCHA_SEED_BYTES);
    memcpy(seed, &n, sizeof n);
    memcpy(seed + sizeof n, &purpose, sizeof purpose);
}

static struct captcha_engine *engine_of_site(uint32_t site)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    struct captcha_engine *e = NULL;
    seed_of(seed, site, 1);
    if (captcha_engine_new(seed, &e) != ERR_OK) {
        must(NULL);
    }
    return e;
}

static struct label label_of(const struct captcha_profile *p, const struct captcha_text *text)
{
    struct label label = {.count = 0};
    const unsigned char *s =
        (const unsigned char *)(p->kind == CAPTCHA_ARITHMETIC ? text->shown : text->answer);
    while (*s != '\0' && label.count < LETTERS_MAX) {
        uint32_t letter = *s++;
        while ((*s & 0xC0) == 0x80) {
            letter = letter << 8 | *s++;
        }
        label.letters[label.count++] = letter;
    }
    return label;
}

/* Black and white by the middle between the darkest and the lightest pixel. */
static void threshold(gdImage *image, struct bitmap *out)
{
    static int luma[CAPTCHA_HEIGHT_MAX][CAPTCHA_WIDTH_MAX];
    int low = 255;
    int high = 0;
    out->width = gdImageSX(image);
    out->height = gdImageSY(image);
    for (int y = 0; y < out->height; y++) {
        for (int x = 0; x < out->width; x++) {
            int c = gdImageGetTrueColorPixel(image, x, y);
            luma[y][x] =
                (30 * gdTrueColorGetRed(c) + 59 * gdTrueColorGetGreen(c) + 11 * gdTrueColorGetBlue(c)) / 100;
            low = luma[y][x] < low ? luma[y][x] : low;
            high = luma[y][x] > high ? luma[y][x] : high;
        }
    }
    for (int y = 0; y < out->height; y++) {
        for (int x = 0; x < out->width; x++) {
            out->ink[y][x] = luma[y][x] < (low + high) / 2;
        }
    }
}

/* Picture number n of a target, as a site's client gets it. */
static struct label picture(const struct target *t, struct captcha_engine *e, uint32_t n, struct bitmap *out)
{
    unsigned char seed[CAPTCHA_SEED_BYTES];
    struct captcha_rng rng;
    struct captcha_text text;
    gdImage *image = NULL;
    seed_of(seed, n, 2);
    captcha_rng_seed(&rng, seed);
    if (captcha_kind_make(&t->profile, &rng, &text) != ERR_OK) {
        must(NULL);
    }
    if (t->yardstick) {
        image = straightforward_draw(&t->profile, text.shown, &rng);
    } else {
        struct buf file;
        buf_init(&file);
        seed_of(seed, n, 3);
        if (captcha_engine_draw(e, &t->profile, text.shown, seed, &file) != ERR_OK) {
            must(NULL);
        }
        image = t->profile.format == CAPTCHA_PNG ? gdImageCreateFromPngPtr((int)file.len, file.data)
                                                 : gdImageCreateFromJpegPtr((int)file.len, file.data);
        buf_free(&file);
    }
    threshold(must(image), out);
    gdImageDestroy(image);
    return label_of(&t->profile, &text);
}

/* ---- Cutting ---- */

static int column_ink(const struct bitmap *b, int x)
{
    int ink = 0;
    for (int y = 0; y < b->height; y++) {
        ink += b->ink[y][x];
    }
    return ink;
}

static struct box ink_box(const struct bitmap *b, int left, int right)
{
    struct box box = {right, left, b->height, 0};
    for (int y = 0; y < b->height; y++) {
        for (int x = left; x < right; x++) {
            if (b->ink[y][x]) {
                box.left = x < box.left ? x : box.left;
                box.right = x + 1 > box.right ? x + 1 : box.right;
                box.top = y < box.top ? y : box.top;
                box.bottom = y + 1 > box.bottom ? y + 1 : box.bottom;
            }
        }
    }
    return box;
}

/* The extent of the component around a pixel, which is wiped from `left`; returns its size in pixels. */
static int flood(struct bitmap *left, int x, int y, struct box *box)
{
    static int stack[CAPTCHA_HEIGHT_MAX * CAPTCHA_WIDTH_MAX];
    int depth = 0;
    int size = 0;
    left->ink[y][x] = false;
    stack[depth++] = y * CAPTCHA_WIDTH_MAX + x;
    while (depth > 0) {
        int at = stack[--depth];
        int cx = at % CAPTCHA_WIDTH_MAX;
        int cy = at / CAPTCHA_WIDTH_MAX;
        size++;
        box->left = cx < box->left ? cx : box->left;
        box->right = cx + 1 > box->right ? cx + 1 : box->right;
        box->top = cy < box->top ? cy : box->top;
        box->bottom = cy + 1 > box->bottom ? cy + 1 : box->bottom;
        for (int ny = cy > 0 ? cy - 1 : 0; ny <= cy + 1 && ny < left->height; ny++) {
            for (int nx = cx > 0 ? cx - 1 : 0; nx <= cx + 1 && nx < left->width; nx++) {
                if (left->ink[ny][nx]) {
                    left->ink[ny][nx] = false;
                    stack[depth++] = ny * CAPTCHA_WIDTH_MAX + nx;
                }
            }
        }
    }
    return size;
}

/*
 * Components from left to right, those that stand over each other taken together. Returns how many there are,
 * or 0 when there are more than LETTERS_MAX.
 */
static int components(const struct bitmap *b, struct box boxes[LETTERS_MAX])
{
    static struct bitmap left;
    int count = 0;
    left = *b;
    for (int x = 0; x < b->width; x++) {
        for (int y = 0; y < b->height; y++) {
            if (!left.ink[y][x]) {
                continue;
            }
            struct box box = {x, x, y, y};
            if (flood(&left, x, y, &box) < SMALL_COMPONENT) {
                continue;
            }
            struct box *last = count > 0 ? &boxes[count - 1] : NULL;
            if (last != NULL && box.left + box.right < 2 * last->right) {
                last->right = box.right > last->right ? box.right : last->right;
                last->top = box.top < last->top ? box.top : last->top;
                last->bottom = box.bottom > last->bottom ? box.bottom : last->bottom;
                continue;
            }
            if (count == LETTERS_MAX) {
                return 0;
            }
            boxes[count++] = box;
        }
    }
    return count;
}

/*
 * Cut the box into `count` columns where there is least ink, the widths near to equal: for every number of
 * cuts and every place of the last one the cheapest way there.
 */
static void cut_by_projection(const struct bitmap *b, struct box whole, int count,
                              struct box boxes[LETTERS_MAX])
{
    static int cost[LETTERS_MAX + 1][CAPTCHA_WIDTH_MAX + 1];
    static int from[LETTERS_MAX + 1][CAPTCHA_WIDTH_MAX + 1];
    int width = whole.right - whole.left;
    int pitch = width / count > 0 ? width / count : 1;
    for (int k = 0; k <= count; k++) {
        for (int x = 0; x <= width; x++) {
            cost[k][x] = k == 0 && x == 0 ? 0 : INT32_MAX / 2;
            for (int p = x - 2 * pitch > 0 ? x - 2 * pitch : 0; k > 0 && p < x; p++) {
                int odd = (x - p - pitch) * 8 / pitch;
                int ink = x < width ? 2 * column_ink(b, whole.left + x) : 0;
                int c = cost[k - 1][p] + odd * odd + ink;
                if (c < cost[k][x]) {
                    cost[k][x] = c;
                    from[k][x] = p;
                }
            }
        }
    }
    int end = width;
    for (int k = count; k > 0; k--) {
        int begin = cost[k][end] < INT32_MAX / 2 ? from[k][end] : end * (k - 1) / k;
        boxes[k - 1] = ink_box(b, whole.left + begin, whole.left + end);
        end = begin;
    }
}

/* Cut a picture into `count` cells: the components where they are as many, else by projection. */
static void cut(const struct bitmap *b, int count, struct box boxes[LETTERS_MAX])
{
    if (components(b, boxes) != count) {
        cut_by_projection(b, ink_box(b, 0, b->width), count, boxes);
    }
}

/* The box's ink on a grid of CELL_WIDTH times CELL_HEIGHT, each of its places the mean of what falls there.
 */
static void take_cell(const struct bitmap *b, struct box box, struct cell *out)
{
    int ink[CELL_SIZE];
    int sum = 0;
    int width = box.right > box.left ? box.right - box.left : 1;
    int height = box.bottom > box.top ? box.bottom - box.top : 1;
    for (int i = 0; i < CELL_SIZE; i++) {
        int x0 = box.left + i % CELL_WIDTH * width / CELL_WIDTH;
        int x1 = box.left + (i % CELL_WIDTH + 1) * width / CELL_WIDTH;
        int y0 = box.top + i / CELL_WIDTH * height / CELL_HEIGHT;
        int y1 = box.top + (i / CELL_WIDTH + 1) * height / CELL_HEIGHT;
        x1 = x1 > x0 ? x1 : x0 + 1;
        y1 = y1 > y0 ? y1 : y0 + 1;
        ink[i] = 0;
        for (int y = y0; y < y1 && y < b->height; y++) {
            for (int x = x0; x < x1 && x < b->width; x++) {
                ink[i] += b->ink[y][x];
            }
        }
        ink[i] = 100 * ink[i] / ((x1 - x0) * (y1 - y0));
        sum += ink[i];
    }
    long norm = 0;
    for (int i = 0; i < CELL_SIZE; i++) {
        int v = ink[i] - sum / CELL_SIZE;
        out->at[i] = (int8_t)(v / 2);
        norm += (v / 2) * (v / 2);
    }
    out->norm = norm > 0 ? (float)norm : 1.0F;
}

/* ---- Learning and reading ---- */

struct memory {
    struct cell *cells;
    size_t count;
    int width_sum,
        letter_sum; /* for guessing the number of letters: all of them, and the width of their ink */
};

static void learn(struct memory *m, const struct bitmap *b, const struct label *label)
{
    struct box boxes[LETTERS_MAX];
    struct box whole = ink_box(b, 0, b->width);
    cut(b, label->count, boxes);
    for (int i = 0; i < label->count; i++) {
        struct cell *c = &m->cells[m->count++];
        c->letter = label->letters[i];
        take_cell(b, boxes[i], c);
    }
    m->width_sum += whole.right - whole.left;
    m->letter_sum += label->count;
}

static uint32_t nearest(const struct memory *m, const struct cell *c)
{
    uint32_t best = 0;
    float best_score = -2.0F;
    for (size_t i = 0; i < m->count; i++) {
        int product = 0;
        for (int k = 0; k < CELL_SIZE; k++) {
            product += m->cells[i].at[k] * c->at[k];
        }
        /* The cosine's square keeps the order and its sign. */
        float score =
            (float)product * (product < 0 ? -(float)product : (float)product) / (m->cells[i].norm * c->norm);
        if (score > best_score) {
            best_score = score;
            best = m->cells[i].letter;
        }
    }
    return best;
}

/* Whether the whole text is read right. The number of letters is known where it never varies, and else
 * guessed. */
static bool reads(const struct memory *m, const struct target *t, const struct bitmap *b,
                  const struct label *label)
{
    struct box boxes[LETTERS_MAX];
    const struct captcha_profile *p = &t->profile;
    int count = label->count;
    if (p->kind == CAPTCHA_ARITHMETIC || p->length_min != p->length_max) {
        struct box whole = ink_box(b, 0, b->width);
        int found = components(b, boxes);
        count = found > 3 ? found : (2 * (whole.right - whole.left) * m->letter_sum / m->width_sum + 1) / 2;
        count = count < 1 ? 1 : count > LETTERS_MAX ? LETTERS_MAX : count;
    }
    cut(b, count, boxes);
    for (int i = 0; i < count; i++) {
        struct cell c;
        take_cell(b, boxes[i], &c);
        if (i >= label->count || nearest(m, &c) != label->letters[i]) {
            return false;
        }
    }
    return count == label->count;
}

/* Learn from n pictures of `sites` sites other than the measured one, or of that one, and try others of that
 * one. */
static double attack(const struct target *t, int n, int sites, int tests)
{
    static struct bitmap bitmap;
    struct memory m = {.cells = must(calloc((size_t)n * LETTERS_MAX, sizeof(struct cell)))};
    struct captcha_engine *measured = engine_of_site(MEASURED_SITE);
    for (int site = 0; site < (sites > 0 ? sites : 1); site++) {
        struct captcha_engine *e =
            engine_of_site(sites > 0 ? (uint32_t)(MEASURED_SITE + 1 + site) : MEASURED_SITE);
        int share = sites > 0 ? n / sites : n;
        for (int i = 0; i < share; i++) {
            struct label label = picture(t, e, (uint32_t)(site * share + i), &bitmap);
            learn(&m, &bitmap, &label);
        }
        captcha_engine_free(e);
    }
    int solved = 0;
    for (int i = 0; i < tests; i++) {
        struct label label = picture(t, measured, 1000000U + (uint32_t)i, &bitmap);
        solved += reads(&m, t, &bitmap, &label);
    }
    captcha_engine_free(measured);
    free(m.cells);
    return 100.0 * solved / tests;
}

static int number_argument(const char *s)
{
    char *end = NULL;
    long n = s == NULL ? 0 : strtol(s, &end, 10);
    if (s == NULL || *end != '\0' || n < 1 || n > 1000000) {
        fprintf(stderr, "usage: attacker [--tests N] [--images N] [--target NAME]\n");
        exit(2);
    }
    return (int)n;
}

int main(int argc, char **argv)
{
    int tests = DEFAULT_TESTS;
    int most = 8000;
    const char *only = "";
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--tests") == 0) {
            tests = number_argument(value);
        } else if (strcmp(argv[i], "--images") == 0) {
            most = number_argument(value);
        } else if (strcmp(argv[i], "--target") == 0 && value != NULL) {
            only = value;
        } else {
            (void)number_argument(NULL);
        }
    }
    printf("whole captchas solved, per cent, of %d\n", tests);
    printf("%-18s %8s %8s %8s %14s\n", "", "200", "2000", "8000", "2000 elsewhere");
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const struct target *t = &targets[i];
        if (strncmp(t->name, only, strlen(only)) != 0) {
            continue;
        }
        printf("%-18s", t->name);
        for (int n = 200; n <= 8000; n = n == 200 ? 2000 : 4 * n) {
            if (n <= most) {
                printf(" %8.1f", attack(t, n, 0, tests));
            } else {
                printf(" %8s", "-");
            }
            fflush(stdout);
        }
        printf(" %14.1f\n", attack(t, most < 2000 ? most : 2000, t->yardstick ? 0 : OTHER_SITES, tests));
    }
    return EXIT_SUCCESS;
}
