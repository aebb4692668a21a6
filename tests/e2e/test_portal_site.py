"""The administration of the site in the portal: clients, keys, audit, settings, look, health, captcha."""

import base64
import csv
import io
import json
import re
import struct
from html import escape
from urllib.parse import urlsplit

import pytest
from conftest import running_site
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from harness.browser import running_browser, until
from harness.portal import Portal as AnyPortal
from harness.site import DEMO_USER, TREE
from harness.visitor import fresh_address
from selenium.webdriver.common.by import By

# FastCGI under lighttpd; plain CGI under Apache, by .htaccess alone.
SERVERS = ("lighttpd-root", "apache-htaccess-generous")
SETTINGS = {"login": {"captcha_after": "1000"}}
MARKUP = "<b>\"'&amp;{{csrf}}</b>"
SHEET = "/admin/captcha-sheet"


class Portal(AnyPortal):
    """From an address of its own, where nobody has failed before."""

    def __init__(self, site, language="en", headers=None):
        super().__init__(site, language, {"X-Forwarded-For": fresh_address()} | (headers or {}))


@pytest.fixture(scope="module", params=SERVERS)
def portal_site(request):
    with running_site(request.param, SETTINGS) as site:
        yield site


@pytest.fixture
def admin(portal_site):
    """An administrator who is signed in."""
    portal = Portal(portal_site)
    assert portal.sign_in(DEMO_USER).status == 200
    return portal


def escaped(text):
    """As it stands in a page."""
    return escape(text).replace("&#x27;", "&#39;")


def last_row(site):
    return site.query("SELECT actor, action, subject, result, dialect FROM audit ORDER BY id DESC LIMIT 1")[0]


def client(site, name):
    return {row["id"]: row for row in site.cli_json("client", "list")}.get(name)


def new_client(admin, name, **fields):
    admin.get("/admin/client-new")
    page = admin.submit("/admin/client-new", id=name, **fields)
    assert page.status == 200, page.text
    return page


def secret_in(page):
    return re.search(r'<output class="secret" id="secret"[^>]*>([A-Za-z0-9]{32})</output>', page.html)[1]


# ---- Who may ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page, action", [("/admin/clients/late", "/admin/client-secret/late"), ("/admin/clients/late", "/admin/client-remove/late"),
                                          ("/admin/keys", "/admin/key-rotate"), ("/admin/keys", "/admin/key-import"),
                                          ("/admin/keys", "/admin/key-sm2-import")])  # fmt: skip
def test_what_matters_wants_the_password_once_more(portal_site, admin, page, action):
    if client(portal_site, "late") is None:
        new_client(admin, "late")
    admin.get(page)
    portal_site.write("UPDATE browser_session SET proved_s = proved_s - 3600")
    rows = portal_site.rows()
    answer = admin.submit(action)
    assert answer.path.endswith("/prove")
    assert not {"client", "sign_key", "setting"} & set(portal_site.changes_since(rows))
    answer = admin.submit("/prove", password=DEMO_USER.password)
    assert answer.path.endswith(page)
    portal_site.write("UPDATE browser_session SET proved_s = proved_s - 3600")
    assert admin.get("/admin/client-new").path.endswith("/prove")
    assert admin.submit("/prove", password=DEMO_USER.password).path.endswith("/admin/client-new")


# ---- Clients ------------------------------------------------------------------------------------------------------------
def test_a_client_is_added_and_its_secret_shown_once(portal_site, admin):
    page = new_client(admin, "shop", grant__client_credentials="1", **{"redirect-uris": "https://shop.example/back\n\nhttp://[::1]:3000/x\n"})
    secret = secret_in(page)
    assert page.headers["Cache-Control"] == "no-store"
    assert last_row(portal_site) == ("user:000000/admin", "client.add", "client:shop", "ok", "portal")
    row = client(portal_site, "shop")
    assert (row["grants"], row["redirect_uris"], row["password_wire"], row["scope"]) == (
        "captcha,refresh_token,client_credentials", "https://shop.example/back,http://[::1]:3000/x", "md5", "all",
    )  # fmt: skip
    for path in ("/admin/clients", "/admin/clients/shop", "/admin/audit", "/admin/audit-file/jsonl"):
        assert secret not in admin.get(path).html, path
    assert all(secret.encode() not in text for text in portal_site.logs().values())
    assert secret.encode() not in portal_site.database.read_bytes()
    token = {"grant_type": "client_credentials"}
    answer = admin.session.post(admin.base + "/oauth2/token", data=token, auth=("shop", secret))
    assert answer.status_code == 200, answer.text


