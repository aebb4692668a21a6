/*
 * What the portal serves, as C: its templates, its texts in every language, its style sheet and its script.
 * Usage: pagegen src/portal > portal_data.c. A key that stands twice in a language, or a line that is none, ends it.
 */
#include <dirent.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const languages[] = {"zh-Hans", "zh-Hant", "en"}; /* by enum script */
enum { LANGUAGES = 3, WORDS_MAX = 4000, FILES_MAX = 400 };

struct word {
    char *key;
    char *text[LANGUAGES];
};
static struct word words[WORDS_MAX];
static size_t word_count;

static char *read_file(const char *path, size_t *len_out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    long size = ftell(f);
    rewind(f);
    char *text = calloc(1, (size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, f) != (size_t)size) {
        perror(path);
        exit(1);
    }
    fclose(f);
    *len_out = (size_t)size;
    return text;
}

static void print_string(const char *s)
{
    putchar('"');
    for (; *s != '\0'; s++) {
        if (*s == '\n')
            printf("\\n\"\n\"");
        else if (*s == '"' || *s == '\\' || *s == '?')
            printf("\\%c", *s);
        else if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7F)
            printf("\\%03o", (unsigned char)*s);
        else
            putchar(*s);
    }
    putchar('"');
}

/* A text with its end, which no digit of the next one may be read as a part of. */
static void print_text(const char *s)
{
    print_string(s);
    printf(" \"\\0\"\n");
}

static struct word *word_of(const char *key, size_t len)
{
    for (size_t i = 0; i < word_count; i++)
        if (strncmp(words[i].key, key, len) == 0 && words[i].key[len] == '\0')
            return &words[i];
    if (word_count == WORDS_MAX) {
        fprintf(stderr, "pagegen: more than %d texts\n", WORDS_MAX);
        exit(1);
    }
    words[word_count].key = strndup(key, len);
    return &words[word_count++];
}

static void read_words(const char *dir, int language)
{
    char path[1024];
    size_t len = 0;
    snprintf(path, sizeof path, "%s/words/%s.txt", dir, languages[language]);
    char *text = read_file(path, &len);
    int number = 0;
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        number++;
        if (line[0] == '\0' || line[0] == '#')
            continue;
        char *equals = strstr(line, " = ");
        if (equals == NULL) {
            fprintf(stderr, "%s:%d: expected key = text\n", path, number);
            exit(1);
        }
        struct word *w = word_of(line, (size_t)(equals - line));
        if (w->text[language] != NULL) {
            fprintf(stderr, "%s:%d: %s stands twice\n", path, number, w->key);
            exit(1);
        }
        w->text[language] = equals + 3;
    }
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->key, ((const struct word *)b)->key);
}

static void print_words(const char *dir)
{
    for (int i = 0; i < LANGUAGES; i++)
        read_words(dir, i);
    qsort(words, word_count, sizeof words[0], by_key);
    /* One text after the other: the first is none. */
    printf("const char words_texts[] = \"\\0\"\n");
    for (size_t i = 0; i < word_count; i++) {
        print_text(words[i].key);
        for (int k = 0; k < LANGUAGES; k++)
            if (words[i].text[k] != NULL)
                print_text(words[i].text[k]);
    }
    printf(";\nconst struct word words_all[] = {\n");
    size_t at = 1;
    for (size_t i = 0; i < word_count; i++) {
        printf("{%zu, {", at);
        at += strlen(words[i].key) + 1;
        for (int k = 0; k < LANGUAGES; k++) {
            printf("%zu, ", words[i].text[k] != NULL ? at : 0);
            at += words[i].text[k] != NULL ? strlen(words[i].text[k]) + 1 : 0;
        }
        printf("}},\n");
    }
    printf("};\nconst size_t words_count = %zu;\n", word_count);
}

static int is_page(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return dot != NULL && strcmp(dot, ".html") == 0;
}

static void print_pages(const char *dir)
{
    char path[1024];
    struct dirent **file;
    snprintf(path, sizeof path, "%s/pages", dir);
    int count = scandir(path, &file, is_page, alphasort);
    if (count < 0) {
        perror(path);
        exit(1);
    }
    printf("const struct template_file template_files[] = {\n");
    for (int i = 0; i < count; i++) {
        size_t len = 0;
        snprintf(path, sizeof path, "%s/pages/%s", dir, file[i]->d_name);
        printf("{\"%.*s\", ", (int)strlen(file[i]->d_name) - 5, file[i]->d_name);
        print_string(read_file(path, &len));
        printf("},\n");
    }
    printf("{NULL, NULL}};\n");
}

/* The file, and a name for it that changes with its content. */
static void print_asset(const char *dir, const char *stem, const char *extension)
{
    char path[1024];
    unsigned char hash[SHA256_DIGEST_LENGTH];
    size_t len = 0;
    snprintf(path, sizeof path, "%s/pages/%s.%s", dir, stem, extension);
    const char *text = read_file(path, &len);
    SHA256((const unsigned char *)text, len, hash);
    printf("const struct asset asset_%s = {\"%s-%02x%02x%02x%02x%02x%02x.%s\", ", extension, stem, hash[0],
           hash[1], hash[2], hash[3], hash[4], hash[5], extension);
    print_string(text);
    printf("};\n");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    printf("#include \"portal/assets.h\"\n#include \"portal/template.h\"\n#include \"portal/words.h\"\n");
    print_words(argv[1]);
    print_pages(argv[1]);
    print_asset(argv[1], "style", "css");
    print_asset(argv[1], "menshen", "js");
    return 0;
}
