#include "base/config.h"

#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/codec.h"
#include "base/origin.h"
#include "base/passwd.h"

enum type {
    TYPE_TEXT,   /* any text that fits */
    TYPE_PATHS,  /* comma-joined URL paths */
    TYPE_NAMES,  /* comma-joined words, at least one */
    TYPE_NAME,   /* one word */
    TYPE_RANGES, /* comma-joined addresses and CIDR ranges, or none */
    TYPE_SITES,  /* comma-separated origins of pages, or none */
    TYPE_URL,    /* https://… or http://…, without a final slash, or none */
    TYPE_INT,    /* int64_t, min..max */
    TYPE_PIXELS, /* int, min..max */
    TYPE_BOOL,   /* yes, no */
    TYPE_CHOICE, /* int, index into choices */
    TYPE_LENGTH, /* two ints: "5" or "4-6" */
};

struct setting {
    const char *section, *key;
    enum type type;
    size_t offset;
    int64_t min, max;
    const char *const *choices; /* NULL-terminated */
    const char *initial;        /* default, as text */
    const char *help;
};

static const char *const dialect_names[DIALECT_COUNT] = {
    [DIALECT_BLADE] = "blade",
    [DIALECT_EBAAS] = "ebaas",
    [DIALECT_EPLATFORM] = "eplatform",
    [DIALECT_PLATFORM] = "platform",
    [DIALECT_SPRINGBLADE] = "springblade",
    [DIALECT_RUOYI] = "ruoyi",
    [DIALECT_OAUTH] = "oauth",
};
static const char *const kinds[CAPTCHA_KIND_COUNT + 1] = {
    [CAPTCHA_ALNUM] = "alnum",           [CAPTCHA_DIGITS] = "digits",   [CAPTCHA_LETTERS] = "letters",
    [CAPTCHA_ARITHMETIC] = "arithmetic", [CAPTCHA_CHINESE] = "chinese",
};
static const char *const levels[CAPTCHA_LEVEL_COUNT + 1] = {"easy", "normal", "hard"};
static const char *const formats[CAPTCHA_FORMAT_COUNT + 1] = {"png", "jpeg"};

enum { LEVEL_INHERITED = -1 }; /* until the file is read; shown as "" */

#define AT(MEMBER) offsetof(struct config, MEMBER)
#define TYPED(SECTION, KEY, TYPE, MEMBER, INITIAL, HELP)                                                     \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE, .offset = AT(MEMBER), .initial = INITIAL, .help = HELP \
    }
#define TEXT(SECTION, KEY, MEMBER, INITIAL, HELP) TYPED(SECTION, KEY, TYPE_TEXT, MEMBER, INITIAL, HELP)
#define INT(SECTION, KEY, MEMBER, MIN, MAX, INITIAL, HELP)                                                   \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_INT, .offset = AT(MEMBER), .min = MIN, .max = MAX,      \
        .initial = INITIAL, .help = HELP                                                                     \
    }
#define BOOL(SECTION, KEY, MEMBER, INITIAL, HELP)  TYPED(SECTION, KEY, TYPE_BOOL, MEMBER, INITIAL, HELP)
#define NAMES(SECTION, KEY, MEMBER, INITIAL, HELP) TYPED(SECTION, KEY, TYPE_NAMES, MEMBER, INITIAL, HELP)
#define CHOICE(SECTION, KEY, MEMBER, CHOICES, INITIAL, HELP)                                                 \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_CHOICE, .offset = AT(MEMBER), .choices = CHOICES,       \
        .initial = INITIAL, .help = HELP                                                                     \
    }
