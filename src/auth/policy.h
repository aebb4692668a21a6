/*
 * Which new passwords are taken: long enough, not one of the most common ones, not the account's name; and where the
 * site asks for it ([policy] password_kinds) of several kinds of characters, which ASVS and NIST advise against and
 * inspections for classified protection ask for. Of a password whose MD5 alone arrives (clients that send md5) the
 * length cannot be known; the account's name and the common ones are looked up by MD5. Where kinds are asked for, such
 * a password is refused: a rule that half of the front ends go around is none.
 *
 * Depends on base/config, crypto/password.
 * Source: OWASP ASVS 5.0, V6.2; NIST SP 800-63B, 3.1.1.2; GB/T 22239-2019 (docs/djcp.md).
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
 * ERR_PASSWORD_HIDDEN (an MD5, where kinds are asked for); ERR_PASSWORD_KINDS; ERR_PASSWORD_ACCOUNT;
 * ERR_PASSWORD_COMMON; ERR_CRYPTO.
 */
enum err policy_check(const struct config *cfg, const char *account, const struct password *p);

#endif
