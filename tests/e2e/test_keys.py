"""Keys over the wire and on the command line: algorithms of clients, rotation with overlap, retirement, states."""

import base64
import json
import sqlite3
import time
from contextlib import closing

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from harness.visitor import Visitor, bearer
from harness.wire import get

FAILED, USAGE = 1, 2


def decode(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def header(token):
    return json.loads(decode(token.split(".")[0]))


def sign_with(site, alg, client="sword"):
    """Give a client an algorithm."""
    with closing(sqlite3.connect(site.database, timeout=30)) as db, db:
        db.execute("UPDATE client SET alg = ? WHERE id = ?", (alg, client))


def keys(site):
    return {row["kid"]: row for row in site.cli_json("key", "list")}


def states(site):
    return sorted((row["alg"], row["state"]) for row in keys(site).values())


def rotate(site, *options):
    return site.cli_json("key", "rotate", *options)


def refuse(site, status, *arguments):
    """A command that fails with this status; what it complains about."""
    done = site.run(arguments)
    assert done.returncode == status, done
    return done.stderr.decode()


def verify(key, alg, token):
    """With another library: raises if the signature is not this key's."""
    signed, _, signature = token.rpartition(".")
    data, signature = signed.encode(), decode(signature)
    if alg == "RS256":
        key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    elif alg == "ES256":
        assert len(signature) == 64
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        key.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    else:
        key.verify(signature, data)


def test_tokens_of_every_algorithm_verify_elsewhere(site_with):
    web = site_with({})
    user = web.site.new_user()
    for alg in ("RS256", "ES256", "EdDSA"):
        made = rotate(web.site, "--alg", alg)
        sign_with(web.site, alg)
        answer = web.blade_login(user)
        token = answer["access_token"]
        assert header(token) == {"alg": alg, "typ": "JWT", "kid": made["kid"]}
        assert header(answer["refresh_token"]) == {"alg": "HS256", "typ": "JWT"}
        ((der,),) = web.site.query("SELECT secret FROM sign_key WHERE kid = ?", made["kid"])
        key = serialization.load_der_private_key(der, None).public_key()
        verify(key, alg, token)
        with pytest.raises(InvalidSignature):
            verify(key, alg, f"{token[:60]}{'A' if token[60] != 'A' else 'B'}{token[61:]}")
        assert web.blade_user_info(token).status == 200
        fresh = web.blade_refresh(answer["refresh_token"])
        assert fresh.status == 200 and header(fresh.json["access_token"])["kid"] == made["kid"]
    assert ("RS256", "signs") in states(web.site)


def test_a_client_whose_algorithm_has_no_key_is_told_nothing_but_500(site_with):
    web = site_with({})
    user = web.site.new_user()
    sign_with(web.site, "ES256")
    response = web.blade_token(web.blade_captcha_fields(user))
    assert response.status == 500 and b"ES256" not in response.body
    assert "no_signing_key" in web.site.log.read_text()
    done = web.site.run(["doctor", "--json"])
    found = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "sign_keys"]
    assert done.returncode == FAILED and found[0]["status"] == "error" and found[0]["advice"] == "menshen key rotate --alg ES256"
    web.site.cli("key", "rotate", "--alg", "ES256")
    assert header(web.blade_login(user)["access_token"])["alg"] == "ES256"


@pytest.mark.parametrize("name", ["cgi", "lighttpd-fastcgi"])
def test_a_token_lives_through_a_rotation_and_dies_with_its_key(site_with, name):
    """Workers that run already take up every change at once."""
    web = site_with({}, name)
    user = web.site.new_user()
    before = web.blade_login(user)
    (old,) = keys(web.site)
    made = rotate(web.site)
    assert made["alg"] == "HS256" and made["signs_from_s"] <= time.time()
    assert states(web.site) == [("HS256", "signs"), ("HS256", "verifies")]
    rows = keys(web.site)
    assert rows[old]["state"] == "verifies" and rows[old]["retired_s"] == made["others_end_s"]
    assert made["others_end_s"] - made["signs_from_s"] == 2592000  # as long as a refresh token lives
    after = web.blade_login(user)
    assert [web.blade_user_info(t["access_token"]).status for t in (before, after)] == [200, 200]
    fresh = web.blade_refresh(before["refresh_token"])
    assert fresh.status == 200
    web.site.cli("key", "retire", old)
    assert [web.blade_user_info(t["access_token"]).status for t in (before, after, fresh.json)] == [401, 200, 200]
    assert web.blade_refresh(before["refresh_token"]).status == 401
    assert keys(web.site)[old]["state"] == "retired"


def test_a_new_public_key_is_published_before_it_signs(site_with):
    web = site_with({})
    first = rotate(web.site, "--alg", "EdDSA")
    sign_with(web.site, "EdDSA")
    assert first["signs_from_s"] <= time.time()  # nothing signed before it
    began = int(time.time())
    second = rotate(web.site, "--alg", "EdDSA")
    assert began <= second["signs_from_s"] - 3600 <= time.time()
    assert second["others_end_s"] == second["signs_from_s"] + 43200
    rows = keys(web.site)
    assert (rows[first["kid"]]["state"], rows[second["kid"]]["state"]) == ("signs", "published")
    assert header(web.app_token())["kid"] == first["kid"]
    third = rotate(web.site, "--alg", "EdDSA", "--publish-ahead", "0", "--overlap", "0")
    assert header(web.app_token())["kid"] == third["kid"]
    rows = keys(web.site)
    assert [rows[kid["kid"]]["state"] for kid in (first, second, third)] == ["retired", "retired", "signs"]


