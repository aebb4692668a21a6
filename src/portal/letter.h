/*
 * What the site writes to people by mail, each in the person's own language (user.locale; else zh-Hans): texts mail.*
 * of portal/words. Within a transaction of the caller, that of what the letter tells of; it leaves when that is
 * committed and the answer is out.
 *
 * Where mail is off, or the person has no address, nothing is written and ERR_OK returned, as where too much went to
 * this address within the hour (which is logged): nothing fails because a letter cannot be written.
 *
 * Depends on auth/mail, auth/link, portal/words.
 */
#ifndef PORTAL_LETTER_H
#define PORTAL_LETTER_H

#include "auth/mail.h"
#include "portal/page.h"

/* Whether letters can be sent to this person: mail is on, and he has an address. */
bool letter_can_reach(const struct app *app, const struct user *to);

/* Whether people may ask for links by mail themselves: for a new password (/forgot), and to confirm an address. Mail is
 * on, and the site's address is configured ([server] base_url), since that of a request is the visitor's to choose: it
 * would take the secret of somebody else's link to him. */
bool letter_answers(const struct app *app);

/*
 * A link to hand over, of link_make: an invitation (LINK_INVITATION) or a new password (LINK_RESET). ttl_s as there.
 */
enum err letter_link(struct page *p, const struct user *to, const char *purpose, const char *secret,
                     int64_t ttl_s);

/* Ask the person to confirm the address that he has and that is not known to be his: a link of LINK_EMAIL, and its letter.
 * Nothing unless letter_answers. */
enum err letter_ask_to_confirm(struct page *p, const struct user *to);

/*
 * The notice of a sign-in, unless [mail] notices = no: only with a browser that this person has not used before, which is
 * marked by a cookie; not of the very first. In a transaction of its own, after the sign-in; a failure is logged.
 * last_login_s of `to` is when he was here before.
 */
void letter_new_sign_in(struct page *p, const struct user *to);

/* Ask for a new password, for an account of the tenant, or for an e-mail address: looked up when the answer is out.
 * Errors as mail_ask. */
enum err letter_ask_forgot(struct page *p, const char *tenant_id, const char *who,
                           int64_t *retry_after_s_out);

/* auth/mail's mail_answer: of such questions, and of what was to be told (mail_tell). */
mail_answer letter_answer;

#endif
