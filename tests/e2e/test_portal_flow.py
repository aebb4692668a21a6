"""
The whole way, in real Chromium: from an uploaded program to a second person who was invited, who locks himself out, is
let in again, and is shown the door; by two people in two browsers, by keyboard alone, without JavaScript, at four times
the size. Over FastCGI, and over plain CGI with nothing but .htaccess.
"""

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal
from harness.site import DEMO_USER, UploadedSite, User
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from test_portal_login import Window, gone
from test_portal_pages import cut_off

SERVERS = ("lighttpd-fastcgi", "apache-htaccess-generous")
FIRST = User("zhang.san", "correct horse battery staple")
SECOND = User("li.si", "lamp-river-39-oats")


@pytest.fixture(scope="module")
def browsers():
    """Of two people."""
    with running_browser() as one, running_browser() as other:
        yield one, other


@pytest.fixture(params=SERVERS)
def uploaded(request):
    with running_site(request.param, kind=UploadedSite) as site:
        site.base = Portal(site).base
        yield site


@pytest.fixture(scope="module", params=SERVERS)
def house(request):
    with running_site(request.param, {"login": {"captcha_after": "1000"}}) as site:
        site.base = Portal(site).base
        yield site


class Person(Window):
    """Somebody before a screen. Pages are waited for by what they show, which works without scripts too."""

    def follow(self, css, path=None):
        """Press what leads to another page; until it is there."""
        page = self.find("html")
        self.find(css).click()
        until(self.browser, lambda _: gone(page))
        until(self.browser, lambda _: self.all("footer"))
        if path is not None:
            until(self.browser, lambda _: self.path == path)

    def link(self, path):
        return f"a[href='{self.site.server.config.mount}{path}']"

    def button(self, action):
        return f"form[action$='{action}'] button:not([type=button]):not(.sr-only)"

    def fill(self, **fields):
        for name, value in fields.items():
            self.type(f"[name='{name}']", value)

    def text(self):
        return self.find("main").text

    def sign_in(self, user):
        self.open("/login")
        self.fill(account=user.account, password=user.password)
        if self.all("#captcha"):
            self.type("#captcha", self.answer())
        self.follow("form[action$='/sign-in'] .primary")


def walk(site, host, guest):
    """From the first page to the second person's first: what both do, whatever they do it with."""
    host.open("/")
    until(host.browser, lambda _: host.path == "/setup")
    host.fill(code=site.setup_code, account=FIRST.account, fresh=FIRST.password, again=FIRST.password, real_name="张三")
    host.follow(host.button("/setup"), "/admin")
    host.open("/admin/users")
    host.follow(host.link("/admin/users/new"), "/admin/users/new")
    host.fill(account=SECOND.account, real_name="李四")
    host.follow(host.button("/admin/users"))
    link = host.find("#secret").text
    assert "/link/" in link

    guest.open(link)
    assert SECOND.account in guest.text()
    guest.fill(fresh=SECOND.password, again=SECOND.password)
    guest.follow("form[action*='/link/'] .primary", "/account")
    assert guest.find("[name=real_name]").get_attribute("value") == "李四"
    guest.open(link)
    assert not guest.all("#fresh"), "the link is used up"


def test_from_upload_to_an_invited_person(uploaded, browsers):
    site, (host, guest) = uploaded, (Person(uploaded, browser) for browser in browsers)
    walk(site, host, guest)
    guest.open("/admin")
    assert guest.find(".status-code").text == "403"

    # Out, and locked out.
    guest.open("/account")
    guest.follow("form[action$='/sign-out'] button", "/login")
    for _ in range(5):
        guest.sign_in(User(SECOND.account, "wrong"))
    guest.sign_in(SECOND)
    assert "Try again after" in " ".join(guest.alerts()) and guest.path == "/sign-in"

    # The administrator sees it and lets him in.
    host.open("/admin/locks")
    assert SECOND.account in host.text()
    host.follow(host.button("/admin/locks"), "/admin/locks")
    host.open("/admin/users?q=" + SECOND.account)
    host.follow("tbody th a")
    host.follow(host.button(f"/admin/user-unlock/{host.path.rpartition('/')[2]}"))
    guest.sign_in(SECOND)
    until(guest.browser, lambda _: guest.path == "/account")

    # And shows him the door: he is out at his next click.
    host.open("/admin/users?q=" + SECOND.account)
    host.follow("tbody th a")
    host.follow(host.button(f"/admin/user-sessions/{host.path.rpartition('/')[2]}"))
    guest.follow(guest.link("/account/sessions"))
    assert guest.path == "/login" and "no longer signed in" in guest.alerts()[0]
    done = {action for (action,) in site.query("SELECT action FROM audit WHERE result = 'ok'")}
    assert {"setup", "user.add", "user.unlock"} <= done, done


def test_the_whole_way_without_javascript(uploaded, browsers):
    host, guest = (Person(uploaded, browser) for browser in browsers)
    try:
        for one in (host, guest):
            one.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        walk(uploaded, host, guest)
        host.open("/admin/users")
        host.fill(q="li")
        host.follow("form[role=search] button")
        assert SECOND.account in host.text() and FIRST.account not in host.text()
        host.follow("tbody th a")
        number = host.path.rpartition("/")[2]
        host.follow(host.button(f"/admin/user-lock/{number}"))
        guest.follow(guest.link("/login")) if guest.all(guest.link("/login")) else guest.open("/account")
        assert guest.path == "/login"
        for path in ("/admin", "/admin/captcha", "/admin/audit", "/admin/health"):
            host.open(path)
            assert host.find("h1").text and host.all("table, img, form"), path
    finally:
        for one in (host, guest):
            one.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# ---- By keyboard alone ----------------------------------------------------------------------------------------------
