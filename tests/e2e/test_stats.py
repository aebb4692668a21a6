"""The numbers behind the charts: what is counted, over plain CGI and in workers, and what /admin shows of it."""

import time

import pytest
from conftest import running_site
from harness.portal import Portal
from harness.servers import DEADLINE_S
from harness.visitor import Visitor

LIMIT = 5


@pytest.fixture(scope="module", params=["lighttpd-cgi", "lighttpd-fastcgi"])
def site(request):
    with running_site(request.param) as site:
        site.is_cgi = request.param == "lighttpd-cgi"
        yield site


def counted(site):
    return dict(site.query("SELECT name, sum(count) FROM counter GROUP BY name"))


def wait_for(site, expected):
    """A worker writes what it counted within seconds, whether another request comes or not."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = counted(site)
        if all(found.get(name, 0) == count for name, count in expected.items()):
            return
        time.sleep(0.1)
    raise AssertionError(f"{counted(site)} instead of {expected}")


def solved(site):
    rows = site.query("SELECT count, sum FROM counter WHERE name LIKE 'captcha.solved.%'")
    return sum(count for count, _ in rows), sum(took for _, took in rows)


def test_what_happens_is_counted(site):
    web = Visitor(site, site.server.client)
    user = site.new_user()
    tokens = [web.blade_login(user) for _ in range(3)]
    assert web.blade_refresh(tokens[0]["refresh_token"]).status == 200
    captcha = web.blade_captcha()
    fields = web.blade_captcha_fields(user, captcha) | {"captchaCode": "?"}
    assert web.blade_token(fields).status == 400
    guesser = web.elsewhere()
    for _ in range(LIMIT):
        assert guesser.blade_token(guesser.blade_captcha_fields(user._replace(password="wrong"))).status == 400
    wait_for(site, {"login.ok": 3, "login.wrong": LIMIT, "token.issued": 3, "refresh.ok": 1, "lock.address": 1,
                    "lock.account": 1, "captcha.wrong": 1})  # fmt: skip
    assert counted(site)["captcha.issued"] >= 3 + 1 + LIMIT  # what starts the server asks for some
    count, took_s = solved(site)
    assert count == 3 + LIMIT
    assert 0 <= took_s <= count * DEADLINE_S


def test_the_portal_shows_it(site):
    portal = Portal(site)
    portal.sign_in()
    assert portal.get("/admin").status == 200
    for chart in ("logins", "captchas", "took", "locks", "tokens", "live"):
        assert chart in portal.page.ids
    assert "wrong account or password 5" in portal.page.text
    assert "answered wrong 1" in portal.page.text
    assert "accounts 1" in portal.page.text
    for days, hour in ((2, "Hour"), (30, "Day"), (90, "Day")):
        assert hour in portal.get(f"/admin?days={days}").text
    assert portal.get("/admin?days=7").status == 200  # none of those: the first
    assert "48 hours" in portal.page.text


def test_what_needs_attention_is_said(site):
    portal = Portal(site)
    portal.sign_in()
    text = portal.get("/admin").text
    assert "Accounts with too many failed sign-ins: 1" in text
    assert "Addresses locked after failed sign-ins: 1" in text
    links = [link for link in portal.page.links if str(link).endswith("/admin/locks")]
    assert links


def test_others_do_not_see_it(site):
    portal = Portal(site)
    user = site.new_user()
    assert portal.get("/admin").path.endswith("/login")
    portal.sign_in(user)
    assert portal.get("/admin").status == 403


def test_a_request_that_writes_nothing_writes_no_counter(site):
    """An answer to a captcha that never was is counted by workers only, with what they write next or when idle."""
    web = Visitor(site, site.server.client)
    user = site.new_user()
    assert web.blade_token(web.blade_captcha_fields(user) | {"captchaKey": "0" * 32}).status == 400
    web.blade_login(user)
    wait_for(site, {"captcha.unknown": 0 if site.is_cgi else 1})


def test_a_worker_that_ends_loses_nothing(site):
    if site.is_cgi:
        return
    web = Visitor(site, site.server.client)
    user = site.new_user()
    for _ in range(7):
        web.blade_login(user)
    site.server.stop()
    (recorded,) = site.query("SELECT count(*) FROM audit WHERE action = 'login' AND result = 'ok'")
    assert counted(site)["login.ok"] == recorded[0] > 7