def test_a_client_without_a_secret(portal_site, admin):
    page = new_client(admin, "kiosk", public="1")
    assert "The client was added." in page.alerts and page.path.endswith("/admin/clients/kiosk")
    assert client(portal_site, "kiosk")["secret"] is False


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("id", "", "1 to 64 letters"),
        ("id", MARKUP, "1 to 64 letters"),
        ("id", "1234", "not digits only"),
        ("id", "x" * 65, "1 to 64 letters"),
        ("id", "../../keys", "1 to 64 letters"),
        ("id", "sword", "of this ID already"),
        ("redirect-uris", "http://app.example/", "http on this machine"),
        ("redirect-uris", "https://app.example/#x", "without # and *"),
        ("redirect-uris", "javascript:alert(1)", "dot"),
        ("redirect-uris", "https://*.app.example/", "without # and *"),
        ("redirect-uris", "https://u@app.example/", "https address"),
        ("redirect-uris", "\n".join(f"https://a.example/{i}" for i in range(21)), "at most 20"),
        ("scope", MARKUP, "comma-separated words"),
        ("scope", "", "at least one"),
        ("audience", "x" * 256, "at most 255 bytes"),
        ("access-ttl", "-1", "from 0 to 31536000"),
        ("access-ttl", "1e3", "from 0 to 31536000"),
        ("refresh-ttl", "315360001", "from 0 to 315360000"),
        ("alg", "none", "choose from the list"),
        ("password-wire", "rot13", "choose from the list"),
        ("refresh-reuse", MARKUP, "choose from the list"),
    ],
)
def test_what_is_wrong_with_a_client_is_said_at_its_field(portal_site, admin, field, value, said):
    before = portal_site.cli("client", "list", "--json")
    admin.get("/admin/client-new")
    page = admin.submit("/admin/client-new", **({"id": "fresh"} | {field: value}))
    assert page.status == 400 and any(said in alert for alert in page.alerts), page.alerts
    assert field in page.ids and f'href="#{field}"' in page.html
    assert "<b>" not in page.html and "{{" not in page.html.replace(escaped(MARKUP), "")
    if field in ("id", "scope", "audience", "access-ttl", "refresh-ttl"):
        assert page.form("/admin/client-new").fields[field] == value, "what was typed stays"
    assert portal_site.cli("client", "list", "--json") == before


def test_a_client_without_a_grant_is_refused(portal_site, admin):
    admin.get("/admin/client-new")
    page = admin.submit("/admin/client-new", id="fresh", grant__captcha=None, grant__refresh_token=None)
    assert page.status == 400 and any("Grants" in alert for alert in page.alerts)
    assert client(portal_site, "fresh") is None


def test_a_client_is_changed(portal_site, admin):
    new_client(admin, "changed")
    admin.get("/admin/clients/changed")
    page = admin.submit("/admin/clients/changed", grant__password="1", grant__captcha=None, alg="ES256", audience="https://api.example",
                        scope=" read , write,", **{"access-ttl": "60", "refresh-ttl": "", "password-wire": "sm2",
                                                   "refresh-reuse": "end", "redirect-uris": "com.example.app:/back"})  # fmt: skip
    assert page.alerts == ["The client was saved."]
    row = client(portal_site, "changed")
    assert (row["grants"], row["alg"], row["audience"], row["scope"], row["access_ttl_s"], row["refresh_ttl_s"]) == (
        "password,refresh_token", "ES256", "https://api.example", "read,write", 60, None,
    )  # fmt: skip
    assert (row["password_wire"], row["refresh_reuse"], row["redirect_uris"]) == ("sm2", "end", "com.example.app:/back")
    assert portal_site.query("SELECT count(*) FROM sign_key WHERE alg = 'ES256'") != [(0,)], "something signs with it"
    assert last_row(portal_site)[1:3] == ("client.set", "client:changed")
    admin.get("/admin/clients/changed")
    page = admin.submit("/admin/clients/changed", alg="site", **{"refresh-ttl": "soon"})
    assert page.status == 400 and client(portal_site, "changed")["alg"] == "ES256", "nothing of it was written"


def test_a_secret_is_replaced_with_overlap(portal_site, admin):
    def works(secret):
        data = {"grant_type": "client_credentials"}
        return admin.session.post(admin.base + "/oauth2/token", data=data, auth=("pair", secret)).status_code == 200

    first = secret_in(new_client(admin, "pair", grant__client_credentials="1"))
    admin.get("/admin/clients/pair")
    page = admin.submit("/admin/client-secret/pair", overlap="3600")
    second = secret_in(page)
    assert first != second and works(first) and works(second)
    assert last_row(portal_site)[1:3] == ("client.secret", "client:pair")
    page = admin.get("/admin/clients/pair")
    assert second not in page.html and "good as well" in page.text
    page = admin.submit("/admin/client-secret-end/pair")
    assert page.alerts == ["The old secret is refused from now on."]
    assert not works(first) and works(second)
    page = admin.submit("/admin/client-secret/pair", overlap="0")
    assert not works(second) and works(secret_in(page))


