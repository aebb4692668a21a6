/*
 * Build tool: the list of common passwords (standard input, one a line, # begins a remark) as a C table on
 * standard output: the first bytes of each entry's MD5, sorted, so that a password of which only the MD5 is
 * known can be looked up too. Of 2^64 such beginnings a list of some thousand meets none by accident.
 *
 * The layout of the table is declared in auth/common_passwords.h. Depends on libcrypto.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "auth/common_passwords.h"

enum { ENTRIES_MAX = 65536, LINE_CAP = 256 };

static unsigned char table[ENTRIES_MAX][COMMON_PASSWORD_LEN];

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, COMMON_PASSWORD_LEN);
}

static void fail(unsigned line, const char *what)
{
    fprintf(stderr, "commongen: line %u: %s\n", line, what);
    exit(1);
}

/* Lower case alone: a password is looked up in lower case, so any other entry could never be met. */
static void check(unsigned line, const char *text)
{
    if (strlen(text) + 2 >= LINE_CAP)
        fail(line, "too long");
    if (text[0] == '\0' || strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ \t\r") != NULL)
        fail(line, "expected one password in lower case, without blanks");
}

static size_t read_list(void)
{
    char text[LINE_CAP];
    unsigned char md[EVP_MAX_MD_SIZE];
    size_t n = 0;
    for (unsigned line = 1; fgets(text, sizeof text, stdin) != NULL; line++) {
        if (text[0] == '#')
            continue;
        text[strcspn(text, "\n")] = '\0';
        check(line, text);
        if (n == ENTRIES_MAX || EVP_Digest(text, strlen(text), md, NULL, EVP_md5(), NULL) != 1)
            fail(line, "too many entries, or libcrypto fails");
        memcpy(table[n++], md, COMMON_PASSWORD_LEN);
    }
    return n;
}

int main(void)
{
    size_t n = read_list(), kept = 0;
    qsort(table, n, sizeof table[0], compare);
    puts("#include \"auth/common_passwords.h\"\n");
    puts("const unsigned char common_passwords[][COMMON_PASSWORD_LEN] = {");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && compare(table[i], table[i - 1]) == 0)
            continue;
        kept++;
        printf("{");
        for (size_t k = 0; k < COMMON_PASSWORD_LEN; k++)
            printf("%u,", table[i][k]);
        puts("},");
    }
    printf("};\n\nconst size_t common_passwords_count = %zu;\n", kept);
    return ferror(stdin) || fflush(stdout) != 0;
}
