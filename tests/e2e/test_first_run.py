"""
From an uploaded program to a first administrator, in a browser: no shell, no command. The first visitor of the front door
finds folder and database made; whoever has the setup code makes himself administrator, once.
"""

import os
import shutil

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.crowd import simultaneously
from harness.portal import Portal
from harness.site import User, UploadedSite
from harness.wire import get, post_form
from selenium.webdriver.common.by import By
from test_portal_pages import LANGUAGES, axe, cut_off, look_at

TRANSPORTS = ("lighttpd-fastcgi", "apache-htaccess-generous", "apache-fcgid", "lighttpd-cgi")
FIRST = User("zhang.san", "correct horse battery staple")


@pytest.fixture(params=TRANSPORTS)
def uploaded(request):
    with running_site(request.param, kind=UploadedSite) as site:
        yield site


@pytest.fixture
def rented():
    """The dearest case: plain CGI, and nothing but .htaccess files."""
    with running_site("apache-htaccess-generous", kind=UploadedSite) as site:
        yield site


def mode(path):
    return path.stat().st_mode & 0o777


def set_up(portal, code, user=FIRST, **fields):
    return portal.submit(
        "/setup", code=code, account=user.account, fresh=user.password, again=user.password, **fields
    )


# ---- The whole way --------------------------------------------------------------------------------------------------
def test_from_upload_to_first_administrator(uploaded):
    site, portal = uploaded, Portal(uploaded)
    assert not (site.root / "data").exists(), "the server's own probe, a request of the API, made a site"
    page = portal.get("/")
    assert (page.status, page.path.endswith("/setup")) == (200, True)
    assert mode(site.root / "data") == 0o700
    assert mode(site.database) == mode(site.root / "data/setup-code.txt") == 0o600
    assert str(site.root) not in page.html, "a site is there: its paths are nobody's business"

    page = set_up(portal, "0000-" * 7 + "0000")
    assert page.status == 403 and "not the setup code" in page.text
    assert site.query("SELECT count(*) FROM user") == [(0,)]

    code = site.setup_code
    page = portal.submit(
        "/setup", False, code=code, account=FIRST.account, fresh=FIRST.password, again=FIRST.password,
        real_name="张三", email="zhang@example.com",
    )  # fmt: skip
    assert page.status == 303 and page.headers["Location"].endswith("/admin")
    assert site.query("SELECT account, real_name, email, group_name FROM user JOIN group_member ON user_id = id") == [
        (FIRST.account, "张三", "zhang@example.com", "admins")
    ]
    assert not (site.root / "data/setup-code.txt").exists()
    assert portal.get("/admin").status == 200 and portal.get("/account").status == 200, "signed in, as administrator"

    assert portal.get("/setup").status == 404
    assert Portal(site).get("/login").path.endswith("/login"), "there is somebody to sign in as"
    assert Portal(site).sign_in(FIRST).path.endswith("/account")
    assert ("setup", f"user:000000/{FIRST.account}", "ok") in site.query("SELECT action, actor, result FROM audit")


def test_in_a_browser(rented):
    with running_browser() as browser:
        browser.get(Portal(rented).base)
        until(browser, lambda b: b.current_url.endswith("/setup"))
        for name, value in {
            "code": rented.setup_code, "account": FIRST.account, "fresh": FIRST.password, "again": FIRST.password,
        }.items():  # fmt: skip
            browser.find_element(By.NAME, name).send_keys(value)
        browser.find_element(By.CSS_SELECTOR, "button.primary").click()
        until(browser, lambda b: b.current_url.endswith("/admin"))
        browser.get(Portal(rented).url("/account"))
        assert FIRST.account in browser.find_element(By.TAG_NAME, "body").text


def test_pages_for_everybody():
    """In every language, light and dark, narrow and wide: before there is a site, at the setup, with faults."""
    with running_site("lighttpd-fastcgi", kind=UploadedSite) as site, running_browser() as browser:
        faults, base = [], Portal(site).base

        def look(path, language=None):
            if path is not None:
                browser.get(f"{base}{path}?lang={language}")
                assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
            for width in (320, 1440):
                for dark in (False, True):
                    look_at(browser, width, dark)
                    where = f"{path} {language} {width} {'dark' if dark else 'light'}"
                    faults.extend(f"{where}: {line}" for line in axe(browser))
                    faults.extend([f"{where}: wider than the window"] if cut_off(browser) else [])

        os.chmod(site.root, 0o555)
        for language in LANGUAGES:
            look("/", language)
            assert str(site.conf) in browser.find_element(By.TAG_NAME, "body").text
        os.chmod(site.root, 0o755)
        # A worker looks once a second whether what was in the way is gone.
        until(browser, lambda b: b.get(base + "/") or b.current_url.endswith("/setup"))
        for language in LANGUAGES:
            look("/setup", language)
        for name, value in {"code": "00", "account": "x", "fresh": "y", "again": "z"}.items():
            browser.find_element(By.NAME, name).send_keys(value)
        browser.find_element(By.CSS_SELECTOR, "button.primary").click()
        until(browser, lambda b: b.find_elements(By.ID, "code-fault"))
        look(None)
        assert faults == []


@pytest.mark.parametrize("path", ["/login", "/account", "/admin", "/forgot", "/link/0123"])
def test_every_page_leads_to_setup(rented, path):
    portal = Portal(rented)
    portal.get("/")
    assert portal.get(path).path.endswith("/setup")


