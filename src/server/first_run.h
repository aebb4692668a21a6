/*
 * A site that begins in the browser: where there is no database, and never was one, the first visitor of the portal's
 * front door finds it made. Depends on admin/site, http/routes, server/server.
 */
#ifndef SERVER_FIRST_RUN_H
#define SERVER_FIRST_RUN_H

#include <stdbool.h>

#include "server/server.h"

/*
 * Make folder and database if this request may: it asks for a page by which people come in, and no database was ever in
 * the data folder, as far as can be told. True: one is there by now, to be opened. False: s->app.no_site says, for
 * that page, what is in the way.
 */
bool first_run(struct server *s, const struct request *req);

#endif
