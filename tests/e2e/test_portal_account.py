"""A person's own pages: account, password, sign-ins; and links for invitations, new passwords and e-mail addresses."""

import hashlib
import os
import struct
import time
import zlib

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal as AnyPortal
from harness.site import DEMO_USER, User
from harness.visitor import Visitor, fresh_address
from pyzbar import pyzbar
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_portal_pages import LANGUAGES, LOOKS, axe, cut_off, look_at

# FastCGI under lighttpd; plain CGI under Apache, by .htaccess alone.
SERVERS = ("lighttpd-root", "apache-htaccess-generous")
SETTINGS = {"login": {"captcha_after": "1000"}}  # captchas have tests of their own
FRESH = "lamp-river-39-oats"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Portal(AnyPortal):
    """From an address of its own, where nobody has failed before."""

    def __init__(self, site, language="en", headers=None):
        super().__init__(site, language, {"X-Forwarded-For": fresh_address()} | (headers or {}))


@pytest.fixture(scope="module", params=SERVERS)
def portal_site(request):
    with running_site(request.param, SETTINGS) as site:
        site.base = f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"
        yield site


@pytest.fixture(scope="module")
def chromium():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def browser(portal_site, chromium):
    """Chromium as somebody has it who was never here."""
    chromium.delete_all_cookies()
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Network.enable", {})
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"X-Forwarded-For": fresh_address()}})
    return chromium


@pytest.fixture
def person(portal_site):
    return portal_site.new_user()


@pytest.fixture
def portal(portal_site):
    return Portal(portal_site)


def user_row(site, user, columns="*"):
    ((*values,),) = site.query(f"SELECT {columns} FROM user WHERE account = ?", user.account)
    return values[0] if len(values) == 1 else tuple(values)


VERBS = {"invitation": "invite", "reset": "reset"}


def make_link(site, user, purpose, detail=""):
    """What is in the address of a link. One that confirms an address is written beside the program, which mails it."""
    if purpose in VERBS:
        return site.cli_json("user", VERBS[purpose], user.account)["link"].rsplit("/", 1)[1]
    secret, now = os.urandom(16).hex(), int(time.time())
    site.write(
        "INSERT INTO link (secret_hash, purpose, user_id, detail, created_s, expires_s) VALUES (?, ?, ?, ?, ?, ?)",
        hashlib.sha256(secret.encode()).digest(), purpose, user_row(site, user, "id"), detail, now, now + 3600,
    )  # fmt: skip
    return secret


# ---- In Chromium ------------------------------------------------------------------------------------------------------
def field(browser, name, text=None):
    found = browser.find_element(By.NAME, name)
    if text is not None:
        found.clear()
        found.send_keys(text)
    return found


def press(browser, action):
    """The button of the form that goes to `action`; until another page is there."""
    button = browser.find_element(By.CSS_SELECTOR, f'form[action$="{action}"] button:not([type=button]):not(.sr-only)')
    button.click()
    until(button, gone)


def gone(element):
    try:
        element.is_enabled()
        return False
    except Exception as e:
        return type(e).__name__ in ("StaleElementReferenceException", "WebDriverException")


def sign_in(browser, site, user):
    browser.get(f"{site.base}/login?lang=en")
    field(browser, "account", user.account)
    field(browser, "password", user.password)
    press(browser, "/sign-in")
    until(browser, lambda b: b.current_url == f"{site.base}/account")


def said(browser):
    return [element.text for element in browser.find_elements(By.CSS_SELECTOR, "[role=status], [role=alert]")]


def fault_of(browser, name):
    """What is said of the field, tied to it as a screen reader finds it."""
    found = browser.find_element(By.NAME, name)
    assert found.get_attribute("aria-invalid") == "true"
    ids = [i for i in found.get_attribute("aria-describedby").split() if i.endswith("-fault")]
    return browser.find_element(By.ID, ids[0]).text


