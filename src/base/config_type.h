/*
 * The types of settings: how a text becomes a value, how a value is shown, and what is said of a text that is none.
 * Depends on base/config (sizes), base/address, base/origin, base/codec, base/buf.
 */
#ifndef BASE_CONFIG_TYPE_H
#define BASE_CONFIG_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/config.h"

enum config_type {
    TYPE_TEXT,    /* any text that fits */
    TYPE_PLAIN,   /* the same without " ;" and " #", which look like a remark */
    TYPE_PATHS,   /* comma-joined URL paths */
    TYPE_NAMES,   /* comma-joined words, at least one */
    TYPE_NAME,    /* one word */
    TYPE_RANGES,  /* comma-joined addresses and CIDR ranges, or none */
    TYPE_SITES,   /* comma-separated origins of pages, or none */
    TYPE_LOCAL,   /* an absolute path on the host, or nothing */
    TYPE_COLOUR,  /* six hex digits, or nothing */
    TYPE_URL,     /* https://… or http://…, without a final slash, or none */
    TYPE_INT,     /* int64_t, min..max */
    TYPE_PIXELS,  /* int, min..max */
    TYPE_BOOL,    /* yes, no */
    TYPE_CHOICE,  /* int, index into choices; -1 until it is known, shown as "" */
    TYPE_LENGTH,  /* two ints: "5" or "4-6" */
    TYPE_COMMAND, /* the whole path of a program and its arguments, or nothing */
    TYPE_MAILBOX, /* an e-mail address, or a name with one, or nothing */
    TYPE_COUNT
};

struct setting {
    const char *section, *key;
    enum config_type type;
    size_t offset, cap; /* of the value in struct config, bytes */
    int64_t min, max;
    const char *const *choices; /* NULL-terminated */
    const char *initial;        /* default, as text */
    const char *djcp;           /* default under that profile; NULL: the same */
    const char *help;
};

/* Write the value that `text` means to `at`. False, and nothing is written, if it is none of the setting's. */
bool config_type_parse(const struct setting *s, const char *text, void *at);

/* The value at `at` as text. */
void config_type_render(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP]);

/* Append "[section] key = text: expected …". */
void config_type_explain(const struct setting *s, const char *text, struct buf *why);

#endif
