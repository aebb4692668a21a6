"""Administration: clients and their secrets, tenants, sessions, and the audit, which says who did what and no secret."""

import hashlib
import json
import os
import re
import signal
import subprocess
import time

import pytest
from harness.desk import DONE, FAILED, USAGE, bare, desk, has_secret  # noqa: F401, two are fixtures
from harness.errors import blade
from harness.site import BINARY, DEADLINE_S
from harness.visitor import basic, bearer, md5
from harness.wire import get, post_json

PASSWORD = "Geheim-47-Wort"
EVENT = ["time", "actor", "action", "subject", "result", "client_id", "dialect", "address", "count", "id"]


def events(desk_or_site, *arguments):
    """What `audit tail` prints, an object a line."""
    say = getattr(desk_or_site, "say", None) or desk_or_site.cli
    return [json.loads(line) for line in say("audit", "tail", *arguments).splitlines()]


def actions(desk_or_site, *arguments):
    return [event["action"] for event in events(desk_or_site, *arguments)]


# ---- client -----------------------------------------------------------------------------------------------------


def test_a_client_is_shown_whole(desk):
    desk.say("client", "add", "api", "--grants", "client_credentials", "--alg", "ES256", "--audience", "https://a.example",
             "--password-wire", "sm2")
    shown = desk.json("client", "show", "api")
    assert abs(shown.pop("created_s") - time.time()) < 3600
    assert shown == {"id": "api", "secret": True, "grants": "client_credentials", "scope": "all", "password_wire": "sm2",
                     "alg": "ES256", "audience": "https://a.example", "access_ttl_s": None, "refresh_ttl_s": None,
                     "locked": False, "refresh_reuse": "dialect", "redirect_uris": "", "old_secret_until_s": None}
    assert desk.list("client")["api"] == desk.json("client", "show", "api")
    text = desk.say("client", "show", "api").splitlines()
    assert [line.split()[0] for line in text] == [
        "id", "secret", "grants", "scope", "password_wire", "alg", "audience", "access_ttl", "refresh_ttl", "locked", "created",
        "refresh_reuse", "redirect_uris", "old_secret_until"
    ]  # fmt: skip
    assert "alg               ES256" in text


def test_what_becomes_of_used_refresh_tokens_is_the_clients(desk):
    for named in ("end", "same-address", "refuse", "dialect"):
        desk.say("client", "set", "portal", "--refresh-reuse", named)
        assert desk.json("client", "show", "portal")["refresh_reuse"] == named
    assert desk.query("SELECT refresh_reuse FROM client WHERE id = 'portal'") == [(None,)]
    desk.say("client", "add", "strict", "--grants", "captcha", "--refresh-reuse", "end")
    desk.say("client", "set", "strict", "--access-ttl", "60")
    assert desk.json("client", "show", "strict")["refresh_reuse"] == "end", "what is not given stays"


def test_a_client_goes_back_to_the_sites_key_and_to_no_audience(desk):
    desk.say("client", "set", "portal", "--alg", "RS256", "--audience", "x")
    assert desk.query("SELECT alg, audience FROM client WHERE id = 'portal'") == [("RS256", "x")]
    desk.say("client", "set", "portal", "--alg", "site", "--audience", "")
    assert desk.query("SELECT alg, audience FROM client WHERE id = 'portal'") == [(None, "")]
    shown = desk.json("client", "show", "portal")
    assert (shown["alg"], shown["audience"]) == ("site", "")


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"])
def test_every_algorithm_can_be_chosen(desk, alg):
    before = len(desk.list("key"))
    desk.say("client", "set", "portal", "--alg", alg)
    assert desk.json("client", "show", "portal")["alg"] == alg
    keys = [row["alg"] for row in desk.json("key", "list")]
    assert keys.count(alg) == 1 and len(keys) == before + (alg != "HS256"), "a key is made where none signs"
    desk.say("client", "add", "app", "--grants", "captcha", "--alg", alg)
    desk.say("client", "set", "portal", "--audience", "x")
    assert len(desk.list("key")) == len(keys)


def test_a_client_that_cannot_be_made_leaves_no_key(desk):
    assert "is there already" in desk.say("client", "add", "portal", "--grants", "captcha", "--alg", "ES256", status=FAILED)
    assert "no client nobody" in desk.say("client", "set", "nobody", "--alg", "ES256", status=FAILED)
    assert [row["alg"] for row in desk.json("key", "list")] == ["HS256"]


