"""
ruoyi, as RuoYi-Vue uses it. Source: contracts, section springblade and ruoyi; yangzongzhuan/RuoYi-Vue and RuoYi-Vue3:
src/api/login.js, src/utils/request.js, src/store/modules/user.js, src/permission.js.
"""

import json

import pytest
from harness import seeds
from harness.errors import NO_STORE, nobody, ruoyi
from harness.visitor import Visitor
from harness.wire import get, post_form, post_json, post_multipart

PREFIX = "/ruoyi"


def test_captcha(web):
    response = web.send(get(f"{PREFIX}/captchaImage"), through=web.site.server.curl)
    assert response.status == 200
    assert seeds.ordered(seeds.shape(response.json)) == [
        ("msg", "text"), ("code", "int"), ("captchaEnabled", "bool"), ("uuid", "32 lower-case hex"), ("img", "base64")
    ]  # fmt: skip
    assert (response.json["msg"], response.json["code"], response.json["captchaEnabled"]) == ("操作成功", 200, True)
    assert seeds.picture(response.json["img"]) == ("jpeg", 160, 60)
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


def test_answers_are_numbers(web):
    for _ in range(10):
        _, answer = web.ruoyi_captcha()
        assert str(int(answer)) == answer


@pytest.mark.parametrize("how", [post_json, post_form, post_multipart])
def test_login(web, user, how):
    response = web.ruoyi_login(web.ruoyi_login_fields(user), how)
    assert response.status == 200, response
    assert seeds.ordered(seeds.shape(response.json)) == [("msg", "text"), ("code", "int"), ("token", "JWS")]
    assert (response.json["msg"], response.json["code"]) == ("操作成功", 200)
    _, claims = seeds.claims(response.json["token"])
    assert (claims["account"], claims["client_id"]) == (user.account, "ruoyi")
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


def test_get_info(web):
    user = web.site.new_user("--nick-name", "小张", "--role-name", "管理员,common-user", "--dept-id", "103")
    response = web.ruoyi_get("/getInfo", web.ruoyi_token(user))
    assert response.status == 200, response
    body = response.json
    assert seeds.ordered(seeds.shape(body)) == [
        ("msg", "text"), ("code", "int"), ("permissions", []), ("roles", ["text", "text"]),
        ("user", [("userId", "19 digits"), ("deptId", "text"), ("userName", "text"), ("nickName", "text")]),
        ("isDefaultModifyPwd", "bool"), ("isPasswordExpired", "bool"),
    ]  # fmt: skip
    assert (body["msg"], body["code"], body["roles"]) == ("操作成功", 200, ["管理员", "common-user"])
    told = body["user"]
    assert (told["userName"], told["nickName"], told["deptId"]) == (user.account, "小张", "103")
    assert (body["isDefaultModifyPwd"], body["isPasswordExpired"]) == (False, False)


def test_nick_names(web):
    """Where there is none the page shows the real name, else the account."""
    for options, shown in ((["--real-name", "张三"], "张三"), ([], None)):
        user = web.site.new_user(*options)
        told = web.ruoyi_get("/getInfo", web.ruoyi_token(user)).json["user"]
        assert told["nickName"] == (shown or user.account)


def test_password_expired(web, user):
    token = web.ruoyi_token(user)
    web.site.cli("user", "set", user.account, "--password-expired", "yes")
    assert web.ruoyi_get("/getInfo", token).json["isPasswordExpired"] is True


def test_routers(web, user):
    """An empty list: without an answer the front end does not leave its login page."""
    response = web.ruoyi_get("/getRouters", web.ruoyi_token(user))
    assert (response.status, response.json) == (200, {"msg": "操作成功", "code": 200, "data": []})


@pytest.mark.parametrize("path", ["/getInfo", "/getRouters"])
def test_not_logged_in(web, path):
    """The front end asks for a new login when it reads 401 in `code`."""
    ruoyi(web.send(get(PREFIX + path)), 401, "缺少令牌")
    ruoyi(web.ruoyi_get(path, "stale"), 401, "令牌无效或已过期")


def test_get_info_with_a_token_of_no_person(web):
    ruoyi(web.ruoyi_get("/getInfo", web.app_token()), 401)


def test_logout(web, user):
    token = web.ruoyi_token(user)
    response = web.send(post_json(f"{PREFIX}/logout", b"", Authorization=f"Bearer {token}"))
    assert (response.status, response.json) == (200, {"msg": "退出成功", "code": 200})
    ruoyi(web.ruoyi_get("/getInfo", token), 401)


def test_logout_without_a_token(web):
    for headers in ({}, {"Authorization": "Bearer stale"}):
        response = web.send(post_json(f"{PREFIX}/logout", b"", **headers))
        assert (response.status, response.json) == (200, {"msg": "退出成功", "code": 200})


# ---- Failures -------------------------------------------------------------------------------------------------
def test_failures(web, user):
    captcha = web.ruoyi_captcha()
    wrong_captcha = [
        web.ruoyi_login(web.ruoyi_login_fields(user, pair))
        for pair in ((captcha[0], "999"), captcha, ("0" * 32, "1"), web.platform_captcha())
    ]
    assert len({response.body for response in wrong_captcha}) == 1, "used, wrong, unknown, of another dialect"
    ruoyi(wrong_captcha[0], 400, "验证码不正确")
    wrong_user = [
        web.ruoyi_login(web.ruoyi_login_fields(user) | wrong)
        for wrong in ({"username": f"nobody-{user.account}"}, {"password": "wrong"})
    ]
    assert wrong_user[0].body == wrong_user[1].body
    ruoyi(wrong_user[0], 400, "用户名或密码错误")


