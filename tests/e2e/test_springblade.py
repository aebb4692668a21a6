"""
springblade, the open edition of blade's back end, as its public front end uses it. Source: contracts, section
springblade and ruoyi; chillzhuang/Saber: src/api/user.js, src/axios.js, src/store/modules/user.js.
"""

import pytest
from harness import seeds
from harness.errors import NO_STORE, springblade
from harness.visitor import DEMO_LIFETIMES, basic, bearer, md5
from harness.wire import get, post_form, post_json, post_multipart, post_query

PREFIX = "/blade-auth"
FIELDS = {
    "accessToken": "JWS", "tokenType": "text", "refreshToken": "JWS", "userId": "19 digits", "tenantId": str,
    "oauthId": str, "avatar": str, "authority": str, "userName": str, "account": str, "expiresIn": "int", "license": str,
}  # fmt: skip


def check_fields(data):
    """All of them, in the original's order; what is a name of the site may be any text."""
    assert list(data) == list(FIELDS)
    for name, kind in FIELDS.items():
        assert isinstance(data[name], str) if kind is str else seeds.shape(data[name]) == kind, name


def test_captcha(web):
    response = web.send(get(f"{PREFIX}/captcha"), through=web.site.server.curl)
    assert response.status == 200
    assert seeds.ordered(seeds.shape(response.json)) == [
        ("code", "int"), ("success", "bool"),
        ("data", [("key", "32 lower-case hex"), ("image", "data:image/png;base64")]), ("msg", "text"),
    ]  # fmt: skip
    body = response.json
    assert (body["code"], body["success"], body["msg"]) == (200, True, "操作成功")
    assert seeds.picture(body["data"]["image"]) == ("png", 130, 48)
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


def test_login_as_saber_does(web):
    """Captcha in headers, the rest in the query string of an empty POST, a stale token beside them."""
    user = web.site.new_user("--real-name", "张三", "--role-name", "admin,user")
    response = web.springblade_captcha_login(user, Tenant_Id="000000", Blade_Auth="bearer stale")
    assert response.status == 200, response
    body = response.json
    assert list(body) == ["code", "success", "data", "msg"]
    assert (body["code"], body["success"], body["msg"]) == (200, True, "操作成功")
    data = body["data"]
    check_fields(data)
    assert (data["tokenType"], data["tenantId"], data["account"]) == ("bearer", "000000", user.account)
    assert (data["userName"], data["authority"]) == ("张三", "admin,user")
    assert DEMO_LIFETIMES[0] - 60 < data["expiresIn"] <= DEMO_LIFETIMES[0]
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE
    info = web.blade_user_info(data["accessToken"]).json["data"]
    assert (info["user_id"], info["account"]) == (data["userId"], user.account)


@pytest.mark.parametrize("how", [post_query, post_form, post_json, post_multipart], ids=["query", "form", "json", "multipart"])
@pytest.mark.parametrize("named", [{"grantType": "password"}, {}], ids=["password", "no-grant"])
def test_password_grant(web, user, how, named):
    """The grant of requests that name none, as front ends without captchas send them."""
    fields = named | {"tenantId": "000000", "account": user.account, "password": md5(user.password)}
    response = web.springblade_token(fields, how)
    assert response.status == 200 and response.json["data"]["account"] == user.account, response


def test_step_up(web, user):
    wrong = {"grantType": "password", "account": user.account, "password": md5("wrong")}
    springblade(web.springblade_token(wrong), 400, "用户名或密码错误")
    right = wrong | {"password": md5(user.password)}
    springblade(web.springblade_token(right), 400, "请输入验证码")
    key, answer = web.springblade_captcha()
    assert web.springblade_token(right, Captcha_Key=key, Captcha_Code=answer).status == 200


def test_refresh_as_saber_does(web, user):
    first = web.springblade_login(user)
    response = web.springblade_refresh(first["refreshToken"], Blade_Auth=bearer(first["accessToken"]))
    assert response.status == 200, response
    second = response.json["data"]
    check_fields(second)
    assert second["refreshToken"] != first["refreshToken"] and second["userId"] == first["userId"]
    assert web.springblade_refresh(first["refreshToken"]).json["data"] == second, "within the grace window"
    assert web.springblade_refresh(second["refreshToken"]).status == 200


def test_reuse_after_the_grace_window_ends_the_family(site_with):
    web = site_with({"token": {"refresh_grace": "0"}})
    user = web.site.new_user()
    first = web.springblade_login(user)
    second = web.springblade_refresh(first["refreshToken"]).json["data"]
    assert web.blade_user_info(second["accessToken"]).status == 200
    springblade(web.springblade_refresh(first["refreshToken"]), 400, "刷新令牌无效或已过期")
    springblade(web.springblade_refresh(second["refreshToken"]), 400)
    assert web.blade_user_info(second["accessToken"]).status == 401


