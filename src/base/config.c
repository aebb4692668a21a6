#include "base/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config_find.h"
#include "base/config_read.h"
#include "base/config_type.h"

/* ---- The settings -------------------------------------------------------------------------------------- */

static const char *const dialect_sections[DIALECT_COUNT] = {
    [DIALECT_BLADE] = "dialect.blade",
    [DIALECT_EBAAS] = "dialect.ebaas",
    [DIALECT_EPLATFORM] = "dialect.eplatform",
    [DIALECT_PLATFORM] = "dialect.platform",
    [DIALECT_SPRINGBLADE] = "dialect.springblade",
    [DIALECT_RUOYI] = "dialect.ruoyi",
    [DIALECT_OAUTH] = "dialect.oauth",
    [DIALECT_PORTAL] = "portal",
};
static const char *const kinds[CAPTCHA_KIND_COUNT + 1] = {
    [CAPTCHA_ALNUM] = "alnum",           [CAPTCHA_DIGITS] = "digits",   [CAPTCHA_LETTERS] = "letters",
    [CAPTCHA_ARITHMETIC] = "arithmetic", [CAPTCHA_CHINESE] = "chinese",
};
static const char *const levels[CAPTCHA_LEVEL_COUNT + 1] = {"easy", "normal", "hard"};
static const char *const formats[CAPTCHA_FORMAT_COUNT + 1] = {"png", "jpeg"};
static const char *const profiles[POLICY_PROFILE_COUNT + 1] = {
    [POLICY_NONE] = "none", [POLICY_DJCP] = "djcp"};
static const char *const expired[POLICY_EXPIRED_COUNT + 1] = {
    [POLICY_EXPIRED_TELL] = "tell", [POLICY_EXPIRED_REFUSE] = "refuse"};

#define TYPED(SECTION, KEY, TYPE, MEMBER, INITIAL, HELP)                                                     \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE, .offset = offsetof(struct config, MEMBER),             \
        .cap = sizeof((struct config *)NULL)->MEMBER, .initial = INITIAL, .help = HELP                       \
    }
#define BOUNDED(SECTION, KEY, TYPE, MEMBER, MIN, MAX, INITIAL, HELP)                                         \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE, .offset = offsetof(struct config, MEMBER), .min = MIN, \
        .max = MAX, .initial = INITIAL, .help = HELP                                                         \
    }
#define CHOICE(SECTION, KEY, MEMBER, CHOICES, INITIAL, HELP)                                                 \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_CHOICE, .offset = offsetof(struct config, MEMBER),      \
        .choices = CHOICES, .initial = INITIAL, .help = HELP                                                 \
    }
#define TEXT(SECTION, KEY, MEMBER, INITIAL, HELP)  TYPED(SECTION, KEY, TYPE_TEXT, MEMBER, INITIAL, HELP)
#define PLAIN(SECTION, KEY, MEMBER, INITIAL, HELP) TYPED(SECTION, KEY, TYPE_PLAIN, MEMBER, INITIAL, HELP)
#define NAMES(SECTION, KEY, MEMBER, INITIAL, HELP) TYPED(SECTION, KEY, TYPE_NAMES, MEMBER, INITIAL, HELP)
#define BOOL(SECTION, KEY, MEMBER, INITIAL, HELP)  TYPED(SECTION, KEY, TYPE_BOOL, MEMBER, INITIAL, HELP)
#define INT(SECTION, KEY, MEMBER, MIN, MAX, INITIAL, HELP)                                                   \
    BOUNDED(SECTION, KEY, TYPE_INT, MEMBER, MIN, MAX, INITIAL, HELP)
/* With another default, DJCP, under that profile. */
#define STRICT_INT(SECTION, KEY, MEMBER, MIN, MAX, INITIAL, DJCP, HELP)                                      \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_INT, .offset = offsetof(struct config, MEMBER),         \
        .min = MIN, .max = MAX, .initial = INITIAL, .djcp = DJCP, .help = HELP                               \
    }
