/*
 * /admin/keys: the keys that sign tokens, and the one that browsers encrypt passwords to.
 * Source: admin/keys.h; RFC 7517.
 */
#include <string.h>

#include "admin/keys.h"
#include "base/secure.h"
#include "portal/pages.h"
#include "portal/people.h"
#include "store/key_store.h"

enum {
    OVERLAP_MAX_S = 315360000, /* as long as a refresh token may live */
    PUBLISH_MAX_S = 31536000,
};

/* ---- Showing ------------------------------------------------------------------------------------------ */

struct listing {
    struct page *page;
    struct keys_overview overview;
    const char *kid; /* of the one that is shown alone; NULL: all are */
    bool found;
};

/* What a key does, as a badge shows it. */
static const char *mood_of(const char *state)
{
    return strcmp(state, "signs") == 0 ? "good" : strcmp(state, "published") == 0 ? "warn" : "";
}

static void add_key(struct page *p, struct view *v, const struct keys_overview *o, const struct key_row *row)
{
    enum jws_alg alg;
    const char *state = keys_state(o, row);
    bool is_retired = strcmp(state, "retired") == 0;
    view_textf(v, "kid", "%s", row->kid);
    view_textf(v, "alg", "%s", row->alg);
    view_textf(v, "state", "key.state.%s", state);
    view_text(v, "mood", mood_of(state));
    view_flag(v, "is_retired", is_retired);
    view_flag(v, "has_public", jws_alg_find(row->alg, &alg) && !jws_is_hmac(alg) && !is_retired);
    page_time(p, v, "from", row->signs_from_s);
    page_time(p, v, "created", row->created_s);
    view_flag(v, "ends", row->retired_s != 0);
    page_time(p, v, "end", row->retired_s);
}

static enum err list_key(void *ctx, const struct key_row *row)
{
    struct listing *l = ctx;
    if (l->kid == NULL)
        add_key(l->page, view_item(l->page->view, "keys"), &l->overview, row);
    else if (strcmp(l->kid, row->kid) == 0)
        add_key(l->page, l->page->view, &l->overview, row);
    l->found = l->found || (l->kid != NULL && strcmp(l->kid, row->kid) == 0);
    return ERR_OK;
}

/* The public half, as far as there is one. */
static enum err add_public(struct page *p, const struct keyring *ring, const char *kid)
{
    struct buf jwk, pem;
    buf_init(&jwk);
    buf_init(&pem);
    enum err e = keys_public(ring, kid, &jwk, &pem);
    if (e == ERR_OK) {
        view_text(p->view, "jwk", arena_strndup(p->arena, buf_str(&jwk), jwk.len));
        view_text(p->view, "pem", arena_strndup(p->arena, buf_str(&pem), pem.len));
    }
    buf_free(&jwk);
    buf_free(&pem);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* The keys, or the one called `kid`. */
static enum err add_keys(struct page *p, const char *kid)
{
    struct listing *l = arena_alloc(p->arena, sizeof *l); /* the ring is no thing for the stack */
    if (l == NULL)
        return ERR_MEMORY;
    l->page = p;
    l->kid = kid;
    enum err e = keys_overview_read(p->app, p->now_s, &l->overview);
    if (e == ERR_OK)
        e = key_store_list(p->app->db, list_key, l);
    if (e == ERR_OK && kid != NULL)
        e = l->found ? add_public(p, &l->overview.ring, kid) : ERR_NO_SUCH_PATH;
    keys_overview_wipe(&l->overview);
    return e;
}

static enum err add_sm2(struct page *p)
{
    unsigned char key[SM2_KEY_LEN];
    char hex[SM2_PUBLIC_HEX_CAP];
    enum err e = keys_get_sm2(p->app->db, key);
    if (e == ERR_OK)
        e = sm2_public_hex(key, hex);
    secure_wipe(key, sizeof key);
    if (e == ERR_OK)
        view_textf(p->view, "sm2", "%s", hex);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void add_algs(struct page *p)
{
    const char *asked = page_field(p, "alg");
    for (int i = 0; i < JWS_ALG_COUNT; i++) {
        struct view *item = view_item(p->view, "algs");
        view_text(item, "value", jws_alg_name((enum jws_alg)i));
        view_flag(item, "chosen", strcmp(asked, jws_alg_name((enum jws_alg)i)) == 0);
    }
}

static enum err show_keys(struct page *p, int status)
{
    view_text(p->view, "self", "/admin/keys");
    add_algs(p);
    enum err e = add_keys(p, NULL);
    if (e == ERR_OK)
        e = add_sm2(p);
    return e == ERR_OK ? page_show(p, "admin-keys", status) : e;
}

enum err admin_keys_list(struct page *p)
{
    return show_keys(p, 200);
}

static enum err show_key(struct page *p, int status)
{
    view_text(p->view, "title", p->call->segment);
    view_text(p->view, "self", arena_printf(p->arena, "/admin/keys/%s", p->call->segment));
    enum err e = add_keys(p, p->call->segment);
    return e == ERR_OK ? page_show(p, "admin-key", status) : e;
}

enum err admin_keys_show(struct page *p)
{
    return show_key(p, 200);
}

static const char *subject_of(const struct page *p, const char *kid)
{
    return arena_printf(p->arena, "key:%s", kid);
}

static const char *key_path(const struct page *p)
{
    return arena_printf(p->arena, "/admin/keys/%s", p->call->segment);
}

/* ---- Another one -------------------------------------------------------------------------------------- */

struct rotation {
    struct keys_rotation plan;
    struct key_row row;
};

static enum err rotate(struct page *p, void *ctx)
{
    const struct rotation *r = ctx;
    return keyring_succeed(p->app, &r->row, r->plan.overlap_s, p->now_s);
}

/* A number of seconds, if one was typed. */
static void read_seconds(struct page *p, const char *name, int64_t max, int64_t *out)
{
    int64_t value = page_number(p, name, 0, max, -1);
    if (page_field(p, name)[0] == '\0')
        return;
    if (value < 0)
        page_fault(p, name, "key.fault.seconds");
    else
        *out = value;
}

enum err admin_keys_rotate(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, "/admin/keys", &e))
        return e;
    struct rotation *r = arena_alloc(p->arena, sizeof *r);
    const char *alg = page_field(p, "alg");
    if (r == NULL)
        return ERR_MEMORY;
    e = keys_plan_rotation(p->app, alg[0] != '\0' ? alg : NULL, p->now_s, &r->plan);
    if (e == ERR_BAD_REQUEST)
        page_fault(p, "alg", "key.fault.alg");
    else if (e != ERR_OK)
        return e;
    read_seconds(p, "overlap", OVERLAP_MAX_S, &r->plan.overlap_s);
    read_seconds(p, "publish-ahead", PUBLISH_MAX_S, &r->plan.publish_ahead_s);
    if (page_has_faults(p))
        return show_keys(p, 400);
    db_read_end(p->app->db);
    app_before_slow(p->app);
    e = keyring_new(r->plan.alg, p->now_s, &r->row); /* before the transaction: RSA takes its time */
    r->row.signs_from_s = p->now_s + r->plan.publish_ahead_s;
    if (e == ERR_OK)
        e = people_change(p, rotate, r, "key.rotate", subject_of(p, r->row.kid));
    secure_wipe(r->row.secret, sizeof r->row.secret);
    if (e == ERR_FULL) {
        page_fault(p, "alg", "key.fault.full");
        return show_keys(p, 409);
    }
    return e == ERR_OK ? page_go(p, "/admin/keys", "done.key_rotated") : e;
}

