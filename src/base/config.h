/*
 * The configuration: one INI file, read once at start. Every setting is a row of one table (config.c):
 * section, key, type, bounds, default, one line of help; from that row come parsing, refusal, `menshen
 * config` and the sample file. An unknown section or key, a key set twice, or a bad value is refused with
 * file, line, column and what is allowed.
 *
 * config_find.c finds the file, config_read.c makes settings of its text, config_type.c values of theirs.
 * Depends on base/captcha_profile, base/config_find, base/config_read.
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/captcha_profile.h"
#include "base/config_find.h"
#include "base/config_read.h"
#include "base/err.h"

/* The wire contracts. The order is the order of `menshen config`. */
enum dialect_id {
    DIALECT_BLADE,
    DIALECT_EBAAS,
    DIALECT_EPLATFORM,
    DIALECT_PLATFORM,
    DIALECT_SPRINGBLADE,
    DIALECT_RUOYI,
    DIALECT_OAUTH,
    DIALECT_PORTAL, /* no wire contract: pages for people, section [portal] */
    DIALECT_COUNT
};

#define CONFIG_TEXT_CAP     256  /* bytes of a textual setting, with NUL */
#define CONFIG_LIST_CAP     4096 /* of a list that may be long: of addresses, of origins */
#define CONFIG_VALUE_CAP    4096 /* of any */
#define CONFIG_SETTINGS_MAX 256

/* [policy] profile: whose defaults some settings have. A line in the file wins over either. */
enum policy_profile {
    POLICY_NONE,
    POLICY_DJCP, /* 等级保护 2.0 (GB/T 22239-2019), levels 2 and 3: docs/djcp.md */
    POLICY_PROFILE_COUNT
};

/* What becomes of a login whose password has expired. */
enum policy_expired {
    POLICY_EXPIRED_TELL,   /* it is let in, and told */
    POLICY_EXPIRED_REFUSE, /* it gets no tokens; the portal lets in, to change it and nothing else */
    POLICY_EXPIRED_COUNT
};

#define POLICY_HISTORY_MAX      10 /* verifiers that a new password is compared with: each takes its time */
#define POLICY_DJCP_RETENTION_S 15552000 /* the audit is kept for so long under that profile, or longer */

struct config_dialect {
    bool enabled;
    char prefix[CONFIG_TEXT_CAP]; /* comma-joined paths, each "/" or "/a/b" */
    struct captcha_profile captcha;
    char client[CONFIG_TEXT_CAP];        /* client id that logins without client credentials belong to */
    char tenant[CONFIG_TEXT_CAP];        /* tenant when the request names none */
    bool query_credentials;              /* blade, springblade */
    bool require_bearer;                 /* eplatform */
    char sources[CONFIG_TEXT_CAP];       /* eplatform, platform: comma-joined channel names */
    char source_header[CONFIG_TEXT_CAP]; /* platform */
};

