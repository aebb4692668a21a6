/*
 * What somebody who is logged in does with the password typed again: change it, unlock a screen. Front ends send
 * it in another form here than at the login: the form is told by what came.
 *
 * Depends on http/route, auth/login.
 * Source: chillzhuang/Saber, chillzhuang/Sword (src/api/system/user.js, src/services/user.js: as typed, also where
 * logins are encrypted); onlySunl/iot_bladex_web, tt-52101/bladex-saber (userinfo.vue: its MD5, also where logins
 * are encrypted); yangzongzhuan/RuoYi-Vue3 (as typed).
 */
#ifndef DIALECT_RETYPE_H
#define DIALECT_RETYPE_H

#include "http/route.h"

/* Parameters, each a list of names that ends with NULL, and what the original says of an old password that is not
 * right. */
struct retype_words {
    const char *const *password; /* that is known already */
    const char *const *fresh;    /* a new one */
    const char *const *repeated; /* the new one once more; NULL: is not sent */
    const char *wrong;
};

/*
 * Change the password of the call's bearer. ERR_OK; errors as login_change_password, route_require;
 * ERR_TOKEN_INVALID for a client's own token; ERR_PASSWORD_CONFIRM. c->failure is filled.
 */
enum err retype_change(struct call *c, const struct retype_words *words);

/* Whether the call's bearer knows the password; only the parameter `password` is read. Errors likewise. */
enum err retype_unlock(struct call *c, const struct retype_words *words);

/*
 * POST update-password, a route handler, and where it stands, which is beside the dialect's prefix: the same in
 * blade and springblade. Two services have it, of older and newer back ends.
 */
route_handler retype_update_password;
#define RETYPE_UPDATE_PATH     "/blade-system/user/update-password"
#define RETYPE_UPDATE_PATH_OLD "/blade-user/update-password"
#define RETYPE_UPDATE_FLAGS    (ROUTE_JSON | ROUTE_FORM | ROUTE_QUERY | ROUTE_BEARER | ROUTE_BESIDE)

#endif
