#include "admin/doctor_inside.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/clock.h"
#include "base/place.h"
#include "base/random.h"
#include "base/secure.h"
#include "http/routes.h"

enum {
    DISK_ERROR_MIB = 10,
    DISK_WARNING_MIB = 100,
    ARGON2_SLOW_MS = 1000,
    ARGON2_LOW_KIB = 19456, /* with two passes: OWASP Password Storage Cheat Sheet */
};

/* Before this day no build of this program existed. */
static const int64_t CLOCK_EARLIEST_S = 1735689600; /* 2025-01-01 */

void doctor_add(struct doctor *d, const char *name, enum doctor_status status, const char *message,
                const char *advice)
{
    assert(d->count < DOCTOR_FINDINGS_MAX);
    d->finding[d->count++] = (struct doctor_finding){name, status, message != NULL ? message : name, advice};
}

/* ---- Configuration ----------------------------------------------------------------------------------- */

static void check_conf_file(struct doctor *d)
{
    const char *path = d->app->cfg.path;
    struct stat st;
    if (path[0] == '\0') {
        doctor_add(d, "configuration", DOCTOR_OK, "no file found; every setting has its default",
                   "for other settings: menshen config --sample > menshen.conf, beside the program");
        return;
    }
    if (stat(path, &st) == 0 && (st.st_mode & 022) != 0)
        doctor_add(
            d, "configuration", (st.st_mode & 02) != 0 ? DOCTOR_ERROR : DOCTOR_WARNING,
            DOCTOR_TEXT(d, "%s can be changed by others (mode %03o)", path, (unsigned)st.st_mode & 0777),
            DOCTOR_TEXT(d, "chmod go-w %s", path));
    else
        doctor_add(d, "configuration", DOCTOR_OK, path, NULL);
}

static bool check_config(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    enum err e = d->is_open ? ERR_OK : app_configure(d->app, d->conf, &why);
    if (e == ERR_OK)
        check_conf_file(d);
    else
        doctor_add(d, "configuration", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "%s", why.len > 0 ? buf_str(&why) : err_info(e)->name),
                   "correct it; the settings and what they take: menshen config --sample");
    buf_free(&why);
    return e == ERR_OK;
}

/* What stops the start although every setting by itself is right. */
static void check_dialects(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    if (routes_check(&d->app->cfg, d->dialects, &why) == ERR_OK)
        doctor_add(d, "dialects", DOCTOR_OK, "no two serve the same path", NULL);
    else
        doctor_add(d, "dialects", DOCTOR_ERROR, DOCTOR_TEXT(d, "%s", buf_str(&why)),
                   "nothing is served before that is settled");
    buf_free(&why);
}

/* What the metadata of the dialect oauth is made of. */
static void check_metadata(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    if (!cfg->dialect[DIALECT_OAUTH].enabled)
        return;
    if (cfg->server.base_url[0] == '\0')
        doctor_add(
            d, "metadata", DOCTOR_OK,
            "/.well-known/oauth-authorization-server answers 404: there is no base_url",
            "where clients look for it: [server] base_url = https://HOST, with the web server's mount");
    else if (strstr(claims_issuer(d->app), "://") == NULL)
        doctor_add(d, "metadata", DOCTOR_WARNING,
                   "/.well-known/oauth-authorization-server answers 404: the issuer is no address",
                   "[token] issuer: empty, or an address that clients read the metadata at (RFC 8414)");
    else
        doctor_add(d, "metadata", DOCTOR_OK, claims_issuer(d->app), NULL);
}

/* Root may read everything: what it finds right may be closed to the user that matters. */
static void check_user(struct doctor *d)
{
    if (geteuid() == 0)
        doctor_add(d, "user", DOCTOR_WARNING,
                   "doctor runs as root, so that it sees nothing of what other users may not do",
                   "run it as the user that the web server runs Menshen as: sudo -u www-data menshen doctor");
}

static void check_expose_answer(struct doctor *d)
{
    if (d->app->cfg.captcha.expose_answer)
        doctor_add(d, "expose_answer", DOCTOR_WARNING,
                   "captchas hand out their answers: they keep nobody out",
                   "[captcha] expose_answer = no, unless this site is for development");
    else
        doctor_add(d, "expose_answer", DOCTOR_OK, "captcha answers are kept secret", NULL);
}

/* Whether the range ends in /0: everybody. */
static bool trusts_everybody(const char *range, size_t len)
{
    return len > 2 && memcmp(range + len - 2, "/0", 2) == 0;
}

static void check_proxies(struct doctor *d)
{
    const char *list = d->app->cfg.server.trusted_proxies;
    if (list[0] == '\0') {
        doctor_add(
            d, "trusted_proxies", DOCTOR_OK,
            "none: limits count by the address that connects. Behind a proxy that is the proxy's for all",
            NULL);
        return;
    }
    for (const char *p = list; *p != '\0'; p += strspn(p, ", ")) {
        size_t len = strcspn(p, ", ");
        if (trusts_everybody(p, len)) {
            doctor_add(
                d, "trusted_proxies", DOCTOR_WARNING,
                DOCTOR_TEXT(d, "%.*s trusts everybody: who sends X-Forwarded-For chooses an address",
                            (int)len, p),
                "[server] trusted_proxies: the addresses of your own proxies, such as 127.0.0.1,10.0.0.0/8");
            return;
        }
        p += len;
    }
    doctor_add(d, "trusted_proxies", DOCTOR_OK, list, NULL);
}