def test_a_client_is_locked_unlocked_and_removed(portal_site, admin):
    new_client(admin, "brief")
    admin.get("/admin/clients/brief")
    page = admin.submit("/admin/client-lock/brief")
    assert "locked" in page.alerts[0] and client(portal_site, "brief")["locked"] is True
    page = admin.submit("/admin/client-unlock/brief")
    assert client(portal_site, "brief")["locked"] is False
    page = admin.submit("/admin/client-remove/brief")
    assert page.alerts == ["The client was removed, with its sessions."] and client(portal_site, "brief") is None
    actions = portal_site.query("SELECT action FROM audit WHERE subject = 'client:brief' ORDER BY id")
    assert [name for (name,) in actions] == ["client.add", "client.lock", "client.unlock", "client.remove"]
    own = admin.get("/admin/look").form("/admin/look").fields["csrf"]
    for path in ("clients", "client-lock", "client-secret", "client-remove", "client-secret-end"):
        assert admin.post(f"/admin/{path}/brief", {"csrf": own}).status == 404, path
    assert admin.get("/admin/clients/brief").status == 404


def test_pages_of_a_big_site_are_shown(portal_site, admin):
    """What does not fit is counted: no page is too long to be shown at all."""
    number = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1500) "
    portal_site.write(
        "INSERT INTO client (id, grants, created_s) " + number + "SELECT 'many-' || n, 'captcha,password,refresh_token', 1 FROM n"
    )
    portal_site.write(
        "INSERT INTO user_group (name, title, networks, created_s) " + number
        + "SELECT 'many-' || n, 'Many', replace(hex(zeroblob(90)), '00', '10.20.30.0/24,') || '10.0.0.0/8', 1 FROM n"
    )  # fmt: skip
    portal_site.write("INSERT INTO tenant (id, name, created_s) " + number + "SELECT 'many-' || n, 'Many', 1 FROM n")
    for path in ("/admin/clients", "/admin/groups", "/admin/tenants", "/admin/users", "/admin", "/admin/health", "/admin/import"):
        page = admin.get(path)
        assert page.status == 200 and "many-" in page.html or path in ("/admin", "/admin/health"), path
        assert page.status == 200, path


def test_the_client_of_a_dialect_says_so(admin):
    assert "Logins of the dialect ebaas" in admin.get("/admin/clients/ebaas").text


# ---- Keys ---------------------------------------------------------------------------------------------------------------
def test_a_key_is_made_and_its_public_part_shown(portal_site, admin):
    admin.get("/admin/keys")
    page = admin.submit("/admin/key-rotate", alg="RS256", **{"publish-ahead": "0"})
    assert page.alerts == ["The new key was made."]
    kid = portal_site.query("SELECT kid FROM sign_key WHERE alg = 'RS256'")[0][0]
    assert last_row(portal_site)[1:3] == ("key.rotate", f"key:{kid}")
    html = admin.get(f"/admin/keys/{kid}").html
    pem = re.search(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", html, re.S)[0]
    jwk = json.loads(re.search(r'<pre id="jwk"[^>]*>(.*?)</pre>', html, re.S)[1].replace("&quot;", '"'))
    numbers = load_pem_public_key(pem.encode()).public_numbers()
    assert int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "=="), "big") == numbers.n
    assert jwk["kid"] == kid and jwk["use"] == "sig" and set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
    published = admin.session.get(admin.base + "/oauth2/jwks").json()["keys"]
    assert jwk in published
    assert {key["kid"]: key["state"] for key in portal_site.cli_json("key", "list")}[kid] == "signs"


def test_the_public_part_of_a_curve_as_pem(portal_site, admin):
    portal_site.cli("key", "rotate", "--alg", "ES256", "--publish-ahead", "0")
    kid = portal_site.query("SELECT kid FROM sign_key WHERE alg = 'ES256' ORDER BY signs_from_s DESC LIMIT 1")[0][0]
    pem = re.search(r"-----BEGIN.*?END PUBLIC KEY-----", admin.get(f"/admin/keys/{kid}").html, re.S)[0]
    assert isinstance(load_pem_public_key(pem.encode()), ec.EllipticCurvePublicKey)


