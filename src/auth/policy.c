#include "auth/policy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/common_passwords.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/secure.h"

/* MD5 of a text with ASCII letters in lower case. ERR_OK; ERR_PASSWORD_LONG (no password is that long). */
static enum err md5_of_lower(const char *text, char out[DIGEST_MD5_HEX_CAP])
{
    char lower[PASSWORD_PLAIN_CAP];
    size_t len = strlen(text);
    if (len >= sizeof lower)
        return ERR_PASSWORD_LONG;
    for (size_t i = 0; i < len; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    enum err e = digest_md5_hex(lower, len, out);
    secure_wipe(lower, sizeof lower);
    return e;
}

static enum err check_account(const char *account, const struct password *p)
{
    char md5[DIGEST_MD5_HEX_CAP];
    if (p->has_plain)
        return strcasecmp(account, p->plain) == 0 ? ERR_PASSWORD_ACCOUNT : ERR_OK;
    enum err e = digest_md5_hex(account, strlen(account), md5);
    if (e == ERR_OK && strcmp(md5, p->md5_hex) == 0)
        return ERR_PASSWORD_ACCOUNT;
    if (e == ERR_OK)
        e = md5_of_lower(account, md5);
    return e == ERR_OK && strcmp(md5, p->md5_hex) == 0 ? ERR_PASSWORD_ACCOUNT : e;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, COMMON_PASSWORD_LEN);
}

static enum err check_common(const struct password *p)
{
    char md5[DIGEST_MD5_HEX_CAP];
    unsigned char key[COMMON_PASSWORD_LEN];
    memcpy(md5, p->md5_hex, sizeof md5);
    enum err e = p->has_plain ? md5_of_lower(p->plain, md5) : ERR_OK;
    if (e == ERR_OK && codec_hex_decode(md5, key, sizeof key) &&
        bsearch(key, common_passwords, common_passwords_count, sizeof key, compare) != NULL)
        e = ERR_PASSWORD_COMMON;
    secure_wipe(md5, sizeof md5);
    secure_wipe(key, sizeof key);
    return e;
}

/* How many of the four kinds there are in it. What is no ASCII letter or digit is of the fourth. */
static int64_t count_kinds(const char *plain)
{
    bool upper = false, lower = false, digit = false, other = false;
    for (const unsigned char *p = (const unsigned char *)plain; *p != '\0'; p++) {
        bool is_ascii = *p < 0x80;
        upper = upper || (is_ascii && isupper(*p));
        lower = lower || (is_ascii && islower(*p));
        digit = digit || (is_ascii && isdigit(*p));
        other = other || !is_ascii || !isalnum(*p);
    }
    return upper + lower + digit + other;
}

static enum err check_kinds(const struct config *cfg, const struct password *p)
{
    if (cfg->policy.password_kinds == 0)
        return ERR_OK;
    if (!p->has_plain)
        return ERR_PASSWORD_HIDDEN;
    return count_kinds(p->plain) < cfg->policy.password_kinds ? ERR_PASSWORD_KINDS : ERR_OK;
}

enum err policy_check(const struct config *cfg, const char *account, const struct password *p)
{
    size_t characters = password_characters(p);
    if (p->has_plain && characters < (size_t)cfg->login.password_min_length)
        return ERR_PASSWORD_SHORT;
    if (characters > PASSWORD_CHARACTERS_MAX)
        return ERR_PASSWORD_LONG;
    enum err e = check_kinds(cfg, p);
    if (e == ERR_OK)
        e = check_account(account, p);
    return e == ERR_OK ? check_common(p) : e;
}

bool policy_password_expired(const struct config *cfg, const struct user *u, int64_t now_s)
{
    int64_t max_age_s = cfg->login.password_max_age_s;
    bool is_old = u->password_changed_s + max_age_s <= now_s;
    bool is_ahead = u->password_changed_s > now_s + CLOCK_SKEW_S;
    return u->password_expired || (max_age_s > 0 && (is_old || is_ahead));
}

bool policy_refuses_expired(const struct config *cfg, const struct user *u, int64_t now_s)
{
    return cfg->policy.expired_password == POLICY_EXPIRED_REFUSE && policy_password_expired(cfg, u, now_s);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool policy_unused(const struct config *cfg, const struct user *u, int64_t now_s)
{
    int64_t used_s = later(later(u->created_s, u->last_login_s), u->unlocked_s);
    return cfg->policy.unused_lock_s > 0 && used_s + cfg->policy.unused_lock_s <= now_s;
}

/* `a`, or `b` if that is shorter; 0: `b` is no limit. */
static int64_t at_most(int64_t a, int64_t b)
{
    return b > 0 && b < a ? b : a;
}

int64_t policy_access_ttl(const struct config *cfg, int64_t ttl_s, bool with_refresh)
{
    int64_t idle_s = cfg->policy.idle_timeout_s;
    return at_most(ttl_s, with_refresh && idle_s > 0 ? later(idle_s / 3, 1) : idle_s);
}

int64_t policy_refresh_ttl(const struct config *cfg, int64_t ttl_s)
{
    return at_most(ttl_s, cfg->policy.idle_timeout_s);
}

bool policy_idled_out(const struct config *cfg, int64_t used_s, int64_t now_s)
{
    return cfg->policy.idle_timeout_s > 0 && used_s + cfg->policy.idle_timeout_s <= now_s;
}

int64_t policy_idle(const struct config *cfg, int64_t idle_s)
{
    return idle_s > 0 ? at_most(idle_s, cfg->policy.idle_timeout_s) : cfg->policy.idle_timeout_s;
}