struct config {
    struct {
        char data_dir[CONFIG_PATH_CAP]; /* absolute after config_load, as is the path in log */
        char base_url[CONFIG_TEXT_CAP];
        char time_zone[CONFIG_TEXT_CAP];
        char trusted_proxies[CONFIG_LIST_CAP];
        char allowed_origins[CONFIG_LIST_CAP];
        char log[CONFIG_PATH_CAP];
        char license[CONFIG_TEXT_CAP];
    } server;
    struct {
        int64_t keep_s; /* 0: for ever */
    } stats;
    struct {
        int64_t ttl_s;
        bool expose_answer;
        int64_t max_live;
        int64_t rate; /* issued per address and minute; 0: no limit */
        int level;
    } captcha;
    struct {
        int64_t max_failures;
        int64_t window_s;
        int64_t client_max_failures;
        int64_t
            captcha_after; /* failures from which on the password grant needs a captcha; 0: it always does */
        int64_t password_min_length; /* characters */
        int64_t password_max_age_s;  /* 0: passwords do not expire */
        int64_t argon2_memory_kib;
        int64_t argon2_passes;
    } login;
    struct {
        char issuer[CONFIG_TEXT_CAP];
        int64_t access_ttl_s, refresh_ttl_s, refresh_grace_s, family_ttl_s;
    } token;
    struct {
        int64_t retention_s; /* 0: nothing is recorded */
    } audit;
    struct {
        char sendmail[CONFIG_TEXT_CAP]; /* program and arguments; "": no mail is sent */
        char from[CONFIG_TEXT_CAP];     /* "": as the program has it */
        bool notices;
    } mail;
    struct {
        int profile;                /* enum policy_profile */
        bool change_at_first_login; /* a password that an administrator gave has expired from the start */
        int expired_password;       /* enum policy_expired */
        int64_t password_history; /* newest passwords, the present one too, that do not come again; 0: any */
        int64_t password_kinds;   /* of upper case, lower case, digits, others: at least so many */
        int64_t idle_timeout_s;   /* 0: none but those of tokens and portal */
        int64_t max_sessions;     /* of a person at a time; 0: any number */
        int64_t unused_lock_s;    /* 0: accounts do not go out of use */
        bool recheck_networks;    /* look at a group's networks after the login too */
    } policy;
    struct {
        int chinese_kind; /* enum captcha_kind */
        bool show_tenants;
        char title[CONFIG_TEXT_CAP], logo[CONFIG_TEXT_CAP], accent[CONFIG_TEXT_CAP];
        char notice[CONFIG_TEXT_CAP], footer[CONFIG_TEXT_CAP], footer_link[CONFIG_TEXT_CAP],
            icp[CONFIG_TEXT_CAP], police[CONFIG_TEXT_CAP];
        int64_t session_ttl_s, session_idle_s;
        int64_t remember_ttl_s; /* 0: nobody is remembered */
        char next_hosts[CONFIG_LIST_CAP];
        char cookie_path[CONFIG_TEXT_CAP];
    } portal;
    struct config_dialect dialect[DIALECT_COUNT];

    char path[CONFIG_PATH_CAP];                     /* the file that was read; "" if none was found */
    struct config_place place[CONFIG_SETTINGS_MAX]; /* of each setting's value; line 0: default */
};

const char *config_dialect_name(enum dialect_id id);

/* Its section: "dialect.blade"; "portal". */
const char *config_dialect_section(enum dialect_id id);
const char *config_kind_name(enum captcha_kind kind);
const char *config_level_name(enum captcha_level level);
const char *config_profile_name(enum policy_profile profile);

/* The dialect called `name`. False if there is none. */
bool config_dialect_find(const char *name, enum dialect_id *out);

/* The level called `name` ("easy", "normal", "hard"). False if there is none. */
bool config_level_find(const char *name, enum captcha_level *out);

/* Every setting at its default; data_dir, which depends on who runs this, is "". */
void config_defaults(struct config *c);

/* The same as they are under a profile. */
void config_defaults_under(struct config *c, enum policy_profile profile);

/*
 * Defaults, then the file: `path` if not NULL, else the one that config_find finds. Without any the defaults stand
 * alone, with data_dir below the home folder of who runs this.
 *
 * why  receives, on failure, "FILE:LINE:COLUMN: …" and what is allowed.
 *
 * ERR_OK; ERR_CONFIG; ERR_MEMORY; ERR_IO if a file that is there, or was named, cannot be read.
 */
enum err config_load(struct config *c, const char *path, struct buf *why);

/*
 * Set one setting from text, as a line of the file would. `why` as config_load, without file and line.
 * ERR_OK; ERR_CONFIG.
 */
enum err config_set(struct config *c, const char *section, const char *key, const char *value,
                    struct buf *why);

/* Append "FILE:LINE:COLUMN: " if the setting was set in the file: what a complaint about its value starts with. */
void config_where(const struct config *c, const char *section, const char *key, struct buf *out);

/* One setting, for `menshen config`. */
struct config_view {
    const char *section, *key, *help;
    char value[CONFIG_VALUE_CAP];
    char initial[CONFIG_TEXT_CAP]; /* the default, as text */
    struct config_place place;     /* line 0: default */
    const char *profile;           /* "djcp": the value is the default under that profile; else NULL */
};

/* The setting number `index`, from 0. False when there are no more. */
bool config_view_at(const struct config *c, size_t index, struct config_view *out);

/* Whether the comma-joined `list` has the element `name` (of `len` bytes, exact). */
bool config_list_has(const char *list, const char *name, size_t len);

#endif
