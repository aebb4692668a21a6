#include "admin/people.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/text.h"
#include "base/json_in.h"
#include "base/json_out.h"

/* The column of a text of a user: its place in the list of them. */
#define TEXT_PLACE(member, ...) TEXT_##member,
enum { USER_TEXTS(TEXT_PLACE) };
#define TEXT_COLUMN(member, ...) [PEOPLE_TEXTS + TEXT_##member] = #member,

static const char *const columns[PEOPLE_COLUMNS] = {
    [PEOPLE_ACCOUNT] = "account",
    [PEOPLE_TENANT] = "tenant",
    [PEOPLE_USER_ID] = "user_id",
    [PEOPLE_PASSWORD_HASH] = "password_hash",
    [PEOPLE_PASSWORD] = "password",
    USER_TEXTS(TEXT_COLUMN)[PEOPLE_LOCKED] = "locked",
    [PEOPLE_PASSWORD_EXPIRED] = "password_expired",
    [PEOPLE_EMAIL_VERIFIED] = "email_verified",
    [PEOPLE_GROUPS] = "groups",
    [PEOPLE_PASSWORD_CHANGED] = "password_changed",
};

static const char *const formats[PEOPLE_FORMATS] = {"csv", "jsonl", "htpasswd"};

const char *people_column_name(enum people_column column)
{
    return columns[column];
}

bool people_format_find(const char *name, enum people_format *out)
{
    for (int i = 0; i < PEOPLE_FORMATS; i++) {
        if (strcmp(formats[i], name) == 0) {
            *out = (enum people_format)i;
            return true;
        }
    }
    return false;
}

bool people_format_of_file(const char *path, enum people_format *out)
{
    static const struct {
        const char *end;
        enum people_format format;
    } ends[] = {{".csv", PEOPLE_CSV},
                {".jsonl", PEOPLE_JSONL},
                {".ndjson", PEOPLE_JSONL},
                {"htpasswd", PEOPLE_HTPASSWD}};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t n = strlen(ends[i].end);
        if (len >= n && strcmp(path + len - n, ends[i].end) == 0) {
            *out = ends[i].format;
            return true;
        }
    }
    return false;
}

static bool find_column(const char *name, enum people_column *out)
{
    for (int i = 0; i < PEOPLE_COLUMNS; i++) {
        if (strcmp(columns[i], name) == 0) {
            *out = (enum people_column)i;
            return true;
        }
    }
    return false;
}

/* What is being read, and how far. */
struct reading {
    const char *at, *end;
    size_t line;    /* of `at`, from 1 */
    char separator; /* of CSV's values */
    struct arena *arena;
    const struct people_reader *reader;
};

static enum err fault(const struct reading *r, size_t line, const char *what)
{
    return r->reader->fault(r->reader->ctx, line, what);
}

/* The next line without its end; false at the end of the text. */
static bool next_line(struct reading *r, const char **start, size_t *len)
{
    if (r->at == r->end)
        return false;
    const char *lf = memchr(r->at, '\n', (size_t)(r->end - r->at));
    *start = r->at;
    *len = (size_t)((lf != NULL ? lf : r->end) - r->at);
    if (*len > 0 && (*start)[*len - 1] == '\r')
        (*len)--;
    r->at = lf != NULL ? lf + 1 : r->end;
    r->line++;
    return true;
}

static bool is_blank(const char *line, size_t len)
{
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    return len == 0;
}

/* ---- CSV ---- */

enum { FIELDS_MAX = 64 };

struct fields {
    const char *value[FIELDS_MAX];
    size_t count;
};

/* A quoted field, from behind its opening quote; doubled quotes stand for one. NULL and *why if it does not
 * end as it should. */
static char *quoted_field(struct reading *r, const char **why)
{
    const char *from = r->at;
    size_t len = 0, doubled = 0;
    for (;; len++) {
        if (from + len == r->end) {
            *why = "a quoted value that does not end";
            r->at = r->end;
            return NULL;
        }
        if (from[len] == '\n')
            r->line++;
        if (from[len] != '"')
            continue;
        if (from + len + 1 == r->end || from[len + 1] != '"')
            break;
        len++;
        doubled++;
    }
    r->at = from + len + 1;
    bool cr_lf = r->end - r->at >= 2 && r->at[0] == '\r' && r->at[1] == '\n';
    if (r->at != r->end && *r->at != r->separator && *r->at != '\n' && !cr_lf) {
        *why = "something behind a closing quote; a quote within a value is written twice";
        return NULL;
    }
    char *value = arena_alloc(r->arena, len - doubled + 1), *to = value;
    for (size_t i = 0; value != NULL && i < len; i++) {
        *to++ = from[i];
        i += from[i] == '"';
    }
    if (value != NULL)
        *to = '\0';
    return value;
}

