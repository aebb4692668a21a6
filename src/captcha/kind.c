#include "captcha/kind.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/secure.h"
#include "captcha/chinese.h"

/* The answers of arithmetic tasks, each as likely as the others: one in 120. */
#define ARITHMETIC_LOW  (-20)
#define ARITHMETIC_HIGH 99

/* One symbol of an alphabet: what is typed, and the one or two forms in which it may be shown. */
struct symbol {
    char answer;
    const char *forms;
};

/*
 * Of letters that are taken for one another at most one is asked: 8 and not B, 6 and not G or b, 9 and not g
 * or q, 2 and not Z, 4 and not A, T and not 7, K and not X or Y; and none of 0 O Q, 1 I l J, 5 S, C, U V. A
 * letter has one form only where the other looks like a third letter: e and not E (F), h and not H (4), m and
 * not M (N), N and not n (h), T and not t (f), K and not k (h), p and not P (R).
 */
static const struct symbol symbols[] = {
    {'d', "Dd"}, {'e', "e"}, {'f', "Ff"}, {'h', "h"}, {'k', "K"},  {'m', "m"},
    {'n', "N"},  {'p', "p"}, {'r', "R"},  {'t', "T"}, {'w', "Ww"}, {'2', "2"},
    {'3', "3"},  {'4', "4"}, {'6', "6"},  {'8', "8"}, {'9', "9"},
};
enum { LETTER_COUNT = 11, SYMBOL_COUNT = sizeof symbols / sizeof symbols[0] };

/* Without 1, which a crossing stroke imitates. */
static const char digits[] = "023456789";

/* More characters would be too small to be read and too many to be typed. */
#define CHINESE_LENGTH_MAX 4

static const char chinese[] = CAPTCHA_CHINESE_CHARACTERS;

#define MINUS "\u2212"
#define TIMES "\u00d7"

static void make_symbols(struct captcha_rng *rng, int length, uint32_t symbol_count, struct captcha_text *out)
{
    for (int i = 0; i < length; i++) {
        const struct symbol *s = &symbols[captcha_rng_below(rng, symbol_count)];
        out->shown[i] = s->forms[captcha_rng_below(rng, (uint32_t)strlen(s->forms))];
        out->answer[i] = s->answer;
    }
}

static void make_digits(struct captcha_rng *rng, int length, struct captcha_text *out)
{
    for (int i = 0; i < length; i++) {
        out->shown[i] = digits[captcha_rng_below(rng, sizeof digits - 1)];
        out->answer[i] = out->shown[i];
    }
}

static void make_chinese(struct captcha_rng *rng, int length, struct captcha_text *out)
{
    static_assert(CAPTCHA_LENGTH_MAX * CAPTCHA_CHINESE_BYTES < CAPTCHA_ANSWER_CAP, "answers fit");
    for (int i = 0; i < length; i++) {
        uint32_t which = captcha_rng_below(rng, (sizeof chinese - 1) / CAPTCHA_CHINESE_BYTES);
        size_t at = (size_t)i * CAPTCHA_CHINESE_BYTES;
        memcpy(out->shown + at, chinese + (size_t)which * CAPTCHA_CHINESE_BYTES, CAPTCHA_CHINESE_BYTES);
        memcpy(out->answer + at, out->shown + at, CAPTCHA_CHINESE_BYTES);
    }
}

/* A pair of factors from 2 to 9 whose product is `answer`, chosen among all such pairs. Returns whether one
 * exists. */
static bool pick_factors(struct captcha_rng *rng, int answer, int *a_out, int *b_out)
{
    int factors[8];
    uint32_t count = 0;
    for (int a = 2; a <= 9; a++) {
        if (answer % a == 0 && answer / a >= 2 && answer / a <= 9) {
            factors[count++] = a;
        }
    }
    if (count == 0) {
        return false;
    }
    *a_out = factors[captcha_rng_below(rng, count)];
    *b_out = answer / *a_out;
    return true;
}

/*
 * The answer comes first, then a task for it that people solve in their heads: one operand of a sum or
 * difference has a single digit, factors have one each.
 */
static void make_arithmetic(struct captcha_rng *rng, struct captcha_text *out)
{
    int answer = captcha_rng_between(rng, ARITHMETIC_LOW, ARITHMETIC_HIGH);
    const char *sign = MINUS;
    int a = 0;
    int b = 0;
    uint32_t way = captcha_rng_below(rng, 3);
    if (answer < 0) {
        a = captcha_rng_between(rng, 0, 9);
        b = a - answer;
    } else if (way == 0 && pick_factors(rng, answer, &a, &b)) {
        sign = TIMES;
    } else if (way == 1) {
        sign = "+";
        a = captcha_rng_between(rng, 0, answer < 9 ? answer : 9);
        b = answer - a;
        if (captcha_rng_below(rng, 2) == 0) {
            int swap = a;
            a = b;
            b = swap;
        }
    } else {
        b = captcha_rng_between(rng, 0, 99 - answer < 9 ? 99 - answer : 9);
        a = answer + b;
    }
    (void)snprintf(out->shown, sizeof out->shown, "%d%s%d=?", a, sign, b);
    (void)snprintf(out->answer, sizeof out->answer, "%d", answer);
}