#define STRICT_BOOL(SECTION, KEY, MEMBER, INITIAL, DJCP, HELP)                                               \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_BOOL, .offset = offsetof(struct config, MEMBER),        \
        .initial = INITIAL, .djcp = DJCP, .help = HELP                                                       \
    }
#define STRICT_CHOICE(SECTION, KEY, MEMBER, CHOICES, INITIAL, DJCP, HELP)                                    \
    {                                                                                                        \
        .section = SECTION, .key = KEY, .type = TYPE_CHOICE, .offset = offsetof(struct config, MEMBER),      \
        .choices = CHOICES, .initial = INITIAL, .djcp = DJCP, .help = HELP                                   \
    }
/* What every dialect has. WIDTH, HEIGHT and LENGTH are texts. */
#define DIALECT(SECTION, ID, ENABLED, PREFIX, KIND, WIDTH, HEIGHT, LENGTH, FORMAT)                           \
    BOOL(SECTION, "enabled", dialect[ID].enabled, ENABLED, "serve this dialect"),                            \
        TYPED(SECTION, "prefix", TYPE_PATHS, dialect[ID].prefix, PREFIX,                                     \
              "path or paths it is served below"),                                                           \
        CHOICE(SECTION, "kind", dialect[ID].captcha.kind, kinds, KIND, "what the captcha asks"),             \
        BOUNDED(SECTION, "width", TYPE_PIXELS, dialect[ID].captcha.width_px, CAPTCHA_WIDTH_MIN,              \
                CAPTCHA_WIDTH_MAX, WIDTH, "captcha width, pixels"),                                          \
        BOUNDED(SECTION, "height", TYPE_PIXELS, dialect[ID].captcha.height_px, CAPTCHA_HEIGHT_MIN,           \
                CAPTCHA_HEIGHT_MAX, HEIGHT, "captcha height, pixels"),                                       \
        BOUNDED(SECTION, "length", TYPE_LENGTH, dialect[ID].captcha.length_min, CAPTCHA_LENGTH_MIN,          \
                CAPTCHA_LENGTH_MAX, LENGTH, "characters, as 5 or 4-6 (arithmetic has its own)"),             \
        CHOICE(SECTION, "format", dialect[ID].captcha.format, formats, FORMAT, "picture format"),            \
        CHOICE(SECTION, "level", dialect[ID].captcha.level, levels, NULL,                                    \
               "difficulty; default: that of [captcha]"),                                                    \
        PLAIN(SECTION, "tenant", dialect[ID].tenant, "000000", "tenant of requests that name none")

