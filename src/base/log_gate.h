/*
 * How many lines strangers may cause. Lines are of a kind by their event and their first field: of each kind
 * LOG_GATE_LINES are written in a minute, then one that says that more are left out, then none.
 *
 * Depends on nothing.
 */
#ifndef BASE_LOG_GATE_H
#define BASE_LOG_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_GATE_LINES    20
#define LOG_GATE_NAME_CAP 48
#define LOG_GATE_KINDS    64 /* more share the last one's count */

struct log_gate {
    int64_t minute; /* of the clock; what follows is about it */
    size_t kinds;
    struct log_gate_kind {
        const char *event;            /* of static storage */
        char name[LOG_GATE_NAME_CAP]; /* as far as it fits */
        unsigned lines;
    } kind[LOG_GATE_KINDS];
    int64_t left_out;
};

/* Go on to the minute of `now_s`. Returns how many lines were left out in the one before: 0 if it is the same. */
int64_t log_gate_turn(struct log_gate *g, int64_t now_s);

/* The count of a kind in this minute; *is_new_out: it has just begun, with 0. */
unsigned *log_gate_lines(struct log_gate *g, const char *event, const char *name, bool *is_new_out);

/*
 * How many lines of the kind are in `tail`, the end of a log, and begin with `stamp`, a time up to its minute:
 * for a process that has just begun, and that others like it went before.
 */
unsigned log_gate_recall(const char *tail, size_t len, const char *stamp, const char *event,
                         const char *name);

#endif
