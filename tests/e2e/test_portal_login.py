"""
Signing in to the portal and out of it, in real Chromium over FastCGI and over plain CGI below .htaccess: with and
without a captcha, by keyboard, without JavaScript, in every language; and everything that must not let anybody in.
"""

import re
from contextlib import contextmanager
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal
from harness.site import DEADLINE_S, DEMO_USER, User
from harness.visitor import fresh_address
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_portal_pages import axe, cut_off, look_at

TRANSPORTS = ("lighttpd-fastcgi", "apache-htaccess-generous")
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
SIGN_IN = {"zh-Hans": "登录", "zh-Hant": "登入", "en": "Sign in"}
WRONG = {"zh-Hans": "账号或密码不正确", "zh-Hant": "帳號或密碼不正確", "en": "Wrong account or password"}
SIGNED_OUT = {"zh-Hans": "您已退出登录", "zh-Hant": "您已登出", "en": "You are signed out"}


@pytest.fixture(scope="module", params=TRANSPORTS)
def house(request):
    with running_site(request.param) as site:
        site.base = f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"
        yield site


@pytest.fixture(scope="module")
def chromium():
    with running_browser() as browser:
        yield browser


class Window:
    """A browser that nobody has used, at an address of its own."""

    def __init__(self, site, browser, language="en"):
        self.site, self.browser, self.language = site, browser, language
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        self.send_headers({})
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": 1000, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def send_headers(self, headers):
        self.browser.execute_cdp_cmd(
            "Network.setExtraHTTPHeaders",
            {"headers": {"X-Forwarded-For": fresh_address(), "Accept-Language": self.language, **headers}},
        )

    def open(self, path="/login"):
        self.browser.get(path if path.startswith("http") else self.site.base + path)
        return self

    def find(self, css):
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def all(self, css):
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    @property
    def path(self):
        return urlsplit(self.browser.current_url).path.removeprefix(self.site.server.config.mount)

    def alerts(self):
        return [e.text for e in self.all("[role=alert], [role=status]")]

    def type(self, css, text):
        box = self.find(css)
        box.clear()
        box.send_keys(text)

    def press(self, css="form[action$='/sign-in'] .primary"):
        """Press a button and wait for the page behind it."""
        page = self.find("html")
        self.find(css).click()
        until(self.browser, lambda _: gone(page))
        until(self.browser, lambda b: b.execute_script("return document.readyState") == "complete")

    def fill_in(self, user, captcha=None):
        self.type("#account", user.account)
        self.type("#password", user.password)
        if captcha is not None:
            self.type("#captcha", captcha)

    def answer(self):
        """What the picture says: as only the database knows."""
        return answer_of(self.site, self.find("[name=captcha_id]").get_attribute("value"))

    def cookies(self):
        return {c["name"]: c for c in self.browser.execute_cdp_cmd("Network.getAllCookies", {})["cookies"]}


def gone(element):
    try:
        element.is_enabled()
        return False
    except Exception:  # stale, or of a page that is being left
        return True


def answer_of(site, captcha_id):
    return site.query("SELECT answer FROM captcha WHERE id = ?", captcha_id)[0][0]


def sessions_of(site, user):
    return site.query(
        "SELECT s.id FROM browser_session s JOIN user u ON u.id = s.user_id WHERE u.account = ?", user.account
    )


@pytest.fixture
def window(house, chromium):
    return Window(house, chromium)


@pytest.fixture
def person(house):
    """Without a browser, from an address that nobody knows."""
    return Portal(house, headers={"X-Forwarded-For": fresh_address()})


@pytest.fixture
def user(house):
    return house.new_user()


# ---- In and out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_and_out_in_every_language(house, chromium, user, language):
    window = Window(house, chromium, language).open("/")
    assert window.path == "/login"
    assert window.find("html").get_attribute("lang") == language
    assert window.find("h1").text == window.find(".primary").text == SIGN_IN[language]
    assert window.all("#captcha") == []
    window.fill_in(user)
    window.press()
    assert window.path == "/account", window.find("body").text
    assert len(sessions_of(house, user)) == 1
    window.press("form[action$='/sign-out'] button")
    assert window.path == "/login" and SIGNED_OUT[language] in window.alerts()[0]
    assert sessions_of(house, user) == []
    # The browser keeps nothing of what was seen before.
    chromium.back()
    until(chromium, lambda b: b.execute_script("return document.readyState") == "complete")
    assert user.account not in window.find("body").text and window.all("#password")
    # A notice is said once.
    window.open("/login")
    assert window.alerts() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_kept_with_what_was_asked_for(house, chromium, user, language):
    window = Window(house, chromium, "fr").open("/account/sessions?x=1&lang=fr")
    assert window.path == "/login"
    window.find(f".langs [hreflang={language}]").click()
    until(chromium, lambda b: window.find("html").get_attribute("lang") == language)
    window.open("/login?next=" + quote(house.server.config.mount + "/account/sessions?x=1"))
    assert window.find("html").get_attribute("lang") == language
    window.find(f".langs [hreflang={language}]").click()
    window.fill_in(user)
    window.press()
    assert window.path == "/account/sessions" and "x=1" in chromium.current_url


