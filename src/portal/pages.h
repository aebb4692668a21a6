/*
 * The pages of the portal: X(METHOD, path below the prefix, enum page_needs, handler), one list for each area. From
 * them come the routes and the declarations of the handlers, which stand in the area's file.
 *
 * A form does not go to /login or /logout: dialects have those.
 *
 * Depends on portal/page.
 */
#ifndef PORTAL_PAGES_H
#define PORTAL_PAGES_H

#include "portal/page.h"

/* login.c, assets.c: the way in and out. */
#define LOGIN_PAGES(X)                                                                                       \
    X(GET, "/", PAGE_OPEN, login_front)                                                                      \
    X(GET, "/login", PAGE_OPEN, login_show)                                                                  \
    X(POST, "/sign-in", PAGE_OPEN, login_sign_in)                                                            \
    X(POST, "/sign-out", PAGE_OPEN, login_sign_out)                                                          \
    X(GET, "/sign-in/welcome", PAGE_OPEN, login_welcome)                                                     \
    X(GET, "/sign-in/captcha", PAGE_PLAIN, login_captcha)

/* account.c, password.c, sessions.c, link.c: a person's own. */
#define ACCOUNT_PAGES(X)                                                                                     \
    X(GET, "/account", PAGE_PERSON, account_show)                                                            \
    X(GET, "/account/profile", PAGE_PERSON, account_show) /* where its form's faults are shown */            \
    X(GET, "/account/email", PAGE_PERSON, account_show)                                                      \
    X(POST, "/account/profile", PAGE_PERSON | PAGE_FORM, account_set_profile)                                \
    X(POST, "/account/email", PAGE_PERSON | PAGE_FORM, account_set_email)                                    \
    X(GET, "/account/password", PAGE_PERSON | PAGE_STALE, password_show)                                     \
    X(POST, "/account/password", PAGE_PERSON | PAGE_STALE | PAGE_FORM, password_change)                      \
    X(GET, "/account/sessions", PAGE_PERSON, sessions_show)                                                  \
    X(POST, "/account/session-end", PAGE_PERSON | PAGE_FORM, sessions_end)                                   \
    X(POST, "/account/sessions-end", PAGE_PERSON | PAGE_FORM, sessions_end_others)                           \
    X(GET, "/link/{secret}", PAGE_OPEN, link_show)                                                           \
    X(POST, "/link/{secret}", PAGE_FORM, link_use)

/* admin_users.c, admin_groups.c, admin_tenants.c, admin_locks.c, admin_import.c: people. */
#define USERS_PAGES(X)

/* admin_clients.c, admin_keys.c, admin_audit.c, admin_settings.c, admin_health.c, admin_captcha.c: the site. */
#define SITE_PAGES(X)

/* admin_overview.c: figures. */
#define STATS_PAGES(X)

/* start.c, forgot.c: the first administrator; forgotten passwords. */
#define START_PAGES(X)

#define ALL_PAGES(X)                                                                                         \
    LOGIN_PAGES(X) ACCOUNT_PAGES(X) USERS_PAGES(X) SITE_PAGES(X) STATS_PAGES(X) START_PAGES(X)

#define PAGE_DECLARE(method, path, needs, handler) page_handler handler;
ALL_PAGES(PAGE_DECLARE)
#undef PAGE_DECLARE

#endif
