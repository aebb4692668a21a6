#include "admin/appearance.h"

#include <string.h>

#include "store/look_store.h"

static const char *const names[APPEARANCE_FIELDS] = {
    [APPEARANCE_TITLE] = "title",   [APPEARANCE_LOGO] = "logo",     [APPEARANCE_ACCENT] = "accent",
    [APPEARANCE_NOTICE] = "notice", [APPEARANCE_FOOTER] = "footer", [APPEARANCE_FOOTER_LINK] = "footer_link",
    [APPEARANCE_ICP] = "icp",       [APPEARANCE_POLICE] = "police",
};

const char *appearance_name(enum appearance_field field)
{
    return names[field];
}

static const char *configured(const struct config *cfg, enum appearance_field field)
{
    const char *const values[APPEARANCE_FIELDS] = {
        [APPEARANCE_TITLE] = cfg->portal.title,   [APPEARANCE_LOGO] = cfg->portal.logo,
        [APPEARANCE_ACCENT] = cfg->portal.accent, [APPEARANCE_NOTICE] = cfg->portal.notice,
        [APPEARANCE_FOOTER] = cfg->portal.footer, [APPEARANCE_FOOTER_LINK] = cfg->portal.footer_link,
        [APPEARANCE_ICP] = cfg->portal.icp,       [APPEARANCE_POLICE] = cfg->portal.police,
    };
    return values[field];
}

struct reading {
    struct appearance *to;
    struct arena *arena;
};

static enum err note(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;
    for (int f = 0; f < APPEARANCE_FIELDS; f++) {
        if (strcmp(names[f], name) != 0)
            continue;
        r->to->value[f] = arena_strdup(r->arena, value);
        r->to->is_set[f] = true;
        return r->to->value[f] != NULL ? ERR_OK : ERR_MEMORY;
    }
    return ERR_OK; /* of another version */
}

enum err appearance_read(struct db *db, const struct config *cfg, struct arena *arena, struct appearance *out)
{
    struct reading r = {out, arena};
    for (int f = 0; f < APPEARANCE_FIELDS; f++) {
        out->value[f] = configured(cfg, (enum appearance_field)f);
        out->is_set[f] = false;
    }
    return db != NULL ? look_store_list(db, note, &r) : ERR_OK;
}

enum err appearance_check(struct config *scratch, enum appearance_field field, const char *value)
{
    struct buf why;
    buf_init(&why);
    bool is_one_line = value[strcspn(value, "\r\n\t")] == '\0';
    enum err e = is_one_line ? config_set(scratch, "portal", names[field], value, &why) : ERR_CONFIG;
    buf_free(&why);
    return e == ERR_OK ? ERR_OK : ERR_BAD_REQUEST;
}

enum err appearance_set(struct db *db, const struct config *cfg, enum appearance_field field,
                        const char *value)
{
    return strcmp(value, configured(cfg, field)) == 0 ? look_store_remove(db, names[field])
                                                      : look_store_put(db, names[field], value);
}
