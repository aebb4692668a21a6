#include "admin/appearance.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/digest.h"
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

/* Images are rows of their own. */
#define LOGO_IMAGE "logo_image"

enum err appearance_set(struct db *db, const struct config *cfg, enum appearance_field field,
                        const char *value)
{
    enum err e = field == APPEARANCE_LOGO ? look_store_remove(db, LOGO_IMAGE) : ERR_OK;
    if (e != ERR_OK)
        return e;
    return strcmp(value, configured(cfg, field)) == 0 ? look_store_remove(db, names[field])
                                                      : look_store_put(db, names[field], value);
}

/* ---- A logo that is kept here -------------------------------------------------------------------------- */

#define LOGO_BEGIN "logo-"
enum { LOGO_HASH = 8 /* bytes of the digest in its name */ };

/* What browsers show, by how it begins. */
static const struct {
    const char *magic;
    size_t len, at;
    const char *ending, *type;
} pictures[] = {
    {"\x89PNG\r\n\x1a\n", 8, 0, "png", "image/png"},
    {"\xff\xd8\xff", 3, 0, "jpg", "image/jpeg"},
    {"GIF8", 4, 0, "gif", "image/gif"},
    {"WEBP", 4, 8, "webp", "image/webp"},
};
enum { PICTURES = sizeof pictures / sizeof pictures[0] };

bool appearance_is_kept(const char *logo)
{
    return strncmp(logo, LOGO_BEGIN, strlen(LOGO_BEGIN)) == 0;
}

enum err appearance_keep_logo(struct db *db, const void *data, size_t len)
{
    unsigned char digest[DIGEST_SHA256_LEN];
    char hash[2 * LOGO_HASH + 1], name[sizeof LOGO_BEGIN + sizeof hash + 8];
    size_t kind = 0;
    if (len > APPEARANCE_LOGO_MAX)
        return ERR_TOO_LARGE;
    while (kind < PICTURES &&
           (len < pictures[kind].at + pictures[kind].len ||
            memcmp((const char *)data + pictures[kind].at, pictures[kind].magic, pictures[kind].len) != 0))
        kind++;
    if (kind == PICTURES)
        return ERR_BAD_REQUEST;
    enum err e = digest_sha256(data, len, digest);
    codec_hex(hash, digest, LOGO_HASH);
    snprintf(name, sizeof name, LOGO_BEGIN "%s.%s", hash, pictures[kind].ending);
    if (e == ERR_OK)
        e = look_store_put(db, names[APPEARANCE_LOGO], name);
    return e == ERR_OK ? look_store_put_image(db, LOGO_IMAGE, data, len) : e;
}

struct sought {
    const char *logo;
    bool found;
};

static enum err compare(void *ctx, const char *name, const char *value)
{
    struct sought *s = ctx;
    s->found = s->found || (strcmp(name, names[APPEARANCE_LOGO]) == 0 && strcmp(value, s->logo) == 0);
    return ERR_OK;
}

enum err appearance_logo(struct db *db, const char *name, struct buf *out, const char **type_out)
{
    struct sought s = {name, false};
    const char *dot = strrchr(name, '.');
    enum err e = look_store_list(db, compare, &s);
    if (e != ERR_OK || !s.found || dot == NULL)
        return e == ERR_OK ? ERR_NOT_FOUND : e;
    for (size_t kind = 0; kind < PICTURES; kind++)
        if (strcmp(dot + 1, pictures[kind].ending) == 0)
            *type_out = pictures[kind].type;
    return look_store_image(db, LOGO_IMAGE, out);
}
