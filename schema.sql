-- The whole database of Menshen: one SQLite file, shared by all worker processes. This file is embedded into the
-- binary at build time; `menshen init` runs it once. Later versions change a database that exists by the
-- migrations in src/store/migration.c, numbered by user_version, and keep this file at the newest state.
--
-- Times are Unix seconds (…_s). Booleans are 0 and 1. Lists are comma-joined, as they stand in the answers.

PRAGMA application_id = 0x4D656E53; -- "MenS": file(1) and doctor recognise the file
PRAGMA user_version = 4;

-- What belongs to the site as a whole and is made once, at init.
CREATE TABLE setting (
    name  TEXT PRIMARY KEY, -- 'captcha_style': seed of this site's captcha style, 32 bytes
                            -- 'client_pepper': HMAC-SHA-256 key over client secrets, 32 bytes
                            -- 'sm2_key': private key that browsers encrypt passwords to (SM2), 32 bytes
    value BLOB NOT NULL     -- a random secret, never changed but by the commands that say so
) STRICT, WITHOUT ROWID;

-- Keys that sign tokens (JWS). Of the keys of an algorithm that may sign now the newest signs; every one that is not
-- retired verifies.
CREATE TABLE sign_key (
    kid          TEXT PRIMARY KEY,    -- key id, 16 hex digits
    alg          TEXT NOT NULL CHECK (alg IN ('HS256', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA')), -- RFC 7518, 8037
    secret       BLOB NOT NULL,       -- HS…: raw HMAC key, 32 bytes or more; else the private key, PKCS #8 DER
    created_s    INTEGER NOT NULL,    -- when it was made
    signs_from_s INTEGER NOT NULL,    -- from then on it signs; published before, so that others know it by then
    retired_s    INTEGER              -- from then on it neither signs nor verifies; NULL: no end is set
) STRICT, WITHOUT ROWID;

-- A tenant: a separate population of users. Sites without tenants have the one, '000000'.
CREATE TABLE tenant (
    id        TEXT PRIMARY KEY,    -- as clients send it in Tenant-Id: letters, digits, - and _
    name      TEXT NOT NULL,       -- field tenant_name
    locked    INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)), -- nobody of it logs in
    created_s INTEGER NOT NULL     -- when it was added
) STRICT, WITHOUT ROWID;

-- An application that asks for tokens (RFC 6749 §2).
CREATE TABLE client (
    id            TEXT PRIMARY KEY, -- client_id
    secret_mac    BLOB,             -- HMAC-SHA-256 of the secret under client_pepper; NULL: cannot authenticate
    old_secret_mac BLOB,            -- the secret before the last rotation, as long as it is good too
    old_secret_until_s INTEGER,     -- when that ends
    grants        TEXT NOT NULL,    -- of captcha, password, refresh_token, client_credentials
    scope         TEXT NOT NULL DEFAULT 'all', -- scopes it may ask for
    password_wire TEXT NOT NULL DEFAULT 'md5' CHECK (password_wire IN ('md5', 'plain', 'sm2')), -- how it sends passwords
    alg           TEXT CHECK (alg IN ('HS256', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA')), -- signs its access
                                    -- tokens; NULL: the site's newest HMAC key, whichever of HS… that has
    audience      TEXT NOT NULL DEFAULT '', -- claim aud of its access tokens; '': none
    access_ttl_s  INTEGER,          -- lifetime of its access tokens; NULL: [token] access_ttl
    refresh_ttl_s INTEGER,          -- lifetime of its refresh tokens; NULL: [token] refresh_ttl
    locked        INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)), -- it gets nothing
    created_s     INTEGER NOT NULL, -- when it was added
    refresh_reuse TEXT CHECK (refresh_reuse IN ('end', 'same-address', 'refuse')), -- what becomes of a refresh token
                                    -- that is used again (auth/token_style.h); NULL: as its dialect has it
    redirect_uris TEXT NOT NULL DEFAULT '' -- where OpenID Connect may lead people back to, comma-joined
) STRICT, WITHOUT ROWID;

