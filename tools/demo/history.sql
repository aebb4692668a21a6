-- Ninety days of a site that never was, for the charts, lists and the audit of the demo: what an hour had is made of its number,
-- so that whoever looks at the same time sees the same.
-- Run by tools/demo/run with sqlite3(1), after `init --demo` and the import of people.csv, before anything serves.
PRAGMA foreign_keys = ON;
BEGIN IMMEDIATE;

-- ---- Counters, by the hour --------------------------------------------------------------------------------------
-- How busy an hour of a working day is, in the zone of the demo (UTC+8).
CREATE TEMP TABLE busy (hour INTEGER PRIMARY KEY, share INTEGER);
INSERT INTO busy VALUES (0,2),(1,1),(2,1),(3,0),(4,0),(5,1),(6,3),(7,12),(8,64),(9,88),(10,52),(11,33),
                        (12,26),(13,47),(14,66),(15,55),(16,43),(17,34),(18,19),(19,12),(20,10),(21,9),(22,6),(23,4);

-- logins: what the hour had of them, more every month; attack: whether somebody tried passwords; noise: 0 to 99, the hour's own.
CREATE TEMP TABLE hours AS
WITH RECURSIVE
    this(hour_s) AS (SELECT unixepoch() / 3600 * 3600),
    back(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM back WHERE n < 90 * 24),
    each(n, hour_s) AS (SELECT n, hour_s - n * 3600 FROM back, this),
    known(n, hour_s, hour, weekday, noise) AS (
        SELECT n, hour_s, (hour_s + 28800) / 3600 % 24, ((hour_s + 28800) / 86400 + 4) % 7,
               (hour_s / 3600 * 1103515245 + 12345) % 2147483648 / 65536 % 100
        FROM each)
SELECT hour_s, hour, noise,
       share * iif(weekday IN (0, 6), 20, 100) * (70 + noise * 6 / 10) * (2900 - n) / 29000000 AS logins,
       (n BETWEEN 24 * 9 AND 24 * 9 + 4) OR (n BETWEEN 27 AND 29) AS attack
FROM known JOIN busy USING (hour);

CREATE TEMP TABLE counted (hour_s, name, count, sum);
INSERT INTO counted SELECT hour_s, 'login.ok', logins, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'login.wrong', logins / 9 + attack * (31 + noise / 3), 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'login.refused', logins / 60 + attack * (12 + noise / 6), 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'login.locked', noise > 93, 0 FROM hours WHERE logins > 0;
INSERT INTO counted SELECT hour_s, 'captcha.issued', logins * 137 / 100 + attack * 90, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.solved.5', logins * 13 / 100, logins * 13 / 100 * 4 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.solved.10', logins * 44 / 100, logins * 44 / 100 * 8 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.solved.20', logins * 37 / 100, logins * 37 / 100 * 14 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.solved.40', logins * 12 / 100, logins * 12 / 100 * 27 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.solved.more', logins * 3 / 100, logins * 3 / 100 * 66 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.wrong', logins * 9 / 100 + attack * 42, (logins * 9 / 100) * 12 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.unknown', logins * 3 / 100, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'captcha.limited', attack * 6, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'lock.account', (noise > 90 AND logins > 3) + attack * 2, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'lock.address', (noise > 95 AND logins > 3) + attack * (3 + noise / 20), 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'token.issued', logins * 8 / 10, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'refresh.ok', logins * 21 / 10, 0 FROM hours;
INSERT INTO counted SELECT hour_s, 'refresh.reused', noise > 96, 0 FROM hours WHERE logins > 2;
INSERT INTO counted SELECT hour_s, 'browser.started', logins * 3 / 10, 0 FROM hours;
INSERT INTO counter (hour_s, name, count, sum) SELECT hour_s, name, count, sum FROM counted WHERE count > 0;
-- Samples: what was begun within the last hours is open.
INSERT INTO counter (hour_s, name, count, sum)
    SELECT hour_s, 'tokens.live', sum(logins) OVER day * 3 / 10 + 14, 0 FROM hours
    WINDOW day AS (ORDER BY hour_s ROWS 12 PRECEDING);
INSERT INTO counter (hour_s, name, count, sum)
    SELECT hour_s, 'browsers.live', sum(logins) OVER day / 10 + 6, 0 FROM hours
    WINDOW day AS (ORDER BY hour_s ROWS 5 PRECEDING);

-- ---- People -----------------------------------------------------------------------------------------------------
UPDATE tenant SET created_s = unixepoch() - 90 * 86400;
UPDATE client SET created_s = unixepoch() - 90 * 86400;
UPDATE user_group SET created_s = unixepoch() - 90 * 86400;
CREATE TEMP TABLE people AS
    SELECT id, account, tenant_id, row_number() OVER (ORDER BY account) AS n, count(*) OVER () AS all_of_them FROM user;
UPDATE user SET (created_s, password_changed_s, last_login_s) =
    (SELECT unixepoch() - 90 * 86400 + n * 4000, unixepoch() - n * 5 * 86400 - 900,
            iif(account = 'guest', NULL, unixepoch() - n * n * 4100)
     FROM people WHERE people.id = user.id);