/* What every dialect has. WIDTH, HEIGHT and LENGTH are texts. */
#define DIALECT(SECTION, ID, ENABLED, PREFIX, KIND, WIDTH, HEIGHT, LENGTH, FORMAT)                           \
    BOOL(SECTION, "enabled", dialect[ID].enabled, ENABLED, "serve this dialect"),                            \
        {.section = SECTION,                                                                                 \
         .key = "prefix",                                                                                    \
         .type = TYPE_PATHS,                                                                                 \
         .offset = AT(dialect[ID].prefix),                                                                   \
         .initial = PREFIX,                                                                                  \
         .help = "path or paths it is served below"},                                                        \
        CHOICE(SECTION, "kind", dialect[ID].captcha.kind, kinds, KIND, "what the captcha asks"),             \
        {.section = SECTION,                                                                                 \
         .key = "width",                                                                                     \
         .type = TYPE_PIXELS,                                                                                \
         .offset = AT(dialect[ID].captcha.width_px),                                                         \
         .min = CAPTCHA_WIDTH_MIN,                                                                           \
         .max = CAPTCHA_WIDTH_MAX,                                                                           \
         .initial = WIDTH,                                                                                   \
         .help = "captcha width, pixels"},                                                                   \
        {.section = SECTION,                                                                                 \
         .key = "height",                                                                                    \
         .type = TYPE_PIXELS,                                                                                \
         .offset = AT(dialect[ID].captcha.height_px),                                                        \
         .min = CAPTCHA_HEIGHT_MIN,                                                                          \
         .max = CAPTCHA_HEIGHT_MAX,                                                                          \
         .initial = HEIGHT,                                                                                  \
         .help = "captcha height, pixels"},                                                                  \
        {.section = SECTION,                                                                                 \
         .key = "length",                                                                                    \
         .type = TYPE_LENGTH,                                                                                \
         .offset = AT(dialect[ID].captcha.length_min),                                                       \
         .min = CAPTCHA_LENGTH_MIN,                                                                          \
         .max = CAPTCHA_LENGTH_MAX,                                                                          \
         .initial = LENGTH,                                                                                  \
         .help = "characters, as 5 or 4-6 (arithmetic has its own)"},                                        \
        CHOICE(SECTION, "format", dialect[ID].captcha.format, formats, FORMAT, "picture format"),            \
        CHOICE(SECTION, "level", dialect[ID].captcha.level, levels, NULL,                                    \
               "difficulty; default: that of [captcha]"),                                                    \
        TEXT(SECTION, "tenant", dialect[ID].tenant, "000000", "tenant of requests that name none")

