#include "http/request.h"

#include <string.h>
#include <strings.h>

#include "base/codec.h"

/* The value of the first entry called `name` at or after *at; *at moves behind it. NULL if there is none. */
static const char *next_entry(char ***at, const char *name)
{
    size_t len = strlen(name);
    for (char **e = *at; *e != NULL; e++) {
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=') {
            *at = e + 1;
            return *e + len + 1;
        }
    }
    return NULL;
}

const char *request_env(const struct request *r, const char *name)
{
    char **at = r->env;
    const char *value = next_entry(&at, name);
    for (const char *more; value != NULL && (more = next_entry(&at, name)) != NULL;)
        value = arena_printf(r->arena, "%s, %s", value, more);
    return value;
}

/* X-Forwarded-For, unless it came twice: X_Forwarded_For becomes the same variable, and one of them is a
 * visitor's. */
static const char *forwarded_for(const struct request *r)
{
    static const char name[] = "HTTP_X_FORWARDED_FOR";
    char **at = r->env;
    const char *value = next_entry(&at, name);
    return value != NULL && next_entry(&at, name) == NULL ? value : NULL;
}

static const char *env_or_empty(const struct request *r, const char *name)
{
    const char *value = request_env(r, name);
    return value != NULL ? value : "";
}

void request_init(struct request *r, char **env, const char *trusted, int64_t now_s, struct arena *arena,
                  request_read *read, void *read_ctx)
{
    *r = (struct request){.env = env, .now_s = now_s, .arena = arena, .read = read, .read_ctx = read_ctx};
    r->method = env_or_empty(r, "REQUEST_METHOD");
    r->path = env_or_empty(r, "PATH_INFO");
    if (r->path[0] == '\0')
        r->path = "/";
    r->query = env_or_empty(r, "QUERY_STRING");
    r->content_type = env_or_empty(r, "CONTENT_TYPE");
    r->content_length = env_or_empty(r, "CONTENT_LENGTH");
    address_of_client(env_or_empty(r, "REMOTE_ADDR"), forwarded_for(r), trusted, r->address);
}

/* Read until `want` bytes are there or the body ends. */
static enum err read_up_to(struct request *r, char *out, size_t want, size_t *len_out)
{
    size_t len = 0;
    while (len < want) {
        long n = r->read(r->read_ctx, out + len, want - len);
        if (n < 0)
            return n == REQUEST_READ_SLOW ? ERR_SLOW : ERR_IO;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *len_out = len;
    return ERR_OK;
}

enum err request_length(const struct request *r, size_t max, int64_t *out)
{
    *out = 0;
    if (r->content_length[0] != '\0' && !codec_parse_int(r->content_length, 0, INT64_MAX, out))
        return ERR_BAD_REQUEST;
    return *out > (int64_t)max ? ERR_TOO_LARGE : ERR_OK;
}

/* A server that passes a chunked body through cannot say its length. */
static bool is_chunked(const struct request *r)
{
    return r->content_length[0] == '\0' && request_env(r, "HTTP_TRANSFER_ENCODING") != NULL;
}

bool request_has_body(const struct request *r)
{
    return r->content_length[0] != '\0' ? strcmp(r->content_length, "0") != 0 : is_chunked(r);
}

enum err request_read_body(struct request *r, size_t max, struct arena *arena)
{
    int64_t promised = 0;
    bool chunked = is_chunked(r);
    enum err e = request_length(r, max, &promised);
    if (e != ERR_OK)
        return e;
    size_t want = chunked ? max + 1 : (size_t)promised;
    r->body = arena_alloc(arena, want + 1);
    if (r->body == NULL)
        return ERR_MEMORY;
    e = read_up_to(r, r->body, want, &r->body_len);
    if (e != ERR_OK)
        return e;
    r->body[r->body_len] = '\0';
    if (r->body_len > max)
        return ERR_TOO_LARGE;
    return chunked || r->body_len == want ? ERR_OK : ERR_BAD_REQUEST;
}

bool request_content_is(const struct request *r, const char *type)
{
    size_t len = strlen(type);
    const char *rest = r->content_type + len;
    return strncasecmp(r->content_type, type, len) == 0 && (*rest == '\0' || *rest == ';' || *rest == ' ');
}
