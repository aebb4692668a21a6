#include "admin/doctor.h"

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

#include "admin/clients.h"
#include "admin/demo.h"
#include "admin/users.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/place.h"
#include "base/random.h"
#include "base/secure.h"
#include "http/routes.h"
#include "store/migration.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

enum {
    DISK_ERROR_MIB = 10,
    DISK_WARNING_MIB = 100,
    ARGON2_SLOW_MS = 1000,
    ARGON2_LOW_KIB = 19456, /* with two passes: OWASP Password Storage Cheat Sheet */
};

/* Before this day no build of this program existed. */
static const int64_t CLOCK_EARLIEST_S = 1735689600; /* 2025-01-01 */

/* A finding for whose text there was no memory still counts, and says its name. */
static void add(struct doctor *d, const char *name, enum doctor_status status, const char *message,
                const char *advice)
{
    assert(d->count < DOCTOR_FINDINGS_MAX);
    d->finding[d->count++] = (struct doctor_finding){name, status, message != NULL ? message : name, advice};
}

#define TEXT(D, ...) arena_printf((D)->arena, __VA_ARGS__)

/* ---- Configuration ----------------------------------------------------------------------------------- */

static void check_conf_file(struct doctor *d)
{
    const char *path = d->app->cfg.path;
    struct stat st;
    if (path[0] == '\0') {
        add(d, "configuration", DOCTOR_OK, "no file found; every setting has its default",
            "for other settings: menshen config --sample > menshen.conf, beside the program");
        return;
    }
    if (stat(path, &st) == 0 && (st.st_mode & 022) != 0)
        add(d, "configuration", (st.st_mode & 02) != 0 ? DOCTOR_ERROR : DOCTOR_WARNING,
            TEXT(d, "%s can be changed by others (mode %03o)", path, (unsigned)st.st_mode & 0777),
            TEXT(d, "chmod go-w %s", path));
    else
        add(d, "configuration", DOCTOR_OK, path, NULL);
}