def test_a_form_that_was_refused_is_shown_in_another_language(window, user):
    window.open("/login?next=" + quote(window.site.server.config.mount + "/account/password"))
    window.fill_in(user._replace(password="wrong"))
    window.press()
    window.press(".langs [hreflang=zh-Hant]")
    assert window.path == "/login" and window.find("h1").text == "登入"
    window.type("#account", user.account)
    window.type("#password", user.password)
    window.type("#captcha", window.answer())
    window.press()
    assert window.path == "/account/password"


@pytest.mark.parametrize("language", LANGUAGES)
def test_wrong_password_then_wrong_captcha_then_right(house, chromium, user, language):
    window = Window(house, chromium, language).open()
    window.fill_in(user._replace(password="wrong"))
    window.press()
    assert WRONG[language] in window.alerts()[0]
    assert window.find("#account").get_attribute("value") == user.account
    assert window.find("#password").get_attribute("value") == ""
    assert chromium.switch_to.active_element.get_attribute("id") == "password"
    picture = window.find("[data-picture]")
    assert chromium.execute_script("return arguments[0].naturalWidth", picture) == 160
    assert bool(re.search("[一-鿿]", window.answer())) == (language == "zh-Hans")

    window.fill_in(user, captcha="nonsense")
    window.press()
    assert window.find("#captcha").get_attribute("aria-invalid") == "true"
    fault = window.find("#captcha-fault")
    assert fault.text and fault.get_attribute("id") in window.find("#captcha").get_attribute("aria-describedby")

    window.fill_in(user, captcha=window.answer())
    window.press()
    assert window.path == "/account"


def test_another_picture_without_a_new_page(window, user):
    window.open()
    window.fill_in(user._replace(password="wrong"))
    window.press()
    window.fill_in(user)
    before, first = window.find("[data-picture]").get_attribute("src"), window.answer()
    window.find("[name=another]").click()
    until(window.browser, lambda _: window.find("[data-picture]").get_attribute("src") != before)
    assert window.find("#password").get_attribute("value") == user.password
    assert window.browser.switch_to.active_element.get_attribute("id") == "captcha"
    window.type("#captcha", window.answer())
    assert window.answer() != first
    window.press()
    assert window.path == "/account"


def test_without_javascript(window, user):
    window.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    window.open()
    assert not window.find("[data-reveal]").is_displayed()
    window.type("#account", user.account)
    window.type("#password", "wrong")
    press_without_script(window, ".primary")
    window.type("#password", user.password)
    before = window.find("[data-picture]").get_attribute("src")
    press_without_script(window, "[name=another]")
    assert window.find("[data-picture]").get_attribute("src") != before
    assert window.find("#account").get_attribute("value") == user.account
    assert window.find("#password").get_attribute("value") == "" and window.alerts() == []
    window.type("#password", user.password)
    window.type("#captcha", window.answer())
    press_without_script(window, ".primary")
    assert window.path == "/account"


def press_without_script(window, css):
    page = window.find("html")
    window.find(css).click()
    until(window.browser, lambda _: gone(page))
    until(window.browser, lambda _: window.all("footer"))


def test_by_keyboard_alone(window, user):
    window.open()
    keys = lambda *what: ActionChains(window.browser).send_keys(*what).perform()
    focused = lambda: window.browser.switch_to.active_element
    assert focused().get_attribute("id") == "account"
    keys(user.account, Keys.TAB, user.password)
    assert focused().get_attribute("id") == "password"
    keys(Keys.TAB, Keys.SPACE)  # "Show"
    assert window.find("#password").get_attribute("type") == "text"
    assert focused().get_attribute("aria-pressed") == "true"
    keys(Keys.SPACE)
    assert window.find("#password").get_attribute("type") == "password"
    page = window.find("html")
    keys(Keys.TAB, Keys.SPACE)  # "Stay signed in"
    assert focused().is_selected()
    keys(Keys.ENTER)
    until(window.browser, lambda _: gone(page))
    until(window.browser, lambda _: window.path == "/account")
    # The first stop of a page leads past its navigation.
    window.open("/account")
    keys(Keys.TAB)
    assert focused().get_attribute("href").endswith("#main") and focused().is_displayed()