@pytest.mark.parametrize(
    "arguments, named, status",
    [
        (["set", "portal", "--alg", "none"], "--alg none: expected one of site,HS256", USAGE),
        (["set", "portal", "--alg", "hs256"], "--alg hs256", USAGE),
        (["add", "2124117423587437108", "--grants", "captcha"], "digits only, as the ids of users are", USAGE),
        (["set", "portal", "--alg", ""], "--alg ", USAGE),
        (["set", "portal", "--alg", "HS256,RS256"], "--alg HS256,RS256", USAGE),
        (["set", "portal", "--refresh-reuse", "never"], "expected one of dialect,end,same-address,refuse", USAGE),
        (["set", "portal", "--audience", "a\nb"], "--audience: the value has a control character", USAGE),
        (["set", "portal", "--audience", "a" * 256], "--audience: longer than 255 bytes", USAGE),
        (["show", "nobody"], "no client nobody", FAILED),
        (["show"], "ID is missing", USAGE),
        (["secret", "portal", "--overlap", "-1"], "--overlap -1: expected a whole number from 0 to 31536000", USAGE),
        (["secret", "portal", "--overlap", "31536001"], "--overlap 31536001", USAGE),
        (["secret", "portal", "--revoke-old", "--overlap", "0"], "--revoke-old stands alone", USAGE),
        (["secret", "portal", "--revoke-old", "--secret"], "--revoke-old stands alone", USAGE),
        (["secret", "portal", "--revoke-old", "--json"], "--revoke-old stands alone", USAGE),
        (["secret", "nobody", "--revoke-old"], "no client nobody", FAILED),
    ],
)
def test_client_refuses(desk, arguments, named, status):
    before = desk.query("SELECT * FROM client")
    assert named in desk.say("client", *arguments, status=status)
    assert desk.query("SELECT * FROM client") == before


def macs(desk, client="portal"):
    ((new, old, until),) = desk.query(
        "SELECT secret_mac, old_secret_mac, old_secret_until_s FROM client WHERE id = ?", client
    )
    return new, old, until


def test_a_new_secret_leaves_the_old_one_for_a_day(desk):
    first = macs(desk)[0]
    made = desk.json("client", "secret", "portal")
    new, old, until = macs(desk)
    assert has_secret(desk, "portal", made["secret"]) and old == first != new
    assert abs(until - time.time() - 86400) < 3600
    assert made == {"id": "portal", "secret": made["secret"], "old_secret_until_s": until}
    assert desk.json("client", "show", "portal")["old_secret_until_s"] == until
    # A third: two are good, the first is not.
    desk.say("client", "secret", "portal", "--overlap", "60")
    assert macs(desk)[1] == new and abs(macs(desk)[2] - time.time() - 60) < 3600


def test_after_a_leak_the_old_secret_ends_at_once(desk):
    desk.say("client", "secret", "portal")
    assert "the old one is refused from now on" in desk.say("client", "secret", "portal", "--overlap", "0")
    assert macs(desk)[1:] == (None, None)
    assert desk.json("client", "secret", "portal", "--overlap", "0")["old_secret_until_s"] is None


def test_the_overlap_can_be_ended(desk):
    assert "the old one is good until 20" in desk.say("client", "secret", "portal")
    new = macs(desk)[0]
    assert "one secret" in desk.say("client", "secret", "portal", "--revoke-old")
    assert macs(desk) == (new, None, None)
    assert desk.json("client", "show", "portal")["old_secret_until_s"] is None
    desk.say("client", "secret", "portal", "--revoke-old")
    assert macs(desk) == (new, None, None), "there is nothing to end any more"


def test_an_overlap_that_is_over_is_not_shown(desk):
    desk.say("client", "secret", "portal")
    desk.query("UPDATE client SET old_secret_until_s = 1000 WHERE id = 'portal'")
    assert desk.json("client", "show", "portal")["old_secret_until_s"] is None


def test_a_public_client_has_no_old_secret(desk):
    desk.say("client", "add", "kiosk", "--grants", "captcha", "--public")
    assert "refused from now on" in desk.say("client", "secret", "kiosk")
    assert macs(desk, "kiosk")[1:] == (None, None)


def test_a_change_of_the_description_keeps_both_secrets(desk):
    desk.say("client", "secret", "portal")
    before = macs(desk)
    desk.say("client", "set", "portal", "--access-ttl", "60")
    desk.say("client", "lock", "portal")
    assert macs(desk) == before


