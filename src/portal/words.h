/*
 * The portal's texts: one table per language, src/portal/words/{zh-Hans,zh-Hant,en}.txt, lines "key = text", embedded
 * at build time. The languages are the scripts of http/text.h.
 * Depends on http/text.
 */
#ifndef PORTAL_WORDS_H
#define PORTAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/text.h"

/*
 * Where the texts of a key begin in words_texts; 0: there is none. Numbers instead of pointers: the program may lie
 * anywhere, and four thousand pointers would have to be put right whenever it starts, in CGI for every request.
 */
struct word {
    uint32_t key;
    uint32_t text[SCRIPT_COUNT];
};
extern const char words_texts[];
extern const struct word words_all[]; /* by key */
extern const size_t words_count;

/* The text of `key` (of `len` bytes) in `script`; NULL if there is no such key. */
const char *words_find(const char *key, size_t len, enum script script);

/* As it stands in lang="…", in cookies and in user.locale: "zh-Hans", "zh-Hant", "en". */
const char *words_tag(enum script script);

/* What it calls itself: "繁體中文". */
const char *words_name(enum script script);

/* The language that a tag means ("zh-TW" is zh-Hant, "zh" zh-Hans, "en-GB" en). False for any other. */
bool words_of_tag(const char *tag, size_t len, enum script *out);

/* The best one of an Accept-Language header (RFC 9110 §12.5.4); zh-Hans where none fits. */
enum script words_negotiate(const char *accept_language);

#endif
