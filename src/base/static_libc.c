/*
 * What a statically linked glibc needs the shared libraries of its own version for: loading code, and asking
 * the host's name service. Nothing here does either, but libraries name these functions: SQLite for
 * extensions, libcrypto for engines and for its own connections, libfcgi for its own TCP socket. In the
 * static program the linker sends their calls here (--wrap, WITHOUT in the Makefile), where they fail at
 * once. It warns of every such function that is left, and the Makefile makes that an error. Elsewhere nothing
 * calls these.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);
struct hostent *__wrap_gethostbyname(const char *name);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out);

void *__wrap_dlopen(const char *file, int mode)
{
    (void)file, (void)mode;
    return NULL;
}

struct hostent *__wrap_gethostbyname(const char *name)
{
    (void)name;
    return NULL;
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    (void)node, (void)service, (void)hints;
    *out = NULL;
    return EAI_FAIL;
}
