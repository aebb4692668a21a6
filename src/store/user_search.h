/*
 * Finding users among many: a page at a time, in an order that an index has, so that the first page of a hundred
 * thousand costs no more than that of ten. What is looked for besides (a text, a group, a state) is looked for along
 * that order, and given up after a bounded amount of work.
 *
 * Depends on store/db, base/arena, base/account.
 * Source: schema.sql, tables user and group_member; SQLite, "Row values", 4.1 (scrolling window queries).
 */
#ifndef STORE_USER_SEARCH_H
#define STORE_USER_SEARCH_H

#include "base/arena.h"
#include "store/db.h"

enum { USER_PAGE = 20 };

enum user_sort {
    USER_BY_ACCOUNT, /* by tenant first; case and width apart */
    USER_BY_NAME,    /* real_name */
    USER_BY_LOGIN,   /* last login; who never did is before everybody */
    USER_BY_CREATED,
    USER_SORTS
};

enum user_state { USER_ANY, USER_LOCKED, USER_EXPIRED, USER_NEVER /* logged in */, USER_STATES };

struct user_query {
    const char *text;      /* part of account, names, e-mail or phone, letters' case apart; "": any */
    const char *tenant_id; /* "": of any */
    const char *group;     /* "": of any, or none */
    enum user_state state;
    enum user_sort sort;
    bool descending;
    int64_t after,
        before; /* the page behind this user, or that before this one; both 0, or the user is gone: the first */
};

struct user_page {
    int64_t id[USER_PAGE];
    size_t count;
    bool has_before, has_after; /* whether there are others */
    bool is_cut;                /* given up: there may be others behind, whatever has_after says */
};

/* ERR_OK, also with nobody; ERR_STORE; ERR_MEMORY. */
enum err user_search(struct db *db, const struct user_query *q, struct arena *arena, struct user_page *out);

#endif