def test_an_hmac_key_has_no_public_part(portal_site, admin):
    kid, secret = portal_site.query("SELECT kid, secret FROM sign_key WHERE alg LIKE 'HS%' LIMIT 1")[0]
    page = admin.get(f"/admin/keys/{kid}")
    assert "no public part" in page.text and "BEGIN" not in page.html
    for form in (secret.hex(), base64.b64encode(secret).decode().rstrip("="), base64.urlsafe_b64encode(secret).decode().rstrip("=")):
        assert form not in page.html
    assert admin.get("/admin/keys/0000000000000000").status == 404


@pytest.mark.parametrize("field, value", [("alg", "none"), ("overlap", "-1"), ("overlap", "1 day"), ("publish-ahead", MARKUP)])
def test_what_is_wrong_with_a_rotation_is_said(portal_site, admin, field, value):
    before = portal_site.query("SELECT count(*) FROM sign_key")
    admin.get("/admin/keys")
    page = admin.submit("/admin/key-rotate", **{field: value})
    assert page.status == 400 and f'href="#{field}"' in page.html and "<b>" not in page.html
    assert portal_site.query("SELECT count(*) FROM sign_key") == before


def test_a_key_is_retired_unless_it_is_needed(portal_site, admin):
    def state(kid):
        return {key["kid"]: key["state"] for key in portal_site.cli_json("key", "list")}[kid]

    old = portal_site.query("SELECT kid FROM sign_key WHERE alg LIKE 'HS%' AND retired_s IS NULL")[0][0]
    admin.get(f"/admin/keys/{old}")
    page = admin.submit(f"/admin/key-retire/{old}")
    assert page.status == 409 and "it was kept" in page.alerts[0] and state(old) == "signs"
    admin.get("/admin/keys")
    admin.submit("/admin/key-rotate")
    assert state(old) == "verifies"
    admin.get(f"/admin/keys/{old}")
    page = admin.submit(f"/admin/key-retire/{old}")
    assert "tokens signed with it are refused" in page.alerts[0] and state(old) == "retired"
    assert last_row(portal_site)[1:3] == ("key.retire", f"key:{old}")


def test_a_shared_key_is_imported(portal_site, admin):
    secret = "0123456789abcdef" * 3
    admin.get("/admin/keys")
    assert admin.submit("/admin/key-import", secret="short").status == 400
    page = admin.submit("/admin/key-import", secret=secret)
    assert "tokens are signed with it" in page.alerts[0] and secret not in page.html
    assert portal_site.query("SELECT alg FROM sign_key WHERE secret = ?", secret.encode()) == [("HS384",)]


def test_the_sm2_key(portal_site, admin):
    admin.get("/admin/keys")
    page = admin.submit("/admin/key-sm2-new")
    shown = portal_site.cli_json("key", "sm2")["public_key"]
    assert shown in page.html and last_row(portal_site)[1] == "key.sm2"
    assert admin.submit("/admin/key-sm2-import", private="00" * 32).status == 400
    assert portal_site.cli_json("key", "sm2")["public_key"] == shown
    page = admin.submit("/admin/key-sm2-import", private="01" * 32)
    assert portal_site.cli_json("key", "sm2")["public_key"] in page.html and "01" * 32 not in page.html


# ---- Audit --------------------------------------------------------------------------------------------------------------
def told(site, *arguments):
    return [json.loads(line) for line in site.cli("audit", "tail", "--count", "100000", *arguments).splitlines()]


def lines(page):
    return [json.loads(line) for line in page.content.decode().splitlines()]


def add_audit(site, count=1, **columns):
    """Rows as requests leave them."""
    row = {"actor": "user:000000/zhang", "action": "login", "subject": "", "result": "ok", "address": "192.0.2.7"} | columns
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    site.write(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        f"INSERT INTO audit ({names}, at_s, expires_s) SELECT {marks}, unixepoch(), unixepoch() + 86400 FROM n",
        count, *row.values(),
    )  # fmt: skip


def test_the_audit_is_downloaded_as_the_command_prints_it(portal_site, admin):
    page = admin.get("/admin/audit-file/jsonl")
    assert lines(page) == told(portal_site)
    assert page.headers["Content-Type"].startswith("application/x-ndjson")
    assert re.fullmatch(r'attachment; filename="audit-\d{8}-\d{6}\.jsonl"', page.headers["Content-Disposition"])
    assert page.content.decode() == portal_site.cli("audit", "export")
    page = admin.get("/admin/audit-file/csv")
    assert page.headers["Content-Type"].startswith("text/csv")
    assert page.content.decode() == portal_site.cli("audit", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(page.content.decode("utf-8-sig"), newline="")))
    kept = [{name: str(value) for name, value in row.items()} for row in told(portal_site)]
    assert [{name: row[name] for name in expected} for row, expected in zip(rows, kept, strict=True)] == kept


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '"quoted", and comma', "line\r\nbreak", "'", MARKUP, "右‮left", "x" * 10000]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_a_text_everywhere(portal_site, admin, name):
    add_audit(portal_site, actor=name, action="import")
    csv_file = admin.get("/admin/audit-file/csv?action=import").content.decode("utf-8-sig")
    last = list(csv.DictReader(io.StringIO(csv_file, newline="")))[-1]
    assert last["actor"] == ("'" if name[0] in "=+-@\t" else "") + name
    assert lines(admin.get("/admin/audit-file/jsonl?action=import"))[-1]["actor"] == name
    page = admin.get("/admin/audit?action=import")
    assert page.status == 200 and "<b>" not in page.html
    assert escaped(name).replace("\r\n", "\n") in page.html.replace("\r\n", "\n")


