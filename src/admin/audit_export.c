#include "admin/audit_export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/text.h"
#include "admin/users.h"
#include "base/address.h"
#include "base/clock.h"
#include "base/json_out.h"

/* ---- What is asked for ------------------------------------------------------------------------------- */

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* A moment, or the begin of a day, as fields for dates and times of browsers send them too. */
static bool read_time(const char *text, int64_t *out_s, bool *day_out)
{
    char moment[CLOCK_LOCAL_CAP];
    size_t len = strlen(text);
    if (len >= sizeof moment)
        return false;
    memcpy(moment, text, len + 1);
    if (len > 10 && moment[10] == 'T')
        moment[10] = ' ';
    if (len == 16)
        memcpy(moment + len, ":00", sizeof ":00");
    *day_out = len == 10;
    return clock_parse_local(moment, out_s);
}

/* The midnight that ends the day which begins at `begin_s`: 36 hours later it is the next day, whatever the clocks do. */
static bool end_of_day(int64_t begin_s, int64_t *out_s)
{
    char next[CLOCK_LOCAL_CAP];
    clock_local(begin_s + 129600, next);
    next[10] = '\0';
    return clock_parse_local(next, out_s);
}

static enum err read_bounds(const struct audit_ask *ask, struct audit_filter *f, const char **field_out)
{
    bool is_day = false;
    *field_out = "from";
    if (is_given(ask->from) && !read_time(ask->from, &f->since_s, &is_day))
        return ERR_BAD_REQUEST;
    *field_out = "to";
    if (!is_given(ask->to))
        return ERR_OK;
    if (!read_time(ask->to, &f->until_s, &is_day))
        return ERR_BAD_REQUEST;
    if (is_day)
        return end_of_day(f->until_s, &f->until_s) ? ERR_OK : ERR_BAD_REQUEST;
    f->until_s++; /* that second is meant too */
    return ERR_OK;
}

/* The one whom `who` means: as it stands in the rows, or an account of one tenant or of any. */
static enum err read_who(struct db *db, const char *who, struct arena *arena, const char **out)
{
    const char *slash = strchr(who, '/');
    const char *tenant = NULL, *account = NULL;
    enum err e = ERR_OK;
    if (strchr(who, ':') != NULL) {
        *out = who;
        return ERR_OK;
    }
    if (slash == NULL || slash == who) {
        *out = arena_printf(arena, "/%s", slash == who ? who + 1 : who);
        return *out != NULL ? ERR_OK : ERR_MEMORY;
    }
    tenant = arena_strndup(arena, who, (size_t)(slash - who));
    if (tenant == NULL)
        return ERR_MEMORY;
    e = users_spelling(db, tenant, slash + 1, arena, &account);
    if (e == ERR_OK)
        *out = arena_printf(arena, "user:%s/%s", tenant, account);
    return e != ERR_OK ? e : *out != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err read_address(const char *text, struct arena *arena, const char **out)
{
    char address[ADDRESS_CAP];
    if (strcmp(text, ADDRESS_UNIX) != 0 && strcmp(text, "unknown") != 0) {
        if (!address_canonical(text, strlen(text), address))
            return ERR_BAD_REQUEST;
        text = address;
    }
    *out = arena_strdup(arena, text);
    return *out != NULL ? ERR_OK : ERR_MEMORY;
}

enum err audit_ask_read(struct db *db, const struct audit_ask *ask, struct arena *arena,
                        struct audit_filter *filter_out, const char **field_out)
{
    struct audit_filter f = {.limit = INT64_MAX};
    f.action = is_given(ask->action) ? ask->action : NULL;
    f.result = is_given(ask->result) ? ask->result : NULL;
    enum err e = read_bounds(ask, &f, field_out);
    if (e == ERR_OK && is_given(ask->address)) {
        *field_out = "address";
        e = read_address(ask->address, arena, &f.address);
    }
    if (e == ERR_OK && is_given(ask->who))
        e = read_who(db, ask->who, arena, &f.who);
    *filter_out = f;
    return e;
}

/* ---- What is written --------------------------------------------------------------------------------- */

static const char *const format_names[] = {[AUDIT_JSON_LINES] = "jsonl", [AUDIT_CSV] = "csv"};

bool audit_format_find(const char *name, enum audit_format *out)
{
    for (size_t i = 0; i < sizeof format_names / sizeof format_names[0]; i++) {
        if (strcmp(format_names[i], name) == 0) {
            *out = (enum audit_format)i;
            return true;
        }
    }
    return false;
}

static void add_time(struct json_out *j, const char *name, int64_t t_s)
{
    char time[CLOCK_RFC3339_CAP];
    clock_rfc3339(t_s, time);
    json_str(j, name, time);
}

static void add_json(const struct audit_row *row, struct buf *out)
{
    struct json_out j;
    json_out_init(&j, out);
    json_open_object(&j, NULL);
    add_time(&j, "time", row->at_s);
    json_str(&j, "actor", row->actor);
    json_str(&j, "action", row->action);
    json_str(&j, "subject", row->subject);
    json_str(&j, "result", row->result);
    json_str(&j, "client_id", row->client_id);
    json_str(&j, "dialect", row->dialect);
    json_str(&j, "address", row->address);
    json_int(&j, "count", row->count);
    if (row->first_s != 0) {
        add_time(&j, "first", row->first_s);
        add_time(&j, "last", row->last_s);
    }
    json_int(&j, "id", row->id);
    json_close_object(&j);
    buf_add_char(out, '\n');
}

static void add_cell(const char *text, bool last, struct buf *out)
{
    buf_add_str(out, text_is_formula(text) ? "\"'" : "\"");
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            buf_add_char(out, '"');
        buf_add_char(out, *p);
    }
    buf_add_str(out, last ? "\"\r\n" : "\",");
}

