#include "base/place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool is_document_root(const char *name, size_t len, const char *parent, size_t parent_len)
{
    static const char *const names[] = {"public_html", "htdocs", "httpdocs", "wwwroot", "webroot"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return len == 4 && memcmp(name, "html", 4) == 0 && parent_len == 3 && memcmp(parent, "www", 3) == 0;
}

static bool has_document_root(const char *path)
{
    const char *parent = "";
    size_t parent_len = 0;
    while (*path != '\0') {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        if (len > 0 && is_document_root(path, len, parent, parent_len))
            return true;
        parent = path;
        parent_len = len;
        path += len;
    }
    return false;
}

/* What is there of `dir`, links and ".." resolved, and in *rest_out what is not there. False if nothing is. */
static bool resolve(const char *dir, char out[PATH_MAX], const char **rest_out)
{
    char path[PATH_MAX];
    size_t len = strlen(dir);
    if (len >= sizeof path)
        return false;
    memcpy(path, dir, len + 1);
    while (realpath(path, out) == NULL) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path)
            return false;
        *slash = '\0';
    }
    *rest_out = dir + strlen(path);
    return true;
}

/* Whether a path that is not there yet may lead anywhere. */
static bool climbs(const char *path)
{
    for (; (path = strstr(path, "..")) != NULL; path += 2)
        if (path[-1] == '/' && (path[2] == '/' || path[2] == '\0'))
            return true;
    return false;
}

bool place_is_below(const char *dir, const char *root)
{
    char full_root[PATH_MAX], full_dir[PATH_MAX];
    const char *rest = "";
    if (realpath(root, full_root) == NULL || strcmp(full_root, "/") == 0 || !resolve(dir, full_dir, &rest))
        return false;
    size_t len = strlen(full_root);
    return climbs(rest) ||
           (strncmp(full_dir, full_root, len) == 0 && (full_dir[len] == '/' || full_dir[len] == '\0'));
}

bool place_is_public(const char *dir)
{
    char real[PATH_MAX];
    const char *rest = "";
    return resolve(dir, real, &rest) ? has_document_root(real) || has_document_root(rest)
                                     : has_document_root(dir);
}

enum err place_check(const char *dir, struct buf *why)
{
    if (!place_is_public(dir))
        return ERR_OK;
    buf_addf(why,
             "%s looks as if a web server would give it out, with every secret of the site in it; set "
             "[server] data_dir "
             "to a folder outside of the document root",
             dir);
    return ERR_CONFIG;
}