def test_the_audit_is_filtered(portal_site, admin):
    add_audit(portal_site, actor="user:000000/wang", address="2001:db8::1")
    add_audit(portal_site, actor="user:t2/wang", action="logout", address="192.0.2.9")
    add_audit(portal_site, actor="admin:root", action="user.lock", subject="user:000000/wang", address="")
    add_audit(portal_site, actor="user:000000/wang", result="login_incorrect", address="192.0.2.9")

    def shown(query):
        found = lines(admin.get("/admin/audit-file/jsonl?" + query))
        assert admin.get("/admin/audit?" + query).html.count("<tr>") == len(found) + (1 if found else 0), query
        return [(row["actor"], row["action"], row["result"]) for row in found]

    wang = [("user:000000/wang", "login", "ok"), ("user:t2/wang", "logout", "ok"), ("admin:root", "user.lock", "ok"),
            ("user:000000/wang", "login", "login_incorrect")]  # fmt: skip
    assert shown("who=wang") == wang
    assert shown("who=000000/wang") == [wang[0], wang[2], wang[3]]
    assert shown("who=user:t2/wang") == [wang[1]]
    assert shown("who=wang&result=failed") == [wang[3]]
    assert shown("who=wang&result=ok&action=login") == [wang[0]]
    assert shown("who=wang&address=2001:DB8:0::1") == [wang[0]]
    assert shown("who=wang&address=192.0.2.9") == [wang[1], wang[3]]
    assert shown("who=wan") == [] and shown("who=ang") == []
    today = told(portal_site)[-1]["time"][:10]
    assert shown(f"who=wang&from={today}&to={today}") == wang
    assert shown("who=wang&to=2001-01-01") == [] and shown("who=wang&from=2100-01-01") == []
    assert shown("who=wang&from=2001-01-01T00:00&to=2100-01-01T00:00") == wang


def test_what_is_being_summed_up_is_seen(portal_site, admin):
    user = portal_site.new_user()
    for _ in range(3):
        Portal(portal_site, headers={"X-Forwarded-For": "192.0.2.50"}).sign_in(user._replace(password="wrong-" * 3))
    assert "Being summed up" in admin.get("/admin/audit").text and "2 times" in admin.page.text
    assert "Being summed up" not in admin.get("/admin/audit?result=failed").text


@pytest.mark.parametrize("query, field", [("from=yesterday", "from"), ("to=2026-13-01", "to"), ("address=localhost", "address")])
def test_what_is_wrong_with_a_filter_is_said(admin, query, field):
    for path in ("/admin/audit", "/admin/audit-file/csv"):
        page = admin.get(f"{path}?{query}")
        assert page.status == 400 and f'href="#{field}"' in page.html
        assert page.form("/admin/audit").fields[field] == query.partition("=")[2]


def test_hostile_filters(admin):
    for value in (MARKUP, "%25", "'; DROP TABLE audit; --", "x" * 4000, "/", "://", "user:"):
        for field in ("who", "action", "result"):
            page = admin.get("/admin/audit", params={field: value})
            assert page.status == 200 and "<b>" not in page.html, (field, value)
    assert admin.get("/admin/audit?before=x&after=-1").status == 200
    assert admin.get("/admin/audit-file/exe").status == 404


def test_the_audit_has_pages(portal_site, admin):
    add_audit(portal_site, 120, action="paged")
    first = admin.get("/admin/audit?action=paged")
    (older,) = [link for link in first.links if "before=" in link]
    assert first.html.count("<tr>") == 1 + 50
    second = admin.get(admin.session.get(first.url.split("/admin")[0] + older[older.index("/admin"):]).url)
    (older,) = [link for link in second.links if "before=" in link]
    third = admin.get(first.url.split("/admin")[0] + older[older.index("/admin"):])
    assert second.html.count("<tr>") == 51 and third.html.count("<tr>") == 21
    assert not [link for link in third.links if "before=" in link]