def test_both_secrets_are_good_during_the_overlap(site_with):
    web = site_with({})
    site = web.site
    first = site.cli_json("client", "add", "app", "--grants", "client_credentials")["secret"]

    def statuses(*secrets):
        asking = {"grant_type": "client_credentials"}
        return [web.blade_token(asking, Authorization=basic("app", secret)).status for secret in secrets]

    second = site.cli_json("client", "secret", "app")["secret"]
    assert statuses(first, second) == [200, 200]
    third = site.cli_json("client", "secret", "app")["secret"]
    assert statuses(first, second, third) == [401, 200, 200]
    site.cli("client", "secret", "app", "--revoke-old")
    assert statuses(second, third) == [401, 200]
    fourth = site.cli_json("client", "secret", "app", "--overlap", "0")["secret"]
    assert statuses(third, fourth) == [401, 200]


# ---- tenant, user -----------------------------------------------------------------------------------------------


def test_a_tenant_is_shown(desk):
    desk.add_user("zhang", PASSWORD)
    shown = desk.json("tenant", "show", "000000")
    assert abs(shown.pop("created_s") - time.time()) < 3600
    assert shown == {"id": "000000", "name": "默认租户", "users": 1, "locked": False}
    assert "users    1\n" in desk.say("tenant", "show", "000000")
    assert "no tenant t9" in desk.say("tenant", "show", "t9", status=FAILED)


def test_removing_a_tenant_ends_its_clients_sessions_for_good(desk):
    desk.say("tenant", "add", "t2", "--name", "x")
    jti = desk.add_session("portal")
    desk.query("UPDATE session SET tenant_id = 't2'")
    desk.say("tenant", "remove", "t2")
    desk.say("tenant", "add", "t2", "--name", "x")
    assert jti not in desk.live_jtis()


def test_locking_a_tenant_ends_its_sessions_for_good(site_with):
    web = site_with({})
    site = web.site
    user = site.new_user()
    site.cli("tenant", "add", "t1", "--name", "t1")
    site.cli("user", "add", "other", "--tenant", "t1", line=PASSWORD)
    token = web.blade_login(user)
    fields = {"grant_type": "password", "username": "other", "password": md5(PASSWORD), "tenantId": "t1"}
    kept = web.blade_token(fields).json["access_token"]
    of_client = web.app_token()  # in tenant 000000, as it named none
    site.cli("tenant", "lock", "000000")
    assert [web.blade_user_info(t).status for t in (token["access_token"], kept)] == [401, 200]
    site.cli("tenant", "unlock", "000000")
    assert web.blade_user_info(token["access_token"]).status == 401
    blade(web.blade_refresh(token["refresh_token"]), 401, 2010)
    assert web.send(get("/captcha/WEB?1", Authorization=f"Bearer {of_client}")).status == 401
    assert web.blade_login(user)["access_token"]


def test_a_user_is_shown(desk):
    made = desk.add_user("zhang", PASSWORD, real_name="张三", dept_id="7")
    shown = desk.json("user", "show", "zhang")
    assert shown == desk.list("user")[made["id"]] and shown["dept_id"] == "7"
    assert shown["password_scheme"] == "argon2id"
    text = desk.say("user", "show", "zhang")
    assert "real_name         张三\n" in text and "dept_id           7\n" in text
    for secret in ("$argon2", PASSWORD):
        assert secret not in text
    assert "no user li in tenant 000000" in desk.say("user", "show", "li", status=FAILED)
    assert "in tenant t9" in desk.say("user", "show", "zhang", "--tenant", "t9", status=FAILED)


def test_the_scheme_of_a_password_is_told(desk):
    """A verifier is told by its scheme alone; one of no known scheme by none."""
    desk.add_user("zhang", PASSWORD)
    verifiers = {"bcrypt": "$2y$05$" + "a" * 53, None: "plain text"}
    for scheme, stored in verifiers.items():
        desk.query("UPDATE user SET password_hash = ?", stored)
        assert desk.json("user", "show", "zhang")["password_scheme"] == scheme
        assert desk.json("user", "list")[0]["password_scheme"] == scheme
        assert stored not in desk.say("user", "show", "zhang") + desk.say("user", "list")


# ---- session ----------------------------------------------------------------------------------------------------

SESSION = ["id", "tenant_id", "account", "client_id", "dialect", "address", "fingerprint", "created_s", "refreshed_s",
           "expires_s", "ends_s", "scope", "refresh_address"]