static char *plain_field(struct reading *r, const char **why)
{
    const char *from = r->at;
    while (r->at != r->end && *r->at != r->separator && *r->at != '\n') {
        if (*r->at == '"') {
            *why = "a quote within a value that does not begin with one";
            return NULL;
        }
        r->at++;
    }
    size_t len = (size_t)(r->at - from);
    bool at_line_end = r->at == r->end || *r->at == '\n';
    if (at_line_end && len > 0 && from[len - 1] == '\r')
        len--;
    return arena_strndup(r->arena, from, len);
}

/* To the beginning of the next line. */
static void skip_line(struct reading *r)
{
    const char *start;
    size_t len;
    next_line(r, &start, &len);
}

/*
 * The fields of the next row, which may be several lines long. ERR_OK; ERR_NOT_FOUND at the end;
 * ERR_BAD_REQUEST with *why, the rest of the line skipped; ERR_MEMORY.
 */
static enum err next_row(struct reading *r, struct fields *out, const char **why)
{
    out->count = 0;
    *why = NULL;
    if (r->at == r->end)
        return ERR_NOT_FOUND;
    for (;;) {
        bool quoted = r->at != r->end && *r->at == '"';
        r->at += quoted;
        char *value = quoted ? quoted_field(r, why) : plain_field(r, why);
        if (value == NULL) {
            skip_line(r);
            return *why != NULL ? ERR_BAD_REQUEST : ERR_MEMORY;
        }
        if (out->count == FIELDS_MAX) {
            *why = "more columns than any file of people has";
            skip_line(r);
            return ERR_BAD_REQUEST;
        }
        out->value[out->count++] = value;
        if (r->at == r->end || *r->at != r->separator)
            break;
        r->at++;
    }
    skip_line(r); /* at its end already */
    return ERR_OK;
}

struct header {
    enum people_column column[FIELDS_MAX]; /* PEOPLE_COLUMNS: has no name */
    size_t count;
};

/*
 * What separates the values: Excel's line "sep=;" says it, which is skipped; else the header row shows it, since no
 * column's name has a semicolon or a tab in it.
 */
static void find_separator(struct reading *r)
{
    struct reading ahead = *r;
    const char *line;
    size_t len;
    r->separator = ',';
    if (!next_line(&ahead, &line, &len))
        return;
    if (len == 5 && strncasecmp(line, "sep=", 4) == 0) {
        *r = ahead;
        r->separator = line[4];
    } else if (memchr(line, ',', len) == NULL) {
        r->separator = memchr(line, '\t', len) != NULL ? '\t' : memchr(line, ';', len) != NULL ? ';' : ',';
    }
}

/* A name without the blanks around it. */
static const char *trimmed(struct arena *arena, const char *name)
{
    name += strspn(name, " \t");
    size_t len = strlen(name);
    while (len > 0 && (name[len - 1] == ' ' || name[len - 1] == '\t'))
        len--;
    return arena_strndup(arena, name, len);
}

/* Which column a name of the header row means. ERR_OK; ERR_MEMORY; ERR_BAD_REQUEST with `why`. */
static enum err name_column(const struct reading *r, const char *given, bool seen[PEOPLE_COLUMNS],
                            enum people_column *out, char *why, size_t cap)
{
    const char *name = trimmed(r->arena, given);
    *out = PEOPLE_COLUMNS;
    if (name == NULL)
        return ERR_MEMORY;
    if (name[0] == '\0')
        return ERR_OK; /* an empty column of a spreadsheet */
    bool known = find_column(name, out);
    if (known && !seen[*out]) {
        seen[*out] = true;
        return ERR_OK;
    }
    if (known)
        snprintf(why, cap, "column %s stands there twice", name);
    else
        snprintf(why, cap, "unknown column \"%.64s\"", name);
    return ERR_BAD_REQUEST;
}

/* What the header row names. ERR_BAD_REQUEST after telling the fault. */
static enum err read_header(struct reading *r, struct header *out)
{
    struct fields names;
    const char *broken = NULL;
    bool seen[PEOPLE_COLUMNS] = {false};
    char why[256] =
        "no header row; the first line names the columns, such as: account,password_hash,real_name";
    find_separator(r);
    size_t line = r->line;
    enum err e = next_row(r, &names, &broken);
    for (size_t i = 0; e == ERR_OK && i < names.count; i++)
        e = name_column(r, names.value[i], seen, &out->column[i], why, sizeof why);
    out->count = names.count;
    if (e == ERR_OK && !seen[PEOPLE_ACCOUNT]) {
        snprintf(why, sizeof why, "no column account");
        e = ERR_BAD_REQUEST;
    }
    if (e == ERR_OK || e == ERR_MEMORY)
        return e;
    e = fault(r, line, broken != NULL ? broken : why);
    return e == ERR_OK ? ERR_BAD_REQUEST : e;
}