def test_a_large_audit_is_downloaded_in_parts(portal_site, admin):
    add_audit(portal_site, 45000, action="many")
    page = admin.get("/admin/audit-file/jsonl?action=many")
    parts = [link for link in page.links if "/audit-file/jsonl" in link and "after=" in link]
    assert page.status == 200 and len(parts) == 3
    base = page.url.split("/admin")[0]
    files = [lines(admin.get(base + link[link.index("/admin"):])) for link in parts]
    assert [len(file) for file in files] == [20000, 20000, 5000]
    ids = [row["id"] for file in files for row in file]
    assert ids == [row["id"] for row in told(portal_site, "--action", "many")]


# ---- Settings and look --------------------------------------------------------------------------------------------------
def test_settings_say_what_is_in_force_and_where_from(portal_site, admin):
    page = admin.get("/admin/settings")
    for row in portal_site.cli_json("config"):
        section, _, key = row["setting"].rpartition(".")
        assert f'id="{section}.{key}"' in page.html
        assert escaped(row["value"]) in page.html, row
        assert escaped(row["help"]) in page.html, row
        if row["origin"] != "default":
            cell = page.html.partition(f'id="{section}.{key}"')[2].partition("</tr>")[0]
            assert "line " + row["origin"].rpartition(":")[2] in cell, row
    assert str(portal_site.conf) in page.text


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_what_a_setting_is_for_is_said_in_chinese(portal_site, language):
    person = Portal(portal_site, language)
    person.sign_in(DEMO_USER)
    assert re.findall(r'mono">(\w+)</span><br><span class="hint" lang="en"', person.get("/admin/settings").html) == []


def test_settings_are_found(admin):
    page = admin.get("/admin/settings?q=ARGON2_mem")
    assert page.html.count("<tr id=") == 1 and "1024" in page.text
    assert admin.get("/admin/settings?q=" + "x" * 50).html.count("<tr id=") == 0
    page = admin.get("/admin/settings", params={"q": MARKUP})
    assert page.status == 200 and "<b>" not in page.html
    assert "captcha_after" in admin.get("/admin/settings?set=1").text
    assert "refresh_grace" not in admin.get("/admin/settings?set=1").text


def test_the_look_is_set_and_seen(portal_site, admin):
    admin.get("/admin/look")
    page = admin.submit("/admin/look", title=MARKUP, notice="停机：今晚 22:00", footer="北京某某公司", accent="#1D4ED8",
                        logo="/img/logo.svg", icp="京ICP备12345678号", police="京公网安备11010502030123号", footer_link="/about.html")  # fmt: skip
    assert page.alerts == ["The look was saved."] and last_row(portal_site)[1] == "look.set"
    page = Portal(portal_site).get("/login")
    for text in ("停机：今晚 22:00", "北京某某公司", "京ICP备12345678号", "京公网安备11010502030123号", escaped(MARKUP)):
        assert text in page.html, text
    assert 'src="/img/logo.svg"' in page.html and '<a href="/about.html">北京某某公司</a>' in page.html and "<b>" not in page.html
    sheet = re.search(r'href="[^"]*(/portal/file/look-[^"]*\.css)"', page.html)[1]
    assert "#1d4ed8" in admin.session.get(admin.base + sheet).text.lower()
    form = admin.get("/admin/look").form("/admin/look")
    assert form.fields["title"] == MARKUP and form.fields["accent"] == "1D4ED8"
    admin.submit("/admin/look", title="", notice="", footer="", accent="", logo="", icp="", police="", footer_link="")
    assert portal_site.query("SELECT * FROM look WHERE typeof(value) = 'text'") == [], "what the configuration says is not kept"


@pytest.mark.parametrize(
    "field, value",
    [("accent", "red"), ("accent", "12345"), ("accent", "url(x)"), ("logo", "https://evil.example/x.png"), ("logo", "//evil.example"),
     ("logo", "javascript:alert(1)"), ("footer_link", "javascript:alert(1)"), ("title", "x" * 256), ("notice", "two\nlines"), ("footer", "門" * 86)],
)  # fmt: skip
def test_what_is_wrong_with_the_look_is_said(portal_site, admin, field, value):
    admin.get("/admin/look")
    page = admin.submit("/admin/look", **{field: value})
    assert page.status == 400 and f'href="#{field}"' in page.html
    assert portal_site.query("SELECT * FROM look WHERE typeof(value) = 'text'") == []


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def logo_of(page):
    found = re.search(r'<a class="brand"[^>]*>\s*<img src="([^"]+)"', page.html)
    return found and found[1]


