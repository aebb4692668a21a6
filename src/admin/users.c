#include "admin/users.h"

#include <string.h>
#include <time.h>

#include "admin/groups.h"
#include "admin/text.h"
#include "auth/browser.h"
#include "auth/history.h"
#include "auth/policy.h"
#include "auth/throttle.h"
#include "base/account.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/tenant_store.h"

enum { ID_RANDOM_BITS = 22 };

#define LOCALES "zh-Hans,zh-Hant,en" /* the languages of the portal (portal/words.h) */

static const int64_t ID_EPOCH_MS = 1288834974657;

enum err users_new_id(int64_t *id_out)
{
    uint32_t noise = 0;
    struct timespec now;
    enum err e = random_bytes(&noise, sizeof noise);
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    *id_out = (now_ms - ID_EPOCH_MS) << ID_RANDOM_BITS | (noise & ((1U << ID_RANDOM_BITS) - 1));
    return e;
}

enum err users_new_account(const char *given, struct arena *arena, const char **out, struct buf *why)
{
    char account[ACCOUNT_CAP];
    const char *fault = account_fault(given);
    if (fault == NULL)
        fault = account_canonical(given, account) ? account_fault(account) : "invalid UTF-8";
    if (fault != NULL) {
        buf_add_str(why, fault);
        return ERR_BAD_REQUEST;
    }
    *out = arena_strdup(arena, account);
    return *out != NULL ? ERR_OK : ERR_MEMORY;
}

static enum err check_locale(const char *value, struct buf *why)
{
    if (value[0] == '\0' || config_list_has(LOCALES, value, strlen(value)))
        return ERR_OK;
    buf_add_str(why, "expected zh-Hans, zh-Hant or en");
    return ERR_BAD_REQUEST;
}

/* The texts that have a form of their own. */
static const struct {
    size_t offset; /* in struct user */
    enum err (*check)(const char *value, struct buf *why);
} forms[] = {{offsetof(struct user, email), text_check_email},
             {offsetof(struct user, phone), text_check_phone},
             {offsetof(struct user, locale), check_locale}};

static enum err check_form(size_t i, const char *value, struct buf *why)
{
    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++)
        if (forms[k].offset == user_texts[i].offset)
            return forms[k].check(value, why);
    return ERR_OK;
}

enum err users_set_text(struct user *u, size_t i, const char *value, struct arena *arena, struct buf *why)
{
    bool is_list = user_texts[i].is_list;
    if (is_list)
        value = text_tidy_list(arena, value);
    if (value == NULL)
        return ERR_MEMORY;
    *user_text_at(u, i) = value;
    enum err e = text_check(value, is_list ? TEXT_LIST_MAX : TEXT_MAX, why);
    return e == ERR_OK ? check_form(i, value, why) : e;
}

enum err users_find(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                    struct user *out)
{
    char typed[ACCOUNT_CAP];
    return account_canonical(account, typed) ? user_store_find(db, tenant_id, typed, arena, out)
                                             : ERR_NOT_FOUND;
}