static bool check_config(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    enum err e = app_configure(d->app, d->conf, &why);
    if (e == ERR_OK)
        check_conf_file(d);
    else
        add(d, "configuration", DOCTOR_ERROR, TEXT(d, "%s", why.len > 0 ? buf_str(&why) : err_info(e)->name),
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
        add(d, "dialects", DOCTOR_OK, "no two serve the same path", NULL);
    else
        add(d, "dialects", DOCTOR_ERROR, TEXT(d, "%s", buf_str(&why)),
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
        add(d, "metadata", DOCTOR_OK,
            "/.well-known/oauth-authorization-server answers 404: there is no base_url",
            "where clients look for it: [server] base_url = https://HOST, with the web server's mount");
    else if (strstr(claims_issuer(d->app), "://") == NULL)
        add(d, "metadata", DOCTOR_WARNING,
            "/.well-known/oauth-authorization-server answers 404: the issuer is no address",
            "[token] issuer: empty, or an address that clients read the metadata at (RFC 8414)");
    else
        add(d, "metadata", DOCTOR_OK, claims_issuer(d->app), NULL);
}

/* Root may read everything: what it finds right may be closed to the user that matters. */
static void check_user(struct doctor *d)
{
    if (geteuid() == 0)
        add(d, "user", DOCTOR_WARNING,
            "doctor runs as root, so that it sees nothing of what other users may not do",
            "run it as the user that the web server runs Menshen as: sudo -u www-data menshen doctor");
}

static void check_expose_answer(struct doctor *d)
{
    if (d->app->cfg.captcha.expose_answer)
        add(d, "expose_answer", DOCTOR_WARNING, "captchas hand out their answers: they keep nobody out",
            "[captcha] expose_answer = no, unless this site is for development");
    else
        add(d, "expose_answer", DOCTOR_OK, "captcha answers are kept secret", NULL);
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
        add(d, "trusted_proxies", DOCTOR_OK,
            "none: limits count by the address that connects. Behind a proxy that is the proxy's for all",
            NULL);
        return;
    }
    for (const char *p = list; *p != '\0'; p += strspn(p, ", ")) {
        size_t len = strcspn(p, ", ");
        if (trusts_everybody(p, len)) {
            add(d, "trusted_proxies", DOCTOR_WARNING,
                TEXT(d, "%.*s trusts everybody: who sends X-Forwarded-For chooses an address", (int)len, p),
                "[server] trusted_proxies: the addresses of your own proxies, such as 127.0.0.1,10.0.0.0/8");
            return;
        }
        p += len;
    }
    add(d, "trusted_proxies", DOCTOR_OK, list, NULL);
}

/* ---- The host ---------------------------------------------------------------------------------------- */

static void check_random(struct doctor *d)
{
    unsigned char noise[32];
    if (random_bytes(noise, sizeof noise) == ERR_OK)
        add(d, "random", DOCTOR_OK, "the system's random source works", NULL);
    else
        add(d, "random", DOCTOR_ERROR, "the system's random source fails",
            "getrandom(2) or /dev/urandom has to work: ask your host");
    secure_wipe(noise, sizeof noise);
}

/* A clock that is behind makes tokens from before look like the future, and expired ones valid. */
static void check_clock(struct doctor *d)
{
    char now[CLOCK_LOCAL_CAP];
    struct stat st;
    clock_local(d->now_s, now);
    const char *file = TEXT(d, "%s/%s", d->app->cfg.server.data_dir, DB_FILE);
    bool behind = d->now_s < CLOCK_EARLIEST_S;
    if (!behind && file != NULL && stat(file, &st) == 0)
        behind = (int64_t)st.st_mtime > d->now_s + 86400;
    if (behind)
        add(d, "clock", DOCTOR_ERROR, TEXT(d, "the clock says %s, which is in the past", now),
            "set it, best by NTP: lifetimes of captchas and tokens depend on it");
    else
        add(d, "clock", DOCTOR_OK, TEXT(d, "%s (%s)", now, d->app->cfg.server.time_zone), NULL);
}

static void check_argon2(struct doctor *d)
{
    char hash[PASSWORD_HASH_CAP];
    struct password_cost cost = app_password_cost(d->app);
    int64_t start_us = clock_monotonic_us();
    enum err e = password_hash(cost, "00000000000000000000000000000000", hash);
    int64_t took_ms = (clock_monotonic_us() - start_us) / 1000;
    const char *measured = TEXT(d, "a password check takes %" PRId64 " ms and %u KiB (%u passes)", took_ms,
                                cost.memory_kib, cost.passes);
    if (e != ERR_OK)
        add(d, "argon2", DOCTOR_ERROR, TEXT(d, "hashing a password with %u KiB fails", cost.memory_kib),
            "the host allows less memory: lower [login] argon2_memory_kib and raise argon2_passes");
    else if (took_ms > ARGON2_SLOW_MS)
        add(d, "argon2", DOCTOR_WARNING, measured,
            "lower [login] argon2_memory_kib or argon2_passes; then set passwords anew");
    else if (cost.memory_kib < ARGON2_LOW_KIB)
        add(d, "argon2", DOCTOR_WARNING, measured,
            "less than 19456 KiB makes stolen verifiers cheaper to guess; raise [login] argon2_memory_kib");
    else
        add(d, "argon2", DOCTOR_OK, measured, NULL);
}

/* ---- The folder of the database ---------------------------------------------------------------------- */

static void check_place(struct doctor *d)
{
    char real[PATH_MAX];
    const char *dir = d->app->cfg.server.data_dir;
    const char *path = realpath(dir, real) != NULL ? real : dir;
    if (place_is_public(path) || strstr(path, "/cgi-bin/") != NULL)
        add(d, "place", DOCTOR_ERROR, TEXT(d, "%s looks as if a web server would hand it out", path),
            "move the folder out of the document root and set [server] data_dir");
    else
        add(d, "place", DOCTOR_OK, "the database is not below an obvious document root", NULL);
}

/* Owner and mode of one path; `if_open` is how bad it is that others may read it. */
static void check_private(struct doctor *d, const char *name, const char *path, unsigned mode,
                          enum doctor_status if_open)
{
    struct stat st;
    if (path == NULL)
        return;
    if (stat(path, &st) != 0) {
        add(d, name, DOCTOR_ERROR, TEXT(d, "%s: %s", path, strerror(errno)),
            errno == ENOENT ? "make it with: menshen init" : "run this as the user that owns it");
        return;
    }
    if ((st.st_mode & 077) != 0)
        add(d, name, if_open,
            TEXT(d, "%s: others may read it (mode %03o)", path, (unsigned)st.st_mode & 0777),
            TEXT(d, "chmod %o %s", mode, path));
    else if (st.st_uid != geteuid())
        add(d, name, DOCTOR_WARNING,
            TEXT(d, "%s belongs to user %u, this is user %u", path, (unsigned)st.st_uid, (unsigned)geteuid()),
            "run menshen as the user that the web server runs it as");
    else
        add(d, name, DOCTOR_OK, TEXT(d, "%s, mode %03o", path, (unsigned)st.st_mode & 0777), NULL);
}

/* Who is logging in from where is nobody else's business, and the log must be writable to the web server. */
static void check_log(struct doctor *d)
{
    const struct log *log = &d->app->log;
    if (log->path == NULL)
        add(d, "log", DOCTOR_OK, d->app->cfg.server.log, NULL);
    else if (log->fd < 0)
        add(d, "log", DOCTOR_ERROR,
            TEXT(d, "[server] log: %s cannot be opened for writing: what it would say goes to standard error",
                 log->path),
            "let it belong to the user that the web server runs menshen as, in a folder that this user may "
            "write");
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
    add(d, "disk", status, TEXT(d, "%" PRIu64 " MiB free", free_mib),
        status != DOCTOR_OK ? "make room: when the disk is full nobody can log in" : NULL);
}

/* ---- The database ------------------------------------------------------------------------------------ */

static bool check_open(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    struct app *app = d->app;
    enum err e = db_open(app->cfg.server.data_dir, &app->log, &app->db, &why);
    if (e == ERR_OK)
        e = setting_store_get(app->db, SETTING_CLIENT_PEPPER, app->client_pepper, sizeof app->client_pepper);
    if (e == ERR_OK)
        add(d, "database", DOCTOR_OK, TEXT(d, "opens, schema version %d", DB_SCHEMA_VERSION), NULL);
    else if (e == ERR_NOT_FOUND && app->db == NULL)
        add(d, "database", DOCTOR_ERROR, "there is none", "make it with: menshen init");
    else if (e == ERR_NOT_FOUND)
        add(d, "database", DOCTOR_ERROR, "it is empty: init did not come to its end",
            TEXT(d, "remove %s/%s and run: menshen init", app->cfg.server.data_dir, DB_FILE));
    else
        add(d, "database", DOCTOR_ERROR, TEXT(d, "%s", why.len > 0 ? buf_str(&why) : err_info(e)->name),
            "if it cannot be repaired, put a backup in its place");
    buf_free(&why);
    return e == ERR_OK;
}

static void check_integrity(struct doctor *d)
{
    struct buf lines;
    buf_init(&lines);
    enum err e = db_integrity(d->app->db, &lines);
    if (e == ERR_OK && strcmp(buf_str(&lines), "ok") == 0)
        add(d, "integrity", DOCTOR_OK, "the database file is whole", NULL);
    else
        add(d, "integrity", DOCTOR_ERROR, TEXT(d, "the database file is damaged: %.200s", buf_str(&lines)),
            "put a backup in its place");
    buf_free(&lines);
}

/* -wal and -shm of another owner (a command that root ran with an older version): the site cannot be written. */
static void check_owners(struct doctor *d)
{
    static const char *const suffixes[] = {"-wal", "-shm"};
    const char *dir = d->app->cfg.server.data_dir;
    struct stat db, st;
    const char *file = TEXT(d, "%s/%s", dir, DB_FILE);
    if (file == NULL || stat(file, &db) != 0)
        return;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const char *path = TEXT(d, "%s%s", file, suffixes[i]);
        if (path != NULL && stat(path, &st) == 0 && st.st_uid != db.st_uid)
            add(d, "owner", DOCTOR_ERROR,
                TEXT(d, "%s belongs to user %u, mode %03o, and the database to user %u", path,
                     (unsigned)st.st_uid, (unsigned)st.st_mode & 0777, (unsigned)db.st_uid),
                TEXT(d, "chown %u %s", (unsigned)db.st_uid, path));
    }
}