def test_a_logo_is_uploaded_seen_and_removed(portal_site, admin):
    admin.get("/admin/look")
    page = admin.submit("/admin/look-logo", files={"picture": ("logo.png", PNG, "text/html")})
    assert page.alerts == ["The look was saved."]
    source = logo_of(Portal(portal_site).get("/login"))
    host = admin.base.removesuffix(urlsplit(admin.base).path)
    picture = Portal(portal_site).session.get(host + source)
    assert (picture.content, picture.headers["Content-Type"]) == (PNG, "image/png")
    assert picture.headers["X-Content-Type-Options"] == "nosniff" and "immutable" in picture.headers["Cache-Control"]
    admin.get("/admin/look")
    admin.submit("/admin/look", title="with a logo")
    assert logo_of(admin.page) == source, "it stays when something else is changed"
    admin.submit("/admin/look-logo", files={"picture": ("x", b"GIF89a" + b"\0" * 100, "image/gif")})
    assert logo_of(admin.page) not in (None, source)
    assert admin.session.get(host + source).status_code == 404, "there is another one now"
    admin.submit("/admin/look-no-logo")
    assert logo_of(admin.page) is None
    admin.submit("/admin/look", title="")
    assert portal_site.query("SELECT * FROM look") == []


@pytest.mark.parametrize(
    "content, said",
    [(b"", "Choose a picture"), (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "Choose a picture"),
     (b"<html>", "Choose a picture"), (PNG[:7], "Choose a picture"), (PNG + b"\0" * 65536, "too large")],
)  # fmt: skip
def test_what_is_no_logo_is_refused(portal_site, admin, content, said):
    admin.get("/admin/look")
    page = admin.submit("/admin/look-logo", files={"picture": ("logo.png", content, "image/png")})
    assert page.status == 400 and said in page.alerts[0] and "picture-fault" in page.ids
    assert portal_site.query("SELECT * FROM look") == []
    assert admin.get("/portal/file/logo-0123456789abcdef.png").status == 404


# ---- Health -------------------------------------------------------------------------------------------------------------
def findings(page):
    """[("warn", "expose_answer"), …]"""
    return re.findall(r'<span class="badge (\w+)">[^<]*</span></td>\s*<th[^>]*>[^<]*<br><span class="mono soft">(\w+)', page.html)


def test_health_says_what_doctor_says(portal_site, admin):
    admin.get("/admin/health")
    page = admin.submit("/admin/health")
    found = findings(page)
    moods = {"ok": "good", "warning": "warn", "error": "bad"}
    told = json.loads(portal_site.run(["doctor", "--json"]).stdout)["checks"]
    assert sorted((name, mood) for mood, name in found) == sorted((check["name"], moods[check["status"]]) for check in told)
    order = [mood for mood, _ in found]
    assert order == sorted(order, key=["bad", "warn", "good"].index), "what is wrong comes first"
    names = {name for _, name in found}
    quick = {name for _, name in findings(admin.get("/admin/health"))}
    assert names - quick >= {"integrity", "argon2"} and quick < names


def test_every_finding_has_a_name_in_every_language(portal_site):
    for language in ("zh-CN", "zh-TW", "en"):
        person = Portal(portal_site, language)
        person.sign_in(DEMO_USER)
        person.get("/admin/health")
        html = person.submit("/admin/health").html
        pairs = re.findall(r'<th scope="row">([^<]*)<br><span class="mono soft">(\w+)', html)
        assert pairs and all(word != name for word, name in pairs), (language, pairs)


