/*
 * How the tokens of each dialect differ. Depends on base/config.
 */
#ifndef AUTH_TOKEN_STYLE_H
#define AUTH_TOKEN_STYLE_H

#include <stdbool.h>

#include "base/config.h"

/* What becomes of a refresh token that is used again after the grace window. */
enum token_reuse {
    TOKEN_REUSE_END,          /* it was stolen, before or now: the whole family ends (RFC 9700 §4.14) */
    TOKEN_REUSE_SAME_ADDRESS, /* from the address of the family's last refresh it is a stale tab, which gets
                                 the newest pair; from elsewhere the family ends */
    TOKEN_REUSE_REFUSE,       /* it is refused, and nothing ends */
    TOKEN_REUSE_COUNT
};

/* All names, as in the column client.refresh_reuse. */
#define TOKEN_REUSES "end,same-address,refuse"

struct token_style {
    bool is_standard;       /* claims of RFC 9068 instead of the sample's, always with an audience */
    enum token_reuse reuse; /* of clients that name none */
};

/* Of the dialect called `dialect`; never NULL. */
const struct token_style *token_style(const char *dialect);

/* What `name` says; `otherwise` for "", NULL, and what this version does not know. */
enum token_reuse token_reuse_named(const char *name, enum token_reuse otherwise);

#endif
