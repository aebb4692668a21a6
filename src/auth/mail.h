/*
 * Outgoing mail: a queue in the database, and sending what is in it.
 *
 * A mail is written in the transaction of what it tells of, and sent when that is over and its answer is out, by a
 * process of its own (`menshen mail send`, which the server starts). What fails is tried again, later each time, until
 * it expires or was tried often enough.
 *
 * Where [mail] sendmail is not set there is no mail: nothing is queued.
 *
 * Depends on auth/app, auth/sendmail, store/mail_store, store/throttle_store, base/email.
 * Source: RFC 5322, RFC 2045, RFC 2047, RFC 3834.
 */
#ifndef AUTH_MAIL_H
#define AUTH_MAIL_H

#include <stdbool.h>

#include "auth/app.h"
#include "store/mail_store.h"

enum {
    MAIL_TRIES_MAX = 8,           /* over 17 hours */
    MAIL_QUEUE_MAX = 5000,        /* that wait at once */
    MAIL_PER_HOUR = 20,           /* to one recipient */
    MAIL_ASKED_PER_HOUR = 5,      /* of one kind, in one person's name: notices need their room too */
    MAIL_QUESTIONS_PER_HOUR = 30, /* from one address */
    MAIL_NOTICE_TTL_S = 86400     /* what a notice tells of is old then */
};

bool mail_is_on(const struct app *app);

struct mail {
    int64_t user_id;       /* whom it is to; 0: nobody of the site */
    const char *recipient; /* checked here */
    const char *subject;   /* UTF-8; control characters become blanks */
    const char *body;      /* UTF-8, lines ending with \n */
    int64_t ttl_s;         /* given up then; a link's own */
};

/*
 * Queue it. Within a transaction of the caller. ERR_OK, also where mail is off; ERR_BAD_REQUEST: no address;
 * ERR_RATE: enough went there within this hour; ERR_FULL: too many wait; ERR_STORE, ERR_MEMORY.
 */
enum err mail_put(struct app *app, const struct mail *m, int64_t now_s);

/*
 * Queue a question: something that is to be looked up, and perhaps answered by mail, after the answer is out, so that
 * whoever asks cannot tell by the time that takes whether there was anything to send. `kind` and `text` go to the
 * sender's mail_answer. Within a transaction of the caller. ERR_OK; ERR_RATE, with retry_after_s_out: `address` has
 * asked too often; ERR_FULL; ERR_STORE.
 */
enum err mail_ask(struct app *app, const char *kind, const char *text, const char *address, int64_t now_s,
                  int64_t *retry_after_s_out);

/* One more letter of this kind that somebody asks for in the person's name, be he that person or not. Within a transaction
 * of the caller. ERR_OK; ERR_RATE: enough for this hour, which is logged; ERR_STORE. */
enum err mail_count_asked(struct app *app, const char *kind, int64_t user_id, int64_t now_s);

/*
 * Tell a person of something by a letter of this kind, which the sender writes (its mail_answer), in the language that he
 * has then: for what happens below the portal's texts. `address`: where from. Nothing where [mail] notices = no or mail is
 * off. Within the transaction of what it tells of. ERR_OK, also where the queue is full; ERR_STORE.
 */
#define MAIL_PASSWORD_CHANGED "password_changed"
enum err mail_tell(struct app *app, const char *kind, int64_t user_id, const char *address, int64_t now_s);

/* Answer a question, or write what is to be told: mail_put what is to be said, within a transaction that is open and in which its row was removed. */
typedef enum err mail_answer(struct app *app, const struct mail_row *question, int64_t now_s,
                             struct arena *arena);

struct mail_count {
    int64_t sent, failed, given_up;
};

/* Whether a process sends mail of this site now, which will find what is due before it ends. */
bool mail_is_being_sent(const struct app *app);

/*
 * Send what is due, at most `max` in a turn. One process has its turn at a time; this one waits for another. Failures are
 * logged, recipients with them, texts never. ERR_OK, whatever became of each; ERR_STORE, ERR_BUSY, ERR_MEMORY.
 */
enum err mail_send_due(struct app *app, mail_answer *answer, int64_t max, struct mail_count *count_out);

/* Append the whole message, header and body, as it goes to the program. Lines end with \n. */
void mail_render(const struct config *cfg, const struct mail_row *m, struct buf *out);

#endif
