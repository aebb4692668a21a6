/*
 * The wire contracts that this program speaks. Each is one file: a table of routes, and wire ⇄ core, nothing
 * else. Depends on http/route.
 */
#ifndef DIALECT_DIALECTS_H
#define DIALECT_DIALECTS_H

#include "http/route.h"

extern const struct dialect dialect_blade;
extern const struct dialect dialect_ebaas;
extern const struct dialect dialect_eplatform;
extern const struct dialect dialect_platform;
extern const struct dialect dialect_springblade;
extern const struct dialect dialect_ruoyi;
extern const struct dialect dialect_oauth;

/* By enum dialect_id; DIALECT_COUNT of them. */
extern const struct dialect *const dialect_all[DIALECT_COUNT];

#endif
