#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secure.h"

/* As read(2). A file of that name which is no device is not believed. */
static ssize_t read_device(void *out, size_t len)
{
    struct stat st;
    ssize_t n = -1;
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
        n = read(fd, out, len);
    close(fd);
    return n;
}

/* Some bytes of `len`, as read(2): of the system call; of the device where that is unknown or forbidden. */
static ssize_t draw(void *out, size_t len)
{
    ssize_t n = getrandom(out, len, 0);
    return n < 0 && (errno == ENOSYS || errno == EPERM) ? read_device(out, len) : n;
}

enum err random_bytes(void *out, size_t len)
{
    unsigned char *p = out;
    while (len > 0) {
        ssize_t n = draw(p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_RANDOM;
        p += n;
        len -= (size_t)n;
    }
    return ERR_OK;
}

enum err random_text(char *out, size_t len, const char *alphabet)
{
    unsigned char pool[64];
    size_t n = strlen(alphabet), have = 0;
    unsigned limit = 256 - 256 % (unsigned)n; /* bytes from here on would favour the first characters */
    enum err e = ERR_OK;
    for (size_t i = 0; i < len;) {
        if (have == 0) {
            e = random_bytes(pool, sizeof pool);
            if (e != ERR_OK)
                break;
            have = sizeof pool;
        }
        unsigned char b = pool[--have];
        if (b < limit)
            out[i++] = alphabet[b % n];
    }
    out[len] = '\0';
    secure_wipe(pool, sizeof pool);
    return e;
}