static const struct setting settings[] = {
    TEXT("server", "data_dir", server.data_dir, NULL,
         "folder of the database; default ~/.menshen/data; relative to this file; never below the document "
         "root"),
    TYPED("server", "base_url", TYPE_URL, server.base_url, "",
          "public address of this site, https://… (claim iss; in the metadata of oauth)"),
    TEXT("server", "time_zone", server.time_zone, "Asia/Shanghai", "zone of dates in answers"),
    TYPED("server", "trusted_proxies", TYPE_RANGES, server.trusted_proxies, "",
          "addresses or CIDR ranges whose X-Forwarded-For is believed"),
    TYPED("server", "allowed_origins", TYPE_SITES, server.allowed_origins, "",
          "origins of other sites' pages that may read the answers (CORS)"),
    TEXT("server", "log", server.log, "stderr", "stderr, syslog, or a file"),
    TEXT("server", "license", server.license, "powered by menshen", "field license of blade's answers"),
    INT("captcha", "ttl", captcha.ttl_s, 10, 3600, "300", "seconds a captcha can be answered"),
    BOOL("captcha", "expose_answer", captcha.expose_answer, "no", "hand the answer out: development only"),
    INT("captcha", "max_live", captcha.max_live, 100, 100000000, "100000",
        "captchas that wait for their answer; past it new ones replace the oldest, a flooder's own first"),
    INT("captcha", "rate", captcha.rate, 0, 1000000000, "300",
        "captchas per address and minute; 0: no limit"),
    CHOICE("captcha", "level", captcha.level, levels, "normal", "difficulty"),
    INT("login", "max_failures", login.max_failures, 1, 1000, "5",
        "failures per account or address that lock"),
    INT("login", "window", login.window_s, 1, 86400, "1800", "seconds that failures count and a lock lasts"),
    INT("login", "client_max_failures", login.client_max_failures, 1, 1000000000, "1000",
        "failures through one client from which on its logins need a captcha and an address without "
        "failures"),
    INT("login", "captcha_after", login.captcha_after, 0, 1000, "1",
        "failures from which on the password grant needs a captcha; 0: always"),
    INT("login", "password_min_length", login.password_min_length, 8, 64, "8",
        "characters that a new password has at least; 15 is better"),
    INT("login", "password_max_age", login.password_max_age_s, 0, 3153600000, "0",
        "seconds after which password_expired asks for a new password; 0: never"),
    INT("login", "argon2_memory_kib", login.argon2_memory_kib, 8, 1048576, "19456", "Argon2id memory, KiB"),
    INT("login", "argon2_passes", login.argon2_passes, 1, 100, "2", "Argon2id passes"),
    TEXT("token", "issuer", token.issuer, "", "claim iss; default: base_url, else menshen"),
    INT("token", "access_ttl", token.access_ttl_s, 1, 31536000, "43200", "seconds an access token lives"),
    INT("token", "refresh_ttl", token.refresh_ttl_s, 1, 315360000, "2592000",
        "seconds a refresh token lives"),
    INT("token", "refresh_grace", token.refresh_grace_s, 0, 3600, "30",
        "seconds in which a used refresh token answers again with its successors"),
    INT("token", "family_ttl", token.family_ttl_s, 1, 315360000, "7776000",
        "seconds a login can be refreshed"),
    INT("audit", "retention", audit.retention_s, 0, 3153600000, "15552000",
        "seconds that audit rows are kept; 0: nothing is recorded"),
    DIALECT("dialect.blade", DIALECT_BLADE, "yes", "/kom-ams-auth", "alnum", "130", "48", "5", "png"),
    BOOL("dialect.blade", "query_credentials", dialect[DIALECT_BLADE].query_credentials, "yes",
         "accept credentials in the query string of a POST, as Saber sends them"),
    DIALECT("dialect.ebaas", DIALECT_EBAAS, "yes", "/oauth", "alnum", "125", "45", "4", "jpeg"),
    TEXT("dialect.ebaas", "client", dialect[DIALECT_EBAAS].client, "ebaas", "client that logins belong to"),
    DIALECT("dialect.eplatform", DIALECT_EPLATFORM, "yes", "/", "digits", "166", "90", "5", "jpeg"),
    TEXT("dialect.eplatform", "client", dialect[DIALECT_EPLATFORM].client, "eplatform",
         "client that logins belong to"),
    BOOL("dialect.eplatform", "require_bearer", dialect[DIALECT_EPLATFORM].require_bearer, "yes",
         "a captcha wants a bearer token"),
    NAMES("dialect.eplatform", "sources", dialect[DIALECT_EPLATFORM].sources, "WEB,APP,TG",
          "channel names in the path"),
    DIALECT("dialect.platform", DIALECT_PLATFORM, "yes", "/", "arithmetic", "160", "60", "5", "png"),
    TEXT("dialect.platform", "client", dialect[DIALECT_PLATFORM].client, "platform",
         "client that logins belong to"),
    NAMES("dialect.platform", "sources", dialect[DIALECT_PLATFORM].sources, "PC,APP,H5",
          "channel names in the header"),
    TYPED("dialect.platform", "source_header", TYPE_NAME, dialect[DIALECT_PLATFORM].source_header, "source",
          "header that names the channel"),
    DIALECT("dialect.springblade", DIALECT_SPRINGBLADE, "no", "/blade-auth", "alnum", "130", "48", "5",
            "png"),
    BOOL("dialect.springblade", "query_credentials", dialect[DIALECT_SPRINGBLADE].query_credentials, "yes",
         "accept credentials in the query string of a POST, as Saber sends them"),
    DIALECT("dialect.ruoyi", DIALECT_RUOYI, "no", "/", "arithmetic", "160", "60", "5", "jpeg"),
    TEXT("dialect.ruoyi", "client", dialect[DIALECT_RUOYI].client, "ruoyi", "client that logins belong to"),
    DIALECT("dialect.oauth", DIALECT_OAUTH, "yes", "/oauth2", "alnum", "130", "48", "5", "png"),
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };
_Static_assert((int)SETTING_COUNT <= CONFIG_SETTINGS_MAX, "struct config has one line number per setting");

const char *config_dialect_name(enum dialect_id id)
{
    return dialect_names[id];
}

const char *config_kind_name(enum captcha_kind kind)
{
    return kinds[kind];
}

