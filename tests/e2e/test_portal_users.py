"""What administrators do to people in the portal: users, groups, tenants, locks, import and export."""

import base64
import io
import json
import re
from collections import namedtuple

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal as AnyPortal
from harness.routes import routes
from harness.site import DEMO_USER
from harness.visitor import fresh_address
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_portal_pages import LANGUAGES, LOOKS, axe, cut_off, look_at

# FastCGI under lighttpd; plain CGI under Apache, by .htaccess alone.
SERVERS = ("lighttpd-root", "apache-htaccess-generous")
SETTINGS = {"login": {"captcha_after": "1000"}}  # captchas have tests of their own
MARKUP = "<b>\"O'Hara\" & <script>alert(1)</script>"
Person = namedtuple("Person", "account password id")


class Portal(AnyPortal):
    """From an address of its own, where nobody has failed before."""

    def __init__(self, site, language="en"):
        super().__init__(site, language, {"X-Forwarded-For": fresh_address()})


@pytest.fixture(scope="module", params=SERVERS)
def site(request):
    with running_site(request.param, SETTINGS) as site:
        yield site


@pytest.fixture
def admin(site):
    portal = Portal(site)
    assert portal.sign_in().status == 200
    return portal


@pytest.fixture
def person(site):
    user = site.new_user()
    (user_id,) = site.query("SELECT id FROM user WHERE account = ?", user.account)[0]
    return Person(user.account, user.password, user_id)


def row_of(site, account, columns="*"):
    rows = site.query(f"SELECT {columns} FROM user WHERE account = ?", account)
    return rows[0] if rows else None


def events(site, subject):
    return [row[0] for row in site.query("SELECT action FROM audit WHERE subject = ? ORDER BY id", subject)]


def subject_of(user):
    return f"user:000000/{user.account}"


def accounts_on(page):
    """The accounts of the list, in their order."""
    return re.findall(r'/admin/users/\d+"><bdi>([^<]*)</bdi>', page.html)


# ---- Finding ----------------------------------------------------------------------------------------------


def test_users_are_found_by_what_is_known_of_them(site, admin):
    site.cli(
        "user", "add", "findme", "--real-name", "王小明", "--email", "Ming@Example.COM", "--phone", "+86 138 0000",
        line="Some-thing-39-long",
    )  # fmt: skip
    for text in ("findme", "INDM", "ｆｉｎｄ", "小明", "ming@example.com", "138 00"):
        assert accounts_on(admin.get("/admin/users", params={"q": text})) == ["findme"], text
    for text in ("%", "_", "\\", "'", "x" * 2000, MARKUP):
        page = admin.get("/admin/users", params={"q": text})
        assert page.status == 200 and accounts_on(page) == [], text
        assert "<b>" not in page.html
    assert accounts_on(admin.get("/admin/users", params={"q": "findme", "state": "never"})) == ["findme"]
    assert accounts_on(admin.get("/admin/users", params={"q": "findme", "state": "locked"})) == []
    assert accounts_on(admin.get("/admin/users", params={"group": "admins"})) == [DEMO_USER.account]
    assert accounts_on(admin.get("/admin/users", params={"tenant": "nowhere"})) == []


def test_pages_and_orders(site, admin):
    """Every user is on one page of each order, whichever way one goes."""
    for n in range(60):
        site.write(
            "INSERT INTO user (id, tenant_id, account, account_folded, password_hash, password_changed_s, created_s, "
            "real_name, last_login_s) VALUES (?, '000000', ?, ?, 'x', 0, ?, ?, ?)",
            1000 + n, f"Page{n:02}", f"page{n:02}", 1000 + n % 7, f"name {n % 5}", None if n % 3 else 5000 + n % 4,
        )  # fmt: skip
    everybody = {row[0] for row in site.query("SELECT account FROM user")}
    for sort in ("account", "name", "login", "created"):
        for down in ("", "1"):
            page = admin.get("/admin/users", params={"sort": sort, "down": down})
            forth = [accounts_on(page)]
            while links := re.findall(r'href="([^"]*)" rel="next"', admin.page.html):
                forth.append(accounts_on(admin.get(admin.base + links[0].replace("&amp;", "&").removeprefix(
                    site.server.config.mount))))
            listed = [account for part in forth for account in part]
            assert len(listed) == len(everybody) and set(listed) == everybody, (sort, down)
            back = [accounts_on(admin.page)]
            while links := re.findall(r'href="([^"]*)" rel="prev"', admin.page.html):
                back.insert(0, accounts_on(admin.get(admin.base + links[0].replace("&amp;", "&").removeprefix(
                    site.server.config.mount))))
            # Back from the end: the same order, cut elsewhere.
            assert [a for part in back for a in part][-len(forth[-1]):] == forth[-1], (sort, down)
            assert set(a for part in back for a in part) >= set(forth[-1]), (sort, down)
    site.write("DELETE FROM user WHERE account LIKE 'Page%'")


