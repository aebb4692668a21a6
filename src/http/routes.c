#include "http/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Finding the route ---- */

/* The next element of a comma-joined list of prefixes: its length without a final slash; *list moves past it.
 */
static const char *next_prefix(const char **list, size_t *len_out)
{
    const char *prefix = *list;
    size_t len = strcspn(prefix, ",");
    *list = prefix + len + (prefix[len] == ',');
    *len_out = len == 1 ? 0 : len; /* "/" */
    return prefix;
}

/* What is left of `path` below the prefix, starting with '/'; NULL if it is not below it. */
static const char *below(const char *path, const char *prefix, size_t len)
{
    if (strncmp(path, prefix, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len;
}

/* Length of what goes before the prefix' last segment: "/api" of "/api/blade-auth". */
static size_t parent_len(const char *prefix, size_t len)
{
    while (len > 0 && prefix[len - 1] != '/')
        len--;
    return len > 0 ? len - 1 : 0;
}

/* Whether `rest` is of the form of `pattern`; the part that {…} matched in *segment, *len. */
static bool matches(const char *pattern, const char *rest, const char **segment, size_t *len)
{
    *len = 0;
    while (*pattern != '\0' && *rest != '\0') {
        if (*pattern == '*') {
            *segment = rest;
            *len = strlen(rest);
            return true;
        }
        if (*pattern == '{') {
            *segment = rest;
            *len = strcspn(rest, "/");
            if (*len == 0)
                return false;
            rest += *len;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *rest++) {
            return false;
        }
    }
    return *pattern == '\0' && *rest == '\0';
}

static bool same_first_segment(const char *pattern, const char *rest)
{
    size_t n = 1 + strcspn(pattern + 1, "/");
    return strncmp(pattern, rest, n) == 0 && (rest[n] == '/' || rest[n] == '\0');
}

/* HEAD stands where GET does. Two dialects may serve the same. */
static void add_allowed(char allow[ROUTES_ALLOW_CAP], const char *method)
{
    size_t used = strlen(allow);
    if (strstr(allow, method) != NULL)
        return;
    snprintf(allow + used, ROUTES_ALLOW_CAP - used, "%s%s%s", used > 0 ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

/* Where a pattern begins: at the whole path, beside the prefix, or, 0, below it. */
enum { PLACE = ROUTE_ABSOLUTE | ROUTE_BESIDE };

/* Look for `rest` among those routes of one dialect whose patterns begin at `place`. True if the path is
 * known, with whatever method. */
static bool find_in(const struct dialect *d, const char *rest, unsigned place, const char *method,
                    struct routes_found *f)
{
    bool known = false;
    for (size_t i = 0; i < d->count; i++) {
        const struct route *r = &d->routes[i];
        const char *segment = "";
        size_t len = 0;
        if ((r->flags & PLACE) != place || !matches(r->pattern, rest, &segment, &len))
            continue;
        known = true;
        if (strcmp(r->method, method) == 0) {
            f->dialect = d;
            f->route = r;
            f->segment = segment;
            f->segment_len = len;
            return true;
        }
        if (f->route == NULL) {
            /* Whoever uses a wire contract in the wrong way is told so in its shape, also where a page is beside it. */
            if (f->dialect == NULL || !d->is_for_people)
                f->dialect = d;
            add_allowed(f->allow, r->method);
        }
    }
    return known;
}

/* Whether the dialect's shape fits an unknown path: below a prefix of its own, or beside one of its routes.
 */
static bool is_near(const struct dialect *d, const char *rest, size_t prefix_len)
{
    if (prefix_len > 0)
        return true;
    for (size_t i = 0; i < d->count; i++)
        if ((d->routes[i].flags & PLACE) == 0 && same_first_segment(d->routes[i].pattern, rest))
            return true;
    return false;
}

static bool is_settled(const struct routes_found *f)
{
    return f->route != NULL && (f->route->flags & ROUTE_YIELDS) == 0;
}

void routes_find(const struct config *cfg, const struct dialect *const *dialects, const char *path,
                 const char *method, struct routes_found *out)
{
    const struct dialect *near = NULL;
    size_t near_len = 0;
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    *out = (struct routes_found){.segment = ""};
    for (size_t i = 0; i < DIALECT_COUNT && !is_settled(out); i++) {
        const struct config_dialect *section = &cfg->dialect[i];
        const char *list = section->prefix;
        if (section->enabled && find_in(dialects[i], path, ROUTE_ABSOLUTE, method, out))
            continue;
        while (section->enabled && *list != '\0' && !is_settled(out)) {
            size_t len = 0;
            const char *prefix = next_prefix(&list, &len);
            const char *beside = below(path, prefix, parent_len(prefix, len));
            const char *rest = below(path, prefix, len);
            if (beside != NULL && find_in(dialects[i], beside, ROUTE_BESIDE, method, out))
                continue;
            if (rest == NULL || find_in(dialects[i], rest, 0, method, out))
                continue;
            if (is_near(dialects[i], rest, len) && (near == NULL || len > near_len)) {
                near = dialects[i];
                near_len = len;
            }
        }
    }
    if (out->dialect == NULL)
        out->dialect = near;
    if (out->route == NULL && out->allow[0] != '\0')
        add_allowed(out->allow, "OPTIONS");
}

/* ---- Clashes ---- */

/* Whether some path matches both prefix+pattern pairs. Segment by segment, since {…} covers one whole
 * segment. */
static bool overlap(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t na = 1 + strcspn(a + 1, "/"), nb = 1 + strcspn(b + 1, "/");
        if (a[1] == '*' || b[1] == '*')
            return true;
        bool free_segment = a[1] == '{' || b[1] == '{';
        if (!free_segment && (na != nb || memcmp(a, b, na) != 0))
            return false;
        a += na;
        b += nb;
    }
    return *a == *b;
}

struct mounted {
    const struct dialect *dialect;
    const struct route *route;
    char path[CONFIG_TEXT_CAP * 2]; /* prefix and pattern */
};

enum { MOUNTED_MAX = 256 };

/* Add those of the dialect's routes whose patterns begin at `place`, which is there below the prefix. */
static enum err mount_at(const struct dialect *d, unsigned place, const char *prefix, size_t len,
                         struct mounted *all, size_t *count, struct buf *why)
{
    for (size_t i = 0; i < d->count; i++) {
        if ((d->routes[i].flags & PLACE) != place)
            continue;
        if (*count == MOUNTED_MAX) {
            buf_add_str(why, "too many prefixes: use fewer");
            return ERR_CONFIG;
        }
        struct mounted *m = &all[(*count)++];
        m->dialect = d;
        m->route = &d->routes[i];
        snprintf(m->path, sizeof m->path, "%.*s%s", (int)len, prefix, d->routes[i].pattern);
    }
    return ERR_OK;
}

static enum err mount(const struct dialect *d, const char *prefixes, struct mounted *all, size_t *count,
                      struct buf *why)
{
    enum err e = mount_at(d, ROUTE_ABSOLUTE, "", 0, all, count, why);
    for (const char *list = prefixes; e == ERR_OK && *list != '\0';) {
        size_t len = 0;
        const char *prefix = next_prefix(&list, &len);
        e = mount_at(d, 0, prefix, len, all, count, why);
        if (e == ERR_OK)
            e = mount_at(d, ROUTE_BESIDE, prefix, parent_len(prefix, len), all, count, why);
    }
    return e;
}

/* Two prefixes of a dialect may stand beside the same services. */
static bool may_share(const struct mounted *a, const struct mounted *b)
{
    return ((a->route->flags | b->route->flags) & ROUTE_YIELDS) != 0 ||
           (a->route == b->route && (a->route->flags & ROUTE_BESIDE) != 0);
}

static enum err check_pairs(const struct mounted *all, size_t count, struct buf *why)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            const struct mounted *a = &all[i], *b = &all[k];
            if (strcmp(a->route->method, b->route->method) != 0 || may_share(a, b) ||
                !overlap(a->path, b->path))
                continue;
            buf_addf(why,
                     "[%s] and [%s] both serve %s %s: set enabled = no for one, or give one "
                     "another "
                     "prefix",
                     config_dialect_section(a->dialect->id), config_dialect_section(b->dialect->id),
                     a->route->method, a->path);
            return ERR_CONFIG;
        }
    }
    return ERR_OK;
}

enum err routes_check(const struct config *cfg, const struct dialect *const *dialects, struct buf *why)
{
    struct mounted *all = calloc(MOUNTED_MAX, sizeof *all);
    size_t count = 0;
    enum err e = all != NULL ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; e == ERR_OK && i < DIALECT_COUNT; i++)
        if (cfg->dialect[i].enabled)
            e = mount(dialects[i], cfg->dialect[i].prefix, all, &count, why);
    if (e == ERR_OK)
        e = check_pairs(all, count, why);
    free(all);
    return e;
}
