/*
 * Which new passwords are taken: long enough, not one of the most common ones, not the account's name; and where the
 * site asks for it ([policy] password_kinds) of several kinds of characters, which ASVS and NIST advise against and
 * inspections for classified protection ask for. Of a password whose MD5 alone arrives (clients that send md5) the
 * length cannot be known; the account's name and the common ones are looked up by MD5. Where kinds are asked for, such
 * a password is refused: a rule that half of the front ends go around is none.
 *
 * And what else follows from [policy] without a look at the database: whether a password has expired, an account is out
 * of use, how long a login may be idle.
 *
 * Depends on base/config, crypto/password, store/user_store.
 * Source: OWASP ASVS 5.0, V6.2; NIST SP 800-63B, 3.1.1.2; GB/T 22239-2019 (docs/djcp.md).
 */
#ifndef AUTH_POLICY_H
#define AUTH_POLICY_H

#include "base/config.h"
#include "crypto/password.h"
#include "store/user_store.h"

/*
 * Whether `account` may get this password. Letters of either case are the same; for an MD5, the account's
 * name as it is and in lower case, and the list as it is (lower case).
 *
 * ERR_OK; ERR_PASSWORD_SHORT (fewer characters than [login] password_min_length); ERR_PASSWORD_LONG;
 * ERR_PASSWORD_HIDDEN (an MD5, where kinds are asked for); ERR_PASSWORD_KINDS; ERR_PASSWORD_ACCOUNT;
 * ERR_PASSWORD_COMMON; ERR_CRYPTO.
 */
enum err policy_check(const struct config *cfg, const char *account, const struct password *p);

/* Whether the person needs a new password: an administrator says so, it is too old, or it says that it was set after
 * now, so that it would never be old. */
bool policy_password_expired(const struct config *cfg, const struct user *u, int64_t now_s);

/* Whether that keeps the person from getting tokens. */
bool policy_refuses_expired(const struct config *cfg, const struct user *u, int64_t now_s);

/* Whether the account was not used for so long that it is locked: since it was made, its last login, its last unlock
 * by an administrator. */
bool policy_unused(const struct config *cfg, const struct user *u, int64_t now_s);

/*
 * How long a person's tokens live, where they would live for ttl_s: an access token for a third of the idle timeout if
 * it comes with a refresh token, which lives for all of it. So whoever uses a page is let on, and whoever left it is
 * out after two thirds at the earliest, and the whole at the latest.
 */
int64_t policy_access_ttl(const struct config *cfg, int64_t ttl_s, bool with_refresh);
int64_t policy_refresh_ttl(const struct config *cfg, int64_t ttl_s);

/* Whether a login that was used last at used_s has been idle for too long: also one that began before there was a limit. */
bool policy_idled_out(const struct config *cfg, int64_t used_s, int64_t now_s);

/* How long a browser session may be idle, where it might be so for idle_s; 0: without end. */
int64_t policy_idle(const struct config *cfg, int64_t idle_s);

#endif
