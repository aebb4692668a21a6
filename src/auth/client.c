#include "auth/client.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/site_key.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/secure.h"
#include "crypto/digest.h"

enum err client_secret_mac(const struct app *app, const char *secret, unsigned char mac[CLIENT_MAC_LEN])
{
    unsigned char full[DIGEST_MAX_LEN];
    size_t len = 0;
    enum err e = digest_hmac(DIGEST_SHA256, app->client_pepper, sizeof app->client_pepper, secret,
                             strlen(secret), full, &len);
    if (e == ERR_OK)
        memcpy(mac, full, CLIENT_MAC_LEN);
    secure_wipe(full, sizeof full);
    return e;
}

int64_t client_old_secret_until(const struct client *c, int64_t now_s)
{
    bool is_good = c->has_old_secret && c->old_secret_until_s > now_s &&
                   c->old_secret_until_s <= now_s + CLIENT_OVERLAP_MAX_S + CLOCK_SKEW_S;
    return is_good ? c->old_secret_until_s : 0;
}

enum err client_compare_secret(const struct app *app, const struct client *c, const char *secret,
                               int64_t now_s, bool *same_out)
{
    unsigned char mac[CLIENT_MAC_LEN];
    enum err e = client_secret_mac(app, secret, mac);
    if (e != ERR_OK)
        return e;
    bool is_new = secure_equal(mac, c->secret_mac, sizeof mac) && c->has_secret;
    bool is_old = secure_equal(mac, c->old_secret_mac, sizeof mac) && client_old_secret_until(c, now_s) > 0;
    secure_wipe(mac, sizeof mac);
    *same_out = is_new || is_old;
    return ERR_OK;
}

/* Expired rows that a wrong secret clears away. */
enum { PURGE_ROWS = 4 };

/* Count a wrong secret. An id that does not exist counts like one that does, and is not written down. */
static enum err refuse(struct app *app, const char *id, enum err e, const char *address, int64_t now_s)
{
    struct audit_event event = {
        .action = AUDIT_CLIENT_SECRET, .client_id = id, .dialect = "", .address = address, .result = e};
    enum err counted = db_begin(app->db, DB_RELAXED);
    if (counted != ERR_OK)
        return counted;
    counted = throttle_secret_failed(app, address, now_s);
    if (counted == ERR_OK && e != ERR_CLIENT_UNKNOWN)
        counted = audit_record(app, &event, now_s);
    if (counted == ERR_OK)
        counted = db_purge_step(app->db, now_s, PURGE_ROWS);
    counted = db_end(app->db, counted);
    return counted == ERR_OK ? e : counted;
}

enum err client_authenticate(struct app *app, const char *id, const char *secret, const char *address,
                             int64_t now_s, struct arena *arena, struct client *out,
                             int64_t *retry_after_s_out)
{
    struct client c = {0};
    bool same = false;
    if (strlen(id) > CLIENT_ID_MAX)
        return ERR_CLIENT_UNKNOWN;
    enum err e = throttle_secret_check(app, address, now_s, retry_after_s_out);
    if (e != ERR_OK)
        return e;
    enum err found = client_store_get(app->db, id, arena, &c);
    if (found != ERR_OK && found != ERR_NOT_FOUND)
        return found;
    e = client_compare_secret(app, &c, secret, now_s, &same);
    if (e != ERR_OK)
        return e;
    if (found == ERR_NOT_FOUND || !same || c.locked)
        return refuse(app, id, found == ERR_NOT_FOUND ? ERR_CLIENT_UNKNOWN : ERR_CLIENT_SECRET, address,
                      now_s);
    *out = c;
    return ERR_OK;
}

enum err client_of_dialect(struct app *app, enum dialect_id dialect, struct arena *arena, struct client *out)
{
    const char *id = app->cfg.dialect[dialect].client;
    enum err e = client_store_get(app->db, id, arena, out);
    if (e == ERR_NOT_FOUND) {
        LOG_SOME(&app->log, ERR_LEVEL_ERROR, "no_dialect_client",
                 LOG_S("dialect", config_dialect_name(dialect)), LOG_S("client", id),
                 LOG_S("hint", "menshen client add"));
        return ERR_CONFIG;
    }
    return e == ERR_OK && (out->locked || !client_may(out, "captcha")) ? ERR_GRANT_NOT_ALLOWED : e;
}

bool client_may(const struct client *c, const char *grant)
{
    return config_list_has(c->grants, grant, strlen(grant));
}

enum err client_scope(const struct client *c, const char *requested, struct arena *arena,
                      const char **scope_out)
{
    if (requested == NULL || requested[strspn(requested, " ")] == '\0') {
        *scope_out = c->scope;
        return ERR_OK;
    }
    char *joined = arena_alloc(arena, strlen(requested) + 1);
    if (joined == NULL)
        return ERR_MEMORY;
    size_t n = 0;
    for (const char *p = requested; *p != '\0';) {
        p += strspn(p, " ");
        size_t len = strcspn(p, " ");
        if (len == 0)
            break;
        if (!config_list_has(c->scope, p, len))
            return ERR_SCOPE;
        if (!config_list_has(joined, p, len)) {
            if (n > 0)
                joined[n++] = ',';
            memcpy(joined + n, p, len);
            n += len;
        }
        p += len;
    }
    *scope_out = joined;
    return ERR_OK;
}

enum err client_check_password_form(const struct client *c, const char *wire)
{
    struct password p;
    if (strcmp(c->password_wire, "md5") == 0)
        return codec_is_hex(wire, DIGEST_MD5_HEX_CAP - 1) ? ERR_OK : ERR_BAD_REQUEST;
    if (strcmp(c->password_wire, "sm2") == 0)
        return sm2_is_ciphertext(wire) ? ERR_OK : ERR_BAD_REQUEST;
    enum err e = password_of_plain(wire, strlen(wire), &p);
    password_wipe(&p);
    return e == ERR_PASSWORD_LONG ? ERR_BAD_REQUEST : e;
}

/* A text that is no password was not encrypted by a front end of ours: it looks as any other failure does. */
static enum err decrypt_password(struct app *app, const char *wire, struct password *out)
{
    unsigned char key[SM2_KEY_LEN];
    char plain[SM2_PLAIN_MAX + 1];
    size_t len = 0;
    enum err e = site_key_sm2(app, key);
    if (e == ERR_OK)
        e = sm2_decrypt(key, wire, plain, sizeof plain, &len);
    if (e == ERR_OK)
        e = password_of_plain(plain, len, out);
    secure_wipe(key, sizeof key);
    secure_wipe(plain, sizeof plain);
    return e == ERR_PASSWORD_LONG || e == ERR_BAD_REQUEST ? ERR_PASSWORD_SM2 : e;
}

enum err client_read_wire(struct app *app, const char *wire, const char *text, struct password *out)
{
    if (strcmp(wire, "md5") == 0)
        return password_of_md5(text, out);
    if (strcmp(wire, "sm2") == 0)
        return sm2_is_ciphertext(text) ? decrypt_password(app, text, out) : ERR_BAD_REQUEST;
    return password_of_plain(text, strlen(text), out);
}

enum err client_read_password(struct app *app, const struct client *c, const char *wire, struct password *out)
{
    enum err e = client_check_password_form(c, wire);
    return e == ERR_OK ? client_read_wire(app, c->password_wire, wire, out) : e;
}
