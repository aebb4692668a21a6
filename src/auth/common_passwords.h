/*
 * The table that tools/commongen.c makes of auth/common_passwords.txt at build time. Depends on nothing.
 */
#ifndef AUTH_COMMON_PASSWORDS_H
#define AUTH_COMMON_PASSWORDS_H

#include <stddef.h>

#define COMMON_PASSWORD_LEN 8 /* bytes of an entry's MD5 that are kept */

/* Sorted as memcmp sorts. */
extern const unsigned char common_passwords[][COMMON_PASSWORD_LEN];
extern const size_t common_passwords_count;

#endif
