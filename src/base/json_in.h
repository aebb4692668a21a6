/*
 * Reading JSON with json-c's strict tokener, behind a scan that refuses what json-c lets through: duplicate
 * members, NUL and control bytes in strings, bytes after the value. Parsed strings are wiped when the tree is
 * freed.
 *
 * Depends on json-c, base/codec, base/secure.
 */
#ifndef BASE_JSON_IN_H
#define BASE_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define JSON_DEPTH_MAX 16

struct json_object; /* json-c's */

/* Why a text was refused; each dialect has words for it. */
enum json_fault {
    JSON_FINE,
    JSON_MALFORMED,  /* not JSON, bytes after the value, control bytes in a string */
    JSON_NOT_OBJECT, /* well-formed, but not an object */
    JSON_DUPLICATE,  /* a member stands twice */
    JSON_NUL,        /* a NUL byte, or \u0000 */
    JSON_UTF8,       /* invalid UTF-8 */
    JSON_DEPTH,      /* nested deeper than JSON_DEPTH_MAX */
};

/*
 * Parse `len` bytes as one JSON object (RFC 8259).
 *
 * text      need not be NUL-terminated; borrowed.
 * root_out  the tree, to be freed with json_in_free.
 * fault_out on ERR_BAD_REQUEST what is wrong.
 *
 * ERR_OK; ERR_BAD_REQUEST for anything but one well-formed object without duplicate members, NULs, invalid
 * UTF-8, nested at most JSON_DEPTH_MAX deep; ERR_MEMORY.
 */
enum err json_in_parse(const char *text, size_t len, struct json_object **root_out,
                       enum json_fault *fault_out);

/* Wipe every string of the tree and free it. NULL is allowed. */
void json_in_free(struct json_object *root);

/*
 * The string member `name`: *value_out is NULL if it is absent or null; borrowed from the tree.
 * ERR_OK; ERR_BAD_REQUEST if it has another type.
 */
enum err json_in_str(struct json_object *root, const char *name, const char **value_out);

/* The integer member `name`. ERR_OK; ERR_NOT_FOUND if absent; ERR_BAD_REQUEST if it has another type. */
enum err json_in_int(struct json_object *root, const char *name, int64_t *value_out);

/*
 * Call `each` for every member of the outermost object: `value` is the string, or NULL for null; `is_string`
 * is false for a member of any other type (value is then NULL). Stops at the first result that is not ERR_OK
 * and returns it.
 */
typedef enum err json_in_each(void *ctx, const char *name, const char *value, bool is_string);
enum err json_in_members(struct json_object *root, json_in_each *each, void *ctx);

#endif