def test_enter_does_not_ask_for_another_picture(window, user):
    window.open()
    window.fill_in(user._replace(password="wrong"))
    window.press()
    window.fill_in(user, captcha=window.answer())
    page = window.find("html")
    window.find("#captcha").send_keys(Keys.ENTER)
    until(window.browser, lambda _: gone(page))
    until(window.browser, lambda _: window.path == "/account")


def test_a_double_click_signs_in_once(window, user):
    window.open()
    window.fill_in(user)
    page = window.find("html")
    ActionChains(window.browser).double_click(window.find(".primary")).perform()
    until(window.browser, lambda _: gone(page))
    until(window.browser, lambda _: window.path == "/account")
    assert len(sessions_of(window.site, user)) == 1


def test_a_second_tab_that_waited(window, user):
    """Two sign-in pages; the one that comes later finds the person signed in."""
    window.open()
    first = window.browser.current_window_handle
    window.browser.switch_to.new_window("tab")
    second = window.browser.current_window_handle
    try:
        window.browser.execute_cdp_cmd("Network.enable", {})
        window.send_headers({})
        window.open()
        window.fill_in(user)
        window.press()
        window.browser.switch_to.window(first)
        window.fill_in(user)
        window.press()
        assert window.path == "/account" and "another tab" in window.alerts()[0]
    finally:
        window.browser.switch_to.window(second)
        window.browser.close()
        window.browser.switch_to.window(first)
    assert len(sessions_of(window.site, user)) == 1


def test_locked_until_when_and_freed(house, chromium, user):
    window = Window(house, chromium).open()
    for _ in range(5):
        window.fill_in(user._replace(password="wrong"), captcha=window.answer() if window.all("#captcha") else None)
        window.press()
    said = window.alerts()[-1]
    assert re.search(r"Try again after \d+ \w+ \d{4}, \d\d:\d\d", said), said
    window.open()  # who comes back is told before he types
    assert "Try again after" in window.alerts()[0]
    window.fill_in(user)
    window.press()
    assert window.path == "/sign-in" and "Try again after" in window.alerts()[0]
    house.cli("throttle", "clear", "--all")
    window.open()
    assert window.alerts() == []
    window.fill_in(user)
    window.press()
    assert window.path == "/account"


# ---- A sign-in that does not hold ---------------------------------------------------------------------------------


def test_a_browser_that_refuses_cookies_is_told_so(house):
    blocks = {"profile.default_content_setting_values.cookies": 2}
    user = house.new_user()
    with running_browser(preferences=blocks) as browser:
        window = Window(house, browser).open()
        window.fill_in(user)
        window.press()
        assert window.find("h1").text == "The sign-in did not hold"
        assert "refuses cookies" in window.find("#because-cookies").text
        assert "password was not looked at" in window.find("main").text
        assert not window.find("#because-clock").is_displayed()
        assert window.find(".primary").get_attribute("href") == house.base + "/login"
    assert sessions_of(house, user) == []


@contextmanager
def another_name(site, name):
    """A browser that reaches the site by a name which it does not take for its own machine."""
    port = site.server.port
    with running_browser(flags=[f"--host-resolver-rules=MAP {name} 127.0.0.1"]) as browser:
        window = Window(site, browser)
        window.base = f"http://{name}:{port}{site.server.config.mount}"
        yield window


def test_http_where_the_site_is_https(house):
    """A proxy says HTTPS, so cookies are Secure; the browser speaks HTTP and keeps none."""
    with another_name(house, "portal.test") as window:
        window.send_headers({"X-Forwarded-Proto": "https"})
        window.open(window.base + "/login")
        window.fill_in(house.new_user())
        window.press()
        because = window.find("#because-scheme").text
        assert "https:// only" in because and "https://portal.test" in because
        assert window.all("#because-cookies") == []
        assert window.find(".primary").get_attribute("href").startswith("https://portal.test")


