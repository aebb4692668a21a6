/*
 * Writing JSON: members come out in the order they are added, so that answers compare byte for byte. The
 * first failure is remembered in the buffer; a programmer's mistake (an unclosed object) is caught by assert.
 *
 * Depends on base/buf, base/codec.
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_out {
    struct buf *buf; /* borrowed; JSON is appended */
    bool comma;      /* the next member or element is preceded by one */
    int depth;       /* open objects and arrays */
};

void json_out_init(struct json_out *j, struct buf *buf);

/* `name` is NULL for an element of an array and for the outermost value. */
void json_open_object(struct json_out *j, const char *name);
void json_close_object(struct json_out *j);
void json_open_array(struct json_out *j, const char *name);
void json_close_array(struct json_out *j);
void json_str(struct json_out *j, const char *name, const char *value); /* NULL is written as null */
void json_int(struct json_out *j, const char *name, int64_t value);
void json_bool(struct json_out *j, const char *name, bool value);
void json_null(struct json_out *j, const char *name);

/* A string member made of `prefix` and the base64 of `len` bytes: pictures, without a second copy. */
void json_base64(struct json_out *j, const char *name, const char *prefix, const void *data, size_t len);

/* The elements of a comma-joined list ("a,b") as an array of strings; an empty list gives []. */
void json_list(struct json_out *j, const char *name, const char *comma_joined);

#endif