static void add_time_cell(int64_t t_s, struct buf *out)
{
    char time[CLOCK_RFC3339_CAP] = "";
    if (t_s != 0)
        clock_rfc3339(t_s, time);
    add_cell(time, false, out);
}

static void add_number_cell(int64_t n, bool last, struct buf *out)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, n);
    add_cell(text, last, out);
}

static void add_csv(const struct audit_row *row, struct buf *out)
{
    const char *const texts[] = {row->actor,     row->action,  row->subject, row->result,
                                 row->client_id, row->dialect, row->address};
    add_time_cell(row->at_s, out);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        add_cell(texts[i], false, out);
    add_number_cell(row->count, false, out);
    add_time_cell(row->first_s, out);
    add_time_cell(row->last_s, out);
    add_number_cell(row->id, true, out);
}

void audit_export_head(enum audit_format format, struct buf *out)
{
    if (format == AUDIT_CSV)
        buf_add_str(out,
                    "\xEF\xBB\xBF"
                    "time,actor,action,subject,result,client_id,dialect,address,count,first,last,id\r\n");
}

void audit_export_row(enum audit_format format, const struct audit_row *row, struct buf *out)
{
    if (format == AUDIT_CSV)
        add_csv(row, out);
    else
        add_json(row, out);
}

/* ---- All of them ------------------------------------------------------------------------------------- */

enum { STEP_ROWS = 1000 };

struct exporting {
    enum audit_format format;
    audit_export_sink *sink;
    void *ctx;
    struct buf text;  /* what the sink has not got yet */
    struct buf parts; /* the ids that parts begin with, as they lie in memory */
    size_t count;
};

static enum err note_part(void *ctx, int64_t id, int64_t at_s)
{
    struct exporting *ex = ctx;
    (void)at_s;
    buf_add(&ex->parts, &id, sizeof id);
    return ex->parts.err;
}

static enum err add_row(void *ctx, const struct audit_row *row)
{
    struct exporting *ex = ctx;
    audit_export_row(ex->format, row, &ex->text);
    ex->count++;
    return ex->text.err;
}

static enum err hand_on(struct exporting *ex)
{
    enum err e = ex->text.err;
    if (e == ERR_OK && ex->text.len > 0)
        e = ex->sink(ex->ctx, &ex->text);
    buf_clear(&ex->text);
    return e;
}

/* The rows from the part `i` up to the next one. */
static enum err write_part(struct db *db, struct exporting *ex, struct audit_filter f, size_t i,
                           struct arena *rows)
{
    int64_t bound[2] = {0, 0};
    size_t left = ex->parts.len / sizeof bound[0] - i;
    memcpy(bound, ex->parts.data + i * sizeof bound[0], (left > 1 ? 2 : 1) * sizeof bound[0]);
    f.after = bound[0] - 1;
    f.before = left > 1 ? bound[1] : f.before;
    f.limit = INT64_MAX;
    enum err e = audit_store_list(db, &f, rows, add_row, ex);
    return e == ERR_OK ? hand_on(ex) : e;
}

enum err audit_export(struct db *db, const struct audit_filter *filter, enum audit_format format,
                      audit_export_sink *sink, void *ctx, size_t *count_out)
{
    struct exporting ex = {.format = format, .sink = sink, .ctx = ctx};
    struct arena rows;
    arena_init(&rows, 1 << 16);
    buf_init(&ex.text);
    buf_init(&ex.parts);
    audit_export_head(format, &ex.text);
    enum err e = hand_on(&ex);
    if (e == ERR_OK)
        e = audit_store_parts(db, filter, STEP_ROWS, note_part, &ex);
    for (size_t i = 0; e == ERR_OK && i < ex.parts.len / sizeof(int64_t); i++)
        e = write_part(db, &ex, *filter, i, &rows);
    *count_out = ex.count;
    buf_free(&ex.text);
    buf_free(&ex.parts);
    arena_fini(&rows);
    return e;
}
