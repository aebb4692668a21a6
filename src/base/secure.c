#include "base/secure.h"

#include <stdlib.h>
#include <string.h>

void secure_wipe(void *p, size_t len)
{
    if (len > 0)
        explicit_bzero(p, len);
}

void secure_free_str(char *s)
{
    if (s == NULL)
        return;
    secure_wipe(s, strlen(s));
    free(s);
}

bool secure_equal(const void *a, const void *b, size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char diff = 0;
    for (size_t i = 0; i < len; i++)
        diff |= (unsigned char)(x[i] ^ y[i]);
    return diff == 0;
}
