"""Limits: failures per account and per address, captchas per address and altogether."""

import pytest
from harness.errors import blade, eplatform
from harness.visitor import basic, md5
from harness.wire import get, post_json

CAPTCHA = "/kom-ams-auth/oauth/captcha"
LIMIT = 5


def log_in(web, user):
    """With a captcha that is answered right."""
    return web.blade_token(web.blade_captcha_fields(user))


def fail(web, user, times=LIMIT):
    for _ in range(times):
        blade(log_in(web, user._replace(password="wrong")), 400, 2001)


def test_account_is_locked_wherever_somebody_failed(web, user):
    guessers = [web.elsewhere() for _ in range(LIMIT)]
    for guesser in guessers:
        fail(guesser, user, 1)
    for guesser in guessers:
        response = log_in(guesser, user)
        body = blade(response, 429, 2003)
        assert body["msg"] == "用户登录失败次数过多，请稍后再试"
        assert 0 < int(response.header("Retry-After")) <= 1800


def test_nobody_locks_another_person_out(web, user):
    """The owner, whose address has not failed, needs a captcha and gets in; the attacker stays locked."""
    attacker = web.elsewhere()
    fail(attacker, user)
    assert blade(web.blade_password_login(user), 400, 2004)["msg"] == "请输入验证码"
    assert log_in(web, user).status == 200
    assert log_in(web, user).status == 200
    blade(log_in(attacker, user), 429, 2003)


def test_one_guess_per_address_at_an_account_under_attack(web, user):
    fail(web.elsewhere(), user)
    guesser = web.elsewhere()
    blade(log_in(guesser, user._replace(password="wrong")), 400, 2001)
    blade(log_in(guesser, user), 429, 2003)


def test_step_up(web, user):
    """Without a captcha while neither account nor address have failed; after that the server wants one."""
    assert web.blade_password_login(user).status == 200
    blade(web.blade_password_login(user._replace(password="wrong")), 400, 2001)
    body = blade(web.blade_password_login(user), 400, 2004)
    assert body["error"] == "invalid_grant" and body["msg"] == "请输入验证码"
    blade(web.elsewhere().blade_password_login(user), 400, 2004)
    blade(web.blade_password_login(web.site.new_user()), 400, 2004)
    assert log_in(web, user).status == 200
    assert web.elsewhere().blade_password_login(user).status == 200


def test_step_up_does_not_tell_who_exists(web, user):
    nobody = user._replace(account=f"nobody-{user.account}")
    answers = []
    for somebody in (user, nobody):
        visitor = web.elsewhere()
        blade(visitor.blade_password_login(somebody._replace(password="wrong")), 400, 2001)
        answers.append(visitor.blade_password_login(somebody._replace(password="wrong")))
    assert answers[0].body == answers[1].body
    blade(answers[0], 400, 2004)


def test_a_captcha_may_always_be_demanded(site_with):
    web = site_with({"login": {"captcha_after": "0"}})
    user = web.site.new_user()
    blade(web.blade_password_login(user), 400, 2004)
    assert log_in(web, user).status == 200


def test_limit_per_client(site_with):
    web = site_with({"login": {"client_max_failures": "3", "captcha_after": "1000"}})
    user, guessers = web.site.new_user(), [web.elsewhere() for _ in range(3)]
    for guesser in guessers:
        assert web.blade_password_login(user).status == 200
        fail(guesser, web.site.new_user(), 1)
    blade(web.blade_password_login(user), 400, 2004)
    assert log_in(web, user).status == 200
    assert int(log_in(guessers[0], user).header("Retry-After")) > 0


def test_wrong_client_secrets(site_with):
    web = site_with({"login": {"max_failures": "1"}})
    for secret in ["wrong"] * 10:
        blade(web.blade_token({"grant_type": "x"}, Authorization=basic("sword", secret)), 401, 3000)
    response = web.blade_token({"grant_type": "x"})
    blade(response, 429, 1001)
    assert int(response.header("Retry-After")) > 0
    blade(web.elsewhere().blade_token({"grant_type": "x"}), 400, 4000)


def test_address_is_locked_for_everybody(web, user):
    for _ in range(LIMIT):
        fail(web, web.site.new_user(), 1)
    blade(log_in(web, user), 429, 2003)
    assert web.elsewhere().blade_password_login(user).status == 200


def test_accounts_that_do_not_exist_lock_alike(web, user):
    nobody = user._replace(account=f"nobody-{user.account}")
    fail(web, nobody)
    blade(log_in(web, nobody), 429, 2003)
    guesser = web.elsewhere()
    blade(log_in(guesser, nobody), 400, 2001)
    blade(log_in(guesser, nobody), 429, 2003)


def test_fewer_failures_do_not_lock(web, user):
    fail(web, user, LIMIT - 1)
    assert log_in(web, user).status == 200


