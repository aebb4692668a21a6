/*
 * The log: one JSON object a line, an event name and its fields. Values are escaped in the pass that writes
 * them, so no value can start a line of its own. Callers never pass a password, secret, token, captcha answer
 * or query string.
 *
 * Depends on base/log_gate, base/buf, base/codec, base/clock.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log_gate.h"

/* Receives one line, newline included. */
typedef void log_sink(void *ctx, enum err_level level, const char *line, size_t len);

struct log {
    log_sink *sink; /* NULL: nothing is logged */
    void *ctx;
    int fd;                 /* owned if the log is a file that is open, else -1 */
    const char *path;       /* borrowed; NULL: no file */
    const char *owner_like; /* borrowed; see log_open */
    int64_t looked_s;       /* when it was last looked whether the file is still there, and open */
    bool is_lost;           /* it cannot be written: said once, until it can */
    struct log_gate *gate;  /* owned; NULL: nothing is left out */
};

/* One field of a line: a string (borrowed; NULL is written as null), or with `str` NULL and is_number a
 * number. */
struct log_field {
    const char *name;
    const char *str;
    int64_t number;
    bool is_number;
};
#define LOG_S(NAME, VALUE) ((struct log_field){.name = (NAME), .str = (VALUE)})
#define LOG_N(NAME, VALUE) ((struct log_field){.name = (NAME), .number = (VALUE), .is_number = true})

/*
 * Log to `target`: "stderr", "syslog", or a file's path (created 0600, appended to). The log must not be moved
 * in memory afterwards, and is to be closed.
 *
 * A file that was renamed away is made anew, within a second, and one that cannot be opened or written is
 * tried again after as long; meanwhile the lines go to stderr, after one that says so. A log is not worth
 * stopping for.
 *
 * target  borrowed until log_close, as is owner_like.
 * owner_like  a file that root makes is given to the owner of this file or folder, else of its own folder;
 *             NULL: of its own folder.
 *
 * ERR_OK; ERR_IO if the file cannot be opened now.
 */
enum err log_open(struct log *l, const char *target, const char *owner_like);
void log_close(struct log *l);

/* Write one line. `fields` holds `count` fields. */
void log_write(const struct log *l, enum err_level level, const char *event, const struct log_field *fields,
               size_t count);
#define LOG_FIELDS(...)                                                                                      \
    (const struct log_field[]){__VA_ARGS__},                                                                 \
        sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define LOG(L, LEVEL, EVENT, ...) log_write((L), (LEVEL), (EVENT), LOG_FIELDS(__VA_ARGS__))

/*
 * The same for a line that a stranger can cause at will: only some are written, see base/log_gate. Event and
 * first field, which is a text, are of static storage.
 */
void log_write_some(const struct log *l, enum err_level level, const char *event,
                    const struct log_field *fields, size_t count);
#define LOG_SOME(L, LEVEL, EVENT, ...) log_write_some((L), (LEVEL), (EVENT), LOG_FIELDS(__VA_ARGS__))

#endif