def test_the_code_may_be_typed_in_any_form(rented):
    portal = Portal(rented)
    portal.get("/")
    page = set_up(portal, rented.setup_code.replace("-", " ").upper() + " ")
    assert page.path.endswith("/admin")


def test_what_is_wrong_is_said_at_the_field(rented):
    portal = Portal(rented)
    portal.get("/")
    page = portal.submit("/setup", code=rented.setup_code, account="a\tb", fresh="short", again="other", email="x@")
    assert page.status == 400
    assert {"account-fault", "again-fault", "email-fault"} <= set(page.ids)
    page = set_up(portal, rented.setup_code, User("zhang", "password"), email="")
    assert page.status == 400 and "fresh-fault" in page.ids
    assert rented.query("SELECT count(*) FROM user") == [(0,)]
    assert set_up(portal, rented.setup_code).path.endswith("/admin"), "the code is good until it was used"


def test_wrong_codes_are_counted(rented):
    portal = Portal(rented)
    portal.get("/")
    for _ in range(50):
        assert "not the setup code" in set_up(portal, "ffff" * 8).text
    page = set_up(portal, rented.setup_code)
    assert "Too many tries" in page.text
    assert rented.query("SELECT count(*) FROM user") == [(0,)]


# ---- Several at once ------------------------------------------------------------------------------------------------
def test_many_first_visitors_find_one_site(uploaded):
    pages = simultaneously(12, lambda _: Portal(uploaded).get("/"))
    assert {page.status for page in pages} == {200}
    assert uploaded.query("SELECT count(*) FROM sign_key") == [(1,)]
    assert sorted(path.name for path in uploaded.database.parent.iterdir() if path.name.startswith(".new-")) == []


def test_of_two_who_set_up_one_wins(uploaded):
    portals = [Portal(uploaded) for _ in range(6)]
    for portal in portals:
        portal.get("/")
    code = uploaded.setup_code

    def work(i):
        return set_up(portals[i], code, User(f"admin{i}", FIRST.password), follow=False).status

    statuses = sorted(simultaneously(len(portals), work))
    assert statuses.count(303) == 1 and set(statuses) <= {303, 403, 404}
    assert uploaded.query("SELECT count(*) FROM user") == [(1,)]


# ---- Where no site is made ------------------------------------------------------------------------------------------
def test_only_the_front_door_makes_a_site(uploaded):
    client = uploaded.server.client
    for request in (
        get("/kom-ams-auth/oauth/captcha"), get("/account"), get("/forgot"), post_form("/sign-in", {}),
        post_form("/setup", {}), post_form("/login", {}), get("/nothing"),
    ):  # fmt: skip
        client.send(request)
        assert not (uploaded.root / "data").exists(), request


def test_a_folder_that_was_used_is_left_alone(rented):
    data = rented.root / "data"
    data.mkdir(mode=0o700)
    (data / "menshen.db-wal").write_bytes(b"")
    rented._chown()
    page = Portal(rented).get("/")
    assert page.status == 500 and "restore it from a backup" in page.text
    assert str(rented.root) not in page.html, "perhaps there was a site: no paths"
    assert not rented.database.exists()


def test_a_database_that_went_away_is_not_made_anew():
    with running_site("lighttpd-fastcgi", kind=UploadedSite) as site:
        assert Portal(site).get("/").status == 200
        shutil.rmtree(site.root / "data")
        assert Portal(site).get("/").status == 500
        assert not (site.root / "data").exists()


def test_below_the_document_root_nothing_is_made(rented):
    rented.write_conf({"server": {"data_dir": f"{rented.root}/htdocs/data", "log": str(rented.log)}})
    page = Portal(rented).get("/")
    assert page.status == 500 and f"{rented.root}/htdocs/data" in page.text
    assert not (rented.root / "htdocs/data").exists()


def test_what_is_in_the_way_is_said_and_can_be_mended(rented):
    os.chmod(rented.root, 0o555)
    page = Portal(rented).get("/")
    assert page.status == 500
    assert f"{rented.root}/data" in page.text and f"{rented.conf}" in page.text
    style = next(link for link in page.html.split('"') if "/style-" in link)
    assert Portal(rented).get(f"http://127.0.0.1:{rented.server.port}{style}").status == 200, "the page has its style"
    os.chmod(rented.root, 0o755)
    assert Portal(rented).get("/").path.endswith("/setup")


def test_an_empty_folder_that_others_can_read_is_closed(rented):
    (rented.root / "data").mkdir()
    os.chmod(rented.root / "data", 0o755)
    rented._chown()
    assert Portal(rented).get("/").path.endswith("/setup")
    assert mode(rented.root / "data") == 0o700


def test_a_user_of_the_command_line_ends_the_setup(rented):
    portal = Portal(rented)
    portal.get("/")
    rented.cli("tenant", "add", "000000", "--name", "x")
    rented.cli("user", "add", "li", line="Secret-4711-x")
    assert set_up(portal, rented.setup_code).status == 404
    assert not (rented.root / "data/setup-code.txt").exists(), "should all users go again, another is made"
    assert portal.get("/").path.endswith("/login")


# ---- The command line -----------------------------------------------------------------------------------------------
def test_init_prints_the_code_that_the_page_takes(rented):
    made = rented.cli("init")
    code = rented.setup_code
    assert code in made and rented.cli("setup", "code").strip() == code
    portal = Portal(rented)
    portal.get("/")
    assert set_up(portal, code).path.endswith("/admin")
    assert rented.run(["setup", "code"]).returncode == 1
