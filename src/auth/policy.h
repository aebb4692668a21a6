/*
 * Which new passwords are taken: long enough, not one of the most common ones, not the account's name. No
 * rules of composition, and none about age here. Of a password whose MD5 alone arrives (clients that send
 * md5) the length cannot be known; the other two are looked up by MD5.
 *
 * Depends on base/config, crypto/password.
 * Source: OWASP ASVS 5.0, V6.2; NIST SP 800-63B, 3.1.1.2.
 */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include "base/config.h"
#include "crypto/password.h"

/*
 * Whether `account` may get this password. Letters of either case are the same; for an MD5, the account's
 * name as it is and in lower case, and the list as it is (lower case).
 *
 * ERR_OK; ERR_PASSWORD_SHORT (fewer characters than [login] password_min_length); ERR_PASSWORD_LONG;
 * ERR_PASSWORD_ACCOUNT; ERR_PASSWORD_COMMON; ERR_CRYPTO.
 */
enum err policy_check(const struct config *cfg, const char *account, const struct password *p);

#endif
