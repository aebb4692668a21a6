/*
 * The parameters of a request, wherever they stand: query string, form or JSON body, headers.
 * Depends on http/request, base/json_in.
 */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json_in.h"
#include "http/multipart.h"
#include "http/request.h"
#include "http/text.h"

enum param_source { PARAM_QUERY, PARAM_BODY, PARAM_HEADER };

struct param {
    const char *name;
    const char *value; /* NULL: JSON null */
    enum param_source source;
    bool is_text; /* false: a JSON value of another type than string */
    struct param *next;
};

struct params {
    struct param *first; /* in the order they came */
    struct param *last;
    size_t count;
};

/* More than these are refused before the search for duplicates gets expensive. */
#define PARAMS_MAX 64

/*
 * Add the parameters of a query string or form body. ERR_OK; ERR_BAD_REQUEST with *detail_out for broken
 * percent-encoding, NUL or invalid UTF-8, or more than PARAMS_MAX parameters; ERR_CONFLICTING_PARAM with
 * *field_out for a name that stands twice (RFC 6749 §3.2); ERR_MEMORY.
 */
enum err params_add_form(struct params *p, const char *text, size_t len, enum param_source source,
                         struct arena *arena, const char **field_out, enum detail *detail_out);

/*
 * Add the fields of a form that came as multipart/form-data; `body`, of `len` bytes before a NUL, is changed and
 * has to live as long as the parameters. `file` as in multipart_open. Errors as params_add_form and multipart_next.
 */
enum err params_add_multipart(struct params *p, const char *content_type, char *body, size_t len,
                              struct multipart_file *file, struct arena *arena, const char **field_out,
                              enum detail *detail_out);

/* Add the members of a JSON object. ERR_OK; ERR_BAD_REQUEST with *detail_out; ERR_MEMORY. */
enum err params_add_json(struct params *p, const char *text, size_t len, struct arena *arena,
                         enum detail *detail_out);

/* Add a header as a parameter called `name`, if it was sent. ERR_OK; ERR_BAD_REQUEST (invalid UTF-8);
 * ERR_MEMORY. */
enum err params_add_header(struct params *p, const char *name, const char *value, struct arena *arena);

/*
 * The value of the parameter that goes by any of `names` (NULL-terminated; the first is the one that errors
 * name). Empty values count as absent, as clients of this family send them freely.
 *
 * value_out  NULL if absent.
 *
 * ERR_OK; ERR_CONFLICTING_PARAM if two places give different values; ERR_BAD_REQUEST if it is not a string.
 */
enum err params_get(const struct params *p, const char *const *names, const char **value_out);

#endif
