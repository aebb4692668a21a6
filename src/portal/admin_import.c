/* /admin/import: people from a file, looked at before anything is written; and /admin/export: the way back. */
#include <stdio.h>
#include <string.h>

#include "admin/clients.h"
#include "admin/export.h"
#include "admin/groups.h"
#include "admin/import.h"
#include "base/codec.h"
#include "base/secure.h"
#include "portal/import_words.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "store/tenant_store.h"

enum {
    FILE_MAX = 700 * 1024, /* bytes: as base64, in which it comes back, less than ROUTE_UPLOAD_MAX */
    PEOPLE_MAX = 20000,
    PASSWORDS_MAX = 200, /* to be hashed while a browser waits, and the worker's other visitors */
    ROWS_SHOWN = 20,
    NOTES_SHOWN = 50,
};

/* ---- The form ---- */

static const char *const formats[] = {"", "csv", "jsonl", "htpasswd"};
static const char *const encodings[] = {"", "utf-8", "gbk", "big5", "utf-16le", "utf-16be"};
enum {
    FORMATS = sizeof formats / sizeof formats[0],
    ENCODING_CHOICES = sizeof encodings / sizeof encodings[0]
};

static void show_choices(struct page *p, const char *list, const char *automatic, const char *const *names,
                         size_t count, size_t chosen)
{
    for (size_t i = 0; i < count; i++) {
        struct view *v = view_item(p->view, list);
        view_text(v, "value", names[i]);
        view_text(v, "label", i == 0 ? page_word(p, automatic) : names[i]);
        view_flag(v, "is_chosen", i == chosen);
    }
}

static const char *tenant_of(const struct page *p)
{
    const char *tenant = page_field(p, "tenant");
    return tenant[0] != '\0' ? tenant : p->user.tenant_id;
}

static enum err show_form(struct page *p, int status)
{
    static const char *const numbers[] = {"added", "changed", "unchanged", "refused"};
    show_choices(p, "formats", "import.by_name", formats, FORMATS,
                 people_choice(p, "format", formats, FORMATS));
    show_choices(p, "encodings", "import.by_mark", encodings, ENCODING_CHOICES,
                 people_choice(p, "encoding", encodings, ENCODING_CHOICES));
    view_flag(p->view, "update", page_checked(p, "update"));
    view_flag(p->view, "as_typed", page_checked(p, "as_typed"));
    view_flag(p->view, "is_done", page_number(p, "added", 0, PEOPLE_MAX, -1) >= 0);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        view_number(p->view, numbers[i], page_number(p, numbers[i], 0, PEOPLE_MAX, 0));
    enum err e = people_show_tenants(p, tenant_of(p));
    return e == ERR_OK ? people_show(p, "admin-import", "import.title", status) : e;
}

enum err admin_import_form(struct page *p)
{
    return show_form(p, 200);
}

static enum err refuse(struct page *p, const char *field, const char *key)
{
    page_fault(p, field, key);
    return show_form(p, 400);
}

/* ---- The file ---- */

/* What is imported, and how. */
struct upload {
    struct buf file; /* as it came, then as UTF-8; there are passwords in it */
    const char *name;
    enum people_format format;
    bool has_encoding;
    enum encoding encoding;
    struct import import;
};

/* The file of the first form, or what the second brings back of it. False after a fault. */
static bool take_file(struct page *p, struct upload *u)
{
    const struct multipart_file *file = page_file(p, "file");
    const char *data = page_field(p, "data");
    size_t len = strlen(data);
    u->name = file != NULL ? file->name : page_field(p, "name");
    if (file != NULL && file->len <= FILE_MAX)
        buf_add(&u->file, file->data, file->len);
    else if (file == NULL && len > 0) {
        unsigned char *room = buf_reserve(&u->file, len);
        long n = room != NULL ? codec_base64_decode(data, len, room, len) : -1;
        u->file.len += n > 0 ? (size_t)n : 0;
    }
    if (file != NULL && file->len > FILE_MAX)
        page_fault(p, "file", "import.too_large");
    else if (u->file.len == 0)
        page_fault(p, "file", "import.no_file");
    return !page_has_faults(p);
}

static bool take_format(struct page *p, struct upload *u)
{
    const char *format = page_field(p, "format"), *encoding = page_field(p, "encoding");
    if (format[0] != '\0' ? !people_format_find(format, &u->format)
                          : !people_format_of_file(u->name, &u->format))
        page_fault(p, "format", "import.no_format");
    u->has_encoding = encoding[0] != '\0';
    if (u->has_encoding && !encoding_find(encoding, &u->encoding))
        page_fault(p, "encoding", "import.no_encoding");
    return !page_has_faults(p);
}

