/*
 * What a page changes: one durable transaction with its audit row in it. Depends on portal/page.
 */
#ifndef PORTAL_CHANGE_H
#define PORTAL_CHANGE_H

#include "portal/page.h"

/* Change something; an error undoes all of it. */
typedef enum err change_body(struct page *p, void *ctx);

/*
 * Run `body` in a durable write transaction and record it as `action` to `subject`, both as the command line has them
 * ("client.lock", "client:portal"). Its result, or that of begin, record or commit.
 */
enum err change_run(struct page *p, change_body *body, void *ctx, const char *action, const char *subject);

#endif
