"""Front ends of others: what reaches whom behind the shipped frontend.conf, and the recipes in docs/frontends."""

from contextlib import contextmanager

import pytest
from harness.frontends import FRONTENDS, PAGE
from harness.site import Site
from harness.visitor import SWORD, Visitor, bearer, md5
from harness.wire import Request, Socket, get, post_json, post_query

# What the recipes enable, all in one site.
SETTINGS = {
    "dialect.platform": {"enabled": "no"},
    "dialect.blade": {"prefix": "/kom-ams-auth,/blade-auth"},
    "dialect.springblade": {"enabled": "yes"},
    "dialect.ruoyi": {"enabled": "yes", "prefix": "/"},
}


@contextmanager
def running_frontend(name):
    site = Site(SETTINGS)
    site.port = None
    try:
        site.server = FRONTENDS[name].server(site, FRONTENDS[name])
        try:
            yield site
        finally:
            site.server.stop()
    finally:
        site.remove()


@pytest.fixture(scope="module", params=FRONTENDS)
def frontend(request):
    with running_frontend(request.param) as site:
        yield site


@pytest.fixture
def browser(frontend):
    """Somebody with the front end open: paths as it asks for them, without the mount."""
    return Visitor(frontend, Socket(frontend.server.port, ""))


@pytest.mark.parametrize("path", ["/", "/index.html", "/wel/index", "/login?redirect=%2Findex", "/user/profile", "/authority/role"])
def test_pages_are_the_front_end(browser, path):
    response = browser.send(get(path))
    assert response.status == 200 and response.body.decode().startswith(PAGE), response


@pytest.mark.parametrize("path, keys", [
    ("/api/blade-auth/oauth/captcha", {"key", "image", "captchaCode"}),
    ("/api/blade-auth/captcha", {"code", "success", "data", "msg"}),
    ("/blade-auth/captcha", {"code", "success", "data", "msg"}),
    ("/prod-api/captchaImage", {"msg", "code", "captchaEnabled", "uuid", "img"}),
])  # fmt: skip
def test_captchas_are_menshens(browser, path, keys):
    response = browser.send(get(path))
    assert response.status == 200 and set(response.json) == keys, response


def captcha_of(browser):
    response = browser.send(get("/api/blade-auth/captcha"))
    return response.json["data"]["key"], response.header("X-Captcha-Code")


def test_login_and_logout_of_saber(browser):
    """As Saber does: parameters in the query string, the captcha in headers; Vue 2 logs out without /api."""
    user = browser.site.new_user()
    key, answer = captcha_of(browser)
    fields = {"grantType": "captcha", "tenantId": "000000", "account": user.account, "password": md5(user.password)}
    headers = {"Authorization": SWORD, "Captcha_Key": key, "Captcha_Code": answer}
    login = browser.send(post_query("/api/blade-auth/token", fields, **headers))
    assert login.status == 200, login
    token = bearer(login.json["data"]["accessToken"])
    assert browser.send(get("/api/blade-auth/oauth/user-info", Blade_Auth=token)).status == 200
    assert browser.send(Request("POST", "/blade-auth/logout", (("Blade-Auth", token),), b"")).json["success"] is True
    assert browser.send(get("/api/blade-auth/oauth/user-info", Blade_Auth=token)).status == 401


def test_login_and_logout_of_ruoyi(browser):
    user = browser.site.new_user()
    captcha = browser.send(get("/prod-api/captchaImage"))
    fields = {"username": user.account, "password": user.password, "uuid": captcha.json["uuid"]}
    login = browser.send(post_json("/prod-api/login", fields | {"code": captcha.header("X-Captcha-Code")}))
    token = "Bearer " + login.json["token"]
    assert browser.send(get("/prod-api/getInfo", Authorization=token)).json["user"]["userName"] == user.account
    assert browser.send(get("/prod-api/getRouters", Authorization=token)).json["data"] == []
    assert browser.send(post_json("/prod-api/logout", {}, Authorization=token)).json["code"] == 200
    assert browser.send(get("/prod-api/getInfo", Authorization=token)).json["code"] == 401


@pytest.mark.parametrize("path", ["/api/blade-system/user/update-password", "/api/blade-user/update-password"])
def test_changing_a_password_is_menshens(browser, path):
    response = browser.send(post_query(path, {"oldPassword": "a", "newPassword": "b", "newPassword1": "b"}))
    assert "headers" not in response.json, response  # the application server did not see it


@pytest.mark.parametrize("asked, got", [
    ("/api/blade-system/menu/routes?topMenuId=1", "/blade-system/menu/routes?topMenuId=1"),
    ("/api/blade-system/user/update-password-policy", "/blade-system/user/update-password-policy"),
    ("/prod-api/system/user/list?pageNum=1", "/system/user/list?pageNum=1"),
    ("/prod-api/system/user/profile", "/system/user/profile"),
    ("/prod-api/loginlog", "/loginlog"),
])  # fmt: skip
def test_the_rest_is_the_application_servers(browser, asked, got):
    response = browser.send(get(asked, Blade_Auth="bearer x", Authorization="Bearer y"))
    assert response.status == 200, response
    told = response.json
    names = {name.lower(): value for name, value in told["headers"].items()}
    assert (told["method"], told["path"]) == ("GET", got)
    assert (names["blade-auth"], names["authorization"]) == ("bearer x", "Bearer y")


@pytest.mark.parametrize("name", FRONTENDS)
def test_passwords_in_query_strings_stay_out_of_every_log(name):
    marker = "QueryStringMarker"
    with running_frontend(name) as site:
        browser = Visitor(site, Socket(site.server.port, ""))
        browser.send(post_query("/api/blade-auth/token", {"password": marker}))
        browser.send(post_query("/api/blade-auth/oauth/token", {"password": marker}))
        browser.send(post_query("/api/blade-system/user/update-password", {"newPassword": marker}))
        browser.send(post_query("/blade-auth/logout", {"password": marker}))
        site.server.stop()
        logs = site.logs()
    assert any(b"POST" in text and b"/blade-auth/token" in text for text in logs.values()), logs
    for file, text in logs.items():
        assert marker.encode() not in text, f"{file}: {text.decode()}"
