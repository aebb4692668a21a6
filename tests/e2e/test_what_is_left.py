"""
After everything else, over each transport: what is on disk. The files of a transport's site have by now seen the
logins, failures and refusals of all tests before this one.
"""

import json
import re
import stat

import pytest
from harness.errors import blade
from harness.visitor import SWORD, Visitor, bearer, md5
from harness.wire import get, post_json, post_query, unique_pairs


@pytest.fixture(scope="module")
def secrets(site):
    """Everything secret of a few logins, refusals and changes, made for this."""
    web = Visitor(site, site.server.client)
    user = site.new_user()
    found = {"password": user.password, "its MD5": md5(user.password)}
    found |= {"client secret": "sword_secret", "basic": SWORD.removeprefix("Basic ")}
    login = web.blade_login(user)
    refreshed = web.blade_refresh(login["refresh_token"]).json
    for name in ("access_token", "refresh_token"):
        found[name], found[f"refreshed {name}"] = login[name], refreshed[name]
    found["eplatform token"] = web.eplatform_login(web.eplatform_login_fields(user)).json["response"]["token"]
    found["ruoyi token"] = web.ruoyi_token(user)
    login = web.springblade_login(user)
    found["springblade token"], found["springblade refresh token"] = login["accessToken"], login["refreshToken"]
    login = web.oauth_login(user)
    found["oauth token"], found["oauth refresh token"] = login["access_token"], login["refresh_token"]
    for token in (login["access_token"], login["refresh_token"]):
        assert web.oauth_introspect(token)["active"]
    found["unused answer"] = web.blade_captcha()[1]
    found["wrong password"] = "Typed-by-mistake-7f3a"
    found["captcha id"] = web.blade_captcha()[0]
    wrong = user._replace(password=found["wrong password"])
    blade(web.blade_password_login(wrong), 400, 2001)
    web.ebaas_login(web.ebaas_login_fields(wrong))
    found["in a query"] = "Query-secret-51bc"
    for path in ("/kom-ams-auth/oauth/token", "/kom-ams-auth/nowhere", "/login", "/nowhere", "/blade-auth/token",
                 "/ruoyi/login", "/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"):  # fmt: skip
        web.send(post_query(path, {"grant_type": "password", "username": "x", "password": found["in a query"]}))
        web.send(post_json(path, {"password": found["in a query"], "password2": 1}))
    web.send(get(f"/oauth/checkToken?token={found['in a query']}"))
    web.send(get("/kom-ams-auth/oauth/user-info", Blade_Auth=bearer(found["in a query"])))
    return found


def test_logs_hold_no_secret(site, secrets):
    for file, text in site.logs().items():
        for name, secret in secrets.items():
            assert not re.search(rb"(?<![0-9A-Za-z])%s(?![0-9A-Za-z])" % re.escape(secret.encode()), text), (
                f"{name} in {file}"
            )


def test_log_is_one_json_object_a_line(site, secrets):
    """Whatever was in paths and parameters: UTF-8, no control bytes, no line that a client wrote."""
    events = set()
    for line in site.log.read_bytes().splitlines():
        event = json.loads(line.decode("utf-8"), object_pairs_hook=unique_pairs)
        assert line.decode("utf-8").isprintable(), line
        events.add(event["event"])
    assert {"login", "request_failed", "captcha_answers_exposed"} <= events, events


def test_audit_holds_no_secret(site, secrets):
    """What all tests before left in it: whole lines, each an object, nothing secret in any."""
    told = site.cli("audit", "tail", "--count", "1000000")
    recorded = {json.loads(line, object_pairs_hook=unique_pairs)["action"] for line in told.splitlines()}
    assert {"init", "login", "user.add"} <= recorded and told.replace("\n", "").isprintable()
    for name, secret in secrets.items():
        assert not re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", told), name


def test_database_holds_no_token(site, secrets):
    """Nor a password: not in it, not in its journal."""
    kept = {"unused answer", "captcha id"}  # what a captcha is
    for path in site.database.parent.iterdir():
        data = path.read_bytes()
        for name, secret in secrets.items():
            if name not in kept and name != "in a query":
                assert secret.encode() not in data, f"{name} in {path.name}"
                assert secret.split(".")[-1].encode() not in data, f"signature of {name} in {path.name}"


def test_modes(site):
    assert stat.S_IMODE(site.database.parent.stat().st_mode) == 0o700
    for path in site.database.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_doctor_is_content(site):
    """But for what the test site does on purpose."""
    report = site.cli_json("doctor")
    worried = {check["name"] for check in report["checks"] if check["status"] != "ok"}
    assert worried <= {"expose_answer", "demo_user", "demo_client", "trusted_proxies", "argon2"}, report


def test_database_is_whole(site):
    assert site.query("PRAGMA integrity_check") == [("ok",)]
    assert site.query("PRAGMA foreign_key_check") == []
    assert site.query("PRAGMA journal_mode") == [("wal",)]


def test_web_server_has_no_complaint_about_the_program(site):
    """Broken header lines, early ends, and whatever else a server says of a program that misbehaves."""
    for file, text in site.logs().items():
        for complaint in (b"premature end", b"malformed header", b"Premature end", b"bad header", b"unexpected close",
                          b"child died", b"segfault", b"exit(1)", b"AddressSanitizer", b"runtime error:"):  # fmt: skip
            assert complaint not in text, f"{file}: {complaint}"