const char *config_level_name(enum captcha_level level)
{
    return levels[level];
}

static bool find_name(const char *const *names, size_t count, const char *name, int *out)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (int)i;
            return true;
        }
    }
    return false;
}

bool config_dialect_find(const char *name, enum dialect_id *out)
{
    int i = 0;
    if (!find_name(dialect_names, DIALECT_COUNT, name, &i))
        return false;
    *out = (enum dialect_id)i;
    return true;
}

bool config_level_find(const char *name, enum captcha_level *out)
{
    int i = 0;
    if (!find_name(levels, CAPTCHA_LEVEL_COUNT, name, &i))
        return false;
    *out = (enum captcha_level)i;
    return true;
}

bool config_list_has(const char *list, const char *name, size_t len)
{
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        if (n == len && len > 0 && memcmp(list, name, n) == 0)
            return true;
        list += n;
        if (*list == ',')
            list++;
    }
    return false;
}

static bool paths_ok(const char *list)
{
    if (*list == '\0')
        return false;
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        if (n == 0 || list[0] != '/' || (n > 1 && list[n - 1] == '/'))
            return false;
        for (size_t i = 0; i < n; i++)
            if (strchr("?#% {}", list[i]) != NULL || (list[i] == '.' && list[i - 1] == '/'))
                return false;
        list += n;
        if (*list == ',' && *++list == '\0')
            return false;
    }
    return true;
}

static bool names_ok(const char *list)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,";
    size_t n = strlen(list);
    return n > 0 && strspn(list, word) == n && list[0] != ',' && list[n - 1] != ',' &&
           strstr(list, ",,") == NULL;
}

static bool url_ok(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    size_t len = strlen(url);
    return len == 0 ||
           (scheme > 0 && len > scheme && url[len - 1] != '/' && strpbrk(url, " \"\\<>?#") == NULL);
}

static bool text_ok(enum type type, const char *value)
{
    if (strlen(value) >= CONFIG_TEXT_CAP || !codec_utf8_valid(value, strlen(value)))
        return false;
    switch (type) {
    case TYPE_PATHS:
        return paths_ok(value);
    case TYPE_NAMES:
        return names_ok(value);
    case TYPE_NAME:
        return names_ok(value) && strchr(value, ',') == NULL;
    case TYPE_RANGES:
        return address_list_ok(value);
    case TYPE_SITES:
        return origin_list_ok(value);
    case TYPE_URL:
        return url_ok(value);
    default:
        return true;
    }
}

static bool parse_length(const char *value, const struct setting *s, int range[2])
{
    char low[8];
    const char *dash = strchr(value, '-');
    size_t n = dash != NULL ? (size_t)(dash - value) : strlen(value);
    int64_t min = 0, max = 0;
    if (n == 0 || n >= sizeof low)
        return false;
    memcpy(low, value, n);
    low[n] = '\0';
    if (!codec_parse_int(low, s->min, s->max, &min))
        return false;
    max = min;
    if (dash != NULL && !codec_parse_int(dash + 1, min, s->max, &max))
        return false;
    range[0] = (int)min;
    range[1] = (int)max;
    return true;
}

/* Say what the setting takes. */
static void explain(const struct setting *s, const char *value, struct buf *why)
{
    buf_addf(why, "[%s] %s = %s: expected ", s->section, s->key, value);
    switch (s->type) {
    case TYPE_TEXT:
        buf_addf(why, "UTF-8 text of at most %d bytes", CONFIG_TEXT_CAP - 1);
        break;
    case TYPE_PATHS:
        buf_add_str(why, "a path or comma-separated paths such as /auth, without a final slash");
        break;
    case TYPE_NAMES:
        buf_add_str(why, "comma-separated words of letters, digits, - _ .");
        break;
    case TYPE_NAME:
        buf_add_str(why, "one word of letters, digits, - _ .");
        break;
    case TYPE_RANGES:
        buf_add_str(why, "comma-separated addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32");
        break;
    case TYPE_SITES:
        buf_add_str(why, "comma-separated origins as a browser sends them, such as https://app.example or "
                         "http://localhost:8080: lower case, without a final slash, without :443 or :80; not "
                         "* and not null");
        break;
    case TYPE_URL:
        buf_add_str(why, "https://HOST or http://HOST, with a path if need be, without a final slash");
        break;
    case TYPE_INT:
    case TYPE_PIXELS:
        buf_addf(why, "a whole number from %" PRId64 " to %" PRId64, s->min, s->max);
        break;
    case TYPE_BOOL:
        buf_add_str(why, "yes or no");
        break;
    case TYPE_CHOICE:
        for (size_t i = 0; s->choices[i] != NULL; i++)
            buf_addf(why, "%s%s", i > 0 ? ", " : "one of ", s->choices[i]);
        break;
    case TYPE_LENGTH:
        buf_addf(why, "a length or a range such as 4-6, within %" PRId64 " to %" PRId64, s->min, s->max);
        break;
    }
}

