"""
The pictures of the manual: what the portal of the demo looks like, in real Chromium. They go to build/pictures, or to the
folder that MENSHEN_PICTURES names (`make pictures`: docs/portal).
"""

import base64
import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import running_site
from harness.browser import running_browser, until
from harness.portal import Portal
from harness.site import DEADLINE_S, TREE, User
from PIL import Image
from selenium.webdriver.common.by import By
from test_portal_pages import cut_off

FOLDER = Path(TREE, os.environ.get("MENSHEN_PICTURES") or "build/pictures")
LANGUAGES = ("zh-Hans", "en")
LARGEST = 60_000  # bytes
TALLEST_PX = 1200
COLOURS = 32

# Name, path, width. What the {names} stand for, the fixture says.
PICTURES = [
    ("login", "/login", 1280),
    ("login", "/login", 360),
    ("account", "/account", 1280),
    ("admin", "/admin", 1280),
    ("users", "/admin/users", 1280),
    ("users", "/admin/users", 360),
    ("user", "/admin/users/{user}", 1280),
    ("import", "/admin/import", 1280),
    ("audit", "/admin/audit", 1280),
]
ADMIN = User("admin", "admin")
PEOPLE = """account,password,real_name,email,groups
heyan,Menshen-2026,何燕,heyan@example.cn,engineers
guofeng,Menshen-2026,郭峰,guofeng@example.cn,finance
luojie,Menshen-2026,罗杰,luojie@,staff
songting,Menshen-2026,宋婷,songting@example.cn,staff
"""


@pytest.fixture(scope="module")
def demo():
    """The site of `make run`, and a browser."""
    settings = {"portal": {"title": "门神演示站"}, "login": {"captcha_after": "1000"}, "captcha": {"expose_answer": "no"}}
    with running_site("lighttpd-fastcgi", settings) as site, running_browser() as browser:
        for name, title in (("staff", "全体员工"), ("engineers", "研发组"), ("finance", "财务组")):
            site.cli("group", "add", name, "--title", title)
        people = site.root / "demo.csv"  # the site's user may not be able to read this tree
        people.write_bytes((TREE / "tools/demo/people.csv").read_bytes())
        site.cli("user", "import", str(people), "--tenant", "000000")
        with closing(sqlite3.connect(site.database, timeout=DEADLINE_S)) as db:
            db.executescript((TREE / "tools/demo/history.sql").read_text())
        site.base = Portal(site).base
        ((site.user,),) = site.query("SELECT id FROM user WHERE account = 'zhangmin'")
        sign_in(site, browser)
        yield site, browser


def sign_in(site, browser):
    browser.get(site.base + "/login?lang=zh-Hans")
    for name, value in zip(("account", "password"), ADMIN):
        browser.find_element(By.NAME, name).send_keys(value)
    browser.find_element(By.CSS_SELECTOR, "form[action$='/sign-in'] button.primary").click()
    until(browser, lambda b: b.current_url == site.base + "/account")


def sent_file(site, browser):
    """What the page of the file says that was chosen in this one."""
    file = site.root / "people.csv"
    file.write_text(PEOPLE)
    browser.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(str(file))
    browser.find_element(By.CSS_SELECTOR, "form[action$='/admin/import'] button.primary").click()
    until(browser, lambda b: b.find_elements(By.NAME, "data"))


def take(browser, width):
    """The page as a PNG of few colours: as much of it as a reader looks at."""
    tall = browser.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(max(tall, 400), TALLEST_PX), "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True})
    image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    out = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return image.size, out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name, path, width", PICTURES)
def test_picture(demo, name, path, width, language):
    site, browser = demo
    cookies = browser.get_cookies()
    try:
        if path == "/login":
            browser.delete_all_cookies()
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": 720, "deviceScaleFactor": 1, "mobile": False}
        )
        browser.get(site.base + path.format(user=site.user) + f"?lang={language}")
        if name == "import":
            sent_file(site, browser)
        until(browser, lambda page: page.execute_script("return document.readyState") == "complete")
        assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
        assert not cut_off(browser) and not browser.find_elements(By.CSS_SELECTOR, ".status-code")
        browser.execute_script("document.activeElement.blur()")
        size, picture = take(browser, width)
        assert size[0] == width and len(picture) <= LARGEST, len(picture)
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}-{language}{'' if width == 1280 else f'-{width}'}.png").write_bytes(picture)
    finally:
        if path == "/login":
            browser.delete_all_cookies()
            for cookie in cookies:
                browser.add_cookie(cookie)
