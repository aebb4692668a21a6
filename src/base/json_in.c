#include "base/json_in.h"

#include <json-c/json.h>
#include <json-c/printbuf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/secure.h"

/* The length of the number (RFC 8259 §6) that starts at `s`, of at most `len` bytes; 0 if there is none:
 * json-c takes 01, 1. and -01 too. */
static size_t number_length(const char *s, size_t len)
{
    static const char digits[] = "0123456789";
    size_t n = len > 0 && s[0] == '-';
    size_t whole = n;
    while (n < len && memchr(digits, s[n], 10) != NULL)
        n++;
    if (n == whole || (s[whole] == '0' && n > whole + 1))
        return 0;
    if (n < len && s[n] == '.') {
        size_t point = n++;
        while (n < len && memchr(digits, s[n], 10) != NULL)
            n++;
        if (n == point + 1)
            return 0;
    }
    if (n < len && (s[n] == 'e' || s[n] == 'E')) {
        n++;
        n += n < len && (s[n] == '+' || s[n] == '-');
        size_t exponent = n;
        while (n < len && memchr(digits, s[n], 10) != NULL)
            n++;
        if (n == exponent)
            return 0;
    }
    return n;
}

/* The UTF-16 unit of an escape \uXXXX at `s`; -1 if there is none within `len` bytes. */
static long escaped_unit(const char *s, size_t len)
{
    char hex[5] = "";
    if (len < 6 || s[0] != '\\' || s[1] != 'u')
        return -1;
    memcpy(hex, s + 2, 4);
    return codec_is_hex(hex, 4) ? strtol(hex, NULL, 16) : -1;
}

/* What is wrong with the escape at `s`; *len_out bytes of it are looked at. A surrogate goes in pairs (RFC
 * 8259 §7). */
static enum json_fault check_escape(const char *s, size_t len, size_t *len_out)
{
    long unit = escaped_unit(s, len);
    *len_out = unit < 0 ? 2 : 6;
    if (unit == 0)
        return JSON_NUL;
    if (unit < 0xD800 || unit > 0xDFFF)
        return JSON_FINE;
    long low = escaped_unit(s + 6, len - 6);
    *len_out = 12;
    return unit < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF ? JSON_FINE : JSON_UTF8;
}

/*
 * json-c replaces a repeated member silently, cuts keys at \u0000, and even when strict takes 'x' for "x".
 * Outside strings only JSON's own characters pass, so that a quote is what it seems; then, in text that
 * parses, every ':' outside a string separates one member, and the count tells whether the tree lost any.
 */
static enum json_fault scan(const char *text, size_t len, size_t *members_out)
{
    static const char structural[] = " \t\r\n{}[]:,\"-0123456789trufalsen";
    bool in_string = false;
    size_t members = 0, depth = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\0')
            return JSON_NUL;
        if (!in_string) {
            size_t number = c == '-' || (c >= '0' && c <= '9') ? number_length(text + i, len - i) : 1;
            if (strchr(structural, c) == NULL || number == 0)
                return JSON_MALFORMED;
            i += number - 1;
            in_string = c == '"';
            members += c == ':';
            depth += c == '{' || c == '[';
            depth -= depth > 0 && (c == '}' || c == ']');
            if (depth > JSON_DEPTH_MAX)
                return JSON_DEPTH;
        } else if (c < 0x20) {
            return JSON_MALFORMED;
        } else if (c == '"') {
            in_string = false;
        } else if (c == '\\') {
            size_t escape = 0;
            enum json_fault fault = check_escape(text + i, len - i, &escape);
            if (fault != JSON_FINE)
                return fault;
            i += escape - 1;
        }
    }
    *members_out = members;
    return JSON_FINE;
}

static size_t count_members(struct json_object *o)
{
    size_t n = 0;
    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            n += 1 + count_members(value);
        }
    } else if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            n += count_members(json_object_array_get_idx(o, i));
    }
    return n;
}

static bool only_blanks(const char *text, size_t from, size_t len)
{
    while (from < len && strchr(" \t\r\n", text[from]) != NULL)
        from++;
    return from == len;
}

enum err json_in_parse(const char *text, size_t len, struct json_object **root_out,
                       enum json_fault *fault_out)
{
    size_t members = 0;
    *fault_out = scan(text, len, &members);
    if (*fault_out != JSON_FINE || len > INT_MAX)
        return ERR_BAD_REQUEST;
    if (!codec_utf8_valid(text, len)) {
        *fault_out = JSON_UTF8;
        return ERR_BAD_REQUEST;
    }
    /* json-c counts scalars as a level; scan() has counted exactly. */
    struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
    if (tok == NULL)
        return ERR_MEMORY;
    enum err e = ERR_BAD_REQUEST;
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
    struct json_object *root = json_tokener_parse_ex(tok, text, (int)len);
    enum json_tokener_error parse_error = json_tokener_get_error(tok);
    if (parse_error != json_tokener_success)
        *fault_out = JSON_MALFORMED;
    else if (!json_object_is_type(root, json_type_object))
        *fault_out = JSON_NOT_OBJECT;
    else if (!only_blanks(text, json_tokener_get_parse_end(tok), len))
        *fault_out = JSON_MALFORMED;
    else if (count_members(root) != members)
        *fault_out = JSON_DUPLICATE;
    else
        e = ERR_OK;
    if (e == ERR_OK)
        *root_out = root;
    else
        json_in_free(root);
    secure_wipe(tok->pb->buf, (size_t)tok->pb->size); /* it keeps the last string */
    json_tokener_free(tok);
    return e;
}

static void wipe_tree(struct json_object *o)
{
    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            wipe_tree(value);
        }
    } else if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            wipe_tree(json_object_array_get_idx(o, i));
    } else if (json_object_is_type(o, json_type_string)) {
        /* json-c offers no way to wipe; the bytes are on its heap and this tree is their only user. */
        union {
            const char *borrowed;
            char *own;
        } s = {.borrowed = json_object_get_string(o)};
        secure_wipe(s.own, (size_t)json_object_get_string_len(o));
    }
}

void json_in_free(struct json_object *root)
{
    if (root == NULL)
        return;
    wipe_tree(root);
    json_object_put(root);
}

enum err json_in_str(struct json_object *root, const char *name, const char **value_out)
{
    struct json_object *member = NULL;
    *value_out = NULL;
    if (!json_object_object_get_ex(root, name, &member) || member == NULL)
        return ERR_OK;
    if (!json_object_is_type(member, json_type_string))
        return ERR_BAD_REQUEST;
    *value_out = json_object_get_string(member);
    return ERR_OK;
}

enum err json_in_int(struct json_object *root, const char *name, int64_t *value_out)
{
    struct json_object *member = NULL;
    if (!json_object_object_get_ex(root, name, &member))
        return ERR_NOT_FOUND;
    if (!json_object_is_type(member, json_type_int))
        return ERR_BAD_REQUEST;
    *value_out = json_object_get_int64(member);
    return ERR_OK;
}

enum err json_in_members(struct json_object *root, json_in_each *each, void *ctx)
{
    json_object_object_foreach(root, name, member)
    {
        bool is_string = member == NULL || json_object_is_type(member, json_type_string);
        const char *value = member != NULL && is_string ? json_object_get_string(member) : NULL;
        enum err e = each(ctx, name, value, is_string);
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}