def test_sessions_are_listed_limited_and_filtered(desk):
    user = desk.add_user("zhang", PASSWORD)
    desk.say("client", "add", "other", "--grants", "captcha")
    for client, owner in (("portal", user["id"]), ("portal", user["id"]), ("other", None)):
        desk.add_session(client, owner)
    desk.add_session("portal", user["id"], expires_s=1000)
    rows = desk.json("session", "list")
    assert [list(row) for row in rows] == [SESSION] * 3
    assert [(row["id"], row["account"], row["client_id"]) for row in rows] == [
        (3, "", "other"), (2, "zhang", "portal"), (1, "zhang", "portal")
    ]  # fmt: skip
    assert [row["id"] for row in desk.json("session", "list", "--limit", "1")] == [3]
    assert [row["id"] for row in desk.json("session", "list", "--account", "zhang")] == [2, 1]
    assert [row["id"] for row in desk.json("session", "list", "--client", "other")] == [3]
    assert desk.json("session", "list", "--account", "zhang", "--client", "other") == []
    text = desk.say("session", "list").splitlines()
    assert text[0].split() == ["id", "tenant_id", "account", "client_id", "dialect", "address", "fingerprint", "created",
                               "refreshed", "expires", "ends"]
    assert len(text) == 4
    desk.say("session", "revoke", "--client", "other")
    desk.say("session", "revoke", "--account", "zhang")
    assert "Nobody is logged in" in desk.say("session", "list")


@pytest.mark.parametrize(
    "arguments, named, status",
    [
        (["list", "--account", "nobody"], "no user nobody", FAILED),
        (["list", "--tenant", "000000"], "--tenant belongs to --account", USAGE),
        (["list", "--limit", "0"], "--limit 0", USAGE),
        (["revoke"], "give one of ID, --account and --client", USAGE),
        (["revoke", "1", "--client", "portal"], "give one of", USAGE),
        (["revoke", "--client", "portal", "--tenant", "000000"], "--tenant belongs to --account", USAGE),
        (["revoke", "2"], "no session 2; list them with: menshen session list", FAILED),
        (["revoke", "0"], "no session 0", FAILED),
        (["revoke", "x"], "no session x", FAILED),
        (["revoke", "9223372036854775808"], "no session 9", FAILED),
        (["revoke", "--account", "nobody"], "no user nobody", FAILED),
        (["revoke", "--client", "nobody"], "no client nobody", FAILED),
    ],
)
def test_session_refuses(desk, arguments, named, status):
    kept = desk.add_session("portal")
    assert named in desk.say("session", *arguments, status=status)
    assert desk.live_jtis() == {kept}
    assert "session.revoke" not in actions(desk)


def test_a_session_is_listed_and_ended(site_with):
    web = site_with({})
    site = web.site
    user = site.new_user()
    first = web.blade_token(web.blade_captcha_fields(user, fp="f" * 32)).json
    second = web.blade_login(user)
    kept = web.blade_login(site.new_user())
    assert web.blade_refresh(second["refresh_token"]).status == 200
    newer, older = site.cli_json("session", "list", "--account", user.account)
    assert (older["fingerprint"], older["address"], older["dialect"]) == ("f" * 32, web.address, "blade")
    assert older["created_s"] == older["refreshed_s"] and newer["refreshed_s"] >= newer["created_s"]
    assert 0 < older["expires_s"] - older["created_s"] <= older["ends_s"] - older["created_s"]
    assert site.query("SELECT max(issued_s) FROM token WHERE session_id = ?", newer["id"]) == [(newer["refreshed_s"],)]
    site.cli("session", "revoke", str(older["id"]))
    assert [web.blade_user_info(t["access_token"]).status for t in (first, second, kept)] == [401, 200, 200]
    blade(web.blade_refresh(first["refresh_token"]), 401, 2010)
    assert [row["id"] for row in site.cli_json("session", "list", "--account", user.account)] == [newer["id"]]
    site.cli("session", "revoke", "--account", user.account)
    assert [web.blade_user_info(t["access_token"]).status for t in (second, kept)] == [401, 200]
    assert site.run(["session", "revoke", str(older["id"])]).returncode == FAILED, "it has ended"


# ---- audit: what a command leaves -------------------------------------------------------------------------------

ADMIN = f"admin:{subprocess.run(['id', '-un'], capture_output=True, check=True, text=True).stdout.strip()}"

