/*
 * Build tool: the tables of src/admin/encoding.c, from the builder's iconv, as C on standard output. Nothing of it is
 * in the program, which is static and has no iconv.
 *
 * Usage: encgen > encoding_data.c
 */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/encoding.h"

/* The one character that `len` bytes are; 0: none. */
static unsigned long code_of(iconv_t cd, const unsigned char *bytes, size_t len)
{
    unsigned char out[16];
    char *from = (char *)(unsigned long)bytes, *to = (char *)out;
    size_t left = len, room = sizeof out;
    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &from, &left, &to, &room) == (size_t)-1 || left != 0 || sizeof out - room != 4)
        return 0;
    return (unsigned long)out[0] | (unsigned long)out[1] << 8 | (unsigned long)out[2] << 16;
}

static iconv_t open_iconv(const char *from)
{
    iconv_t cd = iconv_open("UTF-32LE", from);
    if (cd == (iconv_t)-1) {
        fprintf(stderr, "encgen: this system's iconv does not know %s\n", from);
        exit(1);
    }
    return cd;
}

/* The characters beyond U+FFFF that have two bytes; the tables name them by their place here. */
static unsigned long astral[64];
static size_t astral_count;

static unsigned long place_of(unsigned long code)
{
    if (code <= 0xFFFF)
        return code;
    if (astral_count == sizeof astral / sizeof astral[0]) {
        fputs("encgen: more characters beyond U+FFFF than expected\n", stderr);
        exit(1);
    }
    astral[astral_count] = code;
    return ENCODING_ASTRAL + astral_count++;
}

static void print_astral(void)
{
    printf("const uint32_t encoding_astral[] = {");
    for (size_t i = 0; i < astral_count; i++)
        printf("%lu,", astral[i]);
    printf("0};\n");
}

/* Two bytes a character, for each first byte from `lead_min` on all second bytes from ENCODING_TRAIL_MIN on. */
static void print_pairs(const char *name, const char *encoding, int lead_min, int leads)
{
    iconv_t cd = open_iconv(encoding);
    printf("const uint16_t %s[%d][ENCODING_TRAILS] = {\n", name, leads);
    for (int lead = 0; lead < leads; lead++) {
        printf("{");
        for (int trail = 0; trail < ENCODING_TRAILS; trail++) {
            const unsigned char bytes[] = {(unsigned char)(lead_min + lead),
                                           (unsigned char)(ENCODING_TRAIL_MIN + trail)};
            printf("%lu,", place_of(code_of(cd, bytes, 2)));
        }
        printf("},\n");
    }
    printf("};\n");
    iconv_close(cd);
}

/* GB18030's four bytes below U+10000: where the characters stop being consecutive. */
static void print_fours(void)
{
    iconv_t cd = open_iconv("GB18030");
    unsigned long expected = 1, count = 0;
    printf("const struct encoding_span encoding_gb18030_four[] = {\n");
    for (unsigned n = 0; n < ENCODING_FOUR_END; n++) {
        const unsigned char bytes[] = {(unsigned char)(0x81 + n / 12600),
                                       (unsigned char)(0x30 + n / 1260 % 10),
                                       (unsigned char)(0x81 + n / 10 % 126), (unsigned char)(0x30 + n % 10)};
        unsigned long code = code_of(cd, bytes, 4);
        if (code > 0xFFFF)
            code = 0;
        if (code != expected) {
            printf("{%u,%lu},\n", n, code);
            count++;
        }
        expected = code != 0 ? code + 1 : 0;
    }
    printf("};\nconst size_t encoding_gb18030_four_count = %lu;\n", count);
    iconv_close(cd);
}

int main(void)
{
    printf("#include \"admin/encoding.h\"\n");
    print_pairs("encoding_gb18030", "GB18030", ENCODING_GB18030_LEAD_MIN, ENCODING_GB18030_LEADS);
    print_pairs("encoding_big5", "BIG5", ENCODING_BIG5_LEAD_MIN, ENCODING_BIG5_LEADS);
    print_astral();
    print_fours();
    return ferror(stdout) != 0 || fflush(stdout) != 0;
}
