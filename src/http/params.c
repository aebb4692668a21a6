#include "http/params.h"

#include <string.h>

#include "base/codec.h"
#include "http/multipart.h"

static enum err add(struct params *p, const char *name, const char *value, enum param_source source,
                    bool is_text, struct arena *arena)
{
    if (p->count == PARAMS_MAX)
        return ERR_BAD_REQUEST;
    struct param *one = arena_alloc(arena, sizeof *one);
    if (one == NULL)
        return ERR_MEMORY;
    *one = (struct param){.name = name, .value = value, .source = source, .is_text = is_text};
    if (p->last != NULL)
        p->last->next = one;
    else
        p->first = one;
    p->last = one;
    p->count++;
    return ERR_OK;
}

static const struct param *find_from(const struct params *p, const char *name, enum param_source source)
{
    for (const struct param *one = p->first; one != NULL; one = one->next)
        if (one->source == source && strcmp(one->name, name) == 0)
            return one;
    return NULL;
}

/* Decode one half of name=value in place. */
static bool decode(char *s, size_t len)
{
    long n = codec_percent_decode(s, len, true);
    return n >= 0 && codec_utf8_valid(s, (size_t)n);
}

/* Add what may stand but once. */
static enum err add_once(struct params *p, const char *name, const char *value, enum param_source source,
                         struct arena *arena, const char **field_out, enum detail *detail_out)
{
    if (p->count == PARAMS_MAX) {
        *detail_out = DETAIL_TOO_MANY;
        return ERR_BAD_REQUEST;
    }
    if (find_from(p, name, source) != NULL) {
        *field_out = name;
        return ERR_CONFLICTING_PARAM;
    }
    return add(p, name, value, source, true, arena);
}

static enum err add_pair(struct params *p, char *pair, size_t len, enum param_source source,
                         struct arena *arena, const char **field_out, enum detail *detail_out)
{
    char *eq = memchr(pair, '=', len);
    char *value = eq != NULL ? eq + 1 : pair + len;
    size_t name_len = eq != NULL ? (size_t)(eq - pair) : len;
    if (!decode(value, len - (size_t)(value - pair)) || !decode(pair, name_len))
        return ERR_BAD_REQUEST;
    return add_once(p, pair, value, source, arena, field_out, detail_out);
}

enum err params_add_form(struct params *p, const char *text, size_t len, enum param_source source,
                         struct arena *arena, const char **field_out, enum detail *detail_out)
{
    *detail_out = DETAIL_ENCODING;
    if (memchr(text, '\0', len) != NULL)
        return ERR_BAD_REQUEST;
    char *copy = arena_strndup(arena, text, len);
    if (copy == NULL)
        return ERR_MEMORY;
    enum err e = ERR_OK;
    for (char *pair = copy; e == ERR_OK && *pair != '\0';) {
        size_t n = strcspn(pair, "&");
        char *next = pair[n] == '&' ? pair + n + 1 : pair + n;
        pair[n] = '\0';
        if (n > 0)
            e = add_pair(p, pair, n, source, arena, field_out, detail_out);
        pair = next;
    }
    return e;
}

enum err params_add_multipart(struct params *p, const char *content_type, char *body, size_t len,
                              struct multipart_file *file, struct arena *arena, const char **field_out,
                              enum detail *detail_out)
{
    struct multipart m;
    const char *name = "", *value = NULL;
    *detail_out = DETAIL_MULTIPART;
    enum err e = multipart_open(&m, content_type, body, len, file);
    while (e == ERR_OK) {
        e = multipart_next(&m, &name, &value, detail_out);
        if (e != ERR_OK)
            *field_out = name;
        else if (name == NULL)
            break;
        else
            e = add_once(p, name, value, PARAM_BODY, arena, field_out, detail_out);
    }
    return e;
}

struct adding {
    struct params *params;
    struct arena *arena;
};

static enum err add_member(void *ctx, const char *name, const char *value, bool is_string)
{
    const struct adding *a = ctx;
    char *own_name = arena_strdup(a->arena, name);
    char *own_value = value != NULL ? arena_strdup(a->arena, value) : NULL;
    if (own_name == NULL || (value != NULL && own_value == NULL))
        return ERR_MEMORY;
    return add(a->params, own_name, own_value, PARAM_BODY, is_string, a->arena);
}

enum err params_add_json(struct params *p, const char *text, size_t len, struct arena *arena,
                         enum detail *detail_out)
{
    static const enum detail details[] = {
        [JSON_FINE] = DETAIL_NONE,
        [JSON_MALFORMED] = DETAIL_JSON_MALFORMED,
        [JSON_NOT_OBJECT] = DETAIL_JSON_OBJECT,
        [JSON_DUPLICATE] = DETAIL_JSON_DUPLICATE,
        [JSON_NUL] = DETAIL_NUL,
        [JSON_UTF8] = DETAIL_UTF8,
        [JSON_DEPTH] = DETAIL_JSON_DEPTH,
    };
    struct json_object *root = NULL;
    enum json_fault fault = JSON_MALFORMED;
    enum err e = json_in_parse(text, len, &root, &fault);
    if (e == ERR_BAD_REQUEST)
        *detail_out = details[fault];
    *detail_out = e == ERR_OK ? DETAIL_TOO_MANY : *detail_out;
    if (e == ERR_OK)
        e = json_in_members(root, add_member, &(struct adding){.params = p, .arena = arena});
    json_in_free(root);
    return e;
}

enum err params_add_header(struct params *p, const char *name, const char *value, struct arena *arena)
{
    if (value == NULL)
        return ERR_OK;
    if (!codec_utf8_valid(value, strlen(value)))
        return ERR_BAD_REQUEST;
    return add(p, name, value, PARAM_HEADER, true, arena);
}

static bool is_named(const struct param *one, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(one->name, *names) == 0)
            return true;
    return false;
}

enum err params_get(const struct params *p, const char *const *names, const char **value_out)
{
    const char *value = NULL;
    for (const struct param *one = p->first; one != NULL; one = one->next) {
        if (!is_named(one, names))
            continue;
        if (!one->is_text)
            return ERR_BAD_REQUEST;
        if (one->value == NULL || one->value[0] == '\0')
            continue;
        if (value != NULL && strcmp(value, one->value) != 0)
            return ERR_CONFLICTING_PARAM;
        value = one->value;
    }
    *value_out = value;
    return ERR_OK;
}