static int pick_length(const struct captcha_profile *p, struct captcha_rng *rng)
{
    int most = p->kind == CAPTCHA_CHINESE ? CHINESE_LENGTH_MAX : CAPTCHA_LENGTH_MAX;
    int low = p->length_min < most ? p->length_min : most;
    int high = p->length_max < most ? p->length_max : most;
    return captcha_rng_between(rng, low, high);
}

enum err captcha_kind_make(const struct captcha_profile *p, struct captcha_rng *rng,
                           struct captcha_text *text_out)
{
    if (p->kind != CAPTCHA_ARITHMETIC &&
        (p->length_min < 1 || p->length_min > p->length_max || p->length_max > CAPTCHA_LENGTH_MAX)) {
        return ERR_CONFIG;
    }
    struct captcha_text text = {.shown = "", .answer = ""};
    int length = p->kind == CAPTCHA_ARITHMETIC ? 0 : pick_length(p, rng);
    enum err e = ERR_OK;
    switch (p->kind) {
    case CAPTCHA_ALNUM:
        make_symbols(rng, length, SYMBOL_COUNT, &text);
        break;
    case CAPTCHA_LETTERS:
        make_symbols(rng, length, LETTER_COUNT, &text);
        break;
    case CAPTCHA_DIGITS:
        make_digits(rng, length, &text);
        break;
    case CAPTCHA_ARITHMETIC:
        make_arithmetic(rng, &text);
        break;
    case CAPTCHA_CHINESE:
        make_chinese(rng, length, &text);
        break;
    case CAPTCHA_KIND_COUNT:
    default:
        e = ERR_CONFIG;
        break;
    }
    if (e == ERR_OK) {
        *text_out = text;
    }
    secure_wipe(&text, sizeof text);
    return e;
}

/* A sequence of bytes that is read as another character, or, with '\0', as nothing at an answer's ends. */
struct fold {
    const char *bytes;
    char ascii;
};

static const struct fold folds[] = {
    {"\u2212", '-'}, {"\u2010", '-'}, {"\u2011", '-'}, {"\u2012", '-'}, {"\u2013", '-'},
    {"\u2014", '-'}, {"\ufe63", '-'}, {"\u3000", ' '}, {"\u00a0", ' '},
};

/* Read one character at `s`: its ASCII folding in *c_out and the bytes read, or 0 when it has none. */
static size_t fold_at(const char *s, char *c_out)
{
    const unsigned char *p = (const unsigned char *)s;
    /* U+FF01 to U+FF5E, the full-width forms of '!' to '~', are EF BC 81 to EF BD 9E. */
    if (p[0] == 0xEF && (p[1] == 0xBC || p[1] == 0xBD) && p[2] >= 0x80 && p[2] <= 0xBF) {
        int form = (p[1] - 0xBC) * 64 + (p[2] - 0x80);
        if (form >= 1 && form <= '~' - '!' + 1) {
            *c_out = (char)('!' + form - 1);
            return 3;
        }
    }
    for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++) {
        size_t len = strlen(folds[i].bytes);
        if (strncmp(s, folds[i].bytes, len) == 0) {
            *c_out = folds[i].ascii;
            return len;
        }
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Fold `s` into `out`, zero-filled to its end. Returns false when it does not fit. */
static bool normalise(const char *s, char out[CAPTCHA_ANSWER_CAP])
{
    size_t len = 0;   /* written */
    size_t solid = 0; /* written up to the last character that is no blank */
    memset(out, 0, CAPTCHA_ANSWER_CAP);
    while (*s != '\0') {
        char c = *s;
        size_t read = fold_at(s, &c);
        s += read == 0 ? 1 : read;
        if (is_blank(c) && solid == 0) {
            continue;
        }
        if (len < CAPTCHA_ANSWER_CAP - 1) {
            out[len] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        } else if (!is_blank(c)) {
            return false;
        }
        len++;
        if (!is_blank(c)) {
            solid = len;
        }
    }
    memset(out + solid, 0, CAPTCHA_ANSWER_CAP - solid);
    return true;
}

bool captcha_answer_matches(const char *expected, const char *given)
{
    char want[CAPTCHA_ANSWER_CAP];
    char have[CAPTCHA_ANSWER_CAP];
    bool usable = normalise(expected, want) && want[0] != '\0';
    usable = normalise(given, have) && usable;
    bool same = secure_equal(want, have, sizeof want);
    secure_wipe(want, sizeof want);
    secure_wipe(have, sizeof have);
    return usable && same;
}
