#include "base/err.h"

#include <stddef.h>

/* "name" is what a log line says; the pairs unknown/wrong share a name on purpose: nothing tells them apart.
 */
static const struct err_info table[ERR_COUNT] = {
    [ERR_OK] = {200, "ok", ERR_LEVEL_DEBUG},
    [ERR_BAD_REQUEST] = {400, "bad_request", ERR_LEVEL_INFO},
    [ERR_MISSING_PARAM] = {400, "missing_parameter", ERR_LEVEL_INFO},
    [ERR_CONFLICTING_PARAM] = {400, "conflicting_parameter", ERR_LEVEL_INFO},
    [ERR_BAD_SOURCE] = {400, "invalid_source", ERR_LEVEL_INFO},
    [ERR_NO_SUCH_PATH] = {404, "not_found", ERR_LEVEL_INFO},
    [ERR_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", ERR_LEVEL_INFO},
    [ERR_TOO_LARGE] = {413, "payload_too_large", ERR_LEVEL_INFO},
    [ERR_SLOW] = {408, "request_timeout", ERR_LEVEL_INFO},
    [ERR_UNSUPPORTED_TYPE] = {400, "unsupported_content_type", ERR_LEVEL_INFO},
    [ERR_FORBIDDEN] = {403, "forbidden", ERR_LEVEL_WARN},
    [ERR_FORM] = {403, "form_refused", ERR_LEVEL_WARN},
    [ERR_CLIENT_UNKNOWN] = {401, "invalid_client", ERR_LEVEL_WARN},
    [ERR_CLIENT_SECRET] = {401, "invalid_client", ERR_LEVEL_WARN},
    [ERR_CLIENT_MISSING] = {401, "invalid_client", ERR_LEVEL_INFO},
    [ERR_GRANT_UNSUPPORTED] = {400, "unsupported_grant_type", ERR_LEVEL_INFO},
    [ERR_GRANT_NOT_ALLOWED] = {400, "unauthorized_client", ERR_LEVEL_WARN},
    [ERR_SCOPE] = {400, "invalid_scope", ERR_LEVEL_INFO},
    [ERR_CAPTCHA] = {400, "captcha_incorrect", ERR_LEVEL_INFO},
    [ERR_CAPTCHA_REQUIRED] = {400, "captcha_required", ERR_LEVEL_INFO},
    [ERR_USER_UNKNOWN] = {400, "login_incorrect", ERR_LEVEL_WARN},
    [ERR_PASSWORD] = {400, "login_incorrect", ERR_LEVEL_WARN},
    [ERR_PASSWORD_UNSEEN] = {400, "password_needs_plain", ERR_LEVEL_WARN},
    [ERR_USER_LOCKED] = {400, "login_incorrect", ERR_LEVEL_WARN},
    [ERR_USER_UNUSED] = {400, "account_unused", ERR_LEVEL_WARN},
    [ERR_USER_NETWORK] = {400, "network_not_allowed", ERR_LEVEL_WARN},
    [ERR_PASSWORD_EXPIRED] = {400, "password_expired", ERR_LEVEL_INFO},
    [ERR_LOGIN_LOCKED] = {429, "login_locked", ERR_LEVEL_WARN},
    [ERR_TOKEN_MISSING] = {401, "token_missing", ERR_LEVEL_INFO},
    [ERR_TOKEN_INVALID] = {401, "token_invalid", ERR_LEVEL_INFO},
    [ERR_TOKEN_FOREIGN] = {400, "token_of_another_client", ERR_LEVEL_WARN},
    [ERR_REFRESH_INVALID] = {400, "refresh_token_invalid", ERR_LEVEL_WARN},
    [ERR_PASSWORD_CONFIRM] = {400, "password_confirmation", ERR_LEVEL_INFO},
    [ERR_PASSWORD_SHORT] = {400, "password_too_short", ERR_LEVEL_INFO},
    [ERR_PASSWORD_LONG] = {400, "password_too_long", ERR_LEVEL_INFO},
    [ERR_PASSWORD_COMMON] = {400, "password_too_common", ERR_LEVEL_INFO},
    [ERR_PASSWORD_ACCOUNT] = {400, "password_is_account", ERR_LEVEL_INFO},
    [ERR_PASSWORD_KINDS] = {400, "password_too_uniform", ERR_LEVEL_INFO},
    [ERR_PASSWORD_REUSED] = {400, "password_used_before", ERR_LEVEL_INFO},
    [ERR_PASSWORD_HIDDEN] = {400, "password_not_seen", ERR_LEVEL_INFO},
    [ERR_PASSWORD_SM2] = {400, "password_not_decrypted", ERR_LEVEL_WARN},
    [ERR_RATE] = {429, "too_many_requests", ERR_LEVEL_WARN},
    [ERR_FULL] = {429, "captcha_limit_reached", ERR_LEVEL_ERROR},
    [ERR_BUSY] = {429, "busy", ERR_LEVEL_ERROR},
    [ERR_NOT_FOUND] = {404, "not_found", ERR_LEVEL_INFO},
    [ERR_EXISTS] = {409, "exists", ERR_LEVEL_INFO},
    [ERR_STORE] = {500, "store", ERR_LEVEL_ERROR},
    [ERR_NOT_DURABLE] = {500, "not_durable", ERR_LEVEL_ERROR},
    [ERR_CRYPTO] = {500, "crypto", ERR_LEVEL_ERROR},
    [ERR_RANDOM] = {500, "random", ERR_LEVEL_ERROR},
    [ERR_MEMORY] = {500, "memory", ERR_LEVEL_ERROR},
    [ERR_IO] = {500, "io", ERR_LEVEL_ERROR},
    [ERR_CONFIG] = {500, "config", ERR_LEVEL_ERROR},
    [ERR_DOWN] = {500, "unavailable", ERR_LEVEL_ERROR},
    [ERR_INTERNAL] = {500, "internal", ERR_LEVEL_ERROR},
};

const struct err_info *err_info(enum err e)
{
    if ((int)e < 0 || e >= ERR_COUNT || table[e].name == NULL)
        e = ERR_INTERNAL;
    return &table[e];
}
