#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* ---- Sinks ------------------------------------------------------------------------------------------- */

/* Of a new file: when root makes it, the workers have to be able to write it too. */
static void give_to_owner(const struct log *l, int fd)
{
    char folder[PATH_MAX];
    struct stat like;
    const char *slash = strrchr(l->path, '/');
    size_t len = slash != NULL ? (size_t)(slash - l->path) + 1 : 0;
    if (geteuid() != 0 || len >= sizeof folder)
        return;
    memcpy(folder, len > 0 ? l->path : "./", len > 0 ? len : 2);
    folder[len > 0 ? len : 2] = '\0';
    bool known = (l->owner_like != NULL && stat(l->owner_like, &like) == 0) || stat(folder, &like) == 0;
    /* If it fails, the workers say that they cannot write there. */
    int ignored = known ? fchown(fd, like.st_uid, like.st_gid) : 0;
    (void)ignored;
}

/* A pipe that nobody reads is no file to wait for. */
static int open_file(const struct log *l)
{
    const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(l->path, flags);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(l->path, flags | O_CREAT | O_EXCL, 0600);
    if (fd >= 0)
        give_to_owner(l, fd);
    else if (errno == EEXIST) /* another process was quicker */
        fd = open(l->path, flags);
    return fd;
}

static bool is_open_on_path(const struct log *l)
{
    struct stat there, ours;
    return l->fd >= 0 && stat(l->path, &there) == 0 && fstat(l->fd, &ours) == 0 &&
           there.st_ino == ours.st_ino && there.st_dev == ours.st_dev;
}

/* Not more than once a second. A file that was renamed and cannot be made anew goes on being written. */
static void look_after_file(struct log *l)
{
    int64_t now_s = clock_now_s();
    if (l->path == NULL || now_s == l->looked_s)
        return;
    l->looked_s = now_s;
    if (is_open_on_path(l))
        return;
    int fd = open_file(l);
    if (fd >= 0) {
        if (l->fd >= 0)
            close(l->fd);
        l->fd = fd;
    }
}

