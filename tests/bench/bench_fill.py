"""
Fills a site's database as years of use would: users, sessions, and token rows of the last SPAN_DAYS days in the shape
that the program writes. By SQL, since a million logins would take ten hours.
"""

import base64
import hashlib
import hmac
import json
import shutil
import sqlite3
import time
from contextlib import closing

DAY_S = 86400
TTL_S = 30 * DAY_S  # of access tokens too, so that tokens from all over the rows can be checked
SPAN_DAYS = 31  # so that what is older than TTL_S waits for the purge
TENANT, CLIENT = "000000", "sword"
FIRST_USER_ID = 1_500_000_000_000_000_000
FIRST_SESSION_ID = FIRST_TOKEN_ID = 1_000  # behind the few of the demo
BYTES_PER_TOKEN, BYTES_PER_USER = 230, 350  # rows and indices, sessions shared out among their tokens

# A rotation: a token is used half a day after it was issued; the row issued then is its successor. So rows come in
# blocks of two half days: session s has its first token in the one, and its second in the other.
HALVES_PER_DAY = 2

NUMBERS = "WITH RECURSIVE n (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < :count) "

# Ids of version 7 begin with their time, as the program's do; those of version 4 are random throughout.
UUID = {
    7: "lower(printf('%08x-%04x-7', {t} * 1000 / 65536, {t} * 1000 % 65536) || substr(hex(randomblob(2)), 2) || '-' || "
       "substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
    4: "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
       "substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))",
}  # fmt: skip

USERS = NUMBERS + """
    INSERT INTO user (id, tenant_id, account, account_folded, password_hash, password_changed_s, real_name, nick_name,
                      role_id, role_name, dept_id, post_id, created_s)
    SELECT :first_user + (k << 22) + (k * 2654435761 & 0x3FFFFF), :tenant, printf('user%07d', k), printf('user%07d', k),
           :hash, :start, '王小明', '小明', '1123598816738675201', 'administrator', '1123598813738675201', '1123598817738675201', :start
    FROM n"""

# Session s belongs to a user from anywhere: a multiplier without a common divisor with the number of users.
SESSIONS = NUMBERS + """
    INSERT INTO session (id, user_id, client_id, tenant_id, dialect, scope, address, created_s, family_end_s, expires_s)
    SELECT :first_session + k, :first_user + (u << 22) + (u * 2654435761 & 0x3FFFFF), :client, :tenant, 'blade', 'all',
           printf('10.%d.%d.%d', k & 255, k >> 8 & 255, k >> 16 & 255), t, t + 7776000, t + :half_s + :ttl_s
    FROM (SELECT k, k * 7368787 % :users AS u,
                 :start + CAST((k / :block * 2 * :block + k % :block) * :step_s AS INTEGER) AS t FROM n)"""

TOKENS = NUMBERS + """
    INSERT INTO token (id, session_id, jti, refresh_jti, issued_s, access_expires_s, refresh_expires_s, used_s,
                       successor_id)
    SELECT :first_token + k, :first_session + k / (2 * :block) * :block + k % :block, {uuid}, {uuid},
           t, t + :ttl_s, t + :ttl_s, iif(is_first, t + :half_s, NULL), iif(is_first, :first_token + k + :block, NULL)
    FROM (SELECT k, k % (2 * :block) < :block AS is_first, :start + CAST(k * :step_s AS INTEGER) AS t FROM n)"""


def needed_bytes(users, tokens):
    """On disk, while the log is copied back and indices are sorted."""
    return 2 * (users * BYTES_PER_USER + tokens * BYTES_PER_TOKEN)


def has_room(folder, users, tokens):
    return shutil.disk_usage(folder).free > needed_bytes(users, tokens) + (1 << 30)


