"""
[policy] profile = djcp: what inspections for classified protection ask for (docs/djcp.md), through two dialects and the
portal, over plain CGI and FastCGI. Time passes in the database, behind the program's back.
"""

import re
import time

import pytest
from conftest import running_site
from harness.errors import blade, ebaas, eplatform, oauth, platform, ruoyi, springblade
from harness.portal import Portal
from harness.site import DEMO_USER, TREE, User
from harness.visitor import Visitor, md5

SETTINGS = {"policy": {"profile": "djcp"}}
DAY_S = 86400
FIRST_S = 600  # an access token's life: a third of the idle timeout
WRONG = "用户名或密码错误"
EXPIRED = "密码已过期，请先在登录门户修改密码"


@pytest.fixture(scope="module", params=["apache-cgid", "lighttpd-fastcgi"])
def site(request):
    with running_site(request.param, SETTINGS) as site:
        yield site


@pytest.fixture
def web(site):
    return Visitor(site, site.server.client)


@pytest.fixture
def user(site):
    """Somebody who has a password of his own already."""
    return site.new_user("--password-expired", "no")


def portal_of(site, web):
    return Portal(site, headers={"X-Forwarded-For": web.address})


def id_of(site, user):
    return site.query("SELECT id FROM user WHERE account = ?", user.account)[0][0]


def put_into_group(site, user, networks):
    name = f"group-{user.account}"
    site.cli("group", "add", name, "--networks", networks)
    site.cli("group", "join", name, user.account)


def results(site, user):
    rows = site.query("SELECT result FROM audit WHERE action = 'login' AND actor LIKE ? ORDER BY id", f"%/{user.account}")
    return [result for (result,) in rows]


def findings(site):
    return {row["name"]: row for row in site.cli_json("doctor")["checks"]}


# ---- A password that somebody else chose ------------------------------------------------------------------------
def test_a_given_password_gets_no_tokens_before_it_is_changed(site, web):
    user = site.new_user()
    assert blade(web.blade_token(web.blade_captcha_fields(user)), 400, 2001)["msg"] == EXPIRED
    answer = oauth(web.oauth_token(web.oauth_captcha_fields(user)), 400, "invalid_grant")
    assert answer["error_description"] == "the password has expired, change it in the portal first"
    assert results(site, user)[0] == "password_expired"

    person = portal_of(site, web)
    page = person.sign_in(user)
    assert page.path.endswith("/account/password"), page.text
    page = person.get("/account")
    assert page.path.endswith("/account/password"), page.text  # nothing else before that
    fresh = user._replace(password="Lamp-river-39-oats")
    page = person.submit("/account/password", old=user.password, fresh=fresh.password, again=fresh.password)
    assert page.status == 200 and not page.path.endswith("/password"), page.text
    assert web.blade_login(fresh)["access_token"]
    assert oauth(web.oauth_token(web.oauth_captcha_fields(user)), 400, "invalid_grant")["error_description"] != EXPIRED


IN_DIALECTS = {
    "ebaas": lambda web, user: ebaas(web.ebaas_login(web.ebaas_login_fields(user)), 400, "400")["msg"],
    "eplatform": lambda web, user: eplatform(
        web.eplatform_login(web.eplatform_login_fields(user)), 400, "password_expired"
    )["message"],
    "platform": lambda web, user: platform(web.platform_login(web.platform_login_fields(user)), 400)["msg"],
    "springblade": lambda web, user: springblade(web.springblade_captcha_login(user), 400)["msg"],
    "ruoyi": lambda web, user: ruoyi(web.ruoyi_login(web.ruoyi_login_fields(user)), 400)["msg"],
}


@pytest.mark.parametrize("dialect", IN_DIALECTS)
def test_every_dialect_says_what_to_do_about_it(site, web, dialect):
    expected = "密碼已過期，請先在登入入口網站變更密碼" if dialect == "eplatform" else EXPIRED
    assert IN_DIALECTS[dialect](web, site.new_user()) == expected


def test_an_administrators_new_password_is_one_to_change(site, web, user):
    assert web.oauth_login(user)
    site.cli("user", "passwd", user.account, line="River-39-lamp-oats")
    given = user._replace(password="River-39-lamp-oats")
    assert blade(web.blade_token(web.blade_captcha_fields(given)), 400, 2001)["msg"] == EXPIRED


