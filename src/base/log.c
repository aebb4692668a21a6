#include "base/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* One write(2) a line, so that lines of several processes do not mix. A log that cannot be written is not
 * worth dying for. */
static void sink_fd(void *ctx, enum err_level level, const char *line, size_t len)
{
    const struct log *l = ctx;
    (void)level;
    ssize_t ignored = write(l->fd >= 0 ? l->fd : STDERR_FILENO, line, len);
    (void)ignored;
}

static void sink_syslog(void *ctx, enum err_level level, const char *line, size_t len)
{
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
    (void)ctx;
    syslog(LOG_AUTHPRIV | priorities[level], "%.*s", (int)len - 1, line);
}

enum err log_open(struct log *l, const char *target)
{
    *l = (struct log){.sink = sink_fd, .ctx = l, .fd = -1};
    if (strcmp(target, "stderr") == 0)
        return ERR_OK;
    if (strcmp(target, "syslog") == 0) {
        openlog("menshen", LOG_PID, LOG_AUTHPRIV);
        l->sink = sink_syslog;
        return ERR_OK;
    }
    l->fd = open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return l->fd >= 0 ? ERR_OK : ERR_IO;
}

void log_close(struct log *l)
{
    if (l->fd >= 0)
        close(l->fd);
    *l = (struct log){.fd = -1};
}

/*
 * Clean UTF-8 as it is, all else byte by byte: a path may be anything, and a terminal that shows the log
 * takes even U+0080 to U+009F for commands.
 */
static void add_value(struct buf *line, const char *s)
{
    size_t len = strlen(s);
    bool clean = codec_utf8_valid(s, len);
    for (size_t i = 0; clean && i + 1 < len; i++)
        clean = !((unsigned char)s[i] == 0xC2 && (unsigned char)s[i + 1] < 0xA0);
    if (clean) {
        codec_json_escape(line, s, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] < 0x80)
            codec_json_escape(line, s + i, 1);
        else
            buf_addf(line, "\\u%04x", (unsigned char)s[i]);
    }
}

void log_write(const struct log *l, enum err_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if (l->sink == NULL)
        return;
    struct buf line;
    buf_init(&line);
    time_t now = (time_t)clock_now_s();
    struct tm tm;
    char stamp[24] = "";
    if (gmtime_r(&now, &tm) != NULL)
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    buf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", stamp, level_names[level], event);
    for (size_t i = 0; i < count; i++) {
        const struct log_field *f = &fields[i];
        buf_addf(&line, ",\"%s\":", f->name);
        if (f->is_number) {
            buf_addf(&line, "%" PRId64, f->number);
        } else if (f->str == NULL) {
            buf_add_str(&line, "null");
        } else {
            buf_add_char(&line, '"');
            add_value(&line, f->str);
            buf_add_char(&line, '"');
        }
    }
    buf_add_str(&line, "}\n");
    if (line.err == ERR_OK)
        l->sink(l->ctx, level, buf_str(&line), line.len);
    buf_free(&line);
}