# A command, what is typed, and the subject that its row names; in an order in which each of them works.
WRITING = [
    (["tenant", "add", "t1", "--name", "一"], None, "tenant:t1"),
    (["tenant", "set", "t1", "--name", "二"], None, "tenant:t1"),
    (["tenant", "lock", "t1"], None, "tenant:t1"),
    (["tenant", "unlock", "t1"], None, "tenant:t1"),
    (["client", "add", "app", "--grants", "captcha", "--secret"], "Client-Secret-1", "client:app"),
    (["client", "set", "app", "--audience", "an-audience"], None, "client:app"),
    (["client", "secret", "app", "--secret"], "Client-Secret-2", "client:app"),
    (["client", "secret", "app", "--revoke-old"], None, "client:app"),
    (["client", "lock", "app"], None, "client:app"),
    (["client", "unlock", "app"], None, "client:app"),
    (["user", "add", "wang@example.com", "--tenant", "t1"], "Typed-Password-1", "user:t1/wang@example.com"),
    (["user", "add", "张三"], "Typed-Password-2", "user:000000/张三"),
    (["user", "set", "张三", "--real-name", "A-Real-Name"], None, "user:000000/张三"),
    (["user", "passwd", "张三"], "Typed-Password-3", "user:000000/张三"),
    (["user", "lock", "张三"], None, "user:000000/张三"),
    (["user", "unlock", "张三", "--tenant", "000000"], None, "user:000000/张三"),
    (["session", "revoke", "1"], None, "session:1"),
    (["session", "revoke", "--account", "wang@example.com", "--tenant", "t1"], None, "user:t1/wang@example.com"),
    (["session", "revoke", "--client", "portal"], None, "client:portal"),
    (["token", "revoke", "JTI"], None, "token:JTI"),
    (["token", "revoke", "--account", "张三"], None, "user:000000/张三"),
    (["token", "revoke", "--client", "app"], None, "client:app"),
    (["user", "import", "people.csv"], None, "file:people.csv (1 of 1 not through clients that send MD5)"),
    (["user", "export", "moved.csv", "--with-hashes"], None, "file:moved.csv"),
    (["key", "rotate"], None, "key:KID"),
    (["key", "retire", "KID", "--force"], None, "key:KID"),
    (["key", "import"], "Shared-Key-of-32-bytes-and-more-1", ""),
    (["key", "sm2"], None, ""),
    (["key", "sm2", "--import"], "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", ""),
    (["captcha", "restyle"], None, ""),
    (["backup", "copy.db"], None, "file:copy.db"),
    (["user", "remove", "wang@example.com", "--tenant", "t1"], None, "user:t1/wang@example.com"),
    (["tenant", "remove", "t1"], None, "tenant:t1"),
    (["client", "remove", "app"], None, "client:app"),
]