# ---- One person -------------------------------------------------------------------------------------------


def test_somebody_is_invited(site, admin):
    assert admin.get("/admin/users/new").status == 200
    admin.submit("/admin/users", account="invited", real_name=MARKUP, email="in@example.org", by="link")
    assert admin.page.status == 200, admin.page.text
    link = re.search(r'id="secret"[^>]*>([^<]+)<', admin.page.html)[1]
    assert "<svg" in admin.page.html
    assert "no-store" in admin.page.headers["Cache-Control"]
    assert "<script>alert" not in admin.page.html
    guest = Portal(site)
    assert guest.get(link).status == 200
    secret = link.rsplit("/", 1)[1]
    guest.submit("/link/" + secret, fresh="lamp-river-39-oats", again="lamp-river-39-oats")
    assert guest.page.status == 200, guest.page.text
    assert row_of(site, "invited", "password_expired, email, real_name") == (0, "in@example.org", MARKUP)
    assert Portal(site).get(link).status in (404, 410)
    assert events(site, "user:000000/invited")[0] == "user.add"


def test_somebody_gets_a_password_for_once(site, admin):
    admin.get("/admin/users/new")
    admin.submit("/admin/users", account="once", by="password")
    password = re.search(r'id="secret"[^>]*>([^<]+)<', admin.page.html)[1]
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", password)
    assert row_of(site, "once", "password_expired") == (1,)
    guest = Portal(site)
    guest.get("/login")
    guest.submit("/sign-in", account="once", password=password)
    assert guest.page.path.endswith("/account/password")
    assert password not in open(site.log_path).read() if hasattr(site, "log_path") else True


def test_what_cannot_be_added_is_said_at_the_field(site, admin, person):
    for fields, field in (
        ({"account": ""}, "account"),
        ({"account": "x" * 129}, "account"),
        ({"account": "x" * 10000}, "account"),
        ({"account": "a\u202eb"}, "account"),
        ({"account": "fresh", "real_name": "名" * 3400}, "real_name"),
        ({"account": "a\u200bb"}, "account"),
        ({"account": person.account}, "account"),
        ({"account": "fresh", "email": "nobody"}, "email"),
        ({"account": "fresh", "phone": "abc"}, "phone"),
        ({"account": "fresh", "real_name": "x" * 256}, "real_name"),
        ({"account": "fresh", "role_id": "x" * 1001}, "role_id"),
        ({"account": "fresh", "tenant": "nowhere"}, None),
    ):
        admin.get("/admin/users/new")
        data = {**admin.page.form("/admin/users").fields, **fields}
        page = admin.post("/admin/users", data)
        assert page.status == 400, fields
        assert field is None or f'id="{field}-fault"' in page.html, fields
        assert page.alerts, fields
    assert row_of(site, "fresh") is None


def test_details_are_changed(site, admin, person):
    path = f"/admin/users/{person.id}"
    admin.get(path)
    admin.submit(path, real_name="张三", nick_name="三", email="z@example.org", phone="010-1234", locale="zh-Hant",
                 role_id="1, 2", role_name="a,b")  # fmt: skip
    assert admin.page.status == 200 and any("saved" in a for a in admin.page.alerts), admin.page.alerts
    assert row_of(site, person.account, "real_name, nick_name, email, phone, locale, role_id, role_name") == (
        "张三", "三", "z@example.org", "010-1234", "zh-Hant", "1,2", "a,b")  # fmt: skip
    admin.submit(path, real_name="", email="")
    assert row_of(site, person.account, "real_name, email, phone") == ("", "", "010-1234")
    assert events(site, subject_of(person)).count("user.set") == 2
    for name in (MARKUP, "\u202eevil", "مرحبا", "'; DROP TABLE user; --", "{{csrf}}"):
        admin.submit(path, real_name=name)
        assert admin.page.status == 200 and admin.page.form(path).fields["real_name"] == name
        assert admin.get("/admin/users", params={"q": person.account}).text.count(name) == 1
        admin.get(path)
    long = "长" * 85 + "x"
    admin.submit(path, real_name=long)
    assert admin.page.status == 400 and admin.page.form(path).fields["real_name"] == long
    assert 'aria-invalid="true"' in admin.page.html


