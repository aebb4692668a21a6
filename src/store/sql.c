#include "store/sql.h"

#include "store/columns.h"

/* What a column of store/columns.h becomes: in a list of names, in one of the parameters that stand for them. */
#define NAME(member, ...)            ", " #member
#define VALUE(member, ...)           ", :" #member
#define NAME_OF_USER(member, ...)    ", user." #member
#define NAME_OF_TOKEN(member, ...)   ", token." #member
#define NAME_OF_SESSION(member, ...) ", session." #member
#define CHANGE(member, ...)          ", " #member " = :" #member

#define KEY_ROW     "kid" KEY_COLUMNS(NAME)
#define KEY_ORDER   "ORDER BY retired_s IS NOT NULL, signs_from_s DESC, created_s DESC, kid"
#define HEAD        "id, created_s, locked" /* of tenants, clients and users */
#define HEAD_VALUES ":id, :created_s, :locked"
#define TENANT_ROW  HEAD TENANT_COLUMNS(NAME)
#define CLIENT_ROW  HEAD CLIENT_COLUMNS(NAME)
#define USER_ROW                                                                                             \
    "user.id, user.created_s, user.locked" USER_COLUMNS(NAME_OF_USER)                                        \
        USER_TEXTS(NAME_OF_USER) ", tenant.name, tenant.locked"
#define GROUP_ROW                                                                                            \
    "name" GROUP_COLUMNS(NAME) ", (SELECT count(*) FROM group_member WHERE group_name = user_group.name)"
#define BROWSER_ROW "id" BROWSER_COLUMNS(NAME)
#define LINK_ROW    "id" LINK_COLUMNS(NAME)
#define MAIL_ROW    "id" MAIL_COLUMNS(NAME)
#define USER_TABLES "FROM user JOIN tenant ON tenant.id = user.tenant_id "
/* The newest ?3 or ?4 logins of all, or of a person: a page of his own looks at no others'. Tokens have no index by
 * session, which every refresh would write: the session knows its newest, unless that is the first. */
#define LIVE_BROWSERS(OF)                                                                                    \
    "SELECT " BROWSER_ROW " FROM browser_session WHERE " OF " AND idle_end_s > ?2 ORDER BY id DESC LIMIT ?3"
#define LIVE_SESSIONS(OF)                                                                                    \
    "SELECT session.id" SESSION_COLUMNS(                                                                     \
        NAME_OF_SESSION) ", user.account, "                                                                  \
                         "iif(session.newest_token_id IS NULL, session.created_s, token.issued_s), "         \
                         "session.expires_s "                                                                \
                         "FROM session LEFT JOIN user ON user.id = session.user_id "                         \
                         "LEFT JOIN token ON token.id = session.newest_token_id AND token.session_id = "     \
                         "session.id "                                                                       \
                         "WHERE " OF                                                                         \
                         " AND (?2 IS NULL OR session.client_id = ?2) AND session.expires_s > ?3 "           \
                         "AND session.revoked_s IS NULL ORDER BY session.id DESC LIMIT ?4"

/* What a user that is looked for has (store/user_search.h). The + keeps the order's index in use. */
#define USER_IS_MEANT                                                                                        \
    "+tenant_id BETWEEN ?4 AND ?5 "                                                                          \
    "AND (?6 IS NULL OR EXISTS (SELECT 1 FROM group_member WHERE user_id = user.id AND group_name = ?6)) "   \
    "AND CASE ?7 WHEN 1 THEN locked WHEN 2 THEN password_expired WHEN 3 THEN last_login_s IS NULL ELSE 1 "   \
    "END "                                                                                                   \
    "AND (?8 IS NULL OR account_folded LIKE ?8 ESCAPE '\\' OR real_name LIKE ?9 ESCAPE '\\' "                \
    "OR nick_name LIKE ?9 ESCAPE '\\' OR email LIKE ?9 ESCAPE '\\' OR phone LIKE ?9 ESCAPE '\\') "

/* Users in the order of KEY, behind the place ?2, ?3. The first comparison is what the index of an expression is
 * used for. */
#define USERS_UP(KEY)                                                                                        \
    "SELECT id FROM user WHERE " KEY " >= ?2 AND (" KEY ", id) > (?2, ?3) AND " USER_IS_MEANT                \
    "ORDER BY " KEY ", id LIMIT ?10"
#define USERS_DOWN(KEY)                                                                                      \
    "SELECT id FROM user WHERE " KEY " <= ?2 AND (" KEY ", id) < (?2, ?3) AND " USER_IS_MEANT                \
    "ORDER BY " KEY " DESC, id DESC LIMIT ?10"

#define TOKEN_ROW                                                                                            \
    "token.id" TOKEN_COLUMNS(NAME_OF_TOKEN) ", session.id" SESSION_COLUMNS(                                  \
        NAME_OF_SESSION) ", client.locked, client.alg, client.audience"
#define TOKEN_TABLES                                                                                         \
    "FROM token JOIN session ON session.id = token.session_id JOIN client ON client.id = session.client_id "

