"""Front ends of others: what reaches whom behind the shipped frontend.conf, and the recipes in docs/frontends."""

import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest
from harness import node, seeds
from harness.frontends import FRONTENDS, PAGE, RENTED
from harness.site import BINARY, TREE, Site
from harness.visitor import SWORD, Visitor, basic, bearer, md5
from harness.wire import DirectCgi, Request, Socket, get, post_json, post_query

# What the recipes enable, all in one site.
SETTINGS = {
    "dialect.platform": {"enabled": "no"},
    "dialect.blade": {"prefix": "/kom-ams-auth,/blade-auth"},
    "dialect.springblade": {"enabled": "yes"},
    "dialect.ruoyi": {"enabled": "yes", "prefix": "/"},
}


@contextmanager
def running_frontend(config):
    site = Site(SETTINGS)
    site.port = None
    try:
        site.server = config.server(site, config)
        try:
            yield site
        finally:
            site.server.stop()
    finally:
        site.remove()


@pytest.fixture(scope="module", params=FRONTENDS)
def frontend(request):
    with running_frontend(FRONTENDS[request.param]) as site:
        yield site


@pytest.fixture
def browser(frontend):
    """Somebody with the front end open: paths as it asks for them, without the mount."""
    return Visitor(frontend, Socket(frontend.server.port, ""))


PAGES = ["/", "/index.html", "/wel/index", "/login?redirect=%2Findex", "/user/profile", "/authority/role"]


@pytest.mark.parametrize("path", PAGES)
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


def test_a_person_of_many_roles_refreshes(browser):
    """Saber sends both tokens as cookies, one in a header and the other in the query string."""
    ids, names = ",".join(f"11235988175{n:08}" for n in range(12)), ",".join(f"部门主管{n}" for n in range(12))
    many = ("--role-id", ids, "--role-name", names, "--dept-id", ids, "--post-id", ids)
    user = browser.site.new_user("--real-name", "张三", *many)
    key, answer = captcha_of(browser)
    fields = {"grantType": "captcha", "tenantId": "000000", "account": user.account, "password": md5(user.password)}
    headers = {"Authorization": SWORD, "Captcha_Key": key, "Captcha_Code": answer}
    login = browser.send(post_query("/api/blade-auth/token", fields, **headers)).json["data"]
    access, refresh = login["accessToken"], login["refreshToken"]
    headers = {"Blade_Auth": bearer(access), "Cookie": f"saber-access-token={access}; saber-refresh-token={refresh}"}
    headers |= {"User_Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Authorization": SWORD}
    fields = {"refreshToken": refresh, "grantType": "refresh_token", "scope": "all"}
    response = browser.send(post_query("/api/blade-auth/token", fields, **headers))
    assert response.status == 200 and response.json["data"]["account"] == user.account, (len(access), response)
    assert browser.send(get("/api/blade-system/menu/routes", **headers)).status == 200


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
    with running_frontend(FRONTENDS[name]) as site:
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


def test_a_rented_host_with_the_lines_of_the_page():
    with running_frontend(RENTED) as site:
        browser = Visitor(site, Socket(site.server.port, ""))
        assert "key" in browser.send(get("/api/blade-auth/oauth/captcha")).json
        assert "data" in browser.send(get("/api/blade-auth/captcha")).json
        assert browser.send(Request("POST", "/blade-auth/logout", (), b"")).json["success"] is True
        assert "uuid" in browser.send(get("/prod-api/captchaImage")).json
        assert browser.send(get("/login?redirect=/index")).body.decode() == PAGE
        assert browser.send(get("/")).body.decode() == PAGE
        assert browser.send(get("/api/blade-system/menu/routes")).status == 404


# ---- The recipes ----------------------------------------------------------------------------------------------------
PASSWORD = "lamp-river-39-oats"