def test_a_lock_ends_what_is_open_and_is_undone(site, admin, person):
    guest = Portal(site)
    assert guest.sign_in(person).status == 200
    admin.get(f"/admin/users/{person.id}")
    admin.submit(f"/admin/user-lock/{person.id}")
    assert row_of(site, person.account, "locked") == (1,)
    assert guest.get("/account").path.endswith("/login")
    assert guest.sign_in(person).alerts
    assert guest.get("/account").path.endswith("/login")
    admin.get(f"/admin/users/{person.id}")
    admin.submit(f"/admin/user-unlock/{person.id}")
    assert guest.sign_in(person).path.endswith("/account")
    assert events(site, subject_of(person)) == ["user.add", "user.lock", "user.unlock"]


def test_sessions_are_ended_one_by_one_and_all(site, admin, person):
    one, two = Portal(site), Portal(site)
    one.sign_in(person)
    two.sign_in(person)
    path = f"/admin/user-sessions/{person.id}"
    page = admin.get(f"/admin/users/{person.id}")
    ids = re.findall(r'name="browser" value="(\d+)"', page.html)
    assert len(ids) == 2
    token = page.form(path).fields["csrf"]
    mine = site.query("SELECT id FROM browser_session WHERE user_id = (SELECT id FROM user WHERE account = ?)",
                      DEMO_USER.account)[0][0]  # fmt: skip
    admin.post(path, {"csrf": token, "browser": mine})  # another person's: nothing ends
    assert admin.get("/account").path.endswith("/account")
    admin.post(path, {"csrf": token, "browser": ids[0]})
    left = [p.get("/account").path.endswith("/account") for p in (one, two)]
    assert sorted(left) == [False, True]
    for broken in ({"browser": "x"}, {"application": "0"}, {"browser": "9" * 30}):
        admin.post(path, {"csrf": token} | broken)  # no number: nothing ends
    assert [p.get("/account").path.endswith("/account") for p in (one, two)] == left
    admin.post(path, {"csrf": token})
    assert not any(p.get("/account").path.endswith("/account") for p in (one, two))


def test_a_new_way_in(site, admin, person):
    path = f"/admin/user-access/{person.id}"
    guest = Portal(site)
    guest.sign_in(person)
    admin.get(path)
    admin.post(path, {"csrf": admin.page.form(path).fields["csrf"], "by": "link"})
    link = re.search(r'id="secret"[^>]*>([^<]+)<', admin.page.html)[1]
    assert guest.get("/account").path.endswith("/account")  # a link changes nothing by itself
    admin.get(path)
    admin.post(path, {"csrf": admin.page.form(path).fields["csrf"], "by": "password"})
    password = re.search(r'id="secret"[^>]*>([^<]+)<', admin.page.html)[1]
    assert guest.get("/account").path.endswith("/login")
    assert Portal(site).get(link).status in (404, 410)  # the older way in has ended
    guest.get("/login")
    guest.submit("/sign-in", account=person.account, password=password)
    assert guest.page.path.endswith("/account/password")
    assert "user.reset" in events(site, subject_of(person))
    assert "user.passwd" in events(site, subject_of(person))


def test_removal_is_asked_for_and_names_whom(site, admin, person):
    path = f"/admin/user-remove/{person.id}"
    page = admin.get(path)
    assert page.status == 200 and person.account in page.text
    assert row_of(site, person.account) is not None
    admin.submit(path)
    assert row_of(site, person.account) is None
    assert admin.get(f"/admin/users/{person.id}").status == 404
    assert events(site, subject_of(person))[-1] == "user.remove"
    assert admin.get("/admin/users/1").status == 404
    assert admin.get("/admin/users/abc").status == 404