/* Later than any window can end, the longest being a day: a clock was ahead when it was written. */
#define THROTTLE_AHEAD "ends_s > ?1 + 86460"

/* Whether a row of the audit, `oldest`, may leave: it has expired; or it was written by a clock that was ahead, and one
 * behind it that was not has expired. (Were the clock behind, that would not have.) Of those behind it, which may be
 * many, the next is looked at, and those at twice the distance each time; CASE, since SQLite works out both sides of
 * an OR. */
#define AUDIT_GOES                                                                                           \
    "CASE WHEN oldest.expires_s <= ?1 THEN 1 WHEN oldest.at_s <= ?1 + 60 THEN 0 ELSE EXISTS ("               \
    "WITH RECURSIVE far(n) AS (SELECT 1 UNION ALL SELECT n * 2 FROM far WHERE n < 1000000000) "              \
    "SELECT 1 FROM far WHERE (SELECT later.at_s <= ?1 + 60 AND later.expires_s <= ?1 FROM audit AS later "   \
    "WHERE later.id >= oldest.id + far.n ORDER BY later.id LIMIT 1)) END"

/* The same of a mail, whose longest delay is four hours. */
#define MAIL_AHEAD "next_s > ?1 + 14460"

/* The same of a captcha, which lives for an hour at most. */
#define CAPTCHA_AHEAD "expires_s > ?1 + 3660"

/* The live logins of a user, of either kind, but the newest ?3. Those that are ended by one of the two statements were
 * the oldest, so that the other finds its own still. */
#define TOO_MANY                                                                                             \
    "SELECT is_browser, id FROM "                                                                            \
    "(SELECT 0 AS is_browser, id, created_s FROM session "                                                   \
    "WHERE user_id = ?1 AND revoked_s IS NULL AND expires_s > ?2 UNION ALL "                                 \
    "SELECT 1, id, created_s FROM browser_session WHERE user_id = ?1 AND idle_end_s > ?2) "                  \
    "ORDER BY created_s DESC, is_browser, id DESC LIMIT -1 OFFSET ?3"

/* Which rows of the audit a filter lets through. The numbers start anew when the last row has expired, so that one past
 * the newest is before all. */
#define AUDIT_FILTER                                                                                         \
    "id > iif(?1 > (SELECT coalesce(max(id), 0) FROM audit), 0, ?1) AND at_s >= ?2 "                         \
    "AND (?3 IS NULL OR actor = ?3 OR subject = ?3 OR (substr(?3, 1, 1) = '/' AND "                          \
    "(('user' = substr(actor, 1, 4) AND substr(actor, -length(?3)) = ?3) OR "                                \
    "('user' = substr(subject, 1, 4) AND substr(subject, -length(?3)) = ?3)))) "                             \
    "AND (?4 IS NULL OR action = ?4) AND id < iif(?6 > 0, ?6, 9223372036854775807) AND (?7 = 0 OR at_s < "   \
    "?7) "                                                                                                   \
    "AND (?8 IS NULL OR result = ?8 OR (?8 = 'failed' AND result <> 'ok')) AND (?9 IS NULL OR address = "    \
    "?9) "

