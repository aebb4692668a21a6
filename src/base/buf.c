#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secure.h"

void buf_init(struct buf *b)
{
    *b = (struct buf){0};
}

void buf_free(struct buf *b)
{
    if (b->data != NULL) {
        secure_wipe(b->data, b->cap);
        free(b->data);
    }
    buf_init(b);
}

void buf_clear(struct buf *b)
{
    if (b->data != NULL) {
        secure_wipe(b->data, b->len);
        b->data[0] = '\0';
    }
    b->len = 0;
    b->err = ERR_OK;
}

/* realloc() could leave a copy of a secret behind, so grow by hand. */
static void grow(struct buf *b, size_t need)
{
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap < need) {
        if (cap > SIZE_MAX / 2) {
            b->err = ERR_MEMORY;
            return;
        }
        cap *= 2;
    }
    unsigned char *data = malloc(cap);
    if (data == NULL) {
        b->err = ERR_MEMORY;
        return;
    }
    if (b->data != NULL) {
        memcpy(data, b->data, b->len);
        secure_wipe(b->data, b->cap);
        free(b->data);
    }
    b->data = data;
    b->cap = cap;
}

unsigned char *buf_reserve(struct buf *b, size_t len)
{
    if (b->err != ERR_OK)
        return NULL;
    if (len >= SIZE_MAX - b->len) {
        b->err = ERR_MEMORY;
        return NULL;
    }
    if (b->len + len + 1 > b->cap)
        grow(b, b->len + len + 1);
    return b->err == ERR_OK ? b->data + b->len : NULL;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    unsigned char *at = buf_reserve(b, len);
    if (at == NULL)
        return;
    if (len > 0)
        memcpy(at, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    char text[256]; /* most are short: formatted once */
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->err = ERR_MEMORY;
        return;
    }
    unsigned char *at = buf_reserve(b, (size_t)n);
    if (at != NULL && (size_t)n < sizeof text) {
        memcpy(at, text, (size_t)n + 1);
    } else if (at != NULL) {
        va_start(ap, fmt);
        vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
        va_end(ap);
    }
    secure_wipe(text, (size_t)n < sizeof text ? (size_t)n : sizeof text);
    b->len += at != NULL ? (size_t)n : 0;
}

const char *buf_str(const struct buf *b)
{
    return b->data != NULL ? (const char *)b->data : "";
}