def test_a_success_forgives_the_account_but_not_the_address(web, user):
    """Or a guesser would log in as themselves in between."""
    fail(web, user, LIMIT - 1)
    assert log_in(web, user).status == 200
    fail(web.elsewhere(), user, LIMIT - 1)
    fail(web, web.site.new_user(), 1)
    blade(log_in(web, user), 429, 2003)


def test_lock_holds_in_every_dialect(web, user):
    fail(web, user)
    eplatform(web.eplatform_login(web.eplatform_login_fields(user)), 429, "login_locked")


def test_wrong_captchas_do_not_lock(web, user):
    for _ in range(LIMIT + 2):
        blade(web.blade_token(web.blade_captcha_fields(user, ("0" * 32, "abcde"))), 400, 2004)
    assert log_in(web, user).status == 200


def test_captcha_comes_before_the_lock(web, user):
    """A locked account is told of its wrong captcha, not of its lock; the captcha is used up either way."""
    fail(web, user)
    blade(web.blade_token(web.blade_captcha_fields(user, ("0" * 32, "abcde"))), 400, 2004)
    captcha = web.blade_captcha()
    blade(web.blade_token(web.blade_captcha_fields(user, captcha)), 429, 2003)
    blade(web.blade_token(web.blade_captcha_fields(user, captcha)), 400, 2004)


def test_unlocking_on_the_command_line(web, user):
    fail(web.elsewhere(), user, LIMIT - 1)
    fail(web, user, 1)
    blade(log_in(web, user), 429, 2003)
    web.site.cli("user", "unlock", user.account, "--tenant", "000000")
    assert log_in(web, user).status == 200