static void check_writing(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    if (db_test_write(d->app->db, &why) == ERR_OK)
        add(d, "writing", DOCTOR_OK, "the database can be written", NULL);
    else
        add(d, "writing", DOCTOR_ERROR, TEXT(d, "the database cannot be written: %s", buf_str(&why)),
            "nobody can log in before that is settled");
    buf_free(&why);
}

static void check_statements(struct doctor *d)
{
    if (db_prepare_all(d->app->db) == ERR_OK)
        add(d, "schema", DOCTOR_OK, "every statement of this program fits the database", NULL);
    else
        add(d, "schema", DOCTOR_ERROR, "the database lacks what this program needs",
            "it was changed by other means: put a backup in its place");
}

static void check_journal(struct doctor *d)
{
    if (strcmp(db_journal_mode(d->app->db), "wal") == 0)
        add(d, "journal", DOCTOR_OK, "write-ahead log", NULL);
    else
        add(d, "journal", DOCTOR_WARNING,
            "the folder is on a network or user-space file system: a rollback journal is used, which is "
            "slower",
            "move [server] data_dir to a local disk if there is one");
}

/* What signs with `alg`, as in client.alg, and whether that goes on. */
static void check_signer(struct doctor *d, const struct keyring *ring, const char *alg)
{
    int64_t now_s = d->now_s;
    const struct jws_key *key = keyring_signer(ring, alg, now_s);
    const char *option = alg[0] != '\0' ? TEXT(d, " --alg %s", alg) : "";
    const char *advice = TEXT(d, "menshen key rotate%s", option != NULL ? option : "");
    if (key == NULL) {
        add(d, "sign_keys", DOCTOR_ERROR,
            alg[0] != '\0' ? TEXT(d, "a client signs with %s, and no key does", alg)
                           : "no token can be signed",
            advice);
        return;
    }
    int64_t end_s = ring->retired_s[key - ring->key];
    if (end_s != 0 && keyring_signer(ring, alg, end_s) == NULL) {
        char end[CLOCK_LOCAL_CAP];
        clock_local(end_s, end);
        add(d, "sign_keys", DOCTOR_WARNING,
            TEXT(d, "key %s (%s) ends at %s, and none comes after it", key->kid, jws_alg_name(key->alg), end),
            advice);
    }
}