def test_change_of_password(portal_site, browser, person):
    elsewhere = Portal(portal_site)
    elsewhere.sign_in(person)
    visitor = Visitor(portal_site, portal_site.server.client)
    token = visitor.blade_login(person)["access_token"]
    sign_in(browser, portal_site, person)
    browser.get(f"{portal_site.base}/account/password")

    field(browser, "old", "wrong")
    fresh = field(browser, "fresh", "short")
    state = {rule.get_attribute("data-rule"): rule.get_attribute("data-state")
             for rule in browser.find_elements(By.CSS_SELECTOR, "[data-rule]")}  # fmt: skip
    assert state == {"length": "unmet", "account": "met"}
    fresh.send_keys("er-is-not")
    assert browser.find_element(By.CSS_SELECTOR, "[data-rule=length]").get_attribute("data-state") == "met"
    field(browser, "fresh", FRESH)
    field(browser, "again", FRESH)
    press(browser, "/account/password")
    assert fault_of(browser, "old") == "This is not the present password."

    for again, old, new, name, fault in [
        (FRESH + "x", person.password, FRESH, "again", "The two new passwords are not the same."),
        ("short", person.password, "short", "fresh", "The new password is too short: it needs at least 8 characters."),
        ("password123", person.password, "password123", "fresh",
         "Many people have this password, and it is tried first. Choose another one."),
    ]:  # fmt: skip
        field(browser, "old", old)
        field(browser, "fresh", new)
        field(browser, "again", again)
        press(browser, "/account/password")
        assert fault_of(browser, name) == fault
    assert elsewhere.get("/account").path.endswith("/account")  # nothing has changed so far

    cookie = browser.get_cookie("menshen")["value"]
    field(browser, "old", person.password)
    field(browser, "fresh", FRESH)
    field(browser, "again", FRESH)
    press(browser, "/account/password")
    assert browser.current_url == f"{portal_site.base}/account"
    assert said(browser) == ["The new password is set. All other devices are signed out."]
    assert browser.get_cookie("menshen")["value"] != cookie
    assert elsewhere.get("/account").path.endswith("/login")
    assert visitor.blade_user_info(token).status == 401
    assert Portal(portal_site).sign_in(person).path.endswith("/sign-in")
    assert Portal(portal_site).sign_in(User(person.account, FRESH)).path.endswith("/account")


def test_a_session_that_is_ended_in_another_browser(portal_site, browser, person):
    sign_in(browser, portal_site, person)
    with running_browser() as other:
        sign_in(other, portal_site, person)
        browser.get(f"{portal_site.base}/account/sessions")
        rows = browser.find_elements(By.CSS_SELECTOR, "table:first-of-type tbody tr")
        mine = [row for row in rows if row.find_elements(By.CSS_SELECTOR, ".badge.good")]
        assert len(rows) >= 2 and mine[0].find_element(By.TAG_NAME, "th").text.startswith("Chrome ")
        assert not mine[0].find_elements(By.TAG_NAME, "button")
        press(browser, "/account/session-end")
        assert said(browser) == ["That device is signed out."]
        assert not browser.find_elements(By.CSS_SELECTOR, 'form[action$="/account/session-end"]')
        other.find_element(By.CSS_SELECTOR, 'nav a[href$="/account/password"]').click()
        until(other, lambda b: "/login" in b.current_url)
        assert said(other) == ["You are no longer signed in. Please sign in again."]
        assert other.current_url.endswith("next=" + portal_site.server.config.mount.replace("/", "%2F") + "%2Faccount%2Fpassword")
    browser.get(f"{portal_site.base}/account")
    assert browser.current_url.endswith("/account")


def test_a_reset_link(portal_site, browser, person):
    elsewhere = Portal(portal_site)
    elsewhere.sign_in(person)
    secret = make_link(portal_site, person, "reset")
    for _ in range(2):  # as a chat that looks at links before people do
        browser.get(f"{portal_site.base}/link/{secret}?lang=en")
        assert person.account in browser.find_element(By.TAG_NAME, "main").text
    assert elsewhere.session.head(elsewhere.url(f"/link/{secret}")).status_code == 200
    assert elsewhere.get("/account").status == 200

    field(browser, "fresh", "short")
    field(browser, "again", "short")
    press(browser, f"/link/{secret}")
    assert fault_of(browser, "fresh") == "The new password is too short: it needs at least 8 characters."
    field(browser, "fresh", FRESH)
    field(browser, "again", FRESH)
    press(browser, f"/link/{secret}")
    assert browser.current_url == f"{portal_site.base}/account"
    assert elsewhere.get("/account").path.endswith("/login")

    browser.get(f"{portal_site.base}/link/{secret}")
    assert browser.find_element(By.TAG_NAME, "h1").text == "This link is not good any more"
    browser.get(f"{portal_site.base}/account")
    assert browser.current_url.endswith("/account")
    assert Portal(portal_site).sign_in(User(person.account, FRESH)).path.endswith("/account")