static bool decode(struct page *p, struct upload *u)
{
    struct buf why;
    size_t line = 0;
    buf_init(&why);
    enum err e = import_decode(u->has_encoding ? &u->encoding : NULL, &u->file, &line, &why);
    if (e != ERR_OK) {
        struct view *values = view_new(p->arena);
        view_number(values, "line", (int64_t)line);
        view_text(values, "why", e == ERR_BAD_REQUEST ? import_words(p, buf_str(&why)) : "");
        page_fault_text(p, "encoding",
                        page_sentence(p, line > 0 ? "import.fault_in_line" : "import.fault", values));
    }
    buf_free(&why);
    return e == ERR_OK;
}

/* ---- The preview ---- */

static void show_notes(struct page *p, const struct import_notes *notes, const char *list)
{
    for (size_t i = 0; i < notes->count && i < NOTES_SHOWN; i++) {
        struct view *v = view_item(p->view, list);
        view_number(v, "line", (int64_t)notes->at[i].line);
        view_text(v, "what", import_words(p, notes->at[i].what));
    }
}

static void show_row(void *ctx, const struct import_row *row)
{
    static const char *const keys[] = {[IMPORT_ADDED] = "import.is_added",
                                       [IMPORT_CHANGED] = "import.is_changed",
                                       [IMPORT_UNCHANGED] = "import.is_unchanged"};
    static const char *const badges[] = {
        [IMPORT_ADDED] = "good", [IMPORT_CHANGED] = "warn", [IMPORT_UNCHANGED] = ""};
    struct page *p = ctx;
    struct view *v = view_item(p->view, "rows");
    view_number(v, "line", (int64_t)row->line);
    view_textf(v, "account", "%s", row->user->account);
    view_textf(v, "tenant", "%s", row->user->tenant_id);
    view_textf(v, "name", "%s", row->user->real_name);
    view_textf(v, "email", "%s", row->user->email);
    view_textf(v, "groups", "%s", row->groups);
    view_text(v, "outcome", page_word(p, keys[row->outcome]));
    view_text(v, "badge", badges[row->outcome]);
}

static void show_counts(struct page *p, const struct import *im)
{
    view_number(p->view, "added", (int64_t)(im->count - im->existing));
    view_number(p->view, "changed", (int64_t)(im->existing - im->unchanged));
    view_number(p->view, "unchanged", (int64_t)im->unchanged);
    view_number(p->view, "refused", (int64_t)im->faults.count);
    view_flag(p->view, "has_wrong", im->faults.count > 0);
    view_flag(p->view, "has_doubts", im->doubts.count > 0);
    view_flag(p->view, "has_rows", im->count > 0);
    view_flag(p->view, "has_more_rows", im->count > ROWS_SHOWN);
    view_flag(p->view, "has_more_wrong", im->faults.count > NOTES_SHOWN);
}

/* Whether there are people whom some client cannot let in: it sends the MD5 of a password. */
static enum err show_unseen(struct page *p, const struct import *im)
{
    struct buf clients;
    buf_init(&clients);
    enum err e = im->unseen > 0 ? clients_md5(p->app->db, &clients) : ERR_OK;
    view_number(p->view, "unseen", (int64_t)im->unseen);
    view_flag(p->view, "has_unseen", clients.len > 0);
    view_textf(p->view, "unseen_by", "%s", buf_str(&clients));
    buf_free(&clients);
    return e;
}

/* The file goes to the browser and comes back with the button that writes it: nothing is kept here of what nobody may
 * ever confirm, with passwords in it. */
static enum err show_preview(struct page *p, struct upload *u, const struct buf *original)
{
    struct buf base64;
    show_counts(p, &u->import);
    show_notes(p, &u->import.faults, "wrong");
    show_notes(p, &u->import.doubts, "doubts");
    import_rows(&u->import, ROWS_SHOWN, show_row, p);
    buf_init(&base64);
    codec_base64(&base64, original->data, original->len);
    enum err e = base64.err != ERR_OK ? base64.err : show_unseen(p, &u->import);
    view_textf(p->view, "data", "%s", buf_str(&base64));
    buf_free(&base64);
    view_text(p->view, "file_name", u->name);
    view_text(p->view, "format", page_field(p, "format"));
    view_text(p->view, "encoding", page_field(p, "encoding"));
    view_text(p->view, "tenant", tenant_of(p));
    view_flag(p->view, "update", page_checked(p, "update"));
    view_flag(p->view, "as_typed", page_checked(p, "as_typed"));
    return e == ERR_OK ? people_show(p, "admin-import-preview", "import.preview", 200) : e;
}

/* ---- Writing ---- */

/* A file may lock people, and say who is in which group: not whoever imports it, nor the last administrator. */
static enum err write(struct page *p, void *ctx)
{
    struct upload *u = ctx;
    struct user me;
    bool is_admin = false;
    enum err e = import_write(&u->import);
    if (e == ERR_OK)
        e = user_store_get(p->app->db, p->user.id, p->arena, &me);
    if (e == ERR_OK)
        e = group_store_has(p->app->db, GROUPS_ADMINS, me.id, &is_admin);
    return e == ERR_OK && (me.locked || !is_admin) ? ERR_FORBIDDEN : e;
}