static void check_keys(struct doctor *d)
{
    struct keyring ring;
    struct keyring_needs needs;
    size_t before = d->count;
    enum err e = keyring_read(d->app, d->now_s, &ring);
    if (e == ERR_OK)
        e = keyring_needs(d->app, &needs);
    if (e != ERR_OK) {
        add(d, "sign_keys", DOCTOR_ERROR, TEXT(d, "they cannot be read: %s", err_info(e)->name), NULL);
    } else {
        check_signer(d, &ring, "");
        for (int alg = 0; alg < JWS_ALG_COUNT; alg++)
            if (needs.named[alg])
                check_signer(d, &ring, jws_alg_name((enum jws_alg)alg));
    }
    if (d->count == before)
        add(d, "sign_keys", DOCTOR_OK, TEXT(d, "%zu in use", ring.count), NULL);
    keyring_wipe(&ring);
}

static enum err note_sm2(void *ctx, const struct client *row)
{
    bool *used = ctx;
    *used = *used || strcmp(row->password_wire, "sm2") == 0;
    return ERR_OK;
}

/* Browsers encrypt to a key of this site. */
static void check_sm2(struct doctor *d)
{
    struct db *db = d->app->db;
    unsigned char key[SETTING_SEED_LEN];
    struct arena row;
    bool used = false;
    arena_init(&row, 1 << 16);
    enum err e = client_store_list(db, &row, note_sm2, &used);
    arena_fini(&row);
    if (e != ERR_OK || !used)
        return;
    if (setting_store_get(db, SETTING_SM2_KEY, key, sizeof key) == ERR_OK)
        add(d, "sm2_key", DOCTOR_OK, "the key that passwords are encrypted to is there", NULL);
    else
        add(d, "sm2_key", DOCTOR_ERROR,
            "a client sends passwords with SM2, and this site has no key for that", "menshen key sm2");
    secure_wipe(key, sizeof key);
}

static enum err count_tenant(void *ctx, const struct tenant *row)
{
    int *count = ctx;
    (void)row;
    (*count)++;
    return ERR_OK;
}

static enum err count_client(void *ctx, const struct client *row)
{
    int *count = ctx;
    *count += row->has_secret && !row->locked;
    return ERR_OK;
}

static enum err count_unseen(void *ctx, const struct user *row)
{
    int64_t *count = ctx;
    *count += password_needs_plain(row->password_hash);
    return ERR_OK;
}