static const struct setting settings[] = {
    PLAIN("server", "data_dir", server.data_dir, NULL,
          "folder of the database; default ~/.menshen/data; relative to this file; never below the document "
          "root"),
    TYPED("server", "base_url", TYPE_URL, server.base_url, "",
          "public address of this site, https://… (claim iss; in the metadata of oauth)"),
    PLAIN("server", "time_zone", server.time_zone, "Asia/Shanghai", "zone of dates in answers"),
    TYPED("server", "trusted_proxies", TYPE_RANGES, server.trusted_proxies, "",
          "addresses or CIDR ranges, or unix, whose X-Forwarded-For is believed"),
    TYPED("server", "allowed_origins", TYPE_SITES, server.allowed_origins, "",
          "origins of other sites' pages that may read the answers (CORS)"),
    PLAIN("server", "log", server.log, "stderr", "stderr, syslog, or a file"),
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
    STRICT_INT("login", "password_min_length", login.password_min_length, 8, 64, "8", "10",
               "characters that a new password has at least; 15 is better"),
    STRICT_INT("login", "password_max_age", login.password_max_age_s, 0, 3153600000, "0", "7776000",
               "seconds after which a password has expired; 0: never"),
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
    STRICT_INT("audit", "retention", audit.retention_s, 0, 3153600000, "15552000", "15897600",
               "seconds that audit rows are kept; 0: nothing is recorded"),
    CHOICE("policy", "profile", policy.profile, profiles, "none",
           "djcp: the defaults that inspections for classified protection ask for"),
    STRICT_BOOL("policy", "change_at_first_login", policy.change_at_first_login, "no", "yes",
                "a password that an administrator gave has expired from the start"),
    STRICT_CHOICE("policy", "expired_password", policy.expired_password, expired, "tell", "refuse",
                  "tell: logins say so; refuse: only the portal lets in, to change it"),
    STRICT_INT("policy", "password_history", policy.password_history, 0, POLICY_HISTORY_MAX, "0", "5",
               "the newest so many passwords of a person, the present one among them, do not come again"),
    STRICT_INT("policy", "password_kinds", policy.password_kinds, 0, 4, "0", "3",
               "kinds of characters (A-Z, a-z, 0-9, others) that a new password has at least"),
    STRICT_INT("policy", "idle_timeout", policy.idle_timeout_s, 0, 604800, "0", "1800",
               "seconds without use after which a login ends; 0: as the tokens and the portal have it"),
    STRICT_INT("policy", "max_sessions", policy.max_sessions, 0, 1000, "0", "3",
               "logins that a person has at a time; one more ends the oldest; 0: any number"),
    STRICT_INT("policy", "unused_lock", policy.unused_lock_s, 0, 3153600000, "0", "7776000",
               "seconds without a login after which an account is locked; 0: never"),
    STRICT_BOOL("policy", "recheck_networks", policy.recheck_networks, "no", "yes",
                "the networks of groups are looked at with each refresh and page too, not at login alone"),
    INT("stats", "keep", stats.keep_s, 0, 3153600000, "34560000",
        "seconds that the numbers behind the charts are kept; 0: for ever"),
    TYPED("mail", "sendmail", TYPE_COMMAND, mail.sendmail, "",
          "program that sends mail: /usr/sbin/sendmail -t -i; without it none is sent"),
    TYPED("mail", "from", TYPE_MAILBOX, mail.from, "",
          "sender: noreply@example.com, or NAME <noreply@example.com>; default: the program's"),
    BOOL("mail", "notices", mail.notices, "yes",
         "tell people by mail of a new sign-in and of a changed password"),
    DIALECT("dialect.blade", DIALECT_BLADE, "yes", "/kom-ams-auth", "alnum", "130", "48", "5", "png"),
    BOOL("dialect.blade", "query_credentials", dialect[DIALECT_BLADE].query_credentials, "yes",
         "accept credentials in the query string of a POST, as Saber sends them"),
    DIALECT("dialect.ebaas", DIALECT_EBAAS, "yes", "/oauth", "alnum", "125", "45", "4", "jpeg"),
    PLAIN("dialect.ebaas", "client", dialect[DIALECT_EBAAS].client, "ebaas", "client that logins belong to"),
    DIALECT("dialect.eplatform", DIALECT_EPLATFORM, "yes", "/", "digits", "166", "90", "5", "jpeg"),
    PLAIN("dialect.eplatform", "client", dialect[DIALECT_EPLATFORM].client, "eplatform",
          "client that logins belong to"),
    BOOL("dialect.eplatform", "require_bearer", dialect[DIALECT_EPLATFORM].require_bearer, "yes",
         "a captcha wants a bearer token"),
    NAMES("dialect.eplatform", "sources", dialect[DIALECT_EPLATFORM].sources, "WEB,APP,TG",
          "channel names in the path"),
    DIALECT("dialect.platform", DIALECT_PLATFORM, "yes", "/", "arithmetic", "160", "60", "5", "png"),
    PLAIN("dialect.platform", "client", dialect[DIALECT_PLATFORM].client, "platform",
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
    PLAIN("dialect.ruoyi", "client", dialect[DIALECT_RUOYI].client, "ruoyi", "client that logins belong to"),
    DIALECT("dialect.oauth", DIALECT_OAUTH, "yes", "/oauth2", "alnum", "130", "48", "5", "png"),
    DIALECT("portal", DIALECT_PORTAL, "yes", "/", "alnum", "160", "60", "4-5", "png"),
    CHOICE("portal", "chinese_kind", portal.chinese_kind, kinds, "chinese",
           "what the captcha asks people who read simplified Chinese"),
    BOOL("portal", "show_tenants", portal.show_tenants, "yes",
         "let people choose among the tenants, where there are several"),
    TEXT("portal", "title", portal.title, "", "name of the site, on every page"),
    TYPED("portal", "logo", TYPE_LOCAL, portal.logo, "", "path of a picture on this host"),
    TYPED("portal", "accent", TYPE_COLOUR, portal.accent, "", "colour of buttons and links, as 1d4ed8"),
    TEXT("portal", "notice", portal.notice, "", "a sentence at the top of every page"),
    TEXT("portal", "footer", portal.footer, "", "a sentence at the foot of every page"),
    TYPED("portal", "footer_link", TYPE_LOCAL, portal.footer_link, "",
          "path on this host that the sentence leads to"),
    TEXT("portal", "icp", portal.icp, "", "ICP number, at the foot of every page"),
    TEXT("portal", "police", portal.police, "", "public security number, at the foot of every page"),
    INT("portal", "session_ttl", portal.session_ttl_s, 60, 31536000, "43200",
        "seconds after which a browser has to sign in again"),
    INT("portal", "session_idle", portal.session_idle_s, 60, 31536000, "7200",
        "seconds without a click after which a browser has to sign in again"),
    INT("portal", "remember_ttl", portal.remember_ttl_s, 0, 31536000, "2592000",
        "seconds that \"remember me\" lasts; 0: it is not offered"),
    TYPED("portal", "next_hosts", TYPE_SITES, portal.next_hosts, "",
          "origins of other sites that people may be led to after signing in"),
    TYPED("portal", "cookie_path", TYPE_LOCAL, portal.cookie_path, "/", "path of the cookies"),
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0], LEVEL_INHERITED = -1 };
_Static_assert((int)SETTING_COUNT <= CONFIG_SETTINGS_MAX, "struct config has one place per setting");

