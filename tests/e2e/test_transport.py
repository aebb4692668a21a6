"""What holds over every transport whatever the dialect: headers, mounts, arguments, addresses."""

import json
import re

import pytest
from conftest import running_site
from harness.endpoints import ENDPOINTS
from harness.errors import NO_STORE, nobody
from harness.servers import wait_until
from harness.site import DEMO_USER
from harness.visitor import SWORD, Visitor, bearer
from harness.wire import DirectCgi, FastCgi, Request, get, post_json

CAPTCHA = "/kom-ams-auth/oauth/captcha"


def test_headers_of_an_answer(web):
    response = web.send(get(CAPTCHA))
    assert response.header("Content-Type").replace(" ", "") == "application/json;charset=UTF-8"
    # Recent Apaches do not believe what a program says its length is, and answer in chunks.
    assert response.header("Content-Length") in (None, str(len(response.body)))
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE
    assert response.header("Status") is None, "a web server turns it into the status line"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_answer_is_utf_8_json_without_blanks(web, name):
    response = web.send(Request("PUT", ENDPOINTS[name].path, body=b""))
    text = response.body.decode()
    assert json.dumps(response.json, ensure_ascii=False, separators=(",", ":")) == text


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_authorization_reaches_the_program(web, name):
    request = post_json("/kom-ams-auth/oauth/token", {"grant_type": "client_credentials"}, **{name: SWORD})
    response = web.send(request)
    assert response.status == 200, response
    token = bearer(web.blade_login(DEMO_USER)["access_token"])
    assert web.send(get("/kom-ams-auth/oauth/user-info", **{name: token})).status == 200


def test_authorization_over_curl(web):
    request = post_json("/kom-ams-auth/oauth/token", {"grant_type": "client_credentials"}, Authorization=SWORD)
    assert web.send(request, through=web.site.server.curl).status == 200


def test_percent_encoded_path(web):
    assert web.send(get("/kom-ams-auth/o%61uth/%63aptcha")).status == 200


def test_bare_mount(web):
    """It is the portal's front page."""
    front = web.send(get("/"))
    assert front.status == 303 and front.header("Location").endswith("/login"), front


# A query string without "=" is passed by Apache as arguments to a CGI program, and by DirectCgi likewise.
QUERIES = ["a+b", "--help", "init", "init+--demo", "--version", "--conf+/etc/passwd", "-h", "", "%2D%2Dhelp", "doctor"]


@pytest.mark.parametrize("query", QUERIES)
def test_query_string_never_reaches_the_command_line(web, query):
    before = web.site.rows()
    response = web.send(get(f"{CAPTCHA}?{query}"))
    assert response.status == 200 and list(response.json) == ["key", "image", "captchaCode"]
    changes = web.site.changes_since(before)
    assert list(changes) == ["captcha"] and len(changes["captcha"]["came"]) == 1 and "went" not in changes["captcha"]


def test_gateway_interface_alone_decides(site_with):
    """With GATEWAY_INTERFACE set, arguments are never read, whatever they are."""
    web = site_with({})
    site = web.site

    class WithArguments(DirectCgi):
        def send(self, request):
            self.run = lambda argv, env, body: site.run(["user", "list", "--json"], env, body)
            return super().send(request)

    response = web.send(get(CAPTCHA), through=WithArguments(site.run))
    assert list(response.json) == ["key", "image", "captchaCode"]


def test_status_comes_first(site_with):
    """DirectCgi asserts it for every answer; here once, visibly."""
    web = site_with({})
    env = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "PATH_INFO": CAPTCHA, "SCRIPT_NAME": ""}
    output = web.site.run([], env).stdout
    assert re.match(rb"Status: 200 OK\r\nContent-Type: [^\r\n]+\r\n", output), output[:200]


def test_authorization_after_a_rewrite(site_with):
    """Apache hands it over under another name then."""
    web = site_with({})

    class Rewritten(DirectCgi):
        def run_renamed(self, argv, env, body):
            env["REDIRECT_HTTP_AUTHORIZATION"] = env.pop("HTTP_AUTHORIZATION")
            return web.site.run(argv, env, body)

    client = Rewritten(None)
    client.run = client.run_renamed
    request = post_json("/kom-ams-auth/oauth/token", {"grant_type": "client_credentials"}, Authorization=SWORD)
    assert web.send(request, through=client).status == 200


