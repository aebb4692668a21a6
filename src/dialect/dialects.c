#include "dialect/dialects.h"

#include "portal/portal.h"

const struct dialect *const dialect_all[DIALECT_COUNT] = {
    [DIALECT_BLADE] = &dialect_blade,
    [DIALECT_EBAAS] = &dialect_ebaas,
    [DIALECT_EPLATFORM] = &dialect_eplatform,
    [DIALECT_PLATFORM] = &dialect_platform,
    [DIALECT_SPRINGBLADE] = &dialect_springblade,
    [DIALECT_RUOYI] = &dialect_ruoyi,
    [DIALECT_OAUTH] = &dialect_oauth,
    [DIALECT_PORTAL] = &portal,
};
