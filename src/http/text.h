/*
 * What errors say to people, in the two scripts of Chinese that the contracts use, and in English, where a
 * standard wants ASCII without quotes (RFC 6749 §5.2). Dialects override single texts that their documents
 * give. Depends on base/err, base/buf.
 */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum script { SCRIPT_SIMPLIFIED, SCRIPT_TRADITIONAL, SCRIPT_ENGLISH, SCRIPT_COUNT };

/* What exactly is wrong with a request or one of its parameters. */
enum detail {
    DETAIL_NONE,
    DETAIL_JSON_MALFORMED,
    DETAIL_JSON_OBJECT,
    DETAIL_JSON_DUPLICATE,
    DETAIL_JSON_DEPTH,
    DETAIL_TOO_MANY, /* parameters */
    DETAIL_TOO_LONG, /* a parameter */
    DETAIL_NUL,
    DETAIL_UTF8,
    DETAIL_MULTIPART,      /* not multipart/form-data of text fields */
    DETAIL_FILE,           /* a file where a text is wanted */
    DETAIL_ENCODING,       /* percent-encoding, NUL or UTF-8 in a form or query string */
    DETAIL_LENGTH,         /* Content-Length */
    DETAIL_STRING,         /* wants a JSON string */
    DETAIL_MD5_HEX,        /* wants 32 hex digits */
    DETAIL_SM2_HEX,        /* wants an SM2 ciphertext in hex */
    DETAIL_TENANT,         /* wants a tenant id */
    DETAIL_TENANT_UNKNOWN, /* names no tenant that can be used */
    DETAIL_CREDENTIALS,    /* client credentials in two places */
    DETAIL_QUERY_SECRET,   /* credentials in the query string, which this site does not take */
    DETAIL_COUNT
};

/* A request that failed, and all there is to say about it. */
struct failure {
    enum err err;
    const char *field; /* parameter at fault; NULL if none */
    const char *text;  /* what the dialect's original says of it; NULL: what is said here */
    enum detail detail;
    int64_t retry_after_s; /* for the errors that end by waiting; 0 if unknown */
    const char *allow;     /* the methods of a path, for ERR_METHOD_NOT_ALLOWED */
};

/* Append the sentence for a failure, without any byte of the request but the field's name. */
void text_failure(const struct failure *f, enum script script, struct buf *out);

/* The plain text of an outcome. */
const char *text_of(enum err e, enum script script);

#endif