def _whole_blocks(tokens):
    """Half a block, in rows; the number of rows is a multiple of the block."""
    half = max(1, tokens // (SPAN_DAYS * HALVES_PER_DAY))
    return half, tokens // (2 * half) * (2 * half)


def fill(site, users, tokens, version=7):
    """Seconds that it took. Nobody else may have the database open."""
    begun = time.monotonic()
    half, tokens = _whole_blocks(tokens)
    now = int(time.time())
    with closing(sqlite3.connect(site.data / "menshen.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE").fetchall()  # out of WAL, which OFF alone does not do
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -1500000"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        hash_ = db.execute("SELECT password_hash FROM user").fetchone()[0]
        common = {
            "start": now - SPAN_DAYS * DAY_S, "step_s": SPAN_DAYS * DAY_S / tokens, "half_s": DAY_S // HALVES_PER_DAY,
            "ttl_s": TTL_S, "block": half, "users": users, "tenant": TENANT, "client": CLIENT, "hash": hash_,
            "first_user": FIRST_USER_ID, "first_session": FIRST_SESSION_ID, "first_token": FIRST_TOKEN_ID,
        }  # fmt: skip
        indices = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in indices:
            db.execute(f"DROP INDEX {name}")
        db.execute("BEGIN")
        db.execute("UPDATE client SET access_ttl_s = ?, refresh_ttl_s = ? WHERE id = ?", (TTL_S, TTL_S, CLIENT))
        db.execute(USERS, common | {"count": users})
        db.execute(SESSIONS, common | {"count": tokens // 2})
        db.execute(TOKENS.format(uuid=UUID[version].format(t="t")), common | {"count": tokens})
        db.execute("COMMIT")
        for _, sql in indices:
            db.execute(sql)
    return time.monotonic() - begun


# ---- Tokens of these rows ---------------------------------------------------------------------------------------


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


CLAIMS = """
    SELECT tenant.id, tenant.name, user.account, user.real_name, user.role_id, session.client_id, user.role_name,
           user.post_id, user.id, session.scope, user.nick_name, user.oauth_id, user.dept_id, user.password_changed_s,
           token.jti, token.refresh_jti, token.issued_s, token.access_expires_s, token.refresh_expires_s
    FROM token JOIN session ON session.id = token.session_id JOIN user ON user.id = session.user_id
         JOIN tenant ON tenant.id = user.tenant_id
    WHERE token.id = ? AND token.refresh_expires_s > ? AND session.revoked_s IS NULL"""


class Mint:
    """Makes the tokens of rows again, with the site's key and the claims that src/auth/claims.c writes."""

    def __init__(self, site):
        self.key = site.query("SELECT secret FROM sign_key WHERE alg = 'HS256' AND retired_s IS NULL")[0][0]
        self.head = _base64url(b'{"alg":"HS256","typ":"JWT"}')

    def token(self, row, is_refresh):
        (tenant, tenant_name, account, real_name, role, client, role_name, post, user, scope, nick_name, oauth, dept,
         changed_s, jti, refresh_jti, issued_s, access_s, refresh_s) = row  # fmt: skip
        claims = {
            "tenant_id": tenant, "tenant_name": tenant_name, "password_expired": False, "user_name": account,
            "real_name": real_name, "authorities": role.split(","), "client_id": client, "role_name": role_name,
            "license": "", "post_id": post, "user_id": str(user), "role_id": role, "scope": scope.split(","),
            "nick_name": nick_name,
        }  # fmt: skip
        claims |= {
            "oauth_id": oauth, "exp": access_s, "dept_id": dept, "password_last_update_date": changed_s * 1000,
            "jti": jti, "account": account, "token_type": "access_token", "iss": "menshen", "iat": issued_s,
        }  # fmt: skip
        if is_refresh:
            claims = {"token_type": "refresh_token", "iss": "menshen", "jti": refresh_jti, "ati": jti, "iat": issued_s,
                      "exp": refresh_s}  # fmt: skip
        body = _base64url(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode())
        text = self.head + b"." + body
        return (text + b"." + _base64url(hmac.digest(self.key, text, hashlib.sha256))).decode()
