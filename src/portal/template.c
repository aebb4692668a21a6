#include "portal/template.h"

#include <string.h>

#include "portal/words.h"

enum { DEPTH_MAX = 24, FILES_MAX = 8 };

/* A place within a template that is being shown. */
struct cursor {
    const char *at, *end;
    const char *line; /* where the line began that `at` stands in */
};

struct render {
    enum script script;
    const char *mount;
    const char *content;               /* the page's text, for {{>content}} */
    const struct view *map[DEPTH_MAX]; /* innermost last; NULL: what is there is a text */
    const struct view_value *self[DEPTH_MAX];
    size_t depth;
    size_t files; /* templates within templates */
    struct buf *out;
};

/* A tag, without its braces. */
struct tag {
    char kind; /* '#', '^', '/', '>', '!', '<', 't', 'u'; '\0': a value */
    const char *name;
    size_t len;
};

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return "&#39;";
    }
}

static void escape(const char *text, size_t len, struct buf *out)
{
    const char *end = text + len;
    while (text < end) {
        size_t n = strcspn(text, "&<>\"'");
        if (n >= (size_t)(end - text)) {
            buf_add(out, text, (size_t)(end - text));
            return;
        }
        buf_add(out, text, n);
        buf_add_str(out, escape_of(text[n]));
        text += n + 1;
    }
}

void template_escape(const char *text, struct buf *out)
{
    escape(text, strlen(text), out);
}

static const char *find_file(const char *name, size_t len)
{
    for (const struct template_file *f = template_files; f->text != NULL; f++)
        if (f->name[0] == name[0] && strncmp(f->name, name, len) == 0 && f->name[len] == '\0')
            return f->text;
    return NULL;
}

static const struct view_value *find(const struct render *r, const char *name, size_t len)
{
    const char *dot = len > 1 ? memchr(name, '.', len) : NULL;
    size_t first = dot != NULL ? (size_t)(dot - name) : len;
    for (size_t i = r->depth; i-- > 0;) {
        if (len == 1 && name[0] == '.' && r->map[i] == NULL)
            return r->self[i];
        /* The map that has the first part has the say: an outer one's member must not show through. */
        const struct view_value *x = r->map[i] != NULL ? view_find(r->map[i], name, first) : NULL;
        if (x != NULL)
            return dot == NULL ? x : view_find(r->map[i], name, len);
    }
    return NULL;
}

static bool is_true(const struct view_value *x)
{
    if (x == NULL)
        return false;
    switch (x->kind) {
    case VIEW_FLAG:
        return x->flag;
    case VIEW_LIST:
        return x->item != NULL;
    case VIEW_MAP:
        return x->map != NULL;
    default:
        return x->text[0] != '\0';
    }
}

static void show(const struct view_value *x, struct buf *out)
{
    if (x == NULL)
        return;
    if (x->kind == VIEW_MARKUP)
        buf_add_str(out, x->text);
    else if (x->kind == VIEW_TEXT)
        template_escape(x->text, out);
}

/* A text with its {name}s. */
static void show_sentence(const struct render *r, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "{");
        escape(text, n, r->out);
        text += n;
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        if (close != NULL) {
            show(find(r, text + 1, (size_t)(close - text) - 1), r->out);
            text = close + 1;
        } else if (*text == '{') {
            buf_add_char(r->out, *text++);
        }
    }
}

static void show_word(const struct render *r, const struct tag *t)
{
    const char *key = t->name;
    size_t len = t->len;
    if (*key == '?') {
        const struct view_value *x = find(r, key + 1, len - 1);
        if (x == NULL || x->kind != VIEW_TEXT)
            return;
        key = x->text;
        len = strlen(key);
    }
    const char *text = words_find(key, len, r->script);
    if (text == NULL && *t->name == '?')
        template_escape(key, r->out);
    else if (text == NULL)
        buf_add(r->out, key, len); /* a unit test finds it */
    else
        show_sentence(r, text);
}

/* ---- Reading tags ---- */

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* Read the tag that begins at c->at ("{{"). False if it has no end. */
static bool read_tag(struct cursor *c, struct tag *out)
{
    const char *p = c->at + 2, *close = p;
    while (close + 1 < c->end && !(close[0] == '}' && close[1] == '}'))
        close++;
    if (close + 1 >= c->end)
        return false;
    *out = (struct tag){0};
    if (*p != '\0' && strchr("#^/>!<", *p) != NULL)
        out->kind = *p++;
    else if ((*p == 't' || *p == 'u') && p[1] == ' ')
        out->kind = *p++;
    p = skip_blanks(p, close);
    const char *last = close;
    while (last > p && (last[-1] == ' ' || last[-1] == '\t'))
        last--;
    out->name = p;
    out->len = (size_t)(last - p);
    c->at = close + 2;
    return true;
}

/* Whether the tag from `from` to c->at is all there is in its line; then the cursor moves behind the line. */
static bool takes_line(struct cursor *c, const char *from)
{
    if (skip_blanks(c->line, from) != from)
        return false;
    const char *p = skip_blanks(c->at, c->end);
    if (p < c->end && *p != '\n')
        return false;
    c->at = p < c->end ? p + 1 : p;
    c->line = c->at;
    return true;
}