def test_an_invitation(portal_site, browser, person):
    secret = make_link(portal_site, person, "invitation")
    browser.get(f"{portal_site.base}/link/{secret}?lang=zh-Hans")
    assert browser.find_element(By.TAG_NAME, "h1").text == "欢迎"
    field(browser, "real_name", "李四")
    field(browser, "email", "lisi@example.com")
    field(browser, "fresh", FRESH)
    field(browser, "again", FRESH)
    press(browser, f"/link/{secret}")
    assert browser.current_url == f"{portal_site.base}/account"
    assert said(browser) == ["欢迎！您已登录。"]
    assert "李四" in browser.find_element(By.CSS_SELECTOR, ".who").text
    assert user_row(portal_site, person, "real_name, email, email_verified") == ("李四", "lisi@example.com", 0)


def test_two_tabs(portal_site, browser, person):
    """A password is changed in one tab while the other has the page open: its form is not good any more, and says so."""
    sign_in(browser, portal_site, person)
    browser.get(f"{portal_site.base}/account")
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    try:
        browser.get(f"{portal_site.base}/account/password")
        field(browser, "old", person.password)
        field(browser, "fresh", FRESH)
        field(browser, "again", FRESH)
        press(browser, "/account/password")
        browser.close()
    finally:
        browser.switch_to.window(first)
    field(browser, "real_name", "Somebody Else")
    press(browser, "/account/profile")
    assert browser.find_element(By.TAG_NAME, "h1").text != "My account"
    assert user_row(portal_site, person, "real_name") == ""
    browser.get(f"{portal_site.base}/account")  # still signed in, and the form of a new page is good
    field(browser, "real_name", "王五")
    press(browser, "/account/profile")
    assert said(browser) == ["Saved."]
    assert user_row(portal_site, person, "real_name") == "王五"


def test_without_javascript(portal_site, person):
    elsewhere = Portal(portal_site)
    elsewhere.sign_in(person)
    with running_browser({"profile.managed_default_content_settings.javascript": 2}) as browser:
        sign_in(browser, portal_site, person)
        browser.get(f"{portal_site.base}/account/password")
        assert not browser.find_element(By.CSS_SELECTOR, "[data-reveal]").is_displayed()
        field(browser, "old", person.password)
        field(browser, "fresh", FRESH)
        field(browser, "again", FRESH)
        press(browser, "/account/password")
        assert said(browser) == ["The new password is set. All other devices are signed out."]
        assert elsewhere.get("/account").path.endswith("/login")
        elsewhere.sign_in(User(person.account, FRESH))
        browser.get(f"{portal_site.base}/account/sessions")
        press(browser, "/account/sessions-end")
        assert said(browser) == ["All other devices are signed out."]
    assert elsewhere.get("/account").path.endswith("/login")


def tab_to(browser, what):
    """Press Tab until the focus is on `what`, which shows it."""
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        found = browser.switch_to.active_element
        if found.get_attribute("id") == what or found.text == what:
            ring = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", what
            return found
    raise AssertionError(f"no way to {what} by keyboard")


def test_by_keyboard_alone(portal_site, browser, person):
    sign_in(browser, portal_site, person)
    tab_to(browser, "Password").send_keys(Keys.ENTER)
    until(browser, lambda b: b.current_url.endswith("/account/password"))
    for name, text in (("old", person.password), ("fresh", FRESH), ("again", FRESH)):
        tab_to(browser, name).send_keys(text)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    until(browser, lambda b: b.current_url.endswith("/account"))
    assert said(browser) == ["The new password is set. All other devices are signed out."]
    with running_browser() as other:
        sign_in(other, portal_site, User(person.account, FRESH))
    tab_to(browser, "Sign-ins").send_keys(Keys.ENTER)
    until(browser, lambda b: b.current_url.endswith("/account/sessions"))
    tab_to(browser, "Sign out everywhere else").send_keys(Keys.ENTER)
    until(browser, lambda b: said(b) == ["All other devices are signed out."])


def test_everybody_can_read_and_use_them(portal_site, browser, person):
    """Links, and forms that say what is wrong: the pages that tests/e2e/test_portal_pages.py cannot come to."""
    links = [make_link(portal_site, person, purpose, "me@example.com") for purpose in ("invitation", "reset", "email")]
    faults = []

    def look(what):
        for width, dark in LOOKS:
            look_at(browser, width, dark)
            faults.extend((what, width, dark, line) for line in axe(browser) + ["cut off"] * cut_off(browser))

    for language in LANGUAGES:
        for link in [*links, "x"]:
            browser.get(f"{portal_site.base}/link/{link}?lang={language}")
            look((language, link))
    browser.get(f"{portal_site.base}/link/{links[0]}?lang=zh-Hant")
    browser.execute_script("for (const form of document.forms) form.noValidate = true")
    field(browser, "fresh", "short")
    field(browser, "email", "nonsense")
    press(browser, f"/link/{links[0]}")
    assert fault_of(browser, "email").startswith("電子郵件格式不正確")
    look("faults")
    assert faults == []