/* People who moved in with a verifier that clients which send MD5 cannot be compared with. */
static void check_unseen(struct doctor *d)
{
    struct arena rows;
    struct buf clients;
    int64_t count = 0;
    arena_init(&rows, 1 << 20);
    buf_init(&clients);
    enum err e = user_store_list(d->app->db, NULL, &rows, count_unseen, &count);
    if (e == ERR_OK)
        e = clients_md5(d->app->db, &clients);
    if (e == ERR_OK && count > 0 && clients.len > 0)
        add(d, "imported_hashes", DOCTOR_WARNING,
            TEXT(d, "%" PRId64 " people have a hash over the password itself", count),
            TEXT(d, USERS_UNSEEN_ADVICE, buf_str(&clients)));
    buf_free(&clients);
    arena_fini(&rows);
}

static void check_lookalikes(struct doctor *d)
{
    int64_t count = 0;
    if (user_store_lookalikes(d->app->db, &count) == ERR_OK && count > 0)
        add(d, "lookalikes", DOCTOR_WARNING,
            TEXT(d, "%" PRId64 " accounts differ from another in case or width only", count),
            "they have to be spelled exactly when they log in; where two are one person, menshen user remove "
            "one");
}

/* Something a site needs one of. */
static void check_some(struct doctor *d, const char *name, enum err e, int64_t count,
                       enum doctor_status if_none, const char *advice)
{
    if (e != ERR_OK)
        add(d, name, DOCTOR_ERROR, TEXT(d, "they cannot be read: %s", err_info(e)->name), NULL);
    else if (count == 0)
        add(d, name, if_none, "there is none", advice);
    else
        add(d, name, DOCTOR_OK, TEXT(d, "%" PRId64, count), NULL);
}

/*
 * Whether somebody waits for a client with a secret: a dialect whose requests carry its credentials is enabled, and
 * not one that has a client of its own was turned on, which is then what the site is for.
 */
static bool wants_client(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    struct config *initial = arena_alloc(d->arena, sizeof *initial);
    bool wanted = false, turned_on = false;
    if (initial == NULL)
        return true;
    config_defaults(initial);
    for (int i = 0; i < DIALECT_COUNT; i++) {
        bool has_own = cfg->dialect[i].client[0] != '\0';
        wanted = wanted || (cfg->dialect[i].enabled && !has_own);
        turned_on = turned_on || (cfg->dialect[i].enabled && has_own && !initial->dialect[i].enabled);
    }
    return wanted && !turned_on;
}

static void check_content(struct doctor *d)
{
    struct db *db = d->app->db;
    struct arena rows;
    int tenants = 0, clients = 0;
    int64_t users = 0;
    arena_init(&rows, 1 << 20);
    enum err e = tenant_store_list(db, &rows, count_tenant, &tenants);
    check_some(d, "tenants", e, tenants, DOCTOR_WARNING, "menshen tenant add 000000 --name NAME");
    e = client_store_list(db, &rows, count_client, &clients);
    check_some(d, "clients_with_secret", e, clients, wants_client(d) ? DOCTOR_WARNING : DOCTOR_OK,
               "no client can ask for tokens; menshen client add ID --grants captcha,refresh_token");
    e = user_store_count(db, &users);
    check_some(d, "users", e, users, DOCTOR_WARNING,
               "nobody can log in; menshen user add ACCOUNT --real-name NAME");
    arena_fini(&rows);
}

/* What keeps a dialect's client from logging people in; NULL if nothing does. */
static const char *dialect_client_fault(struct doctor *d, const char *id)
{
    struct client c;
    enum err e = client_store_get(d->app->db, id, d->arena, &c);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? "does not exist" : "cannot be read";
    return c.locked ? "is locked" : !client_may(&c, "captcha") ? "lacks the grant captcha" : NULL;
}

/* Dialects whose requests carry no client credentials name a client. */
static void check_dialect_clients(struct doctor *d)
{
    for (int i = 0; i < DIALECT_COUNT; i++) {
        const struct config_dialect *dialect = &d->app->cfg.dialect[i];
        const char *name = config_dialect_name((enum dialect_id)i);
        if (!dialect->enabled || dialect->client[0] == '\0')
            continue;
        const char *fault = dialect_client_fault(d, dialect->client);
        if (fault != NULL)
            add(d, "dialect_client", DOCTOR_WARNING,
                TEXT(d, "logins of the dialect %s belong to client %s, which %s", name, dialect->client,
                     fault),
                TEXT(d,
                     "menshen client add|set|unlock %s, with --grants captcha; or name another in "
                     "[dialect.%s] client",
                     dialect->client, name));
    }
}

