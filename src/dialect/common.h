/*
 * What several dialects do alike: issue a captcha, take its answer, log a person in without client
 * credentials. Depends on http/route, auth/login, captcha/challenge.
 */
#ifndef DIALECT_COMMON_H
#define DIALECT_COMMON_H

#include "auth/login.h"
#include "captcha/challenge.h"
#include "http/route.h"

/* Writes the answer that hands out a challenge and its encoded picture. */
typedef enum err common_captcha_writer(struct call *c, const struct challenge *challenge,
                                       const struct buf *image);

/*
 * Issue a challenge of the call's dialect, draw it, have it written. While [captcha] expose_answer is on, the
 * answer goes into the header X-Captcha-Code as well, except in blade, which has a field for it. Errors as
 * challenge_issue and challenge_draw, and the writer's.
 */
enum err common_captcha(struct call *c, enum challenge_id_shape shape, common_captcha_writer *write);

/* What a data URI of the dialect's picture starts with: "data:image/png;base64,"; `jpeg_name` is "jpeg" or
 * "jpg". */
const char *common_data_prefix(const struct call *c, bool says_jpg);

/* The parameters of a login with a captcha, by the names that a dialect has for them; each list ends with
 * NULL. */
struct common_login_names {
    const char *const *account;
    const char *const *password;
    const char *const *captcha_id;
    const char *const *captcha_answer;
};

/* username, password, uuid, code: as platform and ruoyi have them. */
extern const struct common_login_names common_uuid_names;

/*
 * Read these parameters, all required, and log in through the dialect's own client and tenant, without a
 * refresh token. Errors as login and route_require; c->failure is filled.
 */
enum err common_login(struct call *c, const struct common_login_names *names, struct token_pair *out);

/* Seconds of an error's Retry-After go where the dispatcher finds them; so does, for a password that has not
 * the form in which c->client sends them, what was expected. */
enum err common_login_failed(struct call *c, enum err e, int64_t retry_after_s);

/* End the session of the call's bearer token, if it has one. ERR_OK; errors as token_end_session. */
enum err common_logout(struct call *c);

/* Whether the call failed for want of a good bearer token, and the value of WWW-Authenticate then (RFC 6750 §3). */
bool common_wants_bearer(const struct call *c);
#define COMMON_BEARER_CHALLENGE "Bearer realm=\"menshen\""

/* Whether an error keeps its HTTP status where others are 200: 404, 405, 413, 429 and 500 do; a lock is
 * business, not transport. */
bool common_keeps_status(const struct call *c);

#endif
