"""Pages of other origins: preflights and headers over every transport, and real pages in a real browser."""

import http.server
import json
import threading

import pytest
from harness.browser import running_browser
from harness.endpoints import ENDPOINTS
from harness.servers import free_port
from harness.site import DEMO_USER
from harness.visitor import SWORD, md5
from harness.wire import Request, get

ALLOWED = ["https://app.example", "http://localhost:8080"]  # harness.site
OTHERS = ["https://app.example:8443", "http://app.example", "https://app.example.org", "http://localhost", "null", "*"]
EXPOSED = {"Authorization", "Retry-After", "X-Captcha-Code"}


@pytest.fixture
def unchanged(site):
    """A preflight costs nothing: no row of any table."""
    before = site.rows()
    yield
    assert not site.changes_since(before)


def cors_headers(response):
    return {name: value for name, value in response.headers if name.lower().startswith("access-control-")}


def words(response, name):
    return {word.strip() for word in response.header(name).split(",")}


def check_readable(response, origin):
    assert response.header("Access-Control-Allow-Origin") == origin, response
    assert response.header("Access-Control-Allow-Credentials") == "true", response
    assert words(response, "Access-Control-Expose-Headers") == EXPOSED, response
    assert response.header("Vary") == "Origin", response


def preflight(path, origin, method="POST", headers="content-type"):
    return Request("OPTIONS", path).plus(
        Origin=origin, Access_Control_Request_Method=method, Access_Control_Request_Headers=headers
    )


@pytest.mark.parametrize("origin", ALLOWED)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_preflight(web, name, origin, unchanged):
    endpoint = ENDPOINTS[name]
    response = web.send(preflight(endpoint.path, origin, endpoint.method))
    assert response.status == 204 and response.body == b"", response
    check_readable(response, origin)
    assert words(response, "Access-Control-Allow-Methods") == endpoint.allowed
    assert {"authorization", "content-type"} <= words(response, "Access-Control-Allow-Headers")
    assert int(response.header("Access-Control-Max-Age")) > 0


# What the front ends send: src/axios.js and src/api/user.js of Saber, src/utils/request.js of Sword and RuoYi.
SENT = {
    "blade-token": "authorization,blade-auth,tenant-id,captcha-key,captcha-code,dept-id,role-id,blade-requested-with",
    "springblade-token": "authorization,blade-auth,tenant-id,captcha-key,captcha-code,content-type",
    "platform-login": "source,content-type",
    "eplatform-captcha": "authorization",
    "ruoyi-login": "istoken,repeatsubmit,content-type",
    "oauth-token": "authorization,content-type",
}


@pytest.mark.parametrize("name", SENT)
def test_headers_of_the_front_ends(web, name):
    response = web.send(preflight(ENDPOINTS[name].path, ALLOWED[0], headers=SENT[name]))
    assert set(SENT[name].split(",")) <= words(response, "Access-Control-Allow-Headers")


def test_preflight_of_an_unknown_path(web, unchanged):
    """The page is to see the 404 that follows."""
    for path in ("/nowhere", "/kom-ams-auth/nowhere"):
        response = web.send(preflight(path, ALLOWED[0]))
        assert response.status == 204 and "POST" in words(response, "Access-Control-Allow-Methods"), response


@pytest.mark.parametrize("origin", OTHERS)
def test_other_origins(web, origin, unchanged):
    for request in (preflight("/kom-ams-auth/oauth/token", origin), get("/nowhere", Origin=origin)):
        response = web.send(request)
        assert not cors_headers(response) and response.header("Vary") == "Origin", response


def test_vary_without_an_origin(web):
    response = web.send(get("/oauth2/jwks"))
    assert response.status == 200 and response.header("Vary") == "Origin" and not cors_headers(response), response


