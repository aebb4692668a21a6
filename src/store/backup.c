#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of a path, with its slash. False if it is too long. */
static bool folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int n = slash == NULL ? snprintf(out, PATH_MAX, "./")
                          : snprintf(out, PATH_MAX, "%.*s", (int)(slash - path) + 1, path);
    return n < PATH_MAX;
}

bool file_sync(int fd, const char *path)
{
    char dir[PATH_MAX];
    int dir_fd = folder_of(path, dir) ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool synced = fsync(fd) == 0 && dir_fd >= 0 && fsync(dir_fd) == 0;
    if (dir_fd >= 0)
        close(dir_fd);
    return synced;
}

/* Root's copy beside the database is its owner's, as everything there. */
static void give_if_beside(const struct db *db, int fd, const char *path)
{
    char dir[PATH_MAX];
    struct stat here, there;
    if (folder_of(path, dir) && stat(dir, &there) == 0 && stat(db->dir, &here) == 0 &&
        here.st_ino == there.st_ino && here.st_dev == there.st_dev)
        db_give_to_owner(fd, db->dir);
}

enum err db_backup(struct db *db, const char *path, struct buf *why)
{
    char local[PATH_MAX]; /* with "./" a name such as file:x is a name and no URI */
    if (snprintf(local, sizeof local, "%s%s", path[0] == '/' ? "" : "./", path) >= PATH_MAX) {
        buf_addf(why, "%s: path too long", path);
        return ERR_IO;
    }
    int fd = open(local, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        buf_addf(why, "%s: %s", path,
                 errno == EEXIST ? "exists already; it was left as it is" : strerror(errno));
        return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    }
    give_if_beside(db, fd, local);
    enum err e = stmt_run(db, SQL_BACKUP, "s", local);
    if (e == ERR_STORE)
        buf_addf(why, "%s: %s", path, sqlite3_errmsg(db->handle));
    if (e == ERR_OK) {
        e = file_sync(fd, local) ? ERR_OK : ERR_IO;
        if (e != ERR_OK)
            buf_addf(why, "%s: %s", path, strerror(errno));
    }
    close(fd);
    if (e != ERR_OK)
        unlink(local);
    return e;
}