# ---- Administrators ---------------------------------------------------------------------------------------


def make_admin(site, admin, person, make=True):
    admin.get(f"/admin/users/{person.id}")
    fields = {"group__admins": "1" if make else None}
    return admin.submit(f"/admin/user-groups/{person.id}", **fields)


def test_administrators_are_made_and_protected_from_themselves(site, admin, person):
    (own_id,) = row_of(site, DEMO_USER.account, "id")
    token = admin.get("/admin/users").form("/sign-out").fields["csrf"]
    for path in (f"/admin/user-lock/{own_id}", f"/admin/user-remove/{own_id}", f"/admin/user-access/{own_id}",
                 f"/admin/user-groups/{own_id}"):  # fmt: skip
        assert admin.post(path, {"csrf": token, "by": "password"}).status == 409, path
        assert admin.page.alerts, path
    assert admin.post("/admin/group-leave/admins", {"csrf": token, "user": own_id}).status == 400
    assert make_admin(site, admin, person).status == 200
    second = Portal(site)
    second.sign_in(person)
    assert second.get("/admin/users").status == 200
    # The second one may take it from the first, and is then the last.
    make_admin(site, second, Person("", "", own_id), make=False)
    assert admin.get("/admin/users", follow=False).status == 403
    token = second.get("/admin/users").form("/sign-out").fields["csrf"]
    assert second.post(f"/admin/user-lock/{person.id}", {"csrf": token}).status == 409
    second.get("/admin/groups/admins")
    second.submit("/admin/group-join/admins", account=DEMO_USER.account)
    assert admin.get("/admin/users").status == 200
    make_admin(site, admin, person, make=False)
    assert second.get("/admin/users", follow=False).status == 403


def test_every_form_that_asks_for_proof_has_a_page_to_come_back_to():
    shown = {route.path for route in routes("GET")}
    asking = {route.path for route in routes("POST") if "PAGE_PROVED" in route.needs}
    assert asking and asking <= shown


def test_what_matters_asks_for_the_password_again(site, admin, person):
    site.write("UPDATE browser_session SET proved_s = proved_s - 1000")
    path = f"/admin/user-remove/{person.id}"
    assert admin.get(path).path.endswith("/prove")
    admin.submit("/prove", password="wrong")
    assert admin.page.status == 400 and 'id="password-fault"' in admin.page.html
    admin.submit("/prove", password=DEMO_USER.password)
    assert admin.page.path.endswith(path)
    assert "password.prove" in [r[0] for r in site.query("SELECT action FROM audit WHERE result = 'ok'")]
    # A form that was open for longer leads back to its page, and has done nothing.
    token = admin.page.form(path).fields["csrf"]
    site.write("UPDATE browser_session SET proved_s = proved_s - 1000")
    assert admin.post(path, {"csrf": token}).path.endswith("/prove")
    admin.submit("/prove", password=DEMO_USER.password)
    assert admin.page.path.endswith(path) and row_of(site, person.account) is not None
    # Within a quarter of an hour once is enough; making an administrator asks too.
    assert admin.get("/admin/import").path.endswith("/admin/import")
    site.write("UPDATE browser_session SET proved_s = proved_s - 1000")
    assert make_admin(site, admin, person).path.endswith("/prove")
    admin.get("/admin/groups/admins")
    assert admin.submit("/admin/groups/admins", title="x", networks="").path.endswith("/prove"), "from where they sign in"
    assert site.query("SELECT count(*) FROM group_member WHERE user_id = ?", person.id) == [(0,)]
    site.write("UPDATE browser_session SET proved_s = proved_s + 100000")
    assert admin.get("/admin/import").path.endswith("/prove"), "by a clock that was ahead"
    for evil in ("//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)"):
        page = admin.get("/prove", params={"next": evil})
        assert "evil" not in page.form("/prove").fields["next"] and "javascript" not in page.form("/prove").fields["next"]


# ---- Groups and tenants -----------------------------------------------------------------------------------