static bool store(struct config *c, const struct setting *s, const char *value)
{
    void *at = (char *)c + s->offset;
    int64_t number = 0;
    switch (s->type) {
    case TYPE_TEXT:
    case TYPE_PATHS:
    case TYPE_NAMES:
    case TYPE_NAME:
    case TYPE_RANGES:
    case TYPE_SITES:
    case TYPE_URL:
        if (!text_ok(s->type, value))
            return false;
        memcpy(at, value, strlen(value) + 1);
        return true;
    case TYPE_INT:
        return codec_parse_int(value, s->min, s->max, at);
    case TYPE_PIXELS:
        if (!codec_parse_int(value, s->min, s->max, &number))
            return false;
        *(int *)at = (int)number;
        return true;
    case TYPE_BOOL:
        if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
            return false;
        *(bool *)at = value[0] == 'y';
        return true;
    case TYPE_CHOICE: {
        size_t count = 0;
        while (s->choices[count] != NULL)
            count++;
        return find_name(s->choices, count, value, at);
    }
    case TYPE_LENGTH:
        return parse_length(value, s, at);
    }
    return false;
}

static void render(const struct config *c, const struct setting *s, char out[CONFIG_TEXT_CAP])
{
    const void *at = (const char *)c + s->offset;
    const int *ints = at;
    switch (s->type) {
    case TYPE_TEXT:
    case TYPE_PATHS:
    case TYPE_NAMES:
    case TYPE_NAME:
    case TYPE_RANGES:
    case TYPE_SITES:
    case TYPE_URL:
        memcpy(out, at, CONFIG_TEXT_CAP);
        break;
    case TYPE_INT:
        snprintf(out, CONFIG_TEXT_CAP, "%" PRId64, *(const int64_t *)at);
        break;
    case TYPE_PIXELS:
        snprintf(out, CONFIG_TEXT_CAP, "%d", *ints);
        break;
    case TYPE_BOOL:
        snprintf(out, CONFIG_TEXT_CAP, "%s", *(const bool *)at ? "yes" : "no");
        break;
    case TYPE_CHOICE:
        snprintf(out, CONFIG_TEXT_CAP, "%s", *ints == LEVEL_INHERITED ? "" : s->choices[*ints]);
        break;
    case TYPE_LENGTH:
        snprintf(out, CONFIG_TEXT_CAP, ints[0] == ints[1] ? "%d" : "%d-%d", ints[0], ints[1]);
        break;
    }
}

/* Home from the password file: the environment is the web server's. */
static bool home_dir(char *out, size_t cap)
{
    char home[PASSWD_HOME_CAP];
    if (!passwd_home(geteuid(), home) || strlen(home) >= cap)
        return false;
    memcpy(out, home, strlen(home) + 1);
    return true;
}

bool config_own_dir(char *out, size_t cap)
{
    ssize_t n = readlink("/proc/self/exe", out, cap);
    if (n <= 0 || (size_t)n >= cap)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

void config_defaults(struct config *c)
{
    char home[CONFIG_TEXT_CAP - 16];
    *c = (struct config){0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].initial != NULL)
            store(c, &settings[i], settings[i].initial);
    for (size_t d = 0; d < DIALECT_COUNT; d++)
        c->dialect[d].captcha.level = (enum captcha_level)LEVEL_INHERITED;
    if (home_dir(home, sizeof home))
        snprintf(c->server.data_dir, CONFIG_TEXT_CAP, "%s/.menshen/data", home);
}

