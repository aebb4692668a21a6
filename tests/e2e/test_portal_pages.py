"""
Every page of the portal as people see it, in real Chromium: in every language, light and dark, from a narrow phone to a
wide screen. axe-core finds nothing, nothing is cut off, nothing is refused by the page's own policy.
"""

import json

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal
from harness.routes import concrete, routes, values_for
from harness.site import DEMO_USER, TREE

AXE = (TREE / "build/node/node_modules/axe-core/axe.min.js").read_text()
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
LOOKS = ((320, False), (360, True), (768, True), (1440, False))  # width, dark
EVERY_LOOK = [(320, False), *((width, dark) for width in (360, 768, 1440) for dark in (False, True))]

# What is no page that stands alone: a file, a picture, a page for one moment. Each is tested where it belongs.
ELSEWHERE = {
    "/setup", "/link/{secret}", "/sign-in/welcome", "/sign-in/captcha", "/admin/captcha-sheet",
    "/admin/audit-file/{format}",
}  # fmt: skip


def pages():
    return [
        (route.path, route.needs)
        for route in routes("GET")
        if route.path not in ELSEWHERE and "PAGE_PLAIN" not in route.needs
    ]


PAGES = pages()


@pytest.fixture(scope="module")
def place():
    """A site behind lighttpd with a browser, and somebody signed in: an administrator with everything to see."""
    with running_site("lighttpd-fastcgi") as site, running_browser() as browser:
        site.base = f"http://127.0.0.1:{site.server.port}{site.server.config.mount}"
        site.values = values_for(site)
        site.cookies = administrator_of(site)
        yield site, browser


def administrator_of(site):
    """The cookies of somebody who has signed in."""
    person = Portal(site)
    page = person.sign_in(DEMO_USER)
    assert page.status == 200, page.text
    return person.cookies()


def be(site, browser, cookies):
    """Take on somebody's cookies, and no others."""
    browser.get(site.base + "/healthz")
    browser.delete_all_cookies()
    for name, value in cookies.items():
        browser.add_cookie({"name": name, "value": value, "path": "/"})


def look_at(browser, width, dark):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    wishes = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # no colour on its way to another
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wishes})


def body(browser):
    return browser.current_url + ": " + browser.find_element("css selector", "body").text


def axe(browser):
    """What axe-core finds, one line each."""
    browser.execute_script(AXE)
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
        " 'wcag22aa', 'best-practice']}).then(r => done(r.violations), e => done([{id: String(e), nodes: []}]));"
    )
    return [f"{v['id']}: {n['html'][:200]}: {n.get('failureSummary', '')}" for v in found for n in v["nodes"]] + [
        v["id"] for v in found if not v["nodes"]
    ]


def cut_off(browser):
    """Whether the page is wider than the window."""
    wide, window = browser.execute_script(
        "return [document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return wide > window


@pytest.mark.parametrize("path, needs", PAGES, ids=[path for path, _ in PAGES])
def test_page(place, path, needs):
    site, browser = place
    be(site, browser, {} if "PAGE_OPEN" in needs else site.cookies)
    browser.get_log("browser")  # forget what was said before
    faults = []
    for language in LANGUAGES:
        address = site.base + concrete(path, site.values)
        browser.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
        until(browser, lambda page: page.execute_script("return document.readyState") == "complete")
        assert browser.find_element("css selector", "html").get_attribute("lang") == language
        assert browser.find_elements("css selector", ".status-code") == [], body(browser)
        for width, dark in EVERY_LOOK:
            look_at(browser, width, dark)
            where = f"{language} {width} {'dark' if dark else 'light'}"
            if cut_off(browser):
                faults.append(f"{where}: wider than the window")
            faults += [f"{where}: {line}" for line in axe(browser)]
    said = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert faults + said == [], json.dumps(faults + said, ensure_ascii=False, indent=1)
