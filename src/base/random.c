#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/secure.h"

enum err random_bytes(void *out, size_t len)
{
    unsigned char *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
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
