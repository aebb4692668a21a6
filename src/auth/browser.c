#include "auth/browser.h"

#include <string.h>

#include "auth/admission.h"
#include "auth/policy.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "crypto/digest.h"
#include "store/counter_store.h"
#include "store/link_store.h"
#include "store/token_store.h"

enum {
    SECRET_LEN = 16,
    SEEN_EVERY_S = 60,
    USER_AGENT_MAX = 255,
    PURGE_ROWS =
        4, /* expired ones that a new session clears away: where nobody fails, and no tokens are issued, nothing
                     * else does */
};

static enum err hash_secret(const char *secret, unsigned char hash[DIGEST_SHA256_LEN])
{
    return digest_sha256(secret, strlen(secret), hash);
}

static enum err new_secret(char secret[BROWSER_SECRET_CAP], unsigned char hash[DIGEST_SHA256_LEN])
{
    unsigned char random[SECRET_LEN];
    enum err e = random_bytes(random, sizeof random);
    if (e == ERR_OK) {
        codec_hex(secret, random, sizeof random);
        e = hash_secret(secret, hash);
    }
    secure_wipe(random, sizeof random);
    return e;
}

/* What of it is stored: whole characters of it, without what controls a screen. Browsers send ASCII. */
static void cut_user_agent(const char *given, char out[USER_AGENT_MAX + 1])
{
    size_t len = given != NULL ? strlen(given) : 0;
    if (len > USER_AGENT_MAX)
        for (len = USER_AGENT_MAX; len > 0 && ((unsigned char)given[len] & 0xC0) == 0x80; len--)
            ;
    if (given == NULL || !codec_utf8_valid(given, len))
        len = 0;
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)given[i] < 0x20 || given[i] == 0x7F ? ' ' : given[i];
    out[len] = '\0';
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum err browser_start(struct app *app, const struct browser_start *s, int64_t now_s,
                       char secret_out[BROWSER_SECRET_CAP])
{
    char user_agent[USER_AGENT_MAX + 1];
    bool remember = s->remember && app->cfg.portal.remember_ttl_s > 0;
    int64_t idle_s = policy_idle(&app->cfg, remember ? 0 : app->cfg.portal.session_idle_s);
    int64_t end_s = now_s + (remember ? app->cfg.portal.remember_ttl_s : app->cfg.portal.session_ttl_s);
    struct browser_session row = {.user_id = s->user_id,
                                  .created_s = now_s,
                                  .seen_s = now_s,
                                  .end_s = end_s,
                                  .idle_end_s = idle_s > 0 ? earlier(end_s, now_s + idle_s) : end_s,
                                  .idle_s = idle_s,
                                  .address = s->address,
                                  .user_agent = user_agent,
                                  .proof = s->proof,
                                  .proved_s = now_s};
    cut_user_agent(s->user_agent, user_agent);
    enum err e = new_secret(secret_out, row.secret_hash);
    if (e == ERR_OK)
        e = admission_make_room(app, s->user_id, s->address, now_s);
    if (e == ERR_OK)
        e = browser_store_put(app->db, &row);
    if (e == ERR_OK)
        e = db_purge_step(app->db, now_s, PURGE_ROWS);
    if (e == ERR_OK)
        counter_add(app->db, COUNTER_BROWSER_STARTED, 0, now_s);
    return e;
}

/* Whether it is there and good for its person. */
static enum err check(struct app *app, const struct browser_session *s, int64_t now_s, struct arena *arena,
                      struct user *user_out)
{
    bool is_ahead =
        s->created_s > now_s + CLOCK_SKEW_S; /* by a clock that was ahead: it would last too long */
    if (is_ahead || policy_idled_out(&app->cfg, s->seen_s, now_s))
        return ERR_TOKEN_INVALID;
    enum err e = user_store_get(app->db, s->user_id, arena, user_out);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && (user_out->locked || user_out->tenant_locked)))
        return ERR_TOKEN_INVALID;
    return e;
}

/* Seen now: it may be idle from here on. Costs one small transaction a minute, which need not be durable; where nothing
 * can be written pages are shown all the same, and the session may end early. */
static void note_seen(struct app *app, struct browser_session *s, int64_t now_s)
{
    if (now_s < s->seen_s + SEEN_EVERY_S && now_s >= s->seen_s - SEEN_EVERY_S)
        return;
    s->seen_s = now_s;
    int64_t idle_s = policy_idle(&app->cfg, s->idle_s);
    if (idle_s > 0)
        s->idle_end_s = earlier(s->end_s, now_s + idle_s);
    if (db_begin(app->db, DB_RELAXED) == ERR_OK)
        db_end(app->db, browser_store_seen(app->db, s->id, s->seen_s, s->idle_end_s));
}

enum err browser_find(struct app *app, const char *secret, int64_t now_s, struct arena *arena,
                      struct browser_session *out, struct user *user_out)
{
    unsigned char hash[DIGEST_SHA256_LEN];
    if (!codec_is_hex(secret, BROWSER_SECRET_CAP - 1))
        return ERR_TOKEN_INVALID;
    enum err e = hash_secret(secret, hash);
    if (e == ERR_OK)
        e = browser_store_find(app->db, hash, now_s, arena, out);
    if (e == ERR_NOT_FOUND)
        return ERR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = check(app, out, now_s, arena, user_out);
    if (e == ERR_OK)
        note_seen(app, out, now_s);
    return e;
}

enum err browser_stands(struct app *app, const struct browser_session *s, int64_t now_s, struct arena *arena)
{
    struct browser_session now;
    struct user user;
    enum err e = browser_store_get(app->db, s->id, now_s, arena, &now);
    /* Another tab has changed the password: what came with the old secret is out of date. */
    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && !secure_equal(now.secret_hash, s->secret_hash, sizeof now.secret_hash)))
        return ERR_TOKEN_INVALID;
    return e == ERR_OK ? check(app, &now, now_s, arena, &user) : e;
}

enum err browser_renew(struct app *app, int64_t id, char secret_out[BROWSER_SECRET_CAP])
{
    unsigned char hash[DIGEST_SHA256_LEN];
    enum err e = new_secret(secret_out, hash);
    if (e == ERR_OK)
        e = browser_store_renew(app->db, id, hash);
    return e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

enum err browser_prove(struct app *app, int64_t id, const char *proof, int64_t now_s)
{
    enum err e = browser_store_prove(app->db, id, proof, now_s);
    return e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

enum err browser_end_person(struct db *db, int64_t user_id, int64_t keep_family_id, int64_t keep_browser_id,
                            int64_t now_s)
{
    enum err e = session_store_revoke_user(db, user_id, keep_family_id, now_s);
    if (e == ERR_OK)
        e = browser_store_end_user(db, user_id, keep_browser_id);
    return e == ERR_OK ? link_store_end_user(db, user_id) : e;
}

enum err browser_end_tenant(struct db *db, const char *tenant_id, int64_t now_s)
{
    enum err e = session_store_revoke_tenant(db, tenant_id, now_s);
    if (e == ERR_OK)
        e = browser_store_end_tenant(db, tenant_id);
    return e == ERR_OK ? link_store_end_tenant(db, tenant_id) : e;
}