def test_groups(site, admin, person):
    admin.get("/admin/groups")
    admin.submit("/admin/groups", name="staff", title=MARKUP, networks="10.0.0.0/8, 2001:db8::/32")
    assert admin.page.status == 200 and "<script>alert" not in admin.page.html
    assert site.query("SELECT title, networks FROM user_group WHERE name = 'staff'") == [
        (MARKUP, "10.0.0.0/8,2001:db8::/32")]  # fmt: skip
    for fields, field in (({"name": "staff"}, "name"), ({"name": "a b"}, "name"), ({"name": "ok", "networks": "10.0"}, "networks"),
                          ({"name": "ok", "title": "x" * 256}, "title")):  # fmt: skip
        admin.get("/admin/groups")
        assert admin.submit("/admin/groups", **fields).status == 400
        assert f'id="{field}-fault"' in admin.page.html
    admin.get("/admin/groups/staff")
    admin.submit("/admin/groups/staff", title="Staff", networks="")
    admin.submit("/admin/group-join/staff", account=person.account.upper())
    assert admin.page.status == 200 and person.account in accounts_on(admin.page)
    assert admin.submit("/admin/group-join/staff", account="nobody").status == 400
    assert accounts_on(admin.get("/admin/users?group=staff")) == [person.account]
    admin.get("/admin/groups/staff")
    admin.submit("/admin/group-leave/staff")
    assert accounts_on(admin.page) == []
    admin.get("/admin/group-remove/staff")
    admin.submit("/admin/group-remove/staff")
    assert site.query("SELECT count(*) FROM user_group WHERE name = 'staff'") == [(0,)]
    assert events(site, "group:staff") == ["group.add", "group.set", "group.remove"]
    assert admin.get("/admin/group-remove/admins").status == 400
    assert admin.get("/admin/groups/staff").status == 404


def test_tenants(site, admin):
    admin.get("/admin/tenants")
    admin.submit("/admin/tenants", id="100001", name=MARKUP)
    assert admin.page.status == 200 and "<script>alert" not in admin.page.html
    admin.get("/admin/tenants")
    assert admin.submit("/admin/tenants", id="100001", name="x").status == 400
    assert admin.submit("/admin/tenants", id="a/b", name="x").status == 400
    assert admin.submit("/admin/tenants", id="c", name="").status == 400
    admin.get("/admin/tenants/100001")
    admin.submit("/admin/tenants/100001", name="Branch")
    admin.submit("/admin/tenant-lock/100001")
    assert site.query("SELECT name, locked FROM tenant WHERE id = '100001'") == [("Branch", 1)]
    admin.submit("/admin/tenant-unlock/100001")
    admin.get("/admin/users/new")
    admin.submit("/admin/users", account="branch", tenant="100001", by="password")
    assert site.query("SELECT tenant_id FROM user WHERE account = 'branch'") == [("100001",)]
    token = admin.get("/admin/tenants/100001").form("/admin/tenants/100001").fields["csrf"]
    assert admin.post("/admin/tenant-remove/100001", {"csrf": token}).status == 409
    assert admin.post("/admin/tenant-lock/000000", {"csrf": token}).status == 409
    site.cli("user", "remove", "branch", "--tenant", "100001")
    admin.get("/admin/tenants/100001")
    admin.submit("/admin/tenant-remove/100001")
    assert site.query("SELECT count(*) FROM tenant WHERE id = '100001'") == [(0,)]
    assert events(site, "tenant:100001") == [
        "tenant.add", "tenant.set", "tenant.lock", "tenant.unlock", "tenant.remove"]  # fmt: skip


# ---- Locks ------------------------------------------------------------------------------------------------


def test_who_is_locked_out_is_freed(site, admin, person):
    guest = Portal(site)
    for _ in range(12):
        guest.get("/login")
        guest.submit("/sign-in", account=person.account, password="wrong")
        if "locked" in guest.page.text.lower():
            break
    page = admin.get("/admin/locks?all=1")
    assert person.account in page.text
    for form in [f for f in page.forms if f.action.endswith("/admin/locks") and "kind" in f.fields]:
        admin.post("/admin/locks", form.fields)
    assert person.account not in admin.get("/admin/locks?all=1").text
    assert guest.sign_in(person).path.endswith("/account")
    token = admin.get("/admin/locks").form("/sign-out").fields["csrf"]
    assert admin.post("/admin/locks", {"csrf": token, "everything": "1"}).status == 200
    assert admin.post("/admin/locks", {"csrf": token, "kind": "nothing"}).status == 400