def test_another_host_than_the_page_that_is_wanted():
    with running_site("lighttpd-fastcgi", {"server": {"base_url": "http://auth.test/auth"}}) as site:
        site.base = f"http://127.0.0.1:{site.server.port}/auth"
        with another_name(site, "other.test") as window:
            window.open(window.base + "/login?next=" + quote("http://auth.test/auth/account", safe=""))
            notice = window.find(".notice.warn")
            assert "other.test" in notice.text and "auth.test" in notice.text
            link = notice.find_element(By.CSS_SELECTOR, "a").get_attribute("href")
            assert link.startswith("http://auth.test/auth/login?next=http%3A%2F%2Fauth.test")
            # The same page of this very host needs no such notice.
            window.open(window.base + "/login?next=/auth/account")
            assert window.all(".notice.warn") == []


def test_cookies_of_a_path_that_is_not_the_portal_s(chromium):
    with running_site("lighttpd-fastcgi", {"portal": {"cookie_path": "/aut"}}) as site:
        site.base = f"http://127.0.0.1:{site.server.port}/auth"
        window = Window(site, chromium).open()
        window.fill_in(site.new_user())
        window.press()
        because = window.find("#because-path").text
        assert "cookie_path" in because and "/aut" in because and window.all("#because-cookies") == []


def test_a_clock_that_is_wrong_is_shown(house):
    blocks = {"profile.default_content_setting_values.cookies": 2}
    with running_browser(preferences=blocks) as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                {"source": "const now = Date.now; Date.now = () => now() + 90000;"})
        window = Window(house, browser).open()
        window.fill_in(house.new_user())
        window.press()
        assert "clock" in window.find("#because-clock").text


def test_the_cookie_of_a_success_that_does_not_come_back(house, person, user):
    person.get("/login")
    answer = person.submit("/sign-in", follow=False, account=user.account, password=user.password)
    assert answer.status == 303 and "/sign-in/welcome?" in answer.headers["Location"]
    welcome = answer.headers["Location"]
    person.session.cookies.clear()
    page = person.get("http://127.0.0.1:%d%s" % (house.server.port, welcome))
    assert "did not hold" in page.text and "were right" in page.text
    # Made up, or too late: nobody has just signed in.
    for forged in (welcome.replace("mac=", "mac=0"), re.sub(r"at=\d+", "at=1", welcome), "/sign-in/welcome"):
        target = forged if forged.startswith("/sign-in") else "http://127.0.0.1:%d%s" % (house.server.port, forged)
        assert person.get(target).path.endswith("/login")


def test_a_success_that_holds_leads_on(person, user):
    person.get("/login?next=" + person.site.server.config.mount + "/account/password")
    page = person.submit("/sign-in", account=user.account, password=user.password)
    assert page.path.endswith("/account/password") and page.status == 200


# ---- Where it leads -----------------------------------------------------------------------------------------------

TRICKS = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/%2fevil.example", "/%5cevil.example",
    "/%09/evil.example", "https://evil.example/", "http:evil.example", "http:/evil.example", "https://127.0.0.1@evil.example/",
    "https://127.0.0.1:80@evil.example/", "http://127.0.0.1.evil.example/", "javascript:alert(1)", "data:text/html,x",
    "/a\nLocation: https://evil.example", "/a\r\nSet-Cookie: menshen=x", "\t//evil.example", " //evil.example",
    "/%0d%0aSet-Cookie:x=1", "evil.example", "?next=x", "/" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("next_", TRICKS, ids=range(len(TRICKS)))
def test_nobody_is_led_elsewhere(house, person, user, next_):
    """Asked for when the page is opened, put into the form, and put into the step behind it."""
    home = house.server.config.mount + "/account"
    page = person.get("/login?next=" + quote(next_, safe=""))
    if refused_by_the_web_server(page):
        person.get("/login")
    assert person.page.form("/sign-in").fields["next"] == ""
    answer = person.submit("/sign-in", follow=False, account=user.account, password=user.password, next=next_)
    asked = urlsplit(answer.headers["Location"])
    assert asked.netloc == "" and parse_qs(asked.query).get("next") is None, answer.headers
    assert "menshen=x" not in str(answer.headers)
    person.get(answer.headers["Location"].removeprefix(house.server.config.mount), follow=False)
    assert person.page.headers["Location"] == home
    # Signed in already.
    for path in ("/login", "/sign-in/welcome"):
        page = person.get(f"{path}?next=" + quote(next_, safe=""), follow=False)
        assert refused_by_the_web_server(page) or page.headers["Location"] == home