def pixels(png):
    """Rows of grey values of a screenshot: 8 bits, RGB or RGBA (PNG, clauses 7 and 9)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and kind in (2, 6)
    data, at, bytes_each = b"", 8, 3 if kind == 2 else 4
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += size + 12
    data, before, rows = zlib.decompress(data), bytearray(width * bytes_each), []
    for y in range(height):
        start = y * (width * bytes_each + 1)
        how, line = data[start], bytearray(data[start + 1 : start + 1 + width * bytes_each])
        for x in range(len(line)):
            left = line[x - bytes_each] if x >= bytes_each else 0
            corner = before[x - bytes_each] if x >= bytes_each else 0
            guess = left + before[x] - corner
            paeth = min((left, before[x], corner), key=lambda value: abs(guess - value))
            line[x] = (line[x] + (0, left, before[x], (left + before[x]) // 2, paeth)[how]) & 255
        rows.append(bytes(line[::bytes_each]))
        before = line
    return width, height, b"".join(rows)


@pytest.mark.parametrize("width, dark", [(320, True), (1440, False)])
def test_a_link_as_a_qr_code(portal_site, browser, person, width, dark):
    """As a phone reads it off the administrator's screen, and where it leads to."""
    sign_in(browser, portal_site, DEMO_USER)
    look_at(browser, width, dark)
    browser.get(f"{portal_site.base}/admin/user-access/{user_row(portal_site, person, 'id')}")
    press(browser, f"/admin/user-access/{user_row(portal_site, person, 'id')}")
    address = browser.find_element(By.ID, "secret").text
    code = browser.find_element(By.CSS_SELECTOR, "svg.qr")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", code)
    width, height, grey = pixels(code.screenshot_as_png)
    (read,) = pyzbar.decode((grey, width, height), symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert read.data.decode() == address
    assert address.startswith(f"{portal_site.base}/link/")
    browser.get(address)
    assert person.account in browser.find_element(By.TAG_NAME, "main").text


HOSTILE = [
    '<script>document.title="pwned"</script>',
    '"><img src=x onerror=document.title="pwned">',
    "</bdi></dd></main>{{csrf}}{{#person}}",
    "&lt;b&gt; &amp; %3Cb%3E",
    "a" * 255,
    "\u202egnp.exe \u2067\u05d0\u05d1\u05d2",
    "مرحبا بالعالم",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_meant_to_break_pages(portal_site, browser, person, name):
    form = Portal(portal_site)
    form.sign_in(person)
    form.get("/account")
    assert "Saved." in form.submit("/account/profile", real_name=name).alerts
    assert user_row(portal_site, person, "real_name") == name
    sign_in(browser, portal_site, person)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": True})  # fmt: skip
    for page in ("/account", "/account/password", "/account/sessions"):
        browser.get(f"{portal_site.base}{page}")
        assert browser.title.endswith("Menshen") and "pwned" not in browser.title
        assert browser.find_element(By.CSS_SELECTOR, ".who-name").get_attribute("textContent") == name
        assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"), page
        assert browser.execute_script("return getComputedStyle(document.body).direction") == "ltr"
    browser.get(f"{portal_site.base}/account")
    assert browser.find_element(By.ID, "real_name").get_attribute("value") == name


@pytest.mark.parametrize("name", ["x" * 10240, "a\x07b", "a\x1b[31mb", "two\nlines"])
def test_names_that_are_refused(portal_site, portal, person, name):
    portal.sign_in(person)
    portal.get("/account")
    page = portal.submit("/account/profile", real_name=name)
    assert page.status == 400 and any("255" in alert for alert in page.alerts), page.alerts
    assert page.form("/account/profile").fields["real_name"] == name
    assert user_row(portal_site, person, "real_name") == ""


# ---- Without a browser --------------------------------------------------------------------------------------------------
def test_sign_ins_are_listed(portal_site, person):
    firefox = Portal(portal_site, headers={"User-Agent": FIREFOX})
    visitor = Visitor(portal_site, portal_site.server.client)
    visitor.blade_login(person)
    for _ in range(3):
        Portal(portal_site).sign_in(User(person.account, "wrong-password"))
    firefox.sign_in(person)
    page = firefox.get("/account/sessions")
    assert "Firefox 140 · Linux this one" in page.text
    assert "sword (blade)" in page.text
    assert "wrong password 2 times" in page.text  # the first of its kind is a row of its own
    assert page.text.count("wrong password") == 2 and page.text.count("signed in ") >= 2


def test_all_others_are_ended(portal_site, portal, person):
    others = [Portal(portal_site) for _ in range(2)]
    for other in others:
        other.sign_in(person)
    visitor = Visitor(portal_site, portal_site.server.client)
    token = visitor.blade_login(person)["access_token"]
    portal.sign_in(person)
    portal.get("/account/sessions")
    page = portal.submit("/account/sessions-end")
    assert page.path.endswith("/account/sessions") and "All other devices are signed out." in page.alerts
    assert [other.get("/account").path.rsplit("/", 1)[1] for other in others] == ["login", "login"]
    assert visitor.blade_user_info(token).status == 401
    assert portal.get("/account").path.endswith("/account")


def test_an_application_is_ended(portal_site, portal, person):
    visitor = Visitor(portal_site, portal_site.server.client)
    token = visitor.blade_login(person)["access_token"]
    portal.sign_in(person)
    portal.get("/account/sessions")
    assert visitor.blade_user_info(token).status == 200
    portal.submit("/account/session-end")
    assert visitor.blade_user_info(token).status == 401
    assert "None at present." in portal.page.text


def test_sessions_of_somebody_else_cannot_be_ended(portal_site, portal, person):
    victim = portal_site.new_user()
    theirs = Portal(portal_site)
    theirs.sign_in(victim)
    visitor = Visitor(portal_site, portal_site.server.client)
    token = visitor.blade_login(victim)["access_token"]
    of_victim = user_row(portal_site, victim, "id")
    ((browser_id,),) = portal_site.query("SELECT id FROM browser_session WHERE user_id = ?", of_victim)
    ((session_id,),) = portal_site.query("SELECT id FROM session WHERE user_id = ?", of_victim)
    portal.sign_in(person)
    csrf = portal.get("/account").form("/account/profile").fields["csrf"]
    for names in ({"browser": browser_id}, {"application": session_id}, {"browser": -1}, {"application": "x"}, {}):
        assert portal.post("/account/session-end", {"csrf": csrf, **names}).status == 200
    assert theirs.get("/account").path.endswith("/account")
    assert visitor.blade_user_info(token).status == 200


@pytest.mark.parametrize("command", ["lock", "remove"])
def test_somebody_who_is_locked_or_removed(portal_site, portal, person, command):
    portal.sign_in(person)
    csrf = portal.get("/account").form("/account/profile").fields["csrf"]
    portal_site.cli("user", command, person.account)
    assert portal.post("/account/profile", {"csrf": csrf, "real_name": "x"}).path.endswith("/login")
    for page in ("/account", "/account/password", "/account/sessions"):
        assert portal.get(page).path.endswith("/login") and "You are no longer signed in." in portal.page.text


def test_an_address_needs_the_password(portal_site, portal, person):
    portal.sign_in(person)
    portal.get("/account")
    page = portal.submit("/account/email", email="me@example.com", password="wrong-password")
    assert page.status == 400 and "This is not the present password." in page.text
    assert user_row(portal_site, person, "email") == ""
    page = portal.submit("/account/email", email="nonsense", password=person.password)
    assert page.status == 400 and "This is not an e-mail address." in page.text
    page = portal.submit("/account/email", email="me@example.com", password=person.password)
    assert page.status == 200 and "me@example.com not confirmed" in page.text


def test_an_address_is_confirmed_once(portal_site, portal, person):
    portal_site.cli("user", "set", person.account, "--email", "me@example.com")
    stale = make_link(portal_site, person, "email", "old@example.com")
    secret = make_link(portal_site, person, "email", "me@example.com")
    assert "me@example.com" in portal.get(f"/link/{secret}").text
    assert user_row(portal_site, person, "email_verified") == 0
    assert portal.submit(f"/link/{secret}").path.endswith("/login")
    assert "The e-mail address is confirmed." in portal.page.alerts
    assert user_row(portal_site, person, "email_verified") == 1
    assert portal.get(f"/link/{secret}").status == 404
    portal.get(f"/link/{stale}")
    assert portal.submit(f"/link/{stale}").status == 404
    portal.sign_in(person)
    portal.get("/account")
    portal.submit("/account/email", email="new@example.com", password=person.password)
    assert user_row(portal_site, person, "email, email_verified") == ("new@example.com", 0)


def test_a_link_in_a_browser_where_somebody_else_is_signed_in(portal_site, portal, person):
    other = portal_site.new_user()
    portal.sign_in(other)
    before = portal.cookies()["menshen"]
    secret = make_link(portal_site, person, "reset")
    assert f"You are signed in as {other.account}" in portal.get(f"/link/{secret}").text
    portal.submit(f"/link/{secret}", fresh=FRESH, again=FRESH)
    assert person.account in portal.page.text and portal.page.path.endswith("/account")
    kept = Portal(portal_site)
    kept.session.cookies.set("menshen", before)
    assert kept.get("/account").path.endswith("/login")


@pytest.mark.parametrize("secret", ["x", "0" * 32, "0" * 31, "0" * 33, "0" * 250, "g" * 32, "%3Cb%3E"])
def test_what_is_no_link(portal, secret):
    page = portal.get(f"/link/{secret}")
    assert page.status == 404 and "/login" in page.html


def test_links_of_somebody_who_is_locked(portal_site, portal, person):
    secret = make_link(portal_site, person, "reset")
    portal.get(f"/link/{secret}")
    portal_site.write("UPDATE user SET locked = 1 WHERE account = ?", person.account)
    assert portal.submit(f"/link/{secret}", fresh=FRESH, again=FRESH).status == 404
    assert portal.get(f"/link/{secret}").status == 404


def test_secrets_of_links_are_in_no_log_of_ours(portal_site, portal, person):
    secret = make_link(portal_site, person, "reset")
    for path in (f"/link/{secret}", f"/link/{secret}/", f"/nothing/{secret}"):
        assert portal.post(path, {}).status in (403, 404, 405), path
    assert portal.get(f"/link/{secret}").status == 200
    log = portal_site.logs()["events.log"].decode()
    assert secret not in log and "/link/…" in log and "/nothing/…" in log


def test_an_expired_password_comes_first(portal_site, portal, person):
    portal.sign_in(person)
    portal_site.cli("user", "set", person.account, "--password-expired", "yes")
    page = portal.get("/account/sessions")
    assert page.path.endswith("/account/password") and page.text.count("Please choose a new password first") == 1
    assert portal.post("/account/profile", {"csrf": page.form("/account/password").fields["csrf"]}).path.endswith("/account/password")
    portal.get("/account/sessions")
    page = portal.submit("/account/password", old=person.password, fresh=person.password, again=person.password)
    assert page.status == 400 and "This is the present password." in page.text
    assert page.text.count("Please choose a new password first") == 1
    page = portal.submit("/account/password", old=person.password, fresh=FRESH, again=FRESH)
    assert page.path.endswith("/account/sessions")


@pytest.mark.parametrize("next", ["//evil.example", "/\\evil.example", "https://evil.example/", "data:text/html,x",
                                  "/%5cevil.example", "/%2fevil.example", "http://127.0.0.1@evil.example/"])  # fmt: skip
def test_a_change_of_password_leads_nowhere_else(portal_site, portal, person, next):
    portal.sign_in(person)
    portal.get("/account/password")
    page = portal.submit("/account/password", follow=False, old=person.password, fresh=FRESH, again=FRESH, next=next)
    assert page.status == 303
    assert page.headers["Location"] == f"{portal_site.server.config.mount}/account"


def test_too_many_wrong_passwords(portal_site, portal, person):
    portal.sign_in(person)
    portal.get("/account/password")
    tried = []
    while len(tried) < 20 and (not tried or tried[-1].status == 400):
        tried.append(portal.submit("/account/password", old="wrong-password", fresh=FRESH, again=FRESH))
    assert tried[-1].status == 429 and "There were too many wrong tries. Try again in" in tried[-1].text
    assert portal.submit("/account/password", old=person.password, fresh=FRESH, again=FRESH).status == 429


@pytest.mark.parametrize("language, title", [("zh-Hans", "我的账号"), ("zh-Hant", "我的帳號"), ("en", "My account")])
def test_the_language_of_a_person(portal_site, person, language, title):
    portal = Portal(portal_site, "fr")
    portal.sign_in(person)
    portal.get("/account")
    assert portal.submit("/account/profile", locale=language).title.startswith(title)
    assert Portal(portal_site, "fr").sign_in(person).title.startswith(title)
