#include "portal/frame.h"

#include <string.h>

static const char *text_at(const struct page *p, const char *name)
{
    const struct view_value *x = view_find(p->view, name, strlen(name));
    return x != NULL && x->kind == VIEW_TEXT ? x->text : "";
}

/* An error is titled by its status. */
static const char *title_of(struct page *p, const char *name)
{
    const char *status = text_at(p, "status");
    const char *key = strcmp(name, "error") == 0 ? arena_printf(p->arena, "error.title_%s", status)
                                                 : arena_printf(p->arena, "%s.title", name);
    if (key == NULL)
        return "";
    if (words_find(key, strlen(key), p->script) != NULL)
        return page_word(p, key);
    return strcmp(name, "error") != 0
               ? ""
               : page_word(p, status[0] == '4' ? "error.title_400" : "error.title_500");
}

const char *frame_path(const struct page *p)
{
    const char *path = p->call->req->path;
    const char *prefix = p->call->cfg != NULL ? p->call->cfg->prefix : "/";
    size_t len = strcspn(prefix, ",");
    return len > 1 && strncmp(path, prefix, len) == 0 && path[len] == '/' ? path + len : path;
}

/* PATH_INFO comes decoded. */
static void add_path(struct buf *out, const char *path)
{
    while (*path != '\0') {
        const char *slash = strchr(path, '/');
        size_t len = slash != NULL ? (size_t)(slash - path) : strlen(path);
        char segment[256];
        for (size_t n; len > 0; path += n, len -= n) {
            n = len < sizeof segment - 1 ? len : sizeof segment - 1;
            memcpy(segment, path, n);
            segment[n] = '\0';
            page_add_encoded(out, segment);
        }
        if (slash != NULL) {
            buf_add_char(out, '/');
            path = slash + 1;
        }
    }
}

/* A query string without the parameter `lang`, with "&" behind each of the others. */
static void add_query(struct buf *out, const char *query)
{
    while (*query != '\0') {
        size_t len = strcspn(query, "&");
        if (len > 0 && strncmp(query, "lang=", 5) != 0) {
            buf_add(out, query, len);
            buf_add_char(out, '&');
        }
        query += len + (query[len] == '&');
    }
}

static void add_language_base(struct page *p)
{
    const struct request *r = p->call->req;
    const char *self = text_at(p, "self");
    bool is_get = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    struct buf base;
    buf_init(&base);
    buf_add_str(&base, p->mount);
    if (self[0] != '\0') {
        buf_add_str(&base, self);
        buf_add_char(&base, strchr(self, '?') != NULL ? '&' : '?');
    } else {
        const char *path = is_get ? frame_path(p) : "/";
        while (path[0] == '/' && path[1] == '/') /* "//host/x" would be another host's */
            path++;
        add_path(&base, path);
        buf_add_char(&base, '?');
        add_query(&base, is_get ? r->query : "");
    }
    view_text(p->view, "lang_base", arena_strndup(p->arena, buf_str(&base), base.len));
    buf_free(&base);
}

void frame_add(struct page *p, const char *name)
{
    if (text_at(p, "title")[0] == '\0')
        view_text(p->view, "title", title_of(p, name));
    add_language_base(p);
}