def test_every_action_of_the_portal_has_a_name_in_every_language():
    actions = set()
    for file in (TREE / "src/portal").glob("*.c"):
        calls = re.findall(r"(?:page_record|people_change)\([^;]*;|\.action = [^;,]*", file.read_text())
        actions.update(re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', " ".join(calls)))
    assert {"setup", "user.invite", "account.email", "group.join"} <= actions
    for words in (TREE / "src/portal/words").glob("*.txt"):
        named = set(re.findall(r"^audit\.action\.(\S+) = ", words.read_text(), re.MULTILINE))
        assert actions - named == set(), words.name


# ---- Captcha ------------------------------------------------------------------------------------------------------------
def size_of(png):
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_a_sheet_of_captchas(admin):
    sheets = {}
    for query in ("", "?dialect=blade", "?dialect=blade&kind=chinese&level=hard", "?kind=arithmetic"):
        page = admin.get(SHEET + query)
        assert page.status == 200 and page.headers["Content-Type"] == "image/png"
        assert page.headers["Cache-Control"] == "no-store"
        sheets[query] = size_of(page.content)
    assert sheets[""] != sheets["?dialect=blade"]
    for query in ("?dialect=nobody", "?kind=latin", "?level=9", "?level=normal&level=hard"):
        assert admin.get(SHEET + query).status in (400, 404), query


def test_the_captcha_page_shows_the_sheet_that_was_asked_for(portal_site, admin):
    page = admin.get("/admin/captcha?dialect=ebaas&kind=digits&level=hard")
    source = re.search(r'<img class="sheet" src="([^"]+)"', page.html)[1].replace("&amp;", "&")
    assert size_of(admin.session.get(page.url.split("/admin")[0] + source[source.index("/admin"):]).content)[0] > 125 * 3
    assert "[dialect.ebaas]\nkind = digits\nlevel = hard" in page.html and str(portal_site.conf) in page.text
    assert admin.get("/admin/captcha?level=" + "x" * 100).status == 404


def test_captchas_get_another_style(portal_site, admin):
    before = portal_site.query("SELECT value FROM setting WHERE name = 'captcha_style'")
    admin.get("/admin/captcha")
    page = admin.submit("/admin/captcha-restyle")
    assert page.alerts == ["The captchas have a new style."] and last_row(portal_site)[1] == "captcha.restyle"
    assert portal_site.query("SELECT value FROM setting WHERE name = 'captcha_style'") != before


# ---- In Chromium --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def chromium():
    with running_browser() as browser:
        yield browser


def test_a_client_from_its_making_to_its_end_in_chromium(portal_site, chromium):
    def press(css):
        until(chromium, lambda page: page.find_elements(By.CSS_SELECTOR, css))[0].click()

    def at(path):
        until(chromium, lambda page: page.current_url.split("?")[0].endswith(path))

    base = Portal(portal_site).base
    chromium.execute_cdp_cmd("Network.enable", {})
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get(f"{base}/login?next={urlsplit(base).path}/admin/clients&lang=en")
    chromium.find_element(By.NAME, "account").send_keys(DEMO_USER.account)
    chromium.find_element(By.NAME, "password").send_keys(DEMO_USER.password)
    press("form[action$='/sign-in'] button.primary")
    at("/admin/clients")
    press("a[href$='/admin/client-new']")
    at("/admin/client-new")
    until(chromium, lambda page: page.find_elements(By.NAME, "id"))[0].send_keys("web")
    chromium.find_element(By.NAME, "redirect-uris").send_keys("http://web.example/")
    press("form[action$='/admin/client-new'] button.primary")
    fault = until(chromium, lambda page: page.find_element(By.ID, "redirects-fault"))
    assert "https" in fault.text
    field = chromium.find_element(By.ID, "redirect-uris")
    assert field.get_attribute("aria-invalid") == "true" and "redirects-fault" in field.get_attribute("aria-describedby")
    field.clear()
    field.send_keys("https://web.example/")
    press("form[action$='/admin/client-new'] button.primary")
    secret = until(chromium, lambda page: page.find_element(By.ID, "secret")).text
    assert re.fullmatch(r"[A-Za-z0-9]{32}", secret)
    press("a[href$='/admin/clients/web']")
    at("/admin/clients/web")
    assert secret not in chromium.page_source
    chromium.back()  # the page with the secret is kept nowhere
    until(chromium, lambda page: page.execute_script("return document.readyState") == "complete")
    assert secret not in chromium.page_source
    chromium.get(base + "/admin/clients/web")
    lock = "form[action$='/admin/client-lock/web'] button"
    assert chromium.find_elements(By.CSS_SELECTOR, f"details:not([open]) {lock}"), "it is asked for twice"
    for summary in chromium.find_elements(By.CSS_SELECTOR, "main summary"):
        summary.click()
    press(lock)
    until(chromium, lambda page: page.find_elements(By.CSS_SELECTOR, "form[action$='/admin/client-unlock/web']"))
    for summary in chromium.find_elements(By.CSS_SELECTOR, "main summary"):
        summary.click()
    press("form[action$='/admin/client-remove/web'] button")
    at("/admin/clients")
    assert client(portal_site, "web") is None


def test_the_audit_is_filtered_in_chromium(portal_site, chromium):
    base = Portal(portal_site).base
    person = Portal(portal_site)
    person.sign_in(DEMO_USER)
    add_audit(portal_site, actor="user:000000/browser", action="login")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get(base + "/login")
    for name, value in person.cookies().items():
        chromium.add_cookie({"name": name, "value": value, "path": "/"})
    chromium.get(base + "/admin/audit?lang=en")
    chromium.find_element(By.NAME, "who").send_keys("browser\n")
    until(chromium, lambda page: "who=browser" in page.current_url)
    rows = chromium.find_elements(By.CSS_SELECTOR, "main tbody tr")
    assert len(rows) == 1 and "user:000000/browser" in rows[0].text and "Sign-in" in rows[0].text
