/*
 * /admin/audit: who did what, when, from where; to look at, and as files to take away.
 * Source: admin/audit_export.h; RFC 6266 (Content-Disposition).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/audit_export.h"
#include "auth/audit.h"
#include "base/clock.h"
#include "portal/pages.h"

enum {
    PAGE_ROWS = 50,
    FILE_ROWS = 20000, /* some 5 MB, which a worker holds while it is sent */
    PARTS_MAX = 500,
};

/* What the rows are asked for by; the same names in the form, in links and in addresses of files. */
static const char *const fields[] = {"who", "action", "result", "address", "from", "to"};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* ---- What is asked for -------------------------------------------------------------------------------- */

/* The filter that the address asks for; what is wrong is said at its field. */
static enum err read_filter(struct page *p, struct audit_filter *out)
{
    const char *field = NULL;
    const struct audit_ask ask = {.who = page_field(p, "who"),
                                  .action = page_field(p, "action"),
                                  .result = page_field(p, "result"),
                                  .address = page_field(p, "address"),
                                  .from = page_field(p, "from"),
                                  .to = page_field(p, "to")};
    enum err e = audit_ask_read(p->app->db, &ask, p->arena, out, &field);
    if (e != ERR_BAD_REQUEST)
        return e;
    page_fault(p, field, strcmp(field, "address") == 0 ? "audit.fault.address" : "audit.fault.date");
    return ERR_OK;
}

/* What was asked for, as a query string to go on with: "?who=…&from=…", or "?". */
static const char *query_of(const struct page *p)
{
    struct buf out;
    buf_init(&out);
    buf_add_char(&out, '?');
    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = page_field(p, fields[i]);
        if (value[0] == '\0')
            continue;
        buf_addf(&out, "%s=", fields[i]);
        page_add_encoded(&out, value);
        buf_add_char(&out, '&');
    }
    const char *query = out.err == ERR_OK ? arena_strndup(p->arena, buf_str(&out), out.len) : NULL;
    buf_free(&out);
    return query != NULL ? query : "?";
}

/* The form as it was sent. */
static void add_form(struct page *p)
{
    static const char *const results[] = {"", "ok", AUDIT_FAILED};
    const char *result = page_field(p, "result");
    struct view *form = view_map(p->view, "form");
    bool known = false, any = false;
    for (size_t i = 0; i < FIELDS; i++) {
        view_text(form, fields[i], page_field(p, fields[i]));
        any = any || page_field(p, fields[i])[0] != '\0';
    }
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct view *item = view_item(form, "results");
        bool chosen = strcmp(result, results[i]) == 0;
        view_text(item, "value", results[i]);
        view_text(item, "label", arena_printf(p->arena, "audit.result.%s", i == 0 ? "any" : results[i]));
        view_flag(item, "chosen", chosen);
        known = known || chosen;
    }
    if (!known) { /* an outcome by its name, from an address that was written by hand */
        struct view *item = view_item(form, "results");
        view_text(item, "value", result);
        view_text(item, "label", result);
        view_flag(item, "chosen", true);
    }
    view_flag(p->view, "is_filtered", any);
    view_text(p->view, "query", query_of(p));
}

/* ---- Rows --------------------------------------------------------------------------------------------- */

/* The newest that are asked for, which come oldest first. */
struct listing {
    struct page *page;
    struct audit_row row[PAGE_ROWS + 1]; /* one more tells whether there are older ones */
    size_t count;
};

/* The row with its texts in the page's own memory. */
static enum err keep(struct arena *a, const struct audit_row *row, struct audit_row *kept)
{
    *kept = *row;
    kept->actor = arena_strdup(a, row->actor);
    kept->action = arena_strdup(a, row->action);
    kept->subject = arena_strdup(a, row->subject);
    kept->result = arena_strdup(a, row->result);
    kept->client_id = arena_strdup(a, row->client_id);
    kept->dialect = arena_strdup(a, row->dialect);
    kept->address = arena_strdup(a, row->address);
    return kept->actor != NULL && kept->action != NULL && kept->subject != NULL && kept->result != NULL &&
                   kept->client_id != NULL && kept->dialect != NULL && kept->address != NULL
               ? ERR_OK
               : ERR_MEMORY;
}

static enum err keep_row(void *ctx, const struct audit_row *row)
{
    struct listing *l = ctx;
    return keep(l->page->arena, row, &l->row[l->count++]);
}

/* The name of an action or outcome in the page's language; NULL if it has none. */
static const char *word_of(const struct page *p, const char *kind, const char *name)
{
    const char *key = arena_printf(p->arena, "%s.%s", kind, name);
    return key != NULL ? words_find(key, strlen(key), p->script) : NULL;
}

static void add_row(struct page *p, const char *list, const struct audit_row *row)
{
    struct view *item = view_item(p->view, list);
    bool is_ok = strcmp(row->result, "ok") == 0;
    page_time(p, item, "at", row->at_s);
    view_text(item, "actor", row->actor);
    view_text(item, "action", row->action);
    view_text(item, "action_word", word_of(p, "audit.action", row->action));
    view_text(item, "subject", row->subject);
    view_text(item, "result", row->result);
    view_text(item, "result_word", word_of(p, "audit.result", row->result));
    view_flag(item, "is_ok", is_ok);
    view_text(item, "client", row->client_id);
    view_text(item, "dialect", row->dialect);
    view_text(item, "address", row->address);
    view_flag(item, "is_sum", row->first_s != 0);
    view_number(item, "count", row->count);
    page_time(p, item, "first", row->first_s);
    page_time(p, item, "last", row->last_s);
}