static bool section_exists(const char *section)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings[i].section, section) == 0)
            return true;
    return false;
}

/* List what would have been right, so that the message is also the manual. */
static void explain_unknown(const char *section, const char *key, struct buf *why)
{
    bool known = section_exists(section);
    const char *last = "";
    if (known)
        buf_addf(why, "unknown key \"%s\" in [%s]; allowed:", key, section);
    else
        buf_addf(why, "unknown section [%s]; allowed:", section);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &settings[i];
        if (known && strcmp(s->section, section) == 0)
            buf_addf(why, " %s", s->key);
        else if (!known && strcmp(s->section, last) != 0)
            buf_addf(why, " [%s]", s->section);
        last = s->section;
    }
}

static enum err set_at(struct config *c, const char *section, const char *key, const char *value, int line,
                       struct buf *why)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &settings[i];
        if (strcmp(s->section, section) != 0 || strcmp(s->key, key) != 0)
            continue;
        if (line > 0 && c->line[i] > 0) {
            buf_addf(why, "[%s] %s is set twice, first in line %d", section, key, c->line[i]);
            return ERR_CONFIG;
        }
        if (!store(c, s, value)) {
            explain(s, value, why);
            return ERR_CONFIG;
        }
        c->line[i] = (uint16_t)line;
        return ERR_OK;
    }
    explain_unknown(section, key, why);
    return ERR_CONFIG;
}

static void inherit_level(struct config *c)
{
    for (size_t d = 0; d < DIALECT_COUNT; d++)
        if ((int)c->dialect[d].captcha.level == LEVEL_INHERITED)
            c->dialect[d].captcha.level = (enum captcha_level)c->captcha.level;
}

enum err config_set(struct config *c, const char *section, const char *key, const char *value,
                    struct buf *why)
{
    return set_at(c, section, key, value, 0, why);
}

struct reading {
    struct config *c;
    FILE *file;
    int line; /* inih asks for one line after the other and calls back before it asks for the next */

    struct buf *why;
    enum err err;
};

static char *read_line(char *out, int cap, void *ctx)
{
    struct reading *r = ctx;
    if (r->err != ERR_OK)
        return NULL;
    char *line = fgets(out, cap, r->file);
    if (line == NULL)
        return NULL;
    r->line++;
    if (strchr(line, '\n') == NULL && !feof(r->file)) {
        buf_addf(r->why, "%s:%d: line longer than %d bytes", r->c->path, r->line, cap - 2);
        r->err = ERR_CONFIG;
        return NULL;
    }
    /* inih takes an indented line for more of the value before it; nobody means that here. */
    size_t blanks = strspn(line, " \t");
    memmove(line, line + blanks, strlen(line + blanks) + 1);
    return line;
}

static int take_setting(void *ctx, const char *section, const char *key, const char *value)
{
    struct reading *r = ctx;
    struct buf why;
    buf_init(&why);
    enum err e = r->line > UINT16_MAX ? ERR_CONFIG : set_at(r->c, section, key, value, r->line, &why);
    if (e != ERR_OK && r->err == ERR_OK) {
        r->err = e;
        buf_addf(r->why, "%s:%d: %s", r->c->path, r->line, buf_str(&why));
    }
    buf_free(&why);
    return e == ERR_OK;
}