static enum err run(struct render *r, struct cursor *c, const struct tag *until, bool shown);

static enum err run_file(struct render *r, const char *text)
{
    if (text == NULL || r->files == FILES_MAX)
        return ERR_INTERNAL;
    struct cursor c = {.at = text, .end = text + strlen(text), .line = text};
    r->files++;
    enum err e = run(r, &c, NULL, true);
    r->files--;
    return e;
}

static enum err run_partial(struct render *r, const struct tag *t)
{
    bool is_content = t->len == 7 && memcmp(t->name, "content", 7) == 0;
    return run_file(r, is_content ? r->content : find_file(t->name, t->len));
}

static enum err run_within(struct render *r, struct cursor *c, const struct tag *t, const struct view *map,
                           const struct view_value *self)
{
    if (r->depth == DEPTH_MAX)
        return ERR_INTERNAL;
    r->map[r->depth] = map;
    r->self[r->depth] = self;
    r->depth++;
    enum err e = run(r, c, t, true);
    r->depth--;
    return e;
}

/* From behind {{#name}} to behind {{/name}}. */
static enum err run_section(struct render *r, struct cursor *c, const struct tag *t, bool shown)
{
    const struct view_value *x = shown ? find(r, t->name, t->len) : NULL;
    struct cursor start = *c;
    if (!shown || is_true(x) != (t->kind == '#'))
        return run(r, c, t, false);
    if (t->kind == '^' || x->kind == VIEW_FLAG)
        return run(r, c, t, true);
    if (x->kind == VIEW_MAP)
        return run_within(r, c, t, x->map, NULL);
    if (x->kind != VIEW_LIST)
        return run_within(r, c, t, NULL, x);
    enum err e = ERR_OK;
    for (const struct view_item *i = x->item; e == ERR_OK && i != NULL; i = i->next) {
        *c = start;
        e = run_within(r, c, t, i->map, NULL);
    }
    return e;
}

static enum err run_tag(struct render *r, struct cursor *c, const struct tag *t, bool shown)
{
    if (t->kind == '#' || t->kind == '^')
        return run_section(r, c, t, shown);
    if (!shown || t->kind == '!' || t->kind == '<')
        return ERR_OK;
    switch (t->kind) {
    case '>':
        return run_partial(r, t);
    case 't':
        show_word(r, t);
        return ERR_OK;
    case 'u':
        template_escape(r->mount, r->out);
        buf_add(r->out, t->name, t->len);
        return ERR_OK;
    default:
        show(find(r, t->name, t->len), r->out);
        return ERR_OK;
    }
}

/* Show, or pass over, up to and with the end of the section `until`; NULL: to the end of the file. */
static enum err run(struct render *r, struct cursor *c, const struct tag *until, bool shown)
{
    while (c->at < c->end) {
        const char *tag_at = strstr(c->at, "{{");
        const char *stop = tag_at != NULL && tag_at < c->end ? tag_at : c->end;
        for (const char *p = c->at; p < stop; p++)
            if (*p == '\n')
                c->line = p + 1;
        const char *text = c->at;
        struct tag t;
        c->at = stop;
        if (stop < c->end && !read_tag(c, &t))
            return ERR_INTERNAL;
        bool alone =
            stop < c->end && t.kind != '\0' && strchr("#^/>!<", t.kind) != NULL && takes_line(c, stop);
        const char *text_end = stop;
        while (alone && text_end > text && (text_end[-1] == ' ' || text_end[-1] == '\t'))
            text_end--;
        if (shown)
            buf_add(r->out, text, (size_t)(text_end - text));
        if (stop >= c->end)
            break;
        if (t.kind == '/')
            return until != NULL && until->len == t.len && memcmp(until->name, t.name, t.len) == 0
                       ? ERR_OK
                       : ERR_INTERNAL;
        enum err e = run_tag(r, c, &t, shown);
        if (e != ERR_OK)
            return e;
    }
    return until == NULL ? ERR_OK : ERR_INTERNAL;
}

static enum err expand(const char *text, const char *content, enum script script, const char *mount,
                       const struct view *view, struct buf *out)
{
    struct render r = {
        .script = script, .mount = mount, .content = content, .map = {view}, .depth = 1, .out = out};
    if (!view_is_whole(view))
        return ERR_MEMORY;
    enum err e = run_file(&r, text);
    return e == ERR_OK ? out->err : e;
}

enum err template_expand(const char *text, enum script script, const char *mount, const struct view *view,
                         struct buf *out)
{
    return expand(text, NULL, script, mount, view, out);
}

enum err template_render(const char *name, enum script script, const char *mount, const struct view *view,
                         struct buf *out)
{
    const char *text = find_file(name, strlen(name));
    struct tag layout;
    if (text == NULL)
        return ERR_INTERNAL;
    if (strncmp(text, "{{<", 3) != 0)
        return expand(text, NULL, script, mount, view, out);
    struct cursor c = {.at = text, .end = text + strlen(text), .line = text};
    if (!read_tag(&c, &layout))
        return ERR_INTERNAL;
    return expand(find_file(layout.name, layout.len), text, script, mount, view, out);
}