/* How many values a row has, up to its last that is not empty. */
static size_t count_filled(const struct fields *f)
{
    size_t n = f->count;
    while (n > 0 && f->value[n - 1][0] == '\0')
        n--;
    return n;
}

/* Whether it is a formula, or would be one without the apostrophes before it. */
static bool is_formula(const char *value)
{
    return text_is_formula(value + strspn(value, "'"));
}

/* Without the apostrophe that add_csv_field puts before it. Passwords are as they are. */
static const char *unguarded(enum people_column column, const char *value)
{
    bool is_secret = column == PEOPLE_PASSWORD || column == PEOPLE_PASSWORD_HASH;
    return !is_secret && value[0] == '\'' && is_formula(value) ? value + 1 : value;
}

static enum err read_csv_row(const struct reading *r, const struct header *h, const struct fields *f,
                             size_t line)
{
    struct person p = {.line = line};
    char text[96];
    size_t filled = count_filled(f);
    if (filled == 0)
        return ERR_OK; /* an empty line, or a spreadsheet's row of commas */
    if (f->count < h->count || filled > h->count) {
        snprintf(text, sizeof text, "%zu values, but the header row has %zu columns", f->count, h->count);
        return fault(r, line, text);
    }
    for (size_t i = 0; i < h->count; i++) {
        if (h->column[i] < PEOPLE_COLUMNS) {
            p.value[h->column[i]] = unguarded(h->column[i], f->value[i]);
        } else if (f->value[i][0] != '\0') {
            snprintf(text, sizeof text, "a value in column %zu, which has no name in the header row", i + 1);
            return fault(r, line, text);
        }
    }
    return r->reader->person(r->reader->ctx, &p);
}

static enum err read_csv(struct reading *r)
{
    struct header header;
    struct fields fields;
    const char *why = NULL;
    enum err e = read_header(r, &header);
    if (e != ERR_OK)
        return e == ERR_BAD_REQUEST ? ERR_OK : e; /* told */
    for (;;) {
        size_t line = r->line;
        e = next_row(r, &fields, &why);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e == ERR_BAD_REQUEST)
            e = fault(r, line, why);
        else if (e == ERR_OK)
            e = read_csv_row(r, &header, &fields, line);
        if (e != ERR_OK)
            return e;
    }
}

/* ---- JSON lines ---- */

struct members {
    struct person person;
    struct arena *arena;
    char what[128]; /* "" unless something is wrong */
};

