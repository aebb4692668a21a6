/*
 * ruoyi: the wire of RuoYi-Vue: {msg, code} with further members beside them, HTTP 200 nearly throughout.
 * Source: contracts, section springblade and ruoyi; yangzongzhuan/RuoYi-Vue and RuoYi-Vue3, src/api/login.js,
 * src/store/modules/user.js, src/permission.js and src/utils/request.js (what is sent and read).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json_out.h"
#include "dialect/common.h"
#include "dialect/dialects.h"
#include "dialect/retype.h"

/* Open the answer; the caller adds what else there is and closes it. */
static void open_success(struct call *c, struct json_out *j, const char *msg)
{
    json_out_init(j, &c->res->body);
    json_open_object(j, NULL);
    json_str(j, "msg", msg);
    json_int(j, "code", 200);
}

/* The front end reads `code` and shows `msg`; 401 sends it to its login page. */
static void render_error(struct call *c)
{
    int code = common_keeps_status(c) ? c->res->status : common_wants_bearer(c) ? 401 : 500;
    struct json_out j;
    struct buf text;
    buf_init(&text);
    text_failure(&c->failure, SCRIPT_SIMPLIFIED, &text);
    if (!common_keeps_status(c))
        c->res->status = 200;
    json_out_init(&j, &c->res->body);
    json_open_object(&j, NULL);
    json_int(&j, "code", code);
    json_str(&j, "msg", buf_str(&text));
    json_close_object(&j);
    buf_free(&text);
}

static enum err write_captcha(struct call *c, const struct challenge *challenge, const struct buf *image)
{
    struct json_out j;
    open_success(c, &j, text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_bool(&j, "captchaEnabled", true);
    json_str(&j, "uuid", challenge->id);
    json_base64(&j, "img", "", image->data, image->len);
    json_close_object(&j);
    return ERR_OK;
}

static enum err captcha(struct call *c)
{
    return common_captcha(c, CHALLENGE_ID_HEX32, write_captcha);
}

static enum err log_in(struct call *c)
{
    struct token_pair pair;
    struct json_out j;
    enum err e = common_login(c, &common_uuid_names, &pair);
    if (e != ERR_OK)
        return e;
    open_success(c, &j, text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_str(&j, "token", pair.access);
    json_close_object(&j);
    return ERR_OK;
}

/* The first of these that says something. */
static const char *first_of(const char *a, const char *b, const char *c)
{
    return a[0] != '\0' ? a : b[0] != '\0' ? b : c;
}

/* Permissions are the application's own affair: none are known here. */
static enum err get_info(struct call *c)
{
    const struct user *u = &c->bearer.user;
    struct json_out j;
    char id[24];
    if (u->id == 0)
        return ERR_TOKEN_INVALID;
    snprintf(id, sizeof id, "%" PRId64, u->id);
    open_success(c, &j, text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_list(&j, "permissions", "");
    json_list(&j, "roles", u->role_name);
    json_open_object(&j, "user");
    json_str(&j, "userId", id);
    json_str(&j, "deptId", u->dept_id);
    json_str(&j, "userName", u->account);
    json_str(&j, "nickName", first_of(u->nick_name, u->real_name, u->account));
    json_close_object(&j);
    json_bool(&j, "isDefaultModifyPwd", false);
    json_bool(&j, "isPasswordExpired", u->password_expired);
    json_close_object(&j);
    return ERR_OK;
}

/* Menus are the application's own affair too, but the front end does not leave its login page without this
 * list. */
static enum err get_routers(struct call *c)
{
    struct json_out j;
    open_success(c, &j, text_of(ERR_OK, SCRIPT_SIMPLIFIED));
    json_list(&j, "data", "");
    json_close_object(&j);
    return ERR_OK;
}

static enum err answer(struct call *c, enum err e, const char *msg)
{
    struct json_out j;
    if (e != ERR_OK)
        return e;
    open_success(c, &j, msg);
    json_close_object(&j);
    return ERR_OK;
}

static const struct retype_words change_words = {
    .password = (const char *const[]){"oldPassword", NULL},
    .fresh = (const char *const[]){"newPassword", NULL},
    .wrong = "修改密码失败，旧密码错误",
};

static enum err update_password(struct call *c)
{
    const char *known = NULL, *fresh = NULL;
    enum err e = route_require(c, change_words.password, &known);
    if (e == ERR_OK)
        e = route_require(c, change_words.fresh, &fresh);
    if (e == ERR_OK && strcmp(known, fresh) == 0) {
        c->failure.text = "新密码不能与旧密码相同";
        e = ERR_BAD_REQUEST;
    }
    if (e == ERR_OK)
        e = retype_change(c, &change_words);
    return answer(c, e, text_of(ERR_OK, SCRIPT_SIMPLIFIED));
}

static const struct retype_words unlock_words = {
    .password = (const char *const[]){"password", NULL},
    .wrong = "密码错误，请重新输入",
};

static enum err unlock_screen(struct call *c)
{
    return answer(c, retype_unlock(c, &unlock_words), "解锁成功");
}

static enum err logout(struct call *c)
{
    return answer(c, common_logout(c), "退出成功");
}

static const struct route routes[] = {
    {"GET", "/captchaImage", 0, captcha},
    {"POST", "/login", ROUTE_JSON | ROUTE_FORM, log_in},
    {"GET", "/getInfo", ROUTE_BEARER, get_info},
    {"GET", "/getRouters", ROUTE_BEARER, get_routers},
    {"POST", "/logout", ROUTE_BEARER_IF_ANY, logout},
    {"PUT", "/system/user/profile/updatePwd", ROUTE_JSON | ROUTE_FORM | ROUTE_BEARER, update_password},
    {"POST", "/unlockscreen", ROUTE_JSON | ROUTE_FORM | ROUTE_BEARER, unlock_screen},
};

const struct dialect dialect_ruoyi = {
    .id = DIALECT_RUOYI,
    .routes = routes,
    .count = sizeof routes / sizeof routes[0],
    .also_sent = "istoken, repeatsubmit, interval",
    .render_error = render_error,
};