def test_a_captcha_of_this_dialect_is_not_good_for_another(web, user):
    response = web.platform_login(web.platform_login_fields(user, web.ruoyi_captcha()))
    assert response.status == 400 and response.json["msg"] == "验证码不正确"


@pytest.mark.parametrize("missing", ["username", "password", "code", "uuid"])
def test_missing_parameter(web, user, missing):
    fields = web.ruoyi_login_fields(user)
    ruoyi(web.ruoyi_login(fields | {missing: ""}), 400, f"参数[{missing}]不能为空")
    del fields[missing]
    ruoyi(web.ruoyi_login(fields), 400, f"参数[{missing}]不能为空")


def test_lock_is_told_as_business(web, user):
    """HTTP 200, or the front end would show a number in place of the message."""
    for _ in range(5):
        ruoyi(web.ruoyi_login(web.ruoyi_login_fields(user._replace(password="wrong"))), 400)
    response = web.ruoyi_login(web.ruoyi_login_fields(user))
    ruoyi(response, 400, "用户登录失败次数过多，请稍后再试")
    assert int(response.header("Retry-After")) > 0


def test_too_many_captchas(site_with):
    web = site_with({"captcha": {"rate": "1"}})
    web.ruoyi_captcha()
    ruoyi(web.send(get(f"{PREFIX}/captchaImage")), 429)


# ---- The password, typed again --------------------------------------------------------------------------------
NEW = "Something-else-7"


def test_changing_the_password(web):
    user = web.site.new_user("--password-expired", "yes")
    mine, other = web.ruoyi_token(user), web.ruoyi_token(user)
    response = web.ruoyi_change(mine, user.password, NEW)
    assert (response.status, response.json) == (200, {"msg": "操作成功", "code": 200})
    assert web.ruoyi_get("/getInfo", mine).json["isPasswordExpired"] is False
    ruoyi(web.ruoyi_get("/getInfo", other), 401)
    ruoyi(web.ruoyi_login(web.ruoyi_login_fields(user)), 400, "用户名或密码错误")
    assert web.elsewhere().ruoyi_token(user._replace(password=NEW))


def test_what_a_change_of_password_refuses(web, user):
    token = web.ruoyi_token(user)
    ruoyi(web.ruoyi_change(token, "wrong", NEW), 400, "修改密码失败，旧密码错误")
    ruoyi(web.ruoyi_change(token, user.password, user.password), 400, "新密码不能与旧密码相同")
    ruoyi(web.ruoyi_change(token, user.password, "short"), 400, "新密码过短")
    ruoyi(web.ruoyi_change(token, user.password, "12345678"), 400, "新密码过于常见，请换一个")
    ruoyi(web.ruoyi_change(token, user.password, ""), 400, "参数[newPassword]不能为空")
    ruoyi(web.ruoyi_change("stale", user.password, NEW), 401)
    assert web.ruoyi_token(user)


def test_unlocking_the_screen(web, user):
    token = web.ruoyi_token(user)
    response = web.ruoyi_unlock(token, user.password)
    assert (response.status, response.json) == (200, {"msg": "解锁成功", "code": 200})
    ruoyi(web.ruoyi_unlock(token, "wrong"), 400, "密码错误，请重新输入")
    ruoyi(web.ruoyi_unlock(token, ""), 400, "参数[password]不能为空")
    ruoyi(web.ruoyi_unlock("stale", user.password), 401)
    assert web.ruoyi_get("/getInfo", token).json["code"] == 200, "it ends nothing"


def test_tries_to_unlock_the_screen_count_as_logins(web, user):
    token = web.ruoyi_token(user)
    for _ in range(5):
        ruoyi(web.ruoyi_unlock(token, "wrong"), 400, "密码错误，请重新输入")
    for response in (web.ruoyi_unlock(token, user.password), web.ruoyi_login(web.ruoyi_login_fields(user))):
        ruoyi(response, 400, "用户登录失败次数过多，请稍后再试")


# ---- Beside platform ------------------------------------------------------------------------------------------
DEFAULTS = {"dialect.ruoyi": {"enabled": "yes", "prefix": "/"}}


def test_login_belongs_to_one_of_two_dialects(site_with):
    """With both at their defaults nothing starts, and the reason is told to whoever runs the site."""
    web = site_with(DEFAULTS)
    refused = web.send(post_json("/login", {}))
    assert (refused.status, refused.json["code"]) == (500, 500)
    log = web.site.log.read_text()
    assert "[dialect.platform] and [dialect.ruoyi] both serve POST /login" in log and "start_failed" in log
    (finding,) = [check for check in run_doctor(web.site)["checks"] if check["name"] == "dialects"]
    assert finding["status"] == "error"
    assert "enabled = no for one, or give one another prefix" in finding["message"]


def run_doctor(site):
    done = site.run(["doctor", "--json"])
    assert done.returncode == 1, "there is an error"
    return json.loads(done.stdout)


def test_at_its_own_paths(site_with):
    web = site_with(DEFAULTS | {"dialect.platform": {"enabled": "no"}})
    web = Visitor(web.site, web.client)
    web.RUOYI = ""
    user = web.site.new_user()
    token = web.ruoyi_token(user)
    assert web.ruoyi_get("/getInfo", token).json["user"]["userName"] == user.account
    nobody(web.send(post_json("/code", {}, source="PC")), 404)


def test_it_is_off_until_it_is_wanted(site_with):
    web = site_with({"dialect.ruoyi": {"enabled": "no"}})
    assert web.send(get(f"{PREFIX}/captchaImage")).status == 404
