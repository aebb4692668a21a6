"""Real Chromium, driven by the WebDriver of the same Debian package."""

from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from .site import DEADLINE_S

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage""".split()

STARTS = 5


def _start(preferences, flags):
    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, *flags]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service("/usr/bin/chromedriver")
    try:
        return webdriver.Chrome(service=service, options=options)
    except WebDriverException:
        service.stop()
        raise


@contextmanager
def running_browser(preferences={}, flags=()):
    """
    A browser, with these of Chromium's preferences and with further flags, until the end of the block. On a busy
    machine Chromium does not always answer its driver in the minute that the driver gives it: then it is started
    again, a few times.
    """
    for left in reversed(range(STARTS)):
        try:
            browser = _start(preferences, flags)
            break
        except WebDriverException:
            if not left:
                raise
    browser.set_page_load_timeout(DEADLINE_S)
    browser.set_script_timeout(DEADLINE_S)
    try:
        yield browser
    finally:
        browser.quit()


def until(page, condition):
    """Poll until `condition(page)` is true; its value."""
    return WebDriverWait(page, DEADLINE_S, poll_frequency=0.05).until(condition)
