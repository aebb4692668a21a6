/*
 * multipart/form-data (RFC 7578), as FormData sends a login: text fields, read strictly, and files where the route
 * takes them. In place, without a copy. Depends on http/text, base/codec.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stddef.h>

#include "base/err.h"
#include "http/text.h"

#define MULTIPART_BOUNDARY_MAX 70 /* RFC 2046 §5.1.1 */

/* Bounds of one part's headers: browsers write one line, other clients up to three. */
#define MULTIPART_LINES_MAX 8
#define MULTIPART_LINE_MAX  512 /* bytes */

/* A file of a form. */
struct multipart_file {
    const char *field; /* its name in the form */
    const char *name;  /* as its computer has it, and nobody's path: UTF-8, NUL-terminated */
    const char *data;  /* `len` bytes of any content, and a NUL */
    size_t len;
};

struct multipart {
    char *at;                                   /* behind the last delimiter; NULL: it closed the body */
    char *end;                                  /* of the body; there is a NUL */
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* CR LF "--" boundary */
    size_t delimiter_len;
    struct multipart_file *file; /* where a file goes; NULL: files are refused. One at most */
};

/*
 * Begin with a body of `len` bytes that ends in a NUL, which is borrowed and changed. ERR_OK; ERR_BAD_REQUEST if
 * `content_type` names no boundary, or the body does not begin with it.
 *
 * file  receives a file of the form, its `data` NULL if there is none; NULL: files are refused.
 */
enum err multipart_open(struct multipart *m, const char *content_type, char *body, size_t len,
                        struct multipart_file *file);

/*
 * The next field; *name_out is NULL behind the last. Name and value are NUL-terminated UTF-8 within the body.
 *
 * ERR_OK; ERR_BAD_REQUEST with *detail_out: DETAIL_MULTIPART for anything malformed, a part of another kind than
 * text, a transfer encoding, headers beyond the bounds, bytes behind the last delimiter; DETAIL_NUL, DETAIL_UTF8;
 * DETAIL_FILE, with *name_out its name, for a file that is refused. A file that is taken is no field: the next one
 * after it is returned.
 */
enum err multipart_next(struct multipart *m, const char **name_out, const char **value_out,
                        enum detail *detail_out);

#endif