# ---- Import and export ------------------------------------------------------------------------------------


def upload(admin, text, name="people.csv", **fields):
    admin.get("/admin/import")
    data = text if isinstance(text, bytes) else text.encode()
    return admin.submit("/admin/import", files={"file": (name, io.BytesIO(data), "text/csv")}, **fields)


def confirm(admin, **fields):
    form = admin.page.form("/admin/import")
    data = {**form.fields, **fields}
    return admin.post("/admin/import", None, files={name: (None, value) for name, value in data.items()})


HASH = "{SHA}" + base64.b64encode(b"x" * 20).decode()


def test_a_file_is_looked_at_and_then_written(site, admin):
    text = f"account,real_name,email,password_hash,groups\nimp1,{'王'}小明,a@example.org,{HASH},admins\nimp2,李四,,{HASH},\n"
    page = upload(admin, text)
    assert page.status == 200 and "imp1" in page.text and "王小明" in page.text
    assert site.query("SELECT count(*) FROM user WHERE account LIKE 'imp%'") == [(0,)]
    confirm(admin)
    assert admin.page.status == 200 and "2 added" in admin.page.alerts[0]
    assert row_of(site, "imp1", "real_name, email") == ("王小明", "a@example.org")
    assert site.query("SELECT count(*) FROM group_member JOIN user ON user.id = user_id WHERE account = 'imp1'") == [(1,)]
    # Once more: nobody is changed; one is.
    page = upload(admin, text.replace("李四", "李五"), update="1")
    assert "unchanged" not in page.text.split("imp2")[1][:40]
    confirm(admin)
    assert row_of(site, "imp2", "real_name") == ("李五",)
    assert site.query("SELECT count(*) FROM audit WHERE action = 'user.import'") == [(2,)]
    site.write("DELETE FROM user WHERE account LIKE 'imp%'")


def test_encodings_of_files(site, admin):
    text = f"account,real_name,password_hash\nenc1,王小明张伟,{HASH}\n"
    for name, encoding, codec in (
        ("utf-8", "", "utf-8-sig"), ("utf-16", "", "utf-16"), ("gbk", "gbk", "gbk"), ("big5", "big5", "big5")):  # fmt: skip
        shown = "王小明張偉" if codec == "big5" else "王小明张伟"
        data = text.replace("王小明张伟", shown).encode(codec)
        assert shown in upload(admin, data, encoding=encoding).text, name
        confirm(admin)
        assert row_of(site, "enc1", "real_name") == (shown,), name
        site.write("DELETE FROM user WHERE account = 'enc1'")
    page = upload(admin, text.encode("gbk"))
    assert page.status == 400 and 'id="encoding-fault"' in page.html and "gbk" in page.text


def test_lines_that_are_wrong_are_named(site, admin, person):
    text = (
        f"account,email,password_hash\nbad1,,\n{person.account},,{HASH}\nbad3,nobody,{HASH}\n,,{HASH}\n"
        f"\"{MARKUP.replace(chr(34), chr(34) * 2)}\",,{HASH}\nbad1,,{HASH}\nbad1,,{HASH}\n"
    )
    for language in ("en", "zh-Hans", "zh-Hant"):
        admin.session.headers["Accept-Language"] = language
        page = upload(admin, text)
        assert page.status == 200 and "<script>alert" not in page.html
        lines = re.findall(r'<th scope="row" class="number">(\d+)</th>', page.html)
        assert lines == ["2", "3", "4", "5", "8"], language
        if language != "en":
            assert not re.search(r"missing|there already|expected", page.text), page.text
    admin.session.headers["Accept-Language"] = "en"
    confirm(admin)  # without leaving lines out: nothing happens
    assert row_of(site, "bad1") is None
    upload(admin, text)
    confirm(admin, keep="1")
    assert row_of(site, "bad1") is not None and row_of(site, MARKUP) is not None
    site.write("DELETE FROM user WHERE account LIKE 'bad%' OR account LIKE '<b>%'")