static enum err read_file(struct config *c, struct buf *why)
{
    struct reading r = {.c = c, .why = why, .file = fopen(c->path, "re")};
    if (r.file == NULL) {
        buf_addf(why, "%s: %s", c->path, strerror(errno));
        return ERR_IO;
    }
    int broken = ini_parse_stream(read_line, &r, take_setting, &r);
    if (r.err == ERR_OK && ferror(r.file)) {
        buf_addf(why, "%s: cannot be read", c->path);
        r.err = ERR_IO;
    } else if (r.err == ERR_OK && broken != 0) {
        buf_addf(why, "%s:%d: expected [section], key = value, or a comment starting with ; or #", c->path,
                 broken);
        r.err = ERR_CONFIG;
    }
    fclose(r.file);
    return r.err;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* Format c->path. False, and it is "", if it does not fit. */
__attribute__((format(printf, 2, 3))) static bool set_path(struct config *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(c->path, sizeof c->path, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof c->path)
        return true;
    c->path[0] = '\0';
    return false;
}

/* The file to read into c->path, or "". */
static void find_file(struct config *c)
{
    char dir[CONFIG_TEXT_CAP * 3];
    const char *named = getenv("MENSHEN_CONF");
    if (named != NULL && named[0] != '\0') {
        set_path(c, "%s", named);
        return;
    }
    if (config_own_dir(dir, sizeof dir)) {
        static const char *const beside[] = {"menshen.conf", "../etc/menshen.conf"};
        for (size_t i = 0; i < 2; i++) {
            if (set_path(c, "%s/%s", dir, beside[i]) && exists(c->path))
                return;
        }
    }
    if (home_dir(dir, sizeof dir)) {
        if (set_path(c, "%s/.menshen/menshen.conf", dir) && exists(c->path))
            return;
    }
    if (!set_path(c, "/etc/menshen/menshen.conf") || !exists(c->path))
        c->path[0] = '\0';
}

/* The line in which a setting was set; 0: none. */
static int line_of(const struct config *c, const char *section, const char *key)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
            return c->line[i];
    return 0;
}

void config_where(const struct config *c, const char *section, const char *key, struct buf *out)
{
    int line = line_of(c, section, key);
    if (line > 0)
        buf_addf(out, "%s:%d: ", c->path, line);
}

/* A relative path is meant relative to the file that names it: a CGI's working directory differs by server.
 */
static enum err make_absolute(const struct config *c, const char *key, char path[CONFIG_TEXT_CAP],
                              struct buf *why)
{
    char full[PATH_MAX], joined[PATH_MAX];
    if (path[0] == '/')
        return ERR_OK;
    if (path[0] == '~' || path[0] == '\0') {
        config_where(c, "server", key, why);
        buf_addf(why,
                 "[server] %s = %s: write the whole path, or one relative to this file (~ is not understood)",
                 key, path);
        return ERR_CONFIG;
    }
    if (realpath(c->path, full) == NULL) {
        buf_addf(why, "%s: %s", c->path, strerror(errno));
        return ERR_IO;
    }
    *strrchr(full, '/') = '\0';
    int n = snprintf(joined, sizeof joined, "%s/%s", full, path);
    if (n < 0 || n >= CONFIG_TEXT_CAP) {
        buf_addf(why, "[server] %s: longer than %d bytes", key, CONFIG_TEXT_CAP - 1);
        return ERR_CONFIG;
    }
    memcpy(path, joined, (size_t)n + 1);
    return ERR_OK;
}

static enum err absolute_paths(struct config *c, struct buf *why)
{
    enum err e = ERR_OK;
    if (c->server.data_dir[0] == '\0' && line_of(c, "server", "data_dir") == 0) {
        buf_add_str(why, "[server] data_dir is not set and this user has no home directory");
        return ERR_CONFIG;
    }
    if (strcmp(c->server.log, "stderr") != 0 && strcmp(c->server.log, "syslog") != 0)
        e = make_absolute(c, "log", c->server.log, why);
    return e == ERR_OK ? make_absolute(c, "data_dir", c->server.data_dir, why) : e;
}

enum err config_load(struct config *c, const char *path, struct buf *why)
{
    config_defaults(c);
    if (path == NULL)
        find_file(c);
    else if (!set_path(c, "%s", path)) {
        buf_addf(why, "%s: path too long", path);
        return ERR_IO;
    }
    if (c->path[0] != '\0') {
        enum err e = read_file(c, why);
        if (e != ERR_OK)
            return e;
    }
    inherit_level(c);
    return absolute_paths(c, why);
}

bool config_view_at(const struct config *c, size_t index, struct config_view *out)
{
    if (index >= SETTING_COUNT)
        return false;
    const struct setting *s = &settings[index];
    *out =
        (struct config_view){.section = s->section, .key = s->key, .help = s->help, .line = c->line[index]};
    render(c, s, out->value);
    if (s->initial != NULL)
        snprintf(out->initial, sizeof out->initial, "%s", s->initial);
    return true;
}