UPDATE user SET email_verified = 1 WHERE email <> '' AND account <> 'liuyang';
UPDATE user SET locked = 1 WHERE account = 'guest';
UPDATE user SET password_expired = 1 WHERE account = 'yangxiuying';

-- As many open sign-ins of applications as the last sample says.
INSERT INTO session (user_id, client_id, tenant_id, dialect, scope, address, created_s, family_end_s, expires_s)
    SELECT id, 'sword', tenant_id, 'blade', 'all', '192.168.1.' || (20 + people.n * 3), unixepoch() - hours.hour * 600,
           unixepoch() + 80 * 86400, unixepoch() + 20 * 86400 + hours.noise * 3600
    FROM hours JOIN people ON people.n = 1 + hours.hour_s / 3600 % people.all_of_them
    WHERE account <> 'guest' ORDER BY hours.hour_s DESC
    LIMIT (SELECT count FROM counter WHERE name = 'tokens.live' ORDER BY hour_s DESC LIMIT 1);

-- Browsers that somebody is signed in with; nobody has their secrets.
INSERT INTO browser_session (secret_hash, user_id, created_s, seen_s, end_s, idle_end_s, idle_s, address, user_agent, proof, proved_s)
    SELECT randomblob(32), people.id, unixepoch() - b.ago, unixepoch() - b.seen, unixepoch() + 30 * 86400,
           unixepoch() + 30 * 86400, 0, b.address, b.agent, 'pwd', unixepoch() - b.ago
    FROM (SELECT 'admin' AS account, 3 * 86400 AS ago, 5400 AS seen, '192.168.1.23' AS address,
                 'Mozilla/5.0 (Linux; Android 14; HUAWEI P60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36' AS agent
          UNION ALL SELECT 'admin', 20 * 86400, 9 * 86400, '10.20.0.8',
                 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0'
          UNION ALL SELECT 'wangfang', 86400, 300, '192.168.1.41',
                 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15'
          UNION ALL SELECT 'jsmith', 2 * 86400, 7200, '2001:db8:5::7',
                 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'
          UNION ALL SELECT 'liwei', 4000, 60, '192.168.1.52',
                 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1') AS b
    JOIN people USING (account);

-- ---- The audit: what init wrote goes, since rows stand in the order of time ---------------------------------------
DELETE FROM audit WHERE id = (SELECT min(id) FROM audit);
DELETE FROM audit WHERE id = (SELECT min(id) FROM audit);
CREATE TEMP TABLE told (at_s, actor, action, subject, result, client_id, dialect, address, count, first_s, last_s);
INSERT INTO told
    SELECT hour_s + noise * 29 % 3600, 'user:' || tenant_id || '/' || account, 'login', '',
           iif((noise * 7 + n) % 11 = 0, 'login_incorrect', 'ok'), iif(noise % 3 = 0, '', 'sword'),
           iif(noise % 3 = 0, 'portal', 'blade'), '192.168.1.' || (20 + n * 3), 1, NULL, NULL
    FROM hours JOIN people ON people.n = 1 + (hour_s / 3600 * 5 + noise) % people.all_of_them
    WHERE hour BETWEEN 8 AND 19 AND logins > 0 AND account <> 'guest' AND hour_s > unixepoch() - 30 * 86400;
INSERT INTO told
    SELECT hour_s + 3599, '', 'login', '', 'login_incorrect', 'sword', 'blade', '203.0.113.' || (noise % 60), 31 + noise / 3,
           hour_s + 4, hour_s + 3590
    FROM hours WHERE attack;
INSERT INTO told
    SELECT unixepoch() - ago, actor, action, subject, 'ok', '', iif(actor LIKE 'user:%', 'portal', ''),
           iif(actor LIKE 'user:%', '192.168.1.23', ''), 1, NULL, NULL
    FROM (SELECT 90 * 86400 AS ago, 'admin:root' AS actor, 'init' AS action, '' AS subject
          UNION ALL SELECT 90 * 86400 - 60, 'admin:root', 'user.import', 'people.csv: 12'
          UNION ALL SELECT 41 * 86400, 'user:000000/admin', 'user.lock', 'user:000000/guest'
          UNION ALL SELECT 29 * 86400 + 7000, 'user:000000/admin', 'client.secret', 'client:sword'
          UNION ALL SELECT 17 * 86400 + 3000, 'user:000000/admin', 'user.set', 'user:000000/chenjing'
          UNION ALL SELECT 8 * 86400 + 20000, 'user:000000/admin', 'throttle.clear', 'address:203.0.113.17'
          UNION ALL SELECT 5 * 86400 + 11000, 'admin:root', 'key.rotate', 'HS256'
          UNION ALL SELECT 86400 + 9000, 'user:000000/admin', 'user.unlock', 'user:000000/zhaolei');
INSERT INTO audit (at_s, actor, action, subject, result, client_id, dialect, address, expires_s, count, first_s, last_s)
    SELECT at_s, actor, action, subject, result, client_id, dialect, address, at_s + 180 * 86400, count, first_s, last_s
    FROM told ORDER BY at_s;
COMMIT;
