/*
 * The pages of the portal: X(METHOD, path below the prefix, enum page_needs, handler), one list for each area. From
 * them come the routes and the declarations of the handlers, which stand in the area's file.
 *
 * A form does not go to /login or /logout: dialects have those. A POST that wants PAGE_PROVED has a GET at its path: that
 * is where the person comes back to.
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

/* admin_users.c, admin_user.c, admin_groups.c, admin_tenants.c, admin_locks.c, admin_import.c, prove.c: people. */
#define USERS_PAGES(X)                                                                                       \
    X(GET, "/admin/users", PAGE_ADMIN, admin_users_list)                                                     \
    X(POST, "/admin/users", PAGE_ADMIN | PAGE_FORM, admin_user_add)                                          \
    X(GET, "/admin/users/{id}", PAGE_ADMIN, admin_user_show)                                                 \
    X(POST, "/admin/users/{id}", PAGE_ADMIN | PAGE_FORM, admin_user_set)                                     \
    X(POST, "/admin/user-groups/{id}", PAGE_ADMIN | PAGE_FORM, admin_user_groups)                            \
    X(POST, "/admin/user-lock/{id}", PAGE_ADMIN | PAGE_FORM, admin_user_lock)                                \
    X(POST, "/admin/user-unlock/{id}", PAGE_ADMIN | PAGE_FORM, admin_user_unlock)                            \
    X(POST, "/admin/user-sessions/{id}", PAGE_ADMIN | PAGE_FORM, admin_user_sessions)                        \
    X(GET, "/admin/user-access/{id}", PAGE_ADMIN | PAGE_PROVED, admin_user_access)                           \
    X(POST, "/admin/user-access/{id}", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED, admin_user_give)                \
    X(GET, "/admin/user-remove/{id}", PAGE_ADMIN | PAGE_PROVED, admin_user_removal)                          \
    X(POST, "/admin/user-remove/{id}", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED, admin_user_remove)              \
    X(GET, "/admin/groups", PAGE_ADMIN, admin_groups_list)                                                   \
    X(POST, "/admin/groups", PAGE_ADMIN | PAGE_FORM, admin_group_add)                                        \
    X(GET, "/admin/groups/{name}", PAGE_ADMIN, admin_group_show)                                             \
    X(POST, "/admin/groups/{name}", PAGE_ADMIN | PAGE_FORM, admin_group_set)                                 \
    X(POST, "/admin/group-join/{name}", PAGE_ADMIN | PAGE_FORM, admin_group_join)                            \
    X(POST, "/admin/group-leave/{name}", PAGE_ADMIN | PAGE_FORM, admin_group_leave)                          \
    X(GET, "/admin/group-remove/{name}", PAGE_ADMIN | PAGE_PROVED, admin_group_removal)                      \
    X(POST, "/admin/group-remove/{name}", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED, admin_group_remove)          \
    X(GET, "/admin/tenants", PAGE_ADMIN, admin_tenants_list)                                                 \
    X(POST, "/admin/tenants", PAGE_ADMIN | PAGE_FORM, admin_tenant_add)                                      \
    X(GET, "/admin/tenants/{id}", PAGE_ADMIN, admin_tenant_show)                                             \
    X(POST, "/admin/tenants/{id}", PAGE_ADMIN | PAGE_FORM, admin_tenant_set)                                 \
    X(POST, "/admin/tenant-lock/{id}", PAGE_ADMIN | PAGE_FORM, admin_tenant_lock)                            \
    X(POST, "/admin/tenant-unlock/{id}", PAGE_ADMIN | PAGE_FORM, admin_tenant_unlock)                        \
    X(POST, "/admin/tenant-remove/{id}", PAGE_ADMIN | PAGE_FORM, admin_tenant_remove)                        \
    X(GET, "/admin/locks", PAGE_ADMIN, admin_locks_list)                                                     \
    X(POST, "/admin/locks", PAGE_ADMIN | PAGE_FORM, admin_locks_free)                                        \
    X(GET, "/admin/import", PAGE_ADMIN | PAGE_PROVED, admin_import_form)                                     \
    X(POST, "/admin/import", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED | PAGE_UPLOAD, admin_import_take)          \
    X(GET, "/admin/export", PAGE_ADMIN | PAGE_PROVED, admin_export_form)                                     \
    X(POST, "/admin/export", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED, admin_export_send)                        \
    X(GET, "/prove", PAGE_PERSON | PAGE_STALE, prove_show)                                                   \
    X(POST, "/prove", PAGE_PERSON | PAGE_STALE | PAGE_FORM, prove_take)

