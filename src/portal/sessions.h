/*
 * Where somebody is signed in, as a row of a table: a person's own page and an administrator's show the same.
 * Depends on portal/page, store/browser_store, store/token_store.
 */
#ifndef PORTAL_SESSIONS_H
#define PORTAL_SESSIONS_H

#include "portal/page.h"
#include "store/browser_store.h"
#include "store/token_store.h"

/* One more row of the list "browsers" or "applications": id, device, address, since, seen, and current for the session
 * that this page was asked for by. What the row says is copied. */
void sessions_add_browser(struct page *p, const struct browser_session *row);
void sessions_add_application(struct page *p, const struct session_row *row);

#endif
