#include "base/log_gate.h"

#include <stdio.h>
#include <string.h>

int64_t log_gate_turn(struct log_gate *g, int64_t now_s)
{
    int64_t minute = now_s / 60;
    if (g->minute == minute)
        return 0;
    int64_t left_out = g->left_out;
    *g = (struct log_gate){.minute = minute};
    return left_out;
}

unsigned *log_gate_lines(struct log_gate *g, const char *event, const char *name, bool *is_new_out)
{
    *is_new_out = false;
    for (size_t i = 0; i < g->kinds; i++)
        if (strcmp(g->kind[i].event, event) == 0 &&
            strncmp(g->kind[i].name, name, LOG_GATE_NAME_CAP - 1) == 0)
            return &g->kind[i].lines;
    if (g->kinds == LOG_GATE_KINDS)
        return &g->kind[LOG_GATE_KINDS - 1].lines;
    *is_new_out = true;
    g->kind[g->kinds] = (struct log_gate_kind){.event = event};
    snprintf(g->kind[g->kinds].name, LOG_GATE_NAME_CAP, "%s", name);
    return &g->kind[g->kinds++].lines;
}

/* No visitor can write what is looked for into a line: a quotation mark of his has a backslash before it. */
unsigned log_gate_recall(const char *tail, size_t len, const char *stamp, const char *event, const char *name)
{
    char said_event[96], said_name[96];
    int event_len = snprintf(said_event, sizeof said_event, ",\"event\":\"%s\",", event);
    int name_len = snprintf(said_name, sizeof said_name, ":\"%s\"", name);
    size_t stamp_len = strlen(stamp);
    unsigned found = 0;
    if ((size_t)event_len >= sizeof said_event || (size_t)name_len >= sizeof said_name)
        return 0;
    for (const char *line = tail, *end = tail + len; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = newline != NULL ? (size_t)(newline - line) : (size_t)(end - line);
        if (line_len > stamp_len && memcmp(line, stamp, stamp_len) == 0 &&
            memmem(line, line_len, said_event, (size_t)event_len) != NULL &&
            memmem(line, line_len, said_name, (size_t)name_len) != NULL)
            found++;
        line += line_len + 1;
    }
    return found;
}
