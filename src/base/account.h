/*
 * Accounts, the names that people log in with: the one form in which they are kept and compared, and the form that
 * those have in common which people take for the same.
 *
 * Depends on utf8proc.
 * Source: Unicode Standard Annex 15 (normalization forms), Unicode 3.13 (default caseless matching); UTS 39 for what
 * is invisible.
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <stdbool.h>

#define ACCOUNT_MAX        128  /* bytes of an account that is made */
#define ACCOUNT_CAP        512  /* of the canonical form of what may be longer before, with NUL */
#define ACCOUNT_FOLDED_CAP 2048 /* of its folded form, with NUL: one character can become eighteen */

/*
 * The form in which an account is kept: NFC, without blanks of any kind at its ends. False, with out "", if `typed`
 * is not UTF-8 or longer than any account.
 */
bool account_canonical(const char *typed, char out[ACCOUNT_CAP]);

/*
 * What accounts have in common that differ in letters' case, in full and half width or other forms of the same
 * characters, or in what is invisible (NFKC_Casefold). False, with out "", as above.
 */
bool account_fold(const char *account, char out[ACCOUNT_FOLDED_CAP]);

/*
 * What is wrong with a new account in canonical form: "empty", "longer than 128 bytes", "a control character", …;
 * NULL if nothing is. Blanks within are allowed where they are U+0020.
 */
const char *account_fault(const char *account);

#endif