/* The program that sends mail has to be there; what it does with it, only sending tells. */
static void check_mail(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    const char *program = arena_strndup(d->arena, cfg->mail.sendmail, strcspn(cfg->mail.sendmail, " \t"));
    if (cfg->mail.sendmail[0] == '\0')
        doctor_add(d, "mail", DOCTOR_OK, "none is sent: links are handed over", NULL);
    else if (program == NULL || access(program, X_OK) != 0)
        doctor_add(d, "mail", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "%s: %s", program != NULL ? program : "", strerror(errno)),
                   "[mail] sendmail has to name a program of this host, as /usr/sbin/sendmail -t -i");
    else if (cfg->server.base_url[0] == '\0')
        doctor_add(d, "mail", DOCTOR_WARNING, "nobody can ask for a new password: there is no base_url",
                   "links in mails begin with it: [server] base_url = https://HOST");
    else
        doctor_add(d, "mail", DOCTOR_OK, cfg->mail.sendmail, NULL);
}

/* ---- The host ---------------------------------------------------------------------------------------- */

static void check_random(struct doctor *d)
{
    unsigned char noise[32];
    if (random_bytes(noise, sizeof noise) == ERR_OK)
        doctor_add(d, "random", DOCTOR_OK, "the system's random source works", NULL);
    else
        doctor_add(d, "random", DOCTOR_ERROR, "the system's random source fails",
                   "getrandom(2) or /dev/urandom has to work: ask your host");
    secure_wipe(noise, sizeof noise);
}

/* A clock that is behind makes tokens from before look like the future, and expired ones valid. */
static void check_clock(struct doctor *d)
{
    char now[CLOCK_LOCAL_CAP];
    struct stat st;
    clock_local(d->now_s, now);
    const char *file = DOCTOR_TEXT(d, "%s/%s", d->app->cfg.server.data_dir, DB_FILE);
    bool behind = d->now_s < CLOCK_EARLIEST_S;
    if (!behind && file != NULL && stat(file, &st) == 0)
        behind = (int64_t)st.st_mtime > d->now_s + 86400;
    if (behind)
        doctor_add(d, "clock", DOCTOR_ERROR, DOCTOR_TEXT(d, "the clock says %s, which is in the past", now),
                   "set it, best by NTP: lifetimes of captchas and tokens depend on it");
    else
        doctor_add(d, "clock", DOCTOR_OK, DOCTOR_TEXT(d, "%s (%s)", now, d->app->cfg.server.time_zone), NULL);
}

static void check_argon2(struct doctor *d)
{
    char hash[PASSWORD_HASH_CAP];
    struct password_cost cost = app_password_cost(d->app);
    int64_t start_us = clock_monotonic_us();
    enum err e = password_hash(cost, "00000000000000000000000000000000", hash);
    int64_t took_ms = (clock_monotonic_us() - start_us) / 1000;
    const char *measured = DOCTOR_TEXT(d, "a password check takes %" PRId64 " ms and %u KiB (%u passes)",
                                       took_ms, cost.memory_kib, cost.passes);
    if (e != ERR_OK)
        doctor_add(d, "argon2", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "hashing a password with %u KiB fails", cost.memory_kib),
                   "the host allows less memory: lower [login] argon2_memory_kib and raise argon2_passes");
    else if (took_ms > ARGON2_SLOW_MS)
        doctor_add(d, "argon2", DOCTOR_WARNING, measured,
                   "lower [login] argon2_memory_kib or argon2_passes; then set passwords anew");
    else if (cost.memory_kib < ARGON2_LOW_KIB)
        doctor_add(
            d, "argon2", DOCTOR_WARNING, measured,
            "less than 19456 KiB makes stolen verifiers cheaper to guess; raise [login] argon2_memory_kib");
    else
        doctor_add(d, "argon2", DOCTOR_OK, measured, NULL);
}

/* ---- The folder of the database ---------------------------------------------------------------------- */

static void check_place(struct doctor *d)
{
    char real[PATH_MAX];
    const char *dir = d->app->cfg.server.data_dir;
    const char *path = realpath(dir, real) != NULL ? real : dir;
    if (place_is_public(path) || strstr(path, "/cgi-bin/") != NULL)
        doctor_add(d, "place", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "%s looks as if a web server would hand it out", path),
                   "move the folder out of the document root and set [server] data_dir");
    else
        doctor_add(d, "place", DOCTOR_OK, "the database is not below an obvious document root", NULL);
}