const char *const sql_text[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_EXPIRED_COUNT] = "SELECT (SELECT count(*) FROM captcha WHERE expires_s <= ?1) + "
                          "(SELECT count(*) FROM throttle WHERE ends_s <= ?1 OR " THROTTLE_AHEAD ") + "
                          "(SELECT count(*) FROM token WHERE refresh_expires_s <= ?1) + "
                          "(SELECT count(*) FROM session WHERE expires_s <= ?1) + "
                          "(SELECT count(*) FROM browser_session WHERE idle_end_s <= ?1) + "
                          "(SELECT count(*) FROM link WHERE expires_s <= ?1) + "
                          "(SELECT count(*) FROM mail WHERE expires_s <= ?1) + "
                          "(SELECT count(*) FROM audit WHERE expires_s <= ?1)",
    /* For each purge, in the order of db_purge_step, whether it has anything to do: a look at the old end of
     * an index, where a DELETE with LIMIT first fills a table with what to delete. */
    [SQL_PURGE_DUE] = "SELECT EXISTS (SELECT 1 FROM (SELECT expires_s FROM captcha ORDER BY seq LIMIT ?2) "
                      "WHERE expires_s <= ?1), "
                      "EXISTS (SELECT 1 FROM throttle WHERE ends_s <= ?1) OR "
                      "EXISTS (SELECT 1 FROM throttle WHERE " THROTTLE_AHEAD "), "
                      "EXISTS (SELECT 1 FROM token WHERE refresh_expires_s <= ?1), "
                      "EXISTS (SELECT 1 FROM session WHERE expires_s <= ?1), "
                      "EXISTS (SELECT 1 FROM browser_session WHERE idle_end_s <= ?1), "
                      "EXISTS (SELECT 1 FROM link WHERE expires_s <= ?1), "
                      "EXISTS (SELECT 1 FROM mail WHERE expires_s <= ?1), "
                      "coalesce((SELECT " AUDIT_GOES
                      " FROM (SELECT id, at_s, expires_s FROM audit ORDER BY id LIMIT 1) AS oldest), 0)",
    /* What says that it was made later than now, or lasts longer than it can: in the order of db_ahead_tables. */
    [SQL_AHEAD_COUNT] =
        "SELECT (SELECT count(*) FROM token WHERE issued_s > ?1 + 60), "
        "(SELECT count(*) FROM session WHERE created_s > ?1 + 60), "
        "(SELECT count(*) FROM captcha WHERE " CAPTCHA_AHEAD "), "
        "(SELECT count(*) FROM throttle WHERE " THROTTLE_AHEAD "), "
        "(SELECT count(*) FROM audit WHERE at_s > ?1 + 60), "
        "(SELECT count(*) FROM sign_key WHERE created_s > ?1 + 60 AND retired_s IS NULL), "
        "(SELECT count(*) FROM client WHERE created_s > ?1 + 60 OR "
        "old_secret_until_s > ?1 + 31536060), "
        "(SELECT count(*) FROM user WHERE created_s > ?1 + 60 OR password_changed_s > ?1 + 60), "
        "(SELECT count(*) FROM tenant WHERE created_s > ?1 + 60), "
        "(SELECT count(*) FROM browser_session WHERE created_s > ?1 + 60), "
        "(SELECT count(*) FROM link WHERE created_s > ?1 + 60), "
        "(SELECT count(*) FROM mail WHERE created_s > ?1 + 60)",
    [SQL_TOKEN_PURGE_AHEAD] = "DELETE FROM token WHERE issued_s > ?1 + 60",
    [SQL_SESSION_PURGE_AHEAD] = "DELETE FROM session WHERE created_s > ?1 + 60",
    [SQL_CAPTCHA_PURGE_AHEAD] = "DELETE FROM captcha WHERE " CAPTCHA_AHEAD,
    [SQL_THROTTLE_PURGE_AHEAD] = "DELETE FROM throttle WHERE " THROTTLE_AHEAD,
    [SQL_BROWSER_PURGE_AHEAD] = "DELETE FROM browser_session WHERE created_s > ?1 + 60",
    [SQL_LINK_PURGE_AHEAD] = "DELETE FROM link WHERE created_s > ?1 + 60",
    [SQL_MAIL_PURGE_AHEAD] = "DELETE FROM mail WHERE created_s > ?1 + 60",
    [SQL_BACKUP] = "VACUUM INTO ?1",

    [SQL_CAPTCHA_PUT] =
        "INSERT INTO captcha (id, network, dialect, answer, expires_s) VALUES (?1, ?2, ?3, ?4, ?5)",
    [SQL_CAPTCHA_TAKE] = "DELETE FROM captcha WHERE id = ?1 AND dialect = ?2 AND expires_s > ?3 AND "
                         "expires_s <= ?4 RETURNING answer, expires_s",
    /* Each a look at one end; joined, they would be two tables in memory for each captcha. */
    [SQL_CAPTCHA_ENDS] = "SELECT (SELECT min(seq) FROM captcha), (SELECT max(seq) FROM captcha), "
                         "(SELECT expires_s FROM captcha ORDER BY seq LIMIT 1), "
                         "(SELECT expires_s FROM captcha ORDER BY seq DESC LIMIT 1)",
    [SQL_CAPTCHA_CLEAR] = "DELETE FROM captcha WHERE seq IN (SELECT seq FROM captcha ORDER BY seq LIMIT ?3) "
                          "AND (expires_s <= ?1 OR expires_s > ?2)",
    /* The oldest of the network ?1, if that asks for many; else of one that does, among those that the newest are
     * from, which is where a flood is; else the oldest of all. */
    [SQL_CAPTCHA_EVICT] = "DELETE FROM captcha WHERE seq = coalesce("
                          "(SELECT min(seq) FROM captcha WHERE network = ?1), "
                          "(SELECT min(seq) FROM captcha WHERE network = (SELECT network FROM "
                          "(SELECT network FROM captcha ORDER BY seq DESC LIMIT 16) AS newest WHERE network "
                          "IS NOT NULL LIMIT 1)), "
                          "(SELECT min(seq) FROM captcha))",
    [SQL_CAPTCHA_PURGE] = "DELETE FROM captcha WHERE seq IN (SELECT seq FROM captcha ORDER BY seq LIMIT ?2) "
                          "AND expires_s <= ?1",

    /* A window that has ended starts anew, as one that ends later than it can (?5); the hit that reaches ?4 starts it
     * anew too, so that a lock lasts a whole window. The count never passes what an int can hold. */
    [SQL_THROTTLE_HIT] =
        "INSERT INTO throttle (subject, count, ends_s) VALUES (?1, 1, ?2 + ?3) ON CONFLICT (subject) DO "
        "UPDATE SET "
        "count = CASE WHEN ends_s > ?2 AND ends_s <= ?5 THEN min(count + 1, 1000000000) ELSE 1 END, "
        "ends_s = CASE WHEN ends_s > ?2 AND ends_s <= ?5 AND count + 1 <> ?4 THEN ends_s ELSE ?2 + ?3 END "
        "RETURNING count, ends_s",
    [SQL_THROTTLE_GET] =
        "SELECT count, ends_s FROM throttle WHERE subject = ?1 AND ends_s > ?2 AND ends_s <= ?3",
    [SQL_THROTTLE_CLEAR] = "DELETE FROM throttle WHERE subject = ?1 AND count < ?2 RETURNING subject",
    [SQL_THROTTLE_PURGE] =
        "DELETE FROM throttle WHERE subject IN "
        "(SELECT subject FROM (SELECT subject FROM throttle WHERE ends_s <= ?1 ORDER BY ends_s LIMIT ?2) AS "
        "over "
        "UNION ALL SELECT subject FROM "
        "(SELECT subject FROM throttle WHERE " THROTTLE_AHEAD " ORDER BY ends_s DESC LIMIT ?2) AS ahead)",

    [SQL_THROTTLE_REMOVE_ALL] = "DELETE FROM throttle",
    [SQL_THROTTLE_LIST] = "SELECT subject, count, ends_s FROM throttle WHERE ends_s > ?1 ORDER BY subject",

    [SQL_SETTING_GET] = "SELECT value FROM setting WHERE name = ?1",
    [SQL_SETTING_PUT] = "INSERT INTO setting (name, value) VALUES (?1, ?2) "
                        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [SQL_SETTING_PUT_NEW] = "INSERT INTO setting (name, value) VALUES (?1, ?2)",

    [SQL_KEY_LIST] = "SELECT " KEY_ROW " FROM sign_key " KEY_ORDER,
    [SQL_KEY_IN_USE] =
        "SELECT " KEY_ROW " FROM sign_key WHERE retired_s IS NULL OR retired_s > ?1 " KEY_ORDER,
    [SQL_KEY_PUT] = "INSERT INTO sign_key (" KEY_ROW ") VALUES (:kid" KEY_COLUMNS(VALUE) ")",
    [SQL_KEY_RETIRE] = "UPDATE sign_key SET retired_s = ?2 WHERE kid = ?1 AND (retired_s IS NULL OR "
                       "retired_s > ?2) RETURNING kid",

    [SQL_TENANT_GET] = "SELECT " TENANT_ROW " FROM tenant WHERE id = ?1",
    [SQL_TENANT_LIST] = "SELECT " TENANT_ROW " FROM tenant ORDER BY id",
    [SQL_TENANT_PUT] = "INSERT INTO tenant (" TENANT_ROW ") VALUES (" HEAD_VALUES TENANT_COLUMNS(VALUE) ")",
    [SQL_TENANT_SET] =
        "UPDATE tenant SET locked = :locked" TENANT_COLUMNS(CHANGE) " WHERE id = :id RETURNING id",
    [SQL_TENANT_REMOVE] = "DELETE FROM tenant WHERE id = ?1 RETURNING id",
    [SQL_TENANT_USERS] = "SELECT count(*) FROM user WHERE tenant_id = ?1",

    [SQL_CLIENT_GET] = "SELECT " CLIENT_ROW " FROM client WHERE id = ?1",
    [SQL_CLIENT_LIST] = "SELECT " CLIENT_ROW " FROM client ORDER BY id",
    [SQL_CLIENT_PUT] = "INSERT INTO client (" CLIENT_ROW ") VALUES (" HEAD_VALUES CLIENT_COLUMNS(VALUE) ")",
    [SQL_CLIENT_SET] =
        "UPDATE client SET locked = :locked" CLIENT_COLUMNS(CHANGE) " WHERE id = :id RETURNING id",
    [SQL_CLIENT_REMOVE] = "DELETE FROM client WHERE id = ?1 RETURNING id",

    [SQL_USER_FIND] =
        "SELECT " USER_ROW " " USER_TABLES "WHERE user.tenant_id = ?1 AND user.account_folded = ?2",
    [SQL_USER_NEIGHBOUR] = "SELECT password_hash FROM user WHERE tenant_id = ?1 AND account_folded >= ?2 "
                           "ORDER BY account_folded LIMIT 1",
    [SQL_USER_GET] = "SELECT " USER_ROW " " USER_TABLES "WHERE user.id = ?1",
    [SQL_USER_LIST] = "SELECT " USER_ROW " " USER_TABLES
                      "WHERE ?1 IS NULL OR user.tenant_id = ?1 ORDER BY user.tenant_id, user.account",
    [SQL_USER_LIST_GROUP] =
        "SELECT " USER_ROW " " USER_TABLES "JOIN group_member ON group_member.user_id = user.id "
        "WHERE group_member.group_name = ?2 AND (?1 IS NULL OR user.tenant_id = ?1) "
        "ORDER BY user.tenant_id, user.account",
    [SQL_USER_FIND_EMAIL] =
        "SELECT " USER_ROW " " USER_TABLES "WHERE user.email = ?2 COLLATE NOCASE AND user.email <> '' AND "
        "user.email_verified AND (?1 IS NULL OR user.tenant_id = ?1) LIMIT 2",
    [SQL_USER_PUT] = "INSERT INTO user (" HEAD USER_COLUMNS(NAME)
        USER_TEXTS(NAME) ") "
                         "VALUES (" HEAD_VALUES USER_COLUMNS(VALUE) USER_TEXTS(VALUE) ")",
    [SQL_USER_SET] = "UPDATE user SET locked = :locked, password_expired = :password_expired, "
                     "password_changed_s = :password_changed_s, unlocked_s = :unlocked_s, "
                     "email_verified = iif(email = :email, :email_verified, 0)" USER_TEXTS(
                         CHANGE) " WHERE id = :id RETURNING id",
    [SQL_USER_SET_LOCKED] =
        "UPDATE user SET locked = ?2, unlocked_s = iif(?2, unlocked_s, ?3) WHERE id = ?1 RETURNING id",
    [SQL_USER_SET_PASSWORD] =
        "UPDATE user SET password_hash = ?2, password_changed_s = ?3, password_expired = 0 "
        "WHERE id = ?1 RETURNING id",
    [SQL_USER_EXPIRE_PASSWORD] = "UPDATE user SET password_expired = 1 WHERE id = ?1 RETURNING id",
    [SQL_USER_REHASH] = "UPDATE user SET password_hash = ?2 WHERE id = ?1 RETURNING id",
    [SQL_USER_VERIFY_EMAIL] = "UPDATE user SET email = ?2, email_verified = 1 WHERE id = ?1 RETURNING id",
    [SQL_USER_NOTE_LOGIN] = "UPDATE user SET last_login_s = ?2 WHERE id = ?1 RETURNING id",
    [SQL_USER_REMOVE] = "DELETE FROM user WHERE id = ?1 RETURNING id",
    [SQL_USER_LOOKALIKES] =
        "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM user GROUP BY tenant_id, account_folded) "
        "WHERE n > 1",
    [SQL_USER_COUNT] = "SELECT count(*) FROM user",
    [SQL_USER_BY_ACCOUNT] = "SELECT id FROM user WHERE (tenant_id, account_folded, id) > (?1, ?2, ?3) "
                            "AND (tenant_id, account_folded) < (?5, x'') AND " USER_IS_MEANT
                            "ORDER BY tenant_id, account_folded, id LIMIT ?10",
    [SQL_USER_BY_ACCOUNT_DOWN] = "SELECT id FROM user WHERE (tenant_id, account_folded, id) < (?1, ?2, ?3) "
                                 "AND (tenant_id, account_folded) >= (?4, '') AND " USER_IS_MEANT
                                 "ORDER BY tenant_id DESC, account_folded DESC, id DESC LIMIT ?10",
    [SQL_USER_BY_NAME] = USERS_UP("real_name"),
    [SQL_USER_BY_NAME_DOWN] = USERS_DOWN("real_name"),
    [SQL_USER_BY_LOGIN] = USERS_UP("coalesce(last_login_s, 0)"),
    [SQL_USER_BY_LOGIN_DOWN] = USERS_DOWN("coalesce(last_login_s, 0)"),
    [SQL_USER_BY_CREATED] = USERS_UP("created_s"),
    [SQL_USER_BY_CREATED_DOWN] = USERS_DOWN("created_s"),

    [SQL_HISTORY_PUT_PRESENT] = "INSERT INTO password_history (user_id, changed_s, password_hash) "
                                "SELECT id, password_changed_s, password_hash FROM user WHERE id = ?1",
    [SQL_HISTORY_KEEP] = "DELETE FROM password_history WHERE id IN (SELECT id FROM password_history "
                         "WHERE user_id = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
    [SQL_HISTORY_LIST] =
        "SELECT password_hash FROM password_history WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2",

    [SQL_GROUP_GET] = "SELECT " GROUP_ROW " FROM user_group WHERE name = ?1",
    [SQL_GROUP_LIST] = "SELECT " GROUP_ROW " FROM user_group ORDER BY name",
    [SQL_GROUP_PUT] =
        "INSERT INTO user_group (name" GROUP_COLUMNS(NAME) ") VALUES (:name" GROUP_COLUMNS(VALUE) ")",
    [SQL_GROUP_SET] =
        "UPDATE user_group SET title = :title, networks = :networks WHERE name = :name RETURNING name",
    [SQL_GROUP_REMOVE] = "DELETE FROM user_group WHERE name = ?1 RETURNING name",
    [SQL_GROUP_ADD_MEMBER] = "INSERT INTO group_member (group_name, user_id) VALUES (?1, ?2) "
                             "ON CONFLICT DO NOTHING",
    [SQL_GROUP_REMOVE_MEMBER] = "DELETE FROM group_member WHERE group_name = ?1 AND user_id = ?2",
    [SQL_GROUP_HAS] = "SELECT EXISTS (SELECT 1 FROM group_member WHERE user_id = ?2 AND group_name = ?1)",
    [SQL_GROUP_OF_USER] = "SELECT coalesce(group_concat(group_name), '') FROM "
                          "(SELECT group_name FROM group_member WHERE user_id = ?1 ORDER BY group_name)",
    [SQL_GROUP_NETWORKS] =
        "SELECT coalesce(group_concat(networks, ';'), '') FROM group_member "
        "JOIN user_group ON user_group.name = group_name WHERE user_id = ?1 AND networks <> ''",
    [SQL_GROUP_ABLE] = "SELECT count(*) FROM group_member JOIN user ON user.id = group_member.user_id "
                       "JOIN tenant ON tenant.id = user.tenant_id WHERE group_name = ?1 AND user.id <> ?2 "
                       "AND NOT user.locked AND NOT tenant.locked",

    [SQL_BROWSER_PUT] = "INSERT INTO browser_session (id" BROWSER_COLUMNS(
        NAME) ") VALUES (NULL" BROWSER_COLUMNS(VALUE) ") RETURNING id",
    [SQL_BROWSER_FIND] =
        "SELECT " BROWSER_ROW " FROM browser_session WHERE secret_hash = ?1 AND idle_end_s > ?2",
    [SQL_BROWSER_GET] = "SELECT " BROWSER_ROW " FROM browser_session WHERE id = ?1 AND idle_end_s > ?2",
    [SQL_BROWSER_SEEN] = "UPDATE browser_session SET seen_s = ?2, idle_end_s = ?3 WHERE id = ?1",
    [SQL_BROWSER_PROVE] = "UPDATE browser_session SET proof = ?2, proved_s = ?3 WHERE id = ?1 RETURNING id",
    [SQL_BROWSER_RENEW] = "UPDATE browser_session SET secret_hash = ?2 WHERE id = ?1 RETURNING id",
    [SQL_BROWSER_END] =
        "DELETE FROM browser_session WHERE id = ?1 AND (?2 IS NULL OR user_id = ?2) RETURNING id",
    [SQL_BROWSER_END_USER] = "DELETE FROM browser_session WHERE user_id = ?1 AND id <> ?2",
    [SQL_BROWSER_DISPLACE] = "DELETE FROM browser_session WHERE id IN (SELECT id FROM (" TOO_MANY
                             ") WHERE is_browser) RETURNING id",
    [SQL_BROWSER_END_TENANT] =
        "DELETE FROM browser_session WHERE user_id IN (SELECT id FROM user WHERE tenant_id = ?1)",
    [SQL_BROWSER_LIST] = LIVE_BROWSERS("(?1 IS NULL OR user_id = ?1)"),
    [SQL_BROWSER_LIST_USER] = LIVE_BROWSERS("user_id = ?1"),
    [SQL_BROWSER_COUNT] = "SELECT count(*) FROM browser_session WHERE idle_end_s > ?1",
    [SQL_BROWSER_PURGE] =
        "DELETE FROM browser_session WHERE id IN "
        "(SELECT id FROM browser_session WHERE idle_end_s <= ?1 ORDER BY idle_end_s LIMIT ?2)",

    [SQL_LINK_PUT] =
        "INSERT INTO link (secret_hash" LINK_COLUMNS(NAME) ") VALUES (:secret_hash" LINK_COLUMNS(VALUE) ")",
    [SQL_LINK_FIND] = "SELECT " LINK_ROW " FROM link WHERE secret_hash = ?1 AND expires_s > ?2",
    [SQL_LINK_TAKE] = "DELETE FROM link WHERE secret_hash = ?1 AND expires_s > ?2 RETURNING " LINK_ROW,
    [SQL_LINK_END_PURPOSE] = "DELETE FROM link WHERE user_id = ?1 AND purpose = ?2",
    [SQL_LINK_END_USER] = "DELETE FROM link WHERE user_id = ?1",
    [SQL_LINK_END_TENANT] = "DELETE FROM link WHERE user_id IN (SELECT id FROM user WHERE tenant_id = ?1)",
    [SQL_LINK_PURGE] = "DELETE FROM link WHERE id IN "
                       "(SELECT id FROM link WHERE expires_s <= ?1 ORDER BY expires_s LIMIT ?2)",

    [SQL_MAIL_PURGE] = "DELETE FROM mail WHERE id IN "
                       "(SELECT id FROM mail WHERE expires_s <= ?1 ORDER BY expires_s LIMIT ?2)",
    [SQL_USER_ANY] = "SELECT EXISTS (SELECT 1 FROM user)",

    [SQL_SESSION_PUT] = "INSERT INTO session (expires_s" SESSION_COLUMNS(
        NAME) ") VALUES (:expires_s" SESSION_COLUMNS(VALUE) ") RETURNING id",
    [SQL_SESSION_LIST] = LIVE_SESSIONS("(?1 IS NULL OR session.user_id = ?1)"),
    [SQL_SESSION_LIST_USER] = LIVE_SESSIONS("session.user_id = ?1"),
    [SQL_SESSION_EXTEND] =
        "UPDATE session SET expires_s = CASE WHEN expires_s < ?2 THEN ?2 ELSE expires_s END, "
        "newest_token_id = ?3, refresh_address = ?4 WHERE id = ?1",
    [SQL_SESSION_REVOKE] =
        "UPDATE session SET revoked_s = ?2 WHERE id = ?1 AND revoked_s IS NULL RETURNING id",
    [SQL_SESSION_REVOKE_OWN] =
        "UPDATE session SET revoked_s = ?3 WHERE id = ?1 AND user_id = ?2 AND revoked_s IS NULL RETURNING id",
    [SQL_SESSION_REVOKE_USER] = "UPDATE session SET revoked_s = ?2 "
                                "WHERE user_id = ?1 AND id <> ?3 AND revoked_s IS NULL RETURNING id",
    [SQL_SESSION_REVOKE_CLIENT] =
        "UPDATE session SET revoked_s = ?2 WHERE client_id = ?1 AND revoked_s IS NULL RETURNING id",
    [SQL_SESSION_REVOKE_TENANT] =
        "UPDATE session SET revoked_s = ?2 WHERE tenant_id = ?1 AND revoked_s IS NULL RETURNING id",
    [SQL_SESSION_DISPLACE] = "UPDATE session SET revoked_s = ?2 WHERE id IN (SELECT id FROM (" TOO_MANY
                             ") WHERE NOT is_browser) RETURNING id",
    [SQL_SESSION_PURGE] = "DELETE FROM session WHERE id IN "
                          "(SELECT id FROM session WHERE expires_s <= ?1 ORDER BY expires_s LIMIT ?2)",

    [SQL_TOKEN_PUT] = "INSERT INTO token (session_id" TOKEN_COLUMNS(
        NAME) ") VALUES (:session_id" TOKEN_COLUMNS(VALUE) ") RETURNING id",
    [SQL_TOKEN_BY_JTI] = "SELECT " TOKEN_ROW " " TOKEN_TABLES "WHERE token.jti = ?1",
    [SQL_TOKEN_BY_ID] = "SELECT " TOKEN_ROW " " TOKEN_TABLES "WHERE token.id = ?1",
    [SQL_TOKEN_NEWEST] =
        "SELECT " TOKEN_ROW " " TOKEN_TABLES "WHERE session.id = ?1 AND token.id = session.newest_token_id",
    [SQL_TOKEN_USE] =
        "UPDATE token SET used_s = ?2, successor_id = ?3 WHERE id = ?1 AND used_s IS NULL RETURNING id",
    [SQL_TOKEN_NOTE_REUSE] =
        "UPDATE token SET successor_id = NULL WHERE id = ?1 AND successor_id IS NOT NULL RETURNING id",
    [SQL_TOKEN_LIST] =
        "SELECT " TOKEN_ROW " " TOKEN_TABLES
        "WHERE (?1 IS NULL OR session.user_id = ?1) AND (?2 IS NULL OR session.client_id = ?2) "
        "AND token.refresh_expires_s > ?3 AND session.revoked_s IS NULL AND token.used_s IS NULL "
        "ORDER BY token.id DESC LIMIT ?4",
    [SQL_TOKEN_PURGE] =
        "DELETE FROM token WHERE id IN "
        "(SELECT id FROM token WHERE refresh_expires_s <= ?1 ORDER BY refresh_expires_s LIMIT ?2)",

    [SQL_MAIL_PUT] = "INSERT INTO mail (" MAIL_ROW ") VALUES (NULL" MAIL_COLUMNS(VALUE) ")",
    [SQL_MAIL_IS_DUE] = "SELECT EXISTS (SELECT 1 FROM mail WHERE next_s <= ?1) OR "
                        "EXISTS (SELECT 1 FROM mail WHERE " MAIL_AHEAD ")",
    [SQL_MAIL_CLAIM] =
        "UPDATE mail SET tries = tries + 1, next_s = ?1 + CASE tries WHEN 0 THEN 60 WHEN 1 THEN 300 WHEN 2 "
        "THEN 900 WHEN 3 THEN 3600 ELSE 14400 END "
        "WHERE id = (SELECT id FROM mail WHERE next_s <= ?1 OR " MAIL_AHEAD " ORDER BY next_s, id LIMIT 1) "
        "RETURNING " MAIL_ROW,
    [SQL_MAIL_REMOVE] = "DELETE FROM mail WHERE id = ?1 RETURNING id",
    [SQL_MAIL_REMOVE_ALL] = "DELETE FROM mail",
    [SQL_MAIL_HURRY] = "UPDATE mail SET next_s = ?1 WHERE next_s > ?1",
    [SQL_MAIL_COUNT] = "SELECT count(*) FROM mail",
    [SQL_MAIL_LIST] = "SELECT " MAIL_ROW " FROM mail ORDER BY id",

    [SQL_AUDIT_PUT] = "INSERT INTO audit (id" AUDIT_COLUMNS(NAME) ") VALUES (NULL" AUDIT_COLUMNS(VALUE) ")",
    [SQL_AUDIT_LIST] = "SELECT id" AUDIT_COLUMNS(NAME) ", count, first_s, last_s FROM "
                                                       "(SELECT * FROM audit WHERE " AUDIT_FILTER
                                                       "ORDER BY id DESC LIMIT ?5) ORDER BY id",
    [SQL_AUDIT_PARTS] =
        "SELECT id, at_s FROM (SELECT id, at_s, row_number() OVER (ORDER BY id) AS n FROM audit "
        "WHERE " AUDIT_FILTER ") WHERE n % ?5 = 1 OR ?5 = 1",
    /* Of the newest ?3 rows: no index serves who asks for one actor's, and the audit is long. */
    [SQL_AUDIT_RECENT] = "SELECT id" AUDIT_COLUMNS(
        NAME) ", count, first_s, last_s FROM audit WHERE id > (SELECT max(id) FROM audit) - ?3 "
              "AND actor = ?1 AND action = ?2 ORDER BY id DESC LIMIT ?4",
    [SQL_AUDIT_ABOUT] = "SELECT id" AUDIT_COLUMNS(
        NAME) ", count, first_s, last_s FROM audit WHERE id > (SELECT max(id) FROM audit) - ?2 "
              "AND (actor = ?1 OR subject = ?1) ORDER BY id DESC LIMIT ?3",
    /* The expired ones of the oldest ?2, up to the first that is to stay. */
    [SQL_AUDIT_PURGE] =
        "WITH oldest AS (SELECT id, at_s, expires_s FROM audit ORDER BY id LIMIT ?2) "
        "DELETE FROM audit WHERE id IN (SELECT id FROM oldest WHERE id < "
        "coalesce((SELECT min(id) FROM oldest WHERE NOT (" AUDIT_GOES ")), 9223372036854775807))",
    [SQL_AUDIT_SUM_ADD] =
        "UPDATE audit_sum SET count = count + 1, first_s = CASE WHEN count = 0 THEN ?7 ELSE first_s END, "
        "last_s = ?7, address = ?6 WHERE action = ?1 AND actor = ?2 AND result = ?3 AND client_id = ?4 "
        "AND dialect = ?5 RETURNING count",
    [SQL_AUDIT_SUM_PUT] = "INSERT INTO audit_sum (action, actor, result, client_id, dialect, address, "
                          "first_s, last_s, count, ends_s) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0, ?8)",
    [SQL_AUDIT_SUM_COUNT] = "SELECT count(*) FROM audit_sum",
    [SQL_AUDIT_SUM_DUE] = "SELECT EXISTS (SELECT 1 FROM audit_sum WHERE ends_s <= ?1) OR "
                          "EXISTS (SELECT 1 FROM audit_sum WHERE ends_s > ?2)",
    [SQL_AUDIT_SUM_FOLD] =
        "INSERT INTO audit (at_s, actor, action, result, client_id, dialect, address, expires_s, count, "
        "first_s, "
        "last_s) SELECT ?3, actor, action, result, client_id, dialect, address, ?4, count, first_s, last_s "
        "FROM audit_sum WHERE (ends_s <= ?1 OR ends_s > ?2) AND count > 0 ORDER BY first_s",
    [SQL_AUDIT_SUM_CLEAR] = "DELETE FROM audit_sum WHERE ends_s <= ?1 OR ends_s > ?2",
    [SQL_AUDIT_SUM_LIST] =
        "SELECT 0, ends_s, actor, action, '', result, client_id, dialect, address, 0, count, first_s, last_s "
        "FROM audit_sum WHERE count > 0 ORDER BY first_s",

    [SQL_LOOK_LIST] = "SELECT name, value FROM look WHERE typeof(value) = 'text'",
    [SQL_LOOK_PUT] = "INSERT INTO look (name, value) VALUES (?1, ?2) "
                     "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [SQL_LOOK_IMAGE] = "SELECT value FROM look WHERE name = ?1 AND typeof(value) = 'blob'",
    [SQL_LOOK_REMOVE] = "DELETE FROM look WHERE name = ?1",
    [SQL_COUNTER_ADD] =
        "INSERT INTO counter (hour_s, name, count, sum) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (hour_s, name) DO UPDATE SET count = count + ?3, sum = sum + ?4 RETURNING count",
    [SQL_COUNTER_GET] = "SELECT count FROM counter WHERE hour_s = ?1 AND name = ?2",
    [SQL_COUNTER_LIST] = "SELECT hour_s, name, count, sum FROM counter WHERE hour_s >= ?1 AND hour_s < ?2 "
                         "ORDER BY hour_s, name",
    [SQL_COUNTER_LIVE] = "SELECT (SELECT count(*) FROM session WHERE expires_s > ?1 AND revoked_s IS NULL), "
                         "(SELECT count(*) FROM browser_session WHERE idle_end_s > ?1)",
    /* ?1 is when the oldest that stays began. */
    [SQL_COUNTER_PURGE] = "DELETE FROM counter WHERE (hour_s, name) IN "
                          "(SELECT hour_s, name FROM counter WHERE hour_s < ?1 ORDER BY hour_s LIMIT ?2)",
};