def test_a_column_of_passwords_is_one_to_change(site, web, tmp_path):
    people = "account,password,password_expired\nimported1,Lamp-river-39-oats,\nimported2,Lamp-river-39-oats,no\n"
    done = site.run(["user", "import", "-", "--format", "csv"], input=people.encode())
    assert done.returncode == 0, done.stderr
    asked, not_asked = User("imported1", "Lamp-river-39-oats"), User("imported2", "Lamp-river-39-oats")
    assert blade(web.blade_token(web.blade_captcha_fields(asked)), 400, 2001)["msg"] == EXPIRED
    assert web.blade_login(not_asked)["access_token"]


# ---- Which passwords are taken ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fresh, said",
    [("Kwfqzx-39", "新密码过短"), ("kwfqzxvm39", "字符种类|种类的字符"), ("Password12", "常见")],
)
def test_rules_on_new_passwords(site, web, user, fresh, said):
    token = web.ruoyi_token(user)
    assert re.search(said, ruoyi(web.ruoyi_change(token, user.password, fresh), 400)["msg"])
    person = portal_of(site, web)
    person.sign_in(user)
    person.get("/account/password")
    page = person.submit("/account/password", old=user.password, fresh=fresh, again=fresh)
    assert page.status == 400 and page.alerts, page.text
    refused = site.run(["user", "passwd", user.account], input=f"{fresh}\n".encode())
    assert refused.returncode != 0 and b"nothing was changed" in refused.stderr


def test_passwords_that_nobody_can_look_at_are_not_taken(web, user):
    token = web.blade_login(user)["access_token"]
    answer = web.update_password(token, md5(user.password), md5("Lamp-river-39-oats"))
    assert "MD5" in answer.json["msg"] and answer.status == 400, answer


def test_old_passwords_do_not_come_again(site, web, user):
    """Six in turn; of the newest five, none comes again."""
    known = [user.password] + [f"Lamp-river-{n}-oats" for n in range(10, 15)]
    for old, fresh in zip(known, known[1:]):
        token = web.ruoyi_token(user._replace(password=old))
        assert web.ruoyi_change(token, old, fresh).json["code"] == 200
    token = web.ruoyi_token(user._replace(password=known[-1]))
    for again in known[1:-1]:
        assert ruoyi(web.ruoyi_change(token, known[-1], again), 400)["msg"] == "新密码不能与最近用过的密码相同"
    person = portal_of(site, web)
    person.sign_in(user._replace(password=known[-1]))
    person.get("/account/password")
    page = person.submit("/account/password", old=known[-1], fresh=known[2], again=known[2])
    assert page.status == 400 and page.alerts, page.text
    rows = site.query("SELECT count(*) FROM password_history WHERE user_id = ?", id_of(site, user))
    assert rows == [(4,)]
    assert web.ruoyi_change(token, known[-1], known[0]).json["code"] == 200