/* Owner and mode of one path; `if_open` is how bad it is that others may read it. */
static void check_private(struct doctor *d, const char *name, const char *path, unsigned mode,
                          enum doctor_status if_open)
{
    struct stat st;
    if (path == NULL)
        return;
    if (stat(path, &st) != 0) {
        doctor_add(d, name, DOCTOR_ERROR, DOCTOR_TEXT(d, "%s: %s", path, strerror(errno)),
                   errno == ENOENT ? "make it with: menshen init" : "run this as the user that owns it");
        return;
    }
    if ((st.st_mode & 077) != 0)
        doctor_add(d, name, if_open,
                   DOCTOR_TEXT(d, "%s: others may read it (mode %03o)", path, (unsigned)st.st_mode & 0777),
                   DOCTOR_TEXT(d, "chmod %o %s", mode, path));
    else if (st.st_uid != geteuid())
        doctor_add(d, name, DOCTOR_WARNING,
                   DOCTOR_TEXT(d, "%s belongs to user %u, this is user %u", path, (unsigned)st.st_uid,
                               (unsigned)geteuid()),
                   "run menshen as the user that the web server runs it as");
    else
        doctor_add(d, name, DOCTOR_OK, DOCTOR_TEXT(d, "%s, mode %03o", path, (unsigned)st.st_mode & 0777),
                   NULL);
}

/* Who is logging in from where is nobody else's business, and the log must be writable to the web server. */
static void check_log(struct doctor *d)
{
    const struct log *log = &d->app->log;
    struct statvfs fs;
    if (log->path == NULL)
        doctor_add(d, "log", DOCTOR_OK, d->app->cfg.server.log, NULL);
    else if (log->fd < 0)
        doctor_add(
            d, "log", DOCTOR_ERROR,
            DOCTOR_TEXT(
                d, "[server] log: %s cannot be opened for writing: what it would say goes to standard error",
                log->path),
            "let it belong to the user that the web server runs menshen as, in a folder that this user may "
            "write");
    else if (statvfs(log->path, &fs) == 0 && fs.f_bavail == 0)
        doctor_add(
            d, "log", DOCTOR_ERROR,
            DOCTOR_TEXT(d, "%s: its disk is full: what it would say goes to standard error", log->path),
            "make room");
    else
        check_private(d, "log", log->path, 0600, DOCTOR_WARNING);
}

static void check_disk(struct doctor *d)
{
    struct statvfs fs;
    if (statvfs(d->app->cfg.server.data_dir, &fs) != 0)
        return;
    uint64_t free_mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
    enum doctor_status status = free_mib < DISK_ERROR_MIB     ? DOCTOR_ERROR
                                : free_mib < DISK_WARNING_MIB ? DOCTOR_WARNING
                                                              : DOCTOR_OK;
    doctor_add(d, "disk", status, DOCTOR_TEXT(d, "%" PRIu64 " MiB free", free_mib),
               status != DOCTOR_OK ? "make room: when the disk is full nobody can log in" : NULL);
}

/* What root copied here, or a command of an older version made: the site cannot be read or written. */
static void check_owners(struct doctor *d)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    const char *dir = d->app->cfg.server.data_dir;
    struct stat folder, st;
    const char *file = DOCTOR_TEXT(d, "%s/%s", dir, DB_FILE);
    if (file == NULL || stat(dir, &folder) != 0)
        return;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const char *path = DOCTOR_TEXT(d, "%s%s", file, suffixes[i]);
        if (path != NULL && stat(path, &st) == 0 && st.st_uid != folder.st_uid)
            doctor_add(d, "owner", DOCTOR_ERROR,
                       DOCTOR_TEXT(d, "%s belongs to user %u, mode %03o, and its folder to user %u", path,
                                   (unsigned)st.st_uid, (unsigned)st.st_mode & 0777, (unsigned)folder.st_uid),
                       DOCTOR_TEXT(d, "chown %u %s", (unsigned)folder.st_uid, path));
    }
}

/* ---- All of it --------------------------------------------------------------------------------------- */

static void check_folder(struct doctor *d)
{
    const char *dir = d->app->cfg.server.data_dir;
    check_place(d);
    check_private(d, "data_dir", dir, 0700, DOCTOR_ERROR);
    check_private(d, "file", DOCTOR_TEXT(d, "%s/%s", dir, DB_FILE), 0600, DOCTOR_ERROR);
    check_disk(d);
    check_owners(d);
}

void doctor_examine(struct doctor *d)
{
    if (!check_config(d)) {
        check_random(d);
        return;
    }
    check_dialects(d);
    check_metadata(d);
    check_user(d);
    check_expose_answer(d);
    check_proxies(d);
    doctor_check_policy(d);
    check_mail(d);
    check_log(d);
    check_random(d);
    check_clock(d);
    if (!d->is_quick)
        check_argon2(d);
    check_folder(d);
    doctor_check_database(d);
}

size_t doctor_count(const struct doctor *d, enum doctor_status status)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++)
        n += d->finding[i].status == status;
    return n;
}

const char *doctor_status_name(enum doctor_status status)
{
    static const char *const names[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_ERROR] = "error"};
    return names[status];
}