def test_the_overlap_is_as_long_as_the_longest_token(site_with):
    web = site_with({"token": {"access_ttl": "100", "refresh_ttl": "200"}})
    for alg, span in (("HS256", 200), ("RS256", 100)):
        made = rotate(web.site, "--alg", alg, "--publish-ahead", "0")
        assert made["others_end_s"] - made["signs_from_s"] == span
    web.site.cli("client", "set", "sword", "--access-ttl", "150", "--refresh-ttl", "900")
    made = rotate(web.site, "--alg", "HS384", "--overlap", "7")
    assert made["others_end_s"] - made["signs_from_s"] == 7
    made = rotate(web.site)
    assert made["alg"] == "HS384"  # that of the newest HMAC key
    assert made["others_end_s"] - made["signs_from_s"] == 900
    made = rotate(web.site, "--alg", "ES256")
    assert made["others_end_s"] - made["signs_from_s"] == 150


def test_what_is_needed_is_not_retired(site_with):
    web = site_with({})
    (own,) = keys(web.site)
    assert "the only one that signs this site's tokens" in refuse(web.site, FAILED, "key", "retire", own)
    made = rotate(web.site, "--alg", "ES256")["kid"]
    sign_with(web.site, "ES256")
    assert "the only one that signs with ES256" in refuse(web.site, FAILED, "key", "retire", made)
    assert header(web.app_token())["kid"] == made
    assert "no key 0000000000000000 is in use" in refuse(web.site, FAILED, "key", "retire", "0000000000000000")
    sign_with(web.site, None)
    web.site.cli("key", "retire", made)
    assert "no key" in refuse(web.site, FAILED, "key", "retire", made)
    web.site.cli("key", "retire", own, "--force")
    assert web.blade_token({"grant_type": "client_credentials", "scope": "all"}).status == 500
    web.site.cli("key", "rotate")
    assert header(web.app_token()) == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize("options, named", [
    (["--alg", "none"], "expected one of HS256"), (["--alg", "rs256"], "expected one of HS256"), (["--alg", "RS512"], "expected"),
    (["--overlap", "-1"], "--overlap -1"), (["--overlap", "1d"], "--overlap 1d"), (["--publish-ahead", "x"], "--publish-ahead x"),
])
def test_bad_options_are_named(site_with, options, named):
    web = site_with({})
    assert named in refuse(web.site, USAGE, "key", "rotate", *options)
    assert states(web.site) == [("HS256", "signs")]


def test_what_was_done_to_keys_is_in_the_audit_and_no_secret_anywhere(site_with):
    web = site_with({})
    (old,) = keys(web.site)
    made = rotate(web.site, "--alg", "HS256")["kid"]
    said = web.site.cli("key", "rotate", "--alg", "EdDSA") + web.site.cli("key", "list")
    web.site.cli("key", "retire", old)
    refuse(web.site, FAILED, "key", "retire", made)
    rows = web.site.query("SELECT action, subject, result FROM audit WHERE action LIKE 'key.%' ORDER BY id")
    assert rows[0] == ("key.rotate", f"key:{made}", "ok")
    assert [row[0] for row in rows] == ["key.rotate", "key.rotate", "key.retire"]
    assert rows[2] == ("key.retire", f"key:{old}", "ok")
    for (secret,) in web.site.query("SELECT secret FROM sign_key"):
        for shape in (secret.hex(), base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode().rstrip("=")):
            assert shape not in said and shape not in web.site.log.read_text()


def test_doctor_warns_of_a_key_without_a_successor(site_with):
    web = site_with({})
    made = rotate(web.site, "--alg", "RS256")["kid"]
    sign_with(web.site, "RS256")

    def found():
        return [c for c in json.loads(web.site.run(["doctor", "--json"]).stdout)["checks"] if c["name"] == "sign_keys"]

    assert [check["status"] for check in found()] == ["ok"]
    with closing(sqlite3.connect(web.site.database, timeout=30)) as db, db:
        db.execute("UPDATE sign_key SET retired_s = ? WHERE kid = ?", (int(time.time()) + 9999, made))
    (check,) = found()
    assert check["status"] == "warning" and made in check["message"]
    assert check["advice"] == "menshen key rotate --alg RS256"
    web.site.cli("key", "rotate", "--alg", "RS256")
    assert [check["status"] for check in found()] == ["ok"]


def test_doctor_wants_the_key_that_browsers_encrypt_to(site_with):
    web = site_with({})

    def found():
        checks = json.loads(web.site.run(["doctor", "--json"]).stdout)["checks"]
        return [check["status"] for check in checks if check["name"] == "sm2_key"]

    def change(sql):
        with closing(sqlite3.connect(web.site.database, timeout=30)) as db, db:
            db.execute(sql)

    change("DELETE FROM setting WHERE name = 'sm2_key'")
    assert found() == []  # nobody needs one
    change("UPDATE client SET password_wire = 'sm2' WHERE id = 'sword'")
    assert found() == ["error"]
    change("INSERT INTO setting VALUES ('sm2_key', randomblob(32))")
    assert found() == ["ok"]


def test_logout_and_reuse_are_audited(site_with):
    web = site_with({"token": {"refresh_grace": "0"}})
    user = web.site.new_user()
    answer = web.blade_login(user)
    assert web.blade_refresh(answer["refresh_token"]).status == 200
    thief = web.elsewhere()
    assert thief.blade_refresh(answer["refresh_token"]).status == 401
    other = web.blade_login(user)
    web.send(get(f"{Visitor.BLADE}/logout", Blade_Auth=bearer(other["access_token"])))
    rows = web.site.query("SELECT actor, action, result, address FROM audit WHERE action IN ('logout', 'refresh.reuse') ORDER BY id")
    who = f"user:000000/{user.account}"
    assert rows == [(who, "refresh.reuse", "refresh_token_invalid", thief.address), (who, "logout", "ok", web.address)]
