"""Every shipped configuration: the server accepts it, and it serves a captcha and a login as it stands."""

import itertools
import re
from pathlib import Path

import pytest
from conftest import running_site
from harness.frontends import FRONTENDS
from harness.portal import Portal
from harness.servers import CONFIGS, free_port
from harness.site import TREE, Site
from harness.visitor import Visitor
from harness.wire import Request, Socket, get

SERVED = [name for name in CONFIGS if name != "cgi"]


@pytest.fixture(scope="module", params=SERVED)
def served(request):
    with running_site(request.param) as site:
        site.config = CONFIGS[request.param]
        yield site


@pytest.fixture
def visitor(served):
    return Visitor(served, served.server.client)


def test_no_shipped_file_is_forgotten():
    shipped = {
        str(path.relative_to(TREE)) for folder in ("lighttpd-conf", "apache-conf", "nginx-conf")
        for path in (TREE / folder).iterdir()
    }  # fmt: skip
    loaded = {config.shipped for config in CONFIGS.values()} | {config.server.BESIDE for config in FRONTENDS.values()}
    assert shipped == loaded - {""}


def test_the_server_has_nothing_to_say_about_it(served):
    said = served.server.check_output.lower()
    assert "warn" not in said and "deprecated" not in said, said


def test_login(visitor):
    login = visitor.blade_login(visitor.site.new_user())
    assert visitor.blade_user_info(login["access_token"]).status == 200
    assert visitor.ebaas_captcha() and visitor.platform_captcha() and visitor.eplatform_captcha()
    assert visitor.oauth_introspect(visitor.oauth_login(visitor.site.new_user())["access_token"])["active"]
    assert visitor.send(get("/healthz")).json == {"status": "ok"}


def test_login_with_curl(visitor):
    response = visitor.send(get("/kom-ams-auth/oauth/captcha"), through=visitor.site.server.curl)
    assert response.status == 200


def test_tokens_of_somebody_with_many_roles_pass(visitor):
    """Sabers send them in two cookies, a header and the query: more than the 8 KiB that servers take by default."""
    token = "t" * 2300
    cookies = f"saber-access-token={token}; saber-refresh-token={token}"
    request = get(f"/kom-ams-auth/oauth/captcha?token={token}", Cookie=cookies, Authorization=f"Bearer {token}")
    assert visitor.send(request).status == 200


def test_other_methods_pass(visitor):
    """Some servers answer OPTIONS or HEAD by themselves, if they are let."""
    options = visitor.send(Request("OPTIONS", "/kom-ams-auth/oauth/captcha"))
    assert (options.status, options.header("Allow")) == (204, "GET, HEAD, OPTIONS"), options
    head = visitor.send(Request("HEAD", "/kom-ams-auth/oauth/captcha"))
    assert (head.status, head.body) == (200, b"") and head.header("Pragma") == "no-cache", head
    preflight = {"Origin": "https://app.example", "Access_Control_Request_Method": "GET"}
    answer = visitor.send(Request("OPTIONS", "/kom-ams-auth/oauth/captcha").plus(**preflight))
    assert answer.status == 204 and answer.header("Access-Control-Allow-Origin") == "https://app.example", answer


@pytest.mark.parametrize("name", SERVED)
def test_query_strings_stay_out_of_every_log(name):
    marker = "QueryStringMarker"
    with running_site(name) as site:
        visitor = Visitor(site, site.server.client)
        assert visitor.send(get(f"/kom-ams-auth/oauth/captcha?password={marker}")).status == 200
        assert visitor.send(get(f"/kom-ams-auth/oauth/nowhere?password={marker}")).status == 404
        site.server.stop()  # which writes what the server still holds back
        logs = site.logs()
    for file, text in logs.items():
        assert marker.encode() not in text, f"{file}: {text.decode()}"
    if "htaccess" not in name:  # whose host logs as it likes
        assert any(b"GET" in text and b"/oauth/captcha" in text for text in logs.values()), logs


HIDDEN = ["menshen.conf", "menshen.conf.sample", ".htaccess", "data/menshen.db", "other.fcgi"]


