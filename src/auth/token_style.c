#include "auth/token_style.h"

#include <string.h>

static const char *const reuse_names[TOKEN_REUSE_COUNT] = {
    [TOKEN_REUSE_END] = "end",
    [TOKEN_REUSE_SAME_ADDRESS] = "same-address",
    [TOKEN_REUSE_REFUSE] = "refuse",
};

/* The originals of blade and springblade do not rotate: their front ends keep a token in each tab. */
static const struct token_style styles[DIALECT_COUNT] = {
    [DIALECT_BLADE] = {.reuse = TOKEN_REUSE_SAME_ADDRESS},
    [DIALECT_SPRINGBLADE] = {.reuse = TOKEN_REUSE_SAME_ADDRESS},
    [DIALECT_OAUTH] = {.is_standard = true},
};

const struct token_style *token_style(const char *dialect)
{
    static const struct token_style unknown = {.reuse = TOKEN_REUSE_END};
    enum dialect_id id;
    return config_dialect_find(dialect, &id) ? &styles[id] : &unknown;
}

enum token_reuse token_reuse_named(const char *name, enum token_reuse otherwise)
{
    for (int i = 0; name != NULL && i < TOKEN_REUSE_COUNT; i++)
        if (strcmp(name, reuse_names[i]) == 0)
            return (enum token_reuse)i;
    return otherwise;
}