def refused_by_the_web_server(page):
    """Control characters in an address do not come as far as to us."""
    return page.status in (400, 403, 414) and "Content-Security-Policy" not in page.headers


def test_other_hosts_that_are_configured():
    settings = {"portal": {"next_hosts": "https://wiki.example, http://10.0.0.9:8080"}}
    with running_site("lighttpd-fastcgi", settings) as site:
        for next_, allowed in (
            ("https://wiki.example/a?b=c#d", True), ("http://10.0.0.9:8080/", True), ("http://wiki.example/", False),
            ("https://wiki.example:8443/", False), ("http://10.0.0.9/", False), ("https://wiki.example@evil.example/", False),
            ("https://wiki.example.evil.example/", False), ("https://wiki.example\\@evil.example", False),
        ):  # fmt: skip
            person, user = Portal(site), site.new_user()
            person.get("/login?next=" + quote(next_, safe=""))
            answer = person.submit("/sign-in", follow=False, account=user.account, password=user.password)
            answer = person.get(answer.headers["Location"].removeprefix("/auth"), follow=False)
            assert answer.headers["Location"] == (next_ if allowed else "/auth/account"), next_


# ---- What must not let anybody in ---------------------------------------------------------------------------------


def test_a_session_is_fresh_whatever_cookie_came(house, person, user):
    """Session fixation: a secret that somebody planted is none of ours, before and after."""
    planted = "0123456789abcdef0123456789abcdef"
    person.session.cookies.set("menshen", planted, domain="127.0.0.1", path="/")
    person.sign_in(user)
    cookies = [c.value for c in person.session.cookies if c.name == "menshen"]
    assert planted not in [c for c in cookies if len(c) == 32 and c != planted] and len(sessions_of(house, user)) == 1
    thief = Portal(house)
    thief.session.cookies.set("menshen", planted)
    assert thief.get("/account").path.endswith("/login")


def test_each_sign_in_has_a_secret_of_its_own(house, user):
    secrets = set()
    for _ in range(3):
        person = Portal(house, headers={"X-Forwarded-For": fresh_address()})
        person.sign_in(user)
        secrets.add(person.cookies()["menshen"])
        assert re.fullmatch("[0-9a-f]{32}", person.cookies()["menshen"])
    assert len(secrets) == 3
    stored = [row[0] for row in house.query("SELECT secret_hash FROM browser_session")]
    assert not any(bytes.fromhex(secret) in stored or secret.encode() in stored for secret in secrets)


def test_a_cookie_of_another_browser_is_over_when_its_owner_signs_out(house, person, user):
    person.sign_in(user)
    copy = Portal(house)
    copy.session.cookies.set("menshen", person.cookies()["menshen"])
    assert copy.get("/account").path.endswith("/account")
    person.submit("/sign-out")
    assert copy.get("/account").path.endswith("/login")
    assert "no longer signed in" in copy.page.alerts[0]
    # And a sign-out of what is over is one all the same.
    assert copy.post("/sign-out", {}).path.endswith("/login")


@pytest.mark.parametrize("how", ["no token", "empty", "another's", "half", "origin", "referer", "fetch-site", "same-site"])
def test_forms_of_others_sign_nobody_in(house, person, user, how):
    """Login CSRF: somebody else's page signs the visitor in, as somebody else."""
    person.get("/login")
    fields = {**person.page.form("/sign-in").fields, "account": user.account, "password": user.password}
    headers = {}
    if how == "no token":
        del fields["csrf"]
    elif how == "empty":
        fields["csrf"] = ""
    elif how == "half":
        fields["csrf"] = fields["csrf"][:16]
    elif how == "another's":
        fields["csrf"] = Portal(house).get("/login").form("/sign-in").fields["csrf"]
    else:
        headers = {
            "origin": {"Origin": "https://evil.example"},
            "referer": {"Referer": "https://evil.example/login"},
            "fetch-site": {"Sec-Fetch-Site": "cross-site"},
            "same-site": {"Sec-Fetch-Site": "same-site", "Origin": "http://other.127.0.0.1"},
        }[how]
    answer = person.post("/sign-in", fields, follow=False, headers=headers)
    assert answer.status == 403 and "Location" not in answer.headers
    assert "menshen=" not in answer.headers.get("Set-Cookie", "").replace("menshen-", "")
    assert sessions_of(house, user) == []


