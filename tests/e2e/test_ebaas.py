"""ebaas: one envelope, HTTP 200 nearly throughout. Source: contracts, section ebaas; seed 001."""

import time

import pytest
from harness import seeds
from harness.errors import NO_STORE, ebaas
from harness.wire import get, post_form, post_json, post_multipart

EBAAS = "/oauth/api/account"


def test_captcha_as_in_the_seed(web):
    assert f"{EBAAS}/getImgCode" in seeds.text("001")
    response = web.send(post_json(f"{EBAAS}/getImgCode", b""), through=web.site.server.curl)
    sample = seeds.answer("001")
    assert response.status == 200
    assert seeds.matches(response.json, sample)
    assert (response.json["code"], response.json["msg"]) == (sample["code"], sample["msg"])
    assert seeds.picture(response.json["data"]["img"]) == seeds.picture(sample["data"]["img"])
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


@pytest.mark.parametrize("body", [b"", b"{}", b'{"a":null}'])
def test_captcha_takes_no_parameters(web, body):
    assert web.send(post_json(f"{EBAAS}/getImgCode", body)).json["code"] == "000"


def test_ids_differ(web):
    assert len({web.ebaas_captcha()[0] for _ in range(10)}) == 10


@pytest.mark.parametrize("how", [post_json, post_form, post_multipart])
def test_login(web, user, how):
    response = web.ebaas_login(web.ebaas_login_fields(user), how)
    assert response.status == 200, response
    assert list(response.json) == list(seeds.answer("001"))
    data = response.json["data"]
    assert seeds.ordered(seeds.shape(data)) == [("token", "JWS"), ("expired", "19 date")]
    _, claims = seeds.claims(data["token"])
    assert claims["account"] == user.account and claims["client_id"] == "ebaas"
    in_shanghai = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(claims["exp"] + 8 * 3600))
    assert data["expired"] == in_shanghai


def test_check_token(web, user):
    token = web.ebaas_login(web.ebaas_login_fields(user)).json["data"]["token"]
    body = web.check_token(token).json
    assert list(body) == ["request_id", "code", "msg", "data"] and body["code"] == "000" and body["data"] is None
    assert web.check_token(web.blade_login(user)["access_token"]).json["code"] == "000"


def test_check_token_refuses(web, user):
    login = web.blade_login(user)
    web.send(get("/kom-ams-auth/oauth/logout", Blade_Auth=f"bearer {login['access_token']}"))
    for token in ("x", login["access_token"], login["refresh_token"]):
        assert ebaas(web.check_token(token), 401, "401004")["msg"] == "无效的token"
    for query in ("", "?", "?token=", "?other=x"):
        assert ebaas(web.send(get(f"/oauth/checkToken{query}")), 400, "400")["msg"] == "参数[token]不能为空"


def test_check_token_twice(web):
    response = web.send(get("/oauth/checkToken?token=a&token=b"))
    assert ebaas(response, 400, "400003")["msg"] == "入参解析异常"


@pytest.mark.parametrize("missing", ["username", "password", "img_code_id", "img_code"])
def test_missing_parameter(web, user, missing):
    fields = web.ebaas_login_fields(user)
    del fields[missing]
    assert ebaas(web.ebaas_login(fields), 400, "400")["msg"] == f"参数[{missing}]不能为空"


def test_broken_body(web):
    assert ebaas(web.ebaas_login(b"{"), 400, "400003")["msg"] == "入参解析异常"


def test_wrong_captcha(web, user):
    captcha = web.ebaas_captcha()
    failing = [(captcha[0], "wrong"), captcha, ("ABC123", "abcd"), web.blade_captcha()]
    for pair in failing:
        assert ebaas(web.ebaas_login(web.ebaas_login_fields(user, pair)), 400, "400101")["msg"] == "图形验证码错误"


def test_wrong_account_or_password(web, user):
    for wrong in ({"username": "nobody"}, {"password": "wrong"}):
        body = ebaas(web.ebaas_login(web.ebaas_login_fields(user) | wrong), 401, "401001")
        assert body["msg"] == "账号或密码错误"


def test_lock(web, user):
    wrong = user._replace(password="wrong")
    for _ in range(5):
        ebaas(web.ebaas_login(web.ebaas_login_fields(wrong)), 401, "401001")
    response = web.ebaas_login(web.ebaas_login_fields(user))
    ebaas(response, 401, "401002")
    assert int(response.header("Retry-After")) > 0