def test_uploads_are_bounded(site, admin, person):
    big = f"account,real_name,password_hash\nbig,{'x' * 200},{HASH}\n".encode()
    page = upload(admin, big + b"\n" * (690 * 1024))
    assert page.status == 200 and "big" in page.text
    confirm(admin)
    assert row_of(site, "big") is not None
    page = upload(admin, b"account\n" + b"x\n" * (400 * 1024))
    assert page.status == 400 and 'id="file-fault"' in page.html
    assert upload(admin, b"account,password_hash\n" + b"a,b\n" * 25000).status == 400
    token = admin.get("/admin/import").form("/admin/import").fields["csrf"]
    assert admin.post("/admin/import", {"csrf": token}, files={"file": ("a.csv", b"x" * (1024 * 1024))}).status == 413
    # Nobody else's is read at all.
    other = Portal(site)
    other.sign_in(person)
    assert other.post("/admin/import", {}, files={"file": ("a.csv", b"x" * (800 * 1024))}, follow=False).status == 403
    # Many passwords as they are typed would keep the others waiting.
    rows = "".join(f"many{n},lamp-river-{n}-oats\n" for n in range(201))
    page = upload(admin, "account,password\n" + rows)
    assert re.findall(r'<th scope="row" class="number">(\d+)</th>', page.html) == ["202"]
    page = upload(admin, b"", name="nothing.csv")
    assert page.status == 400
    assert upload(admin, "account\nx\n", name="what.bin").status == 400


def test_a_file_does_not_lock_out_who_imports_it(site, admin):
    upload(admin, f"account,locked\n{DEMO_USER.account},yes\n", update="1")
    assert confirm(admin).status == 400
    upload(admin, f"account,groups\n{DEMO_USER.account},\n", update="1")
    confirm(admin)
    assert admin.get("/admin/users").status == 200
    assert row_of(site, DEMO_USER.account, "locked") == (0,)


def test_export(site, admin, person):
    for form, start in (("excel", b"\xef\xbb\xbfaccount,"), ("csv", b"account,"), ("jsonl", b'{"account":')):
        page = admin.get("/admin/export")
        admin.post("/admin/export", {**page.form("/admin/export").fields, "format": form})
        assert admin.page.status == 200 and admin.page.content.startswith(start)
        assert person.account.encode() in admin.page.content
        assert b"$argon2" not in admin.page.content
        assert "attachment" in admin.page.headers["Content-Disposition"]
    assert site.query("SELECT count(*) FROM audit WHERE action = 'user.export'") == [(3,)]
    lines = [json.loads(line) for line in admin.page.content.decode().splitlines()]
    assert {"account", "tenant", "email", "groups"} <= set(lines[0])


# ---- In a browser -----------------------------------------------------------------------------------------


def let_in(browser, portal):
    """The browser as the person of `portal`, who signed in."""
    browser.get(portal.base + "/login")
    browser.delete_all_cookies()
    for name, value in portal.cookies().items():
        browser.add_cookie({"name": name, "value": value, "path": "/"})


def press(browser, *keys):
    ActionChains(browser).send_keys(*keys).perform()


def tab_to(browser, selector):
    """By the Tab key alone; what has the focus shows it."""
    target = browser.find_element(By.CSS_SELECTOR, selector)
    for _ in range(80):
        press(browser, Keys.TAB)
        if browser.switch_to.active_element == target:
            assert target.value_of_css_property("outline-style") != "none", selector
            return target
    raise AssertionError(f"{selector} is not reached by keys in {browser.current_url}")


def go_to(browser, end):
    until(browser, lambda page: page.current_url.split("?")[0].endswith(end))


