/*
 * The log: one JSON object a line, an event name and its fields. Values are escaped in the pass that writes
 * them, so no value can start a line of its own. Callers never pass a password, secret, token, captcha answer
 * or query string.
 *
 * Depends on base/buf, base/codec, base/clock.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Receives one line, newline included. */
typedef void log_sink(void *ctx, enum err_level level, const char *line, size_t len);

struct log {
    log_sink *sink; /* NULL: nothing is logged */
    void *ctx;
    int fd;      /* owned if the log was opened on a file, else -1 */
    bool warned; /* a start-up warning is said once per process */
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
 * Log to `target`: "stderr", "syslog", or a file's path (created 0600, appended to). ERR_OK; ERR_IO if the
 * file cannot be opened (the log then goes to stderr).
 */
enum err log_open(struct log *l, const char *target);
void log_close(struct log *l);

/* Write one line. `fields` holds `count` fields. */
void log_write(const struct log *l, enum err_level level, const char *event, const struct log_field *fields,
               size_t count);
#define LOG(L, LEVEL, EVENT, ...)                                                                            \
    log_write((L), (LEVEL), (EVENT), (const struct log_field[]){__VA_ARGS__},                                \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