def test_forms_of_others_sign_nobody_out(house, person, user):
    person.sign_in(user)
    for fields, headers in (({}, {}), ({"csrf": "0" * 32}, {}),
                            (person.page.form("/sign-out").fields, {"Origin": "https://evil.example"})):  # fmt: skip
        assert person.post("/sign-out", fields, headers=headers).status == 403
    assert len(sessions_of(house, user)) == 1
    assert b"form_from_elsewhere" in house.log.read_bytes() and b"https://evil.example" in house.log.read_bytes()
    # A token that was good before the sign-in is none after it.
    before = Portal(house).get("/login").form("/sign-in").fields["csrf"]
    assert person.post("/sign-out", {"csrf": before}).status == 403


def test_nothing_tells_which_accounts_there_are(house, user):
    locked, also_locked = house.new_user(), house.new_user()
    for one in (locked, also_locked):
        house.cli("user", "lock", one.account, "--tenant", "000000")
    too_long = "x" * 5000  # is refused before anybody looks for the account
    for tries in (
        ((user.account, "wrong"), ("nobody-here", "wrong"), (locked.account, locked.password), (also_locked.account, "wrong")),
        ((house.new_user().account, too_long), ("nobody-either", too_long)),
    ):
        answers = set()
        for account, password in tries:
            person = Portal(house, headers={"X-Forwarded-For": fresh_address()})
            page = person.sign_in(User(account, password))
            answers.add((page.status, *page.alerts, "captcha_id" in page.form("/sign-in").fields))
        assert len(answers) == 1, answers


def test_a_captcha_is_good_once(house, person, user):
    person.sign_in(user._replace(password="wrong"))
    form = person.page.form("/sign-in").fields
    answer = answer_of(house, form["captcha_id"])
    tries = {**form, "account": user.account, "captcha": answer}
    assert "Wrong account" in person.post("/sign-in", {**tries, "password": "wrong"}).alerts[0]
    assert "code was wrong" in person.post("/sign-in", {**tries, "password": user.password}).alerts[0]
    # One of a dialect is none of the portal's.
    other = requests.get(f"http://127.0.0.1:{house.server.port}{house.server.config.mount}/oauth2/captcha", timeout=DEADLINE_S)
    if other.status_code == 200:
        foreign = {**tries, "password": user.password, "captcha_id": other.json().get("captcha_id", "0" * 32)}
        assert "code was wrong" in person.post("/sign-in", foreign).alerts[0]


def test_leaving_the_captcha_out_does_not_help(house, person, user):
    person.sign_in(user._replace(password="wrong"))
    form = person.page.form("/sign-in").fields
    plain = {"csrf": form["csrf"], "account": user.account, "password": user.password}
    page = person.post("/sign-in", plain)
    assert page.status == 403 and "password again" in page.alerts[0] and sessions_of(house, user) == []


HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{csrf}}", "‮nimda", "a" * 128, "' OR 1=1 --", "名字 😀"]