/* ---- Names --------------------------------------------------------------------------------------------- */

const char *config_dialect_name(enum dialect_id id)
{
    const char *dot = strchr(dialect_sections[id], '.');
    return dot != NULL ? dot + 1 : dialect_sections[id];
}

const char *config_dialect_section(enum dialect_id id)
{
    return dialect_sections[id];
}

const char *config_kind_name(enum captcha_kind kind)
{
    return kinds[kind];
}

const char *config_level_name(enum captcha_level level)
{
    return levels[level];
}

const char *config_profile_name(enum policy_profile profile)
{
    return profiles[profile];
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
    for (int i = 0; i < DIALECT_COUNT; i++) {
        if (strcmp(config_dialect_name((enum dialect_id)i), name) == 0) {
            *out = (enum dialect_id)i;
            return true;
        }
    }
    return false;
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

/* ---- Setting them -------------------------------------------------------------------------------------- */

static void *value_of(struct config *c, const struct setting *s)
{
    return (char *)c + s->offset;
}

void config_defaults(struct config *c)
{
    *c = (struct config){0};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].initial != NULL)
            config_type_parse(&settings[i], settings[i].initial, value_of(c, &settings[i]));
    for (size_t d = 0; d < DIALECT_COUNT; d++)
        c->dialect[d].captcha.level = (enum captcha_level)LEVEL_INHERITED;
}