static enum err write_and_tell(struct page *p, struct upload *u)
{
    const struct import *im = &u->import;
    size_t added = im->count - im->existing, changed = im->existing - im->unchanged;
    const char *subject = arena_printf(p->arena, "file: %zu added, %zu changed", added, changed);
    enum err e = people_change(p, write, u, "user.import", subject);
    if (im->overtaken_line != 0)
        return refuse(p, "file", "import.overtaken");
    if (im->last_admin_line != 0)
        return refuse(p, "file", "users.last_admin");
    if (e == ERR_FORBIDDEN || e == ERR_USER_NETWORK)
        return refuse(p, "file", "import.not_yourself");
    if (e != ERR_OK)
        return e;
    const char *to = arena_printf(p->arena, "/admin/import?added=%zu&changed=%zu&unchanged=%zu&refused=%zu",
                                  added, changed, im->unchanged, im->faults.count);
    return to != NULL ? page_go(p, to, NULL) : ERR_MEMORY;
}

static void no_step(void *ctx, const char *what, size_t done, size_t total)
{
    (void)ctx, (void)what, (void)done, (void)total;
}

/* Read and check it; then show what would come of it, or write it. */
static enum err import_file(struct page *p, struct upload *u, const struct buf *original)
{
    bool is_write = strcmp(page_field(p, "step"), "write") == 0;
    struct import_rules rules = {.tenant_id = tenant_of(p),
                                 .update = page_checked(p, "update"),
                                 .as_typed = page_checked(p, "as_typed"),
                                 .is_preview = !is_write,
                                 .people_max = PEOPLE_MAX,
                                 .passwords_max = PASSWORDS_MAX};
    struct watch watch = {.step = no_step};
    import_init(&u->import, p->app, &rules, p->now_s, &watch);
    app_before_slow(p->app);
    enum err e = import_read(&u->import, u->format, buf_str(&u->file), u->file.len);
    bool may = u->import.count > 0 && (u->import.faults.count == 0 || page_checked(p, "keep"));
    if (e == ERR_TOO_LARGE)
        e = refuse(p, "file", "import.too_many");
    else if (e == ERR_OK)
        e = is_write && may ? write_and_tell(p, u) : show_preview(p, u, original);
    import_fini(&u->import);
    return e;
}

enum err admin_import_take(struct page *p)
{
    struct upload u = {0};
    struct buf original;
    struct tenant tenant;
    enum err e = tenant_store_get(p->app->db, tenant_of(p), p->arena, &tenant);
    if (e == ERR_NOT_FOUND)
        return refuse(p, "tenant", "users.no_tenant");
    if (e != ERR_OK)
        return e;
    buf_init(&u.file);
    buf_init(&original);
    bool good = take_file(p, &u) && take_format(p, &u);
    if (good)
        buf_add(&original, u.file.data, u.file.len);
    good = good && original.err == ERR_OK && decode(p, &u);
    e = original.err != ERR_OK ? original.err : good ? import_file(p, &u, &original) : show_form(p, 400);
    buf_free(&original);
    buf_free(&u.file);
    return e;
}

/* ---- Export ---- */

enum err admin_export_form(struct page *p)
{
    enum err e = people_show_tenants(p, "");
    return e == ERR_OK ? people_show(p, "admin-export", "export.title", 200) : e;
}

static enum err add_piece(void *ctx, const struct buf *text)
{
    struct page *p = ctx;
    buf_add(&p->call->res->body, text->data, text->len);
    return p->call->res->body.err;
}

static enum err note(struct page *p, void *ctx)
{
    (void)p, (void)ctx;
    return ERR_OK;
}

/* Verifiers stay here: whoever needs them has the command line. That the names left the site is on record before they
 * do. */
enum err admin_export_send(struct page *p)
{
    static const char *const kinds[] = {"excel", "csv", "jsonl"};
    size_t kind = people_choice(p, "format", kinds, 3), count = 0;
    const char *tenant = page_field(p, "tenant");
    struct export_rules rules = {.format = kind == 2 ? PEOPLE_JSONL : PEOPLE_CSV,
                                 .tenant_id = tenant[0] != '\0' ? tenant : NULL,
                                 .for_excel = kind == 0};
    enum err e = people_change(p, note, NULL, "user.export",
                               arena_printf(p->arena, "tenant:%s", tenant[0] != '\0' ? tenant : "*"));
    if (e == ERR_OK)
        e = export_people(p->app->db, &rules, add_piece, p, &count);
    if (e != ERR_OK)
        return e;
    p->call->res->type = kind == 2 ? "application/jsonl;charset=UTF-8" : "text/csv;charset=UTF-8";
    response_header(p->call->res, "X-Content-Type-Options", "nosniff");
    response_header(p->call->res, "Content-Disposition",
                    kind == 2 ? "attachment; filename=\"users.jsonl\""
                              : "attachment; filename=\"users.csv\"");
    return ERR_OK;
}
