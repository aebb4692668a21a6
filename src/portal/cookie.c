/* Cookies of the portal (RFC 6265bis): page_cookie and page_set_cookie of portal/page.h. */
#include "portal/page.h"

#include <string.h>

/* "__Host-menshen-done": bound to this host by its prefix, where the connection allows one. */
static const char *full_name(const struct page *p, const char *name)
{
    bool is_whole = strcmp(p->app->cfg.portal.cookie_path, "/") == 0;
    return arena_printf(p->arena, "%smenshen%s%s",
                        !p->is_https ? ""
                        : is_whole   ? "__Host-"
                                     : "__Secure-",
                        name[0] != '\0' ? "-" : "", name);
}

const char *page_cookie(const struct page *p, const char *name)
{
    const char *list = request_env(p->call->req, "HTTP_COOKIE");
    const char *wanted = full_name(p, name);
    size_t n = wanted != NULL ? strlen(wanted) : 0;
    while (list != NULL && *list != '\0' && n > 0) {
        list += strspn(list, "; ");
        size_t len = strcspn(list, ";");
        if (len > n && strncmp(list, wanted, n) == 0 && list[n] == '=') {
            const char *value = arena_strndup(p->arena, list + n + 1, len - n - 1);
            return value != NULL ? value : "";
        }
        list += len;
    }
    return "";
}

void page_set_cookie(struct page *p, const char *name, const char *value, int64_t max_age_s)
{
    const char *full = full_name(p, name);
    const char *path = p->app->cfg.portal.cookie_path;
    const char *age = max_age_s < 0 ? "" : arena_printf(p->arena, "; Max-Age=%lld", (long long)max_age_s);
    const char *line = full == NULL || age == NULL
                           ? NULL
                           : arena_printf(p->arena, "%s=%s; Path=%s%s; HttpOnly; SameSite=Lax%s", full, value,
                                          path[0] != '\0' ? path : "/", age, p->is_https ? "; Secure" : "");
    if (line != NULL)
        response_header(p->call->res, "Set-Cookie", line);
}
