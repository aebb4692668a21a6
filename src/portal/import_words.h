/*
 * What admin/import says of a file, in the language of the page: it speaks to whoever is at the command line.
 * Depends on portal/page.
 */
#ifndef PORTAL_IMPORT_WORDS_H
#define PORTAL_IMPORT_WORDS_H

#include "portal/page.h"

/* "email: …" of struct import_note, or `why` of import_decode, as a sentence; in the arena. What is not known here, which
 * a unit test looks for, stays as it is. */
const char *import_words(const struct page *p, const char *what);

/* The key of a text for what begins so; NULL if there is none. */
const char *import_word_key(const char *what);

#endif
