#include "http/authn.h"

#include <string.h>
#include <strings.h>

#include "base/codec.h"

/* Apache hands the header over under the second name when a rewrite was involved. */
static const char *authorization(const struct request *r)
{
    const char *value = request_env(r, "HTTP_AUTHORIZATION");
    return value != NULL && value[0] != '\0' ? value : request_env(r, "REDIRECT_HTTP_AUTHORIZATION");
}

/* What follows the scheme's name and blanks; NULL if the header is absent or of another scheme. */
static const char *credentials(const char *header, const char *scheme)
{
    size_t len = strlen(scheme);
    if (header == NULL || strncasecmp(header, scheme, len) != 0 || header[len] != ' ')
        return NULL;
    return header + len + strspn(header + len, " ");
}

/* Split base64(id:secret) and decode both; `plus` makes '+' a blank. False if it is not that. */
static bool read_basic(const char *encoded, bool plus, struct arena *arena, const char **id_out,
                       const char **secret_out)
{
    size_t len = strlen(encoded);
    size_t cap = len / 4 * 3 + 3;
    char *text = arena_alloc(arena, cap + 1);
    long n = text != NULL ? codec_base64_decode(encoded, len, (unsigned char *)text, cap) : -1;
    if (n < 0 || memchr(text, '\0', (size_t)n) != NULL)
        return false;
    text[n] = '\0';
    char *colon = strchr(text, ':');
    if (colon == NULL)
        return false;
    char *secret = colon + 1;
    *colon = '\0';
    long secret_len = codec_percent_decode(secret, strlen(secret), plus);
    long id_len = codec_percent_decode(text, strlen(text), plus);
    if (secret_len < 0 || id_len < 0 || !codec_utf8_valid(secret, (size_t)secret_len) ||
        !codec_utf8_valid(text, (size_t)id_len))
        return false;
    *id_out = text;
    *secret_out = secret;
    return true;
}

enum err authn_client(struct call *c)
{
    static const char *const id_names[] = {"client_id", NULL};
    static const char *const secret_names[] = {"client_secret", NULL};
    const char *basic = credentials(authorization(c->req), "Basic");
    const char *id = NULL, *secret = NULL;
    enum err e = route_param(c, id_names, &id);
    if (e == ERR_OK)
        e = route_param(c, secret_names, &secret);
    if (e != ERR_OK)
        return e;
    if (basic != NULL && (id != NULL || secret != NULL))
        return route_fail(c, ERR_BAD_REQUEST, NULL, DETAIL_CREDENTIALS);
    if (basic != NULL && !read_basic(basic, c->dialect->basic_is_form, c->arena, &id, &secret))
        return ERR_CLIENT_UNKNOWN;
    if (id == NULL)
        return ERR_CLIENT_MISSING;
    return client_authenticate(c->app, id, secret != NULL ? secret : "", c->req->address, c->req->now_s,
                               c->arena, &c->client, &c->failure.retry_after_s);
}

enum err authn_bearer(struct call *c)
{
    const char *own = c->dialect->bearer_header;
    const char *jwt = own != NULL ? credentials(request_env(c->req, own), "bearer") : NULL;
    if (jwt == NULL || jwt[0] == '\0')
        jwt = credentials(authorization(c->req), "Bearer");
    if (jwt == NULL || jwt[0] == '\0')
        return ERR_TOKEN_MISSING;
    enum err e = token_verify(c->app, jwt, c->req->now_s, c->arena, &c->bearer);
    c->has_bearer = e == ERR_OK;
    c->bearer_jwt = jwt;
    return e;
}