# ---- How long, how many -----------------------------------------------------------------------------------------
def test_an_old_password_gets_no_tokens(site, web, user):
    tokens = web.oauth_login(user)
    ago_s = int(time.time()) - 90 * DAY_S
    site.write("UPDATE user SET password_changed_s = ? WHERE account = ?", ago_s - 1, user.account)
    oauth(web.oauth_refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert blade(web.blade_token(web.blade_captcha_fields(user)), 400, 2001)["msg"] == EXPIRED
    page = portal_of(site, web).sign_in(user)
    assert page.path.endswith("/account/password"), page.text


def test_tokens_are_short(site, web, user):
    tokens = web.oauth_login(user)
    assert tokens["expires_in"] == FIRST_S
    (issued_s, refresh_s) = site.query("SELECT issued_s, refresh_expires_s FROM token ORDER BY id DESC LIMIT 1")[0]
    assert refresh_s - issued_s == 1800
    assert web.oauth_refresh(tokens["refresh_token"]).json["expires_in"] == FIRST_S
    assert web.app_token()  # an application's own token is nobody's login
    (issued_s, access_s) = site.query("SELECT issued_s, access_expires_s FROM token ORDER BY id DESC LIMIT 1")[0]
    assert access_s - issued_s == 43200


def test_an_idle_browser_is_signed_out(site, web, user):
    person = portal_of(site, web)
    person.sign_in(user)
    where, now_s = "WHERE user_id = ?", int(time.time())
    [(idle_s, end_s, seen_s)] = site.query(
        f"SELECT idle_s, idle_end_s, seen_s FROM browser_session {where}", id_of(site, user)
    )
    assert idle_s == 1800 and end_s - seen_s == 1800
    site.write(f"UPDATE browser_session SET idle_end_s = ? {where}", now_s, id_of(site, user))
    assert person.get("/account").path.endswith("/login")


def test_a_fourth_login_ends_the_first(site, web, user):
    """Whether by tokens or in a browser."""
    me, person, another = id_of(site, user), portal_of(site, web), portal_of(site, web.elsewhere())

    def a_second_passes():
        for table in ("session", "browser_session"):
            site.write(f"UPDATE {table} SET created_s = created_s - 1 WHERE user_id = ?", me)

    first = web.oauth_login(user)
    a_second_passes()
    second = web.blade_login(user)
    a_second_passes()
    person.sign_in(user)
    a_second_passes()
    assert web.oauth_introspect(first["access_token"])["active"] is True
    third = web.oauth_login(user)
    a_second_passes()
    assert web.oauth_introspect(first["access_token"]) == {"active": False}
    oauth(web.oauth_refresh(first["refresh_token"]), 400, "invalid_grant")
    assert web.blade_user_info(second["access_token"]).status == 200
    another.sign_in(user)
    a_second_passes()
    assert web.blade_user_info(second["access_token"]).status == 401
    assert person.get("/account").path.endswith("/account")
    assert web.oauth_login(user)
    assert person.get("/account").path.endswith("/login")
    assert another.get("/account").path.endswith("/account")
    assert web.oauth_introspect(third["access_token"])["active"] is True
    actor = f"user:000000/{user.account}"
    rows = site.query("SELECT address FROM audit WHERE action = 'session.displace' AND actor = ? ORDER BY id", actor)
    assert rows == [(web.address,), (another.session.headers["X-Forwarded-For"],), (web.address,)]


# ---- From where -------------------------------------------------------------------------------------------------
def test_groups_say_from_where(site, web, user):
    outside = web.elsewhere()
    tokens = web.oauth_login(user)
    person = portal_of(site, outside)
    person.sign_in(user)
    assert person.get("/account").path.endswith("/account")
    put_into_group(site, user, f"{web.address}/32,2001:db8::/32")
    assert person.get("/account").path.endswith("/login")
    oauth(outside.oauth_refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert web.oauth_refresh(tokens["refresh_token"]).status == 200

    assert blade(outside.blade_token(outside.blade_captcha_fields(user)), 400, 2001)["msg"] == WRONG
    fields = outside.platform_login_fields(user)
    platform(outside.platform_login(fields), 400, WRONG)
    assert results(site, user)[-2:] == ["network_not_allowed", "network_not_allowed"]
    page = person.sign_in(user)
    assert page.status != 200 and page.path.endswith("/sign-in"), page.text
    assert web.blade_login(user)["access_token"]


def test_nobody_shuts_himself_out(site, web):
    desk = portal_of(site, web)
    desk.sign_in(DEMO_USER)
    desk.get("/admin/groups/admins")
    page = desk.submit("/admin/groups/admins", networks="203.0.113.0/24")
    assert page.status == 400 and any("your present address" in alert for alert in page.alerts), page.text
    page = desk.submit("/admin/groups/admins", networks=f"203.0.113.0/24,{web.address}")
    assert page.status == 200 and desk.get("/admin/users").status == 200
    # Nor by being put into another group, whichever page does it.
    far = f"far-{web.address.replace('.', '-').replace(':', '-')}"
    site.cli("group", "add", far, "--networks", "203.0.113.0/24")
    desk.get(f"/admin/groups/{far}")
    page = desk.submit(f"/admin/group-join/{far}", account=DEMO_USER.account)
    assert page.status == 400 and any("your present address" in alert for alert in page.alerts), page.text
    (mine,) = site.query("SELECT id FROM user WHERE account = ?", DEMO_USER.account)[0]
    desk.get(f"/admin/users/{mine}")
    page = desk.submit(f"/admin/user-groups/{mine}", **{f"group.{far}": "1"})
    assert page.status == 409 and any("your present address" in alert for alert in page.alerts), page.text
    assert site.query("SELECT count(*) FROM group_member WHERE group_name = ?", far) == [(0,)]
    site.cli("group", "remove", far)
    outside = portal_of(site, web.elsewhere())
    assert outside.sign_in(DEMO_USER).path.endswith("/sign-in")
    site.cli("group", "set", "admins", "--networks", "")
    site.cli("throttle", "clear", "--account", f"000000/{DEMO_USER.account}")


# ---- Accounts that nobody uses ----------------------------------------------------------------------------------
def test_an_account_that_nobody_uses_is_locked(site, web, user):
    assert web.blade_login(user)
    assert site.query("SELECT last_login_s FROM user WHERE account = ?", user.account)[0][0] > 0
    ago_s = int(time.time()) - 90 * DAY_S
    change = "UPDATE user SET created_s = ?1 - 9, last_login_s = ?1 - 9 WHERE account = ?2"
    site.write(change, ago_s, user.account)
    assert blade(web.blade_token(web.blade_captcha_fields(user)), 400, 2001)["msg"] == WRONG
    platform(web.platform_login(web.platform_login_fields(user)), 400, WRONG)
    page = portal_of(site, web).sign_in(user)
    assert page.status != 200 and page.path.endswith("/sign-in"), page.text
    assert set(results(site, user)[1:]) == {"account_unused"}
    assert findings(site)["unused"]["status"] == "warning"
    assert site.cli_json("user", "show", user.account)["unused"] is True
    site.cli("user", "unlock", user.account)
    assert web.elsewhere().blade_login(user)["access_token"]


def test_an_administrator_frees_an_account_that_nobody_uses(site, web, user):
    site.write("UPDATE user SET created_s = 9 WHERE account = ?", user.account)
    desk = portal_of(site, web.elsewhere())
    desk.sign_in(DEMO_USER)
    assert "Locked: unused for long" in desk.get(f"/admin/users/{id_of(site, user)}").text
    page = desk.submit(f"/admin/user-unlock/{id_of(site, user)}")
    assert page.status == 200 and "unused for long" not in page.text
    assert web.blade_login(user)["access_token"]


# ---- What the site says of itself -------------------------------------------------------------------------------
def test_the_document_names_settings_that_there_are_with_their_values(site):
    """Both tables of docs/djcp.md."""
    strict = {row["setting"]: row for row in site.cli_json("config")}
    rows = re.findall(r"^\| `\[(\w+)\] (\w+)` \| (\S+) \| (\S+) \|", (TREE / "docs/djcp.md").read_text(), re.M)
    assert len(rows) == 26
    for section, key, initial, djcp in rows:
        setting = strict[f"{section}.{key}"]
        assert (setting["default"], setting["value"]) == (initial, djcp), setting
    told = {f"{section}.{key}" for section, key, *_ in rows}
    assert {name for name, row in strict.items() if row["origin"] == "profile djcp"} <= told
    named = set(re.findall(r"`\[(\w+)\] (\w+)`", (TREE / "docs/djcp.md").read_text()))
    assert {f"{section}.{key}" for section, key in named} <= set(strict)


def test_the_settings_page_says_what_the_profile_made(site, web):
    desk = portal_of(site, web)
    desk.sign_in(DEMO_USER)
    text = desk.get("/admin/settings").text
    assert re.search(r"password_history \S.* 5 profile djcp default: 0", text), text


@pytest.fixture
def desk(site_with):
    return site_with(SETTINGS).site


def test_doctor_names_what_is_looser_than_the_profile(desk):
    assert findings(desk)["policy"]["status"] == "ok"
    assert findings(desk)["password_kinds"]["status"] == "warning"  # clients that send MD5
    text = desk.conf.read_text().replace("argon2_passes", "max_failures = 9\nargon2_passes")
    desk.conf.write_text(text.replace("profile = djcp", "profile = djcp\nidle_timeout = 0\nrecheck_networks = no"))
    finding = findings(desk)["policy"]
    assert finding["status"] == "warning"
    assert finding["message"].endswith(
        "[login] max_failures = 9 (5), [policy] idle_timeout = 0 (1800), [policy] recheck_networks = no (yes)"
    )
    assert findings(desk)["unused_lock"]["status"] == "warning"
    desk.conf.write_text(desk.conf.read_text() + "[token]\nfamily_ttl = 2592000\n")
    assert "unused_lock" not in findings(desk)
    desk.conf.write_text(desk.conf.read_text() + "[portal]\nremember_ttl = 31536000\n")
    assert findings(desk)["unused_lock"]["status"] == "warning"


def test_less_than_180_days_of_audit_is_refused(desk):
    desk.conf.write_text(desk.conf.read_text() + "[audit]\nretention = 15551999\n")
    done = desk.run(["config"])
    assert done.returncode != 0 and b"15552000 (180 days) or more under [policy] profile = djcp" in done.stderr


def test_without_the_profile_nothing_of_it_happens(site_with):
    web = site_with({})
    user = web.site.new_user()
    logins = [web.blade_login(user) for _ in range(5)]
    assert web.blade_user_info(logins[0]["access_token"]).status == 200
    assert logins[0]["expires_in"] == 43200 and logins[0]["password_expired"] is False
    web.site.write("UPDATE user SET created_s = 1, last_login_s = 1, password_expired = 1")
    assert web.blade_login(user)["password_expired"] is True
    assert web.update_password(logins[4]["access_token"], md5(user.password), md5("kwfqzxvmab")).status == 200
    assert web.site.query("SELECT count(*) FROM password_history") == [(0,)]
