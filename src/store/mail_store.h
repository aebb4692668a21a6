/*
 * Mail that waits to be sent. Depends on store/db, base/arena.
 * Source: schema.sql, table mail.
 */
#ifndef STORE_MAIL_STORE_H
#define STORE_MAIL_STORE_H

#include "base/arena.h"
#include "store/db.h"

struct mail_row {
    int64_t id;
    int64_t user_id;       /* 0: nobody of the site */
    const char *recipient; /* e-mail address; "" of a question (auth/mail.h) */
    const char *subject, *body;
    int64_t created_s;
    int64_t next_s;    /* when it is tried next */
    int64_t tries;     /* that were begun */
    int64_t expires_s; /* it is given up then */
};

/* Add a row; id is the database's. Within a transaction, as all that change something. */
enum err mail_store_put(struct db *db, const struct mail_row *row);

/* Whether one is to be tried by now: one look at an index. */
enum err mail_store_is_due(struct db *db, int64_t now_s, bool *out);

/*
 * Begin a try of the one that is due first: it is counted, and the next put off, by more each time; so that no other
 * process takes it meanwhile, and that it comes again if this one does not end. Texts in `arena`. ERR_NOT_FOUND: none
 * is due.
 */
enum err mail_store_claim(struct db *db, int64_t now_s, struct arena *arena, struct mail_row *out);

/* It is sent, or given up. ERR_OK; ERR_NOT_FOUND. */
enum err mail_store_remove(struct db *db, int64_t id);
enum err mail_store_remove_all(struct db *db);

/* Make all of them due. */
enum err mail_store_hurry(struct db *db, int64_t now_s);

enum err mail_store_count(struct db *db, int64_t *out);

/* All of them, oldest first; texts live in `arena` until the callback returns. */
typedef enum err mail_store_each(void *ctx, const struct mail_row *row);
enum err mail_store_list(struct db *db, struct arena *arena, mail_store_each *each, void *ctx);

#endif
