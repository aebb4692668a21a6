#include "admin/look.h"

#include <string.h>

#include "store/look_store.h"

static const char *const names[LOOK_FIELDS] = {
    [LOOK_TITLE] = "title",   [LOOK_LOGO] = "logo", [LOOK_ACCENT] = "accent", [LOOK_NOTICE] = "notice",
    [LOOK_FOOTER] = "footer", [LOOK_ICP] = "icp",   [LOOK_POLICE] = "police",
};

const char *look_name(enum look_field field)
{
    return names[field];
}

static const char *configured(const struct config *cfg, enum look_field field)
{
    const char *const values[LOOK_FIELDS] = {
        [LOOK_TITLE] = cfg->portal.title,   [LOOK_LOGO] = cfg->portal.logo,
        [LOOK_ACCENT] = cfg->portal.accent, [LOOK_NOTICE] = cfg->portal.notice,
        [LOOK_FOOTER] = cfg->portal.footer, [LOOK_ICP] = cfg->portal.icp,
        [LOOK_POLICE] = cfg->portal.police,
    };
    return values[field];
}

struct reading {
    struct look *look;
    struct arena *arena;
};

static enum err note(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;
    for (int f = 0; f < LOOK_FIELDS; f++) {
        if (strcmp(names[f], name) != 0)
            continue;
        r->look->value[f] = arena_strdup(r->arena, value);
        r->look->is_set[f] = true;
        return r->look->value[f] != NULL ? ERR_OK : ERR_MEMORY;
    }
    return ERR_OK; /* of another version */
}

enum err look_read(struct db *db, const struct config *cfg, struct arena *arena, struct look *out)
{
    struct reading r = {out, arena};
    for (int f = 0; f < LOOK_FIELDS; f++) {
        out->value[f] = configured(cfg, (enum look_field)f);
        out->is_set[f] = false;
    }
    return db != NULL ? look_store_list(db, note, &r) : ERR_OK;
}

enum err look_check(struct config *scratch, enum look_field field, const char *value)
{
    struct buf why;
    buf_init(&why);
    bool is_one_line = value[strcspn(value, "\r\n\t")] == '\0';
    enum err e = is_one_line ? config_set(scratch, "portal", names[field], value, &why) : ERR_CONFIG;
    buf_free(&why);
    return e == ERR_OK ? ERR_OK : ERR_BAD_REQUEST;
}

enum err look_set(struct db *db, const struct config *cfg, enum look_field field, const char *value)
{
    return strcmp(value, configured(cfg, field)) == 0 ? look_store_remove(db, names[field])
                                                      : look_store_put(db, names[field], value);
}
