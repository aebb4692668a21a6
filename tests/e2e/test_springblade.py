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
    "oauthId": str, "authority": str, "userName": str, "account": str, "expiresIn": "int", "license": str,
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


def reused(site_with, how):
    """A login whose refresh token was used; without a grace window, so that it is late at once."""
    web = site_with({"token": {"refresh_grace": "0"}})
    web.site.cli("client", "set", "sword", "--refresh-reuse", how)
    first = web.springblade_login(web.site.new_user())
    return web, first, web.springblade_refresh(first["refreshToken"]).json["data"]


def test_reuse_after_the_grace_window_ends_the_family(site_with):
    web, first, second = reused(site_with, "end")
    assert web.blade_user_info(second["accessToken"]).status == 200
    springblade(web.springblade_refresh(first["refreshToken"]), 401, "刷新令牌无效或已过期")
    springblade(web.springblade_refresh(second["refreshToken"]), 401)
    assert web.blade_user_info(second["accessToken"]).status == 401


def test_a_stale_tab_gets_the_newest_pair(site_with):
    web, first, second = reused(site_with, "dialect")
    stale = web.springblade_refresh(first["refreshToken"]).json["data"]
    assert 0 < stale["expiresIn"] <= second["expiresIn"]
    assert stale | {"expiresIn": second["expiresIn"]} == second
    springblade(web.elsewhere().springblade_refresh(first["refreshToken"]), 401)
    springblade(web.springblade_refresh(second["refreshToken"]), 401)


@pytest.mark.parametrize("headers", [{}, {"Blade_Requested_With": "BladeHttpRequest"}], ids=["Saber", "BladeX"])
def test_a_failed_refresh_is_401(web, headers):
    """In HTTP and in `code`: its front ends go to their login page on nothing else."""
    springblade(web.springblade_refresh("x", **headers), 401, "刷新令牌无效或已过期")


def test_refresh_by_another_client(web, user):
    thief = f"thief-{user.account}"
    web.site.cli("client", "add", thief, "--grants", "refresh_token", "--secret", line="thief")
    token = web.springblade_login(user)["refreshToken"]
    springblade(web.springblade_refresh(token, Authorization=basic(thief, "thief")), 401)
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
    response = web.springblade_captcha_login(user)
    springblade(response, 400, "用户登录失败次数过多，请稍后再试")  # Sword reads the message at 400
    assert int(response.header("Retry-After")) > 0


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
    springblade(web.springblade_refresh(login["refreshToken"]), 401)
    assert web.blade_user_info(login["accessToken"]).status == 401


@pytest.mark.parametrize("headers", [{}, {"Blade_Auth": "bearer stale"}], ids=["none", "stale"])
def test_logout_without_a_token(web, headers):
    assert web.send(post_form(f"{PREFIX}/logout", b"", **headers)).json == LOGGED_OUT


# ---- Change of password ---------------------------------------------------------------------------------------
NEW = "Something-else-7"
CHANGED = {"code": 200, "success": True, "data": None, "msg": "操作成功"}


@pytest.mark.parametrize("how", [post_query, post_form, post_json], ids=["Saber", "Sword", "json"])
@pytest.mark.parametrize("path", ["/blade-system/user/update-password", "/blade-user/update-password"])
def test_changing_the_password(web, user, how, path):
    """As typed, whatever the client's logins are: so do Saber and Sword. The other logins end."""
    mine, other = web.springblade_login(user), web.springblade_login(user)
    response = web.update_password(mine["accessToken"], user.password, NEW, how=how, path=path)
    assert (response.status, response.json) == (200, CHANGED)
    assert web.blade_user_info(mine["accessToken"]).status == 200
    springblade(web.springblade_refresh(other["refreshToken"]), 401)
    springblade(web.springblade_captcha_login(user), 400, "用户名或密码错误")
    assert web.elsewhere().springblade_captcha_login(user._replace(password=NEW)).status == 200


def test_changing_the_password_by_its_md5(web, user):
    token = web.springblade_login(user)["accessToken"]
    assert web.update_password(token, md5(user.password), md5(NEW)).json == CHANGED
    assert web.springblade_captcha_login(user._replace(password=NEW)).status == 200


def test_old_and_new_come_in_one_form(web, user):
    """A new password that looks like an MD5 beside an old one as typed is what was typed."""
    token = web.springblade_login(user)["accessToken"]
    odd = md5("whatever")
    assert web.update_password(token, user.password, odd).json == CHANGED
    assert web.springblade_captcha_login(user._replace(password=odd)).status == 200


def test_what_a_change_of_password_refuses(web, user):
    token = web.springblade_login(user)["accessToken"]
    springblade(web.update_password(token, user.password, NEW, "x"), 400, "两次输入的新密码不一致")
    springblade(web.update_password(token, user.password, "short"), 400, "新密码过短")
    springblade(web.update_password(token, user.password, "x" * 129), 400, "新密码过长")
    springblade(web.update_password(token, user.password, "12345678"), 400, "新密码过于常见，请换一个")
    springblade(web.update_password(token, "", NEW), 400, "参数[oldPassword]不能为空")
    springblade(web.update_password("stale", user.password, NEW), 401, "令牌无效或已过期")
    springblade(web.send(post_form("/blade-system/user/update-password", {})), 401, "缺少令牌")
    springblade(web.update_password(web.app_token(), user.password, NEW), 401)
    springblade(web.update_password(token, "wrong", NEW), 400, "原密码不正确")
    assert web.blade_user_info(token).status == 200


def test_tries_of_the_old_password_lock(web, user):
    token = web.springblade_login(user)["accessToken"]
    for _ in range(5):
        springblade(web.update_password(token, "wrong", NEW), 400, "原密码不正确")
    springblade(web.update_password(token, user.password, NEW), 400, "用户登录失败次数过多，请稍后再试")
    springblade(web.springblade_captcha_login(user), 400, "用户登录失败次数过多，请稍后再试")


def test_passwords_in_the_query_can_be_turned_off(site_with):
    web = site_with({"dialect.springblade": {"query_credentials": "no"}})
    user = web.site.new_user()
    fields = {"grantType": "password", "account": user.account, "password": md5(user.password)}
    token = web.springblade_token(fields, post_form).json["data"]["accessToken"]
    springblade(web.update_password(token, user.password, NEW), 400, "参数[oldPassword]不接受URL中的凭证")
    assert web.update_password(token, user.password, NEW, how=post_form).json == CHANGED


def test_no_password_is_logged(web, user):
    token = web.springblade_login(user)["accessToken"]
    fresh = f"Fresh-{user.account}-7"
    assert web.update_password(token, user.password, fresh).json == CHANGED
    assert not any(text.encode() in log for log in web.site.logs().values() for text in (fresh, user.password))


def test_it_is_off_until_it_is_wanted(site_with):
    web = site_with({"dialect.springblade": {"enabled": "no"}})
    assert web.send(get(f"{PREFIX}/captcha")).status == 404
