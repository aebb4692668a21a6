"""
What `make run` starts, in a real browser: the portal with people and history, and the page on which every contract's
captcha is shown and logs in.
"""

import os
import signal
import subprocess

import pytest
import requests
from harness.browser import running_browser, until
from harness.servers import DEADLINE_S, free_port
from harness.site import TREE
from selenium.webdriver.common.by import By
from test_portal_pages import axe, cut_off, look_at

# The page itself does not look at the answers that the demo hands out; the test does, as the person it stands for.
REMEMBER_ANSWERS = """
const real = window.fetch;
window.fetch = async (...request) => {
  const answer = await real(...request);
  const body = await answer.clone().json();
  const exposed = body.captchaCode ?? answer.headers.get("X-Captcha-Code");
  if (exposed) window.seenAnswer = exposed;
  return answer;
};
"""


@pytest.fixture(scope="module")
def demo():
    """What `make run` starts, after its build: its address."""
    port = free_port()
    run = subprocess.Popen([TREE / "tools/demo/run"], env={**os.environ, "PORT": str(port)}, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, start_new_session=True)
    lines = []
    for line in run.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    assert run.poll() is None, "".join(lines)
    run.text = "".join(lines)
    run.url = f"http://127.0.0.1:{port}"
    yield run
    os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
    assert run.wait(timeout=DEADLINE_S) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(run.url, timeout=DEADLINE_S)


def picture_is_drawn(page):
    script = "const p = document.getElementById('picture'); return p.complete && p.naturalWidth > 0 && window.seenAnswer"
    return page.execute_script(script)


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": REMEMBER_ANSWERS})
        yield browser


@pytest.fixture
def page(demo, browser):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(390, 844)
    browser.get_log("browser")  # what the test before left
    browser.get(demo.url + "/demo/")
    until(browser, picture_is_drawn)
    return browser


def choose(page, dialect):
    page.execute_script("window.seenAnswer = null; document.getElementById('picture').removeAttribute('src')")
    page.find_element(By.CSS_SELECTOR, f"[data-dialect={dialect}]").click()
    return until(page, picture_is_drawn)


def fill_in(page, password, answer):
    for field, text in (("password", password), ("answer", answer)):
        box = page.find_element(By.ID, field)
        box.clear()
        box.send_keys(text)
    page.find_element(By.ID, "submit").click()


@pytest.mark.parametrize("dialect", ["blade", "ebaas", "eplatform", "platform"])
def test_logs_in(page, dialect):
    fill_in(page, "admin", choose(page, dialect))
    until(page, lambda p: p.find_element(By.ID, "result").is_displayed())
    assert "eyJ" in page.find_element(By.ID, "answer-body").text
    assert page.get_log("browser") == []


def test_a_wrong_answer_is_said_and_gets_a_new_picture(page):
    answer = choose(page, "blade")
    before = page.find_element(By.ID, "picture").get_attribute("src")
    fill_in(page, "admin", "nothing" + answer)
    until(page, lambda p: p.find_element(By.ID, "message").text == "验证码不正确")
    until(page, lambda p: p.find_element(By.ID, "picture").get_attribute("src") != before)


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_cut_off(page, width):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                         {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 800})
    choose(page, "eplatform")
    assert page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture
def portal(demo, browser):
    """The portal, signed in as the person that the terminal names, in English."""
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1280, 900)
    browser.delete_all_cookies()
    browser.get(demo.url)
    browser.find_element(By.LINK_TEXT, "English").click()
    browser.find_element(By.ID, "account").send_keys("admin")
    browser.find_element(By.ID, "password").send_keys("admin")
    browser.get_log("browser")  # what the tests before left
    browser.find_element(By.CSS_SELECTOR, "button.primary").click()
    until(browser, lambda p: p.find_elements(By.CLASS_NAME, "who-name"))
    return browser


def chart_numbers(page, chart):
    """The table behind a chart: rows of numbers."""
    script = """return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map(
        row => [...row.querySelectorAll("td")].map(cell => Number(cell.textContent.replaceAll(",", ""))))"""
    return page.execute_script(script, chart)


def test_it_opens_on_the_portal_with_history(portal, demo):
    portal.find_element(By.LINK_TEXT, "Administration").click()
    until(portal, lambda p: len(p.find_elements(By.CLASS_NAME, "chart")) == 6)
    assert len(chart_numbers(portal, "logins")) == 48
    portal.find_element(By.LINK_TEXT, "90 days").click()
    until(portal, lambda p: len(chart_numbers(p, "logins")) == 90)
    for chart in ("logins", "captchas", "tokens", "live"):
        numbers = chart_numbers(portal, chart)
        assert all(sum(row) > 0 for row in numbers[5:-1]), chart
    assert sum(wrong for _, wrong, _ in chart_numbers(portal, "logins")) > 100
    assert portal.get_log("browser") == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1440])
def test_charts_with_data_are_accessible(portal, demo, width, dark):
    """With every table behind them open."""
    look_at(portal, width, dark)
    portal.get(demo.url + "/admin?days=90")
    portal.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert axe(portal) == []
    assert not cut_off(portal)


def test_the_dialects_page_is_one_click_away(portal):
    portal.find_element(By.CSS_SELECTOR, ".foot a[href='/demo/']").click()
    until(portal, picture_is_drawn)


def test_there_are_people_with_names_and_groups(portal, demo):
    portal.get(demo.url + "/admin/users")
    until(portal, lambda p: "王芳" in p.page_source and "黃志明" in p.page_source)


def test_the_printed_curl_lines_work(demo):
    """Each line as it stands, in a shell: what a new user does first."""
    text = demo.text.replace("\\\n", " ")
    commands = [line[line.index("curl -s"):] for line in text.splitlines() if "curl -s" in line]
    assert len(commands) == 6
    for command in commands:
        answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=DEADLINE_S).stdout
        assert '"access_token":"eyJ' in answer or '"image":' in answer or '"img":' in answer, (command, answer)


def test_a_taken_port_is_said_and_the_first_demo_goes_on(demo):
    port = demo.url.rsplit(":", 1)[1]
    second = subprocess.run([TREE / "tools/demo/run"], env={**os.environ, "PORT": port}, capture_output=True, text=True, timeout=DEADLINE_S)
    assert second.returncode == 1
    assert "make run PORT=" in second.stderr
    assert requests.get(demo.url + "/kom-ams-auth/oauth/captcha", timeout=DEADLINE_S).status_code == 200
