"""Fifty at once, over two worker processes where there are workers: what may happen once happens once."""

from harness.crowd import simultaneously
from harness.errors import blade, eplatform
from harness.visitor import Visitor, bearer
from harness.wire import get, post_json

MANY = 50


def visitors(site, count=MANY):
    return [Visitor(site, site.server.client) for _ in range(count)]


def test_fifty_redemptions_of_one_captcha(web, site, user):
    fields = web.blade_captcha_fields(user)
    crowd = visitors(site)
    answers = simultaneously(MANY, lambda i: crowd[i].blade_token(fields))
    assert [answer.status for answer in answers].count(200) == 1
    for answer in answers:
        if answer.status != 200:
            blade(answer, 400, 2004)
    sessions = "SELECT count(*) FROM session JOIN user ON user.id = user_id WHERE account = ?"
    assert site.query(sessions, user.account) == [(1,)]


def test_fifty_answers_of_which_one_is_right(web, site):
    """Wrong answers consume as well: at most one success, and the captcha is gone."""
    uuid, answer = web.eplatform_captcha()
    crowd = visitors(site)

    def check(i):
        return crowd[i].send(eplatform_check(uuid, answer if i == MANY // 2 else "wrong"))

    answers = simultaneously(MANY, check)
    assert [response.status for response in answers].count(200) <= 1
    eplatform(web.send(eplatform_check(uuid, answer)), 400, "captcha_incorrect")


def eplatform_check(uuid, answer):
    return post_json("/captcha/WEB", {"uuId": uuid, "code": answer})


def test_fifty_refreshes_of_one_token(web, site, user):
    token = web.blade_login(user)["refresh_token"]
    rotations = (
        "SELECT count(*) FROM token JOIN session ON session.id = session_id JOIN user ON user.id = user_id"
        " WHERE account = ?"
    )
    assert site.query(rotations, user.account) == [(1,)]
    crowd = visitors(site)
    answers = simultaneously(MANY, lambda i: crowd[i].blade_refresh(token))
    assert [answer.status for answer in answers] == [200] * MANY
    assert len({answer.body for answer in answers}) == 1
    assert site.query(rotations, user.account) == [(2,)], "one rotation"
    assert web.blade_user_info(answers[0].json["access_token"]).status == 200


def test_fifty_wrong_passwords(web, site, user):
    """No more than the limit is ever checked, however many come at once."""
    wrong = user._replace(password="wrong")
    crowd = [web] * MANY
    captchas = [visitor.blade_captcha() for visitor in crowd]
    guesses = [visitor.blade_captcha_fields(wrong, captcha) for visitor, captcha in zip(crowd, captchas)]
    answers = simultaneously(MANY, lambda i: crowd[i].blade_token(guesses[i]))
    codes = [answer.json["error_code"] for answer in answers]
    assert set(codes) <= {2001, 2003}
    assert codes.count(2001) <= 5
    blade(web.blade_token(web.blade_captcha_fields(user)), 429, 2003)
    owner = web.elsewhere()
    assert owner.blade_token(owner.blade_captcha_fields(user)).status == 200


def test_fifty_captchas(site):
    crowd = visitors(site)
    issued = simultaneously(MANY, lambda i: crowd[i].ebaas_captcha())
    assert len({code_id for code_id, _ in issued}) == MANY


def test_logout_against_refresh(web, site, user):
    """Whichever comes first: after a logout nothing of the session is valid."""
    login = web.blade_login(user)
    crowd = visitors(site, 10)

    def act(i):
        if i == 0:
            return crowd[0].send(get("/kom-ams-auth/oauth/logout", Blade_Auth=bearer(login["access_token"])))
        return crowd[i].blade_refresh(login["refresh_token"])

    answers = simultaneously(len(crowd), act)
    assert answers[0].status == 200
    for answer in answers[1:]:
        if answer.status == 200:
            blade(web.blade_user_info(answer.json["access_token"]), 401)
            blade(web.blade_refresh(answer.json["refresh_token"]), 401, 2010)
        else:
            blade(answer, 401, 2010)
