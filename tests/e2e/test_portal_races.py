"""Many at once in the portal, over real web servers: whoever is locked, removed or has a new password is out, once and for all."""

import pytest
from conftest import running_site
from harness.crowd import simultaneously
from harness.portal import Portal as AnyPortal
from harness.site import User
from harness.visitor import fresh_address

# FastCGI under lighttpd; plain CGI under Apache, by .htaccess alone.
SERVERS = ("lighttpd-root", "apache-htaccess-generous")
SETTINGS = {"login": {"captcha_after": "1000", "max_failures": "1000"}}  # both have tests of their own
FRESH = "lamp-river-39-oats"
MANY = 16


class Portal(AnyPortal):
    def __init__(self, site):
        super().__init__(site, headers={"X-Forwarded-For": fresh_address()})

    def is_in(self):
        return self.get("/account").path.endswith("/account")


@pytest.fixture(scope="module", params=SERVERS)
def site(request):
    with running_site(request.param, SETTINGS) as site:
        yield site


@pytest.fixture
def person(site):
    return site.new_user()


def browsers(site, user):
    """How many are signed in as this user, whose row may be gone."""
    return site.query(
        "SELECT count(*) FROM browser_session LEFT JOIN user ON user.id = user_id WHERE account = ? OR account IS NULL",
        user.account,
    )[0][0]


@pytest.mark.parametrize("command", ["lock", "remove"])
def test_a_lock_or_a_removal_against_those_who_sign_in(site, person, command):
    crowd = [Portal(site) for _ in range(MANY)]
    for one in crowd:
        one.get("/login")

    def act(i):
        if i == MANY // 2:
            return site.cli("user", command, person.account)
        return crowd[i].submit("/sign-in", account=person.account, password=person.password)

    simultaneously(MANY, act)
    assert browsers(site, person) == 0
    assert not any(one.is_in() for one in crowd)


def test_many_who_have_the_link_use_it_once(site, person):
    link = "/link/" + site.cli("user", "reset", person.account).strip().rpartition("/")[2]
    crowd = [Portal(site) for _ in range(MANY)]
    for one in crowd:
        assert one.get(link).status == 200
    passwords = [f"{FRESH}-{i}" for i in range(MANY)]
    simultaneously(MANY, lambda i: crowd[i].submit(link, fresh=passwords[i], again=passwords[i]))
    inside = [i for i, one in enumerate(crowd) if one.is_in()]
    assert len(inside) == 1 == browsers(site, person)
    one = Portal(site)
    one.sign_in(User(person.account, passwords[inside[0]]))
    assert one.is_in(), "the password is that of whoever got in"


def test_two_tabs_change_the_password_at_once(site, person):
    """Of two forms with the same old password one is good; whoever sent the other is told, and nobody is out by it."""
    one = Portal(site)
    one.sign_in(person)
    tabs = [Portal(site), Portal(site)]
    passwords = [f"{FRESH}-{i}" for i in range(len(tabs))]
    for tab in tabs:
        tab.session.headers["X-Forwarded-For"] = one.session.headers["X-Forwarded-For"]
        tab.session.cookies.update(one.session.cookies)
        tab.get("/account/password")

    def change(i):
        return tabs[i].submit("/account/password", old=person.password, fresh=passwords[i], again=passwords[i])

    simultaneously(len(tabs), change)
    good = []
    for password in passwords:
        again = Portal(site)
        again.sign_in(User(person.account, password))
        good.append(again.is_in())
    assert sorted(good) == [False, True]
    assert tabs[good.index(True)].is_in() and not one.is_in(), "the secret that both had is good for nothing"


def test_the_cookie_of_somebody_who_was_removed(site, person):
    one, other = Portal(site), Portal(site)
    one.sign_in(person)
    other.sign_in(site.new_user())
    assert one.is_in() and other.is_in()
    site.cli("user", "remove", person.account)
    site.cli("user", "add", person.account, "--tenant", "000000", line=person.password)  # the same name is not the same person
    assert not one.is_in() and other.is_in()
    assert browsers(site, person) == 0


def test_ended_from_the_command_line_while_pages_are_asked_for(site, person):
    crowd = [Portal(site) for _ in range(8)]
    for one in crowd:
        one.sign_in(person)

    def act(i):
        return site.cli("session", "revoke", "--account", person.account) if i == 4 else crowd[i].get("/account")

    pages = simultaneously(8, act)
    assert all(page.status == 200 for i, page in enumerate(pages) if i != 4)
    assert not any(one.is_in() for one in crowd)
    assert browsers(site, person) == 0
