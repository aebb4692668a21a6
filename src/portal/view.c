#include "portal/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct view_root {
    struct arena *arena;
    bool is_full; /* something found no room */
};

static struct view *new_map(struct view_root *root)
{
    struct view *v = arena_alloc(root->arena, sizeof *v);
    if (v != NULL)
        v->root = root;
    else
        root->is_full = true;
    return v;
}

struct view *view_new(struct arena *arena)
{
    struct view_root *root = arena_alloc(arena, sizeof *root);
    if (root == NULL)
        return NULL;
    root->arena = arena;
    return new_map(root);
}

bool view_is_whole(const struct view *v)
{
    return v != NULL && !v->root->is_full;
}

/* The member `name` of this very map, without a look at dots. */
static struct view_value *member(const struct view *v, const char *name, size_t len)
{
    for (struct view_value *x = v->first; x != NULL; x = x->next)
        if (x->name[0] == name[0] && strncmp(x->name, name, len) == 0 && x->name[len] == '\0')
            return x;
    return NULL;
}

/* The value `name`, which is made or emptied. NULL: no room, as also for a name that found none. */
static struct view_value *put(struct view *v, const char *name, enum view_kind kind)
{
    if (v != NULL && name == NULL)
        v->root->is_full = true;
    if (v == NULL || name == NULL)
        return NULL;
    struct view_value *x = member(v, name, strlen(name));
    if (x == NULL) {
        x = arena_alloc(v->root->arena, sizeof *x);
        if (x == NULL) {
            v->root->is_full = true;
            return NULL;
        }
        if (v->last != NULL)
            v->last->next = x;
        else
            v->first = x;
        v->last = x;
    }
    struct view_value *next = x->next;
    *x = (struct view_value){.name = name, .kind = kind, .next = next};
    return x;
}

void view_text(struct view *v, const char *name, const char *value)
{
    struct view_value *x = put(v, name, VIEW_TEXT);
    if (x != NULL)
        x->text = value != NULL ? value : "";
}

void view_textf(struct view *v, const char *name, const char *fmt, ...)
{
    struct view_value *x = put(v, name, VIEW_TEXT);
    va_list args;
    if (x == NULL)
        return;
    char brief[256];
    va_start(args, fmt);
    int n = vsnprintf(brief, sizeof brief, fmt, args);
    va_end(args);
    char *text = n >= 0 ? arena_alloc(v->root->arena, (size_t)n + 1) : NULL;
    if (text == NULL) {
        v->root->is_full = true;
        x->text = "";
        return;
    }
    if ((size_t)n < sizeof brief) {
        memcpy(text, brief, (size_t)n + 1);
    } else {
        va_start(args, fmt);
        vsnprintf(text, (size_t)n + 1, fmt, args);
        va_end(args);
    }
    x->text = text;
}

void view_number(struct view *v, const char *name, int64_t value)
{
    view_textf(v, name, "%lld", (long long)value);
}

void view_flag(struct view *v, const char *name, bool value)
{
    struct view_value *x = put(v, name, VIEW_FLAG);
    if (x != NULL)
        x->flag = value;
}

void view_markup(struct view *v, const char *name, const struct buf *markup)
{
    struct view_value *x = put(v, name, VIEW_MARKUP);
    if (x == NULL)
        return;
    x->text = arena_strndup(v->root->arena, buf_str(markup), markup->len);
    if (x->text == NULL || markup->err != ERR_OK) {
        v->root->is_full = true;
        x->text = "";
    }
}

struct view *view_map(struct view *v, const char *name)
{
    struct view_value *x = v != NULL ? member(v, name, strlen(name)) : NULL;
    if (x != NULL && x->kind == VIEW_MAP)
        return x->map;
    x = put(v, name, VIEW_MAP);
    if (x != NULL)
        x->map = new_map(v->root);
    return x != NULL ? x->map : NULL;
}

struct view *view_item(struct view *v, const char *name)
{
    struct view_value *x = v != NULL ? member(v, name, strlen(name)) : NULL;
    if (x == NULL || x->kind != VIEW_LIST)
        x = put(v, name, VIEW_LIST);
    struct view_item *item = x != NULL ? arena_alloc(v->root->arena, sizeof *item) : NULL;
    if (item == NULL) {
        if (v != NULL)
            v->root->is_full = true;
        return NULL;
    }
    item->map = new_map(v->root);
    if (x->end != NULL)
        x->end->next = item;
    else
        x->item = item;
    x->end = item;
    return item->map;
}

const struct view_value *view_find(const struct view *v, const char *name, size_t len)
{
    while (v != NULL) {
        const char *dot = len > 1 ? memchr(name, '.', len) : NULL;
        size_t n = dot != NULL ? (size_t)(dot - name) : len;
        const struct view_value *x = member(v, name, n);
        if (dot == NULL || x == NULL)
            return x;
        v = x->kind == VIEW_MAP ? x->map : NULL;
        name += n + 1;
        len -= n + 1;
    }
    return NULL;
}