-- A person.
CREATE TABLE user (
    id                  INTEGER PRIMARY KEY,      -- field user_id: time and chance, 19 digits as Blade's are
    tenant_id           TEXT NOT NULL REFERENCES tenant (id), -- the population it belongs to
    account             TEXT NOT NULL,            -- login name, in NFC; unique as it is spelled
    password_hash       TEXT NOT NULL,            -- Argon2id, PHC string, over the lower-case hex MD5 of the password; or
                                                  -- an imported verifier (crypto/password.h) until the first login
    password_changed_s  INTEGER NOT NULL,         -- field password_last_update_date
    password_expired    INTEGER NOT NULL DEFAULT 0 CHECK (password_expired IN (0, 1)), -- front ends ask for a new one
    real_name           TEXT NOT NULL DEFAULT '', -- field real_name; custName of eplatform
    nick_name           TEXT NOT NULL DEFAULT '', -- field nick_name
    role_id             TEXT NOT NULL DEFAULT '', -- comma-joined list, as role_name, dept_id and post_id
    role_name           TEXT NOT NULL DEFAULT '', -- names of these roles
    dept_id             TEXT NOT NULL DEFAULT '', -- departments
    post_id             TEXT NOT NULL DEFAULT '', -- posts
    oauth_id            TEXT NOT NULL DEFAULT '', -- id at a third-party login
    id_number           TEXT NOT NULL DEFAULT '', -- field idNumber of eplatform
    locked              INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)), -- does not log in; open sessions end
    created_s           INTEGER NOT NULL,         -- when it was added
    account_folded      TEXT NOT NULL DEFAULT '', -- what account has in common with those that differ in case or
                                                  -- width only (base/account.h); logins are found by it
    email               TEXT NOT NULL DEFAULT '', -- e-mail address; several people may share one
    email_verified      INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1)), -- a link sent there came back
    phone               TEXT NOT NULL DEFAULT '', -- digits, and + - ( ) and blanks among them
    locale              TEXT NOT NULL DEFAULT '', -- language of pages and mails: zh-Hans, zh-Hant, en; '': the browser's
    external_id         TEXT NOT NULL DEFAULT '', -- id in the directory that the person comes from
    last_login_s        INTEGER,                  -- when the last login was, of any kind; NULL: there was none
    unlocked_s          INTEGER,                  -- when an administrator unlocked it last, which counts as use
    UNIQUE (tenant_id, account)
) STRICT;
CREATE INDEX user_folded ON user (tenant_id, account_folded);
CREATE INDEX user_email ON user (email COLLATE NOCASE) WHERE email <> '';
-- The orders in which people are listed, a page at a time (store/user_search.h).
CREATE INDEX user_name ON user (real_name);
CREATE INDEX user_login ON user (coalesce(last_login_s, 0));
CREATE INDEX user_created ON user (created_s);

-- A group of people of any tenant. Roles are of the applications; groups are of this site: members of 'admins', which is
-- always there, administer it in the portal.
CREATE TABLE user_group (
    name      TEXT PRIMARY KEY,         -- letters, digits, - _ and .
    title     TEXT NOT NULL DEFAULT '', -- what people see
    networks  TEXT NOT NULL DEFAULT '', -- comma-joined ranges that its members sign in from; '': from anywhere
    created_s INTEGER NOT NULL          -- when it was added
) STRICT, WITHOUT ROWID;
INSERT INTO user_group (name, title, created_s)
    VALUES ('admins', '管理员', CAST(strftime('%s', 'now') AS INTEGER));