/* What the file does not set gets the default that the profile has for it. */
static void apply_profile(struct config *c)
{
    if (c->policy.profile != POLICY_DJCP)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].djcp != NULL && c->place[i].line == 0)
            config_type_parse(&settings[i], settings[i].djcp, value_of(c, &settings[i]));
}

void config_defaults_under(struct config *c, enum policy_profile profile)
{
    config_defaults(c);
    c->policy.profile = (int)profile;
    apply_profile(c);
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

static const struct setting *find_setting(const char *section, const char *key)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
            return &settings[i];
    return NULL;
}

static enum err set(struct config *c, const struct setting *s, const char *value, struct buf *why)
{
    if (config_type_parse(s, value, value_of(c, s)))
        return ERR_OK;
    config_type_explain(s, value, why);
    return ERR_CONFIG;
}

enum err config_set(struct config *c, const char *section, const char *key, const char *value,
                    struct buf *why)
{
    const struct setting *s = find_setting(section, key);
    if (s != NULL)
        return set(c, s, value, why);
    explain_unknown(section, key, why);
    return ERR_CONFIG;
}

/* ---- Reading the file ---------------------------------------------------------------------------------- */

static enum err take_setting(struct config *c, const struct setting *s, const struct config_line *line,
                             struct config_place *place_out, struct buf *why)
{
    struct config_place *set_at = &c->place[s - settings];
    if (set_at->line > 0) {
        buf_addf(why, "[%s] %s is set twice, first in line %d", s->section, s->key, set_at->line);
        return ERR_CONFIG;
    }
    *set_at = *place_out = line->value_at;
    return set(c, s, line->value, why);
}

static enum err take_line(void *ctx, const struct config_line *line, struct config_place *place_out,
                          struct buf *why)
{
    const struct setting *s = line->key != NULL ? find_setting(line->section, line->key) : NULL;
    if (s != NULL)
        return take_setting(ctx, s, line, place_out, why);
    if (line->key == NULL && section_exists(line->section))
        return ERR_OK;
    explain_unknown(line->section, line->key, why);
    return ERR_CONFIG;
}

static void inherit_level(struct config *c)
{
    for (size_t d = 0; d < DIALECT_COUNT; d++)
        if ((int)c->dialect[d].captcha.level == LEVEL_INHERITED)
            c->dialect[d].captcha.level = (enum captcha_level)c->captcha.level;
}

/* Where a setting was set; line 0: nowhere. */
static struct config_place place_of(const struct config *c, const char *section, const char *key)
{
    const struct setting *s = find_setting(section, key);
    return s != NULL ? c->place[s - settings] : (struct config_place){0};
}

void config_where(const struct config *c, const char *section, const char *key, struct buf *out)
{
    struct config_place place = place_of(c, section, key);
    if (place.line > 0)
        buf_addf(out, "%s:%d:%d: ", c->path, place.line, place.column);
}

/* The folder that the configuration is in; where it is a link, the one that it leads to. */
static bool file_dir(const struct config *c, char out[PATH_MAX])
{
    char target[1];
    const char *slash = strrchr(c->path, '/');
    bool is_link = readlink(c->path, target, sizeof target) >= 0;
    if (!is_link && c->path[0] == '/') {
        snprintf(out, PATH_MAX, "%.*s", (int)(slash - c->path), c->path);
        return true;
    }
    if (realpath(c->path, out) == NULL)
        return false;
    *strrchr(out, '/') = '\0';
    return true;
}

/* A relative path is meant relative to the file that names it: a CGI's working directory differs by server.
 */
