/*
 * What the doctor finds where [policy] asks for something.
 */
#include "admin/doctor_inside.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "admin/clients.h"
#include "auth/policy.h"
#include "store/user_store.h"

/* Which way a setting has to go to be stricter than the profile. 0 is "never" or "no limit" of those with LESS. */
enum stricter { MORE, LESS };

#define NUMBER(SECTION, KEY, MEMBER, STRICTER)                                                               \
    {                                                                                                        \
        SECTION, KEY, offsetof(struct config, MEMBER), STRICTER                                              \
    }
static const struct demand {
    const char *section, *key;
    size_t offset; /* of an int64_t */
    enum stricter stricter;
} demands[] = {
    NUMBER("login", "max_failures", login.max_failures, LESS),
    NUMBER("login", "window", login.window_s, MORE),
    NUMBER("login", "password_min_length", login.password_min_length, MORE),
    NUMBER("login", "password_max_age", login.password_max_age_s, LESS),
    NUMBER("policy", "password_history", policy.password_history, MORE),
    NUMBER("policy", "password_kinds", policy.password_kinds, MORE),
    NUMBER("policy", "idle_timeout", policy.idle_timeout_s, LESS),
    NUMBER("policy", "max_sessions", policy.max_sessions, LESS),
    NUMBER("policy", "unused_lock", policy.unused_lock_s, LESS),
};

static int64_t number_at(const struct config *cfg, const struct demand *demand)
{
    int64_t number = 0;
    memcpy(&number, (const char *)cfg + demand->offset, sizeof number);
    return number;
}

static bool is_looser(const struct demand *demand, int64_t is, int64_t asked)
{
    return demand->stricter == MORE ? is < asked : is > asked || is == 0;
}

/* Append each setting that is looser than the profile has it. */
static void name_looser(const struct config *cfg, const struct config *strict, struct buf *out)
{
    const char *before = "";
    for (size_t i = 0; i < sizeof demands / sizeof demands[0]; i++) {
        int64_t is = number_at(cfg, &demands[i]), asked = number_at(strict, &demands[i]);
        if (!is_looser(&demands[i], is, asked))
            continue;
        buf_addf(out, "%s[%s] %s = %" PRId64 " (%" PRId64 ")", before, demands[i].section, demands[i].key, is,
                 asked);
        before = ", ";
    }
    if (!cfg->policy.change_at_first_login) {
        buf_addf(out, "%s[policy] change_at_first_login = no (yes)", before);
        before = ", ";
    }
    if (cfg->policy.expired_password != POLICY_EXPIRED_REFUSE) {
        buf_addf(out, "%s[policy] expired_password = tell (refuse)", before);
        before = ", ";
    }
    if (!cfg->policy.recheck_networks)
        buf_addf(out, "%s[policy] recheck_networks = no (yes)", before);
}

static void check_profile(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    const char *name = config_profile_name((enum policy_profile)cfg->policy.profile);
    struct config *strict = arena_alloc(d->arena, sizeof *strict);
    struct buf looser;
    buf_init(&looser);
    if (strict != NULL && cfg->policy.profile != POLICY_NONE) {
        config_defaults_under(strict, (enum policy_profile)cfg->policy.profile);
        name_looser(cfg, strict, &looser);
    }
    if (looser.len > 0)
        doctor_add(d, "policy", DOCTOR_WARNING,
                   DOCTOR_TEXT(d, "looser than the profile %s has it: %s", name, buf_str(&looser)),
                   "leave these lines out, or have a reason that the inspection takes; docs/djcp.md");
    else
        doctor_add(d, "policy", DOCTOR_OK, DOCTOR_TEXT(d, "profile %s", name), NULL);
    buf_free(&looser);
}

/* Whoever only refreshes, or is remembered, logs in as seldom as that ends, and would be out of use by then. */
static void check_unused_lock(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    int64_t lock_s = cfg->policy.unused_lock_s, lasts_s = cfg->token.family_ttl_s;
    if (cfg->dialect[DIALECT_PORTAL].enabled && cfg->portal.remember_ttl_s > lasts_s)
        lasts_s = cfg->portal.remember_ttl_s;
    if (lock_s > 0 && cfg->policy.idle_timeout_s == 0 && lasts_s >= lock_s)
        doctor_add(
            d, "unused_lock", DOCTOR_WARNING,
            DOCTOR_TEXT(d,
                        "a login can last for %" PRId64 " s, and an account without a login "
                        "for %" PRId64 " s is locked: people who use it daily among them",
                        lasts_s, lock_s),
            "[token] family_ttl and [portal] remember_ttl below [policy] unused_lock, or an idle_timeout");
}

/* Who needs another password has one place to set it. */
static void check_way_back(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    if (cfg->policy.expired_password == POLICY_EXPIRED_REFUSE && !cfg->dialect[DIALECT_PORTAL].enabled)
        doctor_add(d, "expired_password", DOCTOR_ERROR,
                   "whose password has expired gets no tokens, and there is no portal to change it in",
                   "[portal] enabled = yes, or [policy] expired_password = tell");
}

static void check_https(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    if (cfg->policy.profile == POLICY_DJCP && strncmp(cfg->server.base_url, "http://", 7) == 0)
        doctor_add(
            d, "https", DOCTOR_WARNING,
            DOCTOR_TEXT(d, "%s: passwords and sessions can be read on their way", cfg->server.base_url),
            "serve it by https:// and say so in [server] base_url");
}

void doctor_check_policy(struct doctor *d)
{
    check_profile(d);
    check_unused_lock(d);
    check_way_back(d);
    check_https(d);
}

/* ---- Rows -------------------------------------------------------------------------------------------- */

static void check_md5_clients(struct doctor *d)
{
    struct buf clients;
    buf_init(&clients);
    if (d->app->cfg.policy.password_kinds > 0 && clients_md5(d->app->db, &clients) == ERR_OK &&
        clients.len > 0)
        doctor_add(
            d, "password_kinds", DOCTOR_WARNING,
            DOCTOR_TEXT(d,
                        "clients that send passwords as MD5 cannot change them, since nobody can look at "
                        "them: %s",
                        buf_str(&clients)),
            "let people change them in the portal, or: menshen client set ID --password-wire sm2");
    buf_free(&clients);
}

struct unused {
    const struct doctor *d;
    int64_t count;
};

static enum err count_unused(void *ctx, const struct user *row)
{
    struct unused *u = ctx;
    u->count += !row->locked && policy_unused(&u->d->app->cfg, row, u->d->now_s);
    return ERR_OK;
}

static void check_unused(struct doctor *d)
{
    struct arena rows;
    struct unused u = {.d = d};
    if (d->app->cfg.policy.unused_lock_s == 0)
        return;
    arena_init(&rows, 1 << 20);
    enum err e = user_store_list(d->app->db, NULL, &rows, count_unused, &u);
    arena_fini(&rows);
    if (e == ERR_OK && u.count > 0)
        doctor_add(d, "unused", DOCTOR_WARNING,
                   DOCTOR_TEXT(d, "%" PRId64 " accounts are locked since nobody used them", u.count),
                   "menshen user unlock ACCOUNT for who comes back; menshen user lock or remove the others");
}

void doctor_check_policy_rows(struct doctor *d)
{
    check_md5_clients(d);
    if (!d->is_quick)
        check_unused(d);
}