-- Who is in which group.
CREATE TABLE group_member (
    user_id    INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL REFERENCES user_group (name) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_group ON group_member (group_name);

-- A person who signed in to the portal, in one browser. The cookie holds a random secret of 128 bits, the row its
-- digest: whoever reads the database cannot become anybody by it. A session that ends is deleted.
CREATE TABLE browser_session (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- names it in forms: never given again
    secret_hash BLOB NOT NULL UNIQUE,     -- SHA-256 of the cookie's secret, 32 bytes
    user_id     INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE, -- whose it is
    created_s   INTEGER NOT NULL,         -- when the person signed in
    seen_s      INTEGER NOT NULL,         -- when it was used last, to the minute
    end_s       INTEGER NOT NULL,         -- it ends then, whatever happens
    idle_end_s  INTEGER NOT NULL,         -- it ends then unless it is used before; at most end_s
    idle_s      INTEGER NOT NULL,         -- how long it may be idle; 0: as long as it lasts
    address     TEXT NOT NULL,            -- where the person signed in
    user_agent  TEXT NOT NULL DEFAULT '', -- what the browser said it is
    proof       TEXT NOT NULL,            -- how the person proved himself, comma-joined (RFC 8176): 'pwd', 'link'
    proved_s    INTEGER NOT NULL          -- and when last
) STRICT;
CREATE INDEX browser_session_user ON browser_session (user_id);
CREATE INDEX browser_session_idle_end ON browser_session (idle_end_s);

-- A link that lets its person do one thing once. It holds a random secret of 128 bits, the row its digest. Taken with
-- one DELETE … RETURNING.
CREATE TABLE link (
    id          INTEGER PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,     -- SHA-256 of the link's secret, 32 bytes
    purpose     TEXT NOT NULL CHECK (purpose IN ('invitation', 'reset', 'email')), -- auth/link.h
    user_id     INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE, -- whom it is for
    detail      TEXT NOT NULL DEFAULT '', -- of 'email': the address that it proves
    created_s   INTEGER NOT NULL,         -- when it was made
    expires_s   INTEGER NOT NULL          -- it is good while expires_s > now
) STRICT;
CREATE INDEX link_user ON link (user_id);
CREATE INDEX link_expires ON link (expires_s);

-- Verifiers that a person had before, for [policy] password_history: the newest few are kept.
CREATE TABLE password_history (
    id            INTEGER PRIMARY KEY, -- order of change
    user_id       INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    changed_s     INTEGER NOT NULL,    -- when this one was set
    password_hash TEXT NOT NULL        -- as in user
) STRICT;
CREATE INDEX password_history_user ON password_history (user_id);

-- Mail that is to be sent. Written in the transaction of what it tells of.
CREATE TABLE mail (
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- order of writing
    user_id   INTEGER REFERENCES user (id) ON DELETE CASCADE, -- whom it is to; NULL: nobody of the site
    recipient TEXT NOT NULL,              -- e-mail address
    subject   TEXT NOT NULL,              -- UTF-8, one line
    body      TEXT NOT NULL,              -- UTF-8
    created_s INTEGER NOT NULL,           -- when it was written
    next_s    INTEGER NOT NULL,           -- when it is tried next
    tries     INTEGER NOT NULL DEFAULT 0, -- how often it was tried in vain
    expires_s INTEGER NOT NULL            -- then it is given up
) STRICT;
CREATE INDEX mail_next ON mail (next_s);
CREATE INDEX mail_expires ON mail (expires_s);
CREATE INDEX mail_user ON mail (user_id) WHERE user_id IS NOT NULL;

-- What happened how often, by the hour, for charts.
CREATE TABLE counter (
    hour_s INTEGER NOT NULL, -- beginning of the hour
    name   TEXT NOT NULL,    -- 'login.ok', … (store/counter_store.h)
    count  INTEGER NOT NULL, -- how often
    sum    INTEGER NOT NULL, -- of what was measured; 0 where nothing is
    PRIMARY KEY (hour_s, name)
) STRICT, WITHOUT ROWID;

-- How the portal looks, as set in it; wins over the configuration.
CREATE TABLE look (
    name  TEXT PRIMARY KEY, -- 'title', 'logo', 'accent', 'notice', 'footer', …
    value ANY NOT NULL      -- a text; an image is its bytes
) STRICT, WITHOUT ROWID;

-- A captcha that waits for its answer. Taken with one DELETE … RETURNING: the first answer consumes it.
-- The table is a ring: when as many as [captcha] max_live allows were issued since the oldest that is still there, the
-- next one takes the place of an older one: of a network that asks for many if there is one, else of the oldest of all.
CREATE TABLE captcha (
    seq       INTEGER PRIMARY KEY,  -- order of issue
    id        TEXT NOT NULL UNIQUE, -- what the client sends back; shape by dialect
    network   TEXT,                 -- where it was asked for, an IPv4 address' /24 or an IPv6 address' /48, if that
                                    -- asks for many; NULL: it does not, and costs no entry in the index
    dialect   TEXT NOT NULL,        -- one issued in a dialect is not accepted in another
    answer    TEXT NOT NULL,        -- what is right; letters in lower case
    expires_s INTEGER NOT NULL      -- it lives while expires_s > now
) STRICT;
CREATE INDEX captcha_network ON captcha (network) WHERE network IS NOT NULL; -- and by seq, which is the rowid

-- Counters of what is limited: failed logins and issued captchas.
CREATE TABLE throttle (
    subject TEXT PRIMARY KEY,      -- 'account:TENANT/ACCOUNT', 'account:#BUCKET' (such as do not exist),
                                   -- 'address:ADDRESS', 'client:ID', 'captcha:ADDRESS', 'secret:ADDRESS' (wrong client
                                   -- secrets); IPv6 as its /64, of captchas its /48 too; 'address:' and 'secret:' alone
                                   -- count the new addresses
    count   INTEGER NOT NULL,      -- within this window
    ends_s  INTEGER NOT NULL       -- end of the window; the counter counts while ends_s > now
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_ends ON throttle (ends_s);

-- One login, and all tokens that were refreshed from it (a family). Ending it ends all of them.
CREATE TABLE session (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- named by its tokens' rows, which may outlive it: never given
                                          -- again, or they would become another's
    user_id     INTEGER REFERENCES user (id) ON DELETE CASCADE, -- NULL: client_credentials
    client_id   TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE, -- who asked for it
    tenant_id   TEXT NOT NULL,            -- tenant of the login
    dialect     TEXT NOT NULL,            -- dialect of the login
    scope       TEXT NOT NULL,            -- granted scopes, comma-joined
    fingerprint TEXT NOT NULL DEFAULT '', -- parameter fp of blade
    address     TEXT NOT NULL,            -- where the login came from
    created_s   INTEGER NOT NULL,         -- when the login was
    family_end_s INTEGER NOT NULL,        -- no token of it outlives this
    expires_s   INTEGER NOT NULL,         -- last expiry of its tokens; then it is purged
    revoked_s   INTEGER,                  -- NULL: valid
    newest_token_id INTEGER,              -- the row of table token that was added last; NULL: none was refreshed yet
    refresh_address TEXT NOT NULL DEFAULT '' -- where that was asked for
) STRICT;
CREATE INDEX session_user ON session (user_id);
CREATE INDEX session_client ON session (client_id);
CREATE INDEX session_expires ON session (expires_s);

-- Issued tokens by jti, one row for an access token and the refresh token that came with it. Never the token itself:
-- it is minted again from this row when a used refresh token is sent again within the grace window.
CREATE TABLE token (
    id                INTEGER PRIMARY KEY, -- order of issue
    session_id        INTEGER NOT NULL, -- no REFERENCES: a token whose session is gone is invalid, and an index to
                                        -- check it would be written at every refresh
    jti               TEXT NOT NULL UNIQUE, -- access token; the refresh token names it in its claim ati
    refresh_jti       TEXT,             -- NULL: no refresh token was issued
    issued_s          INTEGER NOT NULL, -- claim iat
    access_expires_s  INTEGER NOT NULL, -- claim exp of the access token
    refresh_expires_s INTEGER NOT NULL, -- equals access_expires_s when there is no refresh token; purged then
    used_s            INTEGER,          -- when it was refreshed; NULL: not yet
    successor_id      INTEGER           -- the row it was refreshed to; NULL again once a reuse after the grace window
                                        -- was recorded, which is done once
) STRICT;
CREATE INDEX token_expires ON token (refresh_expires_s);

-- Who did what, when, from where. Rows are never changed, and leave only from the old end, when they expire.
CREATE TABLE audit (
    id        INTEGER PRIMARY KEY,        -- order of events
    at_s      INTEGER NOT NULL,           -- when
    actor     TEXT NOT NULL,              -- who: 'user:TENANT/ACCOUNT', 'client:ID', 'admin:SYSTEM USER'; '': not known
    action    TEXT NOT NULL,              -- what: 'login', 'user.lock', … (auth/audit.h)
    subject   TEXT NOT NULL DEFAULT '',   -- to whom or what: 'user:TENANT/ACCOUNT', 'client:ID', 'key:KID', …
    result    TEXT NOT NULL,              -- 'ok', or the outcome's name in the log
    client_id TEXT NOT NULL DEFAULT '',   -- through which client
    dialect   TEXT NOT NULL DEFAULT '',   -- in which dialect; '' on the command line
    address   TEXT NOT NULL DEFAULT '',   -- from where; '' on the command line
    expires_s INTEGER NOT NULL,           -- when it may go ([audit] retention as it was then)
    count     INTEGER NOT NULL DEFAULT 1, -- how many events it tells of
    first_s   INTEGER,                    -- where it tells of several: when the first of them was
    last_s    INTEGER                     -- and the last; NULL: it tells of one
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT raise(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_leaves_from_the_old_end BEFORE DELETE ON audit WHEN OLD.id > (SELECT min(id) FROM audit)
    BEGIN SELECT raise(ABORT, 'audit rows leave from the old end only'); END;

-- What strangers cause (wrong passwords and secrets) is summed up: the first of its kind is a row of the audit at once,
-- what follows within a window is counted here, and becomes one more row when the window is over.
CREATE TABLE audit_sum (
    action    TEXT NOT NULL,    -- what all of them have in common, as in audit
    actor     TEXT NOT NULL,    -- 'others': the kinds were too many in this window
    result    TEXT NOT NULL,
    client_id TEXT NOT NULL,
    dialect   TEXT NOT NULL,
    address   TEXT NOT NULL,    -- from where the last one came
    count     INTEGER NOT NULL, -- how many there were since the one that is in the audit
    first_s   INTEGER NOT NULL, -- when the first of these was
    last_s    INTEGER NOT NULL, -- and the last
    ends_s    INTEGER NOT NULL, -- end of the window
    PRIMARY KEY (action, actor, result, client_id, dialect)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_sum_ends ON audit_sum (ends_s);
