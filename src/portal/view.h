/*
 * What a page shows, as a tree of named values that a template takes its texts from. Everything lives in the arena
 * of the request; texts are borrowed for as long.
 *
 * A failure (no memory) is remembered in the tree and comes out when the page is shown, so that a handler adds value
 * after value and checks once. Every function takes a NULL view, and does nothing then; what adds a text, number or flag
 * takes a NULL name too, as arena_printf returns it, for one more thing that found no room.
 *
 * Depends on base/arena, base/buf.
 */
#ifndef PORTAL_VIEW_H
#define PORTAL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

enum view_kind { VIEW_TEXT, VIEW_MARKUP, VIEW_FLAG, VIEW_MAP, VIEW_LIST };

struct view {
    struct view_root *root;
    struct view_value *first, *last;
};

struct view_value {
    const char *name;
    enum view_kind kind;
    const char *text;             /* VIEW_TEXT, VIEW_MARKUP; NUL-terminated */
    bool flag;                    /* VIEW_FLAG */
    struct view *map;             /* VIEW_MAP */
    struct view_item *item, *end; /* VIEW_LIST */
    struct view_value *next;
};

struct view_item {
    struct view *map;
    struct view_item *next;
};

/* An empty tree; NULL when the arena is full. */
struct view *view_new(struct arena *arena);

/* Whether everything that was added found room. */
bool view_is_whole(const struct view *v);

/* A text; the template escapes it. NULL is "". */
void view_text(struct view *v, const char *name, const char *value);
void view_textf(struct view *v, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void view_number(struct view *v, const char *name, int64_t value);

/* What {{#name}} and {{^name}} ask. */
void view_flag(struct view *v, const char *name, bool value);

/* Markup that this program made itself (a chart, a QR code): it is not escaped. Never anything of a request. Copied. */
void view_markup(struct view *v, const char *name, const struct buf *markup);

/* A map within the map, for {{#name}}…{{/name}} and {{name.member}}. */
struct view *view_map(struct view *v, const char *name);

/* One more item of the list `name`, made with its first item: its map. */
struct view *view_item(struct view *v, const char *name);

/* The value `name` ("a.b" looks into the map a) of this map alone; NULL if there is none. */
const struct view_value *view_find(const struct view *v, const char *name, size_t len);

#endif
