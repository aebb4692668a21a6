/*
 * A disk that a test holds in its hand: preloaded (LD_PRELOAD) into a worker or a command, it stands between the
 * program and libc. What to do is in the folder $GATE:
 *
 *   closed    a sync waits until this file is gone
 *   broken    syncs fail: of the files it names, one a line, or of all if it is empty
 *   full      writes fail for want of room, of files so named
 *   entered   gets a byte for each sync that was begun
 *   image/    if there, the database's files as the disk has them: what was written reaches it with the next sync of
 *             its file; a sync that fails forgets it, as Linux does
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void at_gate(char out[512], const char *fmt, const char *name)
{
    int n = snprintf(out, 512, "%s/", getenv("GATE"));
    snprintf(out + n, 512 - (size_t)n, fmt, name);
}

static int is_there(const char *name)
{
    char path[512];
    at_gate(path, "%s", name);
    return access(path, F_OK) == 0;
}

/* The file's name without its folder; "" for what is none. */
static void name_of(int fd, char out[256])
{
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    const char *slash = strrchr(path, '/');
    snprintf(out, 256, "%s", slash != NULL ? slash + 1 : "");
}

/* Whether the list names the file; an empty one names all. */
static int is_listed(const char *list, const char *name)
{
    char path[512], line[256];
    at_gate(path, "%s", list);
    FILE *f = fopen(path, "re");
    int lines = 0, found = 0;
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        found = strcmp(line, name) == 0;
        lines++;
    }
    if (f == NULL)
        return 0;
    fclose(f);
    return found || lines == 0;
}

/* Append, for others to read. */
static void note(const char *fmt, const char *name, const void *data, size_t len)
{
    char path[512];
    at_gate(path, fmt, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    close(fd);
}

/* ---- The image ---------------------------------------------------------------------------------------- */

struct op {
    long long at, len; /* len -1: the file was cut off at `at` */
};

static int has_image(const char *name)
{
    return (strcmp(name, "menshen.db") == 0 || strcmp(name, "menshen.db-wal") == 0) && is_there("image");
}

static void note_op(int fd, long long at, long long len)
{
    char name[256];
    name_of(fd, name);
    if (has_image(name))
        note("dirty.%s", name, &(struct op){at, len}, sizeof(struct op));
}

/* Whole pages, as the system writes them. */
static void apply(int fd, int image, const struct op *op)
{
    char page[PAGE];
    if (op->len < 0) {
        struct stat st;
        if (fstat(image, &st) == 0 && st.st_size > op->at && syscall(SYS_ftruncate, image, op->at) != 0)
            abort();
        return;
    }
    for (long long at = op->at / PAGE * PAGE; at < op->at + op->len; at += PAGE) {
        ssize_t n = pread(fd, page, sizeof page, at);
        if (n > 0 && syscall(SYS_pwrite64, image, page, (size_t)n, at) != n)
            abort();
    }
}

static void settle(int fd, const char *name, int reaches_disk)
{
    char path[512], dirty[512];
    struct op op;
    if (!has_image(name))
        return;
    at_gate(path, "image/%s", name);
    at_gate(dirty, "dirty.%s", name);
    FILE *ops = fopen(dirty, "re");
    int image = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (reaches_disk && ops != NULL && fread(&op, sizeof op, 1, ops) == 1)
        apply(fd, image, &op);
    if (ops != NULL)
        fclose(ops);
    close(image);
    unlink(dirty);
}

/* ---- What the program calls --------------------------------------------------------------------------- */

int fdatasync(int fd)
{
    char name[256];
    name_of(fd, name);
    note("%s", "entered", ".", 1);
    while (is_there("closed"))
        usleep(500);
    int fails = is_listed("broken", name);
    settle(fd, name, !fails);
    errno = EIO;
    return fails ? -1 : (int)syscall(SYS_fdatasync, fd);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    char name[256];
    name_of(fd, name);
    if (is_there("full") && is_listed("full", name)) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t n = syscall(SYS_pwrite64, fd, data, len, at);
    if (n > 0)
        note_op(fd, at, n);
    return n;
}

int ftruncate64(int fd, off_t size)
{
    int rc = (int)syscall(SYS_ftruncate, fd, size);
    if (rc == 0)
        note_op(fd, size, -1);
    return rc;
}
