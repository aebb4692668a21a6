/*
 * Who is asking: client credentials and bearer tokens, from the places that the contracts allow.
 * Depends on http/route, auth/client, auth/token.
 */
#ifndef HTTP_AUTHN_H
#define HTTP_AUTHN_H

#include "http/route.h"

/*
 * Authenticate the client into c->client: Authorization: Basic, or client_id and client_secret, never both.
 * ERR_OK; ERR_CLIENT_MISSING; ERR_BAD_REQUEST (both); ERR_CLIENT_UNKNOWN, ERR_CLIENT_SECRET; ERR_STORE.
 * Source: RFC 6749 §2.3.1; contracts, section blade.
 */
enum err authn_client(struct call *c);

/*
 * Verify the bearer token of the dialect's own header, or else of Authorization, into c->bearer and set
 * c->has_bearer. ERR_OK; ERR_TOKEN_MISSING; ERR_TOKEN_INVALID; ERR_STORE. Source: RFC 6750 §2.1.
 */
enum err authn_bearer(struct call *c);

#endif
