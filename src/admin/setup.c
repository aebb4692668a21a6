#include "admin/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/groups.h"
#include "admin/users.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "store/tenant_store.h"

enum { CODE_LEN = 16, GROUPS = 8 };

enum err setup_is_due(struct db *db, bool *out)
{
    bool any = false;
    enum err e = user_store_any(db, &any);
    *out = !any;
    return e;
}

/* The bytes that a code means, as people type it. False for anything else. */
static bool parse(const char *text, unsigned char out[CODE_LEN])
{
    char digits[CODE_LEN * 2 + 1];
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (strchr("- \t\r\n", *text) != NULL)
            continue;
        if (n == CODE_LEN * 2)
            return false;
        digits[n++] = *text;
    }
    digits[n] = '\0';
    bool good = codec_is_hex(digits, CODE_LEN * 2) && codec_hex_decode(digits, out, CODE_LEN);
    secure_wipe(digits, sizeof digits);
    return good;
}

static void render(const unsigned char code[CODE_LEN], char out[SETUP_CODE_CAP])
{
    char digits[CODE_LEN * 2 + 1];
    codec_hex(digits, code, CODE_LEN);
    for (int i = 0; i < GROUPS; i++)
        snprintf(out + i * 5, 6, "%.4s%s", digits + i * 4, i < GROUPS - 1 ? "-" : "");
    secure_wipe(digits, sizeof digits);
}

static bool path_of(const char *dir, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s/%s", dir, SETUP_CODE_FILE) < PATH_MAX;
}

/* False if there is no file, or it holds no code. */
static bool read_code(const char *dir, unsigned char out[CODE_LEN])
{
    char path[PATH_MAX], text[SETUP_CODE_CAP + 8];
    int fd = path_of(dir, path) ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    bool good = parse(text, out);
    secure_wipe(text, sizeof text);
    return good;
}

static enum err make_code(const char *dir, unsigned char code[CODE_LEN], struct buf *why)
{
    char text[SETUP_CODE_CAP + 1];
    enum err e = random_bytes(code, CODE_LEN);
    if (e != ERR_OK)
        return e;
    render(code, text);
    text[SETUP_CODE_CAP - 1] = '\n';
    text[SETUP_CODE_CAP] = '\0';
    e = db_put_beside(dir, SETUP_CODE_FILE, text, why);
    secure_wipe(text, sizeof text);
    return e;
}

enum err setup_code(const char *dir, char out[SETUP_CODE_CAP], struct buf *why)
{
    unsigned char code[CODE_LEN];
    enum err e = ERR_OK;
    if (!read_code(dir, code))
        e = make_code(dir, code, why);
    /* Of two processes that made one at once the later one's is in the file. */
    if (e == ERR_OK && !read_code(dir, code))
        e = ERR_IO;
    if (e == ERR_OK)
        render(code, out);
    secure_wipe(code, sizeof code);
    return e;
}

bool setup_code_is(const char *dir, const char *given)
{
    unsigned char code[CODE_LEN] = {0}, typed[CODE_LEN] = {0};
    bool is_there = read_code(dir, code), is_one = parse(given, typed);
    bool same = secure_equal(code, typed, CODE_LEN) && is_there && is_one;
    secure_wipe(code, sizeof code);
    secure_wipe(typed, sizeof typed);
    return same;
}

void setup_forget_code(const char *dir)
{
    char path[PATH_MAX];
    if (path_of(dir, path))
        unlink(path);
}

/* Gone before the commit: should that fail, the next visit makes another. */
static enum err use_code_up(struct app *app)
{
    char path[PATH_MAX];
    if (!path_of(app->cfg.server.data_dir, path) || unlink(path) == 0 || errno == ENOENT)
        return ERR_OK;
    LOG(&app->log, ERR_LEVEL_ERROR, "setup_code_stays", LOG_S("path", path), LOG_S("error", strerror(errno)));
    return ERR_IO;
}

static enum err need_tenant(struct db *db, const char *id, int64_t now_s, struct arena *arena)
{
    struct tenant t;
    enum err e = tenant_store_get(db, id, arena, &t);
    if (e != ERR_NOT_FOUND)
        return e;
    t = (struct tenant){.id = id, .name = id, .created_s = now_s};
    return tenant_store_put(db, &t);
}

enum err setup_first_admin(struct app *app, struct user *u, int64_t now_s, struct arena *arena)
{
    bool is_due = false;
    enum err e = setup_is_due(app->db, &is_due);
    if (e != ERR_OK || !is_due)
        return e != ERR_OK ? e : ERR_EXISTS;
    u->created_s = u->password_changed_s = now_s;
    e = users_new_id(&u->id);
    if (e == ERR_OK)
        e = need_tenant(app->db, u->tenant_id, now_s, arena);
    if (e == ERR_OK)
        e = users_add(app->db, u, arena);
    if (e == ERR_OK)
        e = groups_put_member(app->db, GROUPS_ADMINS, u->id);
    return e == ERR_OK ? use_code_up(app) : e;
}