@pytest.mark.parametrize("folder, name", itertools.product(["/cgi-bin/", "/auth/", "/"], HIDDEN))
def test_what_lies_beside_the_program_is_not_served(served, folder, name):
    (served.binary.parent / "data").mkdir(exist_ok=True)
    beside = served.binary.parent / name
    if not beside.exists():
        beside.write_text("secret-content")
    for tail in ("", "/", "/menshen.fcgi", "?x", "%00", "/%e5"):
        response = Socket(served.server.port, "").send(get(f"{folder}{name}{tail}"))
        assert response.status >= 400 and b"secret-content" not in response.body, (tail, str(response))


@pytest.mark.parametrize(
    "file", [CONFIGS[name].shipped for name in SERVED] + [config.server.BESIDE for config in FRONTENDS.values()]
)
def test_comments_for_operators(file):
    text = (TREE / file).read_text()
    for word in ("# Install", "# Adjust", "# Test", "# Trouble"):
        assert word in text or (word == "# Trouble" and "# Needs" in text)


# ---- The portal at addresses of its own, by .htaccess ---------------------------------------------------------
HTACCESS = TREE / "apache-conf/htaccess"


def test_the_rules_know_every_page():
    rules = re.findall(r'RewriteRule "(.*?)"', HTACCESS.read_text())
    paths = re.findall(r'X\((?:GET|POST), "/(.*?)"', (TREE / "src/portal/pages.h").read_text())
    assert len(paths) > 50
    for path in [*paths, "portal/file/style.css"]:
        assert any(re.fullmatch(rule.strip("^$"), path) for rule in rules), path
    for path in ("accounts", "index.html", "administration", "linked/x"):
        assert not any(re.fullmatch(rule.strip("^$"), path) for rule in rules), path


def test_the_portal_at_addresses_of_its_own():
    port = free_port()
    with running_site("apache-htaccess", {"server": {"base_url": f"http://127.0.0.1:{port}"}}, port) as site:
        portal = Portal(site)
        assert portal.get("/account").path == "/login"
        assert portal.sign_in().path == "/account"
        for path in ("/account/sessions", "/admin", "/admin/users", "/forgot", "/prove"):
            page = portal.get(path)
            assert (page.status, page.path) == (200, path)
            assert "/cgi-bin/" not in page.html, "what the page links to"
        style = re.search(r'href="(/portal/file/[^"]+\.css)"', page.html)[1]
        assert portal.get(style).headers["Content-Type"].startswith("text/css")
        portal.get("/account")
        assert portal.submit("/sign-out").path == "/login"

        file = site.root / "htdocs/.htaccess"
        file.write_text(file.read_text().replace("#RewriteRule", "RewriteRule"))
        assert portal.get("/").path == "/login", "the front page too, where it is wanted"


def test_without_base_url_the_portal_goes_by_the_program():
    with running_site("apache-htaccess") as site:
        portal = Portal(site)
        assert portal.get("/login").status == 200
        assert portal.sign_in().path == "/cgi-bin/menshen.fcgi/account"


# ---- The sample of menshen.conf ------------------------------------------------------------------------------
SAMPLE = TREE / "cgi-bin/menshen.conf.sample"


@pytest.fixture(scope="module")
def plain_site():
    site = Site()
    yield site
    site.remove()


def sample_settings():
    """(section, key) → value as it stands there, commented out."""
    settings, section = {}, None
    for line in SAMPLE.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith(";") and not line.startswith("; ") and "=" in line:
            key, _, value = line[1:].partition("=")
            settings[section, key.strip()] = value.strip()
    return settings


def settings_in_force(site, text):
    path = site.root / "etc/sample.conf"
    path.write_text(text)
    path.chmod(0o644)
    rows = site.cli_json("--conf", str(path), "config")
    return {tuple(row["setting"].rsplit(".", 1)): row["value"] for row in rows}


def test_sample_names_every_setting_and_its_default(plain_site):
    in_force = settings_in_force(plain_site, SAMPLE.read_text())
    sample = sample_settings()
    assert list(sample) == list(in_force)
    differing = {key for key in sample if sample[key] != in_force[key]}
    assert differing == {("server", "data_dir")}, "which depends on the home directory"