class Keyboard(Person):
    """Nothing is clicked; whatever has the focus shows it and can be seen."""

    STOPS = 120  # that a page has at most

    def press_keys(self, *keys):
        ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, css):
        """Go on from stop to stop until there; each shows that it has the focus."""
        for _ in range(self.STOPS):
            self.press_keys(Keys.TAB)
            ring, seen, here = self.browser.execute_script(
                """const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
                const at = document.elementFromPoint(Math.max(0, r.x) + Math.min(r.width, 8) / 2, r.y + r.height / 2);
                const inside = !e.matches(':focus');  // a part of a field that the browser made, and rings itself
                return [inside || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1 || s.boxShadow !== 'none',
                        e === document.body || (r.bottom > 0 && r.top < innerHeight && !!at && (e.contains(at) || at.contains(e))),
                        e.matches(arguments[0])]""",
                css,
            )
            if self.browser.switch_to.active_element.tag_name != "body":
                html = self.browser.switch_to.active_element.get_attribute("outerHTML")[:150]
                assert ring and seen, f"{self.path}: {'no ring' if not ring else 'hidden'}: {html}"
            if here:
                return
        raise AssertionError(f"{self.path}: no stop {css}")

    def go(self, css, *keys):
        """To what leads on, and on."""
        page = self.find("html")
        self.tab_to(css)
        self.press_keys(*(keys or (Keys.ENTER,)))
        until(self.browser, lambda _: gone(page))
        until(self.browser, lambda _: self.all("footer"))


def test_by_keyboard_alone(house, browsers):
    """Signing in; somebody new; a group for him; locked; and out again."""
    one = Keyboard(house, browsers[0])
    account = house.new_user().account + "k"
    one.open("/login")
    one.press_keys(DEMO_USER.account, Keys.TAB, DEMO_USER.password, Keys.ENTER)
    until(one.browser, lambda _: one.path == "/account")
    one.go(one.link("/admin"))
    one.go(one.link("/admin/users"))
    one.go(one.link("/admin/users/new"))
    one.tab_to("#account")
    one.press_keys(account)
    one.tab_to("[name=by]")
    one.press_keys(Keys.ARROW_DOWN)
    one.go(one.button("/admin/users"))
    assert one.find("#secret").text
    one.go("main a.button.primary")
    one.tab_to("[name='group.admins']")
    one.press_keys(Keys.SPACE)
    number = one.path.rpartition("/")[2]
    one.go(one.button(f"/admin/user-groups/{number}"), Keys.SPACE)
    assert house.query("SELECT count(*) FROM group_member WHERE user_id = ?", int(number)) == [(1,)]
    one.go(one.button(f"/admin/user-lock/{number}"))
    assert house.query("SELECT locked FROM user WHERE account = ?", account) == [(1,)]
    one.go("form[action$='/sign-out'] button")
    until(one.browser, lambda _: one.path == "/login")


@pytest.mark.parametrize("path", ["/login", "/account", "/admin", "/admin/users", "/admin/audit", "/admin/client-new", "/admin/import"])
def test_the_focus_goes_through_a_page_and_out_of_it(house, browsers, path):
    """Every stop shows that it has the focus and stands on the screen; the order is that of the page; there is no trap."""
    one = Keyboard(house, browsers[0])
    if path != "/login":
        one.sign_in(DEMO_USER)
    for width in (320, 1280):
        one.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": False})  # fmt: skip
        one.open(path)
        one.browser.execute_script("document.activeElement.blur(); getSelection().removeAllRanges()")
        one.browser.execute_script("document.body.setAttribute('tabindex', -1); document.body.focus()")
        one.tab_to("footer a, footer button, footer select, footer [tabindex]")


# ---- At four times the size -----------------------------------------------------------------------------------------
def test_at_four_times_the_size(house, browsers):
    """1280 pixels wide, 400 %: 320 of the page's. Nothing is cut off, everything can be reached and used."""
    one = Person(house, browsers[0])
    one.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": 320, "height": 256, "deviceScaleFactor": 4, "mobile": False})  # fmt: skip
    one.sign_in(DEMO_USER)
    until(one.browser, lambda _: one.path == "/account")
    account = house.new_user().account
    for path in ("/admin", "/admin/users", "/admin/groups", "/admin/audit", "/admin/users/new", "/admin/import", "/admin/keys"):
        one.open("/account")
        menu = one.all("summary")
        if not one.find(one.link("/admin")).is_displayed():
            menu[0].click()
        one.follow(one.link("/admin"))
        one.open(path)
        assert not cut_off(one.browser), path
        hidden = one.browser.execute_script(
            """return [...document.querySelectorAll('main h1, main p, main label, main button')]
            .filter(e => e.offsetParent && !e.closest('.scroll, .sr-only') && !e.classList.contains('sr-only'))
            .filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.left < -1 || r.right > innerWidth + 1); })
            .map(e => e.outerHTML.slice(0, 100))"""
        )
        assert hidden == [], path
    one.open(f"/admin/users?q={account}")
    one.follow("tbody th a")
    number = one.path.rpartition("/")[2]
    one.type("[name=real_name]", "Enlarged")
    one.follow(one.button(f"/admin/users/{number}"))
    assert house.query("SELECT real_name FROM user WHERE account = ?", account) == [("Enlarged",)]
