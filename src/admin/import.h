/*
 * People from a file, all of them or none. Everything is read and checked first, without keeping anybody waiting; then
 * one transaction writes.
 *
 *     import_init · import_decode · import_read · (what is said of faults and doubts) · import_write · import_fini
 *
 * Depends on admin/people, admin/encoding, admin/text, admin/users, auth/policy.
 * Source: schema.sql, table user.
 */
#ifndef ADMIN_IMPORT_H
#define ADMIN_IMPORT_H

#include "admin/encoding.h"
#include "admin/people.h"
#include "admin/watch.h"
#include "auth/app.h"

struct import_rules {
    const char *tenant_id; /* of people whose row names none */
    bool update;           /* accounts that are there already are changed; else they are refused */
    bool as_typed;         /* a password that looks like a verifier is a password */
    bool is_preview;   /* it is looked at and not written: passwords are not hashed, which takes its time */
    size_t people_max; /* more are ERR_TOO_LARGE, and … */
    size_t
        passwords_max; /* … more passwords to hash are faults: of somebody who cannot wait; 0: any number */
};

/* What becomes of a person. */
enum import_outcome { IMPORT_ADDED, IMPORT_CHANGED, IMPORT_UNCHANGED };

struct import_row {
    size_t line;
    const struct user *user; /* as the file says; what it does not say is "" or 0 */
    const char *groups;
    enum import_outcome outcome;
};

/* What is said of a line. */
struct import_note {
    size_t line;      /* from 1 */
    const char *what; /* "password_hash: bcrypt of cost 31 …" */
};

struct import_notes {
    struct import_note *at; /* in the order of the lines; owned */
    size_t count, room;
};

struct import_entry; /* a person who passed the checks */

struct import {
    struct import_notes faults; /* lines that are not written */
    struct import_notes doubts; /* lines that are */
    size_t count;               /* people who can be written … */
    size_t existing;            /* … of whom so many are there already and are changed … */
    size_t unchanged;           /* … of whom so many are as the file says … */
    size_t unseen;              /* … and so many have a verifier over the password itself: clients_md5 */
    size_t overtaken_line;      /* whose account somebody else changed before it was written; 0: none */
    size_t last_admin_line; /* by which nobody could administer the site any more: it is refused; 0: none */

    struct app *app; /* what follows is for import.c only */
    struct import_rules rules;
    struct watch watch;
    int64_t now_s;
    struct arena arena;   /* of what is kept */
    struct arena scratch; /* of single look-ups */
    struct import_entry *entries;
    size_t room;
    size_t passwords;         /* that were to hash */
    const char *known_tenant; /* the last that was found */
    const char *known_groups; /* likewise */
};

/* `rules` and `watch` are copied. */
void import_init(struct import *im, struct app *app, const struct import_rules *rules, int64_t now_s,
                 const struct watch *watch);

/*
 * Turn a file's content into UTF-8.
 *
 * from      its encoding; NULL: what its byte order mark says, else UTF-8, unless that is doubtful.
 * line_out  on ERR_BAD_REQUEST the line that `why` is about; 0: the whole.
 *
 * ERR_OK; ERR_BAD_REQUEST, and `why`; ERR_MEMORY.
 */
enum err import_decode(const enum encoding *from, struct buf *file, size_t *line_out, struct buf *why);

/* Read and check `len` bytes of UTF-8, NUL-terminated; lines with faults are left out. ERR_OK, also with faults;
 * ERR_TOO_LARGE, ERR_STORE, ERR_CRYPTO, ERR_RANDOM, ERR_MEMORY. */
enum err import_read(struct import *im, enum people_format format, const char *text, size_t len);

/* The first `max` of who passed, in the order of the file. */
typedef void import_each(void *ctx, const struct import_row *row);
void import_rows(const struct import *im, size_t max, import_each *each, void *ctx);

/* Write who passed. Within a transaction. ERR_OK; ERR_EXISTS, ERR_NOT_FOUND with im->overtaken_line or
 * im->last_admin_line; as above. */
enum err import_write(struct import *im);

/* Release, also after a failed call. */
void import_fini(struct import *im);

#endif
