"""eplatform: a bearer token goes in and comes back. Source: contracts, section eplatform; seed 003."""

import pytest
from harness import seeds
from harness.errors import NO_STORE, eplatform
from harness.servers import wait_until
from harness.visitor import basic, md5
from harness.wire import get, post_json


def authorization(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def app_token(web):
    return web.app_token()


def returned_token(response):
    scheme, token = response.header("Authorization").split(" ")
    assert scheme == "Bearer"
    return token


def test_captcha_as_in_the_seed(web, app_token):
    assert "GET /captcha/{" in seeds.text("003") and "Authorization: Bearer {jwt}" in seeds.text("003")
    request = get("/captcha/WEB?0.8446", Content_Type="application/json", **authorization(app_token))
    response = web.send(request, through=web.site.server.curl)
    sample = seeds.answer("003")
    assert response.status == 200, response
    assert seeds.matches(response.json, sample)
    fixed = ("status", "code", "stringCode", "message")
    assert [response.json[key] for key in fixed] == [sample[key] for key in fixed]
    assert seeds.picture(response.json["response"]["image"]) == seeds.picture(sample["response"]["image"])
    assert returned_token(response) == app_token
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


@pytest.mark.parametrize("query", ["", "?", "?0.123", "?a=b&a=b", "?%zz"])
def test_random_query_is_not_looked_at(web, app_token, query):
    assert web.send(get(f"/captcha/WEB{query}", **authorization(app_token))).status == 200


@pytest.mark.parametrize("source, status", [("WEB", 200), ("APP", 200), ("TG", 200), ("web", 400), ("XX", 400)])
def test_sources(web, app_token, source, status):
    response = web.send(get(f"/captcha/{source}?1", **authorization(app_token)))
    assert response.status == status
    if status != 200:
        eplatform(response, 400, "invalid_source")


@pytest.mark.parametrize("path", ["/captcha/", "/captcha", "/captcha/WEB/x"])
def test_no_source(web, app_token, path):
    eplatform(web.send(get(path, **authorization(app_token))), 404)


def test_bearer_is_required(web, user):
    login = web.blade_login(user)
    for headers in ({}, authorization("x"), authorization(login["refresh_token"]), {"Authorization": basic("a", "b")}):
        response = web.send(get("/captcha/WEB?1", **headers))
        eplatform(response, 401)
        assert response.header("WWW-Authenticate").startswith("Bearer")
        assert response.header("X-Captcha-Code") is None


def test_bearer_can_be_relaxed(site_with):
    web = site_with({"dialect.eplatform": {"require_bearer": "no"}})
    response = web.send(get("/captcha/WEB?1"))
    assert response.status == 200 and response.header("Authorization") is None
    assert web.send(get("/captcha/WEB?1", **authorization("stale"))).status == 200


def test_bearer_is_renewed_in_the_second_half_of_its_life(site_with):
    web = site_with({"dialect.eplatform": {"require_bearer": "no"}})
    web.site.cli("client", "set", "eplatform", "--access-ttl", "4")
    user = web.site.new_user()
    login = web.eplatform_login(web.eplatform_login_fields(user, eplatform_captcha_without_bearer(web)))
    token = login.json["response"]["token"]
    assert login.header("Authorization") == f"Bearer {token}"

    def renewed():
        response = web.send(get("/captcha/WEB?1", **authorization(token)))
        fresh = returned_token(response)
        return fresh if fresh != token else None

    fresh = wait_until(renewed, "a renewed token")
    _, claims = seeds.claims(fresh)
    assert claims["account"] == user.account and claims["exp"] > seeds.claims(token)[1]["exp"]
    assert web.blade_user_info(fresh).status == 200


def eplatform_captcha_without_bearer(web):
    response = web.send(get("/captcha/WEB?1"))
    return response.json["response"]["uuid"], response.header("X-Captcha-Code")


def test_checking_a_captcha(web):
    uuid, answer = web.eplatform_captcha()
    request = post_json("/captcha/WEB", {"code": answer, "uuId": uuid})
    body = web.send(request).json
    assert list(body) == list(seeds.answer("003")) and body["status"] is True and body["response"] == "ok"
    eplatform(web.send(request), 400, "captcha_incorrect")
    uuid, answer = web.eplatform_captcha()
    eplatform(web.send(post_json("/captcha/WEB", {"code": "wrong", "uuId": uuid})), 400, "captcha_incorrect")
    eplatform(web.send(post_json("/captcha/WEB", {"code": answer, "uuId": uuid})), 400, "captcha_incorrect")
    eplatform(web.send(post_json("/captcha/XX", {"code": answer, "uuId": uuid})), 400, "invalid_source")


def test_login(web):
    user = web.site.new_user("--real-name", "王小明", "--id-number", "A123456789")
    response = web.eplatform_login(web.eplatform_login_fields(user))
    assert response.status == 200, response
    assert list(response.json) == list(seeds.answer("003"))
    inner = response.json["response"]
    assert list(inner)[:3] == ["token", "clientIp", "userInfo"]
    assert inner["clientIp"] == web.address
    assert list(inner["userInfo"])[:2] == ["custName", "idNumber"]
    assert (inner["userInfo"]["custName"], inner["userInfo"]["idNumber"]) == ("王小明", "A123456789")
    assert returned_token(response) == inner["token"]
    assert seeds.claims(inner["token"])[1]["account"] == user.account


def login(web, user):
    return web.eplatform_login(web.eplatform_login_fields(user)).json["response"]["token"]


def test_refreshing(web, user):
    token = login(web, user)
    response = web.send(post_json("/auth/refreshToken", {}, **authorization(token)))
    fresh = response.json["response"]
    assert fresh != token and returned_token(response) == fresh
    again = web.send(post_json("/auth/refreshToken", {}, **authorization(token)))
    assert again.json["response"] == fresh, "within the grace window the same successor"
    assert web.send(post_json("/auth/refreshToken", {}, **authorization(fresh))).status == 200
    eplatform(web.send(post_json("/auth/refreshToken", {})), 401)
    eplatform(web.send(post_json("/auth/refreshToken", {}, **authorization("x"))), 401)


def change(web, token, old, new, confirm=None, captcha=None):
    uuid, answer = captcha or web.eplatform_captcha(token)
    fields = {"password": md5(old), "newPassword": md5(new), "confirmPassword": md5(confirm or new)}
    return web.send(post_json("/auth/changePassword", fields | {"uuid": uuid, "code": answer}, **authorization(token)))


def test_changing_the_password(web, user):
    token = login(web, user)
    response = change(web, token, user.password, "next")
    assert response.status == 200 and response.json["response"] == "Success", response
    eplatform(web.eplatform_login(web.eplatform_login_fields(user)), 400)
    changed = user._replace(password="next")
    assert web.eplatform_login(web.eplatform_login_fields(changed)).status == 200
    assert web.ebaas_login(web.ebaas_login_fields(changed)).json["code"] == "000", "one account, every client"


def test_changing_the_password_refuses(web, user):
    token, other = login(web, user), web.blade_login(user)["access_token"]
    eplatform(change(web, token, "wrong", "next"), 400)
    eplatform(change(web, token, user.password, "next", confirm="other"), 400, "password_confirmation")
    eplatform(change(web, token, user.password, "next", captcha=("1" * 23, "11111")), 400, "captcha_incorrect")
    captcha = web.eplatform_captcha()
    eplatform(change(web, "x", user.password, "next", captcha=captcha), 401)
    eplatform(change(web, web.app_token(), user.password, "next"), 401)
    eplatform(change(web, token, user.password, "12345678"), 400, "password_too_common")
    eplatform(change(web, token, user.password, user.account), 400, "password_is_account")
    assert web.blade_user_info(other).status == 200
    assert web.eplatform_login(web.eplatform_login_fields(user)).status == 200, "the password is the old one"


def test_changing_the_password_ends_other_logins(web, user):
    token, other = login(web, user), web.blade_login(user)
    assert change(web, token, user.password, "next").status == 200
    assert web.blade_user_info(other["access_token"]).status == 401


def test_failures(web, user):
    captcha = web.eplatform_captcha()
    wrong_captcha = [
        web.eplatform_login(web.eplatform_login_fields(user, pair))
        for pair in ((captcha[0], "wrong"), captcha, ("1" * 23, "11111"), web.blade_captcha())
    ]
    assert len({response.body for response in wrong_captcha}) == 1
    assert eplatform(wrong_captcha[0], 400, "captcha_incorrect")["message"] == "驗證碼不正確"
    wrong_user = [
        web.eplatform_login(web.eplatform_login_fields(user) | wrong)
        for wrong in ({"account": "nobody"}, {"password": md5("wrong")})
    ]
    assert wrong_user[0].body == wrong_user[1].body
    eplatform(wrong_user[0], 400, "login_incorrect")


def test_lock(web, user):
    wrong = user._replace(password="wrong")
    for _ in range(5):
        eplatform(web.eplatform_login(web.eplatform_login_fields(wrong)), 400)
    eplatform(web.eplatform_login(web.eplatform_login_fields(user)), 429, "login_locked")