class Recipe:
    """A page, followed in an empty folder by the commands that it gives."""

    def __init__(self, page, root):
        self.root, self.binary = root, root / "cgi-bin/menshen.fcgi"
        for folder in ("bin", "cgi-bin", "etc"):
            (root / folder).mkdir()
        shutil.copy2(BINARY, self.binary)
        (root / "bin/menshen").symlink_to(self.binary)
        (script,) = re.findall(r"^```sh\n(.*?)^```$", (TREE / f"docs/frontends/{page}.md").read_text(), re.M | re.S)
        done = subprocess.run(
            ["/bin/sh", "-eu"], input=script, cwd=root, env={"PATH": f"{root}/bin:/usr/bin:/bin"}, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        self.told = done.stdout
        conf = root / "etc/menshen.conf"
        conf.write_text(conf.read_text() + "\n[captcha]\nexpose_answer = yes\n")
        self.cgi = DirectCgi(self.run)

    def run(self, argv, env=None, input=b""):
        return subprocess.run(
            [self.binary, *argv], input=input, env=env or {}, cwd="/", capture_output=True, check=False, timeout=120
        )

    def sm2(self, password):
        (key,) = re.findall(r"^04[0-9a-f]{128}$", self.told, re.M)
        return node.call("sm2", "encrypt", public_key=key, password=password)


def saber(client, secret):
    def log_in(recipe):
        captcha = recipe.cgi.send(get("/blade-auth/captcha"))
        fields = {"grantType": "captcha", "tenantId": "000000", "account": "zhangsan", "password": recipe.sm2(PASSWORD)}
        headers = {"Captcha_Key": captcha.json["data"]["key"], "Captcha_Code": captcha.header("X-Captcha-Code")}
        headers["Authorization"] = basic(client, secret)
        login = recipe.cgi.send(post_query("/blade-auth/token", fields, **headers)).json
        refresh = {"grantType": "refresh_token", "scope": "all", "refreshToken": login["data"]["refreshToken"]}
        again = post_query("/blade-auth/token", refresh, Authorization=headers["Authorization"])
        assert recipe.cgi.send(again).json["data"]["account"] == "zhangsan"
        return captcha.json["data"]["image"], captcha.header("X-Captcha-Code")

    return log_in


def bladex(client, secret, wire):
    def log_in(recipe):
        captcha = recipe.cgi.send(get("/blade-auth/oauth/captcha")).json
        password = wire(recipe, PASSWORD)
        fields = {"grant_type": "captcha", "tenantId": "000000", "username": "zhangsan", "password": password}
        headers = {"Captcha_Key": captcha["key"], "Captcha_Code": captcha["captchaCode"]}
        headers["Authorization"] = basic(client, secret)
        login = recipe.cgi.send(post_query("/blade-auth/oauth/token", fields, **headers)).json
        refresh = {"grant_type": "refresh_token", "scope": "all", "refresh_token": login["refresh_token"]}
        again = post_query("/blade-auth/oauth/token", refresh, Authorization=headers["Authorization"])
        assert recipe.cgi.send(again).json["account"] == "zhangsan"
        return captcha["image"], captcha["captchaCode"]

    return log_in


def ruoyi(recipe):
    captcha = recipe.cgi.send(get("/captchaImage"))
    answer = captcha.header("X-Captcha-Code")
    fields = {"username": "zhangsan", "password": PASSWORD, "uuid": captcha.json["uuid"], "code": answer}
    token = recipe.cgi.send(post_json("/login", fields)).json["token"]
    info = recipe.cgi.send(get("/getInfo", Authorization=f"Bearer {token}")).json
    assert (info["user"]["userName"], info["roles"]) == ("zhangsan", ["administrator"])
    return captcha.json["img"], answer


# Each page, how its front end logs in, and the picture it is given: format, width and height.
RECIPES = {
    "saber-vue3": (saber("saber", "saber_secret"), ("png", 180, 60)),
    "saber-vue2": (saber("saber", "saber_secret"), ("png", 130, 48)),
    "sword": (saber("sword", "sword_secret"), ("png", 130, 48)),
    "bladex-4.9": (bladex("saber3", "saber3_secret", Recipe.sm2), ("png", 180, 60)),
    "bladex-2.9": (bladex("saber", "saber_secret", lambda _, password: md5(password)), ("png", 130, 48)),
    "ruoyi-vue": (ruoyi, ("jpeg", 160, 60)),
    "ruoyi-vue3": (ruoyi, ("jpeg", 160, 60)),
}


def test_every_page_is_tried():
    pages = {path.name.removesuffix(".zh-CN.md").removesuffix(".md") for path in (TREE / "docs/frontends").iterdir()}
    assert pages == {*RECIPES, "README"}


@pytest.mark.parametrize("page", RECIPES)
def test_recipe(page, tmp_path):
    node.prepare()
    log_in, picture = RECIPES[page]
    recipe = Recipe(page, tmp_path)
    assert " 0 errors" in recipe.told
    image, answer = log_in(recipe)
    assert seeds.picture(image) == picture
    assert page != "saber-vue3" or len(answer) == 5  # its form sends nothing else