static enum err take_member(void *ctx, const char *name, const char *value, bool is_string)
{
    struct members *m = ctx;
    enum people_column column;
    if (!find_column(name, &column)) {
        snprintf(m->what, sizeof m->what, "unknown member \"%.64s\"", name);
        return ERR_BAD_REQUEST;
    }
    if (!is_string) {
        snprintf(m->what, sizeof m->what, "%s: expected a string", name);
        return ERR_BAD_REQUEST;
    }
    if (value == NULL)
        return ERR_OK; /* null: not said */
    m->person.value[column] = arena_strdup(m->arena, value);
    return m->person.value[column] != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err read_json_line(const struct reading *r, const char *text, size_t len, size_t line)
{
    static const char *const faults[] = {
        [JSON_MALFORMED] = "not a JSON object on one line",
        [JSON_NOT_OBJECT] = "not a JSON object",
        [JSON_DUPLICATE] = "a member stands there twice",
        [JSON_NUL] = "a NUL",
        [JSON_UTF8] = "invalid UTF-8",
        [JSON_DEPTH] = "nested too deep",
    };
    struct json_object *root = NULL;
    enum json_fault broken = JSON_FINE;
    struct members m = {.person = {.line = line}, .arena = r->arena};
    enum err e = json_in_parse(text, len, &root, &broken);
    if (e == ERR_BAD_REQUEST)
        return fault(r, line, faults[broken]);
    if (e == ERR_OK)
        e = json_in_members(root, take_member, &m);
    json_in_free(root);
    if (e == ERR_BAD_REQUEST)
        return fault(r, line, m.what);
    return e == ERR_OK ? r->reader->person(r->reader->ctx, &m.person) : e;
}

static enum err read_jsonl(struct reading *r)
{
    const char *line;
    size_t len;
    enum err e = ERR_OK;
    while (e == ERR_OK && next_line(r, &line, &len))
        if (!is_blank(line, len))
            e = read_json_line(r, line, len, r->line - 1);
    return e;
}

/* ---- htpasswd ---- */

/* As Apache reads it: what stands behind a second colon is of no account. */
static enum err read_htpasswd_line(const struct reading *r, const char *text, size_t len, size_t line)
{
    const char *colon = memchr(text, ':', len);
    if (colon == NULL)
        return fault(r, line, "no colon; expected ACCOUNT:HASH");
    size_t account_len = (size_t)(colon - text), hash_len = len - account_len - 1;
    const char *hash = colon + 1, *more = memchr(hash, ':', hash_len);
    if (more != NULL)
        hash_len = (size_t)(more - hash);
    while (hash_len > 0 && is_blank(hash + hash_len - 1, 1))
        hash_len--;
    struct person p = {.line = line};
    p.value[PEOPLE_ACCOUNT] = arena_strndup(r->arena, text, account_len);
    p.value[PEOPLE_PASSWORD_HASH] = arena_strndup(r->arena, hash, hash_len);
    if (p.value[PEOPLE_ACCOUNT] == NULL || p.value[PEOPLE_PASSWORD_HASH] == NULL)
        return ERR_MEMORY;
    return r->reader->person(r->reader->ctx, &p);
}

static enum err read_htpasswd(struct reading *r)
{
    const char *line;
    size_t len;
    enum err e = ERR_OK;
    while (e == ERR_OK && next_line(r, &line, &len))
        if (!is_blank(line, len) && line[strspn(line, " \t")] != '#')
            e = read_htpasswd_line(r, line, len, r->line - 1);
    return e;
}

enum err people_read(enum people_format format, const char *text, size_t len, struct arena *arena,
                     const struct people_reader *reader)
{
    struct reading r = {.at = text, .end = text + len, .line = 1, .arena = arena, .reader = reader};
    const char *nul = memchr(r.at, '\0', (size_t)(r.end - r.at));
    if (nul != NULL) {
        size_t line = 1;
        for (const char *p = r.at; p != nul; p++)
            line += *p == '\n';
        return fault(&r, line, "a NUL; if the file is UTF-16, give --encoding utf-16le");
    }
    switch (format) {
    case PEOPLE_CSV:
        return read_csv(&r);
    case PEOPLE_JSONL:
        return read_jsonl(&r);
    default:
        return read_htpasswd(&r);
    }
}

/* ---- Writing ---- */

/* People write their names themselves: what a spreadsheet would take for a formula has an apostrophe before it where the
 * file is for one, which reading takes away; so one more stands before what has some already. */
static void add_csv_field(struct buf *out, const char *value, bool for_excel)
{
    bool guard = is_formula(value) && (for_excel || value[0] == '\'');
    bool quote = value[strcspn(value, ",\"\r\n")] != '\0' || value[0] == ' ' ||
                 (value[0] != '\0' && value[strlen(value) - 1] == ' ');
    if (!quote) {
        buf_addf(out, "%s%s", guard ? "'" : "", value);
        return;
    }
    buf_add_str(out, guard ? "\"'" : "\"");
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *p);
    }
    buf_add_char(out, '"');
}

void people_write_head(enum people_format format, const bool shown[PEOPLE_COLUMNS], struct buf *out)
{
    bool first = true;
    for (int i = 0; format == PEOPLE_CSV && i < PEOPLE_COLUMNS; i++) {
        if (!shown[i])
            continue;
        buf_addf(out, "%s%s", first ? "" : ",", columns[i]);
        first = false;
    }
    if (format == PEOPLE_CSV)
        buf_add_str(out, "\r\n");
}

static void write_json(const bool shown[PEOPLE_COLUMNS], const struct person *p, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j, NULL);
    for (int i = 0; i < PEOPLE_COLUMNS; i++)
        if (shown[i])
            json_str(&j, columns[i], p->value[i]);
    json_close_object(&j);
    buf_add_char(out, '\n');
}

void people_write(enum people_format format, bool for_excel, const bool shown[PEOPLE_COLUMNS],
                  const struct person *p, struct buf *out)
{
    bool first = true;
    if (format == PEOPLE_JSONL) {
        write_json(shown, p, out);
        return;
    }
    for (int i = 0; i < PEOPLE_COLUMNS; i++) {
        if (!shown[i])
            continue;
        if (!first)
            buf_add_char(out, ',');
        add_csv_field(out, p->value[i], for_excel);
        first = false;
    }
    buf_add_str(out, "\r\n");
}