static void sink_stderr(void *ctx, enum err_level level, const char *line, size_t len)
{
    (void)ctx, (void)level;
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

/* Say once that what follows goes to stderr, and why (`error`, of errno). */
static void note_lost(struct log *l, int error)
{
    static const struct log on_stderr = {.sink = sink_stderr, .fd = -1};
    if (l->is_lost)
        return;
    l->is_lost = true;
    LOG(&on_stderr, ERR_LEVEL_WARN, "log_lost", LOG_S("file", l->path), LOG_S("error", strerror(error)),
        LOG_N("uid", geteuid()), LOG_S("hint", "lines go to standard error until it can be written"));
}

/* One write(2) a line, so that lines of several processes do not mix. */
static void sink_file(void *ctx, enum err_level level, const char *line, size_t len)
{
    struct log *l = ctx;
    (void)level;
    look_after_file(l);
    if (l->fd >= 0 && write(l->fd, line, len) == (ssize_t)len) {
        l->is_lost = false;
        return;
    }
    note_lost(l, errno);
    sink_stderr(NULL, level, line, len);
}

static void sink_syslog(void *ctx, enum err_level level, const char *line, size_t len)
{
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
    (void)ctx;
    syslog(LOG_AUTHPRIV | priorities[level], "%.*s", (int)len - 1, line);
}

/* ---- Lines ------------------------------------------------------------------------------------------- */

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

enum { STAMP_CAP = 32, STAMP_MINUTE = 25 };

/* How a line of that time begins: {"time":"2026-01-31T12:59:00Z" . Its first STAMP_MINUTE bytes are the minute's. */
static void write_stamp(int64_t now_s, char out[STAMP_CAP])
{
    time_t now = (time_t)now_s;
    struct tm tm;
    if (gmtime_r(&now, &tm) == NULL || strftime(out, STAMP_CAP, "{\"time\":\"%Y-%m-%dT%H:%M:%SZ\"", &tm) == 0)
        memcpy(out, "{\"time\":\"\"", sizeof "{\"time\":\"\"");
}

static void add_field(struct buf *line, const struct log_field *f)
{
    buf_addf(line, ",\"%s\":", f->name);
    if (f->is_number) {
        buf_addf(line, "%" PRId64, f->number);
    } else if (f->str == NULL) {
        buf_add_str(line, "null");
    } else {
        buf_add_char(line, '"');
        add_value(line, f->str);
        buf_add_char(line, '"');
    }
}

void log_write(const struct log *l, enum err_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if (l->sink == NULL)
        return;
    struct buf line;
    char stamp[STAMP_CAP];
    buf_init(&line);
    write_stamp(clock_now_s(), stamp);
    buf_addf(&line, "%s,\"level\":\"%s\",\"event\":\"%s\"", stamp, level_names[level], event);
    for (size_t i = 0; i < count; i++)
        add_field(&line, &fields[i]);
    buf_add_str(&line, "}\n");
    if (line.err == ERR_OK)
        l->sink(l->ctx, level, buf_str(&line), line.len);
    buf_free(&line);
}

/* ---- Lines that strangers cause ---------------------------------------------------------------------- */

enum { TAIL_BYTES = 32768 }; /* of the file: room for LOG_GATE_LINES of several kinds */

/* How many of this minute stand in the file already. */
static unsigned count_in_file(const struct log *l, int64_t now_s, const char *event, const char *name)
{
    char stamp[STAMP_CAP];
    struct stat st;
    unsigned found = 0;
    char *tail = malloc(TAIL_BYTES);
    int fd =
        l->path != NULL && tail != NULL ? open(l->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        ssize_t n = pread(fd, tail, TAIL_BYTES, st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
        write_stamp(now_s, stamp);
        stamp[STAMP_MINUTE] = '\0';
        found = n > 0 ? log_gate_recall(tail, (size_t)n, stamp, event, name) : 0;
    }
    if (fd >= 0)
        close(fd);
    free(tail);
    return found;
}

static void report_left_out(const struct log *l, int64_t now_s)
{
    int64_t left_out = l->gate != NULL ? log_gate_turn(l->gate, now_s) : 0;
    if (left_out > 0)
        LOG(l, ERR_LEVEL_WARN, "lines_left_out", LOG_N("count", left_out));
}

void log_write_some(const struct log *l, enum err_level level, const char *event,
                    const struct log_field *fields, size_t count)
{
    int64_t now_s = clock_now_s();
    bool is_new;
    if (l->gate == NULL) {
        log_write(l, level, event, fields, count);
        return;
    }
    report_left_out(l, now_s);
    const char *name = fields[0].str != NULL ? fields[0].str : "";
    unsigned *lines = log_gate_lines(l->gate, event, name, &is_new);
    if (is_new)
        *lines = count_in_file(l, now_s, event, name);
    if (*lines < LOG_GATE_LINES)
        log_write(l, level, event, fields, count);
    else if (*lines == LOG_GATE_LINES)
        LOG(l, ERR_LEVEL_WARN, event, fields[0], LOG_S("note", "more of these in this minute are left out"));
    else
        l->gate->left_out++;
    ++*lines;
}

/* ---- Open and close ---------------------------------------------------------------------------------- */

enum err log_open(struct log *l, const char *target, const char *owner_like)
{
    *l = (struct log){.sink = sink_stderr, .fd = -1, .gate = calloc(1, sizeof *l->gate)};
    if (strcmp(target, "stderr") == 0)
        return ERR_OK;
    if (strcmp(target, "syslog") == 0) {
        openlog("menshen", LOG_PID, LOG_AUTHPRIV);
        l->sink = sink_syslog;
        return ERR_OK;
    }
    l->sink = sink_file;
    l->ctx = l;
    l->path = target;
    l->owner_like = owner_like;
    l->fd = open_file(l);
    if (l->fd >= 0)
        return ERR_OK;
    /* `init` may yet make the folder, which is its data folder: the first line will tell. */
    if (errno != ENOENT)
        note_lost(l, errno);
    return ERR_IO;
}

void log_close(struct log *l)
{
    /* Of one that lives for one request, its report would be a line for each line that it left out. */
    if (l->gate != NULL && l->gate->left_out >= LOG_GATE_LINES)
        report_left_out(l, INT64_MAX);
    free(l->gate);
    if (l->fd >= 0)
        close(l->fd);
    *l = (struct log){.fd = -1};
}
