#include "http/route.h"

#include <string.h>

enum err route_fail(struct call *c, enum err e, const char *field, enum detail detail)
{
    c->failure.field = field;
    c->failure.detail = detail;
    return e;
}

enum err route_param(struct call *c, const char *const *names, const char **value_out)
{
    enum err e = params_get(&c->params, names, value_out);
    return e == ERR_OK ? e : route_fail(c, e, names[0], DETAIL_STRING);
}

enum err route_require(struct call *c, const char *const *names, const char **value_out)
{
    enum err e = route_param(c, names, value_out);
    if (e == ERR_OK && *value_out == NULL)
        e = route_fail(c, ERR_MISSING_PARAM, names[0], DETAIL_NONE);
    return e;
}

enum err route_require_text(struct call *c, const char *const *names, size_t max, const char **value_out)
{
    enum err e = route_require(c, names, value_out);
    if (e == ERR_OK && strlen(*value_out) > max)
        e = route_fail(c, ERR_BAD_REQUEST, names[0], DETAIL_TOO_LONG);
    return e;
}
