/*
 * A challenge: issued with an id, answered once.
 * Depends on captcha/kind, captcha/engine, store/captcha_store, store/throttle_store, base.
 * Source: contracts, "Rules that hold in every dialect".
 */
#ifndef CAPTCHA_CHALLENGE_H
#define CAPTCHA_CHALLENGE_H

#include <stdint.h>

#include "base/config.h"
#include "base/err.h"
#include "captcha/engine.h"
#include "captcha/kind.h"
#include "store/db.h"

/* The shapes that ids have in the contracts. */
enum challenge_id_shape {
    CHALLENGE_ID_HEX32,    /* 32 lower-case hex digits: blade, platform */
    CHALLENGE_ID_SIX,      /* six of A–Z 0–9: ebaas */
    CHALLENGE_ID_DIGITS23, /* 23 decimal digits, the time first: eplatform */
};

#define CHALLENGE_ID_CAP 33

/* [captcha] rate is per address and so many seconds; an IPv6 network, which has too many addresses to count one by
 * one, may have as many captchas as so many of these. */
enum { CHALLENGE_RATE_WINDOW_S = 60, CHALLENGE_RATE_PER_NETWORK = 16 };

struct challenge {
    char id[CHALLENGE_ID_CAP];
    struct captcha_text text; /* a secret; the caller wipes it */
};

/*
 * Choose a text, record its answer under a fresh id, and count it against `address`, and against the IPv6 network
 * that this is of. Nothing is drawn yet: a request over a limit costs no picture. When as many wait for their
 * answer as there may be, the oldest gives way (store/captcha_store).
 *
 * profile            what kind of text; the dialect's own, or what suits the reader.
 * log                is told when the newest captcha comes from the future: the clock was set back.
 * retry_after_s_out  on ERR_RATE and ERR_FULL the seconds to wait.
 *
 * ERR_OK; ERR_RATE; ERR_FULL; ERR_BUSY; ERR_RANDOM; ERR_STORE.
 */
enum err challenge_issue(struct db *db, const struct log *log, const struct config *cfg,
                         enum dialect_id dialect, const struct captcha_profile *profile,
                         enum challenge_id_shape shape, const char *address, int64_t now_s,
                         struct challenge *out, int64_t *retry_after_s_out);

/* Draw the challenge's picture; appended to image_out. The drawing's randomness tells nothing of the
 * answer's. */
enum err challenge_draw(struct captcha_engine *engine, const struct captcha_profile *profile,
                        const struct challenge *challenge, struct buf *image_out);

/*
 * Consume the challenge and compare. ERR_OK; ERR_CAPTCHA (wrong, used, expired, unknown, another dialect's);
 * ERR_BUSY (nothing consumed); ERR_STORE.
 */
enum err challenge_answer(struct db *db, const struct config *cfg, enum dialect_id dialect, const char *id,
                          const char *given, int64_t now_s);

#endif
