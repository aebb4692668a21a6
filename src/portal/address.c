/* Where this site is, and where people may be led: page_address, page_next, and what is ours (portal/page.h). */
#include "portal/address.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/codec.h"
#include "base/origin.h"

/* Behind "https://": the authority; *len is its length. NULL: no such address. */
static const char *authority_of(const char *url, size_t *len)
{
    const char *p = strncmp(url, "https://", 8) == 0  ? url + 8
                    : strncmp(url, "http://", 7) == 0 ? url + 7
                                                      : NULL;
    *len = p != NULL ? strcspn(p, "/?#") : 0;
    return *len > 0 ? p : NULL;
}

static bool is_from_proxy(const struct request *r, const struct config *cfg)
{
    char address[ADDRESS_CAP];
    const char *remote = request_env(r, "REMOTE_ADDR");
    if (remote == NULL || !address_canonical(remote, strlen(remote), address))
        memcpy(address, ADDRESS_UNIX, sizeof ADDRESS_UNIX);
    return address_in_list(address, cfg->server.trusted_proxies);
}

bool address_is_https(const struct request *r, const struct config *cfg)
{
    const char *https = request_env(r, "HTTPS");
    const char *scheme = request_env(r, "REQUEST_SCHEME");
    const char *forwarded = is_from_proxy(r, cfg) ? request_env(r, "HTTP_X_FORWARDED_PROTO") : NULL;
    if (forwarded != NULL) /* of several proxies the first has seen the visitor */
        return strcspn(forwarded, ", ") == 5 && strncasecmp(forwarded, "https", 5) == 0;
    if (https != NULL && https[0] != '\0' && strcasecmp(https, "off") != 0)
        return true;
    if (scheme != NULL && strcasecmp(scheme, "https") == 0)
        return true;
    /* A proxy that ends TLS and does not say so: the operator has said where people come in. */
    return strncmp(cfg->server.base_url, "https://", 8) == 0;
}

static const char *host_of(const struct request *r)
{
    const char *host = request_env(r, "HTTP_HOST");
    return host != NULL && host[0] != '\0' ? host : request_env(r, "SERVER_NAME");
}

const char *address_mount(const struct request *r, const struct config *cfg, struct arena *arena)
{
    size_t len = 0;
    const char *authority = authority_of(cfg->server.base_url, &len);
    const char *script = request_env(r, "SCRIPT_NAME");
    const char *base = authority != NULL ? authority + len : script != NULL ? script : "";
    const char *prefix = cfg->dialect[DIALECT_PORTAL].prefix;
    size_t prefix_len = strcspn(prefix, ",");
    /* What a visitor wrote must not become another host's address: "//host" and "/\\host" are. */
    while (base[0] == '/' && base[1] == '/')
        base++;
    if (strchr(base, '\\') != NULL)
        base = "";
    size_t base_len = strlen(base);
    while (base_len > 0 && base[base_len - 1] == '/')
        base_len--;
    return arena_printf(arena, "%.*s%.*s", (int)base_len, base, prefix_len > 1 ? (int)prefix_len : 0, prefix);
}

const char *address_origin(const struct request *r, const struct config *cfg, struct arena *arena)
{
    size_t len = 0;
    const char *authority = authority_of(cfg->server.base_url, &len);
    if (authority != NULL)
        return arena_strndup(arena, cfg->server.base_url, (size_t)(authority - cfg->server.base_url) + len);
    const char *host = host_of(r);
    return arena_printf(arena, "%s://%s", address_is_https(r, cfg) ? "https" : "http",
                        host != NULL ? host : "");
}

/* Whether an address' authority is that of the request, of the proxy before it, or of base_url. */
static bool is_own_authority(const struct request *r, const struct config *cfg, const char *authority,
                             size_t len)
{
    size_t own_len = 0;
    const char *base = authority_of(cfg->server.base_url, &own_len);
    if (base != NULL && own_len == len && strncasecmp(base, authority, len) == 0)
        return true;
    const char *hosts[] = {host_of(r),
                           is_from_proxy(r, cfg) ? request_env(r, "HTTP_X_FORWARDED_HOST") : NULL};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (hosts[i] != NULL && strlen(hosts[i]) == len && strncasecmp(hosts[i], authority, len) == 0)
            return true;
    return false;
}

bool address_is_same_site(const struct request *r, const struct config *cfg)
{
    const char *site = request_env(r, "HTTP_SEC_FETCH_SITE");
    const char *from = request_env(r, "HTTP_ORIGIN");
    size_t len = 0;
    if (site != NULL && site[0] != '\0')
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    if (from == NULL || from[0] == '\0')
        from = request_env(r, "HTTP_REFERER");
    if (from == NULL || from[0] == '\0')
        return true; /* the form's token has the say */
    const char *authority = authority_of(from, &len);
    return authority != NULL && is_own_authority(r, cfg, authority, len);
}

/* A path of this host, whoever decodes it once more on the way: neither "//host" nor "/\host". */
static bool is_path(const char *next, struct arena *arena)
{
    char *plain = arena_strdup(arena, next);
    if (plain == NULL || next[0] != '/' || codec_percent_decode(plain, strcspn(plain, "?#"), false) < 0)
        return false;
    if (plain[1] == '/' || plain[1] == '\\')
        return false;
    for (const char *p = plain; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F || *p == '\\')
            return false;
    return true;
}

const char *page_next(const struct page *p, const char *next)
{
    const struct config *cfg = &p->app->cfg;
    size_t len = 0;
    if (strlen(next) > 2000)
        return NULL;
    for (const char *c = next; *c != '\0'; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7F || *c == '\\')
            return NULL;
    if (next[0] == '/')
        return is_path(next, p->arena) ? next : NULL;
    const char *authority = authority_of(next, &len);
    if (authority == NULL || memchr(authority, '@', len) != NULL || memchr(authority, '%', len) != NULL)
        return NULL;
    const char *origin = arena_strndup(p->arena, next, (size_t)(authority - next) + len);
    if (origin == NULL)
        return NULL;
    if (strcmp(origin, address_origin(p->call->req, cfg, p->arena)) == 0)
        return next;
    return origin_in_list(origin, cfg->portal.next_hosts) ? next : NULL;
}

const char *page_address(const struct page *p, const char *path)
{
    const char *origin = address_origin(p->call->req, &p->app->cfg, p->arena);
    const char *address = arena_printf(p->arena, "%s%s%s", origin != NULL ? origin : "", p->mount, path);
    return address != NULL ? address : "";
}