@pytest.mark.parametrize("account", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_accounts_are_shown_as_they_were_typed(house, window, account):
    window.open()
    window.browser.execute_script("arguments[0].value = arguments[1]", window.find("#account"), account)
    window.type("#password", "wrong")
    window.press()
    assert window.find("#account").get_attribute("value") == account
    assert window.all("main script, main img:not([data-picture])") == []


def test_fields_that_are_missing_or_too_long(person):
    for fields, said in (
        ({"account": "", "password": "x"}, ["Enter your account."]),
        ({"account": "a", "password": ""}, ["Enter your password."]),
        ({"account": "", "password": ""}, ["Enter your account.", "Enter your password."]),
        ({"account": "a" * 10000, "password": "x"}, ["That is too long for an account"]),
    ):
        person.get("/login")
        page = person.submit("/sign-in", **fields)
        assert page.status == 400 and len(page.alerts) == len(said), page.alerts
        assert all(sentence in alert for sentence, alert in zip(said, page.alerts))
    person.get("/login")
    assert person.submit("/sign-in", account="a\0b", password="x").status == 400
    person.get("/login")
    assert person.submit("/sign-in", account="a", password="x" * 70000).status == 413


# ---- Settings -----------------------------------------------------------------------------------------------------


def test_remember_me(house, user):
    for remember in (False, True):
        person = Portal(house, headers={"X-Forwarded-For": fresh_address()})
        person.get("/login")
        assert person.page.form("/sign-in").boxes["remember"] == ["1"]
        answer = person.submit("/sign-in", follow=False, account=user.account, password=user.password,
                               **({"remember": "1"} if remember else {}))
        line = answer.headers["Set-Cookie"]
        assert ("Max-Age=2592000" in line) == remember, line
        assert "HttpOnly" in line and "SameSite=Lax" in line and "Secure" not in line


def test_the_cookies_of_https(house, user):
    person = Portal(house, headers={"X-Forwarded-For": fresh_address(), "X-Forwarded-Proto": "https"})
    page = person.get("/login")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-menshen-before=") and "; Secure" in cookie and "; Path=/;" in cookie
    assert "Domain" not in cookie


def test_no_remember_me_where_it_is_off_and_tenants_to_choose_from():
    settings = {"portal": {"remember_ttl": "0"}}
    with running_site("lighttpd-fastcgi", settings) as site:
        site.base = f"http://127.0.0.1:{site.server.port}/auth"
        person = Portal(site)
        form = person.get("/login").form("/sign-in")
        assert "remember" not in form.boxes and "tenant" not in form.options
        site.cli("tenant", "add", "100001", "--name", "分公司 <b>")
        site.cli("tenant", "add", "100002", "--name", "closed")
        site.cli("tenant", "lock", "100002")
        site.cli("user", "add", "zhang", "--tenant", "100001", line="Secret-4711")
        form = person.get("/login").form("/sign-in")
        assert form.options["tenant"] == ["000000", "100001"] and form.fields["tenant"] == "000000"
        assert "分公司 &lt;b&gt;" in person.page.html
        page = person.submit("/sign-in", account="zhang", password="Secret-4711")
        assert "Wrong account" in page.alerts[0] and page.form("/sign-in").fields["tenant"] == "000000"
        captcha = answer_of(site, page.form("/sign-in").fields["captcha_id"])
        page = person.submit("/sign-in", account="zhang", password="Secret-4711", tenant="100001", captcha=captcha)
        assert page.path.endswith("/account"), page.text
        for tenant in ("100002", "nowhere", "<b>"):
            other = Portal(site, headers={"X-Forwarded-For": fresh_address()})
            other.get("/login")
            page = other.submit("/sign-in", account="zhang", password="Secret-4711", tenant=tenant)
            assert page.status == 400 and "Choose a tenant" in page.alerts[0]


def test_too_many_pictures(chromium):
    with running_site("lighttpd-fastcgi", {"captcha": {"rate": "2"}, "login": {"captcha_after": "0"}}) as site:
        site.base = f"http://127.0.0.1:{site.server.port}/auth"
        person, user = Portal(site, headers={"X-Forwarded-For": fresh_address()}), site.new_user()
        person.get("/login")
        form = person.get("/login").form("/sign-in").fields
        page = person.get("/login")
        assert re.search(r"Wait \d+ \w+ and try again", page.alerts[0]), page.alerts
        assert "captcha_id" not in page.form("/sign-in").fields
        answer = person.get("/sign-in/captcha")
        assert answer.status == 429 and int(answer.headers["Retry-After"]) > 0
        # By the button: first in the page that is there, then by a new page that says when.
        window = Window(site, chromium).open()
        first = window.find("[data-picture]").get_attribute("src")
        window.find("[name=another]").click()
        until(chromium, lambda _: window.find("[data-picture]").get_attribute("src") != first)
        window.press("[name=another]")
        assert re.search(r"Wait \d+ \w+ and try again", window.alerts()[0])
        # One that is there already is still good.
        person.get("/login")
        page = person.post("/sign-in", {**form, "account": user.account, "password": user.password,
                                        "captcha": answer_of(site, form["captcha_id"])})
        assert page.path.endswith("/account")


# ---- Pages that say what is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language, title", [("zh-Hans", "没有这个页面"), ("zh-Hant", "沒有這個頁面"), ("en", "No such page")])
def test_an_unknown_page_is_a_page(house, language, title):
    page = Portal(house, language).get("/account/none-such")
    assert page.status == 404 and title in page.text and page.title.startswith(title)
    assert f'lang="{language}"' in page.html and page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_path_of_nobody_is_a_page_for_people_alone(house):
    person = Portal(house, "en", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    page = person.get("/logins")
    assert page.status == 404 and "No such page" in page.text and person.page.title.startswith("No such page")
    answer = Portal(house).get("/logins")
    assert answer.status == 404 and answer.headers["Content-Type"].startswith("application/json")


def test_what_browsers_are_told(house, person, user):
    person.sign_in(user)
    for path in ("/login", "/account", "/account/password", "/admin", "/account/none-such"):
        headers = person.get(path).headers
        csp = dict(rule.strip().split(" ", 1) for rule in headers["Content-Security-Policy"].split(";"))
        assert csp == {
            "default-src": "'none'", "style-src": "'self'", "script-src": "'self'", "img-src": "'self' data:",
            "connect-src": "'self'", "form-action": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
        }, path  # fmt: skip
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store" and "Access-Control-Allow-Origin" not in headers
        assert headers["Content-Type"] == "text/html;charset=UTF-8"


def test_pages_of_administrators_are_not_for_others(house, person, user):
    person.sign_in(user)
    page = person.get("/admin")
    assert page.status == 403 and "members of the group admins" in page.text
    assert person.get("/sign-in").status == 405


def test_a_database_that_is_not_there_is_a_page_too():
    with running_site("lighttpd-cgi") as site:
        site.base = f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"
        person = Portal(site)
        assert person.get("/login").status == 200
        site.database.rename(site.database.with_suffix(".away"))
        site.database.mkdir()
        page = person.get("/login")
        assert page.status == 500 and "<h1>" in page.html and str(site.root) not in page.html
        assert "Something broke" in page.text
        site.database.rmdir()
        site.database.with_suffix(".away").rename(site.database)
        assert person.get("/login").status == 200


# ---- To look at ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_that_say_what_is_wrong_can_be_used_by_everybody(house, chromium, user, language):
    """What test_portal_pages cannot see, since it opens addresses only."""

    def check(what):
        for width in (320, 1440):
            for dark in (False, True):
                look_at(chromium, width, dark)
                assert not cut_off(chromium), f"{what} at {width}"
                assert axe(chromium) == [], f"{what} at {width}, dark: {dark}"

    window = Window(house, chromium, language).open()
    window.fill_in(user._replace(password="wrong"))
    window.press()
    check("wrong password")
    window.fill_in(user, captcha="x")
    window.press()
    check("wrong captcha")
    for _ in range(4):
        window.fill_in(user._replace(password="wrong"), captcha=window.answer())
        window.press()
    check("locked")
    window.open("/account/none-such")
    check("no such page")
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    window.open(f"http://127.0.0.1:{house.server.port}" + success_without_cookie(house))
    check("no cookie")


def success_without_cookie(house):
    person = Portal(house, headers={"X-Forwarded-For": fresh_address()})
    person.get("/login")
    user = house.new_user()
    answer = person.submit("/sign-in", follow=False, account=user.account, password=user.password)
    return answer.headers["Location"]


def test_the_menu_of_a_phone_without_javascript(window):
    browser = window.browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    look_at(browser, 360, False)
    window.open("/login?next=" + quote(window.site.server.config.mount + "/admin", safe=""))
    window.fill_in(DEMO_USER)
    press_without_script(window, ".primary")
    assert window.path == "/admin" and not window.find(".side-wide").is_displayed()
    assert window.find(".side-narrow").get_attribute("open") is None
    window.find(".side-narrow summary").click()
    press_without_script(window, ".side-narrow a[href$='/admin/users']")
    assert window.path == "/admin/users"
    assert window.find(".side-narrow [aria-current=page]").get_attribute("href").endswith("/admin/users")


@pytest.mark.parametrize("accent", ["ffff00", "b22222", "000000"])
def test_the_colour_of_a_site(chromium, accent):
    with running_site("lighttpd-fastcgi", {"portal": {"accent": accent, "title": "A & B <c>"}}) as site:
        site.base = f"http://127.0.0.1:{site.server.port}/auth"
        window = Window(site, chromium).open()
        for dark in (False, True):
            look_at(chromium, 768, dark)
            assert axe(chromium) == [], f"dark: {dark}"
            colour = tuple(bytes.fromhex(accent))
            assert window.find(".primary").value_of_css_property("background-color").startswith(
                "rgba(%d, %d, %d" % colour)
        assert window.find(".brand").text == "A & B <c>" and chromium.title == "Sign in · A & B <c>"
        sheet = window.find("link[href*='look-']").get_attribute("href")
        assert requests.get(sheet.replace(accent, "red"), timeout=DEADLINE_S).status_code == 404