/* admin_clients.c, admin_keys.c, admin_audit.c, admin_settings.c, admin_health.c, admin_captcha.c: the site. */
#define SITE_PAGES(X)                                                                                        \
    X(GET, "/admin/clients", PAGE_ADMIN, admin_clients_list)                                                 \
    X(GET, "/admin/client-new", PAGE_ADMIN | PAGE_PROVED, admin_clients_new)                                 \
    X(POST, "/admin/client-new", PAGE_ADMIN | PAGE_FORM | PAGE_PROVED, admin_clients_add)                    \
    X(GET, "/admin/clients/{id}", PAGE_ADMIN, admin_clients_show)                                            \
    X(POST, "/admin/clients/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_set)                                \
    X(POST, "/admin/client-secret/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_secret)                       \
    X(POST, "/admin/client-secret-end/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_end_secret)               \
    X(POST, "/admin/client-lock/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_lock)                           \
    X(POST, "/admin/client-unlock/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_unlock)                       \
    X(POST, "/admin/client-remove/{id}", PAGE_ADMIN | PAGE_FORM, admin_clients_remove)                       \
    X(GET, "/admin/keys", PAGE_ADMIN, admin_keys_list)                                                       \
    X(GET, "/admin/keys/{kid}", PAGE_ADMIN, admin_keys_show)                                                 \
    X(POST, "/admin/key-rotate", PAGE_ADMIN | PAGE_FORM, admin_keys_rotate)                                  \
    X(POST, "/admin/key-import", PAGE_ADMIN | PAGE_FORM, admin_keys_import)                                  \
    X(POST, "/admin/key-retire/{kid}", PAGE_ADMIN | PAGE_FORM, admin_keys_retire)                            \
    X(POST, "/admin/key-sm2-new", PAGE_ADMIN | PAGE_FORM, admin_keys_new_sm2)                                \
    X(POST, "/admin/key-sm2-import", PAGE_ADMIN | PAGE_FORM, admin_keys_import_sm2)                          \
    X(GET, "/admin/audit", PAGE_ADMIN, admin_audit_list)                                                     \
    X(GET, "/admin/audit-file/{format}", PAGE_ADMIN, admin_audit_file)                                       \
    X(GET, "/admin/settings", PAGE_ADMIN, admin_settings_list)                                               \
    X(GET, "/admin/look", PAGE_ADMIN, admin_look_show)                                                       \
    X(POST, "/admin/look", PAGE_ADMIN | PAGE_FORM, admin_look_set)                                           \
    X(POST, "/admin/look-logo", PAGE_ADMIN | PAGE_FORM | PAGE_UPLOAD, admin_look_keep_logo)                  \
    X(POST, "/admin/look-no-logo", PAGE_ADMIN | PAGE_FORM, admin_look_remove_logo)                           \
    X(GET, "/admin/health", PAGE_ADMIN, admin_health_show)                                                   \
    X(POST, "/admin/health", PAGE_ADMIN | PAGE_FORM, admin_health_examine)                                   \
    X(GET, "/admin/captcha", PAGE_ADMIN, admin_captcha_show)                                                 \
    X(GET, "/admin/captcha-sheet", PAGE_ADMIN, admin_captcha_sheet)                                          \
    X(POST, "/admin/captcha-restyle", PAGE_ADMIN | PAGE_FORM, admin_captcha_restyle)

/* admin_overview.c: figures. */
#define STATS_PAGES(X) X(GET, "/admin", PAGE_ADMIN, overview_show)

/* start.c, forgot.c: the first administrator; forgotten passwords. */
#define START_PAGES(X)                                                                                       \
    X(GET, "/setup", PAGE_FIRST, start_show)                                                                 \
    X(POST, "/setup", PAGE_FORM | PAGE_FIRST, start_make)                                                    \
    X(GET, "/forgot", PAGE_OPEN, forgot_show)                                                                \
    X(POST, "/forgot", PAGE_FORM, forgot_ask)                                                                \
    X(GET, "/forgot-sent", PAGE_OPEN, forgot_sent)

#define ALL_PAGES(X)                                                                                         \
    LOGIN_PAGES(X) ACCOUNT_PAGES(X) USERS_PAGES(X) SITE_PAGES(X) STATS_PAGES(X) START_PAGES(X)

#define PAGE_DECLARE(method, path, needs, handler) page_handler handler;
ALL_PAGES(PAGE_DECLARE)
#undef PAGE_DECLARE

#endif