def test_an_operator_sees_and_clears_what_is_locked(site_with):
    web = site_with({})
    site, user, owner = web.site, web.site.new_user(), web.elsewhere()
    assert site.cli_json("throttle", "list") == [] and "Nobody" in site.cli("throttle", "list")
    fail(web, user)
    fail(web.elsewhere(), user._replace(account="made-up"), 1)
    blade(log_in(web, user), 429, 2003)
    seen = {(row["kind"], row["name"]): row for row in site.cli_json("throttle", "list")}
    assert seen["address", web.address]["effect"] == "locked"
    assert seen["account", f"000000/{user.account}"]["effect"].startswith("under attack")
    assert all(row["count"] == row["limit"] == LIMIT for key, row in seen.items() if key[1] in (web.address, user.account))
    assert "made-up" not in site.cli("throttle", "list", "--all")
    assert web.address in site.cli("throttle", "list")
    for row in seen.values():
        assert site.query("SELECT 1 WHERE ? BETWEEN unixepoch() AND unixepoch() + 1800", row["ends_s"])
    site.cli("throttle", "clear", "--address", web.address)
    blade(web.blade_password_login(user), 400, 2004)  # the account is under attack yet
    assert log_in(web, user).status == 200
    site.cli("throttle", "clear", "--account", f"000000/{user.account}")
    assert owner.blade_password_login(user).status == 200
    done = site.run(["throttle", "clear", "--account", user.account])
    assert done.returncode == 0 and b"nothing was counted against 000000/" in done.stderr
    site.cli("throttle", "clear", "--client", "sword")
    site.cli("throttle", "clear", "--all")
    assert site.cli_json("throttle", "list", "--all") == []
    assert site.query("SELECT subject FROM audit WHERE action = 'throttle.clear' ORDER BY id") == [
        (f"address:{web.address}",), (f"user:000000/{user.account}",), ("client:sword",), ("",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "address, status, cleared",
    [("2001:db8:9:1::7", 0, True), ("2001:db8:9:1::/64", 0, True), ("192.0.2.1", 0, False), ("nonsense", 1, False)],
)
def test_clearing_an_address(site_with, address, status, cleared):
    web = site_with({})
    fail(web.elsewhere("2001:db8:9:1::1"), web.site.new_user(), 1)
    assert web.site.run(["throttle", "clear", "--address", address]).returncode == status
    left = [row["name"] for row in web.site.cli_json("throttle", "list") if row["kind"] == "address"]
    assert left == ([] if cleared else ["2001:db8:9:1::/64"])


@pytest.mark.parametrize("options", [[], ["--all", "--client", "x"], ["--address", "::1", "--account", "x"]])
def test_clearing_one_thing_at_a_time(site_with, options):
    done = site_with({}).site.run(["throttle", "clear", *options])
    assert done.returncode == 2 and b"give one of --address, --account, --client and --all" in done.stderr


def test_lock_ends_with_the_window(site_with):
    web = site_with({})
    user = web.site.new_user()
    fail(web, user)
    blade(log_in(web, user), 429, 2003)
    web.site.write("UPDATE throttle SET ends_s = unixepoch()")
    assert log_in(web, user).status == 200


@pytest.mark.parametrize(
    "first, second, together",
    [("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True), ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
     ("192.0.2.1", "192.0.2.2", False), ("::ffff:192.0.2.1", "192.0.2.1", True)],
)  # fmt: skip
def test_addresses_that_count_together(site_with, first, second, together):
    web = site_with({"login": {"max_failures": "2"}})
    for _ in range(2):
        fail(web.elsewhere(first), web.site.new_user(), 1)
    response = log_in(web.elsewhere(second), web.site.new_user())
    assert response.status == (429 if together else 200), response


def test_password_change_counts_as_a_login(web, user):
    """Somebody with a stolen token cannot guess the password there."""
    token = web.eplatform_login(web.eplatform_login_fields(user)).json["response"]["token"]
    for status in [400] * LIMIT + [429]:
        uuid, answer = web.eplatform_captcha(token)
        wrong = {"password": md5("wrong"), "newPassword": md5("n"), "confirmPassword": md5("n")}
        request = post_json("/auth/changePassword", wrong | {"uuid": uuid, "code": answer})
        eplatform(web.send(request.plus(Authorization=f"Bearer {token}")), status)


# ---- Captchas -------------------------------------------------------------------------------------------------
def test_captchas_per_address(site_with):
    web = site_with({"captcha": {"rate": "3"}})
    answers = [web.send(get(CAPTCHA)) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    blade(answers[-1], 429)
    assert int(answers[-1].header("Retry-After")) <= 60
    assert web.elsewhere().send(get(CAPTCHA)).status == 200
    assert web.send(post_json("/code", b"", source="PC")).status == 429, "over all dialects together"


def test_a_flood_of_captchas_costs_the_flooder_his_own(site_with):
    """All /64s of a /56, three times as many captchas as there may be: others do not notice."""
    web = site_with({"captcha": {"max_live": "100", "rate": "1000000"}}, "lighttpd-fastcgi")
    user, earlier = web.site.new_user(), web.elsewhere("192.0.2.1").blade_captcha()
    for subnet in range(256):
        assert web.elsewhere(f"2001:db8:1:{subnet:x}::1").send(get(CAPTCHA)).status == 200
    later = web.elsewhere("192.0.2.1").blade_captcha()
    for captcha in (earlier, later):
        assert web.blade_token(web.blade_captcha_fields(user, captcha)).status == 200
    assert web.site.query("SELECT count(*) FROM captcha")[0][0] <= 100


def test_captchas_per_ipv6_network(site_with):
    """Whoever has a /48 does not get as many as 65536 visitors."""
    web = site_with({"captcha": {"rate": "1"}}, "lighttpd-fastcgi")
    statuses = [web.elsewhere(f"2001:db8:1:{subnet:x}::1").send(get(CAPTCHA)).status for subnet in range(17)]
    assert statuses == [200] * 16 + [429]
    assert web.elsewhere("2001:db8:2::1").send(get(CAPTCHA)).status == 200


def test_captchas_from_the_future(site_with):
    """The clock was ten years ahead, and is set right: none of these can be answered, and none is in the way."""
    web = site_with({"captcha": {"max_live": "100"}})
    user, captcha = web.site.new_user(), web.blade_captcha()
    web.site.write("UPDATE captcha SET expires_s = expires_s + 315360000")
    blade(web.blade_token(web.blade_captcha_fields(user, captcha)), 400, 2004)
    assert web.blade_login(user)
    assert b"clock_went_back" in web.site.log.read_bytes()


def test_a_lock_from_the_future_has_ended(site_with):
    """Five failures while the clock was ten years ahead."""
    web = site_with({})
    user = web.site.new_user()
    fail(web, user)
    blade(log_in(web, user), 429, 2003)
    web.site.write("UPDATE throttle SET ends_s = ends_s + 315360000")
    assert log_in(web, user).status == 200
    fail(web, user)
    response = log_in(web, user)
    blade(response, 429, 2003)
    assert 0 < int(response.header("Retry-After")) <= 1800


def test_captcha_expires(site_with):
    web = site_with({})
    user = web.site.new_user()
    captcha = web.blade_captcha()
    web.site.write("UPDATE captcha SET expires_s = unixepoch()")
    blade(web.blade_token(web.blade_captcha_fields(user, captcha)), 400, 2004)


def test_access_token_expires(site_with):
    web = site_with({})
    login = web.blade_login(web.site.new_user())
    assert web.blade_user_info(login["access_token"]).status == 200
    web.site.write("UPDATE token SET access_expires_s = unixepoch()")
    assert web.blade_user_info(login["access_token"]).status == 401
    assert web.blade_refresh(login["refresh_token"]).status == 200