enum err users_spelling(struct db *db, const char *tenant_id, const char *account, struct arena *arena,
                        const char **out)
{
    struct user u;
    enum err e = users_find(db, tenant_id, account, arena, &u);
    *out = e == ERR_OK ? u.account : account;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err users_check_free(struct db *db, const char *tenant_id, const char *account, struct arena *arena)
{
    struct tenant tenant;
    struct user other;
    enum err e = tenant_store_get(db, tenant_id, arena, &tenant);
    if (e != ERR_OK)
        return e;
    e = user_store_find_exact(db, tenant_id, account, arena, &other);
    return e == ERR_NOT_FOUND ? ERR_OK : e == ERR_OK ? ERR_EXISTS : e;
}

enum err users_add(struct db *db, const struct user *u, struct arena *arena)
{
    enum err e = users_check_free(db, u->tenant_id, u->account, arena);
    return e == ERR_OK ? user_store_put(db, u) : e;
}

enum err users_set_locked(struct app *app, const struct user *u, bool locked, int64_t now_s)
{
    enum err e = locked ? groups_check_last_admin(app->db, u->id) : ERR_OK;
    if (e == ERR_OK)
        e = user_store_set_locked(app->db, u->id, locked, now_s);
    if (e != ERR_OK)
        return e;
    return locked ? browser_end_person(app->db, u->id, 0, 0, now_s)
                  : throttle_unlock(app, u->tenant_id, u->account);
}

enum err users_remove(struct db *db, int64_t id)
{
    enum err e = groups_check_last_admin(db, id);
    return e == ERR_OK ? user_store_remove(db, id) : e;
}

enum err users_set_password(struct app *app, const struct user *u, const char *hash, int64_t now_s)
{
    enum err e = history_set_given_password(app, u->id, hash, now_s);
    if (e == ERR_OK)
        e = browser_end_person(app->db, u->id, 0, 0, now_s);
    return e == ERR_OK ? throttle_unlock(app, u->tenant_id, u->account) : e;
}

enum err users_hash_password(const struct app *app, const char *password, size_t len,
                             char hash_out[PASSWORD_HASH_CAP])
{
    char md5_hex[DIGEST_MD5_HEX_CAP];
    enum err e = digest_md5_hex(password, len, md5_hex);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(app), md5_hex, hash_out);
    secure_wipe(md5_hex, sizeof md5_hex);
    return e;
}

enum err users_hash_new_password(const struct app *app, const char *account, const char *password, size_t len,
                                 char hash_out[PASSWORD_HASH_CAP])
{
    struct password new = {0};
    enum err e = password_of_plain(password, len, &new);
    if (e == ERR_OK)
        e = policy_check(&app->cfg, account, &new);
    if (e == ERR_OK)
        e = password_hash(app_password_cost(app), new.md5_hex, hash_out);
    password_wipe(&new);
    return e;
}

enum err users_hash_no_password(const struct app *app, char hash_out[PASSWORD_HASH_CAP])
{
    return password_decoy(app_password_cost(app), hash_out);
}

enum err users_make_link(struct app *app, const struct user *u, const char *purpose, int64_t now_s,
                         char secret_out[LINK_SECRET_CAP], int64_t *expires_s_out)
{
    int64_t ttl_s = strcmp(purpose, LINK_INVITATION) == 0 ? LINK_INVITATION_TTL_S : LINK_RESET_TTL_S;
    *expires_s_out = now_s + ttl_s;
    bool is_kept_out = u->locked || u->tenant_locked || policy_unused(&app->cfg, u, now_s);
    return is_kept_out ? ERR_USER_LOCKED : link_make(app, purpose, u->id, "", ttl_s, now_s, secret_out);
}

bool users_password_fault(const struct config *cfg, enum err e, struct buf *out)
{
    switch (e) {
    case ERR_PASSWORD_SHORT:
        buf_addf(out, "fewer than %lld characters, the minimum ([login] password_min_length); 15 are better",
                 (long long)cfg->login.password_min_length);
        return true;
    case ERR_PASSWORD_LONG:
        buf_addf(out, "more than %d characters", PASSWORD_CHARACTERS_MAX);
        return true;
    case ERR_PASSWORD_KINDS:
        buf_addf(out,
                 "fewer than %lld of four kinds of characters (A-Z, a-z, 0-9, others; [policy] "
                 "password_kinds)",
                 (long long)cfg->policy.password_kinds);
        return true;
    case ERR_PASSWORD_COMMON:
        buf_add_str(out, "one of the most common passwords, which are tried first");
        return true;
    case ERR_PASSWORD_ACCOUNT:
        buf_add_str(out, "the account's name");
        return true;
    case ERR_BAD_REQUEST:
        buf_add_str(out, "not UTF-8");
        return true;
    default:
        return false;
    }
}