def test_refresh_by_another_client(web, user):
    thief = f"thief-{user.account}"
    web.site.cli("client", "add", thief, "--grants", "refresh_token", "--secret", line="thief")
    token = web.springblade_login(user)["refreshToken"]
    springblade(web.springblade_refresh(token, Authorization=basic(thief, "thief")), 400)
    assert web.springblade_refresh(token).status == 200


def test_client_without_refresh_has_an_empty_token(web, user):
    client = f"brief-{user.account}"
    web.site.cli("client", "add", client, "--grants", "captcha", "--secret", line="brief")
    response = web.springblade_captcha_login(user, Authorization=basic(client, "brief"))
    assert response.status == 200, response
    assert list(response.json["data"]) == list(FIELDS)
    assert response.json["data"]["refreshToken"] == ""


# ---- Failures -------------------------------------------------------------------------------------------------
def test_failures(web, user):
    captcha = web.springblade_captcha()
    wrong_captcha = [
        web.springblade_captcha_login(user, pair)
        for pair in ((captcha[0], "wrong"), captcha, ("0" * 32, "abcde"), web.blade_captcha(), web.oauth_captcha())
    ]
    assert len({response.body for response in wrong_captcha}) == 1, "used, wrong, unknown, of another dialect"
    springblade(wrong_captcha[0], 400, "验证码不正确")
    wrong_user = [
        web.springblade_captcha_login(user._replace(**wrong))
        for wrong in ({"account": f"nobody-{user.account}"}, {"password": "wrong"})
    ]
    assert wrong_user[0].body == wrong_user[1].body
    springblade(wrong_user[0], 400, "用户名或密码错误")


def test_a_captcha_of_this_dialect_is_not_good_for_another(web, user):
    fields = web.blade_captcha_fields(user, web.springblade_captcha())
    assert web.blade_token(fields).json["error_code"] == 2004


def test_lock(web, user):
    for _ in range(5):
        springblade(web.springblade_captcha_login(user._replace(password="wrong")), 400)
    springblade(web.springblade_captcha_login(user), 429, "用户登录失败次数过多，请稍后再试")


@pytest.mark.parametrize("authorization", [basic("sword", "wrong"), basic("nobody", "sword_secret"), "Bearer x"])
def test_client(web, authorization):
    springblade(web.springblade_token({"grantType": "password"}, Authorization=authorization), 401, "客户端认证失败")


@pytest.mark.parametrize("grant", ["social", "client_credentials", "urn:x", "CAPTCHA"])
def test_grants_it_does_not_have(web, grant):
    springblade(web.springblade_token({"grantType": grant}), 400, "不支持该授权类型")


def test_grant_that_the_client_lacks(web, user):
    client = f"meek-{user.account}"
    web.site.cli("client", "add", client, "--grants", "captcha", "--secret", line="meek")
    fields = {"grantType": "password", "account": user.account, "password": md5(user.password)}
    response = web.springblade_token(fields, Authorization=basic(client, "meek"))
    springblade(response, 400, "客户端无权使用该授权类型")


def test_missing_and_conflicting_parameters(web):
    springblade(web.springblade_token({"grantType": "password", "password": "x"}), 400, "参数[account]不能为空")
    springblade(web.springblade_token({"grantType": "refresh_token"}), 400, "参数[refreshToken]不能为空")
    conflict = web.springblade_token({"grantType": "password", "tenantId": "000000"}, Tenant_Id="other-1")
    springblade(conflict, 400, "参数[tenantId]重复或前后不一致")


def test_query_credentials_can_be_turned_off(site_with):
    web = site_with({"dialect.springblade": {"query_credentials": "no"}})
    user = web.site.new_user()
    springblade(web.springblade_captcha_login(user), 400)
    springblade(web.springblade_refresh("x"), 400, "参数[refreshToken]不接受URL中的凭证")
    fields = {"grantType": "password", "account": user.account, "password": md5(user.password)}
    assert web.springblade_token(fields, post_form).status == 200


# ---- Logout ---------------------------------------------------------------------------------------------------
LOGGED_OUT = {"code": 200, "success": True, "data": None, "msg": "操作成功"}


def test_logout_ends_the_session(web, user):
    login = web.springblade_login(user)
    request = post_form(f"{PREFIX}/logout", b"", Blade_Auth=bearer(login["accessToken"]))
    assert web.send(request).json == LOGGED_OUT
    springblade(web.springblade_refresh(login["refreshToken"]), 400)
    assert web.blade_user_info(login["accessToken"]).status == 401


@pytest.mark.parametrize("headers", [{}, {"Blade_Auth": "bearer stale"}], ids=["none", "stale"])
def test_logout_without_a_token(web, headers):
    assert web.send(post_form(f"{PREFIX}/logout", b"", **headers)).json == LOGGED_OUT


def test_it_is_off_until_it_is_wanted(site_with):
    web = site_with({"dialect.springblade": {"enabled": "no"}})
    assert web.send(get(f"{PREFIX}/captcha")).status == 404
