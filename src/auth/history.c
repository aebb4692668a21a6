#include "auth/history.h"

#include "store/history_store.h"

/* Verifiers that were read, in the request's arena: no statement stays open while they are verified. */
struct verifiers {
    const char *hash[POLICY_HISTORY_MAX];
    size_t count;
};

static enum err add_verifier(void *ctx, const char *hash)
{
    struct verifiers *v = ctx;
    v->hash[v->count++] = hash;
    return ERR_OK;
}

enum err history_check(struct app *app, const struct user *u, const struct password *p, struct arena *arena)
{
    int64_t newest = app->cfg.policy.password_history;
    struct verifiers known = {.hash = {u->password_hash}, .count = 1};
    if (newest == 0)
        return ERR_OK;
    enum err e = history_store_list(app->db, u->id, newest - 1, arena, add_verifier, &known);
    db_read_end(app->db);
    app_before_slow(app);
    for (size_t i = 0; e == ERR_OK && i < known.count; i++) {
        if (password_scheme_name(known.hash[i]) == NULL) /* of somebody who never had one */
            continue;
        enum err same = password_verify(known.hash[i], p);
        e = same == ERR_OK ? ERR_PASSWORD_REUSED : same == ERR_PASSWORD ? ERR_OK : same;
    }
    return e;
}

enum err history_set_password(struct app *app, int64_t user_id, const char *hash, int64_t now_s)
{
    int64_t newest = app->cfg.policy.password_history;
    enum err e = newest > 1 ? history_store_put_present(app->db, user_id) : ERR_OK;
    if (e == ERR_OK)
        e = history_store_keep(app->db, user_id, newest > 1 ? newest - 1 : 0);
    return e == ERR_OK ? user_store_set_password(app->db, user_id, hash, now_s) : e;
}

enum err history_set_given_password(struct app *app, int64_t user_id, const char *hash, int64_t now_s)
{
    enum err e = history_set_password(app, user_id, hash, now_s);
    return e == ERR_OK && app->cfg.policy.change_at_first_login ? user_store_expire_password(app->db, user_id)
                                                                : e;
}
