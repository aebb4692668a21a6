/*
 * What a dialect asks of a captcha: kind, size, length, format, difficulty. Filled from the configuration.
 * Depends on nothing.
 */
#ifndef BASE_CAPTCHA_PROFILE_H
#define BASE_CAPTCHA_PROFILE_H

enum captcha_kind {
    CAPTCHA_ALNUM,      /* letters and digits */
    CAPTCHA_DIGITS,     /* digits only */
    CAPTCHA_LETTERS,    /* letters only */
    CAPTCHA_ARITHMETIC, /* "0-9=?", answered with the signed result */
    CAPTCHA_CHINESE,    /* common characters, answered by typing them */
    CAPTCHA_KIND_COUNT
};

enum captcha_format { CAPTCHA_PNG, CAPTCHA_JPEG, CAPTCHA_FORMAT_COUNT };

enum captcha_level { CAPTCHA_EASY, CAPTCHA_NORMAL, CAPTCHA_HARD, CAPTCHA_LEVEL_COUNT };

/* Sizes outside these bounds are refused by the configuration. */
#define CAPTCHA_WIDTH_MIN  80
#define CAPTCHA_WIDTH_MAX  400
#define CAPTCHA_HEIGHT_MIN 30
#define CAPTCHA_HEIGHT_MAX 150
#define CAPTCHA_LENGTH_MIN 3
#define CAPTCHA_LENGTH_MAX 6

struct captcha_profile {
    enum captcha_kind kind;
    enum captcha_level level;
    enum captcha_format format;
    int width_px, height_px;
    int length_min, length_max; /* characters shown; ignored by CAPTCHA_ARITHMETIC */
};

#endif