# ---- Bodies that nobody needs ---------------------------------------------------------------------------------
JSON = ("Content-Type", "application/json")
UNWANTED = {
    "unknown-path": (Request("POST", "/nowhere", (JSON,), b"{}"), 404),
    "wrong-method": (Request("PUT", "/kom-ams-auth/oauth/token", (JSON,), b"{}"), 405),
    "GET": (Request("GET", CAPTCHA, (JSON,), b"{}"), 200),
    "reads-none": (Request("POST", "/kom-ams-auth/oauth/logout", (JSON,), b"{}"), 200),
    "preflight": (Request("OPTIONS", CAPTCHA, (JSON,), b"{}"), 204),
    "too-large": (Request("POST", "/kom-ams-auth/oauth/token", (JSON,), b"x" * 65537), 413),
    "wrong-type": (Request("POST", "/kom-ams-auth/oauth/token", (("Content-Type", "text/plain"),), b"x"), 400),
    "no-source": (Request("POST", "/code", (JSON,), b"{}"), 400),
}


@pytest.fixture(scope="module")
def worker():
    """The socket of workers, without the web server in between, which would wait for the body itself."""
    with running_site("lighttpd-socket") as site:
        yield FastCgi(site.root / "run/menshen.sock")


@pytest.mark.parametrize("case", UNWANTED)
def test_a_body_that_nobody_needs_is_not_waited_for(worker, case):
    request, status = UNWANTED[case]
    assert worker.receive(worker.begin(request, body_too=False)).status == status


# ---- Addresses ------------------------------------------------------------------------------------------------
def address_seen(web, user):
    web.blade_login(user)
    ((address,),) = web.site.query(
        "SELECT address FROM session JOIN user ON user.id = user_id WHERE account = ?", user.account
    )
    return address


@pytest.mark.parametrize(
    "forwarded, seen",
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what the client wrote itself stands left
        ("198.51.100.7, 127.0.0.1", "198.51.100.7"),  # a proxy of ours
        ("2001:db8:0::7", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_forwarded_address(web, user, forwarded, seen):
    assert address_seen(web.elsewhere(forwarded), user) == seen


def test_forwarded_address_of_somebody_untrusted(site_with):
    web = site_with({"server": {"trusted_proxies": ""}})
    assert address_seen(Visitor(web.site, web.client, "198.51.100.7"), web.site.new_user()) == "127.0.0.1"


# ---- A site that is not ready ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["cgi", "lighttpd-fastcgi"])
def test_a_broken_site_says_500_and_recovers(site_with, name):
    web = site_with({}, name)
    data = web.site.database.parent
    hidden = data.with_suffix(".hidden")
    data.rename(hidden)
    web.site.kill_workers()

    def answer_of(status):
        """The program's answer, once it is that; lighttpd has its own for workers that died or are not back yet."""
        response = web.send(get(CAPTCHA))
        return response if response.status == status and not response.by_server else None

    response = wait_until(lambda: answer_of(500), "a 500 without a database")
    assert response.json["success"] is False and {name: response.header(name) for name in NO_STORE} == NO_STORE
    hidden.rename(data)
    wait_until(lambda: answer_of(200), "recovery without a restart of the web server")


@pytest.fixture(scope="module", params=["no-database", "bad-line"])
def down(request):
    """A site that cannot be started, by what is wrong with it."""
    with running_site("cgi") as site:
        if request.param == "no-database":
            site.database.parent.rename(site.root / "hidden")
        else:
            site.conf.write_text(site.conf.read_text() + "\n[captcha]\nno_such_key = 1\n")
        yield Visitor(site, site.server.client)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_site_that_is_down_keeps_the_shapes(down, name):
    """Front ends show the text of their own dialect's errors and of nothing else."""
    endpoint = ENDPOINTS[name]
    endpoint.error(down.send(Request(endpoint.method, endpoint.path, body=b"")), 500)
    nobody(down.send(get("/nowhere")), 500, "unavailable")


def test_a_configuration_that_cannot_be_read_at_all(site_with):
    """Then the default paths are the best guess."""
    web = site_with({})
    web.site.conf.write_text("this is no configuration\n")
    for name in ("blade-token", "ebaas-login", "eplatform-login", "platform-login", "oauth-token"):
        endpoint = ENDPOINTS[name]
        endpoint.error(web.send(Request("POST", endpoint.path, body=b"")), 500)


def test_database_below_the_document_root(site_with):
    web = site_with({})

    class Careless(DirectCgi):
        def run_with_root(self, argv, env, body):
            return web.site.run(argv, env | {"DOCUMENT_ROOT": str(web.site.root)}, body)

    client = Careless(None)
    client.run = client.run_with_root
    assert web.send(get(CAPTCHA), through=client).status == 500
    assert b"data_dir" in web.site.log.read_bytes()
