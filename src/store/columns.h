/*
 * The columns of the tables that are read into structs, each written once. From these lists come the column lists
 * of sql.c, and the descriptions (store/row.h) by which a row is read and a statement's parameters are bound; from
 * that of a person's texts also the members of struct user, the options of `user add` and `user set`, and the
 * columns of imported and exported files.
 *
 * X(MEMBER, …): the column, and the struct's member of the same name; behind it what the member's type does not
 * say (store/row.h). Not in the lists: the key, and what tenants, clients and users have alike and sql.c begins
 * their rows with, when the row was made and whether it is locked.
 *
 * Depends on nothing.
 * Source: schema.sql.
 */
#ifndef STORE_COLUMNS_H
#define STORE_COLUMNS_H

#define TENANT_COLUMNS(X) X(name)

#define KEY_COLUMNS(X)                                                                                       \
    X(alg)                                                                                                   \
    X(secret, .len_at = offsetof(struct key_row, secret_len))                                                \
    X(created_s)                                                                                             \
    X(signs_from_s)                                                                                          \
    X(retired_s, .optional = true)

#define CLIENT_COLUMNS(X)                                                                                    \
    X(secret_mac, .flag_at = offsetof(struct client, has_secret))                                            \
    X(old_secret_mac, .flag_at = offsetof(struct client, has_old_secret))                                    \
    X(old_secret_until_s, .optional = true)                                                                  \
    X(grants)                                                                                                \
    X(scope)                                                                                                 \
    X(password_wire)                                                                                         \
    X(alg, .optional = true)                                                                                 \
    X(audience)                                                                                              \
    X(access_ttl_s, .optional = true)                                                                        \
    X(refresh_ttl_s, .optional = true)                                                                       \
    X(refresh_reuse, .optional = true)                                                                       \
    X(redirect_uris)

/* What describes a person: X(MEMBER, option, whether it is a comma-joined list, its value in the help, help). */
#define USER_TEXTS(X)                                                                                        \
    X(real_name, "real-name", false, "NAME", "real name")                                                    \
    X(nick_name, "nick-name", false, "NAME", "name shown in pages")                                          \
    X(role_id, "role-id", true, "LIST", "ids of roles, comma-separated")                                     \
    X(role_name, "role-name", true, "LIST", "names of roles, comma-separated")                               \
    X(dept_id, "dept-id", true, "LIST", "ids of departments, comma-separated")                               \
    X(post_id, "post-id", true, "LIST", "ids of posts, comma-separated")                                     \
    X(oauth_id, "oauth-id", false, "ID", "id at a third-party login")                                        \
    X(id_number, "id-number", false, "NUMBER", "identity number (eplatform)")                                \
    X(email, "email", false, "ADDRESS", "e-mail address")                                                    \
    X(phone, "phone", false, "NUMBER", "telephone number")                                                   \
    X(locale, "locale", false, "LANGUAGE", "language of pages and mails: zh-Hans, zh-Hant, en")              \
    X(external_id, "external-id", false, "ID", "id in the directory that the person comes from")

/* A person, texts apart. */
#define USER_COLUMNS(X)                                                                                      \
    X(tenant_id)                                                                                             \
    X(account)                                                                                               \
    X(account_folded)                                                                                        \
    X(password_hash)                                                                                         \
    X(password_changed_s)                                                                                    \
    X(password_expired)                                                                                      \
    X(email_verified)                                                                                        \
    X(last_login_s, .optional = true)                                                                        \
    X(unlocked_s, .optional = true)

#define GROUP_COLUMNS(X) X(title) X(networks) X(created_s)

#define SESSION_COLUMNS(X)                                                                                   \
    X(user_id, .optional = true)                                                                             \
    X(client_id)                                                                                             \
    X(tenant_id)                                                                                             \
    X(dialect)                                                                                               \
    X(scope)                                                                                                 \
    X(fingerprint)                                                                                           \
    X(address)                                                                                               \
    X(created_s)                                                                                             \
    X(family_end_s)                                                                                          \
    X(revoked_s, .optional = true)                                                                           \
    X(refresh_address)

#define TOKEN_COLUMNS(X)                                                                                     \
    X(jti)                                                                                                   \
    X(refresh_jti, .optional = true)                                                                         \
    X(issued_s)                                                                                              \
    X(access_expires_s)                                                                                      \
    X(refresh_expires_s)                                                                                     \
    X(used_s, .optional = true)                                                                              \
    X(successor_id, .optional = true)

/* Mail that waits. */
#define MAIL_COLUMNS(X)                                                                                      \
    X(user_id, .optional = true)                                                                             \
    X(recipient) X(subject) X(body) X(created_s) X(next_s) X(tries) X(expires_s)
#define BROWSER_COLUMNS(X)                                                                                   \
    X(secret_hash)                                                                                           \
    X(user_id)                                                                                               \
    X(created_s)                                                                                             \
    X(seen_s)                                                                                                \
    X(end_s)                                                                                                 \
    X(idle_end_s)                                                                                            \
    X(idle_s)                                                                                                \
    X(address)                                                                                               \
    X(user_agent)                                                                                            \
    X(proof)                                                                                                 \
    X(proved_s)

#define LINK_COLUMNS(X) X(purpose) X(user_id) X(detail) X(created_s) X(expires_s)

/* An event, without what makes a row the sum of several. */
#define AUDIT_COLUMNS(X)                                                                                     \
    X(at_s) X(actor) X(action) X(subject) X(result) X(client_id) X(dialect) X(address) X(expires_s)

#endif