static enum err make_absolute(const struct config *c, const char *key, char path[CONFIG_PATH_CAP],
                              struct buf *why)
{
    char dir[PATH_MAX], joined[PATH_MAX + CONFIG_PATH_CAP];
    if (path[0] == '/')
        return ERR_OK;
    if (path[0] == '~' || path[0] == '\0') {
        config_where(c, "server", key, why);
        buf_addf(why,
                 "[server] %s = %s: write the whole path, or one relative to this file (~ is not understood)",
                 key, path);
        return ERR_CONFIG;
    }
    if (!file_dir(c, dir)) {
        buf_addf(why, "%s: %s", c->path, strerror(errno));
        return ERR_IO;
    }
    int n = snprintf(joined, sizeof joined, "%s/%s", dir, path);
    if (n < 0 || n >= CONFIG_PATH_CAP) {
        config_where(c, "server", key, why);
        buf_addf(why, "[server] %s: longer than %d bytes", key, CONFIG_PATH_CAP - 1);
        return ERR_CONFIG;
    }
    memcpy(path, joined, (size_t)n + 1);
    return ERR_OK;
}

static enum err default_data_dir(struct config *c, struct buf *why)
{
    char home[CONFIG_PATH_CAP];
    if (!config_home(home)) {
        buf_addf(why,
                 "[server] data_dir is not set, and user %lu has no home folder (in /etc/passwd, or $HOME, "
                 "owned by that user) to put it into",
                 (unsigned long)geteuid());
        return ERR_CONFIG;
    }
    int n = snprintf(c->server.data_dir, sizeof c->server.data_dir, "%s/.menshen/data", home);
    if (n >= 0 && n < CONFIG_PATH_CAP)
        return ERR_OK;
    buf_addf(why, "[server] data_dir is not set, and the home folder's path is too long to hold it: %s",
             home);
    return ERR_CONFIG;
}

static enum err absolute_paths(struct config *c, struct buf *why)
{
    enum err e = ERR_OK;
    if (place_of(c, "server", "data_dir").line == 0)
        e = default_data_dir(c, why);
    if (e == ERR_OK && strcmp(c->server.log, "stderr") != 0 && strcmp(c->server.log, "syslog") != 0)
        e = make_absolute(c, "log", c->server.log, why);
    return e == ERR_OK ? make_absolute(c, "data_dir", c->server.data_dir, why) : e;
}

/* The one demand that the law has as well: what the profile promises must not be undone by a line of the same file. */
static enum err check_profile(const struct config *c, struct buf *why)
{
    if (c->policy.profile != POLICY_DJCP || c->audit.retention_s >= POLICY_DJCP_RETENTION_S)
        return ERR_OK;
    config_where(c, "audit", "retention", why);
    buf_addf(why, "[audit] retention = %lld: expected %lld (180 days) or more under [policy] profile = djcp",
             (long long)c->audit.retention_s, (long long)POLICY_DJCP_RETENTION_S);
    return ERR_CONFIG;
}

enum err config_load(struct config *c, const char *path, struct buf *why)
{
    enum err e = ERR_OK;
    config_defaults(c);
    if (path == NULL)
        e = config_find(c->path, why);
    else if (snprintf(c->path, sizeof c->path, "%s", path) >= (int)sizeof c->path) {
        buf_addf(why, "%s: path too long", path);
        e = ERR_IO;
    }
    if (e == ERR_OK && c->path[0] != '\0')
        e = config_read(c->path, take_line, c, why);
    inherit_level(c);
    apply_profile(c);
    if (e == ERR_OK)
        e = check_profile(c, why);
    return e == ERR_OK ? absolute_paths(c, why) : e;
}

bool config_view_at(const struct config *c, size_t index, struct config_view *out)
{
    if (index >= SETTING_COUNT)
        return false;
    const struct setting *s = &settings[index];
    *out =
        (struct config_view){.section = s->section, .key = s->key, .help = s->help, .place = c->place[index]};
    config_type_render(s, (const char *)c + s->offset, out->value);
    if (s->djcp != NULL && out->place.line == 0 && c->policy.profile == POLICY_DJCP)
        out->profile = profiles[POLICY_DJCP];
    if (s->initial != NULL)
        snprintf(out->initial, sizeof out->initial, "%s", s->initial);
    return true;
}