@pytest.mark.parametrize("script", (True, False), ids=("script", "no-script"))
def test_by_keyboard_alone(site, script, tmp_path):
    """Somebody is added, locked, removed; a file is imported."""
    account = "keys" if script else "keysoff"
    off = {} if script else {"profile.managed_default_content_settings.javascript": 2}
    with running_browser(off) as browser:
        portal = Portal(site)
        portal.sign_in()
        let_in(browser, portal)
        browser.get(portal.base + "/admin/users")
        tab_to(browser, "main a.primary")
        press(browser, Keys.ENTER)
        go_to(browser, "/admin/users/new")
        tab_to(browser, "#account")
        press(browser, account)
        tab_to(browser, "#real_name")
        press(browser, "王小明")
        tab_to(browser, "main form .button.primary")
        press(browser, Keys.ENTER)
        until(browser, lambda page: page.find_elements(By.ID, "secret"))
        (user_id,) = row_of(site, account, "id")
        browser.get(f"{portal.base}/admin/users/{user_id}")
        tab_to(browser, "form[action*=user-lock] button")
        press(browser, Keys.ENTER)
        until(browser, lambda page: page.find_elements(By.CSS_SELECTOR, "form[action*=user-unlock] .primary"))
        assert row_of(site, account, "locked") == (1,)
        tab_to(browser, "a[href*=user-remove]")
        press(browser, Keys.ENTER)
        go_to(browser, f"/admin/user-remove/{user_id}")
        tab_to(browser, "main form .danger")
        press(browser, Keys.ENTER)
        go_to(browser, "/admin/users")
        assert row_of(site, account) is None
        file = tmp_path / "people.csv"
        file.write_text(f"account,real_name,password_hash\n{account},李四,{HASH}\n")
        browser.get(portal.base + "/admin/import")
        browser.find_element(By.ID, "file").send_keys(str(file))  # the system's own dialogue, which no test can press
        tab_to(browser, "main form .button.primary")
        press(browser, Keys.ENTER)
        until(browser, lambda page: page.find_elements(By.CSS_SELECTOR, "input[name=data]"))
        assert row_of(site, account) is None
        tab_to(browser, "main form .button.primary")
        press(browser, Keys.ENTER)
        until(browser, lambda page: page.find_elements(By.CSS_SELECTOR, ".notice.good"))
        assert row_of(site, account, "real_name") == ("李四",)


def test_what_only_forms_lead_to_can_be_read_and_used(site, admin, person, tmp_path):
    """The pages that tests/e2e/test_portal_pages.py cannot come to."""
    guest = Portal(site)
    file = tmp_path / "people.csv"
    file.write_text(f"account,real_name,email,password_hash\nread1,{'长' * 80},a@example.org,{HASH}\nread2,,nobody,\n")
    faults = []

    def look(browser, what):
        for width, dark in LOOKS:
            look_at(browser, width, dark)
            faults.extend((what, width, dark, line) for line in axe(browser) + ["cut off"] * cut_off(browser))

    def press(browser, selector):
        # What is written on a window goes with it: an element of the old page may make the driver stumble.
        browser.execute_script("for (const form of document.forms) form.noValidate = true; window.isOld = true")
        browser.find_element(By.CSS_SELECTOR, selector).click()
        until(browser, lambda b: b.execute_script("return !window.isOld && document.readyState === 'complete'"))

    with running_browser() as browser:
        let_in(browser, admin)
        for language in LANGUAGES:
            guest.get("/login")
            guest.submit("/sign-in", account=person.account, password="wrong")
            browser.get(f"{admin.base}/admin/locks?all=1&lang={language}")
            assert person.account in browser.page_source
            look(browser, (language, "locks"))
            for by in ("form.panel:first-child", "form.panel:last-child"):
                browser.get(f"{admin.base}/admin/user-access/{person.id}")
                press(browser, by + " button")
                assert browser.find_elements(By.ID, "secret"), browser.page_source
                look(browser, (language, "handed", by))
            browser.get(admin.base + "/admin/users/new")
            press(browser, "main form .button.primary")
            assert browser.find_elements(By.ID, "account-fault")
            look(browser, (language, "faults"))
            browser.get(admin.base + "/admin/import")
            browser.find_element(By.ID, "file").send_keys(str(file))
            press(browser, "main form .button.primary")
            assert browser.find_elements(By.NAME, "keep")
            look(browser, (language, "preview"))
    assert faults == []


def test_a_search_goes_on_while_one_types(site):
    with running_browser() as browser:
        person = Portal(site)
        person.sign_in()
        let_in(browser, person)
        site.cli("user", "add", "typeahead", line="Some-thing-39-long")
        browser.get(person.base + "/admin/users")
        field = browser.find_element(By.ID, "q")
        field.send_keys("typeah")
        names = "return [...document.querySelectorAll('#found tbody th')].map(e => e.textContent.trim())"
        until(browser, lambda _: browser.execute_script(names) == ["typeahead"])
        assert browser.switch_to.active_element == field
        assert field.get_attribute("value") == "typeah"
        assert "q=typeah" in browser.current_url
        assert browser.find_element(By.ID, "found-said").get_attribute("textContent").startswith("1 ")
