"""platform: every request names its channel in a header. Source: contracts, section platform; seed 004."""

import pytest
from harness import seeds
from harness.errors import NO_STORE, platform
from harness.wire import post_form, post_json, post_multipart


def test_captcha_as_in_the_seed(web):
    assert "接口地址：/code" in seeds.text("004")
    response = web.send(post_json("/code", b"", source="PC"), through=web.site.server.curl)
    sample = seeds.answer("004")
    assert response.status == 200
    assert seeds.matches(response.json, sample)
    assert (response.json["succFlag"], response.json["code"], response.json["msg"]) == (
        sample["succFlag"], sample["code"], sample["msg"]
    )  # fmt: skip
    assert seeds.picture(response.json["data"]["img"]) == seeds.picture(sample["data"]["img"])
    assert {name: response.header(name) for name in NO_STORE} == NO_STORE


@pytest.mark.parametrize("path", ["/code", "/login"])
def test_source(web, path):
    for headers in ({}, {"source": ""}):
        platform(web.send(post_json(path, {}, **headers)), 400, "缺少来源")
    for source in ("XX", "pc", "PC,APP", "PC APP"):
        platform(web.send(post_json(path, {}, source=source)), 400, "来源不合法")


@pytest.mark.parametrize("source", ["PC", "APP", "H5"])
def test_known_sources(web, source):
    assert web.send(post_json("/code", {}, source=source)).json["succFlag"] is True


def test_other_sources_in_another_header(site_with):
    web = site_with({"dialect.platform": {"sources": "TV", "source_header": "x-channel"}})
    assert web.send(post_json("/code", b"", X_Channel="TV")).status == 200
    platform(web.send(post_json("/code", b"", source="TV")), 400, "缺少来源")


def test_answers_are_signed_numbers(web):
    """The picture asks for a sum or a difference; negative answers exist, as in the seed."""
    for _ in range(20):
        _, answer = web.platform_captcha()
        assert str(int(answer)) == answer


@pytest.mark.parametrize("how", [post_json, post_form, post_multipart])
def test_login(web, user, how):
    response = web.send(how("/login", web.platform_login_fields(user), source="APP"))
    assert response.status == 200, response
    body = response.json
    assert list(body) == list(seeds.answer("004"))
    assert seeds.ordered(seeds.shape(body["data"])) == [("token", "JWS"), ("expires_in", "int")]
    assert (body["succFlag"], body["code"], body["msg"]) == (True, 200, None)
    assert web.blade_user_info(body["data"]["token"]).json["data"]["account"] == user.account


def test_failures(web, user):
    captcha = web.platform_captcha()
    wrong_captcha = [
        web.platform_login(web.platform_login_fields(user, pair))
        for pair in ((captcha[0], "wrong"), captcha, ("0" * 32, "1"), web.blade_captcha())
    ]
    assert len({response.body for response in wrong_captcha}) == 1
    platform(wrong_captcha[0], 400, "验证码不正确")
    wrong_user = [
        web.platform_login(web.platform_login_fields(user) | wrong)
        for wrong in ({"username": "nobody"}, {"password": "wrong"})
    ]
    assert wrong_user[0].body == wrong_user[1].body
    platform(wrong_user[0], 400, "用户名或密码错误")


def test_lock(web, user):
    wrong = user._replace(password="wrong")
    for _ in range(5):
        platform(web.platform_login(web.platform_login_fields(wrong)), 400)
    platform(web.platform_login(web.platform_login_fields(user)), 429, "用户登录失败次数过多，请稍后再试")