static enum err import(struct page *p, void *ctx)
{
    const char *secret = ctx;
    return keyring_import(p->app, secret, strlen(secret), p->now_s);
}

enum err admin_keys_import(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, "/admin/keys", &e))
        return e;
    char *secret = arena_strdup(p->arena, page_field(p, "secret"));
    if (secret == NULL)
        return ERR_MEMORY;
    e = people_change(p, import, secret, "key.import", "");
    if (e == ERR_BAD_REQUEST)
        page_fault(p, "secret", "key.fault.secret");
    else if (e == ERR_FULL)
        page_fault(p, "secret", "key.fault.full");
    if (page_has_faults(p))
        return show_keys(p, e == ERR_FULL ? 409 : 400);
    return e == ERR_OK ? page_go(p, "/admin/keys", "done.key_imported") : e;
}

/* ---- Ending one --------------------------------------------------------------------------------------- */

static enum err retire(struct page *p, void *ctx)
{
    const char **needed = ctx;
    return keyring_retire(p->app, p->call->segment, page_checked(p, "force"), p->now_s, needed);
}

enum err admin_keys_retire(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, key_path(p), &e))
        return e;
    const char *needed = NULL;
    e = people_change(p, retire, &needed, "key.retire", subject_of(p, p->call->segment));
    if (e == ERR_NOT_FOUND)
        return ERR_NO_SUCH_PATH;
    if (e != ERR_EXISTS)
        return e == ERR_OK ? page_go(p, "/admin/keys", "done.key_retired") : e;
    page_fault(p, "force", "key.fault.needed");
    return show_key(p, 409);
}

/* ---- The key that passwords are encrypted to ---------------------------------------------------------- */

static enum err put_sm2(struct page *p, void *ctx)
{
    return keys_set_sm2(p->app->db, ctx);
}

enum err admin_keys_new_sm2(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, "/admin/keys", &e))
        return e;
    unsigned char key[SM2_KEY_LEN];
    e = sm2_generate(key);
    if (e == ERR_OK)
        e = people_change(p, put_sm2, key, "key.sm2", "");
    secure_wipe(key, sizeof key);
    return e == ERR_OK ? page_go(p, "/admin/keys", "done.key_sm2") : e;
}

enum err admin_keys_import_sm2(struct page *p)
{
    enum err e = ERR_OK;
    if (people_is_led(p, "/admin/keys", &e))
        return e;
    unsigned char key[SM2_KEY_LEN];
    e = sm2_key_of_hex(page_field(p, "private"), key);
    if (e == ERR_BAD_REQUEST) {
        page_fault(p, "private", "key.fault.private");
        return show_keys(p, 400);
    }
    if (e == ERR_OK)
        e = people_change(p, put_sm2, key, "key.sm2", "");
    secure_wipe(key, sizeof key);
    return e == ERR_OK ? page_go(p, "/admin/keys", "done.key_sm2") : e;
}
