/*
 * What may be stored: checks of the texts that an administrator gives. The checks append to `why` what is wrong, to be
 * read behind the name of the field ("longer than 255 bytes"), and return ERR_OK or ERR_BAD_REQUEST.
 *
 * Depends on base/arena, base/buf, base/codec.
 */
#ifndef ADMIN_TEXT_H
#define ADMIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define TEXT_ID_MAX 64  /* bytes of the id of a tenant or client */
#define TEXT_MAX    255 /* bytes of a name or a list */
#define TEXT_LIST_MAX                                                                                        \
    1000 /* bytes of a list of a user's: roles, departments, posts, as in BladeX's columns */

/* UTF-8 without control characters, at most `max` bytes. */
enum err text_check(const char *value, size_t max, struct buf *why);

/* The id of a tenant or client: letters, digits, - _ and . */
enum err text_check_id(const char *value, struct buf *why);

/* An e-mail address as browsers take it (HTML, "valid e-mail address"), of at most 254 bytes. "" is none. */
enum err text_check_email(const char *value, struct buf *why);

/* A telephone number: digits, with + - ( ) . / # and blanks among them. "" is none. */
enum err text_check_phone(const char *value, struct buf *why);

/*
 * A comma-separated list without empty or doubled elements. Each is one of the comma-joined `allowed`, or,
 * where that is NULL, made of letters, digits and - _ . : /
 */
enum err text_check_list(const char *value, const char *allowed, struct buf *why);

/* A comma-joined list without the blanks around its parts, and without parts that are empty. NULL: the arena is
 * full. */
const char *text_tidy_list(struct arena *arena, const char *list);

/* What is wrong with a text of `len` bytes: "invalid UTF-8", "a control character"; NULL if nothing is. */
const char *text_fault(const char *s, size_t len);

/* Whether a spreadsheet may take a cell of this text for a formula, which the full-width signs of Chinese keyboards begin
 * too. Source: OWASP, CSV Injection. */
bool text_is_formula(const char *s);

#endif
