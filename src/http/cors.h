/*
 * Pages of other origins: which of them may read the answers (WHATWG Fetch, "CORS protocol"). The origins are
 * those of [server] allowed_origins, each told only its own name; without any, nothing is added to an answer.
 *
 * Depends on http/routes, base/origin.
 */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "http/routes.h"

/*
 * Add to any answer, errors included, what lets a page of an allowed origin read it; and Vary, also for other
 * origins, lest a cache hands them each other's answers.
 */
void cors_answer(const struct call *c);

/* Whether a browser asks, before the request itself, whether a page of an allowed origin may send it. */
bool cors_is_preflight(const struct call *c);

/* Tell such a browser the methods (comma-joined) and the headers of the path. ERR_OK; ERR_MEMORY. */
enum err cors_preflight(const struct call *c, const char *methods);

#endif