def test_every_command_that_changes_something_is_recorded(bare):
    bare.say("init")
    bare.say("tenant", "add", "000000", "--name", "默认租户")
    bare.say("client", "add", "portal", "--grants", "captcha")
    bare.add_session("portal")
    jti = bare.add_session("portal")
    assert [(e["action"], e["subject"]) for e in events(bare)] == [
        ("init", ""), ("tenant.add", "tenant:000000"), ("client.add", "client:portal")
    ]  # fmt: skip
    (bare.folder / "people.csv").write_text("account,password_hash\nimported,$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1\n")
    for arguments, line, subject in WRITING:
        kid = bare.json("key", "list")[0]["kid"]
        bare.say(*[{"JTI": jti, "KID": kid}.get(word, word) for word in arguments], line=line)
        kid = bare.json("key", "list")[0]["kid"] if arguments[:2] == ["key", "rotate"] else kid
        (event,) = events(bare, "--count", "1")
        assert list(event) == EVENT
        verb = arguments[:1] if arguments[0] == "backup" else arguments[:2]
        assert (event["action"], event["subject"]) == (".".join(verb), subject.replace("JTI", jti).replace("KID", kid))
        assert (event["actor"], event["result"]) == (ADMIN, "ok")
        assert (event["client_id"], event["dialect"], event["address"]) == ("", "", "")
        assert abs(time.mktime(time.strptime(event["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.time()) < 86400
    assert len(events(bare, "--count", "1000")) == 3 + len(WRITING)
    told = bare.say("audit", "tail", "--count", "1000")
    assert "$1$" not in told
    for typed in [line for _, line, _ in WRITING if line] + ["an-audience", "A-Real-Name", "二"]:
        assert typed not in told
    for path in bare.data.iterdir():
        for typed in (line for words, line, _ in WRITING if line and words[0] != "key"):  # a key is stored as it is
            assert typed.encode() not in path.read_bytes()
            assert hashlib.md5(typed.encode()).hexdigest().encode() not in path.read_bytes()


def test_what_changes_nothing_leaves_nothing(desk):
    desk.add_user("zhang", PASSWORD)
    before = events(desk)
    for arguments in (["tenant", "list"], ["tenant", "show", "000000"], ["client", "list"], ["client", "show", "portal"],
                      ["user", "list"], ["user", "show", "zhang"], ["key", "list"], ["token", "list"], ["session", "list"],
                      ["token", "purge"], ["audit", "tail"], ["config"]):
        desk.say(*arguments)
    desk.run("doctor")
    for arguments in (["user", "lock", "Typed-Password-1"], ["client", "lock", "nobody"], ["tenant", "remove", "000000"],
                      ["session", "revoke", "7"], ["token", "revoke", "x"], ["user", "add", "zhang"], ["backup", "data"]):
        desk.say(*arguments, status=FAILED, line=PASSWORD)
    assert events(desk) == before


def test_a_backups_name_that_is_no_text_is_left_out(desk):
    assert desk.run("backup", b"copy\xff.db").returncode == DONE
    assert [(e["action"], e["subject"]) for e in events(desk, "-n", "1")] == [("backup", "")]


# ---- audit tail -------------------------------------------------------------------------------------------------


def put_events(desk, *rows):
    """Rows of (seconds ago, actor, action, subject)."""
    for ago_s, actor, action, subject in rows:
        desk.query(
            "INSERT INTO audit (at_s, actor, action, subject, result, expires_s) VALUES (unixepoch() - ?, ?, ?, ?, 'ok', ?)",
            ago_s, actor, action, subject, 2**40,
        )  # fmt: skip


def test_tail_prints_the_newest_one_object_a_line(desk):
    desk.query("DELETE FROM audit")
    put_events(desk, *((60 - n, "admin:root", f"a{n}", "") for n in range(30)))
    assert actions(desk) == [f"a{n}" for n in range(10, 30)]
    assert actions(desk, "-n", "2") == actions(desk, "--count=2") == ["a28", "a29"]
    assert actions(desk, "-n0") == []
    assert len(actions(desk, "--count", "1000")) == 30
    assert desk.say("audit", "tail", "--json") == desk.say("audit", "tail")
    text = desk.run("audit", "tail").stdout.decode()
    assert text.endswith("}\n") and all(list(json.loads(line)) == EVENT for line in text.splitlines())


def test_tail_chooses_by_time_person_and_action(desk):
    desk.query("DELETE FROM audit")
    zhang = "user:000000/zhang"
    put_events(desk, (9000, zhang, "login", ""), (5000, "user:t1/zhang", "login", ""), (3000, "admin:root", "user.lock", zhang),
               (2000, zhang, "logout", ""), (1000, "user:000000/zhang2", "login", ""), (0, "client:a", "token.revoke", ""))  # fmt: skip
    assert actions(desk, "--account", "zhang") == ["login", "user.lock", "logout"]
    assert actions(desk, "--account", "zhang", "-n", "1") == ["logout"]
    assert actions(desk, "--account", "zhang", "--tenant", "t1") == ["login"]
    assert [e["actor"] for e in events(desk, "--action", "login")] == [zhang, "user:t1/zhang", "user:000000/zhang2"]
    assert actions(desk, "--action", "log") == []
    assert actions(desk, "--since", "2500") == ["logout", "login", "token.revoke"]
    assert actions(desk, "--since", "2500", "--count", "1") == ["token.revoke"]
    put_events(desk, *((10, "admin:root", "x", "") for _ in range(50)))
    assert len(actions(desk, "--since", "60")) == 51, "with --since all"


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["-n"], "-n: a value is missing"),
        (["-n", "x"], "--count x: expected a whole number"),
        (["-n", "1", "--count", "2"], "--count is given twice"),
        (["--count", "-1"], "--count -1"),
        (["--since", "0"], "--since 0: expected a whole number from 1"),
        (["--tenant", "000000"], "--tenant belongs to --account"),
        (["--follow=yes"], "takes no value"),
        (["x"], "one argument too many"),
    ],
)
def test_tail_refuses(desk, arguments, named):
    assert named in desk.say("audit", "tail", *arguments, status=USAGE)


def test_a_command_without_a_short_option_has_none(desk):
    assert "-n: no such option" in desk.say("user", "list", "-n", "1", status=USAGE)


@pytest.mark.parametrize("zone, offset", [("Asia/Shanghai", "+08:00"), ("UTC", "+00:00"), ("EST5", "-05:00")])
def test_times_have_the_zones_offset(desk, zone, offset):
    desk.query("DELETE FROM audit")
    put_events(desk, (0, "admin:root", "x", ""))
    desk.configure(f"[server]\ndata_dir = data\ntime_zone = {zone}\n")
    (event,) = events(desk)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" + re.escape(offset), event["time"])


def test_without_retention_nothing_is_recorded_and_tail_says_so(desk):
    before = events(desk)
    desk.configure(desk.conf.read_text() + "[audit]\nretention = 0\n")
    desk.say("tenant", "lock", "000000")
    done = desk.run("audit", "tail")
    assert done.returncode == DONE and b"nothing is recorded" in done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == before


def test_rows_expire(desk):
    desk.configure(desk.conf.read_text() + "[audit]\nretention = 60\n")
    desk.say("tenant", "lock", "000000")
    ((expires_s, at_s),) = desk.query("SELECT expires_s, at_s FROM audit ORDER BY id DESC LIMIT 1")
    assert expires_s == at_s + 60


class Follower:
    """`audit tail --follow`, and what it has printed."""

    def __init__(self, desk, *arguments):
        command = [BINARY, "--conf", desk.conf, "audit", "tail", "--follow", *arguments]
        self.process = subprocess.Popen(command, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def next(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        """Exit status, and what was printed since."""
        out, err = self.process.communicate(timeout=DEADLINE_S)
        assert err == b""
        return self.process.returncode, out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_following_prints_what_comes_until_a_signal(desk, number):
    put_events(desk, (0, "admin:root", "before", ""))
    follower = Follower(desk, "-n", "1")
    assert follower.next()["action"] == "before"
    for verb in ("lock", "unlock"):
        desk.say("tenant", verb, "000000")
        assert follower.next()["action"] == f"tenant.{verb}"
    follower.process.send_signal(number)
    assert follower.end() == (DONE, b"")


def test_following_starts_behind_what_is_not_printed(desk):
    put_events(desk, *((0, "admin:root", f"old{n}", "") for n in range(3)))
    follower = Follower(desk, "-n", "1", "--action", "wanted")
    desk.say("tenant", "lock", "000000")
    put_events(desk, (0, "admin:root", "old0", ""), (0, "admin:root", "wanted", ""))
    assert follower.next()["action"] == "wanted"
    follower.process.send_signal(signal.SIGINT)
    assert follower.end() == (DONE, b"")


def test_following_ends_quietly_when_nobody_reads(desk):
    follower = Follower(desk, "-n", "1")
    follower.next()
    follower.process.stdout.close()
    assert follower.process.wait(DEADLINE_S) == DONE
    assert follower.process.stderr.read() == b""
    follower.process.stderr.close()


def test_following_keeps_nobody_from_writing(desk):
    follower = Follower(desk, "-n", "1")
    follower.next()
    desk.say("tenant", "lock", "000000")
    desk.query("PRAGMA wal_checkpoint(TRUNCATE)")
    assert follower.next()["action"] == "tenant.lock"
    follower.process.send_signal(signal.SIGTERM)
    assert follower.end() == (DONE, b"")


# ---- audit: what requests leave ---------------------------------------------------------------------------------


def test_logins_leave_their_rows_in_order(site_with):
    web = site_with({"token": {"refresh_grace": "0"}})
    site = web.site
    user = site.new_user()
    login = web.blade_login(user)
    blade(web.elsewhere().blade_password_login(user._replace(password="not-this-one")), 400, 2001)
    token = web.eplatform_login(web.eplatform_login_fields(user)).json["response"]["token"]
    uuid, answer = web.eplatform_captcha(token)
    changed = user._replace(password="Another-Word-47")
    fields = {"password": md5(user.password), "newPassword": md5(changed.password), "confirmPassword": md5(changed.password)}
    change = post_json("/auth/changePassword", fields | {"uuid": uuid, "code": answer}, Authorization=f"Bearer {token}")
    assert web.send(change).status == 200
    blade(web.blade_refresh(login["refresh_token"]), 401, 2010)  # the change ended that session: nothing to record
    left, reused = web.blade_login(changed), web.blade_login(changed)
    web.send(get("/kom-ams-auth/oauth/logout", Blade_Auth=bearer(left["access_token"])))
    assert web.blade_refresh(reused["refresh_token"]).status == 200
    site.cli("client", "set", "sword", "--refresh-reuse", "end")
    blade(web.blade_refresh(reused["refresh_token"]), 401, 2010)
    site.cli("user", "lock", user.account)
    rows = events(site, "--count", "1000", "--account", user.account)
    assert [(e["action"], e["result"]) for e in rows] == [
        ("user.add", "ok"), ("login", "ok"), ("login", "login_incorrect"), ("login", "ok"), ("password.change", "ok"),
        ("login", "ok"), ("login", "ok"), ("logout", "ok"), ("refresh.reuse", "refresh_token_invalid"), ("user.lock", "ok"),
    ]  # fmt: skip
    assert {e["actor"] for e in rows[1:9]} == {f"user:000000/{user.account}"}
    assert [(e["client_id"], e["dialect"]) for e in rows[1:9]] == [
        ("eplatform", "eplatform") if n in (3, 4) else ("sword", "blade") for n in range(1, 9)
    ]  # fmt: skip
    assert [e["address"] == web.address for e in rows[1:9]] == [n != 2 for n in range(1, 9)]
    assert all(e["time"] <= after["time"] for e, after in zip(rows, rows[1:]))


def test_what_fails_again_and_again_is_summed_up(site_with):
    """From as many addresses as it takes: the first is a row at once, the rest is one when its hour is over."""
    web = site_with({})
    site, user = web.site, web.site.new_user()
    guessers = [web.elsewhere() for _ in range(30)]
    for guesser in guessers:
        blade(guesser.blade_token(guesser.blade_captcha_fields(user._replace(password="not-this-one"))), 400, 2001)
        blade(guesser.blade_token({"grant_type": "x"}, Authorization=basic("sword", "wrong")), 401, 3000)
    failed = [e for e in events(site, "--count", "1000") if e["result"] != "ok"]
    assert [(e["action"], e["count"], e["address"]) for e in failed] == [
        ("login", 1, guessers[0].address), ("client.authenticate", 1, guessers[0].address)
    ]  # fmt: skip
    sums = {e["action"]: e["count"] for e in events(site, "--sums") if e["id"] == 0}
    assert sums == {"login": 29, "client.authenticate": 29}
    site.write("UPDATE audit_sum SET ends_s = unixepoch()")
    (row,) = (e for e in events(site, "--account", user.account, "--action", "login") if e["count"] > 1)
    assert (row["count"], row["result"], row["address"]) == (29, "login_incorrect", guessers[-1].address)
    assert failed[0]["time"] <= row["first"] <= row["last"] <= row["time"]
    assert site.query("SELECT sum(count), count(*) FROM audit WHERE result <> 'ok'") == [(60, 4)]


def test_an_account_that_does_not_exist_is_not_written_down(site_with):
    """It may be a password, typed into the wrong field."""
    web = site_with({})
    typed = "Typed-By-Mistake-91"
    blade(web.blade_password_login(web.site.new_user()._replace(account=typed)), 400, 2001)
    (event,) = events(web.site, "--action", "login")
    assert (event["actor"], event["result"], event["address"]) == ("", "login_incorrect", web.address)
    told = web.site.cli("audit", "tail", "--count", "1000")
    assert typed not in told


def test_nothing_secret_is_in_the_audit_or_the_database(site_with):
    """Logins over every dialect, right and wrong; then the whole file and its journal are searched."""
    web = site_with({})
    site = web.site
    user = site.new_user()
    wrong = user._replace(password="Typed-Wrongly-5518")
    client_secret = site.cli_json("client", "add", "app", "--grants", "client_credentials")["secret"]
    secrets = [user.password, wrong.password, client_secret, "sword_secret"]
    for visitor in (web, web.elsewhere()):
        who = user if visitor is web else wrong
        visitor.blade_token(visitor.blade_captcha_fields(who))
        visitor.ebaas_login(visitor.ebaas_login_fields(who))
        visitor.eplatform_login(visitor.eplatform_login_fields(who))
        visitor.platform_login(visitor.platform_login_fields(who))
    tokens = web.blade_login(user)
    fresh = web.blade_refresh(tokens["refresh_token"]).json
    web.send(get("/kom-ams-auth/oauth/logout", Blade_Auth=bearer(fresh["access_token"])))
    blade(web.blade_token({"grant_type": "client_credentials"}, Authorization=basic("app", "Wrong-Secret-77")), 401, 3000)
    secrets += ["Wrong-Secret-77", *(t[name] for t in (tokens, fresh) for name in ("access_token", "refresh_token"))]
    secrets += [md5(secret) for secret in secrets]
    answers = [web.blade_captcha() for _ in range(3)]
    told = site.cli("audit", "tail", "--count", "100000")
    assert {"login", "client.add", "init"} <= {json.loads(line)["action"] for line in told.splitlines()}
    for secret in secrets:
        assert secret not in told and secret.split(".")[-1] not in told
    for key, answer in answers:
        assert key not in told and not re.search(rf"\b{answer}\b", told)
    for path in site.database.parent.iterdir():
        content = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content and secret.split(".")[-1].encode() not in content, path
    assert (site.database.parent / "menshen.db-wal").exists() or os.path.getsize(site.database) > 4096