static enum err add_sum(void *ctx, const struct audit_row *row)
{
    struct page *p = ctx;
    struct audit_row kept;
    enum err e = keep(p->arena, row, &kept);
    kept.at_s = row->last_s; /* else it is when they become a row */
    if (e == ERR_OK)
        add_row(p, "sums", &kept);
    view_flag(p->view, "has_sums", true);
    return e;
}

/* What is being summed up and is no row yet: an attack that goes on is seen by it. */
static enum err add_sums(struct page *p)
{
    struct arena rows;
    arena_init(&rows, 1 << 16);
    enum err e = audit_sum_list(p->app->db, &rows, add_sum, p);
    arena_fini(&rows);
    return e;
}

static enum err add_rows(struct page *p, struct audit_filter *f)
{
    struct arena rows;
    struct listing *l = arena_alloc(p->arena, sizeof *l);
    if (l == NULL)
        return ERR_MEMORY;
    l->page = p;
    f->limit = PAGE_ROWS + 1;
    f->before = page_number(p, "before", 1, INT64_MAX, 0);
    arena_init(&rows, 1 << 16);
    enum err e = audit_store_list(p->app->db, f, &rows, keep_row, l);
    arena_fini(&rows);
    size_t first = l->count > PAGE_ROWS ? 1 : 0;
    for (size_t i = l->count; i-- > first;)
        add_row(p, "rows", &l->row[i]);
    if (first > 0)
        view_number(p->view, "older", l->row[1].id);
    view_flag(p->view, "any", l->count > 0);
    view_flag(p->view, "is_newest", f->before == 0);
    return e;
}

static enum err show_list(struct page *p)
{
    add_form(p);
    view_text(p->view, "self", "/admin/audit");
    view_flag(p->view, "is_off", p->app->cfg.audit.retention_s == 0);
    view_text(p->view, "kept", page_duration(p, p->app->cfg.audit.retention_s));
    return page_show(p, "admin-audit", page_has_faults(p) ? 400 : 200);
}

enum err admin_audit_list(struct page *p)
{
    struct audit_filter f;
    enum err e = audit_close_windows(p->app, p->now_s);
    if (e == ERR_OK || e == ERR_BUSY) /* then somebody else does it */
        e = read_filter(p, &f);
    if (e == ERR_OK && !page_has_faults(p))
        e = add_rows(p, &f);
    if (e == ERR_OK && query_of(p)[1] == '\0' && f.before == 0)
        e = add_sums(p);
    return e == ERR_OK ? show_list(p) : e;
}

/* ---- Files -------------------------------------------------------------------------------------------- */

struct parting {
    struct page *page;
    struct view *last; /* the part that ends where the next one begins */
    size_t count;
};

static enum err add_part(void *ctx, int64_t id, int64_t at_s)
{
    struct parting *t = ctx;
    if (t->last != NULL)
        view_number(t->last, "before", id);
    if (t->count == PARTS_MAX)
        return ERR_FULL;
    t->last = view_item(t->page->view, "parts");
    view_number(t->last, "number", (int64_t)++t->count);
    view_number(t->last, "after", id - 1);
    view_number(t->last, "before", 0);
    page_time(t->page, t->last, "from", at_s);
    return ERR_OK;
}

static enum err append(void *ctx, const struct buf *text)
{
    struct response *res = ctx;
    buf_add(&res->body, text->data, text->len);
    return res->body.err;
}

/* What the browser is told to call it: "audit-20261125-160355.csv". */
static void add_name(struct page *p, const char *ending)
{
    char now[CLOCK_LOCAL_CAP], digits[16];
    size_t n = 0;
    clock_local(p->now_s, now);
    for (const char *c = now; *c != '\0' && n < sizeof digits - 1; c++)
        if (*c >= '0' && *c <= '9')
            digits[n++] = *c;
        else if (*c == ' ')
            digits[n++] = '-';
    digits[n] = '\0';
    response_header(p->call->res, "Content-Disposition",
                    arena_printf(p->arena, "attachment; filename=\"audit-%s.%s\"", digits, ending));
}

/* There are more rows than a file may have: what there is in parts, each a file. */
static enum err show_parts(struct page *p, bool is_cut)
{
    add_form(p);
    view_flag(p->view, "is_cut", is_cut);
    view_number(p->view, "file_rows", FILE_ROWS);
    return page_show(p, "admin-audit-files", 200);
}

static enum err send_file(struct page *p, const struct audit_filter *f, enum audit_format format)
{
    size_t count = 0;
    enum err e = audit_export(p->app->db, f, format, append, p->call->res, &count);
    if (e != ERR_OK)
        return e;
    p->call->res->type =
        format == AUDIT_CSV ? "text/csv;charset=UTF-8" : "application/x-ndjson;charset=UTF-8";
    response_header(p->call->res, "X-Content-Type-Options", "nosniff");
    add_name(p, p->call->segment);
    return ERR_OK;
}

enum err admin_audit_file(struct page *p)
{
    enum audit_format format;
    struct audit_filter f;
    struct parting t = {.page = p};
    if (!audit_format_find(p->call->segment, &format))
        return ERR_NO_SUCH_PATH;
    enum err e = read_filter(p, &f);
    if (e == ERR_OK && page_has_faults(p))
        return show_list(p);
    f.after = page_number(p, "after", 0, INT64_MAX, 0);
    f.before = page_number(p, "before", 0, INT64_MAX, 0);
    if (e == ERR_OK)
        e = audit_store_parts(p->app->db, &f, FILE_ROWS, add_part, &t);
    if (e != ERR_OK && e != ERR_FULL)
        return e;
    return e == ERR_OK && t.count < 2 ? send_file(p, &f, format) : show_parts(p, e == ERR_FULL);
}
