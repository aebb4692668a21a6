#include "dialect/retype.h"

#include <string.h>

#include "auth/login.h"
#include "base/codec.h"
#include "base/json_out.h"
#include "crypto/sm2.h"

/*
 * The form that these came in. An SM2 ciphertext is longer than any password; 32 hex digits are an MD5, but where
 * the client's logins have none. The new password must look like the old one: that is the proof of its form.
 */
static const char *wire_of(const struct client *c, const char *known, const char *fresh)
{
    const size_t md5_len = DIGEST_MD5_HEX_CAP - 1;
    if (sm2_is_ciphertext(known) && sm2_is_ciphertext(fresh))
        return "sm2";
    if (strcmp(c->password_wire, "plain") != 0 && codec_is_hex(known, md5_len) &&
        codec_is_hex(fresh, md5_len))
        return "md5";
    return "plain";
}

/* The client of the login, whose front end this is. */
static enum err find_client(struct call *c)
{
    if (c->bearer.user.id == 0)
        return ERR_TOKEN_INVALID;
    enum err e = client_store_get(c->app->db, c->bearer.row.session.client_id, c->arena, &c->client);
    return e == ERR_NOT_FOUND ? ERR_TOKEN_INVALID : e;
}

static struct login_again again(const struct call *c, const char *known, const char *fresh)
{
    return (struct login_again){.bearer = &c->bearer,
                                .wire = wire_of(&c->client, known, fresh),
                                .password = known,
                                .address = c->req->address};
}

static enum err say_wrong(struct call *c, enum err e, const struct retype_words *words)
{
    if (e == ERR_PASSWORD)
        c->failure.text = words->wrong;
    return e;
}

enum err retype_change(struct call *c, const struct retype_words *words)
{
    const char *known = NULL, *fresh = NULL, *repeated = NULL;
    enum err e = find_client(c);
    if (e == ERR_OK)
        e = route_require(c, words->password, &known);
    if (e == ERR_OK)
        e = route_require(c, words->fresh, &fresh);
    if (e == ERR_OK && words->repeated != NULL)
        e = route_require(c, words->repeated, &repeated);
    if (e != ERR_OK)
        return e;
    /* Each ciphertext is another: such a front end compares by itself. */
    if (repeated != NULL && strcmp(fresh, repeated) != 0 && !sm2_is_ciphertext(fresh))
        return ERR_PASSWORD_CONFIRM;
    const struct login_again r = again(c, known, fresh);
    e = login_change_password(c->app, &r, fresh, c->req->now_s, c->arena, &c->failure.retry_after_s);
    return say_wrong(c, e, words);
}

enum err retype_unlock(struct call *c, const struct retype_words *words)
{
    const char *known = NULL;
    enum err e = find_client(c);
    if (e == ERR_OK)
        e = route_require(c, words->password, &known);
    if (e != ERR_OK)
        return e;
    const struct login_again r = again(c, known, known);
    e = login_unlock_screen(c->app, &r, c->req->now_s, c->arena, &c->failure.retry_after_s);
    return say_wrong(c, e, words);
}

static const struct retype_words update_words = {
    .password = (const char *const[]){"oldPassword", NULL},
    .fresh = (const char *const[]){"newPassword", NULL},
    .repeated = (const char *const[]){"newPassword1", NULL},
    .wrong = "原密码不正确",
};

enum err retype_update_password(struct call *c)
{
    struct json_out j;
    enum err e = retype_change(c, &update_words);
    if (e != ERR_OK)
        return e;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_int(&j, "code", 200);
    json_bool(&j, "success", true);
    json_null(&j, "data");
    json_str(&j, "msg", text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_close_object(&j);
    return ERR_OK;
}
