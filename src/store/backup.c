#include "store/db_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A new file's content, and its name in its folder. */
static enum err sync_new_file(int fd, const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (len >= sizeof dir)
        return ERR_IO;
    memcpy(dir, len > 0 ? path : "./", len > 0 ? len : 2);
    dir[len > 0 ? len : 2] = '\0';
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fsync(fd) == 0 && dir_fd >= 0 && fsync(dir_fd) == 0;
    if (dir_fd >= 0)
        close(dir_fd);
    return synced ? ERR_OK : ERR_IO;
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
    enum err e = stmt_run(db, SQL_BACKUP, "s", local);
    if (e == ERR_STORE)
        buf_addf(why, "%s: %s", path, sqlite3_errmsg(db->handle));
    if (e == ERR_OK) {
        e = sync_new_file(fd, local);
        if (e != ERR_OK)
            buf_addf(why, "%s: %s", path, strerror(errno));
    }
    close(fd);
    if (e != ERR_OK)
        unlink(local);
    return e;
}