/* ---- The demo's passwords ---------------------------------------------------------------------------- */

static bool demo_user_left(struct doctor *d)
{
    struct user u;
    struct password known;
    return user_store_find(d->app->db, DEMO_TENANT, DEMO_ACCOUNT, d->arena, &u) == ERR_OK && !u.locked &&
           password_of_plain(DEMO_PASSWORD, strlen(DEMO_PASSWORD), &known) == ERR_OK &&
           password_verify(u.password_hash, &known) == ERR_OK;
}

static bool demo_secret_left(struct doctor *d)
{
    struct client c;
    bool same = false;
    return client_store_get(d->app->db, DEMO_CLIENT, d->arena, &c) == ERR_OK && !c.locked &&
           client_compare_secret(d->app, &c, DEMO_SECRET, d->now_s, &same) == ERR_OK && same;
}

static void check_demo(struct doctor *d)
{
    bool user = demo_user_left(d);
    bool client = demo_secret_left(d);
    if (user)
        add(d, "demo_user", DOCTOR_WARNING,
            "user " DEMO_ACCOUNT " has the demo's password, which everybody knows",
            "menshen user passwd " DEMO_ACCOUNT);
    if (client)
        add(d, "demo_client", DOCTOR_WARNING,
            "client " DEMO_CLIENT " has the demo's secret, which everybody knows",
            "menshen client secret " DEMO_CLIENT " --overlap 0");
    if (!user && !client)
        add(d, "demo", DOCTOR_OK, "no password of the demo is in use", NULL);
}

/* ---- Rows from the future ---------------------------------------------------------------------------- */

/* "3 rows of token, 1 of session"; "" if there are none. */
static void name_ahead(const int64_t counts[DB_AHEAD_TABLES], struct buf *out)
{
    for (int i = 0; i < DB_AHEAD_TABLES; i++)
        if (counts[i] > 0)
            buf_addf(out, "%s%" PRId64 "%s %s", out->len > 0 ? ", " : "", counts[i],
                     out->len > 0     ? " of"
                     : counts[i] == 1 ? " row of"
                                      : " rows of",
                     db_ahead_tables[i]);
}

static void check_ahead(struct doctor *d)
{
    int64_t counts[DB_AHEAD_TABLES];
    struct buf found;
    buf_init(&found);
    enum err e = db_ahead_count(d->app->db, d->now_s, counts);
    if (e == ERR_OK)
        name_ahead(counts, &found);
    if (e != ERR_OK || found.err != ERR_OK)
        add(d, "future", DOCTOR_ERROR, TEXT(d, "rows cannot be counted: %s", err_info(e)->name),
            "the log says why");
    else if (found.len == 0)
        add(d, "future", DOCTOR_OK, "no row says that it was made after now", NULL);
    else
        add(d, "future", DOCTOR_WARNING,
            TEXT(d, "made after now: %s; the clock was ahead, or is behind", buf_str(&found)),
            "they bind nobody. See that the clock is right (date); then: menshen token purge --ahead; "
            "menshen key "
            "rotate, if keys are among them; set the passwords and secrets anew that were changed meanwhile");
    buf_free(&found);
}

/* ---- All of it --------------------------------------------------------------------------------------- */

static void check_database(struct doctor *d)
{
    const char *dir = d->app->cfg.server.data_dir;
    check_place(d);
    check_private(d, "data_dir", dir, 0700, DOCTOR_ERROR);
    check_private(d, "file", TEXT(d, "%s/%s", dir, DB_FILE), 0600, DOCTOR_ERROR);
    check_disk(d);
    check_owners(d);
    if (!check_open(d))
        return;
    check_writing(d);
    check_integrity(d);
    check_statements(d);
    check_journal(d);
    check_ahead(d);
    check_keys(d);
    check_sm2(d);
    check_content(d);
    check_unseen(d);
    check_lookalikes(d);
    check_dialect_clients(d);
    check_demo(d);
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
    check_log(d);
    check_random(d);
    check_clock(d);
    check_argon2(d);
    check_database(d);
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
