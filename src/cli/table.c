#include "cli/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"

enum { FLUSH_AT = 64 * 1024, GAP = 2 };

/* ---- Widths ------------------------------------------------------------------------------------------ */

/* The code point at *p, which is moved past it; a broken byte stands for itself. */
static uint32_t next_code(const unsigned char **p)
{
    const unsigned char *s = *p;
    int more = s[0] >= 0xF0 ? 3 : s[0] >= 0xE0 ? 2 : s[0] >= 0xC0 ? 1 : 0;
    uint32_t code = more == 0 ? s[0] : s[0] & (0x3FU >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            *p = s + 1;
            return s[0];
        }
        code = code << 6 | (s[i] & 0x3FU);
    }
    *p = s + more + 1;
    return code;
}

/* Whether a terminal gives it two columns (Unicode Standard Annex 11: the blocks that are wide as a whole).
 */
static bool is_wide(uint32_t code)
{
    return (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF && code != 0x303F) ||
           (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
           (code >= 0xFFE0 && code <= 0xFFE6) || (code >= 0x1F300 && code <= 0x1FAFF) ||
           (code >= 0x20000 && code <= 0x3FFFD);
}

static size_t width_of(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t width = 0;
    while (*p != '\0')
        width += is_wide(next_code(&p)) ? 2 : 1;
    return width;
}

/* ---- Cells ------------------------------------------------------------------------------------------- */

void table_open_single(struct table *t, struct cli *cli)
{
    *t = (struct table){.cli = cli, .single = true};
    buf_init(&t->text);
    json_out_init(&t->json, &t->text);
}

void table_open(struct table *t, struct cli *cli)
{
    table_open_single(t, cli);
    t->single = false;
    if (cli->json)
        json_open_array(&t->json, NULL);
}

void table_row(struct table *t)
{
    t->at = 0;
    t->details = false;
    if (t->cli->json)
        json_open_object(&t->json, NULL);
}

void table_row_end(struct table *t)
{
    if (t->cli->json) {
        json_close_object(&t->json);
        if (!t->single && t->text.len > FLUSH_AT && t->text.err == ERR_OK) {
            fwrite(t->text.data, 1, t->text.len, stdout);
            buf_clear(&t->text);
        }
    } else {
        assert(t->rows == 0 || t->at == t->columns);
        t->columns = t->at;
    }
    t->rows++;
}

void table_details(struct table *t)
{
    t->details = true;
}

/* A cell of the text table. */
static void add_cell(struct table *t, const char *name, const char *value)
{
    if (t->details && !t->single)
        return;
    assert(t->at < TABLE_COLUMNS_MAX);
    t->heading[t->at++] = name;
    printable_add(&t->text, value, strlen(value), "");
    buf_add(&t->text, "", 1);
}

void table_str(struct table *t, const char *name, const char *value)
{
    if (t->cli->json)
        json_str(&t->json, name, value);
    else
        add_cell(t, name, value != NULL && value[0] != '\0' ? value : "-");
}

void table_int(struct table *t, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, value);
    if (t->cli->json)
        json_int(&t->json, name, value);
    else
        add_cell(t, name, digits);
}

void table_id(struct table *t, const char *name, int64_t id)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, id);
    table_str(t, name, digits);
}

void table_bool(struct table *t, const char *name, bool value)
{
    if (t->cli->json)
        json_bool(&t->json, name, value);
    else
        add_cell(t, name, value ? "yes" : "no");
}

void table_seconds(struct table *t, const char *name, int64_t ttl_s)
{
    if (ttl_s != 0)
        table_int(t, name, ttl_s);
    else
        table_str(t, name, NULL);
}

void table_time(struct table *t, const char *name, int64_t t_s)
{
    char local[CLOCK_LOCAL_CAP];
    if (t->cli->json && t_s == 0) {
        json_null(&t->json, name);
    } else if (t->cli->json) {
        json_int(&t->json, name, t_s);
    } else {
        clock_local(t_s, local);
        add_cell(t, name, t_s != 0 ? local : "-");
    }
}

/* ---- Printing ---------------------------------------------------------------------------------------- */

/* A time's heading goes without its unit. */
static int heading_len(const char *name)
{
    size_t len = strlen(name);
    return (int)(len > 2 && strcmp(name + len - 2, "_s") == 0 ? len - 2 : len);
}

static void measure(const struct table *t, size_t width[TABLE_COLUMNS_MAX])
{
    const char *cell = buf_str(&t->text);
    for (size_t c = 0; c < t->columns; c++)
        width[c] = (size_t)heading_len(t->heading[c]);
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++) {
            size_t w = width_of(cell);
            if (w > width[c])
                width[c] = w;
            cell += strlen(cell) + 1;
        }
    }
}

static void pad(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        putchar(' ');
}

static void print_text(const struct table *t)
{
    size_t width[TABLE_COLUMNS_MAX];
    const char *cell = buf_str(&t->text);
    measure(t, width);
    for (size_t c = 0; c < t->columns; c++) {
        int len = heading_len(t->heading[c]);
        printf("%.*s", len, t->heading[c]);
        pad((size_t)len, c + 1 < t->columns ? width[c] + GAP : 0);
    }
    putchar('\n');
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++) {
            fputs(cell, stdout);
            pad(width_of(cell), c + 1 < t->columns ? width[c] + GAP : 0);
            cell += strlen(cell) + 1;
        }
        putchar('\n');
    }
}

/* One row: a line for each of its fields. */
static void print_single(const struct table *t)
{
    const char *cell = buf_str(&t->text);
    size_t width = 0;
    for (size_t c = 0; c < t->columns; c++)
        if ((size_t)heading_len(t->heading[c]) > width)
            width = (size_t)heading_len(t->heading[c]);
    for (size_t c = 0; c < t->columns; c++) {
        int len = heading_len(t->heading[c]);
        printf("%.*s", len, t->heading[c]);
        pad((size_t)len, width + GAP);
        puts(cell);
        cell += strlen(cell) + 1;
    }
}

enum cli_status table_close(struct table *t, enum err e, const char *if_empty)
{
    if (t->cli->json && !t->single)
        json_close_array(&t->json);
    if (e == ERR_OK)
        e = t->text.err;
    if (e == ERR_OK && t->cli->json)
        printf("%s\n", buf_str(&t->text));
    else if (e == ERR_OK && t->rows == 0)
        printf("%s\n", if_empty);
    else if (e == ERR_OK && t->single)
        print_single(t);
    else if (e == ERR_OK)
        print_text(t);
    buf_free(&t->text);
    return cli_result(t->cli, e);
}

void table_object(struct json_out *j, struct buf *text)
{
    buf_init(text);
    json_out_init(j, text);
    json_open_object(j, NULL);
}

enum cli_status table_object_end(const struct cli *cli, struct json_out *j)
{
    json_close_object(j);
    enum err e = j->buf->err;
    if (e == ERR_OK)
        printf("%s\n", buf_str(j->buf));
    buf_free(j->buf);
    return cli_result(cli, e);
}