ERRORS = {
    "not-found": (get("/nowhere"), 404),
    "wrong-method": (Request("PUT", "/kom-ams-auth/oauth/token", body=b""), 405),
    "bad-request": (Request("POST", "/kom-ams-auth/oauth/token", (("Content-Type", "text/plain"),), b"x"), 400),
    "too-large": (Request("POST", "/code", (("source", "PC"), ("Content-Type", "application/json")), b"x" * 65537), 413),
    "no-token": (get("/captcha/WEB"), 401),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_can_be_read(web, case):
    """A browser hides an error without these headers, and the page says "network error"."""
    request, status = ERRORS[case]
    response = web.send(request.plus(Origin=ALLOWED[0]))
    assert response.status == status, response
    check_readable(response, ALLOWED[0])


def test_answers_can_be_read(web):
    response = web.send(get("/blade-auth/captcha", Origin=ALLOWED[1]))
    assert response.status == 200 and response.header("X-Captcha-Code"), response
    check_readable(response, ALLOWED[1])


def test_a_locked_login_can_be_read(web, user):
    fields = {"grant_type": "password", "username": user.account, "password": md5("wrong")}
    for _ in range(20):
        response = web.blade_token(fields | dict(zip(("captchaKey", "captchaCode"), web.blade_captcha())),
                                   Origin=ALLOWED[0])
        if response.status == 429:
            break
    assert response.status == 429 and response.header("Retry-After"), response
    check_readable(response, ALLOWED[0])


def test_a_site_without_a_database_can_be_read(site_with):
    web = site_with({})
    web.site.database.parent.rename(web.site.root / "hidden")
    response = web.send(get("/kom-ams-auth/oauth/captcha", Origin=ALLOWED[0]))
    assert response.status == 500, response
    check_readable(response, ALLOWED[0])
    response = web.send(preflight("/kom-ams-auth/oauth/captcha", ALLOWED[0]))
    assert response.status == 204, response
    check_readable(response, ALLOWED[0])


def test_nothing_is_said_by_default(site_with):
    web = site_with({"server": {"allowed_origins": ""}})
    for request in (preflight("/kom-ams-auth/oauth/token", ALLOWED[0]), get("/nowhere", Origin=ALLOWED[0])):
        response = web.send(request)
        assert not cors_headers(response) and response.header("Vary") is None, response


@pytest.mark.parametrize("origins", ["*", "null", "https://app.example/", "app.example", "https://App.example"])
def test_what_is_no_origin_stops_the_start(site_with, origins):
    site = site_with({}).site
    site.conf.write_text(site.conf.read_text().replace("allowed_origins = ", f"allowed_origins = {origins}, "))
    done = site.run(["config"])
    assert done.returncode == 1
    assert b"allowed_origins" in done.stderr and b"https://app.example" in done.stderr, done.stderr


# ---- In a browser ---------------------------------------------------------------------------------------------
class Pages:
    """An empty page, served at an origin of its own."""

    def __init__(self, port=None):
        self.port = port or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>app</title>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def pages():
    """Of an origin that the site allows, and of one that it does not."""
    both = Pages(), Pages()
    yield both
    for one in both:
        one.close()


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture(params=["lighttpd-fastcgi", "apache-cgid", "nginx"])
def other_site(site_with, pages, request):
    """A site that allows the first page's origin, behind a real server."""
    settings = {"server": {"allowed_origins": pages[0].origin, "trusted_proxies": ""}, "captcha": {"rate": "10"}}
    return site_with(settings, request.param)


# As front ends do it: a captcha, and logins as JSON and as FormData. What a page cannot read is "hidden".
PAGE = """
const [base, basic, account, password, done] = arguments;
const seen = {};
async function call(name, path, options = {}) {
  try {
    const answer = await fetch(base + path, {credentials: "include", ...options});
    seen[name] = {status: answer.status, body: await answer.json(), answer: answer.headers.get("X-Captcha-Code"),
                  retry: answer.headers.get("Retry-After")};
  } catch (e) {
    seen[name] = "hidden";
  }
  return seen[name];
}
async function login(name, body, type) {
  const captcha = await call(name + "-captcha", "/blade-auth/captcha");
  if (captcha === "hidden") return;
  const headers = {Authorization: basic, "Tenant-Id": "000000", "Captcha-Key": captcha.body.data.key,
                   "Captcha-Code": captcha.answer, "Blade-Requested-With": "BladeHttpRequest", "Dept-Id": "", ...type};
  await call(name, "/blade-auth/token", {method: "POST", headers, body});
}
(async () => {
  const fields = {grantType: "captcha", account, password};
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  await login("json", JSON.stringify(fields), {"Content-Type": "application/json"});
  await login("form", form, {});
  await call("user-info", "/kom-ams-auth/oauth/user-info", {headers: {"Blade-Auth": "bearer x"}});
  await call("unknown", "/kom-ams-auth/nowhere", {method: "POST", headers: {"Captcha-Key": "x"}});
  for (let n = 0; n < 80 && seen.limit !== "hidden" && seen.limit?.status !== 429; n++)
    await call("limit", "/blade-auth/captcha");
  done(seen);
})();
"""


def run_page(browser, page, web):
    browser.get(page.origin)
    base = f"http://127.0.0.1:{web.client.port}{web.client.mount}"
    return browser.execute_async_script(PAGE, base, SWORD, DEMO_USER.account, md5(DEMO_USER.password))


def test_a_page_of_an_allowed_origin(browser, pages, other_site):
    seen = run_page(browser, pages[0], other_site)
    for name in ("json", "form"):
        assert seen[name]["status"] == 200 and seen[name]["body"]["data"]["accessToken"], seen[name]
    assert seen["user-info"]["status"] == 401, json.dumps(seen["user-info"])
    assert seen["unknown"]["status"] == 404 and seen["unknown"]["body"]["msg"]
    assert seen["limit"]["status"] == 429 and int(seen["limit"]["retry"]) > 0, seen["limit"]


def test_a_page_of_another_origin(browser, pages, other_site):
    before = other_site.site.rows()
    seen = run_page(browser, pages[1], other_site)
    assert set(seen.values() if all(isinstance(v, str) for v in seen.values()) else ["read"]) == {"hidden"}, seen
    assert "session" not in other_site.site.changes_since(before), "nobody logged in"
